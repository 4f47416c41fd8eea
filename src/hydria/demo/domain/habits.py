"""Invent how the town uses water, how its meters are read, and how it pays."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from hydria.demo.domain.town import HOUSEHOLD, INDUSTRY, PUBLIC, SHOP, Town

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

# Warm months use more; one factor in percent for each calendar month.
SEASON_PERCENT = np.array([92, 94, 98, 101, 105, 110, 114, 113, 106, 100, 94, 92])
TYPICAL_M3 = {HOUSEHOLD: 17.0, SHOP: 34.0, INDUSTRY: 420.0, PUBLIC: 95.0}


class Slip(IntEnum):
    """What goes wrong at a reading."""

    NONE = 0
    NO_ACCESS = 1
    TYPED_WRONG = 2
    LEAK = 3
    STOPPED = 4


SLIPS_PER_TEN_THOUSAND = {Slip.NO_ACCESS: 120, Slip.TYPED_WRONG: 25, Slip.LEAK: 50, Slip.STOPPED: 60}


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What one month's walk brings: true use and what went wrong, one value per point."""

    used_milli: Int64Array
    slip: Int64Array


def typical_use(*, rng: np.random.Generator, town: Town) -> Int64Array:
    """Draw each point's own typical month, litres; it stays with the point."""
    median = np.select([town.category == code for code in TYPICAL_M3], list(TYPICAL_M3.values()))
    per_unit = median * rng.lognormal(0.0, 0.45, town.point_count)
    return (per_unit * town.unit_count * 1000).astype(np.int64)


def live_a_month(*, rng: np.random.Generator, typical_milli: Int64Array, month: int) -> Month:
    """
    Draw one month of use and the slips of its reading.

    month  1..12
    """
    count = len(typical_milli)
    factor = SEASON_PERCENT[month - 1] / 100 * rng.lognormal(0.0, 0.12, count)
    used_milli = (typical_milli * factor).astype(np.int64) // 1000 * 1000
    draw = rng.integers(0, 10_000, count)
    slip = np.zeros(count, dtype=np.int64)
    start = 0
    for kind, share in SLIPS_PER_TEN_THOUSAND.items():
        slip[(draw >= start) & (draw < start + share)] = kind
        start += share
    used_milli = np.where(slip == Slip.LEAK, used_milli * 6, used_milli)
    used_milli = np.where(slip == Slip.STOPPED, 0, used_milli)
    return Month(used_milli=used_milli, slip=slip)


def choose_payers(*, rng: np.random.Generator, account_ids: Int64Array, months_ago: int) -> BoolArray:
    """Say who pays this month's invoices: nine in ten at first, and a hard core that never does."""
    never = account_ids % 40 == 0
    late = account_ids % 17 == 0
    pays = rng.integers(0, 100, len(account_ids)) < 94
    return np.asarray(pays & ~never & ~(late & (months_ago <= 2)))
