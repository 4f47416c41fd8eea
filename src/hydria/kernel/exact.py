"""
Compute with exact columns of numbers: as quick as int64 where that is proved safe, and never wrong elsewhere.

`Integers` is a column of whole numbers (or one number for all rows) that knows bounds of its values. Each
operation works out the bounds of its result first: inside int64 it runs as one NumPy pass, outside it runs on
Python's unbounded integers, with the same result. `Exact` is a column of fractions made of two such columns.
Nobody has to prove by hand that a product fits. Source: docs/adr/0005-exact-columns.md.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hydria.kernel.rounding import Mode, Rounding, divide

BoolArray = NDArray[np.bool_]
RowArray = NDArray[np.intp] | slice
_LIMIT = 2**62  # one bit of room, so that a sum inside an operation cannot overflow either


@dataclass(frozen=True, slots=True)
class Integers:
    """
    Hold whole numbers with proved bounds: one for all rows (`int`) or one per row (int64 or object array).

    Guarantee: `low <= each value <= high`, and no operation ever overflows.
    """

    values: Any  # int | NDArray[np.int64] | NDArray[np.object_]
    low: int
    high: int

    @classmethod
    def of(cls, values: int | NDArray[Any]) -> Integers:
        """
        Measure the bounds of a number or an array.

        >>> Integers.of(np.array([3, -4])).low
        -4
        """
        if isinstance(values, int):
            return cls(values, values, values)
        if values.size == 0:
            return cls(values.astype(np.int64), 0, 0)
        low, high = int(values.min()), int(values.max())
        return cls(values.astype(np.int64) if _fits(low, high) else values.astype(object), low, high)

    @property
    def is_one_for_all(self) -> bool:
        return isinstance(self.values, int)

    @property
    def is_one(self) -> bool:
        return isinstance(self.values, int) and self.values == 1

    def __add__(self, other: Integers) -> Integers:
        return _operate(operator.add, self, other, lambda a, b: (a.low + b.low, a.high + b.high))

    def __sub__(self, other: Integers) -> Integers:
        return _operate(operator.sub, self, other, lambda a, b: (a.low - b.high, a.high - b.low))

    def __mul__(self, other: Integers) -> Integers:
        if self.is_one:
            return other
        if other.is_one:
            return self
        return _operate(operator.mul, self, other, _product_bounds)

    def __neg__(self) -> Integers:
        return Integers(-self.values, -self.high, -self.low)

    def minimum(self, other: Integers) -> Integers:
        if self.high <= other.low and not self.is_one_for_all:
            return self
        return _operate(_minimum, self, other, lambda a, b: (min(a.low, b.low), min(a.high, b.high)))

    def maximum(self, other: Integers) -> Integers:
        if self.low >= other.high and not self.is_one_for_all:
            return self
        return _operate(_maximum, self, other, lambda a, b: (max(a.low, b.low), max(a.high, b.high)))

    def divided(self, divisors: Integers, mode: Mode) -> Integers:
        """Return the quotients, each rounded to a whole number; divisors are > 0."""
        # The common case has no sign to take off and put back.
        plain = mode is Mode.HALF_UP and self.low >= 0
        divide_all = _divide_half_up if plain else partial(divide, mode=mode)
        quotients = _operate(divide_all, self, divisors, _division_bounds).values
        low, high = min(self.low, 0) // divisors.low - 1, max(self.high, 0) // divisors.low + 1
        return Integers.of(quotients) if isinstance(quotients, int) else Integers(quotients, low, high)

    def take(self, rows: RowArray) -> Integers:
        return self if self.is_one_for_all else Integers(self.values[rows], self.low, self.high)

    def tight(self) -> Integers:
        """Return the same numbers with measured bounds."""
        return self if self.is_one_for_all else Integers.of(self.values)


def _fits(low: int, high: int) -> bool:
    return low > -_LIMIT and high < _LIMIT


def _minimum(a: Any, b: Any) -> Any:
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else np.minimum(a, b)


def _maximum(a: Any, b: Any) -> Any:
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else np.maximum(a, b)


def _divide_half_up(a: Any, b: Any) -> Any:
    return (a + b // 2) // b


def _product_bounds(a: Integers, b: Integers) -> tuple[int, int]:
    corners = (a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high)
    return min(corners), max(corners)


def _division_bounds(a: Integers, b: Integers) -> tuple[int, int]:
    # The sum of both is formed on the way to the quotient, so that is what has to fit.
    return min(a.low, 0) - b.high, max(a.high, 0) + b.high


def _operate(
    operation: Callable[[Any, Any], Any],
    a: Integers,
    b: Integers,
    bounds: Callable[[Integers, Integers], tuple[int, int]],
) -> Integers:
    """Run an operation on int64 where the bounds allow it, else on Python's integers."""
    low, high = bounds(a, b)
    if not _fits(low, high):
        a, b = a.tight(), b.tight()
        low, high = bounds(a, b)
    if _fits(low, high) and _fits(a.low, a.high) and _fits(b.low, b.high):
        return Integers(operation(_small(a.values), _small(b.values)), low, high)
    return Integers.of(operation(_big(a.values), _big(b.values)))


