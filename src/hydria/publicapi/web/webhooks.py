"""Webhooks: where events are sent, what was delivered, sending again; and the events themselves, for who prefers to ask."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from hydria.platform.access import Permission
from hydria.platform.events import EventKind
from hydria.publicapi import operations, queries
from hydria.publicapi.domain.events import path_of
from hydria.publicapi.models import DeliveryState
from hydria.publicapi.web.paging import Page, Paging, show_page
from hydria.publicapi.web.problems import STATUSES, Problem
from hydria.publicapi.web.repeats import IdempotencyKey, IfMatch, Unless, answer_once
from hydria.publicapi.web.schemas import Id, text
from hydria.publicapi.web.security import actor_of

router = Router(tags=["webhooks and events"])
MANAGE = {"x-scope": Permission.API_MANAGE}
Kinds = Annotated[
    list[EventKind], Field(min_length=1, max_length=100, examples=[["payment.taken", "payment.reversed"]])
]


class WebhookIn(Schema):
    """Where to send events, and which."""

    name: Annotated[str, text(100, length_min=1, examples=["ERP"])]
    url: Annotated[str, text(500, length_min=1, examples=["https://erp.example.org/hydria"])]
    kinds: Kinds


class WebhookChange(WebhookIn):
    """How a webhook is to be; one that is not active is sent nothing, and nothing is kept for it."""

    is_active: bool = True


class RotateIn(Schema):
    """How long messages are signed with the secret before, too."""

    grace_hours: Annotated[int, Field(ge=0, le=720, examples=[24])] = 24


class ReplayIn(Schema):
    """From when on events are sent again."""

    since: Annotated[datetime.datetime, Field(examples=["2026-11-01T00:00:00Z"])]


class WebhookOut(Schema):
    """Where events of some kinds are sent."""

    id: int
    name: str
    url: str
    kinds: list[str]
    is_active: bool
    rests_until: datetime.datetime | None = Field(description="Set while it fails again and again")
    waiting_count: int
    failed_count: int


class SecretOut(Schema):
    """A webhook's secret, shown this once: check `webhook-signature` with it."""

    id: int
    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class EventOut(Schema):
    """What happened to an object."""

    id: int
    type: str = Field(examples=["payment.taken"])
    timestamp: datetime.datetime
    subject_id: int
    path: str = Field(description="Where the API shows the object, if it does", examples=["/payments/12"])
    data: dict[str, Any] = Field(examples=[{"account_id": 150, "amount_minor": 65419}])


class DeliveryOut(Schema):
    """An event on its way to a webhook."""

    id: int
    event_id: int
    type: str = Field(examples=["payment.taken"])
    subject: str = Field(examples=["payment:12"])
    state: DeliveryState
    attempt_count: int
    due_at: datetime.datetime
    answered_status: int | None = Field(
        description="The status that the last attempt was answered with", examples=[200]
    )
    delivered_at: datetime.datetime | None


class CountOut(Schema):
    """How many were concerned."""

    count: int


@router.get("/events", response={200: Page[EventOut], STATUSES: Problem}, openapi_extra=MANAGE)
def list_events(request: HttpRequest, asked: Paging, type: Annotated[EventKind | None, Query()] = None) -> Any:  # noqa: A002  # the name that senders know
    """List the events of the last 30 days that the key's other scopes let it see, oldest first."""
    rows = queries.list_events(actor=actor_of(request))
    return show_page(request, rows.filter(kind=type) if type else rows, asked=asked, card=_event_cards, row=EventOut)


@router.get("/webhooks", response={200: Page[WebhookOut], STATUSES: Problem}, openapi_extra=MANAGE)
def list_webhooks(request: HttpRequest, asked: Paging) -> Any:
    """List the webhooks."""
    return show_page(request, queries.list_webhooks(actor=actor_of(request)), asked=asked, card=list, row=WebhookOut)


@router.post("/webhooks", response={201: SecretOut, STATUSES: Problem}, openapi_extra=MANAGE)
def create_webhook(request: HttpRequest, idempotency_key: IdempotencyKey, body: WebhookIn) -> HttpResponse:
    """Have events sent to an address; the secret is answered this once."""

    def act() -> SecretOut:
        webhook, secret = operations.create_webhook(actor=actor_of(request), **body.model_dump())
        return SecretOut(id=webhook.pk, secret=secret)

    return answer_once(request, key=idempotency_key, act=act, kept_without=("secret",))


@router.get("/webhooks/{webhook_id}", response={200: WebhookOut, STATUSES: Problem}, openapi_extra=MANAGE)
def show_webhook(request: HttpRequest, webhook_id: Id) -> Any:
    """Show a webhook."""
    return queries.list_webhooks(actor=actor_of(request)).get(pk=webhook_id)


