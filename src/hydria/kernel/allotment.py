"""Hand an amount out to claims in their order, losing and inventing nothing."""

from __future__ import annotations

from collections.abc import Sequence


def settle_in_order(*, available: int, open_amounts: Sequence[int]) -> list[int]:
    """
    Hand an available amount out to open amounts in their given order until it is used up.

    >>> settle_in_order(available=150, open_amounts=[100, 80, 20])
    [100, 50, 0]
    """
    assert available >= 0 and all(amount >= 0 for amount in open_amounts)
    settled = []
    for amount in open_amounts:
        part = min(amount, available)
        settled.append(part)
        available -= part
    return settled


def split_evenly(*, amount: int, count: int) -> list[int]:
    """
    Split an amount into parts that differ by one at most, the larger ones first; they sum to the amount.

    A negative amount, such as a rebate, is split as its mirror.

    >>> split_evenly(amount=100_00, count=3)
    [3334, 3333, 3333]
    >>> split_evenly(amount=-7, count=2)
    [-4, -3]
    """
    assert count >= 1
    floor, rest = divmod(abs(amount), count)
    sign = -1 if amount < 0 else 1
    return [sign * (floor + (position < rest)) for position in range(count)]
