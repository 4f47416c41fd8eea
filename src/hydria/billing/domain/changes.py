"""Explain why one bill differs from the one before, in parts that add up to the whole difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Name what can change a bill, in the order in which the parts are worked out."""

    QUANTITY = "quantity"
    DAYS = "days"
    PRICES = "prices"
    CIRCUMSTANCES = "circumstances"
    OTHER_SERVICES = "other_services"
    FEES = "fees"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One part of a difference."""

    cause: Cause
    amount_minor: int


def parts_of_change(*, totals_minor: Sequence[int]) -> list[Change]:
    """
    Return what each step from the earlier bill to the present one adds, steps that add nothing left out.

    totals_minor  the earlier total, then with the present quantity, then also the present number of days, then also
                  the present prices, and last the present total

    >>> [str(part.cause) for part in parts_of_change(totals_minor=[100, 160, 160, 150, 150])]
    ['quantity', 'prices']
    """
    causes = (Cause.QUANTITY, Cause.DAYS, Cause.PRICES, Cause.CIRCUMSTANCES)
    steps = zip(causes, totals_minor, totals_minor[1:], strict=False)
    return [Change(cause=cause, amount_minor=after - before) for cause, before, after in steps if after != before]
