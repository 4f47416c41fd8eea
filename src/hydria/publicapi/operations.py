"""Writes of the API's own tables: make and revoke keys, count requests, keep answers for repeats."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.platform.access import Actor, Permission
from hydria.platform.transactions import acting
from hydria.publicapi.domain.keys import SCOPES, Token
from hydria.publicapi.models import ApiKey, KeyMinute, RepeatableRequest

ANSWERS_ARE_KEPT = datetime.timedelta(days=7)
CLAIM_LASTS = datetime.timedelta(minutes=2)
"""A request that has not answered for so long died with its process; its repeat may run."""


class UnableToCreateKey(UnableTo):
    """The API key cannot be made."""


class UnableToRevokeKey(UnableTo):
    """The API key cannot be revoked."""


class UnableToRepeatRequest(UnableTo):
    """The request was sent before under its key, changed or still running."""


def create_key(
    *,
    actor: Actor,
    name: str,
    scopes: Sequence[str],
    amount_limit_minor: int | None = None,
    requests_per_minute_count: int = 600,
    expires_at: datetime.datetime | None = None,
) -> tuple[ApiKey, Token]:
    """
    Make a key for a program; the token is returned this once and can never be read again.

    :raises UnableToPermit: if the actor may not manage keys.
    :raises UnableToCreateKey: with code `name_missing`, `scope_missing`, `scope_unknown`, `scope_not_held` (nobody
        gives away what they may not do), `limit_above_own` or `limit_not_positive`.
    """
    actor.require(Permission.API_MANAGE)
    wanted = sorted(set(scopes))
    if not name.strip():
        raise UnableToCreateKey("name_missing", _("Name the program that will use the key."))
    if not wanted:
        raise UnableToCreateKey("scope_missing", _("Give the key at least one scope."))
    if unknown := [scope for scope in wanted if scope not in SCOPES]:
        raise UnableToCreateKey("scope_unknown", _("There is no scope %s.") % ", ".join(unknown), scopes=unknown)
    if missing := [scope for scope in wanted if scope not in actor.permissions]:
        raise UnableToCreateKey("scope_not_held", _("You may not do this yourself: %s.") % ", ".join(missing))
    if not actor.covers(wanted, amount_limit_minor=amount_limit_minor):
        raise UnableToCreateKey("limit_above_own", _("The key's limit is above your own."))
    if requests_per_minute_count < 1:
        raise UnableToCreateKey("limit_not_positive", _("A key may ask at least once a minute."))
    token = Token.new()
    with acting(actor, reason="create API key"):
        key = ApiKey.objects.create(
            name=name.strip(),
            prefix=token.prefix,
            secret_hash=token.secret_hash,
            scopes=wanted,
            amount_limit_minor=amount_limit_minor,
            requests_per_minute_count=requests_per_minute_count,
            expires_at=expires_at,
            created_by=actor.name,
        )
    return key, token


def revoke_key(*, actor: Actor, prefix: str, revoked_at: datetime.datetime) -> ApiKey:
    """
    Close a key for good; revoking it again changes nothing.

    :raises UnableToPermit: if the actor may not manage keys.
    :raises UnableToRevokeKey: with code `key_unknown`.
    """
    actor.require(Permission.API_MANAGE)
    with acting(actor, reason="revoke API key"):
        key = ApiKey.objects.select_for_update().filter(prefix=prefix).first()
        if key is None:
            raise UnableToRevokeKey("key_unknown", _("There is no key %s.") % prefix, prefix=prefix)
        if key.revoked_at is None:
            key.revoked_at = revoked_at
            key.save(update_fields=["revoked_at"])
    return key


def count_request(*, api_key: ApiKey, now: datetime.datetime) -> int:
    """Count a request of a key and return how many it has made in this minute, over all web processes."""
    minute_at = now.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO publicapi_keyminute (api_key_id, minute_at, request_count) VALUES (%s, %s, 1)"
            " ON CONFLICT (api_key_id, minute_at)"
            " DO UPDATE SET request_count = publicapi_keyminute.request_count + 1 RETURNING request_count",
            [api_key.pk, minute_at],
        )
        (request_count,) = cursor.fetchone()
    if request_count == 1:
        KeyMinute.objects.filter(api_key=api_key, minute_at__lt=minute_at).delete()
    return int(request_count)


def claim_request(
    *, api_key: ApiKey, key: str, content_hash: str, now: datetime.datetime
) -> tuple[RepeatableRequest, bool]:
    """
    Claim an idempotency key before acting; the second part says whether to act, or to answer as before.

    :raises UnableToRepeatRequest: with code `idempotency_key_reused` (the content is another one) or
        `request_running` (the first one has not answered yet).
    Source: docs/safety/idempotency.md.
    """
    RepeatableRequest.objects.filter(api_key=api_key, claimed_at__lt=now - ANSWERS_ARE_KEPT).delete()
    with connection.cursor() as cursor:
        # A claim without answer that is too old is taken over; of two who try, one finds it fresh again.
        cursor.execute(
            "INSERT INTO publicapi_repeatablerequest (api_key_id, key, content_hash, claimed_at, answer)"
            " VALUES (%s, %s, %s, %s, '') ON CONFLICT (api_key_id, key) DO UPDATE SET claimed_at = EXCLUDED.claimed_at"
            " WHERE publicapi_repeatablerequest.status IS NULL"
            " AND publicapi_repeatablerequest.claimed_at < %s"
            " AND publicapi_repeatablerequest.content_hash = EXCLUDED.content_hash RETURNING id",
            [api_key.pk, key, content_hash, now, now - CLAIM_LASTS],
        )
        is_mine = cursor.fetchone() is not None
    request = RepeatableRequest.objects.get(api_key=api_key, key=key)
    if request.content_hash != content_hash:
        raise UnableToRepeatRequest(
            "idempotency_key_reused", _("This idempotency key was used for another request; take a new one."), key=key
        )
    if not is_mine and request.status is None:
        raise UnableToRepeatRequest(
            "request_running", _("The first request with this idempotency key is still running."), key=key
        )
    return request, is_mine


def keep_answer(*, request: RepeatableRequest, status: int, answer: str) -> None:
    """Keep what a request was answered, for its repeats."""
    RepeatableRequest.objects.filter(pk=request.pk).update(status=status, answer=answer)


def release_claim(*, request: RepeatableRequest) -> None:
    """Give an idempotency key back after a refusal: nothing was done, so it may be used again."""
    RepeatableRequest.objects.filter(pk=request.pk, status=None).delete()
