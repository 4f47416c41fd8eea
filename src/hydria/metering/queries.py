"""Reads of metering: what is held for review, a point's history, a meter's life."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from hydria.metering.domain.policy import Policy
from hydria.metering.domain.rules import FIRST_DAY, LAST_DAY, Rule, RuleBook
from hydria.metering.models import (
    MAIN,
    Consumption,
    ConsumptionState,
    Finding,
    FindingState,
    Installation,
    Meter,
    Reading,
    Register,
    ThresholdRule,
)
from hydria.platform.access import Actor, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldConsumption:
    """A consumption that waits for a decision, with the codes of what is odd about it."""

    id: int
    service_point_id: int
    start_date: datetime.date
    end_date: datetime.date
    quantity_milli: int | None
    kind: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StretchCard:
    """One dial's part of a period: what it showed at both ends and what that comes to; None where nobody read."""

    register_id: int
    meter_id: int
    serial: str
    channel: str
    opening_milli: int | None
    closing_milli: int | None
    quantity_milli: int
    is_removed: bool

    @property
    def name(self) -> str:
        """Name the dial as people call it: by its meter, a further one by its channel too."""
        return self.serial if self.channel == MAIN else f"{self.serial} {self.channel}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumptionCard:
    """One period of a point, as charts and tables show it; `stretches` are its dials where it has more than one."""

    id: int
    start_date: datetime.date
    end_date: datetime.date
    quantity_milli: int | None
    kind: str
    state: str
    previous_milli: int | None
    current_milli: int | None
    stretches: tuple[StretchCard, ...]

    @property
    def days(self) -> int:
        """Count the days of the period."""
        return (self.end_date - self.start_date).days


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationCard:
    """A meter's time at a point."""

    meter_id: int
    serial: str
    make: str
    size: str
    service_point_id: int
    from_date: datetime.date
    until_date: datetime.date | None
    initial_milli: int
    final_milli: int | None
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingCard:
    """A reading with what superseded what."""

    id: int
    read_date: datetime.date
    value_milli: int | None
    observation: str
    source: str
    reader: str
    is_live: bool
    reason: str
    recorded_by: str
    recorded_at: datetime.datetime


def get_rules() -> RuleBook:
    """Return all thresholds that the company validates and estimates by, past and present."""
    return RuleBook(
        rules=tuple(
            Rule(
                thresholds=row.thresholds,
                service_id=row.service_id or 0,
                category_id=row.category_id or 0,
                from_month=row.months.lower if row.months else 1,
                until_month=row.months.upper if row.months else 13,
                start_days=_to_days(row.valid_during.lower, FIRST_DAY),
                end_days=_to_days(row.valid_during.upper, LAST_DAY),
            )
            for row in ThresholdRule.objects.all()
        )
    )


def get_policy(*, on_date: datetime.date) -> Policy:
    """Return the thresholds that hold for all on a day."""
    return get_rules().general_on(_to_days(on_date, FIRST_DAY))


def list_rules() -> QuerySet[ThresholdRule]:
    """Return the rules with what they apply to, the newest first."""
    return ThresholdRule.objects.select_related("service", "category")


def _to_days(day: datetime.date | None, otherwise: int) -> int:
    return otherwise if day is None else (day - datetime.date(1970, 1, 1)).days


def count_incidents() -> int:
    """Count the consumptions that are held for review."""
    return Consumption.objects.filter(state=ConsumptionState.HELD).count()


def list_held(*, cycle_id: int | None = None) -> list[HeldConsumption]:
    """Return what is held for review, oldest first."""
    held = Consumption.objects.filter(state=ConsumptionState.HELD).order_by("id")
    if cycle_id is not None:
        held = held.filter(service_point__route__cycle_id=cycle_id)
    rows = list(held)
    codes = open_codes(consumption_ids=[row.pk for row in rows])
    return [
        HeldConsumption(
            id=row.pk,
            service_point_id=row.service_point_id,
            start_date=row.start_date,
            end_date=row.end_date,
            quantity_milli=row.quantity_milli,
            kind=row.kind,
            codes=codes.get(row.pk, ()),
        )
        for row in rows
    ]


