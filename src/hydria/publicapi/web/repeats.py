"""POSTs that may be sent again: under one `Idempotency-Key` there is one effect and one answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Header, Schema

from hydria.publicapi import operations
from hydria.publicapi.web.security import caller_of

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


def answer_once(request: HttpRequest, *, key: str, act: Callable[[], Schema], status: int = 201) -> HttpResponse:
    """
    Act and answer, or answer as the first time when the key was seen before.

    A refusal is not kept: nothing was done, and the same key may try again.

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
        made = act().model_dump_json()
    except Exception:
        operations.release_claim(request=claim)
        raise
    operations.keep_answer(request=claim, status=status, answer=made)
    return HttpResponse(made, status=status, content_type="application/json")
