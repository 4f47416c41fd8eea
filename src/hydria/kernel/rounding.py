"""
Round exact numbers once, in one stated way.

A `Rounding` is a step (0.01, 0.05, 10) and a mode. It works on plain integers and on integer arrays alike;
`kernel.exact` applies it to exact columns. Nothing here knows floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

IntegerColumn = int | NDArray[Any]


class Mode(StrEnum):
    """Say where a number between two steps goes; both `HALF` modes take the nearer step."""

    HALF_UP = "half_up"  # ties away from zero, as people and tax offices round
    HALF_EVEN = "half_even"  # ties to the even step
    UP = "up"  # away from zero
    DOWN = "down"  # towards zero
    FLOOR = "floor"
    CEILING = "ceiling"


@dataclass(frozen=True, slots=True)
class Rounding:
    """
    Name a step and what happens between two steps.

    >>> Rounding.to_places(2), Rounding(Fraction(5), Mode.DOWN).places
    (Rounding(step=Fraction(1, 100), mode=<Mode.HALF_UP: 'half_up'>), 0)
    """

    step: Fraction
    mode: Mode = Mode.HALF_UP

    @classmethod
    def to_places(cls, places: int, mode: Mode = Mode.HALF_UP) -> Rounding:
        """Return the rounding to a number of decimal places; -3 means thousands."""
        return cls(Fraction(10) ** -places, mode)

    @property
    def places(self) -> int:
        """Return how many decimals are needed to write a multiple of the step."""
        return _places_of(self.step)

    def apply(self, number: Fraction) -> Fraction:
        """
        Round one number.

        >>> Rounding.to_places(2).apply(Fraction("-0.125")), Rounding(Fraction("0.05")).apply(Fraction("1.025"))
        (Fraction(-13, 100), Fraction(21, 20))
        """
        steps = number / self.step
        return int(divide(steps.numerator, steps.denominator, self.mode)) * self.step


@lru_cache(maxsize=256)
def _places_of(step: Fraction) -> int:
    return next(places for places in range(40) if (step * 10**places).denominator == 1)


def divide(numerators: IntegerColumn, divisors: IntegerColumn, mode: Mode) -> IntegerColumn:
    """
    Divide integers and round each quotient to a whole number.

    numerators  int, or int64[n], or object[n] of ints
    divisors    the same, each > 0; the caller guarantees that numerators + divisors fit the dtype
    returns     whole numbers of the wider shape

    >>> [int(divide(n, 10, Mode.HALF_UP)) for n in (-25, -15, 14, 15, 25)]
    [-3, -2, 1, 2, 3]
    >>> [int(divide(n, 10, Mode.HALF_EVEN)) for n in (-25, -15, 14, 15, 25)]
    [-2, -2, 1, 2, 2]
    """
    if mode is Mode.FLOOR:
        return numerators // divisors
    if mode is Mode.CEILING:
        return -(-numerators // divisors)
    if mode is Mode.HALF_EVEN:
        floors = numerators // divisors
        rests = numerators - floors * divisors
        # A tie needs an even divisor, so "more than half" and "exactly half" are told apart without doubling.
        above = rests > divisors // 2
        tie = (rests == divisors // 2) & (divisors % 2 == 0)
        return floors + (above | (tie & (floors % 2 == 1)))
    sizes: Any = abs(numerators)
    signs = np.sign(numerators) if isinstance(numerators, np.ndarray) else (numerators > 0) - (numerators < 0)
    if mode is Mode.HALF_UP:
        sizes += divisors // 2
    elif mode is Mode.UP:
        sizes += divisors - 1
    quotients: IntegerColumn = signs * (sizes // divisors)
    return quotients