def open_codes(*, consumption_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return the codes of the open findings of consumptions."""
    codes: dict[int, tuple[str, ...]] = {}
    open_findings = Finding.objects.filter(consumption_id__in=consumption_ids, state=FindingState.OPEN)
    for consumption_id, code in open_findings.order_by("severity", "code").values_list("consumption_id", "code"):
        codes[consumption_id] = (*codes.get(consumption_id, ()), code)
    return codes


def list_findings(*, consumption_id: int) -> list[Finding]:
    """Return the findings of a consumption, blocking ones first."""
    return list(Finding.objects.filter(consumption_id=consumption_id).order_by("severity", "code"))


def list_consumptions(
    *, service_point_ids: Sequence[int], from_date: datetime.date, until_date: datetime.date | None = None
) -> dict[int, list[ConsumptionCard]]:
    """Return the live consumptions of points that end after a day (and up to another), oldest first."""
    rows = (
        Consumption.objects.exclude(state=ConsumptionState.SUPERSEDED)
        .filter(service_point_id__in=service_point_ids, end_date__gt=from_date)
        .order_by("service_point_id", "start_date")
    )
    if until_date is not None:
        rows = rows.filter(end_date__lte=until_date)
    found = list(rows)
    reading_ids = {row.previous_reading_id for row in found} | {row.current_reading_id for row in found}
    shown = dict(Reading.objects.filter(id__in=reading_ids - {None}).values_list("id", "value_milli"))
    stretches = list_stretches(found)
    cards: dict[int, list[ConsumptionCard]] = {point_id: [] for point_id in service_point_ids}
    for row in found:
        cards[row.service_point_id].append(
            ConsumptionCard(
                id=row.pk,
                start_date=row.start_date,
                end_date=row.end_date,
                quantity_milli=row.quantity_milli,
                kind=row.kind,
                state=row.state,
                previous_milli=shown.get(row.previous_reading_id),
                current_milli=shown.get(row.current_reading_id),
                stretches=stretches.get(row.pk, ()),
            )
        )
    return cards


def list_stretches(consumptions: Iterable[Consumption]) -> dict[int, tuple[StretchCard, ...]]:
    """Return by id the parts of those consumptions that have more than one, in the order in which they counted."""
    parts = {row.pk: (row.detail or {}).get("stretches", ()) for row in consumptions}
    several = {consumption_id: told for consumption_id, told in parts.items() if len(told) > 1}
    dials = Register.objects.select_related("meter").in_bulk(
        {part["register_id"] for told in several.values() for part in told}
    )
    return {
        consumption_id: tuple(
            StretchCard(
                **{name: part[name] for name in ("register_id", "opening_milli", "closing_milli", "is_removed")},
                meter_id=dials[part["register_id"]].meter_id,
                serial=dials[part["register_id"]].meter.serial,
                channel=dials[part["register_id"]].channel,
                quantity_milli=part["quantity_milli"],
            )
            for part in told
        )
        for consumption_id, told in several.items()
    }


def list_installations(
    *, service_point_ids: Sequence[int] = (), meter_ids: Sequence[int] = ()
) -> list[InstallationCard]:
    """Return the installations of points or of meters, newest first."""
    rows = Installation.objects.select_related("meter").order_by("-valid_during", "-id")
    rows = rows.filter(meter_id__in=meter_ids) if meter_ids else rows.filter(service_point_id__in=service_point_ids)
    return [
        InstallationCard(
            meter_id=row.meter_id,
            serial=row.meter.serial,
            make=row.meter.make,
            size=row.meter.size,
            service_point_id=row.service_point_id,
            from_date=row.valid_during.lower,
            until_date=row.valid_during.upper,
            initial_milli=row.initial_milli,
            final_milli=row.final_milli,
            evidence=row.evidence,
        )
        for row in rows
    ]


def list_readings(*, register_ids: Sequence[int], count: int = 24) -> list[ReadingCard]:
    """Return the newest readings of dials, superseded ones included."""
    rows = Reading.objects.filter(register_id__in=register_ids).order_by("-read_date", "-id")[:count]
    return [reading_card(row) for row in rows]


def reading_card(reading: Reading) -> ReadingCard:
    """Return the card of a reading."""
    return ReadingCard(
        id=reading.pk,
        read_date=reading.read_date,
        value_milli=reading.value_milli,
        observation=reading.observation,
        source=reading.source,
        reader=reading.reader,
        is_live=reading.is_live,
        reason=reading.reason,
        recorded_by=reading.recorded_by,
        recorded_at=reading.recorded_at,
    )


def find_registers(*, serials: Sequence[str]) -> dict[tuple[str, str], int]:
    """Return the dials of installed meters by (serial, channel); a serial of several makes is left out."""
    found: dict[tuple[str, str], list[int]] = {}
    rows = Register.objects.filter(
        meter__serial__in=set(serials), meter__installations__valid_during__endswith__isnull=True
    )
    for serial, channel, register_id in rows.values_list("meter__serial", "channel", "id"):
        found.setdefault((serial, channel), []).append(register_id)
    return {name: ids[0] for name, ids in found.items() if len(ids) == 1}


def list_meters(*, actor: Actor) -> QuerySet[Meter]:
    """
    Return the meters with their registers and installations.

    :raises UnableToPermit: if the actor may not see the register.
    """
    actor.require(Permission.REGISTER_VIEW)
    return Meter.objects.prefetch_related("registers", "installations")


def list_live_readings(*, actor: Actor) -> QuerySet[Reading]:
    """
    Return the readings that no other has superseded.

    :raises UnableToPermit: if the actor may not see readings.
    """
    actor.require(Permission.READING_VIEW)
    return Reading.objects.filter(is_live=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class DialCard:
    """A dial at a point with what it was last seen to show; without a reading yet, what it showed when installed."""

    register_id: int
    serial: str
    channel: str
    unit: str
    digits: int
    last_milli: int
    last_date: datetime.date


def list_dials(*, service_point_id: int, on_date: datetime.date) -> list[DialCard]:
    """Return the dials that hang at a point on a day, each with its last reading up to that day."""
    installed = (
        Installation.objects.filter(service_point_id=service_point_id, valid_during__contains=on_date)
        .select_related("meter")
        .first()
    )
    if installed is None:
        return []
    dials = []
    for register in installed.meter.registers.order_by("id"):
        last = (
            Reading.objects.filter(register=register, is_live=True, value_milli__isnull=False, read_date__lte=on_date)
            .order_by("-read_date")
            .first()
        )
        dials.append(
            DialCard(
                register_id=register.pk,
                serial=installed.meter.serial,
                channel=register.channel,
                unit=register.unit,
                digits=register.digits,
                last_milli=installed.initial_milli if last is None else last.value_milli or 0,
                last_date=installed.valid_during.lower if last is None else last.read_date,
            )
        )
    return dials
