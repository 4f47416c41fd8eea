"""Deliver events to webhooks: in order for each object, signed, tried again, with a log of every attempt."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

from django.conf import settings
from django.db.models import F

from hydria.platform.access import SYSTEM
from hydria.platform.transactions import acting
from hydria.publicapi import _sending, queries
from hydria.publicapi.domain import events
from hydria.publicapi.models import Delivery, DeliveryAttempt, DeliveryState, Webhook

ROUND_SECONDS = 20.0
FAILURES_IN_A_ROUND = 3
Clock = Callable[[], datetime.datetime]


def secrets_of(webhook: Webhook, *, now: datetime.datetime | None = None) -> list[str]:
    """Return the secrets that messages to a webhook are signed with: its own first, then the one before."""
    salts = [webhook.salt]
    if now is not None and webhook.old_salt_until is not None and now < webhook.old_salt_until:
        salts.append(webhook.old_salt)
    return [events.derive_secret(server_key=settings.SECRET_KEY, salt=salt) for salt in salts]


def list_due_webhooks(*, now: datetime.datetime) -> list[int]:
    """Return the active webhooks for which something is due."""
    due = Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=now)
    awake = Webhook.objects.filter(is_active=True).exclude(rests_until__gt=now)
    return sorted(awake.filter(pk__in=due.values("webhook")).values_list("pk", flat=True))


def deliver_due(*, webhook_id: int, clock: Clock, seconds_max: float = _sending.SECONDS_MAX) -> bool:
    """
    Deliver what is due to a webhook, for some seconds, and tell whether more is due at once.

    The events of one object go out in the order in which they happened: while one waits for its next attempt, those
    after it wait, too; those of other objects do not. After some failures in a row the webhook rests.

    clock  asked before and after each message

    Guarantee: each event is delivered at least once, or given up after `BACKOFF`. One job at a time serves a webhook;
    a receiver recognizes what it gets again by `webhook-id`.
    Source: ADM-08, docs/guide/api.md.
    """
    began, failures = time.monotonic(), 0
    while time.monotonic() - began < ROUND_SECONDS and failures < FAILURES_IN_A_ROUND:
        webhook = Webhook.objects.filter(pk=webhook_id, is_active=True).exclude(rests_until__gt=clock()).first()
        due = list(queries.list_due(webhook_id=webhook_id, now=clock())[:100]) if webhook else []
        if webhook is None or not due:
            return False
        for delivery in due:
            is_taken = _deliver(webhook, delivery, clock=clock, seconds_max=seconds_max)
            failures = 0 if is_taken else failures + 1
            if failures == FAILURES_IN_A_ROUND or time.monotonic() - began >= ROUND_SECONDS:
                break
    return failures < FAILURES_IN_A_ROUND


def _deliver(webhook: Webhook, delivery: Delivery, *, clock: Clock, seconds_max: float) -> bool:
    """Send one event and write down what came of it."""
    event, began_at = delivery.event, clock()
    body = events.write_body(
        kind=event.kind,
        happened_at=event.happened_at,
        subject_id=event.subject_id,
        path=events.path_of(event.kind, event.subject_id),
        data=event.data,
    )
    message_id, sent_at = f"evt_{event.pk}", int(began_at.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Hydria",
        "webhook-id": message_id,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": events.sign(
            secrets=secrets_of(webhook, now=began_at), message_id=message_id, sent_at=sent_at, body=body
        ),
    }
    answer = _sending.post(
        webhook.url,
        headers=headers,
        body=body,
        allows_private=settings.WEBHOOKS_TO_PRIVATE,
        seconds_max=seconds_max,
    )
    _write_down(webhook, delivery, answer, began_at=began_at, ended_at=clock())
    return answer.is_taken


def _write_down(
    webhook: Webhook,
    delivery: Delivery,
    answer: _sending.Answer,
    *,
    began_at: datetime.datetime,
    ended_at: datetime.datetime,
) -> None:
    attempt_count = delivery.attempt_count + 1
    wait = None if answer.is_taken else events.wait_after(attempt_count)
    outcome: dict[str, object] = {"attempt_count": attempt_count, "answered_status": answer.status}
    if answer.is_taken:
        outcome |= {"state": DeliveryState.DELIVERED, "delivered_at": ended_at}
    elif wait is None:
        outcome |= {"state": DeliveryState.FAILED}
    else:
        outcome |= {"due_at": ended_at + wait}
    with acting(SYSTEM, reason="deliver event"):
        # Whoever asked for a replay while this was under way has the last word.
        is_same = Delivery.objects.filter(
            pk=delivery.pk, state=DeliveryState.WAITING, attempt_count=delivery.attempt_count
        )
        if not is_same.update(**outcome):
            return
        DeliveryAttempt.objects.create(
            delivery=delivery,
            attempted_at=began_at,
            duration_ms=answer.duration_ms,
            status=answer.status,
            answer=answer.text,
            fault=answer.fault,
        )
        known = Webhook.objects.filter(pk=webhook.pk)
        if answer.is_taken:
            known.exclude(failure_count=0).update(failure_count=0, rests_until=None)
            return
        known.update(failure_count=F("failure_count") + 1)
        failure_count = known.values_list("failure_count", flat=True).get()
        if failure_count >= FAILURES_IN_A_ROUND:
            rest = events.wait_after(min(failure_count // FAILURES_IN_A_ROUND, 5)) or events.BACKOFF[-1]
            known.update(rests_until=ended_at + rest)
