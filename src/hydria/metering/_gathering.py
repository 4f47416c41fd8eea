"""
Gather what a cycle's points have to be measured by: spans, the stretches of their dials, and their history.

The chain of consumptions of a point has no gap: a span starts where the last live consumption ended, or where the
first meter was installed. It ends at the newest reading up to the day asked for, or on that day when nobody read. A
change of customer on a day that has a reading splits it. How far estimates run ahead of the dials is kept with the last
consumption of the chain (`ahead_milli` of its detail) and carried into the next.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from django.db import connection

from hydria.metering.domain.consumption import UNKNOWN_MILLI
from hydria.platform.bulk import read_columns

Int64Array = npt.NDArray[np.int64]
HISTORY_COUNT = 13
"""Periods looked back on; with monthly reading the same month of last year is the twelfth."""

HISTORY_DAYS = 500
"""... but never further: a year, a long period, and some days to spare."""

PEER_DAYS, PEER_COUNT_MIN = 120, 5
YEAR_DAYS = 365

_STRETCHES = """
WITH point AS (
    SELECT point.id, last.end_date AS last_end_date, coalesce((last.detail->>'ahead_milli')::bigint, 0) AS carried_milli
    FROM premises_servicepoint point JOIN premises_route route ON route.id = point.route_id
    LEFT JOIN LATERAL (SELECT end_date, detail FROM metering_consumption
        WHERE service_point_id = point.id AND state <> 'SUPERSEDED' ORDER BY start_date DESC LIMIT 1) last ON true
    WHERE point.is_metered AND {points}
), chain AS (
    SELECT point.id, coalesce(point.last_end_date, first.day) AS start_date, point.carried_milli
    FROM point LEFT JOIN LATERAL (SELECT min(lower(valid_during)) AS day FROM metering_installation
        WHERE service_point_id = point.id AND point.last_end_date IS NULL) first ON true
    WHERE coalesce(point.last_end_date, first.day) < %(until_date)s
), dial AS (
    SELECT chain.id AS point_id, chain.start_date AS chain_start, chain.carried_milli,
        register.id AS register_id, register.digits, register.multiplier, installation.initial_milli,
        installation.final_milli, lower(installation.valid_during) AS installed_date,
        upper(installation.valid_during) AS removed_date
    FROM chain
    JOIN metering_installation installation ON installation.service_point_id = chain.id
        AND installation.valid_during && daterange(chain.start_date, %(until_date)s, '[]')
    JOIN metering_register register ON register.meter_id = installation.meter_id AND register.channel = 'MAIN'
), edge AS (
    SELECT dial.point_id, dial.chain_start, coalesce(max(reading.read_date), %(until_date)s) AS day
    FROM dial LEFT JOIN metering_reading reading ON reading.register_id = dial.register_id AND reading.is_live
        AND reading.value_milli IS NOT NULL AND reading.read_date > dial.chain_start
        AND reading.read_date <= %(until_date)s AND reading.read_date > dial.installed_date
        AND dial.removed_date IS NULL
    GROUP BY dial.point_id, dial.chain_start
    UNION
    SELECT dial.point_id, dial.chain_start, reading.read_date
    FROM dial JOIN metering_reading reading ON reading.register_id = dial.register_id AND reading.is_live
        AND reading.value_milli IS NOT NULL AND reading.read_date > dial.chain_start
        AND reading.read_date < %(until_date)s
    WHERE EXISTS (SELECT FROM agreements_serviceagreement agreement
        WHERE agreement.service_point_id = dial.point_id AND lower(agreement.valid_during) = reading.read_date)
), span AS (
    SELECT point_id, coalesce(lag(day) OVER (PARTITION BY point_id ORDER BY day), chain_start) AS start_date,
        day AS end_date
    FROM edge
)
SELECT span.point_id, span.start_date, span.end_date, dial.register_id, dial.digits, dial.multiplier,
    dial.installed_date > span.start_date OR opening.id IS NULL AS is_new_dial,
    dial.removed_date IS NOT NULL AND dial.removed_date <= span.end_date AS is_removed,
    opening.id AS opening_id, coalesce(opening.value_milli, dial.initial_milli) AS opening_milli,
    closing.id AS closing_id,
    CASE WHEN dial.removed_date <= span.end_date THEN dial.final_milli ELSE closing.value_milli END AS closing_milli,
    dial.carried_milli
FROM span
JOIN dial ON dial.point_id = span.point_id AND dial.installed_date < span.end_date
    AND (dial.removed_date IS NULL OR dial.removed_date > span.start_date)
LEFT JOIN LATERAL (SELECT id, value_milli, read_date FROM metering_reading
    WHERE register_id = dial.register_id AND is_live AND value_milli IS NOT NULL
        AND read_date <= span.start_date AND read_date >= dial.installed_date
    ORDER BY read_date DESC LIMIT 1) opening ON true