@router.post("/webhooks/{webhook_id}", response={200: WebhookOut, STATUSES: Problem}, openapi_extra=MANAGE)
def change_webhook(
    request: HttpRequest, webhook_id: Id, idempotency_key: IdempotencyKey, body: WebhookChange, if_match: IfMatch = ""
) -> HttpResponse:
    """Change where events go, and which; what waits goes to the new address."""
    actor = actor_of(request)

    def act() -> WebhookOut:
        operations.change_webhook(actor=actor, webhook_id=webhook_id, **body.model_dump())
        return shown()

    def shown() -> WebhookOut:
        return WebhookOut.from_orm(queries.list_webhooks(actor=actor).get(pk=webhook_id))

    unless = Unless(if_match=if_match, kind="webhook", object_id=webhook_id, shown=shown)
    return answer_once(request, key=idempotency_key, act=act, status=200, unless=unless)


@router.post("/webhooks/{webhook_id}/rotation", response={200: SecretOut, STATUSES: Problem}, openapi_extra=MANAGE)
def rotate_webhook(
    request: HttpRequest, webhook_id: Id, idempotency_key: IdempotencyKey, body: RotateIn
) -> HttpResponse:
    """Give a webhook another secret, answered this once; for some hours both sign."""

    def act() -> SecretOut:
        _webhook, secret = operations.rotate_webhook(
            actor=actor_of(request), webhook_id=webhook_id, grace_hours=body.grace_hours, rotated_at=timezone.now()
        )
        return SecretOut(id=webhook_id, secret=secret)

    return answer_once(request, key=idempotency_key, act=act, status=200, kept_without=("secret",))


@router.post("/webhooks/{webhook_id}/removal", response={204: None, STATUSES: Problem}, openapi_extra=MANAGE)
def drop_webhook(request: HttpRequest, webhook_id: Id, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Send nothing more to a webhook, and forget what waits for it; doing so again changes nothing."""
    operations.drop_webhook(actor=actor_of(request), webhook_id=webhook_id)
    return HttpResponse(status=204)


@router.post("/webhooks/{webhook_id}/test", response={201: DeliveryOut, STATUSES: Problem}, openapi_extra=MANAGE)
def test_webhook(request: HttpRequest, webhook_id: Id, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Send a webhook an event about itself."""

    def act() -> DeliveryOut:
        delivery = operations.test_webhook(actor=actor_of(request), webhook_id=webhook_id)
        return DeliveryOut(**_delivery_cards([delivery])[0])

    return answer_once(request, key=idempotency_key, act=act)


@router.post("/webhooks/{webhook_id}/replay", response={200: CountOut, STATUSES: Problem}, openapi_extra=MANAGE)
def replay_events(
    request: HttpRequest, webhook_id: Id, idempotency_key: IdempotencyKey, body: ReplayIn
) -> HttpResponse:
    """Send a webhook all events of its kinds since an instant, whether it got them or not."""

    def act() -> CountOut:
        count = operations.replay_events(
            actor=actor_of(request), webhook_id=webhook_id, since=body.since, now=timezone.now()
        )
        return CountOut(count=count)

    return answer_once(request, key=idempotency_key, act=act, status=200)


@router.get(
    "/webhooks/{webhook_id}/deliveries", response={200: Page[DeliveryOut], STATUSES: Problem}, openapi_extra=MANAGE
)
def list_deliveries(
    request: HttpRequest, asked: Paging, webhook_id: Id, state: Annotated[DeliveryState | None, Query()] = None
) -> Any:
    """List what was sent to a webhook or waits for it, newest first."""
    actor = actor_of(request)
    webhook = queries.list_webhooks(actor=actor).get(pk=webhook_id)
    rows = queries.list_deliveries(actor=actor, webhook_id=webhook.pk)
    rows = rows if state is None else rows.filter(state=state)
    return show_page(request, rows, asked=asked, card=_delivery_cards, row=DeliveryOut, newest_first=True)


@router.post("/deliveries/{delivery_id}/replay", response={200: DeliveryOut, STATUSES: Problem}, openapi_extra=MANAGE)
def replay_delivery(request: HttpRequest, delivery_id: Id, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Send an event to its webhook once more."""

    def act() -> DeliveryOut:
        delivery = operations.replay_delivery(actor=actor_of(request), delivery_id=delivery_id, now=timezone.now())
        return DeliveryOut(**_delivery_cards([delivery])[0])

    return answer_once(request, key=idempotency_key, act=act, status=200)


def _event_cards(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "type": row.kind,
            "timestamp": row.happened_at,
            "subject_id": row.subject_id,
            "path": path_of(row.kind, row.subject_id),
            "data": row.data,
        }
        for row in rows
    ]


def _delivery_cards(rows: Sequence[Any]) -> list[dict[str, Any]]:
    names = ("event_id", "subject", "state", "attempt_count", "due_at", "answered_status", "delivered_at")
    return [{"id": row.pk, "type": row.event.kind, **{name: getattr(row, name) for name in names}} for row in rows]
