"""How much a discount takes off debts."""

from __future__ import annotations

from hydria.kernel.rounding import Mode, divide

PERCENT_MILLI_MAX = 100_000


def discount_minor(*, open_minor: int, percent_milli: int) -> int:
    """
    Return a percentage of what is open, rounded once, half away from zero.

    open_minor     >= 0, what is open of all chosen debts together
    percent_milli  thousandths of a percent, 0 to 100 000
    Source: docs/algorithms/concessions.md.

    >>> discount_minor(open_minor=12_345, percent_milli=10_000)
    1235
    """
    return int(divide(open_minor * percent_milli, PERCENT_MILLI_MAX, Mode.HALF_UP))
