from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hydria.kernel.rounding import Rounding
from hydria.simulation.domain.elasticity import answer_to_price
from hydria.simulation.domain.tenths import TENTHS, edges_of, monthly_use, tenth_of

amounts = st.integers(0, 10**14)


class TestAnswerToPrice:
    @given(quantity=st.integers(0, 10**12), current=amounts, proposed=amounts, elasticity=st.integers(-2_000, 0))
    def test_is_the_exact_formula_rounded_once(self, quantity, current, proposed, elasticity):
        answered = answer_to_price(
            quantity_milli=np.array([quantity]),
            current_minor=np.array([current]),
            proposed_minor=np.array([proposed]),
            elasticity_milli=np.array([elasticity]),
        )

        factor = Fraction(1)
        if current:
            factor = max(Fraction(0), 1 + Fraction(elasticity, 1000) * Fraction(proposed - current, current))
        assert answered.tolist() == [int(Rounding.to_places(0).apply(quantity * factor))]

    @given(quantity=st.integers(0, 10**9), current=st.integers(1, 10**9), elasticity=st.integers(-2_000, 0))
    def test_leaves_use_alone_where_nothing_changes(self, quantity, current, elasticity):
        answered = answer_to_price(
            quantity_milli=np.array([quantity]),
            current_minor=np.array([current]),
            proposed_minor=np.array([current]),
            elasticity_milli=np.array([elasticity]),
        )

        assert answered.tolist() == [quantity]

    def test_keeps_rows_apart(self):
        answered = answer_to_price(
            quantity_milli=np.array([20_000, 20_000, 20_000]),
            current_minor=np.array([400_00, 0, 400_00]),
            proposed_minor=np.array([480_00, 480_00, 480_00]),
            elasticity_milli=np.array([-300, -300, 0]),
        )

        assert answered.tolist() == [18_800, 20_000, 20_000]


class TestTenths:
    @given(uses=st.lists(st.integers(0, 500_000), min_size=1, max_size=60))
    def test_rise_with_use_and_put_the_same_use_together(self, uses):
        use_milli = np.array(uses)

        tenths = tenth_of(use_milli, edges_milli=edges_of(use_milli))

        assert ((tenths >= 1) & (tenths <= TENTHS)).all()
        by_use = np.argsort(use_milli, kind="stable")
        assert (np.diff(tenths[by_use]) >= 0).all()
        assert all(len(set(tenths[use_milli == use])) == 1 for use in set(uses))

    def test_are_equal_where_nobody_uses_the_same(self):
        use_milli = np.arange(1_000)

        tenths = tenth_of(use_milli, edges_milli=edges_of(use_milli))

        assert np.bincount(tenths).tolist() == [0, *[100] * 10]

    def test_have_edges_even_where_nobody_is_measured(self):
        assert edges_of(np.array([], dtype=np.int64)).tolist() == [0] * 9

    def test_take_the_use_of_thirty_days(self):
        assert monthly_use(quantity_milli=np.array([62_000]), days=np.array([31])).tolist() == [60_000]
