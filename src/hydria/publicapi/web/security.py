"""Who asks: the key of a request, its limits, and the actor it stands for."""

from __future__ import annotations

import dataclasses
import datetime
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from hydria.platform.access import Actor
from hydria.publicapi import operations, queries
from hydria.publicapi.domain.keys import Token, is_access_token
from hydria.publicapi.models import ApiKey
from hydria.publicapi.web.problems import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The program behind a request."""

    api_key: ApiKey
    actor: Actor


class KeyAuth(HttpBearer):
    """Let in who sends a live key or a token of one as `Authorization: Bearer ...`, not more often than it may."""

    def __call__(self, request: HttpRequest) -> Caller:
        """Return the caller, or refuse with what is the matter with the key."""
        scheme, _space, sent = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not sent:
            raise _unauthorized("key_missing", _("Send an API key: Authorization: Bearer hyd_..."))
        return self.authenticate(request, sent)

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """Return the caller whose key or access token this is."""
        now = timezone.now()
        if is_access_token(token):
            key, scopes = _open_access(token, now=now)
        else:
            read = Token.read(token)
            found = queries.find_key(token=read, now=now) if read else None
            if found is None:
                raise _unauthorized("key_unknown", _("There is no such API key."))
            key, scopes = found, found.scopes
        if key.revoked_at is not None:
            raise _unauthorized("key_revoked", _("This API key was revoked."))
        if key.expires_at is not None and key.expires_at <= now:
            raise _unauthorized("key_expired", _("This API key has expired."))
        if operations.count_request(api_key=key, now=now) > key.requests_per_minute_count:
            raise Refused(
                429,
                "rate_exceeded",
                _("This API key may ask %d times a minute.") % key.requests_per_minute_count,
                {"Retry-After": str(60 - now.second)},
            )
        actor = key.to_actor()
        return Caller(api_key=key, actor=dataclasses.replace(actor, permissions=actor.permissions.intersection(scopes)))


def _open_access(token: str, *, now: datetime.datetime) -> tuple[ApiKey, list[str]]:
    access = queries.find_access_token(text=token, now=now)
    if access is None:
        raise _unauthorized("token_ended", _("This access token is unknown or has ended; ask for another one."))
    return access.api_key, access.scopes


def _unauthorized(code: str, title: str) -> Refused:
    return Refused(401, code, title, {"WWW-Authenticate": "Bearer"})


def caller_of(request: HttpRequest) -> Caller:
    """Return the caller of a request that was let in."""
    caller = request.auth  # type: ignore[attr-defined]  # set by ninja to what KeyAuth returned
    assert isinstance(caller, Caller)
    return caller


def actor_of(request: HttpRequest) -> Actor:
    """Return the actor that operations and queries ask for permission."""
    return caller_of(request).actor
