"""Frozen cards of the administrator's pages."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from hydria.platform.web.cards import permission_labels
from hydria.platform.web.formats import spell_instant
from hydria.platform.web.states import label_of
from hydria.publicapi.models import ApiKey, Delivery, DeliveryAttempt, DeliveryState
from hydria.publicapi.web.words import fault_label, kind_labels


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCard:
    """A key as shown."""

    prefix: str
    state: str
    state_label: str
    scopes: tuple[str, ...]
    amount_limit_minor: int | None
    requests_per_minute_count: int
    expires: str
    used: str
    created: str
    created_by: str
    old_secret_until: str
    is_live: bool


def key_state(key: ApiKey, *, now: datetime.datetime) -> str:
    """Return ACTIVE, EXPIRED or REVOKED."""
    if key.revoked_at is not None:
        return "REVOKED"
    return "EXPIRED" if key.expires_at is not None and key.expires_at <= now else "ACTIVE"


def key_state_label(state: str) -> str:
    """Return the word for the state of a key."""
    return {"ACTIVE": _("Opens"), "EXPIRED": _("Expired"), "REVOKED": _("Revoked")}[state]


def key_card(key: Any, *, now: datetime.datetime) -> KeyCard:
    """Return the card of a key."""
    words = dict(permission_labels())
    state = key_state(key, now=now)
    is_in_grace = key.old_secret_until is not None and now < key.old_secret_until
    return KeyCard(
        prefix=key.prefix,
        state=state,
        state_label=key_state_label(state),
        scopes=tuple(words.get(scope, scope) for scope in key.scopes),
        amount_limit_minor=key.amount_limit_minor,
        requests_per_minute_count=key.requests_per_minute_count,
        expires=_spell(key.expires_at),
        used=_spell(key.used_at),
        created=_spell(key.created_at),
        created_by=key.created_by,
        old_secret_until=_spell(key.old_secret_until) if is_in_grace else "",
        is_live=key.revoked_at is None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookCard:
    """A webhook as shown."""

    id: int
    url: str
    kinds: tuple[str, ...]
    is_active: bool
    waiting_count: int
    failed_count: int
    rests_until: str
    old_secret_until: str
    created: str
    created_by: str


def webhook_card(webhook: Any, *, now: datetime.datetime) -> WebhookCard:
    """Return the card of a webhook."""
    words = kind_labels()
    is_in_grace = webhook.old_salt_until is not None and now < webhook.old_salt_until
    rests = webhook.rests_until is not None and now < webhook.rests_until
    return WebhookCard(
        id=webhook.pk,
        url=webhook.url,
        kinds=tuple(words.get(kind, kind) for kind in webhook.kinds),
        is_active=webhook.is_active,
        waiting_count=webhook.waiting_count,
        failed_count=webhook.failed_count,
        rests_until=_spell(webhook.rests_until) if rests else "",
        old_secret_until=_spell(webhook.old_salt_until) if is_in_grace else "",
        created=_spell(webhook.created_at),
        created_by=webhook.created_by,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptCard:
    """One attempt to deliver, as shown."""

    when: str
    duration_ms: int
    outcome: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryCard:
    """An event on its way to a webhook, as shown."""

    id: int
    kind: str
    happened: str
    by: str
    subject: str
    state: str
    state_label: str
    due: str
    data: str
    attempts: tuple[AttemptCard, ...]


def delivery_card(delivery: Delivery, attempts: Sequence[DeliveryAttempt]) -> DeliveryCard:
    """Return the card of a delivery."""
    event = delivery.event
    return DeliveryCard(
        id=delivery.pk,
        kind=kind_labels().get(event.kind, event.kind),
        happened=_spell(event.happened_at),
        by=event.actor,
        subject=delivery.subject,
        state=delivery.state,
        state_label=label_of(DeliveryState, delivery.state),
        due=_spell(delivery.due_at) if delivery.state == DeliveryState.WAITING else "",
        data=json.dumps(event.data, ensure_ascii=False, indent=2),
        attempts=tuple(
            AttemptCard(
                when=_spell(attempt.attempted_at),
                duration_ms=attempt.duration_ms,
                outcome=str(attempt.status) if attempt.status is not None else fault_label(attempt.fault),
                answer=attempt.answer,
            )
            for attempt in attempts
        ),
    )


def _spell(instant: datetime.datetime | None) -> str:
    return "" if instant is None else spell_instant(instant)
