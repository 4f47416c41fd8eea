"""
Sort accounts into tenths by what they use.

The edges are worked out once over all accounts, so that every chunk sorts its own alike; who uses the same is in the
same tenth. Source: docs/algorithms/simulation.md.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]
TENTHS = 10
UNMEASURED = 0
"""The place of accounts whose use nobody measures; it is no tenth."""
_DAYS = 30


def monthly_use(*, quantity_milli: Int64Array, days: Int64Array) -> Int64Array:
    """
    Return what each account uses in thirty days.

    quantity_milli  int64[n]  thousandths of the unit over all days, >= 0
    days            int64[n]  > 0
    returns         int64[n]  rounded half up to thousandths

    >>> monthly_use(quantity_milli=np.array([200_000]), days=np.array([365])).tolist()
    [16438]
    """
    return np.asarray((quantity_milli * _DAYS + days // 2) // days)


def edges_of(use_milli: Int64Array) -> Int64Array:
    """
    Return from which use on each tenth but the first begins: int64[9], not falling; zeros where nobody is measured.

    >>> edges_of(np.arange(20) * 1000).tolist()
    [2000, 4000, 6000, 8000, 10000, 12000, 14000, 16000, 18000]
    """
    if not len(use_milli):
        return np.zeros(TENTHS - 1, dtype=np.int64)
    return np.sort(use_milli)[np.arange(1, TENTHS) * len(use_milli) // TENTHS]


def tenth_of(use_milli: Int64Array, *, edges_milli: Int64Array) -> Int64Array:
    """
    Return the tenth of each account, 1 (uses least) to 10 (uses most).

    >>> tenth_of(np.array([0, 1999, 2000, 90_000]), edges_milli=edges_of(np.arange(20) * 1000)).tolist()
    [1, 1, 2, 10]
    """
    return np.asarray(np.searchsorted(edges_milli, use_milli, side="right") + 1, dtype=np.int64)
