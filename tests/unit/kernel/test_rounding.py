from __future__ import annotations

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


class TestDivide:
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
