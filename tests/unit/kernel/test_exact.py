from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.kernel.exact import Exact, Integers, common_denominator, concatenate
from hydria.kernel.rounding import Mode, Rounding, divide

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

    @given(pair=columns, choices=st.lists(st.booleans(), min_size=5, max_size=5))
    def test_chooses_row_by_row(self, pair: Any, choices: list[bool]) -> None:
        left, right = pair
        here = choices[: len(left)]
        expected = [x if first else y for x, y, first in zip(left, right, here, strict=True)]

        for a, b in [(column(left), column(right)), (Exact.of_fractions(left), Exact.of_fractions(right))]:
            chosen = a.where(np.array(here), b)
            assert chosen.to_fractions(len(left)) == expected
            assert chosen.numerators.low <= np.min(chosen.numerators.values)
            assert np.max(chosen.numerators.values) <= chosen.numerators.high

    def test_chooses_one_side_where_one_truth_stands_for_all(self) -> None:
        one, other = Exact.of(1), Exact.of(2)

        assert one.where(True, other) is one
        assert one.where(np.False_, other) is other

    @given(pair=columns)
    def test_negates_like_fractions(self, pair: Any) -> None:
        numbers, _ = pair

        assert (-column(numbers)).to_fractions(len(numbers)) == [-number for number in numbers]

    @given(pair=columns, order=st.permutations(range(5)))
    def test_takes_rows(self, pair: Any, order: list[int]) -> None:
        numbers, _ = pair
        rows = [place for place in order if place < len(numbers)]

        for whole in (column(numbers), Exact.of_fractions(numbers)):
            assert whole.take(np.array(rows)).to_fractions(len(rows)) == [numbers[row] for row in rows]

    @pytest.mark.parametrize(
        "comparison", [operator.lt, operator.le, operator.eq, operator.ne, operator.ge, operator.gt]
    )
    def test_compares_fractions_written_differently(self, comparison: Callable[[Any, Any], Any]) -> None:
        left = [Fraction(1, 3), Fraction(1, 2), Fraction(-1, 7)]
        right = [Fraction(1, 3), Fraction(1, 3), Fraction(1, 7)]

        found = column(left).compared(comparison, Exact.of_fractions(right))

        assert found.tolist() == [comparison(a, b) for a, b in zip(left, right, strict=True)]

    @pytest.mark.parametrize("divisor", [Fraction(-2, 3), Fraction(5)])
    def test_divides_by_one_number_for_all(self, divisor: Fraction) -> None:
        numbers = [Fraction(7, 3), Fraction(-1, 9)]

        found = column(numbers) / Exact.of(divisor)

        assert found.to_fractions(2) == [number / divisor for number in numbers]
        assert found.denominators.low > 0

    def test_writes_whole_numbers_with_denominator_one(self) -> None:
        column = Exact.of_integers(np.array([3, -4]))

        assert column.to_fractions(2) == [3, -4]
        assert column.denominators.values == 1

    def test_keeps_fractions_in_lowest_terms_that_outgrow_int64(self) -> None:
        wide = column([Fraction(2**40, 3**30), Fraction(1, 7)])

        product = wide * column([Fraction(3**30, 2**40), Fraction(2**50)])

        assert product.to_fractions(2) == [1, Fraction(2**50, 7)]
        assert product.numerators.values.dtype == product.denominators.values.dtype == np.int64

    def test_tells_whether_one_number_stands_for_all(self) -> None:
        assert Exact.of(3).is_one_for_all
        assert not Exact.of_fractions([Fraction(1)]).is_one_for_all
        assert not column([Fraction(1, 3)]).is_one_for_all
        with pytest.raises(AssertionError):
            Exact.of_fractions([Fraction(1)]).to_fraction()


class TestScaled:
    @given(numbers=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=5), places=st.integers(0, 3))
    def test_gives_whole_minor_units(self, numbers: list[int], places: int) -> None:
        fractions = [Fraction(number, 10**places) for number in numbers]

        for amounts in (column(fractions), Exact.of_fractions(fractions)):
            found = amounts.scaled(10**places, len(numbers))
            assert found.tolist() == numbers
            assert found.dtype == np.int64

    def test_repeats_one_number_for_all_rows(self) -> None:
        found = Exact.of("1.25").scaled(100, 3)

        assert (found.tolist(), found.dtype) == ([125] * 3, np.int64)

    @pytest.mark.parametrize("numbers", [["0.005"], ["1", "0.005"], ["0.005", "1"], ["-0.001", "2"]])
    def test_says_when_a_number_is_finer_than_the_scale(self, numbers: list[str]) -> None:
        with pytest.raises(OverflowError, match=r"^a number is finer than the scale$"):
            Exact.of_fractions([Fraction(number) for number in numbers]).scaled(100, len(numbers))

    def test_reaches_as_far_as_int64_is_safe(self) -> None:
        assert Exact.of_fractions([Fraction(2**62 - 1), Fraction(1 - 2**62)]).scaled(1, 2).tolist() == [
            2**62 - 1,
            1 - 2**62,
        ]

    @pytest.mark.parametrize("number", [2**62, -(2**62), 10**30])
    def test_says_when_a_number_does_not_fit(self, number: int) -> None:
        for amounts in (Exact.of(number), Exact.of_fractions([Fraction(1), Fraction(number)])):
            with pytest.raises(OverflowError, match=r"^a number does not fit 64 bits$"):
                amounts.scaled(1, 1 if amounts.is_one_for_all else 2)


