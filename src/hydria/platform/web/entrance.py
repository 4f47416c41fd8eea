"""
Let a request in as somebody: who is logged in, how far, for how long, and from where.

A session knows when it began, when it was last used and whether its user has proven a second factor. Who has given
the password and not yet the second factor stands half-way: every page takes them for a stranger, and only the pages of
`entrance_views.py` ask `halfway_of`. So no page can forget to ask.
"""

from __future__ import annotations

import datetime
import secrets
from enum import StrEnum

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import ngettext

from hydria.platform.audit import record_access
from hydria.platform.domain.origins import Origin, name_device
from hydria.platform.models import AccessKind, User
from hydria.platform.second_factor import get_factor
from hydria.platform.sessions import ENTRY
from hydria.platform.web.doors import actor_of

SESSION_LASTS = datetime.timedelta(hours=12)
HALFWAY_LASTS = datetime.timedelta(minutes=10)
SEEN_EVERY = datetime.timedelta(minutes=1)
_FILES = ("application/pdf", "application/zip", "text/csv", "image/", "application/vnd.")
_ABOUT_NOBODY = {"company_logo", "help_picture"}
"""Pictures that screens show to everybody; who sees them is no news."""


class Stage(StrEnum):
    """How far a session has come."""

    CODE = "code"  # the password was right, the second factor is asked for
    ENROLL = "enroll"  # a role asks for a second factor, and none is set up
    OPEN = "open"


def origin_of(request: HttpRequest) -> Origin:
    """Return where a request comes from; what a proxy says of the address is not believed."""
    return Origin(
        address=request.META.get("REMOTE_ADDR", "") or "", device=name_device(request.headers.get("User-Agent", ""))
    )


def record(
    request: HttpRequest,
    kind: AccessKind,
    *,
    user: User | None,
    name: str = "",
    refused: bool = False,
    reason: str = "",
) -> None:
    """Write into the access log what a request did."""
    record_access(
        actor_name=user.username if user else name,
        user_id=user.pk if user else None,
        what=request.path,
        refused=refused,
        reason=reason[:250],
        kind=kind,
        origin=origin_of(request),
    )


def note_log_in(*, request: HttpRequest, user: User, **_signal: object) -> None:
    """Begin the session of a user whose password was right; Django tells of every log-in."""
    begin(request, user, now=timezone.now())


def begin(request: HttpRequest, user: User, *, now: datetime.datetime) -> None:
    """Start the session of a user whose password was right."""
    origin = origin_of(request)
    stage = Stage.CODE if get_factor(user_id=user.pk) else Stage.OPEN
    request.session[ENTRY] = {
        "handle": secrets.token_hex(16),
        "address": origin.address,
        "device": origin.device,
        "started": now.isoformat(),
        "seen": now.isoformat(),
        "stage": stage,
        "proven": False,
    }
    request.session.set_expiry(now + SESSION_LASTS)
    request._hydria_stage = None  # type: ignore[attr-defined]  # noqa: SLF001  # what was half-way before is over


def open_fully(request: HttpRequest, *, now: datetime.datetime) -> None:
    """Let in whoever has proven their second factor, under a new session key."""
    request.session.cycle_key()
    request.session[ENTRY] |= {"stage": Stage.OPEN, "proven": True, "seen": now.isoformat()}
    request.session.modified = True


def forget_proof(request: HttpRequest) -> None:
    """Take note that this session's user no longer has a second factor."""
    request.session[ENTRY] |= {"proven": False}
    request.session.modified = True


def handle_of(request: HttpRequest) -> str:
    """Return the handle of the request's session, or "" if nobody is logged in."""
    handle: str = request.session.get(ENTRY, {}).get("handle", "")
    return handle


def halfway_of(request: HttpRequest) -> User | None:
    """Return the user who has given the password and owes the second factor."""
    return getattr(request, "_hydria_halfway", None)


def stage_of(request: HttpRequest) -> Stage:
    """Return how far the request's session has come: as it was let in, or just began."""
    stage: Stage | None = getattr(request, "_hydria_stage", None)
    return stage or Stage(request.session[ENTRY]["stage"])


def admit(request: HttpRequest, *, idle_minutes: int, now: datetime.datetime) -> None:
    """
    Let a request go on as its user, as a stranger if they stand half-way, or log it out if its time is over.

    idle_minutes  how long nobody may have used the session
    """
    user = request.user
    if not isinstance(user, User):
        return
    entry = request.session.get(ENTRY)
    if entry is None:
        logout(request)
        return
    stage = Stage(entry["stage"])
    if stage is Stage.OPEN and not entry["proven"] and actor_of(request).needs_second_factor:
        stage = Stage.ENROLL
    idle = now - datetime.datetime.fromisoformat(entry["seen"])
    if idle > (datetime.timedelta(minutes=idle_minutes) if stage is Stage.OPEN else HALFWAY_LASTS):
        _close(request, user, idle_minutes=idle_minutes)
        return
    if idle > SEEN_EVERY and stage is Stage.OPEN:
        entry["seen"] = now.isoformat()
        request.session.modified = True
    if stage is not Stage.OPEN:
        request._hydria_halfway, request._hydria_stage = user, stage  # type: ignore[attr-defined]  # noqa: SLF001
        request.user = AnonymousUser()
        request._hydria_actor = None  # type: ignore[attr-defined]  # noqa: SLF001


def _close(request: HttpRequest, user: User, *, idle_minutes: int) -> None:
    record(request, AccessKind.IDLE, user=user)
    logout(request)
    request._hydria_actor = None  # type: ignore[attr-defined]  # noqa: SLF001
    sentence = ngettext(
        "Nobody used this desk for %(minutes)s minute, so it was closed. Log in again.",
        "Nobody used this desk for %(minutes)s minutes, so it was closed. Log in again.",
        idle_minutes,
    )
    messages.warning(request, sentence % {"minutes": idle_minutes})


def record_answer(request: HttpRequest, response: HttpResponseBase) -> None:
    """Write into the access log that a user was denied a page, or took a file out: an export, a paper, a picture."""
    user = request.user
    if not isinstance(user, User):
        return
    if response.status_code == 403:
        record(request, AccessKind.DENIED, user=user, refused=True, reason=getattr(request, "_hydria_refusal", ""))
    elif response.status_code == 200 and _is_file(request, response):
        record(request, AccessKind.FILE, user=user, reason=request.META.get("QUERY_STRING", ""))


def note_refusal(request: HttpRequest, sentence: str) -> None:
    """Remember why a request is being refused, for the access log."""
    request._hydria_refusal = sentence  # type: ignore[attr-defined]  # noqa: SLF001


def _is_file(request: HttpRequest, response: HttpResponseBase) -> bool:
    if request.resolver_match and request.resolver_match.url_name in _ABOUT_NOBODY:
        return False
    return "Content-Disposition" in response.headers or response.headers.get("Content-Type", "").startswith(_FILES)
