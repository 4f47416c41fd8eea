"""Write amounts and rounding rules as text, the same in every explanation, answer and document."""

from __future__ import annotations

from fractions import Fraction

from hydria.kernel.rounding import Rounding
from hydria.tariffs.domain.form import number_text


def rounding_text(rounding: Rounding | None) -> str:
    """
    Name a rounding.

    >>> rounding_text(Rounding.to_places(2)), rounding_text(None)
    ('0.01 half_up', 'none')
    """
    return "none" if rounding is None else f"{number_text(rounding.step)} {rounding.mode}"


def to_text(number: Fraction, places: int) -> str:
    """
    Write an amount with a fixed number of decimals; one that has more keeps them.

    >>> to_text(Fraction(-1, 2), 2), to_text(Fraction(5, 1000), 2)
    ('-0.50', '0.005')
    """
    text = number_text(number)
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(places, '0')}" if places > 0 and "/" not in text else text
