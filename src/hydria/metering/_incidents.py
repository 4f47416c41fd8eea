"""Reads of the review desk: the queue of incidents, and everything that a decision needs on one card (MET-07)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import F, Min, OuterRef, Q, QuerySet, Subquery

from hydria.agreements import queries as agreements
from hydria.kernel.periods import add_months
from hydria.metering import queries
from hydria.metering.models import (
    Consumption,
    ConsumptionState,
    Decision,
    Finding,
    FindingState,
    Installation,
    Reading,
)
from hydria.metering.queries import ConsumptionCard, ReadingCard, StretchCard
from hydria.platform.access import Actor, Permission

MONTHS_SHOWN = 24
READINGS_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingCard:
    """What is odd about a consumption, and what was decided about it."""

    code: str
    severity: str
    data: Mapping[str, object]
    is_open: bool
    decision: str
    decided_by: str
    decided_at: datetime.datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCard:
    """
    A consumption with its findings and what they have to be judged by.

    usual_milli   what the history makes of the period's days, in whole units; 0 when there is no history
    reading       the reading that closed the period, None when nobody read
    stretches     the dials of the period, where it has more than one
    history       the point's periods of the last two years, oldest first, this one included
    is_held       whether a decision is awaited; only then can the reading be corrected
    """

    consumption_id: int
    service_point_id: int
    point_number: str
    address: str
    route_code: str
    unit: str
    holder_name: str
    account_id: int | None
    meter_id: int | None
    serial: str
    start_date: datetime.date
    end_date: datetime.date
    quantity_milli: int | None
    kind: str
    state: str
    is_held: bool
    usual_milli: int
    opening_milli: int | None
    reading: ReadingCard | None
    stretches: tuple[StretchCard, ...]
    findings: tuple[FindingCard, ...]
    history: tuple[ConsumptionCard, ...]
    readings: tuple[ReadingCard, ...]

    @property
    def days(self) -> int:
        """Count the days of the period."""
        return (self.end_date - self.start_date).days

    @property
    def open_findings(self) -> tuple[FindingCard, ...]:
        """Return what still has to be decided."""
        return tuple(finding for finding in self.findings if finding.is_open)


def list_queue(*, actor: Actor) -> QuerySet[Consumption]:
    """
    Return the consumptions with an open finding, each with `codes` (its open findings, in one text).

    :raises UnableToPermit: if the actor may not see readings.
    """
    actor.require(Permission.READING_VIEW)
    open_findings = Finding.objects.filter(consumption=OuterRef("pk"), state=FindingState.OPEN).order_by()
    codes = open_findings.values("consumption").annotate(codes=StringAgg("code", " ", order_by="code"))
    installed = Installation.objects.filter(
        service_point=OuterRef("service_point"), valid_during__contains=OuterRef("end_date")
    )
    return (
        Consumption.objects.filter(id__in=Finding.objects.filter(state=FindingState.OPEN).values("consumption"))
        .exclude(state=ConsumptionState.SUPERSEDED)
        .select_related("service_point__premise", "service_point__route")
        .annotate(codes=Subquery(codes.values("codes")[:1]), serial=Subquery(installed.values("meter__serial")[:1]))
    )


def find_next_held(*, actor: Actor, after_id: int = 0) -> int | None:
    """
    Return the next held consumption of the queue after one, starting over at its end; None when none is left.

    :raises UnableToPermit: if the actor may not see readings.
    """
    actor.require(Permission.READING_VIEW)
    held = Consumption.objects.filter(state=ConsumptionState.HELD)
    found = held.aggregate(following=Min("id", filter=Q(id__gt=after_id)), first=Min("id"))
    next_id: int | None = found["following"] or found["first"]
    return next_id


def access_incident(*, actor: Actor, consumption_id: int, today: datetime.date) -> IncidentCard:
    """
    Return everything that a decision on a consumption needs.

    :raises UnableToPermit: if the actor may not see readings.
    :raises Consumption.DoesNotExist: if there is no such consumption.
    """
    actor.require(Permission.READING_VIEW)
    consumption = (
        Consumption.objects.select_related("service_point__premise", "service_point__route", "service_point__service")
        .annotate(point_id=F("service_point_id"))
        .get(id=consumption_id)
    )
    point = consumption.service_point
    installation = (
        Installation.objects.filter(service_point=point, valid_during__startswith__lt=consumption.end_date)
        .select_related("meter")
        .prefetch_related("meter__registers")
        .order_by("-valid_during")
        .first()
    )
    registers = [register.pk for register in installation.meter.registers.all()] if installation else []
    readings = queries.list_readings(register_ids=registers, count=READINGS_SHOWN)
    findings = tuple(_finding_card(finding) for finding in queries.list_findings(consumption_id=consumption_id))
    account_id = agreements.list_accounts_of_points(service_point_ids=[point.pk]).get(point.pk)
    lines = agreements.list_account_lines(account_ids=[account_id] if account_id else [], today=today)
    return IncidentCard(
        consumption_id=consumption.pk,
        service_point_id=point.pk,
        point_number=point.number,
        address=point.premise.address,
        route_code=point.route.code,
        unit=point.service.unit.replace("m3", "m³"),
        holder_name=lines[0].holder_name if lines else "",
        account_id=account_id,
        meter_id=installation.meter_id if installation else None,
        serial=installation.meter.serial if installation else "",
        start_date=consumption.start_date,
        end_date=consumption.end_date,
        quantity_milli=consumption.quantity_milli,
        kind=consumption.kind,
        state=consumption.state,
        is_held=consumption.state == ConsumptionState.HELD,
        usual_milli=round((_first_number(findings, "usual_milli") or 0) / 1000) * 1000,
        opening_milli=_first_number(findings, "opening_milli"),
        reading=_closing_reading(consumption),
        stretches=queries.list_stretches([consumption]).get(consumption.pk, ()),
        findings=findings,
        history=_history(consumption),
        readings=tuple(readings),
    )


def _finding_card(finding: Finding) -> FindingCard:
    return FindingCard(
        code=finding.code,
        severity=finding.severity,
        data=finding.data,
        is_open=finding.state == FindingState.OPEN,
        decision=str(Decision(finding.decision).label) if finding.decision else "",
        decided_by=finding.decided_by,
        decided_at=finding.decided_at,
        reason=finding.reason,
    )


def _first_number(findings: tuple[FindingCard, ...], name: str) -> int | None:
    """Return a figure that the findings were raised with; all of one consumption carry the same."""
    values = (finding.data.get(name) for finding in findings)
    return next((value for value in values if isinstance(value, int)), None)


def _closing_reading(consumption: Consumption) -> ReadingCard | None:
    reading = Reading.objects.filter(id=consumption.current_reading_id).first()
    return queries.reading_card(reading) if reading else None


def _history(consumption: Consumption) -> tuple[ConsumptionCard, ...]:
    point_id, end_date = consumption.service_point_id, consumption.end_date
    since_date = add_months(end_date, -MONTHS_SHOWN)
    cards = queries.list_consumptions(service_point_ids=[point_id], from_date=since_date, until_date=end_date)
    return tuple(cards[point_id])
