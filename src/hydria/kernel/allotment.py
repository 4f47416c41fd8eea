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
