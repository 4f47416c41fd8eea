"""Reads of the API's own tables."""

from __future__ import annotations

import datetime
import hmac

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from hydria.platform.access import Actor, Permission
from hydria.platform.events import EventKind
from hydria.publicapi.domain.events import permission_of
from hydria.publicapi.domain.keys import Token, hash_secret
from hydria.publicapi.models import AccessToken, ApiKey, Delivery, DeliveryAttempt, DeliveryState, Event, Webhook


def find_key(*, token: Token, now: datetime.datetime) -> ApiKey | None:
    """Return the key that a token opens, revoked and expired ones included; None when the secret is wrong."""
    key = ApiKey.objects.filter(prefix=token.prefix).first()
    if key is None:
        return None
    is_own = hmac.compare_digest(key.secret_hash, token.secret_hash)
    is_old = hmac.compare_digest(key.old_secret_hash, token.secret_hash)
    is_old = is_old and key.old_secret_until is not None and now < key.old_secret_until
    return key if is_own or is_old else None


def find_access_token(*, text: str, now: datetime.datetime) -> AccessToken | None:
    """Return the access token that was sent, with its key, unless it has ended."""
    known = AccessToken.objects.select_related("api_key")
    return known.filter(secret_hash=hash_secret(text), expires_at__gt=now).first()


def list_keys(*, actor: Actor) -> QuerySet[ApiKey]:
    """
    Return the keys by name, each with the minute of its last use as `used_at`.

    :raises UnableToPermit: if the actor may not manage keys.
    """
    actor.require(Permission.API_MANAGE)
    return ApiKey.objects.annotate(used_at=Max("minutes__minute_at")).order_by("name", "id")


def list_webhooks(*, actor: Actor) -> QuerySet[Webhook]:
    """
    Return the webhooks by name, each with how many deliveries wait (`waiting_count`) and failed (`failed_count`).

    :raises UnableToPermit: if the actor may not manage the API.
    """
    actor.require(Permission.API_MANAGE)
    waiting, failed = (Q(deliveries__state=state) for state in (DeliveryState.WAITING, DeliveryState.FAILED))
    return Webhook.objects.annotate(
        waiting_count=Count("deliveries", filter=waiting), failed_count=Count("deliveries", filter=failed)
    ).order_by("name", "id")


def list_deliveries(*, actor: Actor, webhook_id: int) -> QuerySet[Delivery]:
    """
    Return the deliveries of a webhook with their events.

    :raises UnableToPermit: if the actor may not manage the API.
    """
    actor.require(Permission.API_MANAGE)
    return Delivery.objects.filter(webhook=webhook_id).select_related("event")


def list_attempts(*, actor: Actor, delivery_id: int) -> list[DeliveryAttempt]:
    """
    Return the attempts of a delivery, newest first.

    :raises UnableToPermit: if the actor may not manage the API.
    """
    actor.require(Permission.API_MANAGE)
    return list(DeliveryAttempt.objects.filter(delivery=delivery_id).order_by("-pk")[:50])


def list_events(*, actor: Actor) -> QuerySet[Event]:
    """
    Return the events of the last days that the actor may be told of.

    :raises UnableToPermit: if the actor may not manage the API.
    """
    actor.require(Permission.API_MANAGE)
    kinds = [kind.value for kind in EventKind if actor.may(permission_of(kind))]
    return Event.objects.filter(kind__in=kinds)


def list_due(*, webhook_id: int, now: datetime.datetime) -> QuerySet[Delivery]:
    """Return what is due to a webhook in order, of each object only the first event that waits."""
    waiting = Delivery.objects.filter(webhook=webhook_id, state=DeliveryState.WAITING)
    earlier = waiting.filter(subject=OuterRef("subject"), event__lt=OuterRef("event"))
    return waiting.filter(~Exists(earlier), due_at__lte=now).select_related("event").order_by("event")
