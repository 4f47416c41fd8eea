from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.kernel.exact import Exact, Integers, concatenate
from hydria.kernel.rounding import Mode, Rounding

small = st.integers(-1000, 1000)
huge = st.integers(-(2**70), 2**70)
fractions = st.one_of(
    st.builds(Fraction, st.one_of(small, huge), st.sampled_from([1, 3, 30, 365, 1000, 10**8])),
    st.fractions(max_denominator=997),
)
columns = st.integers(1, 5).flatmap(
    lambda n: st.tuples(st.lists(fractions, min_size=n, max_size=n), st.lists(fractions, min_size=n, max_size=n))
)
OPERATIONS: list[Callable[[Any, Any], Any]] = [operator.add, operator.sub, operator.mul]


def column(numbers: list[Fraction]) -> Exact:
    """Return a column with a denominator for each row, the hardest form."""
    return Exact.of_fractions([Fraction(n.numerator) for n in numbers]) / Exact.of_fractions(
        [Fraction(n.denominator) for n in numbers]
    )


class TestExact:
    @pytest.mark.parametrize("operation", OPERATIONS)
    @given(pair=columns)
    def test_agrees_with_fractions(self, operation: Callable[[Any, Any], Any], pair: Any) -> None:
        left, right = pair
        expected = [operation(a, b) for a, b in zip(left, right, strict=True)]

        assert operation(Exact.of_fractions(left), Exact.of_fractions(right)).to_fractions(len(left)) == expected
        assert operation(column(left), column(right)).to_fractions(len(left)) == expected
        assert operation(column(left), Exact.of_fractions(right)).to_fractions(len(left)) == expected

    @given(pair=columns)
    def test_divides_compares_and_chooses_like_fractions(self, pair: Any) -> None:
        left, right = pair
        a, b = column(left), Exact.of_fractions(right)
        pairs = list(zip(left, right, strict=True))

        assert a.minimum(b).to_fractions(len(left)) == [min(x, y) for x, y in pairs]
        assert a.maximum(b).to_fractions(len(left)) == [max(x, y) for x, y in pairs]
        assert a.compared(operator.lt, b).tolist() == [x < y for x, y in pairs]
        if all(right):
            assert (a / b).to_fractions(len(left)) == [x / y for x, y in pairs]

    @given(numbers=st.lists(fractions, min_size=1, max_size=5), places=st.integers(-2, 6), mode=st.sampled_from(Mode))
    def test_rounds_like_one_number(self, numbers: list[Fraction], places: int, mode: Mode) -> None:
        rounding = Rounding.to_places(places, mode)
        expected = [rounding.apply(number) for number in numbers]

        assert column(numbers).rounded(rounding).to_fractions(len(numbers)) == expected
        assert Exact.of_fractions(numbers).rounded(rounding).to_fractions(len(numbers)) == expected

    def test_makes_one_of_three_thirds(self) -> None:
        third = Exact.of(100) / Exact.of(3)

        assert (third + third + third).to_fraction() == 100

    def test_stays_in_int64_where_that_is_safe_and_leaves_it_where_not(self) -> None:
        volume = Exact.of_integers(np.array([9 * 10**14, 1]), denominator=1000)

        near = volume * Exact.of("4.5")
        far = volume * Exact.of("123456789.12345678")

        assert near.numerators.values.dtype == np.int64
        assert far.numerators.values.dtype == object
        assert far.to_fractions(2)[0] == Fraction(9 * 10**11) * Fraction("123456789.12345678")

    def test_says_when_a_number_is_finer_than_the_scale(self) -> None:
        with pytest.raises(OverflowError, match="finer"):
            Exact.of("0.005").scaled(100, 1)


class TestConcatenate:
    def test_joins_chunks_of_different_kinds(self) -> None:
        parts = [Exact.of(2), Exact.of_fractions([Fraction(1, 3)]), column([Fraction(1, 7), Fraction(2, 5)])]

        joined = concatenate(parts, row_counts=[1, 1, 2])

        assert joined.to_fractions(4) == [2, Fraction(1, 3), Fraction(1, 7), Fraction(2, 5)]


class TestIntegers:
    @given(values=st.lists(st.one_of(small, huge), min_size=1, max_size=6))
    def test_knows_bounds_that_hold(self, values: list[int]) -> None:
        numbers = Integers.of(np.array(values, dtype=object))
        squares = numbers * numbers

        assert squares.low <= min(v * v for v in values)
        assert squares.high >= max(v * v for v in values)
        assert np.asarray(squares.values).tolist() == [v * v for v in values]