class TestCommonDenominator:
    def test_writes_columns_with_one_denominator(self) -> None:
        columns = [Exact.of("0.25"), Exact.of_fractions([Fraction(1, 6), Fraction(5, 6)]), Exact.of(3)]

        aligned = common_denominator(columns)

        assert [each.to_fractions(2) for each in aligned] == [each.to_fractions(2) for each in columns]
        assert [each.denominators.values for each in aligned] == [12, 12, 12]
        assert len({id(each.denominators.values) for each in aligned}) == 1

    def test_leaves_columns_alone_where_one_has_a_denominator_per_row(self) -> None:
        columns = [Exact.of("0.25"), column([Fraction(1, 7), Fraction(1, 3)])]

        assert common_denominator(columns) == columns


class TestConcatenate:
    def test_returns_a_single_chunk_as_it_is(self) -> None:
        chunk = Exact.of_fractions([Fraction(1, 3)])

        assert concatenate([chunk], row_counts=[1]) is chunk

    def test_keeps_one_number_for_all_where_every_chunk_has_the_same(self) -> None:
        joined = concatenate([Exact.of("0.5"), Exact.of("0.5")], row_counts=[2, 3])

        assert joined.is_one_for_all
        assert joined.to_fractions(5) == [Fraction(1, 2)] * 5

    @given(
        chunks=st.lists(st.tuples(st.booleans(), st.lists(fractions, min_size=1, max_size=3)), min_size=2, max_size=4)
    )
    def test_is_one_chunk_after_the_other(self, chunks: list[tuple[bool, list[Fraction]]]) -> None:
        made = [Exact.of(numbers[0]) if is_one else Exact.of_fractions(numbers) for is_one, numbers in chunks]
        counts = [len(numbers) for _, numbers in chunks]
        expected = [n for is_one, numbers in chunks for n in (numbers[:1] * len(numbers) if is_one else numbers)]

        joined = concatenate(made, row_counts=counts)

        assert joined.to_fractions(len(expected)) == expected
        assert joined.numerators.low <= np.min(joined.numerators.values)
        assert np.max(joined.numerators.values) <= joined.numerators.high

    def test_is_quick_where_every_chunk_fits(self) -> None:
        joined = concatenate([Exact.of(2), Exact.of_integers(np.array([3]))], row_counts=[1, 1])

        assert joined.numerators.values.dtype == np.int64

    @pytest.mark.parametrize("number", [2**62, 2**63 + 1, 2**64 + 1, -(2**63) - 1])
    def test_is_exact_where_one_chunk_does_not_fit(self, number: int) -> None:
        joined = concatenate([Exact.of(number), Exact.of_integers(np.array([3]))], row_counts=[2, 1])

        assert joined.to_fractions(3) == [number, number, 3]

    def test_wants_a_count_for_each_chunk(self) -> None:
        with pytest.raises(ValueError, match="zip"):
            concatenate([Exact.of(2), Exact.of(3)], row_counts=[1])

    def test_joins_chunks_of_different_kinds(self) -> None:
        parts = [Exact.of(2), Exact.of_fractions([Fraction(1, 3)]), column([Fraction(1, 7), Fraction(2, 5)])]

        joined = concatenate(parts, row_counts=[1, 1, 2])

        assert joined.to_fractions(4) == [2, Fraction(1, 3), Fraction(1, 7), Fraction(2, 5)]


LIMIT = 2**62
edges = st.sampled_from([0, 1, -1, 2, LIMIT - 1, LIMIT, LIMIT + 1, 1 - LIMIT, -LIMIT, -LIMIT - 1, 2**31, 2**32 + 1])
wholes = st.one_of(small, huge, edges)
INTEGER_OPERATIONS: dict[str, tuple[Callable[[Integers, Integers], Integers], Callable[[int, int], int]]] = {
    "add": (operator.add, operator.add),
    "sub": (operator.sub, operator.sub),
    "mul": (operator.mul, operator.mul),
    "minimum": (Integers.minimum, min),
    "maximum": (Integers.maximum, max),
}


