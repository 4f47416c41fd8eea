"""
Estimate what was not read, from what was measured and from nothing else (I11).

A history has one row per point and one column per past period, newest first; only measured periods are in it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]


def daily_average(*, history_milli: Int64Array, history_days: Int64Array) -> Int64Array:
    """
    Average each point's measured use per day over its history, in millionths of the unit.

    history_milli  int64[n, k]  measured quantities, 0 where there is no such period
    history_days   int64[n, k]  days of each, 0 where there is no such period
    returns        int64[n]     millionths per day, rounded down; 0 for points without a history
    """
    days = history_days.sum(axis=1)
    return np.where(days > 0, history_milli.sum(axis=1) * 1000 // np.maximum(days, 1), 0)


def estimate(*, per_day_micro: Int64Array, days: Int64Array, step_milli: int = 1000) -> Int64Array:
    """
    Estimate the quantity of some days, rounded down to whole steps so that nobody pays for more than was likely.

    per_day_micro  int64[n]  millionths of the unit per day
    days           int64[n]  days to estimate
    step_milli     the smallest step of the dial, in thousandths
    returns        int64[n]  thousandths of the unit
    """
    return per_day_micro * days // 1000 // step_milli * step_milli


def peer_average(*, per_day_micro: Int64Array, peer_index: Int64Array) -> Int64Array:
    """
    Give each point the average of its peers that have a history; 0 when none has.

    peer_index  int64[n]  number of the group each point belongs to, 0 ..
    """
    counts = per_day_micro > 0
    total = np.bincount(peer_index, weights=np.where(counts, per_day_micro, 0))
    members = np.bincount(peer_index, weights=counts)
    average = np.floor_divide(total, np.maximum(members, 1)).astype(np.int64)
    return np.asarray(average[peer_index])
