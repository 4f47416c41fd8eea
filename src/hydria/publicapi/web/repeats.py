"""POSTs that may be sent again: under one `Idempotency-Key` there is one effect and one answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Header, Schema
from ninja.responses import NinjaJSONEncoder

from hydria.platform.access import Actor
from hydria.platform.transactions import composing
from hydria.publicapi import operations
from hydria.publicapi.web.problems import Refused
from hydria.publicapi.web.schemas import NO_CONTROL_CHARACTERS
from hydria.publicapi.web.security import caller_of

KEY_LENGTH_MAX = 64  # of the shortest column that keeps one

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=64,
        pattern="^[A-Za-z0-9_.:-]+$",
        description="Made by you for this one request, such as a UUID; sending it again gives the first answer again",
        examples=["0b8f7a52-6c1e-4d0a-9a53-1f3a2f9f6f10"],
    ),
]


def key_of(request: HttpRequest, idempotency_key: str, *, row: int | None = None) -> str:
    """Return the key under which an operation knows a request, or a row of it; no other program comes upon it."""
    given = f"api:{caller_of(request).api_key.pk}:{idempotency_key}" + ("" if row is None else f":{row}")
    return given if len(given) <= KEY_LENGTH_MAX else f"api:{hashlib.sha256(given.encode()).hexdigest()[:56]}"


IfMatch = Annotated[
    str,
    Header(
        alias="If-Match",
        max_length=100,
        pattern=NO_CONTROL_CHARACTERS,
        description="The `ETag` of the object as you know it; if it has changed since, nothing is done (412)",
    ),
]


def answer_once(
    request: HttpRequest,
    *,
    key: str,
    act: Callable[[], Schema],
    status: int = 201,
    kept_without: tuple[str, ...] = (),
    unless: Unless | None = None,
) -> HttpResponse:
    """
    Act and answer, or answer as the first time when the key was seen before.

    A refusal is not kept: nothing was done, and the same key may try again.

    kept_without  fields that only the first answer shows, as secrets are; a repeat gets them empty
    unless        what must not have changed meanwhile, if the caller says so

    :raises UnableToRepeatRequest: if the key was used for another request, or the first one is still running.
    """
    caller, now = caller_of(request), timezone.now()
    asked = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).hexdigest()
    claim, is_mine = operations.claim_request(api_key=caller.api_key, key=key, content_hash=asked, now=now)
    if not is_mine:
        answer = HttpResponse(claim.answer, status=claim.status, content_type="application/json")
        answer["Idempotent-Replayed"] = "true"
        return answer
    try:
        made = unless.guard(caller.actor, act) if unless else act()
    except Exception:
        operations.release_claim(request=claim)
        raise
    kept = made.model_copy(update=dict.fromkeys(kept_without, ""))
    operations.keep_answer(request=claim, status=status, answer=kept.model_dump_json())
    return HttpResponse(made.model_dump_json(), status=status, content_type="application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unless:
    """
    Act unless an object has changed since the caller saw it (RFC 9110, 13.1.1).

    if_match  the header; empty asks for nothing
    kind, object_id  what is locked before it is looked at
    shown     the object as the API shows it now
    """

    if_match: str
    kind: str
    object_id: int
    shown: Callable[[], Schema]

    def guard(self, actor: Actor, act: Callable[[], Schema]) -> Schema:
        """Act in one transaction with the comparison; another editor waits until it is through."""
        if not self.if_match:
            return act()
        with composing(actor, reason="act by API on the object as it was seen"):
            if not operations.lock_object(kind=self.kind, object_id=self.object_id):
                raise Http404
            if self.if_match != "*" and etag_of(self.shown().model_dump()) not in self.if_match.split(", "):
                raise Refused(412, "changed_meanwhile", _("This has changed since you read it; read it again."))
            return act()


def etag_of(shown: object) -> str:
    """Return the strong entity tag of an object as the API shows it."""
    text = json.dumps(shown, cls=NinjaJSONEncoder, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
