"""
Say what a point usually uses, robustly: one leak or one empty holiday month must not move it.

A history has one row per point and one column per past period, newest first. Only periods measured from one real
reading to the next are in it; an estimate, or a period that settled one, has 0 days (I11).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]

_BEYOND_ALL = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """
    What points usually use.

    per_day_micro  int64[n]  median of the daily use of the periods, millionths of the unit; 0 without a history
    spread_micro   int64[n]  median distance of the periods from that median
    period_count   int64[n]  periods in the history
    """

    per_day_micro: Int64Array
    spread_micro: Int64Array
    period_count: Int64Array


def find_usual(*, history_milli: Int64Array, history_days: Int64Array) -> Usual:
    """
    Find the median daily use of each point and how far its periods lie from it.

    history_milli  int64[n, k]  measured quantities, 0 where there is no such period
    history_days   int64[n, k]  days of each, 0 where there is no such period

    Source: MET-06, docs/algorithms/vee.md.
    """
    is_known = history_days > 0
    rates = history_milli * 1000 // np.maximum(history_days, 1)
    per_day_micro = _median(rates, is_known)
    return Usual(
        per_day_micro=per_day_micro,
        spread_micro=_median(np.abs(rates - per_day_micro[:, None]), is_known),
        period_count=is_known.sum(axis=1),
    )


def _median(values: Int64Array, is_known: npt.NDArray[np.bool_]) -> Int64Array:
    """Return the median of the known values of each row, rounded down; 0 for a row without any."""
    rows = np.arange(len(values))
    ordered = np.sort(np.where(is_known, values, _BEYOND_ALL), axis=1)
    count = is_known.sum(axis=1)
    lower, upper = np.maximum(count - 1, 0) // 2, count // 2
    # The upper of an odd number of values, and of none, would point beyond the known ones.
    upper = np.where(count % 2 == 0, np.minimum(upper, np.maximum(count - 1, 0)), lower)
    low, high = ordered[rows, lower], ordered[rows, upper]
    return np.where(count > 0, low + (high - low) // 2, 0)
