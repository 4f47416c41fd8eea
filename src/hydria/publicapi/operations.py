"""Writes of the API's own tables: keys and their tokens, counted and repeatable requests, webhooks and deliveries."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Collection, Sequence

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.platform.transactions import acting, in_transaction
from hydria.publicapi import queries
from hydria.publicapi._delivering import secrets_of
from hydria.publicapi._listening import wake
from hydria.publicapi.domain import events
from hydria.publicapi.domain.addresses import AddressRefused, check_url
from hydria.publicapi.domain.keys import SCOPES, TOKEN_LASTS_SECONDS, Token, hash_secret, new_access_token
from hydria.publicapi.models import (
    AccessToken,
    ApiKey,
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    Event,
    KeyMinute,
    RepeatableRequest,
    Webhook,
)

ANSWERS_ARE_KEPT = datetime.timedelta(days=7)
GRACE_MAX_DAYS = 30
EVENTS_ARE_KEPT = datetime.timedelta(days=30)
FORGOTTEN_AT_ONCE = 10_000
CLAIM_LASTS = datetime.timedelta(minutes=2)
"""A request that has not answered for so long died with its process; its repeat may run."""


class UnableToCreateKey(UnableTo):
    """The API key cannot be made."""


class UnableToRevokeKey(UnableTo):
    """The API key cannot be revoked."""


class UnableToRotateKey(UnableTo):
    """The API key cannot be given another secret."""


class UnableToIssueToken(UnableTo):
    """No access token is issued; the code is the one that OAuth2 names."""


class UnableToSaveWebhook(UnableTo):
    """The webhook cannot be made or changed so."""


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
    if missing := _lacking(actor, wanted):
        raise UnableToCreateKey("scope_not_held", _("You may not do this yourself: %s.") % missing)
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


def rotate_key(*, actor: Actor, prefix: str, grace_hours: int, rotated_at: datetime.datetime) -> tuple[ApiKey, Token]:
    """
    Give a key another secret, returned this once; the one before opens for some hours more, so that nothing stops.

    grace_hours  0 ends the old secret at once

    :raises UnableToPermit: if the actor may not manage keys.
    :raises UnableToRotateKey: with code `key_unknown`, `key_revoked`, `scope_not_held` (whoever gets the secret may do
        what the key may), `limit_above_own` or `grace_out_of_range`.
    """
    actor.require(Permission.API_MANAGE)
    if not 0 <= grace_hours <= GRACE_MAX_DAYS * 24:
        raise UnableToRotateKey("grace_out_of_range", _("The old secret may go on for 30 days at most."))
    with acting(actor, reason="rotate API key"):
        key = ApiKey.objects.select_for_update().filter(prefix=prefix).first()
        if key is None:
            raise UnableToRotateKey("key_unknown", _("There is no key %s.") % prefix, prefix=prefix)
        if key.revoked_at is not None:
            raise UnableToRotateKey("key_revoked", _("This API key was revoked."))
        if missing := _lacking(actor, key.scopes):
            raise UnableToRotateKey("scope_not_held", _("You may not do this yourself: %s.") % missing)
        if not actor.covers(key.scopes, amount_limit_minor=key.amount_limit_minor):
            raise UnableToRotateKey("limit_above_own", _("The key's limit is above your own."))
        token = Token.new(prefix=prefix)
        key.old_secret_hash = key.secret_hash if grace_hours else ""
        key.old_secret_until = rotated_at + datetime.timedelta(hours=grace_hours) if grace_hours else None
        key.secret_hash = token.secret_hash
        key.save(update_fields=["secret_hash", "old_secret_hash", "old_secret_until"])
        if not grace_hours:
            AccessToken.objects.filter(api_key=key).delete()
    return key, token


def _lacking(actor: Actor, scopes: Collection[str]) -> str:
    """Return the scopes that an actor lacks, as words."""
    return ", ".join(sorted(scope for scope in scopes if scope not in actor.permissions))


def issue_token(*, client_id: str, client_secret: str, scope: str, now: datetime.datetime) -> tuple[str, list[str]]:
    """
    Issue an access token for a key, with all of its scopes or those that are asked for (OAuth2, RFC 6749 4.4).

    client_id, client_secret  the key's prefix and secret, or the whole key as the secret
    scope                     words apart by spaces; "" for all

    :raises UnableToIssueToken: with code `invalid_client` or `invalid_scope`.
    """
    token = Token.read(client_secret) or Token(prefix=client_id, secret=client_secret)
    key = queries.find_key(token=token, now=now) if token.prefix == client_id.removeprefix("hyd_") else None
    if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        raise UnableToIssueToken("invalid_client", _("There is no such API key."))
    if count_request(api_key=key, now=now) > key.requests_per_minute_count:
        raise UnableToIssueToken(
            "slow_down", _("This API key may ask %d times a minute.") % key.requests_per_minute_count
        )
    wanted = sorted(set(scope.split())) or list(key.scopes)
    if not set(wanted) <= set(key.scopes):
        raise UnableToIssueToken("invalid_scope", _("The key has not all of these scopes."))
    access_token = new_access_token()
    with acting(key.to_actor(), reason="issue token"):
        AccessToken.objects.filter(api_key=key, expires_at__lte=now).delete()
        AccessToken.objects.create(
            api_key=key,
            secret_hash=hash_secret(access_token),
            scopes=wanted,
            expires_at=now + datetime.timedelta(seconds=TOKEN_LASTS_SECONDS),
        )
    return access_token, wanted


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


_TABLES = {
    "account": "agreements_account",
    "agreement": "agreements_serviceagreement",
    "party": "parties_party",
    "service_point": "premises_servicepoint",
    "tariff_version": "tariffs_tariffversion",
    "webhook": "publicapi_webhook",
}


@in_transaction
def lock_object(*, kind: str, object_id: int) -> bool:
    """Lock the row that every change of an object locks first; return False if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT FROM {_TABLES[kind]} WHERE id = %s FOR UPDATE", [object_id])
        return cursor.fetchone() is not None


