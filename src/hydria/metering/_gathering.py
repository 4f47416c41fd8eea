"""
Gather what a cycle's points have to be measured by: spans, the stretches of their dials, and their history.

The chain of consumptions of a point has no gap: a span starts where the last live consumption ended, or where the
first meter was installed. It ends at the newest reading up to the day asked for, or on that day when nobody read. A
change of customer on a day that has a reading splits it.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from hydria.metering.domain.consumption import UNKNOWN_MILLI
from hydria.platform.bulk import read_columns

Int64Array = npt.NDArray[np.int64]
HISTORY_COUNT = 12

_STRETCHES = """
WITH point AS (
    SELECT point.id, point.number, route.id AS route_id, last.end_date AS last_end_date
    FROM premises_servicepoint point JOIN premises_route route ON route.id = point.route_id
    LEFT JOIN LATERAL (SELECT end_date FROM metering_consumption
        WHERE service_point_id = point.id AND state <> 'SUPERSEDED' ORDER BY start_date DESC LIMIT 1) last ON true
    WHERE point.is_metered AND {points}
), chain AS (
    SELECT point.id, coalesce(point.last_end_date, first.day) AS start_date
    FROM point JOIN LATERAL (SELECT min(lower(valid_during)) AS day FROM metering_installation
        WHERE service_point_id = point.id) first ON first.day IS NOT NULL
    WHERE coalesce(point.last_end_date, first.day) < %(until_date)s
), dial AS (
    SELECT chain.id AS point_id, chain.start_date AS chain_start, installation.id AS installation_id,
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
    coalesce(carried.quantity_milli, 0) AS carried_milli
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
LEFT JOIN LATERAL (SELECT sum(quantity_milli)::bigint AS quantity_milli FROM metering_consumption
    WHERE service_point_id = span.point_id AND state <> 'SUPERSEDED' AND kind IN ('ESTIMATED', 'ASSUMED')
        AND start_date >= greatest(coalesce(opening.read_date, dial.installed_date), dial.installed_date)
        AND end_date <= span.start_date) carried ON true
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
SELECT service_point_id, place, kind, quantity_milli, days FROM (
    SELECT consumption.service_point_id, consumption.kind, coalesce(consumption.quantity_milli, 0) AS quantity_milli,
        consumption.end_date - consumption.start_date AS days,
        row_number() OVER (PARTITION BY consumption.service_point_id ORDER BY consumption.start_date DESC) AS place
    FROM metering_consumption consumption
    JOIN premises_servicepoint point ON point.id = consumption.service_point_id
    JOIN premises_route route ON route.id = point.route_id
    WHERE {points} AND consumption.state = 'FINAL' AND consumption.start_date >= %(history_from)s
) recent WHERE place <= %(history_count)s
"""

_HISTORY_SCHEMA = {
    "point_id": pl.Int64,
    "place": pl.Int64,
    "kind": pl.String,
    "quantity_milli": pl.Int64,
    "days": pl.Int64,
}

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
            "history_from": self.until_date - datetime.timedelta(days=800),
            "history_count": HISTORY_COUNT,
            **chosen,
        }

    def restrict(self, statement: str) -> str:
        """Return the statement for these points."""
        return statement.replace("{points}", _CHOSEN_POINTS if self.point_ids else _CYCLE_POINTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """
    Hold the stretches as they were read, ordered by span, and each span's place.

    stretches     frame[s]
    span_index    int64[s]  which span each stretch belongs to
    first_index   int64[n]  first stretch of each span
    last_index    int64[n]  last stretch of each span
    """

    stretches: pl.DataFrame
    span_index: Int64Array
    first_index: Int64Array
    last_index: Int64Array

    @property
    def span_count(self) -> int:
        """Count the spans."""
        return len(self.first_index)

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
    Hold what points used before, newest first; rows as in the order of `point_ids`.

    quantity_milli, days    int64[n, k]  of measured periods, 0 elsewhere
    zeros_before            int64[n]     zeros directly before now
    estimates_before        int64[n]     estimates directly before now
    """

    quantity_milli: Int64Array
    days: Int64Array
    zeros_before: Int64Array
    estimates_before: Int64Array


def gather_stretches(*, scope: Scope) -> Gathered:
    """Return the stretches of all spans that end up to the day and have no consumption yet."""
    stretches = read_columns(scope.restrict(_STRETCHES), scope.parameters, schema=_STRETCH_SCHEMA)
    key = stretches["point_id"].to_numpy() * 100_000 + stretches["start_date"].to_physical().to_numpy()
    is_first = np.append(True, key[1:] != key[:-1])[: len(key)]
    first_index = np.flatnonzero(is_first)
    return Gathered(
        stretches=stretches,
        span_index=np.cumsum(is_first) - 1,
        first_index=first_index,
        last_index=np.append(first_index[1:], len(key))[: len(first_index)] - 1,
    )


def gather_history(*, scope: Scope, point_ids: Int64Array) -> History:
    """Return the history of the points, aligned with `point_ids`."""
    frame = read_columns(scope.restrict(_HISTORY), scope.parameters, schema=_HISTORY_SCHEMA)
    shape = (len(point_ids), HISTORY_COUNT)
    quantity_milli, days = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    is_zero, is_estimate = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    known_ids, first_rows = np.unique(point_ids, return_index=True)
    row = np.searchsorted(known_ids, frame["point_id"].to_numpy())
    is_known = (row < len(known_ids)) & (known_ids[np.minimum(row, len(known_ids) - 1)] == frame["point_id"].to_numpy())
    row, place = first_rows[row[is_known]], frame["place"].to_numpy()[is_known] - 1
    measured = (frame["kind"] == "MEASURED").to_numpy()[is_known]
    quantity = frame["quantity_milli"].to_numpy()[is_known]
    quantity_milli[row, place] = np.where(measured, quantity, 0)
    days[row, place] = np.where(measured, frame["days"].to_numpy()[is_known], 0)
    is_zero[row, place] = measured & (quantity == 0)
    is_estimate[row, place] = (frame["kind"] == "ESTIMATED").to_numpy()[is_known]
    # A point with two spans (its customer changed) has one history for both.
    source = first_rows[np.searchsorted(known_ids, point_ids)]
    return History(
        quantity_milli=quantity_milli[source],
        days=days[source],
        zeros_before=_run_length(is_zero)[source],
        estimates_before=_run_length(is_estimate)[source],
    )


def _run_length(flags: npt.NDArray[np.bool_]) -> Int64Array:
    """Count how many flags are set from the newest on without a break."""
    return np.asarray(np.cumprod(flags, axis=1).sum(axis=1), dtype=np.int64)
