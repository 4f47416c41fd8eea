"""Reads for whoever walks or types in a route: its points in order, what their dials showed, a meter's life."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery

from hydria.kernel.issues import Severity
from hydria.metering import queries
from hydria.metering._gathering import Scope
from hydria.metering._judging import judge_spans
from hydria.metering.domain.validation import SEVERITY_OF
from hydria.metering.models import MAIN, Installation, Meter, Reading, Register
from hydria.metering.queries import InstallationCard, ReadingCard
from hydria.platform.access import Actor, Permission
from hydria.premises import queries as premises

POINTS_PER_SHEET = 40
READINGS_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DialCard:
    """
    A dial on a reading sheet, with what it showed before and, when it was read already, on the day itself.

    channel  "" for the main dial of its meter, the name of a further one
    """

    register_id: int
    channel: str
    sequence: int
    point_number: str
    address: str
    serial: str
    digits: int
    previous_milli: int | None
    previous_date: datetime.date | None
    value_milli: int | None
    observation: str
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCard:
    """One page of a route's reading sheet; the sequences lead to the pages around it."""

    route_id: int
    route_code: str
    route_name: str
    read_date: datetime.date
    dials: tuple[DialCard, ...]
    point_count: int
    read_count: int
    from_sequence: int
    next_sequence: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterCard:
    """One dial of a meter."""

    channel: str
    unit: str
    digits: int
    multiplier: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCard:
    """A meter's time at a point, with where that is."""

    point_number: str
    address: str
    installation: InstallationCard


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterCard:
    """A meter's whole life: what it is, where it was, what it showed."""

    meter_id: int
    serial: str
    make: str
    model: str
    size: str
    manufactured_date: datetime.date | None
    registers: tuple[RegisterCard, ...]
    places: tuple[PlacedCard, ...]
    readings: tuple[ReadingCard, ...]
    service_point_id: int | None


def list_routes(*, actor: Actor) -> QuerySet[Any]:
    """
    Return the routes with `meter_count`, how many meters are read on each.

    :raises UnableToPermit: if the actor may not see readings.
    """
    actor.require(Permission.READING_VIEW)
    installed = Q(service_points__installations__valid_during__endswith__isnull=True) & Q(
        service_points__installations__isnull=False
    )
    return premises.list_routes().annotate(meter_count=Count("service_points", filter=installed))