def _small(values: Any) -> Any:
    return values.astype(np.int64) if isinstance(values, np.ndarray) and values.dtype == object else values


def _big(values: Any) -> Any:
    return values if isinstance(values, int) else values.astype(object)


@dataclass(frozen=True, slots=True)
class Exact:
    """
    Hold exact fractions: one for all rows or one per row.

    >>> third = Exact.of(1) / Exact.of(3)
    >>> (third + third + third).to_fraction()
    Fraction(1, 1)
    """

    numerators: Integers
    denominators: Integers  # each > 0

    @classmethod
    def of(cls, number: int | str | Fraction) -> Exact:
        """Return one number for all rows."""
        fraction = Fraction(number)
        return cls(Integers.of(fraction.numerator), Integers.of(fraction.denominator))

    @classmethod
    def of_integers(cls, values: NDArray[Any], *, denominator: int = 1) -> Exact:
        """
        Return a column from scaled integers, such as litres as thousandths of m³.

        >>> Exact.of_integers(np.array([1500]), denominator=1000).to_fractions(1)
        [Fraction(3, 2)]
        """
        return cls(Integers.of(values), Integers.of(denominator))

    @classmethod
    def of_fractions(cls, fractions: Sequence[Fraction]) -> Exact:
        """Return a column with one common denominator."""
        common = math.lcm(*{fraction.denominator for fraction in fractions})
        scaled = [fraction.numerator * (common // fraction.denominator) for fraction in fractions]
        return cls(Integers.of(np.array(scaled, dtype=object)), Integers.of(common))

    @property
    def is_one_for_all(self) -> bool:
        return self.numerators.is_one_for_all and self.denominators.is_one_for_all

    def __add__(self, other: Exact) -> Exact:
        a, b, denominators = _aligned(self, other)
        return _reduced(a + b, denominators)

    def __sub__(self, other: Exact) -> Exact:
        a, b, denominators = _aligned(self, other)
        return _reduced(a - b, denominators)

    def __mul__(self, other: Exact) -> Exact:
        return _reduced(self.numerators * other.numerators, self.denominators * other.denominators)

    def __truediv__(self, other: Exact) -> Exact:
        """Divide; the caller has taken care that no divisor is 0."""
        divisors = other.numerators.tight()
        if divisors.low < 0:  # the sign moves to the numerator
            signs = -1 if divisors.is_one_for_all else np.where(divisors.values < 0, -1, 1)
            divisors, sign = divisors * Integers.of(signs), Integers.of(signs)
            return _reduced(self.numerators * other.denominators * sign, self.denominators * divisors.tight())
        return _reduced(self.numerators * other.denominators, self.denominators * divisors)

    def __neg__(self) -> Exact:
        return Exact(-self.numerators, self.denominators)

    def minimum(self, other: Exact) -> Exact:
        a, b, denominators = _aligned(self, other)
        return Exact(a.minimum(b), denominators)

    def maximum(self, other: Exact) -> Exact:
        a, b, denominators = _aligned(self, other)
        return Exact(a.maximum(b), denominators)

    def compared(self, comparison: Callable[[Any, Any], Any], other: Exact) -> Any:
        """
        Compare row by row with one of `operator.lt, le, eq, ne, ge, gt`.

        >>> bool(Exact.of("0.1").compared(operator.lt, Exact.of("0.10")))
        False
        """
        a, b, _ = _aligned(self, other)
        return comparison(a.values, b.values)

    def rounded(self, rounding: Rounding) -> Exact:
        """
        Round each number once.

        >>> Exact.of("2.345").rounded(Rounding.to_places(2)).to_fraction()
        Fraction(47, 20)
        """
        step = rounding.step
        factor, divisors = Integers.of(step.denominator), self.denominators * Integers.of(step.numerator)
        if divisors.is_one_for_all:
            shared = math.gcd(factor.values, divisors.values)
            factor, divisors = Integers.of(factor.values // shared), Integers.of(divisors.values // shared)
        steps = self.numerators * factor
        if not divisors.is_one:
            steps = steps.divided(divisors, rounding.mode)
        return Exact(steps * Integers.of(step.numerator), Integers.of(step.denominator))

    def where(self, condition: BoolArray | bool, other: Exact) -> Exact:
        """Return this number in the rows where the condition holds, else the other's."""
        if np.ndim(condition) == 0:
            return self if condition else other
        a, b, denominators = _aligned(self, other)
        low, high = min(a.low, b.low), max(a.high, b.high)
        choose: Callable[[Any, Any], Any] = lambda x, y: np.where(condition, x, y)  # noqa: E731
        return Exact(_operate(choose, a, b, lambda _a, _b: (low, high)), denominators)

    def take(self, rows: RowArray) -> Exact:
        return Exact(self.numerators.take(rows), self.denominators.take(rows))

    def scaled(self, factor: int, row_count: int) -> NDArray[np.int64]:
        """
        Return every number times a factor as int64, such as cents.

        :raises OverflowError: if a result is not whole or does not fit.
        """
        whole = self.numerators * Integers.of(factor)
        quotients = whole.divided(self.denominators, Mode.FLOOR)
        exact = quotients * self.denominators
        if not np.all(exact.values == whole.values):
            raise OverflowError("a number is finer than the scale")
        quotients = quotients.tight()
        if not _fits(quotients.low, quotients.high):
            raise OverflowError("a number does not fit 64 bits")
        return np.broadcast_to(np.asarray(quotients.values, dtype=np.int64), (row_count,))

    def to_fractions(self, row_count: int) -> list[Fraction]:
        """Return one `Fraction` per row."""
        tops = np.broadcast_to(self.numerators.values, (row_count,))
        bottoms = np.broadcast_to(self.denominators.values, (row_count,))
        return [Fraction(int(top), int(bottom)) for top, bottom in zip(tops, bottoms, strict=True)]

    def to_fraction(self) -> Fraction:
        """Return the one number for all rows."""
        assert self.is_one_for_all
        return Fraction(self.numerators.values, self.denominators.values)


def common_denominator(columns: Sequence[Exact]) -> list[Exact]:
    """Write columns with one denominator where each has a single one, so that sums of them are one pass."""
    if any(not column.denominators.is_one_for_all for column in columns):
        return list(columns)
    common = math.lcm(*(column.denominators.values for column in columns))
    factors = [Integers.of(common // column.denominators.values) for column in columns]
    shared = Integers.of(common)
    return [Exact(column.numerators * factor, shared) for column, factor in zip(columns, factors, strict=True)]


def concatenate(columns: Sequence[Exact], *, row_counts: Sequence[int]) -> Exact:
    """Join columns of consecutive chunks of rows into one column."""
    if len(columns) == 1:
        return columns[0]
    aligned = common_denominator(columns)
    return Exact(
        _joined([column.numerators for column in aligned], row_counts),
        _joined([column.denominators for column in aligned], row_counts),
    )


def _joined(columns: Sequence[Integers], row_counts: Sequence[int]) -> Integers:
    if all(column.is_one_for_all and column.values == columns[0].values for column in columns):
        return columns[0]
    parts = [
        np.full(count, column.values, dtype=np.int64 if _fits(column.low, column.high) else object)
        if column.is_one_for_all
        else column.values
        for column, count in zip(columns, row_counts, strict=True)
    ]
    low, high = min(column.low for column in columns), max(column.high for column in columns)
    return Integers(np.concatenate(parts), low, high)


def _aligned(a: Exact, b: Exact) -> tuple[Integers, Integers, Integers]:
    """Bring two columns to common denominators."""
    if a.denominators.values is b.denominators.values:
        return a.numerators, b.numerators, a.denominators
    if a.denominators.is_one_for_all and b.denominators.is_one_for_all:
        common = math.lcm(a.denominators.values, b.denominators.values)
        return (
            a.numerators * Integers.of(common // a.denominators.values),
            b.numerators * Integers.of(common // b.denominators.values),
            Integers.of(common),
        )
    return (
        a.numerators * b.denominators,
        b.numerators * a.denominators,
        a.denominators * b.denominators,
    )


def _reduced(numerators: Integers, denominators: Integers) -> Exact:
    """Cancel common factors where numbers have outgrown int64, so that they get small and quick again."""
    if denominators.is_one_for_all or (
        _fits(numerators.low, numerators.high) and _fits(denominators.low, denominators.high)
    ):
        return Exact(numerators, denominators)
    shared = np.gcd(np.asarray(_big(numerators.values), dtype=object), _big(denominators.values))
    return Exact(Integers.of(_big(numerators.values) // shared), Integers.of(_big(denominators.values) // shared))
