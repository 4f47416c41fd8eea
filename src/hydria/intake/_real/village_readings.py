"""Measure the village's months from its readings, decide as its desk would, and say where its bills say otherwise."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import polars as pl
from django.db import connection

from hydria.intake._real import Oddity, read_columns
from hydria.metering.operations import (
    Decision,
    NewReadings,
    ReadingSource,
    compute_consumption,
    correct_reading,
    decide,
    record_readings,
)
from hydria.platform.access import Actor

SCHEME = "ph-village"

_DIALS_SQL = """
SELECT alias.value, register.id, installation.service_point_id, lower(installation.valid_during)
FROM platform_externalalias alias JOIN metering_register register ON register.meter_id = alias.object_id
JOIN metering_installation installation ON installation.meter_id = register.meter_id
WHERE alias.scheme = %s AND alias.object_kind = 'metering.meter'
"""
_MONTH_SQL = """
SELECT point.number, consumption.id, consumption.state, consumption.quantity_milli, reading.value_milli,
    (SELECT jsonb_object_agg(code, data) FROM metering_finding WHERE consumption_id = consumption.id AND state = 'OPEN')
FROM metering_consumption consumption JOIN premises_servicepoint point ON point.id = consumption.service_point_id
LEFT JOIN metering_reading reading ON reading.id = consumption.previous_reading_id
WHERE consumption.end_date = %s AND consumption.state <> 'SUPERSEDED'
    AND consumption.service_point_id IN (SELECT service_point_id FROM agreements_serviceagreement)
"""


def record_openings(*, actor: Actor, folder: Path, today: datetime.date) -> None:
    """Record what each dial showed when it was taken over: where its first reading starts from."""
    first = _readings(folder).unique("meter_no", keep="first", maintain_order=True)
    dials = _dials()
    rows = [(*dials[row["meter_no"]], row["previous"]) for row in first.iter_rows(named=True)]
    record_readings(
        actor=actor,
        readings=NewReadings(
            register_ids=[register_id for register_id, _point, _date, _shown in rows],
            read_dates=[taken_over for _register, _point, taken_over, _shown in rows],
            values_milli=[shown * 1000 for _register, _point, _date, shown in rows],
            observations=[""] * len(rows),
            source=ReadingSource.MIGRATION,
        ),
        today=today,
    )


def measure_month(
    *,
    actor: Actor,
    folder: Path,
    cycle_id: int,
    bill_date: datetime.date,
    billed_m3: dict[str, int],
    now: datetime.datetime,
) -> list[Oddity]:
    """
    Measure the meters that were read on a day, and decide on what is held: a slip of the pen is mended as the desk
    proposes, and what the source billed likewise is accepted. Return every bill whose quantity is not ours, and why.

    billed_m3  what the source billed, by meter
    """
    dials = _dials()
    of_day = _readings(folder).filter(pl.col("reading_date") == bill_date.isoformat())
    points = [dials[number][1] for number in of_day["meter_no"].unique()]
    compute_consumption(actor=actor, cycle_id=cycle_id, until_date=bill_date, service_point_ids=points)
    for number, consumption_id, state, quantity_milli, _opening, findings in _month(bill_date):
        if state != "HELD":
            continue
        if "typing_slip" in findings:
            likely_milli = findings["typing_slip"]["likely_milli"]
            correct_reading(
                actor=actor, consumption_id=consumption_id, value_milli=likely_milli, reason="A digit too many",
                decided_at=now,
            )  # fmt: skip
        elif quantity_milli == billed_m3.get(number, -1) * 1000:
            reason = "The source billed the same"
            decide(
                actor=actor, consumption_ids=[consumption_id], decision=Decision.ACCEPTED, reason=reason, decided_at=now
            )
    return _differences(of_day, bill_date=bill_date, billed_m3=billed_m3)


def _differences(of_day: pl.DataFrame, *, bill_date: datetime.date, billed_m3: dict[str, int]) -> list[Oddity]:
    ours = {row[0]: row[2:] for row in _month(bill_date)}
    typed = {row["meter_no"]: row for row in of_day.iter_rows(named=True)}
    twice = set(of_day.filter(pl.col("meter_no").is_duplicated())["meter_no"])
    differing = []
    for number, m3 in sorted(billed_m3.items()):
        state, quantity_milli, opening_milli, findings = ours.get(number, ("", None, None, None))
        if state == "FINAL" and quantity_milli == m3 * 1000:
            continue
        measured = "nothing" if quantity_milli is None else f"{quantity_milli // 1000} m3"
        why = _why(typed.get(number), m3=m3, opening_milli=opening_milli, is_twice=number in twice)
        held = f" (held: {', '.join(sorted(findings))})" if state == "HELD" else ""
        differing.append(
            Oddity(subject=f"{number}, {bill_date}", reason=f"{m3} m3 billed and {measured} measured{held}: {why}")
        )
    return differing


def _why(row: dict[str, int] | None, *, m3: int, opening_milli: int | None, is_twice: bool) -> str:
    """Say which slip of the source makes a bill differ from its readings."""
    if row is None:
        return "the meter was not read that day; the bill repeats an older reading"
    difference = row["current"] - row["previous"]
    told = f"{row['previous']} -> {row['current']}"
    if is_twice:
        return "two readings of the day under one meter number; the first one counts"
    if opening_milli is not None and opening_milli != row["previous"] * 1000:
        return f"the source goes {told} although the dial showed {opening_milli // 1000} before"
    if m3 != row["consumption"]:
        return f"the bill says {m3} m3 and its own reading {row['consumption']} m3"
    if difference != m3:
        return f"{m3} m3 was typed and {told} is {difference} m3"
    return f"{told} has not been decided on"


def _readings(folder: Path) -> pl.DataFrame:
    readings = read_columns(folder / "readings.csv.gz")
    return readings.with_columns(pl.col("reading_id", "previous", "current", "consumption").cast(pl.Int64)).sort(
        "reading_date", "reading_id"
    )


def _dials() -> dict[str, tuple[int, int, datetime.date]]:
    """Return by meter number the dial, its point, and the day since which it hangs there."""
    with connection.cursor() as cursor:
        cursor.execute(_DIALS_SQL, [SCHEME])
        return {number: (register_id, point_id, day) for number, register_id, point_id, day in cursor.fetchall()}


def _month(bill_date: datetime.date) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(_MONTH_SQL, [bill_date])
        return [(*row, json.loads(findings or "{}")) for *row, findings in cursor.fetchall()]
