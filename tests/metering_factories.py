"""Stories that the tests of metering share: a village whose dials are read, judged and decided on."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.db.backends.postgresql.psycopg_any import DateRange

from hydria.kernel.periods import add_months
from hydria.metering import operations
from hydria.metering.models import Consumption, ConsumptionState, Installation, Meter, Register
from hydria.metering.operations import NewReadings, ReadingSource, RecordedRow
from hydria.platform.access import SYSTEM
from hydria.premises import models as premises
from hydria.premises.operations import register_premise, register_service_point

FIRST_DAY = datetime.date(2025, 1, 1)
TODAY = datetime.date(2026, 12, 31)
NOW = datetime.datetime(2026, 12, 31, 8, 0, tzinfo=datetime.UTC)


def village() -> premises.BillingCycle:
    """Set up a cycle with a route, what points are described by, and what readers may note."""
    operations.add_usual_observations(actor=SYSTEM)
    plain = operations.NewObservation(code="NOT_READ", names={"en": "Not read"}, effect="ESTIMATE")
    operations.set_observation(actor=SYSTEM, observation=plain, reason="a walk in vain, and nothing more")
    premises.Service.objects.get_or_create(code="WATER", defaults={"name": "Water"})
    premises.Category.objects.get_or_create(code="household", defaults={"name": "Household"})
    zone = premises.Zone.objects.create(code="Z", name="Zone")
    sector = premises.Sector.objects.create(code="S", name="Sector", zone=zone)
    cycle = premises.BillingCycle.objects.create(code="C1", name="Village")
    premises.Route.objects.create(code="R1", name="Route", sector=sector, cycle=cycle)
    return cycle


def dial(number: int = 1, *, digits: int = 5, initial_m3: int = 0) -> Register:
    """Register a place and hang a meter there on the first day."""
    premise = register_premise(actor=SYSTEM, address=f"Calle Real {number}", on_date=FIRST_DAY)
    point = register_service_point(
        actor=SYSTEM,
        premise_id=premise.pk,
        service_code="WATER",
        route_code="R1",
        is_metered=True,
        is_disconnectable=True,
        category_code="household",
        unit_count=1,
        on_date=FIRST_DAY,
    )
    meter = Meter.objects.create(serial=f"M{number}")
    Installation.objects.create(
        meter=meter, service_point=point, valid_during=DateRange(FIRST_DAY, None), initial_milli=initial_m3 * 1000
    )
    return Register.objects.create(meter=meter, digits=digits)


def point_of(register: Register) -> int:
    return register.meter.installations.get().service_point_id


def read(register: Register, day: datetime.date, shown_m3: int | None, *, observation: str = "") -> RecordedRow:
    """Record one reading; None is a walk in vain."""
    readings = NewReadings(
        register_ids=[register.pk],
        read_dates=[day],
        values_milli=[None if shown_m3 is None else shown_m3 * 1000],
        observations=[observation or ("NOT_READ" if shown_m3 is None else "")],
        source=ReadingSource.DESK,
    )
    return operations.record_readings(actor=SYSTEM, readings=readings, today=TODAY)[0]


def live_through(cycle: premises.BillingCycle, register: Register, shown_m3: Sequence[int | None]) -> None:
    """Read a dial on the first of each month from February 2025 on, and compute after each walk."""
    for month, shown in enumerate(shown_m3, start=1):
        day = add_months(FIRST_DAY, month)
        read(register, day, shown)
        operations.compute_consumption(actor=SYSTEM, cycle_id=cycle.pk, until_date=day)


def consumptions(register: Register, point_id: int | None = None) -> list[Consumption]:
    """Return the live consumptions of the dial's point, oldest first."""
    rows = Consumption.objects.filter(service_point_id=point_id or point_of(register))
    return list(rows.exclude(state=ConsumptionState.SUPERSEDED).order_by("start_date"))


def told(consumption: Consumption) -> tuple[int | None, str, str, list[str]]:
    """Spell a consumption as (m3, kind, state, finding codes)."""
    milli = consumption.quantity_milli
    codes = sorted(consumption.findings.values_list("code", flat=True))
    return (None if milli is None else milli // 1000), consumption.kind, consumption.state, codes