# Webhooks


def create_webhook(*, actor: Actor, name: str, url: str, kinds: Sequence[str]) -> tuple[Webhook, str]:
    """
    Have events of some kinds sent to an address from now on, and return the webhook with its secret.

    :raises UnableToPermit: if the actor may not manage the API.
    :raises UnableToSaveWebhook: with code `name_missing`, `kind_missing`, `kind_unknown`, `kind_not_allowed` (nobody
        is told what they may not see), `url_unreadable`, `https_missing` or `url_names_user`.
    Source: ADM-08.
    """
    wanted = _check_webhook(actor, name=name, url=url, kinds=kinds)
    salt = secrets.token_hex(32)
    with acting(actor, reason="create webhook"):
        webhook = Webhook.objects.create(name=name.strip(), url=url, kinds=wanted, salt=salt, created_by=actor.name)
    return webhook, secrets_of(webhook)[0]


def change_webhook(
    *, actor: Actor, webhook_id: int, name: str, url: str, kinds: Sequence[str], is_active: bool
) -> Webhook:
    """
    Change where events go and which; what waits goes to the new address.

    :raises UnableToPermit: if the actor may not manage the API.
    :raises UnableToSaveWebhook: as `create_webhook` does, also for the kinds that it had.
    :raises Webhook.DoesNotExist: if there is no such webhook.
    """
    wanted = _check_webhook(actor, name=name, url=url, kinds=kinds)
    with acting(actor, reason="change webhook"):
        webhook = Webhook.objects.select_for_update().get(pk=webhook_id)
        _check_kinds(actor, webhook.kinds)
        webhook.name, webhook.url, webhook.kinds, webhook.is_active = name.strip(), url, wanted, is_active
        webhook.failure_count, webhook.rests_until = 0, None
        webhook.save()
        if is_active:
            wake([webhook_id])
    return webhook


def rotate_webhook(
    *, actor: Actor, webhook_id: int, grace_hours: int, rotated_at: datetime.datetime
) -> tuple[Webhook, str]:
    """
    Give a webhook another secret and return it; for some hours messages are signed with the one before, too.

    :raises UnableToPermit: if the actor may not manage the API.
    :raises UnableToSaveWebhook: with code `grace_out_of_range` or `kind_not_allowed`.
    :raises Webhook.DoesNotExist: if there is no such webhook.
    """
    actor.require(Permission.API_MANAGE)
    if not 0 <= grace_hours <= GRACE_MAX_DAYS * 24:
        raise UnableToSaveWebhook("grace_out_of_range", _("The old secret may go on for 30 days at most."))
    with acting(actor, reason="rotate webhook secret"):
        webhook = Webhook.objects.select_for_update().get(pk=webhook_id)
        _check_kinds(actor, webhook.kinds)
        webhook.old_salt = webhook.salt if grace_hours else ""
        webhook.old_salt_until = rotated_at + datetime.timedelta(hours=grace_hours) if grace_hours else None
        webhook.salt = secrets.token_hex(32)
        webhook.save(update_fields=["salt", "old_salt", "old_salt_until"])
    return webhook, secrets_of(webhook)[0]


def drop_webhook(*, actor: Actor, webhook_id: int) -> None:
    """
    Send nothing more to a webhook and forget what waits for it; dropping it again changes nothing.

    :raises UnableToPermit: if the actor may not manage the API.
    """
    actor.require(Permission.API_MANAGE)
    with acting(actor, reason="drop webhook"):
        DeliveryAttempt.objects.filter(delivery__webhook=webhook_id).delete()
        Delivery.objects.filter(webhook=webhook_id).delete()
        Webhook.objects.filter(pk=webhook_id).delete()


