"""
Count what agreements used before a period: the average of some months, the same month last year, the year so far.

A past period belongs to the month of its last day. Estimated and adjusted quantities count as billed.

Source: docs/algorithms/history.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hydria.kernel.rounding import Mode, divide
from hydria.tariffs.domain.history import Count, History

Int64Array = npt.NDArray[np.int64]
DateArray = npt.NDArray[np.datetime64]
MONTHS_BACK = 24
"""No history reaches further back from the days that are billed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastUse:
    """
    Hold past periods of many agreements, in any order.

    rows            int64[m]           the row of the agreement that used it
    starts, ends    datetime64[D][m]   half-open
    quantity_milli  int64[m]
    """

    rows: Int64Array
    starts: DateArray
    ends: DateArray
    quantity_milli: Int64Array


def count_history(
    history: History, past: PastUse, *, starts: DateArray, ends: DateArray
) -> tuple[Int64Array, npt.NDArray[np.bool_]]:
    """
    Count a history for each row.

    starts, ends  datetime64[D][n]  the days that are being billed; only what ended before them counts

    returns  int64[n] thousandths of the unit, the average rounded half up, and bool[n]: something was there to count
    """
    month = _months(past.ends - 1)
    this_month, first_month = _months(ends - 1)[past.rows], _months(starts)[past.rows]
    is_past = past.ends <= starts[past.rows]
    if history.count is Count.LAST_YEAR:
        counts = month == this_month - 12
    elif history.count is Count.AVERAGE:
        counts = np.isin(month % 12 + 1, history.months) & (month >= first_month - 12)
    else:
        year_start = first_month - (first_month - (history.months[0] - 1)) % 12
        counts = _months(past.starts) >= year_start
    counts &= is_past
    number = np.bincount(past.rows[counts], minlength=len(starts)).astype(np.int64)
    total_milli = np.zeros(len(starts), dtype=np.int64)
    np.add.at(total_milli, past.rows[counts], past.quantity_milli[counts])
    if history.count is Count.AVERAGE:
        return np.asarray(divide(total_milli, np.maximum(number, 1), Mode.HALF_UP)), number > 0
    return total_milli, (number > 0) | (history.count is Count.SINCE)


def _months(days: DateArray) -> Int64Array:
    """Return months counted from January 1970."""
    return days.astype("datetime64[M]").astype(np.int64)
