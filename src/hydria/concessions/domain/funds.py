"""
How a fund stands, and whom it still pays for.

A fund has a budget for some days. What confirmed invoices and discounts took is used, what drafts would take is
committed, and the rest is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

WARN_PERCENT = 80


class FundState(StrEnum):
    """Say whether somebody has to look after a fund."""

    ACTIVE = "ACTIVE"
    NEAR = "NEAR"  # 80 % or more is used or committed
    EXHAUSTED = "EXHAUSTED"  # nothing is left, or no budget covers the day


@dataclass(frozen=True, slots=True, kw_only=True)
class FundStanding:
    """
    Hold the figures of one budget.

    used_minor       what confirmed invoices and discounts took, less what was given back
    committed_minor  what drafts that are not confirmed would take
    """

    budget_minor: int
    used_minor: int = 0
    committed_minor: int = 0

    @property
    def left_minor(self) -> int:
        """Return what can still be given; negative when the budget was lowered meanwhile."""
        return self.budget_minor - self.used_minor - self.committed_minor

    @property
    def taken_percent(self) -> int:
        """
        Return how much of the budget is used or committed, in whole percent, rounded down.

        >>> FundStanding(budget_minor=3000, used_minor=2000, committed_minor=500).taken_percent
        83
        """
        return 100 * (self.used_minor + self.committed_minor) // self.budget_minor if self.budget_minor else 100

    @property
    def state(self) -> FundState:
        """
        Return the state, warned of from 80 percent on.

        >>> [str(FundStanding(budget_minor=1000, used_minor=used).state) for used in (799, 800, 1000)]
        ['ACTIVE', 'NEAR', 'EXHAUSTED']
        """
        if self.left_minor <= 0:
            return FundState.EXHAUSTED
        return FundState.NEAR if self.taken_percent >= WARN_PERCENT else FundState.ACTIVE


def beyond(*, wanted_minor: Int64Array, left_minor: int) -> BoolArray:
    """
    Tell which accounts a fund cannot pay for any more.

    wanted_minor  int64[n]  what each account would take, in the order in which they are served
    returns       bool[n]   true from the first account on that what is left does not cover; nobody behind it is served
                            in its place, so that the outcome does not depend on the amounts of those behind

    An account that wants nothing is never beyond. Source: docs/algorithms/concessions.md.

    >>> beyond(wanted_minor=np.array([400, 700, 100, 0]), left_minor=1000).tolist()
    [False, True, True, False]
    """
    return (np.cumsum(wanted_minor) > left_minor) & (wanted_minor > 0)