LEFT JOIN LATERAL (SELECT id, value_milli FROM metering_reading
    WHERE register_id = dial.register_id AND is_live AND value_milli IS NOT NULL
        AND read_date = span.end_date AND (dial.removed_date IS NULL OR dial.removed_date > span.end_date)
    LIMIT 1) closing ON true
ORDER BY span.point_id, span.start_date, dial.installed_date
"""

_STRETCH_SCHEMA = {
    "point_id": pl.Int64,
    "start_date": pl.Date,
    "end_date": pl.Date,
    "register_id": pl.Int64,
    "digits": pl.Int64,
    "multiplier": pl.Int64,
    "is_new_dial": pl.Boolean,
    "is_removed": pl.Boolean,
    "opening_id": pl.Int64,
    "opening_milli": pl.Int64,
    "closing_id": pl.Int64,
    "closing_milli": pl.Int64,
    "carried_milli": pl.Int64,
}

_HISTORY = """
SELECT consumption.service_point_id, consumption.start_date - '1970-01-01', consumption.end_date - '1970-01-01',
    coalesce(consumption.quantity_milli, 0), (consumption.kind = 'ESTIMATED')::int,
    -- A period that settles an estimate has the estimate in it, so it is no history (I11).
    (consumption.kind = 'MEASURED' AND coalesce((consumption.detail->>'carried_milli')::bigint, 0) = 0)::int
FROM metering_consumption consumption
JOIN premises_servicepoint point ON point.id = consumption.service_point_id
JOIN premises_route route ON route.id = point.route_id
WHERE {points} AND consumption.state = 'FINAL' AND consumption.start_date >= %(history_from)s
    AND consumption.start_date < %(until_date)s
