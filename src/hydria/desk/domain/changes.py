"""Say why an invoice differs from the one before: more days, more water, or other prices."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """The one cause that explains most of a difference."""

    FIRST = "first"
    SAME = "same"
    DAYS = "days"
    QUANTITY = "quantity"
    PRICE = "price"
    CORRECTED_ESTIMATE = "corrected_estimate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What an invoice billed, as far as a comparison needs it."""

    total_minor: int
    quantity_milli: int
    days: int
    is_estimated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The cause of a difference, with the difference itself and the daily use before and now."""

    cause: Cause
    difference_minor: int = 0
    quantity_difference_milli: int = 0
    days_difference: int = 0


def explain_change(*, previous: Bill | None, current: Bill, tolerance_percent: int = 2) -> Change:
    """
    Name what explains most of the difference between two invoices.

    tolerance_percent  a total that moved less than this is called the same

    The daily use decides between days and water: an invoice over more days at the same daily use is longer, not
    thirstier. What neither explains is the price.

    >>> march = Bill(total_minor=10_000, quantity_milli=10_000, days=30, is_estimated=False)
    >>> april = Bill(total_minor=15_000, quantity_milli=15_000, days=30, is_estimated=False)
    >>> explain_change(previous=march, current=april).cause
    <Cause.QUANTITY: 'quantity'>
    """
    if previous is None:
        return Change(cause=Cause.FIRST)
    difference_minor = current.total_minor - previous.total_minor
    quantity_difference_milli = current.quantity_milli - previous.quantity_milli
    return Change(
        cause=_cause(previous, current, tolerance_percent),
        difference_minor=difference_minor,
        quantity_difference_milli=quantity_difference_milli,
        days_difference=current.days - previous.days,
    )


def _cause(previous: Bill, current: Bill, tolerance_percent: int) -> Cause:
    difference_minor = current.total_minor - previous.total_minor
    if abs(difference_minor) * 100 <= abs(previous.total_minor) * tolerance_percent:
        return Cause.SAME
    more = difference_minor > 0
    if previous.is_estimated and not current.is_estimated and current.quantity_milli != previous.quantity_milli:
        return Cause.CORRECTED_ESTIMATE
    is_quantity = _moved(
        current.quantity_milli - previous.quantity_milli, previous.quantity_milli, tolerance_percent, more
    )
    if not is_quantity:
        return Cause.PRICE
    # Compare daily use without dividing: q1/d1 against q0/d0.
    daily_difference = current.quantity_milli * previous.days - previous.quantity_milli * current.days
    if not _moved(daily_difference, previous.quantity_milli * current.days, tolerance_percent, more):
        return Cause.DAYS
    return Cause.QUANTITY


def _moved(difference: int, base: int, tolerance_percent: int, upwards: bool) -> bool:
    """Tell whether a figure moved by more than the tolerance, and the way the total did."""
    return (difference > 0) == upwards and abs(difference) * 100 > abs(base) * tolerance_percent
