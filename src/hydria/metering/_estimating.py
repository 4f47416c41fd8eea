"""Expect and estimate: what the spans' points usually use, and what to put where nobody read; one path for all doors."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from hydria.metering._past import History, arrange_history, gather_peers
from hydria.metering.domain import estimation
from hydria.metering.domain.estimation import Estimates, Method
from hydria.metering.domain.history import Usual, find_usual
from hydria.metering.domain.policy import Policy

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """
    What the spans can be judged and estimated by.

    usual_milli   int64[n]  what the history makes of the span's days, 0 without a history
    spread_milli  int64[n]  how far the history's periods usually lie from that
    peers_milli   int64[n]  what peers use in such a span; looked up only for points without enough history
    """

    history: History
    usual: Usual
    usual_milli: Int64Array
    spread_milli: Int64Array
    peers_milli: Int64Array
    estimates: Estimates


def expect(
    *,
    past: pl.DataFrame,
    until_date: datetime.date,
    point_ids: Int64Array,
    start_days: Int64Array,
    end_days: Int64Array,
    policy: Policy,
) -> Expected:
    """
    Work out what spans can be expected to come to.

    past                  what the points used before, as `gather_past` returns it
    until_date            the day up to which it counts
    point_ids             int64[n]
    start_days, end_days  int64[n]  the span, days since 1970, half-open
    """
    days = end_days - start_days
    history = arrange_history(
        past=past, until_date=until_date, point_ids=point_ids, middle_days=(start_days + end_days) // 2
    )
    usual = find_usual(history_milli=history.quantity_milli, history_days=history.days)
    peers_micro = np.zeros(len(point_ids), dtype=np.int64)
    is_young = usual.period_count < policy.history_periods_min
    peers_micro[is_young] = gather_peers(until_date=until_date, point_ids=point_ids[is_young])
    per_day_micro = {
        Method.OWN_AVERAGE: estimation.average_per_day(
            history_milli=history.quantity_milli,
            history_days=history.days,
            periods_max=policy.estimation.own_periods_max,
        ),
        Method.SAME_PERIOD_LAST_YEAR: estimation.per_day(
            quantity_milli=history.last_year_milli, days=history.last_year_days
        ),
        Method.PEERS: peers_micro,
    }
    return Expected(
        history=history,
        usual=usual,
        usual_milli=usual.per_day_micro * days // 1000,
        spread_milli=usual.spread_micro * days // 1000,
        peers_milli=peers_micro * days // 1000,
        estimates=estimation.estimate(per_day_micro=per_day_micro, days=days, policy=policy.estimation),
    )
