from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.kernel.rounding import Mode, Rounding, divide

DECIMAL_MODES = {
    Mode.HALF_UP: ROUND_HALF_UP,
    Mode.HALF_EVEN: ROUND_HALF_EVEN,
    Mode.UP: ROUND_UP,
    Mode.DOWN: ROUND_DOWN,
    Mode.FLOOR: ROUND_FLOOR,
    Mode.CEILING: ROUND_CEILING,
}


PLAINLY: dict[Mode, Callable[[Fraction], int]] = {
    Mode.HALF_UP: lambda number: math.floor(abs(number) + Fraction(1, 2)) * (1 if number > 0 else -1),
    Mode.HALF_EVEN: round,
    Mode.UP: lambda number: math.ceil(number) if number > 0 else math.floor(number),
    Mode.DOWN: math.trunc,
    Mode.FLOOR: math.floor,
    Mode.CEILING: math.ceil,
}
TIE = 2**60 + 2  # its half is one of the whole numbers that no float holds


class TestDivide:
    @pytest.mark.parametrize("mode", Mode)
    @pytest.mark.parametrize("divisor", [1, 2, 3, 4, 5, 6, 10])
    def test_means_what_its_name_says_between_all_steps(self, mode: Mode, divisor: int) -> None:
        numerators = list(range(-3 * divisor - 1, 3 * divisor + 2))
        expected = [PLAINLY[mode](Fraction(numerator, divisor)) for numerator in numerators]

        one_by_one = [divide(numerator, divisor, mode) for numerator in numerators]
        together = divide(np.array(numerators), np.full(len(numerators), divisor), mode)

        assert one_by_one == expected
        assert {type(quotient) for quotient in one_by_one} == {int}
        assert np.asarray(together).tolist() == expected

    @pytest.mark.parametrize("mode", Mode)
    @pytest.mark.parametrize("numerator", [TIE // 2 - 1, TIE // 2, TIE // 2 + 1, TIE + TIE // 2])
    def test_is_exact_where_floats_are_not(self, mode: Mode, numerator: int) -> None:
        expected = PLAINLY[mode](Fraction(numerator, TIE))

        assert divide(numerator, TIE, mode) == expected
        assert np.asarray(divide(np.array([numerator]), TIE, mode)).tolist() == [expected]

    @pytest.mark.parametrize("mode", Mode)
    @given(numerator=st.integers(-10_000, 10_000), places=st.integers(0, 3))
    def test_agrees_with_decimal_in_every_mode(self, mode: Mode, numerator: int, places: int) -> None:
        expected = Decimal(numerator).scaleb(-places).quantize(Decimal(1), DECIMAL_MODES[mode])

        assert divide(numerator, 10**places, mode) == int(expected)

    @pytest.mark.parametrize("mode", Mode)
    @given(numerators=st.lists(st.integers(-(10**6), 10**6), min_size=1), divisor=st.integers(1, 999))
    def test_treats_a_column_as_its_rows(self, mode: Mode, numerators: list[int], divisor: int) -> None:
        column = divide(np.array(numerators), divisor, mode)

        assert isinstance(column, np.ndarray)
        assert column.tolist() == [divide(numerator, divisor, mode) for numerator in numerators]


class TestRounding:
    def test_knows_step_mode_and_decimals(self) -> None:
        assert Rounding.to_places(-3, Mode.UP) == Rounding(Fraction(1000), Mode.UP)
        assert Rounding.to_places(3).mode is Mode.HALF_UP
        steps = ["1000", "5", "1", "0.5", "0.05", "0.125", "0.00000001"]
        assert [Rounding(Fraction(step)).places for step in steps] == [0, 0, 0, 1, 2, 3, 8]

    def test_takes_ties_away_from_zero(self) -> None:
        cents = Rounding.to_places(2)

        assert cents.apply(Fraction("0.005")) == Fraction("0.01")
        assert cents.apply(Fraction("-0.005")) == Fraction("-0.01")

    def test_rounds_to_a_step(self) -> None:
        assert Rounding(Fraction("0.05")).apply(Fraction("12.325")) == Fraction("12.35")
        assert Rounding(Fraction(10), Mode.DOWN).apply(Fraction(-19)) == -10

    @given(
        number=st.fractions(), step=st.fractions(min_value=Fraction(1, 1000), max_value=100), mode=st.sampled_from(Mode)
    )
    def test_changes_nothing_the_second_time(self, number: Fraction, step: Fraction, mode: Mode) -> None:
        once = Rounding(step, mode).apply(number)

        assert Rounding(step, mode).apply(once) == once
        assert abs(once - number) < step
