"""
Estimate what was not read, from what was measured and from nothing else (I11).

A history has one row per point and one column per past period, newest first; only measured periods are in it. Each
method gives a daily use, 0 where it has nothing to go by; the policy's order says which one is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]


class Method(StrEnum):
    """Name what an estimate goes by."""

    OWN_AVERAGE = "OWN_AVERAGE"
    SAME_PERIOD_LAST_YEAR = "SAME_PERIOD_LAST_YEAR"
    PEERS = "PEERS"
    FIXED = "FIXED"


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimationPolicy:
    """
    How a company estimates.

    methods              tried in this order; the first that has something to go by is taken
    own_periods_max      how many of the newest measured periods the own average looks at
    fixed_per_day_milli  the fixed method's daily use, thousandths of the unit; 0 when the company has none
    step_milli           estimates are whole multiples of this, rounded down so that nobody pays for more than likely
    """

    methods: tuple[Method, ...] = (Method.OWN_AVERAGE, Method.SAME_PERIOD_LAST_YEAR, Method.PEERS, Method.FIXED)
    own_periods_max: int = 6
    fixed_per_day_milli: int = 0
    step_milli: int = 1000


DEFAULT_ESTIMATION = EstimationPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """
    Hold what was estimated.

    quantity_milli  int64[n]  0 where nothing could be estimated
    method_index    int64[n]  position in the policy's `methods`, -1 where none had anything to go by
    """

    quantity_milli: Int64Array
    method_index: Int64Array


def average_per_day(*, history_milli: Int64Array, history_days: Int64Array, periods_max: int) -> Int64Array:
    """
    Average each point's measured use per day over its newest measured periods.

    history_milli  int64[n, k]  measured quantities, 0 where there is no such period
    history_days   int64[n, k]  days of each, 0 where there is no such period
    periods_max    how many of the measured periods to look at, from the newest back
    returns        int64[n]     millionths of the unit per day, rounded down; 0 for points without a history
    """
    is_known = history_days > 0
    is_used = is_known & (np.cumsum(is_known, axis=1) <= periods_max)
    return per_day(quantity_milli=(history_milli * is_used).sum(axis=1), days=(history_days * is_used).sum(axis=1))


def per_day(*, quantity_milli: Int64Array, days: Int64Array) -> Int64Array:
    """
    Spread quantities over their days.

    returns  int64[n]  millionths of the unit per day, rounded down; 0 where there are no days
    """
    return np.where(days > 0, quantity_milli * 1000 // np.maximum(days, 1), 0)


def estimate(*, per_day_micro: Mapping[Method, Int64Array], days: Int64Array, policy: EstimationPolicy) -> Estimates:
    """
    Estimate the quantity of some days by the first method that has something to go by.

    per_day_micro  int64[n] for each method that was looked at, millionths of the unit per day, 0 where unknown
    days           int64[n]  days to estimate

    Source: MET-08, docs/algorithms/vee.md.
    """
    fixed = np.full(len(days), policy.fixed_per_day_milli * 1000, dtype=np.int64)
    nothing = np.zeros(len(days), dtype=np.int64)
    rates = [fixed if method is Method.FIXED else per_day_micro.get(method, nothing) for method in policy.methods]
    known = [rate > 0 for rate in rates]
    rate = np.select(known, rates, default=0)
    return Estimates(
        quantity_milli=rate * days // 1000 // policy.step_milli * policy.step_milli,
        method_index=np.select(known, list(range(len(rates))), default=-1).astype(np.int64),
    )