def test_webhook(*, actor: Actor, webhook_id: int) -> Delivery:
    """
    Send a webhook an event about itself, to see whether it listens.

    :raises UnableToPermit: if the actor may not manage the API.
    :raises Webhook.DoesNotExist: if there is no such webhook.
    """
    actor.require(Permission.API_MANAGE)
    with acting(actor, reason="test webhook"):
        webhook = Webhook.objects.select_for_update().get(pk=webhook_id)
        Webhook.objects.filter(pk=webhook_id).update(rests_until=None)
        event = Event.objects.create(kind=events.TEST_KIND, subject_id=webhook.pk, data={}, actor=actor.name)
        subject = events.subject_of(event.kind, event.pk)
        delivery = Delivery.objects.create(webhook=webhook, event=event, subject=subject)
        wake([webhook.pk])
    return delivery


def replay_delivery(*, actor: Actor, delivery_id: int, now: datetime.datetime) -> Delivery:
    """
    Send an event to its webhook once more, from the first attempt on.

    :raises UnableToPermit: if the actor may not manage the API.
    :raises Delivery.DoesNotExist: if there is no such delivery.
    """
    actor.require(Permission.API_MANAGE)
    with acting(actor, reason="replay delivery"):
        _send_again([delivery_id], now=now)
        delivery = Delivery.objects.get(pk=delivery_id)
        Webhook.objects.filter(pk=delivery.webhook_id).update(rests_until=None)
        wake([delivery.webhook_id])
    return delivery


def replay_events(*, actor: Actor, webhook_id: int, since: datetime.datetime, now: datetime.datetime) -> int:
    """
    Send a webhook all events of its kinds since an instant, whether it got them or not; return how many.

    :raises UnableToPermit: if the actor may not manage the API.
    :raises UnableToSaveWebhook: with code `kind_not_allowed`.
    :raises Webhook.DoesNotExist: if there is no such webhook.
    """
    actor.require(Permission.API_MANAGE)
    with acting(actor, reason="replay events"):
        webhook = Webhook.objects.select_for_update().get(pk=webhook_id)
        _check_kinds(actor, webhook.kinds)
        wanted = {"webhook_id": webhook_id, "kinds": webhook.kinds, "since": since, "now": now}
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO publicapi_delivery (webhook_id, event_id, subject, state, attempt_count, due_at)"
                " SELECT %(webhook_id)s, id, split_part(kind, '.', 1) || ':' || subject_id, 'WAITING', 0, %(now)s"
                " FROM publicapi_event WHERE kind = ANY (%(kinds)s) AND happened_at >= %(since)s"
                " ON CONFLICT (webhook_id, event_id) DO UPDATE SET state = 'WAITING', attempt_count = 0,"
                " due_at = EXCLUDED.due_at, delivered_at = NULL",
                wanted,
            )
            count = cursor.rowcount
        Webhook.objects.filter(pk=webhook_id).update(rests_until=None)
        wake([webhook_id])
    return count


def _send_again(delivery_ids: Sequence[int], *, now: datetime.datetime) -> None:
    Delivery.objects.filter(pk__in=delivery_ids).update(
        state=DeliveryState.WAITING, attempt_count=0, due_at=now, delivered_at=None
    )


def _check_webhook(actor: Actor, *, name: str, url: str, kinds: Sequence[str]) -> list[str]:
    actor.require(Permission.API_MANAGE)
    wanted = sorted(set(kinds))
    if not name.strip():
        raise UnableToSaveWebhook("name_missing", _("Name the program that listens."))
    if not wanted:
        raise UnableToSaveWebhook("kind_missing", _("Choose at least one kind of event."))
    if unknown := [kind for kind in wanted if kind not in set(events.EventKind)]:
        raise UnableToSaveWebhook("kind_unknown", _("There is no event %s.") % ", ".join(unknown), kinds=unknown)
    _check_kinds(actor, wanted)
    try:
        check_url(url, allows_private=settings.WEBHOOKS_TO_PRIVATE)
    except AddressRefused as refusal:
        sentences = {
            "url_unreadable": _("This is no address of a program: write it as https://erp.example.org/hydria."),
            "https_missing": _("Events are sent by HTTPS only."),
            "url_names_user": _("An address with a name or password in it ends up in logs; leave them out."),
        }
        raise UnableToSaveWebhook(refusal.code, sentences[refusal.code]) from refusal
    return wanted


def _check_kinds(actor: Actor, kinds: Sequence[str]) -> None:
    if missing := _lacking(actor, {events.permission_of(kind) for kind in kinds}):
        raise UnableToSaveWebhook("kind_not_allowed", _("You may not do this yourself: %s.") % missing)


def forget_the_past(*, now: datetime.datetime) -> None:
    """Forget some of the events, with their deliveries, and of the answers and tokens that are too old to be asked for."""
    with acting(SYSTEM, reason="forget old events"):
        old = Event.objects.filter(happened_at__lt=now - EVENTS_ARE_KEPT).order_by("happened_at")
        event_ids = list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
        DeliveryAttempt.objects.filter(delivery__event__in=event_ids).delete()
        Delivery.objects.filter(event__in=event_ids).delete()
        Event.objects.filter(pk__in=event_ids).delete()
        RepeatableRequest.objects.filter(claimed_at__lt=now - ANSWERS_ARE_KEPT).delete()
        AccessToken.objects.filter(expires_at__lte=now).delete()
