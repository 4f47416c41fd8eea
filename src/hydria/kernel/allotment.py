"""Split a whole into parts that sum to it: the one way Hydria divides money or volume between claimants."""

from __future__ import annotations

from collections.abc import Sequence


def allot(*, amount: int, weights: Sequence[int]) -> list[int]:
    """
    Split an amount in proportion to the weights, losing and inventing nothing.

    Every part first gets its share rounded towards zero; the units left over go one each to the parts in their
    given order, so the caller's order is the policy. All weights zero means equal weights.

    amount   any int, in its smallest unit
    weights  n >= 1 ints, each >= 0
    returns  n ints of the sign of `amount`; they sum to `amount`

    >>> allot(amount=100, weights=[1, 1, 1])
    [34, 33, 33]
    >>> allot(amount=-5, weights=[0, 0])
    [-3, -2]
    """
    assert weights and all(weight >= 0 for weight in weights)
    shares = list(weights) if any(weights) else [1] * len(weights)
    total = sum(shares)
    size, sign = abs(amount), -1 if amount < 0 else 1
    parts = [size * share // total for share in shares]
    left = size - sum(parts)
    for index in [i for i, share in enumerate(shares) if share][:left]:
        parts[index] += 1
    return [sign * part for part in parts]


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