@st.composite
def integers(draw: st.DrawFn, row_count: int, numbers: st.SearchStrategy[int] = wholes) -> tuple[Integers, list[int]]:
    """Draw one number for all rows or one per row, with bounds that may be wider than need be."""
    if draw(st.booleans()):
        number = draw(numbers)
        return Integers.of(number), [number] * row_count
    values = draw(st.lists(numbers, min_size=row_count, max_size=row_count))
    column = Integers.of(np.array(values, dtype=object))
    wider = draw(st.sampled_from([0, 5, 2**61, 2**65]))
    return Integers(column.values, column.low - wider, column.high + wider), values


def assert_holds(found: Integers, expected: list[int]) -> None:
    """Check values and bounds, and that NumPy's integers hold them exactly where they fit."""
    assert [int(value) for value in np.broadcast_to(np.asarray(found.values, dtype=object), len(expected))] == expected
    assert found.low <= min(expected)
    assert max(expected) <= found.high
    if isinstance(found.values, np.ndarray):
        fits = all(-LIMIT < value < LIMIT for value in expected)
        assert found.values.dtype == (np.int64 if fits else object)


class TestIntegers:
    @pytest.mark.parametrize("name", INTEGER_OPERATIONS)
    @given(data=st.data())
    def test_computes_like_python_with_bounds_that_hold(self, name: str, data: st.DataObject) -> None:
        ours, pythons = INTEGER_OPERATIONS[name]
        (a, a_values), (b, b_values) = data.draw(integers(3)), data.draw(integers(3))

        expected = [pythons(x, y) for x, y in zip(a_values, b_values, strict=True)]

        assert_holds(ours(a, b), expected)

    @pytest.mark.parametrize("mode", Mode)
    @given(data=st.data())
    def test_divides_like_one_number_with_bounds_that_hold(self, mode: Mode, data: st.DataObject) -> None:
        a, a_values = data.draw(integers(3))
        b, b_values = data.draw(integers(3, st.sampled_from([1, 2, 3, 7, 10, 1000, 2**40, LIMIT - 1, 2**70])))
        b = b.tight()

        expected = [int(divide(x, y, mode)) for x, y in zip(a_values, b_values, strict=True)]

        assert_holds(a.divided(b, mode), expected)

    @pytest.mark.parametrize("divisor", [1, 2, 3, 4, 5, 6, 7, 10, 100])
    def test_rounds_what_is_not_negative_half_up(self, divisor: int) -> None:
        numbers = np.arange(3 * divisor + 2)

        for numerators, divisors in (
            (Integers.of(numbers), Integers.of(divisor)),
            (Integers.of(numbers), Integers.of(np.full(len(numbers), divisor))),
        ):
            halves = numerators.divided(divisors, Mode.HALF_UP)
            assert halves.values.tolist() == [(2 * number + divisor) // (2 * divisor) for number in numbers.tolist()]

    @given(data=st.data())
    def test_changes_sign_with_its_bounds(self, data: st.DataObject) -> None:
        a, values = data.draw(integers(2))

        negated = -a

        assert (negated.low, negated.high) == (-a.high, -a.low)
        assert_holds(negated.tight(), [-value for value in values])

    @given(values=st.lists(wholes, min_size=1, max_size=6))
    def test_measures_the_narrowest_bounds(self, values: list[int]) -> None:
        measured = Integers.of(np.array(values, dtype=object))

        assert (measured.low, measured.high) == (min(values), max(values))
        assert_holds(measured, values)

    @given(a=st.lists(small, min_size=3, max_size=3), b=st.lists(small, min_size=3, max_size=3))
    def test_bounds_a_product_by_its_corners(self, a: list[int], b: list[int]) -> None:
        product = Integers.of(np.array(a)) * Integers.of(np.array(b))

        corners = [x * y for x in (min(a), max(a)) for y in (min(b), max(b))]
        assert (product.low, product.high) == (min(corners), max(corners))

    def test_is_zero_without_rows(self) -> None:
        empty = Integers.of(np.array([], dtype=object))

        assert (empty.values.dtype, empty.low, empty.high) == (np.int64, 0, 0)

    def test_takes_rows_of_a_column_and_leaves_one_number_alone(self) -> None:
        column, one = Integers.of(np.array([5, -7, 9])), Integers.of(4)

        assert column.take(np.array([2, 0])).values.tolist() == [9, 5]
        assert (column.take(slice(1)).low, column.take(slice(1)).high) == (-7, 9)
        assert one.take(np.array([2, 0])) is one

    def test_tells_what_stands_for_all_rows(self) -> None:
        assert [Integers.of(1).is_one_for_all, Integers.of(np.array([1])).is_one_for_all] == [True, False]
        assert [Integers.of(1).is_one, Integers.of(2).is_one, Integers.of(np.array([1])).is_one] == [True, False, False]
