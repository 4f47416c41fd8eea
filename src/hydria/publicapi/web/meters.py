"""Meters put in and exchanged, and decisions on odd consumption; alerts on accounts."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Router, Schema

from hydria.agreements.queries import access_account
from hydria.customers import operations as customers
from hydria.customers.domain.procedures import MarkerKind
from hydria.customers.queries import About
from hydria.metering import operations
from hydria.metering.operations import Decision, NewMeter
from hydria.platform.access import Permission
from hydria.premises.queries import has_service_point
from hydria.publicapi.web.acts import Day, FirstMeterIn, FromDate, UntilDate
from hydria.publicapi.web.problems import STATUSES, Problem
from hydria.publicapi.web.register import EDIT
from hydria.publicapi.web.repeats import IdempotencyKey, answer_once
from hydria.publicapi.web.schemas import Id, QuantityMilli, Reason
from hydria.publicapi.web.security import actor_of

router = Router(tags=["meters and alerts"])
RECORD = {"x-scope": Permission.READING_RECORD}
DECIDE = {"x-scope": Permission.READING_DECIDE}


class MeterInstallIn(FirstMeterIn):
    """A meter to put in at a point that has none."""

    installed_date: Annotated[Day, Field(examples=["2026-11-01"])]


class MeterExchangeIn(FirstMeterIn):
    """The meter that takes the old one's place, and what the old one showed."""

    exchanged_date: Annotated[Day, Field(examples=["2026-11-01"])]
    final_milli: QuantityMilli


class InstalledOut(Schema):
    """A meter's time at a point."""

    meter_id: int
    service_point_id: int
    start_date: datetime.date


class DecisionIn(Schema):
    """What is decided about held consumptions."""

    consumption_ids: Annotated[list[Id], Field(min_length=1, max_length=5_000)]
    decision: Literal["ACCEPTED", "ESTIMATED"] = Field(examples=["ACCEPTED"])
    reason: Reason


class DecidedOut(Schema):
    """What became of each consumption."""

    consumption_id: int
    status: str = Field(examples=["DECIDED"])


class DecisionsOut(Schema):
    """What became of all of them."""

    rows: list[DecidedOut]


class AlertIn(Schema):
    """What everybody who opens an account has to know."""

    kind: MarkerKind
    reason: Reason
    from_date: FromDate
    until_date: UntilDate = None


class AlertEnd(Schema):
    """From when on an alert no longer holds, and why."""

    end_date: Annotated[Day, Field(examples=["2026-11-01"])]
    reason: Reason


class AlertOut(Schema):
    """An alert."""

    id: int


@router.post("/service-points/{point_id}/meter", response={201: InstalledOut, STATUSES: Problem}, openapi_extra=RECORD)
def install_meter(
    request: HttpRequest, point_id: Id, idempotency_key: IdempotencyKey, body: MeterInstallIn
) -> HttpResponse:
    """Put a meter in at a point that has none."""
    actor = actor_of(request)

    def act() -> InstalledOut:
        actor.require(Permission.READING_RECORD)
        _find_point(point_id)
        made = operations.install_meter(
            actor=actor,
            service_point_id=point_id,
            installed_date=body.installed_date,
            meter=_meter(body),
            initial_milli=body.initial_milli,
            evidence=body.evidence,
        )
        return InstalledOut(meter_id=made.meter_id, service_point_id=point_id, start_date=body.installed_date)

    return answer_once(request, key=idempotency_key, act=act)


@router.post(
    "/service-points/{point_id}/meter-exchange", response={201: InstalledOut, STATUSES: Problem}, openapi_extra=RECORD
)
def exchange_meter(
    request: HttpRequest, point_id: Id, idempotency_key: IdempotencyKey, body: MeterExchangeIn
) -> HttpResponse:
    """Take a point's meter out and put another one in, with both readings."""
    actor = actor_of(request)

    def act() -> InstalledOut:
        actor.require(Permission.READING_RECORD)
        _find_point(point_id)
        made = operations.exchange_meter(
            actor=actor,
            service_point_id=point_id,
            exchanged_date=body.exchanged_date,
            final_milli=body.final_milli,
            meter=_meter(body),
            initial_milli=body.initial_milli,
            evidence=body.evidence,
            today=timezone.localdate(),
        )
        return InstalledOut(meter_id=made.meter_id, service_point_id=point_id, start_date=body.exchanged_date)

    return answer_once(request, key=idempotency_key, act=act)


@router.post("/consumption-decisions", response={200: DecisionsOut, STATUSES: Problem}, openapi_extra=DECIDE)
def decide_on_consumption(request: HttpRequest, idempotency_key: IdempotencyKey, body: DecisionIn) -> HttpResponse:
    """Accept held consumptions as they stand, or estimate them; each has its own status."""
    actor = actor_of(request)

    def act() -> DecisionsOut:
        rows = operations.decide(
            actor=actor,
            consumption_ids=body.consumption_ids,
            decision=Decision(body.decision),
            reason=body.reason,
            decided_at=timezone.now(),
        )
        return DecisionsOut(rows=[DecidedOut.from_orm(row) for row in rows])

    return answer_once(request, key=idempotency_key, act=act, status=200)


@router.post("/accounts/{account_id}/alerts", response={201: AlertOut, STATUSES: Problem}, openapi_extra=EDIT)
def raise_alert(request: HttpRequest, account_id: Id, idempotency_key: IdempotencyKey, body: AlertIn) -> HttpResponse:
    """Raise an alert on an account; also needs `register.view`."""
    actor = actor_of(request)

    def act() -> AlertOut:
        actor.require(Permission.REGISTER_EDIT)
        access_account(actor=actor, account_id=account_id)
        raised = customers.raise_marker(actor=actor, about=About(account_id=account_id), **body.model_dump())
        return AlertOut(id=raised.pk)

    return answer_once(request, key=idempotency_key, act=act)


@router.post("/alerts/{alert_id}/end", response={204: None, STATUSES: Problem}, openapi_extra=EDIT)
def end_alert(request: HttpRequest, alert_id: Id, idempotency_key: IdempotencyKey, body: AlertEnd) -> HttpResponse:
    """End an alert on a day; one that is not in force stays as it is."""
    customers.lift_marker(actor=actor_of(request), marker_id=alert_id, **body.model_dump())
    return HttpResponse(status=204)


def _find_point(point_id: int) -> None:
    if not has_service_point(service_point_id=point_id):
        raise Http404


def _meter(body: FirstMeterIn) -> NewMeter:
    return NewMeter(serial=body.serial, make=body.make, size=body.size, digits=body.digits)
