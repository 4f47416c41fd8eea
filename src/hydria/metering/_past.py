"""Turn what points used before into what their spans are judged and estimated by: their own history, and their peers'."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from django.db import connection

Int64Array = npt.NDArray[np.int64]
HISTORY_COUNT = 13
"""Periods looked back on; with monthly reading the same month of last year is the twelfth."""

PEER_DAYS, PEER_COUNT_MIN = 120, 5
YEAR_DAYS = 365

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


def arrange_history(
    *, past: pl.DataFrame, until_date: datetime.date, point_ids: Int64Array, middle_days: Int64Array
) -> History:
    """
    Arrange the past of points by span.

    past         the points' live consumptions, by point, oldest first; only final ones count
    point_ids    int64[n]  the point of each span; two spans of one point (its customer changed) share a history
    middle_days  int64[n]  the middle of each span, days since 1970
    """
    known_ids, index_of_span = np.unique(point_ids, return_inverse=True)
    until_days = (until_date - datetime.date(1970, 1, 1)).days
    of_point, start = past["point_id"].to_numpy(), past["start_days"].to_numpy()
    row = np.searchsorted(known_ids, of_point)
    is_asked = known_ids[np.minimum(row, len(known_ids) - 1)] == of_point if len(known_ids) else row < 0
    chosen = np.flatnonzero(is_asked & (past["is_final"].to_numpy() == 1) & (start < until_days))
    row = row[chosen]
    # Newest first, so each period's place is counted from the end of its point's rows.
    place = np.searchsorted(row, row, side="right") - 1 - np.arange(len(row))
    chosen, row, place = (values[place < HISTORY_COUNT] for values in (chosen, row, place))
    is_measured = past["is_measured"].to_numpy()[chosen] == 1
    start, end = start[chosen], past["end_days"].to_numpy()[chosen]

    def grid(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        cells = np.zeros((len(known_ids), HISTORY_COUNT), dtype=values.dtype)
        cells[row, place] = values
        return cells[index_of_span]

    quantity = np.where(is_measured, past["quantity_milli"].to_numpy()[chosen], 0)
    quantity_milli, days = grid(quantity), grid(np.where(is_measured, end - start, 0))
    year_before = middle_days[:, None] - YEAR_DAYS
    is_last_year = (grid(start) <= year_before) & (year_before < grid(end)) & (days > 0)
    return History(
        quantity_milli=quantity_milli,
        days=days,
        last_year_milli=(quantity_milli * is_last_year).sum(axis=1),
        last_year_days=(days * is_last_year).sum(axis=1),
        zeros_before=_run_length(grid(is_measured & (quantity == 0))),
        estimates_before=_run_length(grid(past["is_estimated"].to_numpy()[chosen] == 1)),
    )


def gather_peers(*, until_date: datetime.date, point_ids: Int64Array) -> Int64Array:
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
                "until_date": until_date,
                "peer_days": PEER_DAYS,
                "peer_count": PEER_COUNT_MIN,
            },
        )
        per_day = {point_id: int(rate) for point_id, rate in cursor.fetchall()}
    return np.array([per_day.get(point_id, 0) for point_id in point_ids.tolist()], dtype=np.int64)


def _run_length(flags: npt.NDArray[np.bool_]) -> Int64Array:
    """Count how many flags are set from the newest on without a break."""
    return np.asarray(np.cumprod(flags, axis=1).sum(axis=1), dtype=np.int64)
