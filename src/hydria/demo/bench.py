"""
Measure a month of readings of a town against the floor of this server: recorded, then measured, judged and written.

The town is the demo's, slips of its readers included, with a year of readings and consumptions behind it. The floor is
COPY of exactly the rows that the month produced, then the same indexes and constraints. Method and figures are in
docs/performance.md.
"""

from __future__ import annotations

import datetime
import resource

import numpy as np
import numpy.typing as npt
from django.db import connection

from hydria.billing.bench import Figure, Stopwatch, measure_floor, scratch_database
from hydria.demo import _register
from hydria.demo.domain import habits, town
from hydria.demo.domain.habits import Slip
from hydria.kernel.periods import add_months
from hydria.metering import models as metering
from hydria.metering.operations import (
    NewReadings,
    ReadingSource,
    add_usual_observations,
    compute_consumption,
    record_readings,
)
from hydria.platform.access import SYSTEM
from hydria.platform.bulk import copy_columns, take_ids
from hydria.platform.transactions import acting

Int64Array = npt.NDArray[np.int64]

SEED = 20260101
MONTHS = 12
FIRST_DATE = datetime.date(2025, 1, 1)
LAST_DATE = add_months(FIRST_DATE, MONTHS + 1)
"""The measured month is the thirteenth; it ends on this day."""


def measure(*, points: int) -> list[Figure]:
    """Record and judge a month of a town of so many points, and the floor after it; return all figures."""
    rng = np.random.default_rng(SEED)
    watch = Stopwatch(seconds={})
    with scratch_database():
        cycle_id, readings = live(rng, points=points, first_date=FIRST_DATE, month_count=MONTHS)
        with watch.stage("record"):
            recorded = record_readings(actor=SYSTEM, readings=readings, today=LAST_DATE)
        assert all(row.reading_id for row in recorded), "every reading of the month is acceptable"
        with watch.stage("judge"):
            measured = compute_consumption(actor=SYSTEM, cycle_id=cycle_id, until_date=LAST_DATE)
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        of_month = {"metering_reading": "read_date", "metering_consumption": "end_date"}
        floors = {table: measure_floor({table: f"{column} = '{LAST_DATE}'"})[0] for table, column in of_month.items()}
    return [
        *(
            Figure(
                name=f"{stage}_seconds",
                value=round(watch.seconds[stage], 2),
                unit="s",
                floor=round(floor, 2),
                ratio_to_floor=round(watch.seconds[stage] / floor, 1),
            )
            for stage, floor in zip(watch.seconds, floors.values(), strict=True)
        ),
        Figure(name="readings_per_second", value=round(len(recorded) / sum(watch.seconds.values())), unit="1/s"),
        Figure(name="held", value=measured.held_count, unit="rows"),
        Figure(name="peak_memory", value=round(peak_mib), unit="MiB"),
    ]


def live(
    rng: np.random.Generator, *, points: int, first_date: datetime.date, month_count: int
) -> tuple[int, NewReadings]:
    """Write the town with its months, straight into the tables; return its cycle and the readings of the next."""
    add_usual_observations(actor=SYSTEM)
    last_date = add_months(first_date, month_count + 1)
    plan = town.invent_town(rng=rng, connections=points, first_date=first_date, last_date=last_date)
    with acting(SYSTEM, reason="bench"):
        register = _register.write_register(town=plan)
        metered = np.flatnonzero(plan.is_metered)
        typical_milli = habits.typical_use(rng=rng, town=plan)[metered]
        shown_milli = plan.dial_start_milli[metered]
        reading_ids = None
        for number in range(month_count):
            start_date, end_date = add_months(first_date, number), add_months(first_date, number + 1)
            used_milli = habits.live_a_month(rng=rng, typical_milli=typical_milli, month=start_date.month).used_milli
            shown_milli = shown_milli + used_milli
            reading_ids = _write_a_month(
                point_ids=register.point_ids[metered],
                register_ids=register.register_ids[metered],
                start_date=start_date,
                end_date=end_date,
                used_milli=used_milli,
                shown_milli=shown_milli % _register.CAPACITY_MILLI,
                previous_ids=reading_ids,
            )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    month = habits.live_a_month(rng=rng, typical_milli=typical_milli, month=last_date.month)
    shown_milli = (shown_milli + month.used_milli) % _register.CAPACITY_MILLI
    typed_milli = np.where(month.slip == Slip.TYPED_WRONG, shown_milli * 10 % _register.CAPACITY_MILLI, shown_milli)
    is_hidden = month.slip == Slip.NO_ACCESS
    return register.cycle_id, NewReadings(
        register_ids=register.register_ids[metered].tolist(),
        read_dates=[last_date] * len(metered),
        values_milli=[None if hidden else value for hidden, value in zip(is_hidden, typed_milli.tolist(), strict=True)],
        observations=["SIN_ACCESO" if hidden else "" for hidden in is_hidden],
        source=ReadingSource.FILE,
    )


def _write_a_month(
    *,
    point_ids: Int64Array,
    register_ids: Int64Array,
    start_date: datetime.date,
    end_date: datetime.date,
    used_milli: Int64Array,
    shown_milli: Int64Array,
    previous_ids: Int64Array | None,
) -> Int64Array:
    count = len(point_ids)
    reading_ids = take_ids(metering.Reading, count=count)
    copy_columns(
        metering.Reading,
        {
            "id": reading_ids,
            "register_id": register_ids,
            "read_date": [end_date] * count,
            "value_milli": shown_milli,
            "observation": [""] * count,
            "source": [str(ReadingSource.FILE)] * count,
            "reader": [""] * count,
            "is_live": [True] * count,
            "reason": [""] * count,
            "recorded_by": [SYSTEM.name] * count,
        },
    )
    copy_columns(
        metering.Consumption,
        {
            "service_point_id": point_ids,
            "start_date": [start_date] * count,
            "end_date": [end_date] * count,
            "quantity_milli": used_milli,
            "kind": ["MEASURED"] * count,
            "state": ["FINAL"] * count,
            "previous_reading_id": previous_ids if previous_ids is not None else [None] * count,
            "current_reading_id": reading_ids,
        },
    )
    return reading_ids
