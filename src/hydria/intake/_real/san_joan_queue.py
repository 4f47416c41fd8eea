"""Take San Joan's readings through metering itself, walk by walk, and report what reaches the incident queue."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from django.db import connection

from hydria.intake._real import Oddity
from hydria.metering.operations import compute_consumption
from hydria.platform.access import Actor
from hydria.premises.queries import find_cycle_id

CYCLE = "SAN-JOAN"

_WALKS_SQL = """
SELECT installation.service_point_id, reading.read_date
FROM metering_reading reading JOIN metering_register register ON register.id = reading.register_id
JOIN metering_installation installation ON installation.meter_id = register.meter_id
JOIN premises_servicepoint point ON point.id = installation.service_point_id
JOIN premises_route route ON route.id = point.route_id
WHERE route.cycle_id = %s AND reading.is_live AND NOT EXISTS (SELECT FROM metering_consumption
    WHERE service_point_id = installation.service_point_id AND end_date >= reading.read_date)
ORDER BY reading.read_date, installation.service_point_id
"""
_QUEUE_SQL = """
SELECT point.number, consumption.end_date, finding.code, finding.severity,
    (finding.data->'opening_milli')::bigint / 1000,
    (finding.data->>'closing_milli')::bigint / 1000
FROM metering_finding finding JOIN metering_consumption consumption ON consumption.id = finding.consumption_id
JOIN premises_servicepoint point ON point.id = finding.service_point_id
JOIN premises_route route ON route.id = point.route_id
WHERE route.cycle_id = %s AND finding.state = 'OPEN' ORDER BY point.number, consumption.end_date
"""
# Nobody knows what ran before the first reading: that period starts from the zero that the register was given.
_MEASURED_SQL = """
SELECT coalesce(sum(quantity_milli), 0) / 1000 FROM (
    SELECT consumption.quantity_milli, consumption.kind,
        row_number() OVER (PARTITION BY point.id ORDER BY consumption.start_date) AS place
    FROM metering_consumption consumption JOIN premises_servicepoint point ON point.id = consumption.service_point_id
    JOIN premises_route route ON route.id = point.route_id
    WHERE route.cycle_id = %s AND consumption.state <> 'SUPERSEDED') chain
WHERE place > 1 AND kind = 'MEASURED'
"""


def judge(*, actor: Actor) -> tuple[dict[str, object], dict[str, list[Oddity]]]:
    """Measure every quarter in the order in which it was read; return facts and the incidents that wait for a person."""
    cycle_id = find_cycle_id(code=CYCLE)
    assert cycle_id is not None, "the register has been loaded"
    for until_date, point_ids in _walks(cycle_id):
        compute_consumption(actor=actor, cycle_id=cycle_id, until_date=until_date, service_point_ids=point_ids)
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE_SQL, [cycle_id])
        queue = cursor.fetchall()
        cursor.execute(_MEASURED_SQL, [cycle_id])
        (measured_m3,) = cursor.fetchone()
    incidents: dict[str, list[Oddity]] = {}
    counts: dict[str, int] = {}
    for number, end_date, code, severity, opening, closing in queue:
        counts[code] = counts.get(code, 0) + 1
        if severity == "BLOCK":
            shown = f"{opening} -> {closing}, held for a person"
            incidents.setdefault(f"incident {code}", []).append(Oddity(subject=f"{number}, {end_date}", reason=shown))
    return {"findings": counts, "measured_m3": int(measured_m3)}, incidents


def _walks(cycle_id: int) -> Iterator[tuple[datetime.date, list[int]]]:
    """Yield walks of which each sees a point at most once: their last day, and the points seen."""
    with connection.cursor() as cursor:
        cursor.execute(_WALKS_SQL, [cycle_id])
        days = [(day, [point_id for point_id, _day in rows]) for day, rows in groupby(cursor.fetchall(), itemgetter(1))]
    seen: list[int] = []
    for position, (day, point_ids) in enumerate(days):
        seen += point_ids
        following = days[position + 1][1] if position + 1 < len(days) else seen
        if not set(seen).isdisjoint(following):
            yield day, seen
            seen = []
