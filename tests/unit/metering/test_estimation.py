"""Laws of what is usual, and of estimates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.metering.domain.estimation import DEFAULT_ESTIMATION, EstimationPolicy, Method, average_per_day, estimate
from hydria.metering.domain.history import find_usual

NOTHING = np.zeros((1, 12), dtype=np.int64)
histories = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 400)), min_size=1, max_size=13)


def columns(history: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    cells = np.array(history, dtype=np.int64).reshape(-1, 2).T
    return np.where(cells[1] > 0, cells[0], 0)[None, :], cells[1][None, :]


class TestFindUsual:
    @given(histories)
    def test_is_the_plain_median_of_the_measured_periods(self, history):
        quantity_milli, days = columns(history)
        rates = [
            int(quantity) * 1000 // int(day) for quantity, day in zip(quantity_milli[0], days[0], strict=True) if day
        ]

        found = find_usual(history_milli=quantity_milli, history_days=days)

        assert found.period_count.tolist() == [len(rates)]
        assert found.per_day_micro.tolist() == [int(np.median(np.array(rates, dtype=object))) if rates else 0]

    @given(histories, st.permutations(range(13)))
    def test_does_not_depend_on_the_order_of_the_periods(self, history, order):
        quantity_milli, days = columns(history)
        shuffled = [place for place in order if place < len(history)]

        found = find_usual(history_milli=quantity_milli, history_days=days)
        again = find_usual(history_milli=quantity_milli[:, shuffled], history_days=days[:, shuffled])

        assert (found.per_day_micro, found.spread_micro) == (again.per_day_micro, again.spread_micro)


class TestAveragePerDay:
    def test_looks_at_the_newest_measured_periods_only(self):
        quantity_milli = np.array([[0, 30_000, 60_000, 900_000]])
        days = np.array([[0, 30, 30, 30]])

        found = average_per_day(history_milli=quantity_milli, history_days=days, periods_max=2)

        assert found.tolist() == [1_500_000]

    def test_says_zero_without_a_history(self):
        assert average_per_day(history_milli=NOTHING, history_days=NOTHING, periods_max=6).tolist() == [0]


class TestEstimate:
    @given(st.integers(0, 10**9), st.integers(1, 400), st.integers(1, 400))
    def test_never_exceeds_the_average(self, measured_milli, days_measured, days):
        rate = average_per_day(
            history_milli=np.array([[measured_milli]]), history_days=np.array([[days_measured]]), periods_max=6
        )

        found = estimate(per_day_micro={Method.OWN_AVERAGE: rate}, days=np.array([days]), policy=DEFAULT_ESTIMATION)

        assert int(found.quantity_milli[0]) * days_measured <= measured_milli * days

    @pytest.mark.parametrize(
        ("own", "last_year", "peers", "fixed_milli", "method", "quantity_milli"),
        [
            (1_000_000, 2_000_000, 3_000_000, 4_000, Method.OWN_AVERAGE, 30_000),
            (0, 2_000_000, 3_000_000, 4_000, Method.SAME_PERIOD_LAST_YEAR, 60_000),
            (0, 0, 3_000_000, 4_000, Method.PEERS, 90_000),
            (0, 0, 0, 4_000, Method.FIXED, 120_000),
        ],
    )
    def test_takes_the_first_method_that_has_something_to_go_by(
        self, own, last_year, peers, fixed_milli, method, quantity_milli
    ):
        policy = EstimationPolicy(fixed_per_day_milli=fixed_milli)
        rates = {Method.OWN_AVERAGE: own, Method.SAME_PERIOD_LAST_YEAR: last_year, Method.PEERS: peers}

        found = estimate(
            per_day_micro={name: np.array([rate]) for name, rate in rates.items()},
            days=np.array([30]),
            policy=policy,
        )

        assert found.quantity_milli.tolist() == [quantity_milli]
        assert policy.methods[int(found.method_index[0])] is method

    def test_owns_up_when_nothing_is_known(self):
        found = estimate(per_day_micro={}, days=np.array([30]), policy=DEFAULT_ESTIMATION)

        assert (found.quantity_milli.tolist(), found.method_index.tolist()) == ([0], [-1])