def get_sheet(*, actor: Actor, route_id: int, read_date: datetime.date, from_sequence: int = 0) -> SheetCard:
    """
    Return a page of a route's reading sheet for a day.

    :raises UnableToPermit: if the actor may not see readings.
    :raises Route.DoesNotExist: if there is no such route.
    """
    actor.require(Permission.READING_VIEW)
    route = premises.list_routes().get(id=route_id)
    dials = _dials_of(route_id=route_id, read_date=read_date)
    page = list(dials.filter(sequence__gte=from_sequence)[: POINTS_PER_SHEET + 1])
    more, page = page[POINTS_PER_SHEET:], page[:POINTS_PER_SHEET]
    counts = dials.aggregate(all=Count("pk"), read=Count("read_id"))
    return SheetCard(
        route_id=route.pk,
        route_code=route.code,
        route_name=route.name,
        read_date=read_date,
        dials=tuple(_dial_card(register) for register in page),
        point_count=counts["all"],
        read_count=counts["read"],
        from_sequence=from_sequence,
        next_sequence=more[0].sequence if more else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """A finding that computing would raise about a reading as it stands."""

    code: str
    is_blocking: bool
    data: Mapping[str, object]


def foresee_findings(
    *, actor: Actor, register_ids: Sequence[int], until_date: datetime.date
) -> dict[int, tuple[Foreseen, ...]]:
    """
    Return by dial what will be odd about the period that ends on a day, the blocking findings first.

    Nothing is written: the period is measured and judged exactly as computing does it, so whoever types a reading in
    learns at once what will become of it.

    :raises UnableToPermit: if the actor may not see readings.
    """
    actor.require(Permission.READING_VIEW)
    installed = Installation.objects.filter(meter__registers__in=register_ids, valid_during__contains=until_date)
    point_of = dict(installed.values_list("meter__registers", "service_point_id"))
    if not point_of:
        return {}
    scope = Scope(point_ids=tuple(set(point_of.values())), until_date=until_date)
    judgement = judge_spans(scope=scope, rules=queries.get_rules())
    point_ids, end_dates = judgement.gathered.of_first("point_id"), judgement.gathered.of_first("end_date")
    found: dict[int, list[Foreseen]] = {}
    for code, mask in judgement.findings.items():
        for span in mask.nonzero()[0].tolist():
            if end_dates[span] == until_date:
                is_blocking = SEVERITY_OF[code] is Severity.BLOCK
                foreseen = Foreseen(code=str(code), is_blocking=is_blocking, data=judgement.data_of(span, code))
                found.setdefault(point_ids[span], []).append(foreseen)
    return {
        register_id: tuple(sorted(found.get(point_id, ()), key=lambda foreseen: not foreseen.is_blocking))
        for register_id, point_id in point_of.items()
    }


def access_meter(*, actor: Actor, meter_id: int) -> MeterCard:
    """
    Return a meter with its installations and its newest readings.

    :raises UnableToPermit: if the actor may not see readings.
    :raises Meter.DoesNotExist: if there is no such meter.
    """
    actor.require(Permission.READING_VIEW)
    meter = Meter.objects.prefetch_related("registers").get(id=meter_id)
    registers = list(meter.registers.all())
    installations = queries.list_installations(meter_ids=[meter_id])
    places = {
        point_id: (number, address)
        for point_id, number, address in Installation.objects.filter(meter=meter).values_list(
            "service_point_id", "service_point__number", "service_point__premise__address"
        )
    }
    return MeterCard(
        meter_id=meter.pk,
        serial=meter.serial,
        make=meter.make,
        model=meter.model,
        size=meter.size,
        manufactured_date=meter.manufactured_date,
        registers=tuple(
            RegisterCard(
                channel=register.channel,
                unit=register.unit.replace("m3", "m³"),
                digits=register.digits,
                multiplier=register.multiplier,
            )
            for register in registers
        ),
        places=tuple(
            PlacedCard(
                point_number=places[card.service_point_id][0],
                address=places[card.service_point_id][1],
                installation=card,
            )
            for card in installations
        ),
        readings=tuple(
            queries.list_readings(register_ids=[register.pk for register in registers], count=READINGS_SHOWN)
        ),
        service_point_id=next((card.service_point_id for card in installations if card.until_date is None), None),
    )


def _dials_of(*, route_id: int, read_date: datetime.date) -> QuerySet[Any]:
    """Return the dials installed on a route on a day, in walking order, each with its readings around the day."""
    live = Reading.objects.filter(register_id=OuterRef("pk"), is_live=True)
    before = live.filter(read_date__lt=read_date, value_milli__isnull=False).order_by("-read_date")
    of_day = live.filter(read_date=read_date)
    installation = "meter__installations"
    return (
        Register.objects.filter(
            **{
                f"{installation}__service_point__route_id": route_id,
                f"{installation}__valid_during__contains": read_date,
            }
        )
        .select_related("meter")
        .annotate(
            sequence=F(f"{installation}__service_point__route_sequence"),
            point_number=F(f"{installation}__service_point__number"),
            address=F(f"{installation}__service_point__premise__address"),
            previous_milli=Subquery(before.values("value_milli")[:1]),
            previous_date=Subquery(before.values("read_date")[:1]),
            read_id=Subquery(of_day.values("id")[:1], output_field=IntegerField()),
            day_milli=Subquery(of_day.values("value_milli")[:1]),
            day_observation=Subquery(of_day.values("observation")[:1]),
        )
        .order_by("sequence", "meter_id", "id")
    )


def _dial_card(register: Any) -> DialCard:
    return DialCard(
        register_id=register.pk,
        channel="" if register.channel == MAIN else register.channel,
        sequence=register.sequence,
        point_number=register.point_number,
        address=register.address,
        serial=register.meter.serial,
        digits=register.digits,
        previous_milli=register.previous_milli,
        previous_date=register.previous_date,
        value_milli=register.day_milli,
        observation=register.day_observation or "",
        is_read=register.read_id is not None,
    )