"""

_HISTORY_SCHEMA = {
    "point_id": pl.Int64,
    "start_days": pl.Int64,
    "end_days": pl.Int64,
    "quantity_milli": pl.Int64,
    "is_estimated": pl.Int64,
    "is_measured": pl.Int64,
}

_PEERS = """
WITH chosen AS (
    SELECT service_point_id, min(category_id) AS category_id, sum(unit_count) AS unit_count FROM premises_pointunits
    WHERE service_point_id = ANY(%(point_ids)s) AND valid_during @> %(until_date)s::date GROUP BY service_point_id
), peer AS (
    SELECT units.category_id, percentile_disc(0.5) WITHIN GROUP (
        ORDER BY consumption.quantity_milli * 1000 / (consumption.end_date - consumption.start_date) / units.unit_count
    ) AS per_day_micro
    FROM metering_consumption consumption
    JOIN premises_pointunits units ON units.service_point_id = consumption.service_point_id
        AND units.valid_during @> consumption.start_date
    WHERE units.category_id IN (SELECT category_id FROM chosen) AND consumption.state = 'FINAL'
        AND consumption.kind = 'MEASURED' AND consumption.quantity_milli > 0
        AND consumption.end_date > %(until_date)s::date - %(peer_days)s AND consumption.end_date <= %(until_date)s
    GROUP BY units.category_id HAVING count(*) >= %(peer_count)s
)
SELECT chosen.service_point_id, peer.per_day_micro * chosen.unit_count FROM chosen JOIN peer USING (category_id)
"""

_CYCLE_POINTS = "route.cycle_id = %(cycle_id)s"
_CHOSEN_POINTS = "point.id = ANY(%(point_ids)s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which points to gather: those of a cycle, or chosen ones, up to a day."""

    until_date: datetime.date
    cycle_id: int | None = None
    point_ids: tuple[int, ...] = ()

    @property
    def parameters(self) -> dict[str, object]:
        """Return the parameters of the statements."""
        chosen: dict[str, object] = (
            {"point_ids": list(self.point_ids)} if self.point_ids else {"cycle_id": self.cycle_id}
        )
        return {
            "until_date": self.until_date,
            "history_from": self.until_date - datetime.timedelta(days=HISTORY_DAYS),
            **chosen,
        }

    def restrict(self, statement: str) -> str:
        """Return the statement for these points."""
        return statement.replace("{points}", _CHOSEN_POINTS if self.point_ids else _CYCLE_POINTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """
    Hold the stretches as they were read, ordered by span, and each span's place.

    stretches       frame[s]
    span_index      int64[s]  which span each stretch belongs to
    first_index     int64[n]  first stretch of each span
    last_index      int64[n]  last stretch of each span
    place_in_point  int64[n]  0 for the first span of a point, 1 for the one that follows it ...
    """

    stretches: pl.DataFrame
    span_index: Int64Array
    first_index: Int64Array
    last_index: Int64Array
    place_in_point: Int64Array

    @property
    def span_count(self) -> int:
        """Count the spans."""
        return len(self.first_index)

    def spans_in_order(self) -> Iterator[Int64Array]:
        """Yield the first spans of all points, then the second ones, and so on."""
        for place in range(int(self.place_in_point.max(initial=-1)) + 1):
            yield np.flatnonzero(self.place_in_point == place)

    def column(self, name: str) -> Int64Array:
        """Return a column of the stretches; what is missing is `UNKNOWN_MILLI`."""
        return self.stretches[name].fill_null(UNKNOWN_MILLI).to_numpy()

    def of_first(self, name: str) -> pl.Series:
        """Return the value that each span's first stretch has."""
        return self.stretches[name].gather(self.first_index)

    def of_last(self, name: str) -> pl.Series:
        """Return the value that each span's last stretch has."""
        return self.stretches[name].gather(self.last_index)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """
    Hold what points used before, newest first; one row per span.

    quantity_milli, days            int64[n, k]  of measured periods, 0 elsewhere
    last_year_milli, last_year_days int64[n]     of the measured period a year before the span, 0 when there is none
    zeros_before                    int64[n]     zeros directly before now
    estimates_before                int64[n]     estimates directly before now
    """

    quantity_milli: Int64Array
    days: Int64Array
    last_year_milli: Int64Array
    last_year_days: Int64Array
    zeros_before: Int64Array
    estimates_before: Int64Array


def gather_stretches(*, scope: Scope) -> Gathered:
    """Return the stretches of all spans that end up to the day and have no consumption yet."""
    stretches = read_columns(scope.restrict(_STRETCHES), scope.parameters, schema=_STRETCH_SCHEMA)
    key = stretches["point_id"].to_numpy() * 100_000 + stretches["start_date"].to_physical().to_numpy()
    is_first = np.append(True, key[1:] != key[:-1])[: len(key)]
    first_index = np.flatnonzero(is_first)
    point_ids = stretches["point_id"].to_numpy()[first_index]
    starts_point = np.append(True, point_ids[1:] != point_ids[:-1])[: len(point_ids)]
    spans = np.arange(len(point_ids))
    return Gathered(
        stretches=stretches,
        span_index=np.cumsum(is_first) - 1,
        first_index=first_index,
        last_index=np.append(first_index[1:], len(key))[: len(first_index)] - 1,
        place_in_point=spans - np.maximum.accumulate(np.where(starts_point, spans, 0)),
    )


def gather_history(*, scope: Scope, point_ids: Int64Array, middle_days: Int64Array) -> History:
    """
    Return the history of points, one row per span.

    point_ids    int64[n]  the point of each span; two spans of one point (its customer changed) share a history
    middle_days  int64[n]  the middle of each span, days since 1970
    """
    frame = read_columns(scope.restrict(_HISTORY), scope.parameters, schema=_HISTORY_SCHEMA)
    known_ids, index_of_span = np.unique(point_ids, return_inverse=True)
    frame = frame.filter(pl.col("point_id").is_in(known_ids)).sort("point_id", "start_days", descending=[False, True])
    frame = frame.with_columns(place=pl.int_range(pl.len()).over("point_id")).filter(pl.col("place") < HISTORY_COUNT)
    row, place = np.searchsorted(known_ids, frame["point_id"].to_numpy()), frame["place"].to_numpy()
    is_measured = frame["is_measured"].to_numpy() == 1
    start, end = frame["start_days"].to_numpy(), frame["end_days"].to_numpy()

    def grid(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        cells = np.zeros((len(known_ids), HISTORY_COUNT), dtype=values.dtype)
        cells[row, place] = values
        return cells[index_of_span]

    quantity = np.where(is_measured, frame["quantity_milli"].to_numpy(), 0)
    quantity_milli, days = grid(quantity), grid(np.where(is_measured, end - start, 0))
    year_before = middle_days[:, None] - YEAR_DAYS
    is_last_year = (grid(start) <= year_before) & (year_before < grid(end)) & (days > 0)
    return History(
        quantity_milli=quantity_milli,
        days=days,
        last_year_milli=(quantity_milli * is_last_year).sum(axis=1),
        last_year_days=(days * is_last_year).sum(axis=1),
        zeros_before=_run_length(grid(is_measured & (quantity == 0))),
        estimates_before=_run_length(grid(frame["is_estimated"].to_numpy() == 1)),
    )


def gather_peers(*, scope: Scope, point_ids: Int64Array) -> Int64Array:
    """
    Return what points of the same category used lately, for as many units: the median per day, in millionths.

    point_ids  int64[n]
    returns    int64[n]  0 where fewer than `PEER_COUNT_MIN` peers were measured
    """
    if not len(point_ids):
        return np.zeros(0, dtype=np.int64)
    with connection.cursor() as cursor:
        cursor.execute(
            _PEERS,
            {
                "point_ids": point_ids.tolist(),
                "until_date": scope.until_date,
                "peer_days": PEER_DAYS,
                "peer_count": PEER_COUNT_MIN,
            },
        )
        per_day = {point_id: int(rate) for point_id, rate in cursor.fetchall()}
    return np.array([per_day.get(point_id, 0) for point_id in point_ids.tolist()], dtype=np.int64)


def _run_length(flags: npt.NDArray[np.bool_]) -> Int64Array:
    """Count how many flags are set from the newest on without a break."""
    return np.asarray(np.cumprod(flags, axis=1).sum(axis=1), dtype=np.int64)
