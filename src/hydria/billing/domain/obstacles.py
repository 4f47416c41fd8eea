"""
Find what stands between an agreement and its invoice, for a whole batch at once.

An obstacle either excludes the agreement with a reason that somebody gave, or parks it with whoever has to do
something about it. The agreements without an obstacle are billed; nobody waits for anybody (BIL-03).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


class Owner(StrEnum):
    """Name the desk that a parked agreement waits for."""

    REGISTER = "register"
    READINGS = "readings"
    TARIFFS = "tariffs"
    BILLING = "billing"
    CONCESSIONS = "concessions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Describe one way not to be billed; no owner means that the agreement is excluded for good in this run."""

    code: str
    owner: Owner | None


EXCLUDED = Obstacle(code="exclusion_in_force", owner=None)
ALREADY_BILLED = Obstacle(code="already_billed", owner=None)
TERMS_MISSING = Obstacle(code="terms_missing", owner=Owner.REGISTER)
HOLDER_MISSING = Obstacle(code="holder_missing", owner=Owner.REGISTER)
TARIFF_UNPUBLISHED = Obstacle(code="tariff_unpublished", owner=Owner.TARIFFS)
CONSUMPTION_MISSING = Obstacle(code="consumption_missing", owner=Owner.READINGS)
CONSUMPTION_HELD = Obstacle(code="consumption_held", owner=Owner.READINGS)
CONSUMPTIONS_SEVERAL = Obstacle(code="consumptions_several", owner=Owner.READINGS)
INPUT_MISSING = Obstacle(code="input_missing", owner=Owner.REGISTER)
TARIFF_FAULT = Obstacle(code="tariff_fault", owner=Owner.TARIFFS)
AMOUNT_OUT_OF_LINE = Obstacle(code="amount_out_of_line", owner=Owner.BILLING)
CONCESSION_LOST = Obstacle(code="concession_lost", owner=Owner.CONCESSIONS)
FUND_EXHAUSTED = Obstacle(code="fund_exhausted", owner=Owner.CONCESSIONS)

OBSTACLES = {
    obstacle.code: obstacle
    for obstacle in (
        EXCLUDED,
        ALREADY_BILLED,
        TERMS_MISSING,
        HOLDER_MISSING,
        TARIFF_UNPUBLISHED,
        CONSUMPTION_MISSING,
        CONSUMPTION_HELD,
        CONSUMPTIONS_SEVERAL,
        INPUT_MISSING,
        TARIFF_FAULT,
        AMOUNT_OUT_OF_LINE,
        CONCESSION_LOST,
        FUND_EXHAUSTED,
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """
    Hold what the register says about each agreement due; every column has one value per agreement.

    consumption_count  int64[n]  live consumptions that end inside the days to bill
    """

    is_excluded: BoolArray
    is_billed: BoolArray
    has_terms: BoolArray
    has_holder: BoolArray
    has_published_tariff: BoolArray
    is_metered: BoolArray
    consumption_count: Int64Array
    is_consumption_final: BoolArray


def find_obstacles(circumstances: Circumstances) -> list[Obstacle | None]:
    """
    Return the first obstacle of each agreement, or None where it can be priced.

    The order is that of the checks below: a reason given by a person comes first, then whoever can clear the way
    for the next check.
    """
    given = circumstances
    metered = given.is_metered
    checks: Sequence[tuple[BoolArray, Obstacle]] = (
        (given.is_excluded, EXCLUDED),
        (given.is_billed, ALREADY_BILLED),
        (~given.has_terms, TERMS_MISSING),
        (~given.has_holder, HOLDER_MISSING),
        (~given.has_published_tariff, TARIFF_UNPUBLISHED),
        (metered & (given.consumption_count == 0), CONSUMPTION_MISSING),
        (metered & (given.consumption_count > 1), CONSUMPTIONS_SEVERAL),
        (metered & ~given.is_consumption_final, CONSUMPTION_HELD),
    )
    numbers = np.select([hit for hit, _ in checks], np.arange(len(checks)), default=-1)
    return [None if number < 0 else checks[number][1] for number in numbers.tolist()]


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountPolicy:
    """
    Say when an amount is so far above the agreement's own history that a person looks first.

    factor          times the usual amount per day
    history_count   how many earlier bills make a history
    """

    factor: int = 10
    history_count: int = 3


def out_of_line(
    *,
    total_minor: Int64Array,
    days: Int64Array,
    usual_minor: Int64Array,
    usual_days: Int64Array,
    history_count: Int64Array,
    policy: AmountPolicy,
) -> BoolArray:
    """
    Tell which amounts per day exceed the usual ones by more than the policy's factor.

    total_minor, days          int64[n]  what is to be billed now
    usual_minor, usual_days    int64[n]  sums over the last `history_count` bills of the same agreement

    >>> out_of_line(
    ...     total_minor=np.array([1100, 900]), days=np.array([30, 30]), usual_minor=np.array([300, 300]),
    ...     usual_days=np.array([90, 90]), history_count=np.array([3, 3]), policy=AmountPolicy(),
    ... ).tolist()
    [True, False]
    """
    has_history = (history_count >= policy.history_count) & (usual_minor > 0)
    return has_history & (total_minor * usual_days > policy.factor * usual_minor * days)
