"""Laws of measuring and settling."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hydria.metering.domain.consumption import DEFAULT_ROLL_OVER, UNKNOWN_MILLI, Quantities, Turn, measure, settle

CAPACITY_MILLI = 100_000_000
dials = st.integers(0, CAPACITY_MILLI - 1)
maybe_read = st.one_of(st.just(UNKNOWN_MILLI), dials)


def measure_pairs(pairs: list[tuple[int, int]], *, multiplier: int = 1) -> Quantities:
    columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    count = len(pairs)
    return measure(
        span_index=np.arange(count),
        span_count=count,
        opening_milli=columns[0],
        closing_milli=columns[1],
        capacity_milli=np.full(count, CAPACITY_MILLI),
        multiplier=np.full(count, multiplier),
        is_new_dial=np.zeros(count, dtype=bool),
        usual_milli=np.full(count, 20_000),
        policy=DEFAULT_ROLL_OVER,
    )


class TestMeasure:
    @given(pairs=st.lists(st.tuples(dials, maybe_read), min_size=1, max_size=20))
    def test_is_the_same_one_by_one_and_in_a_batch(self, pairs):
        together = measure_pairs(pairs)

        alone = [measure_pairs([pair]) for pair in pairs]

        assert together.known_milli.tolist() == [int(one.known_milli[0]) for one in alone]
        assert together.span_turn.tolist() == [int(one.span_turn[0]) for one in alone]

    @given(opening=dials, closing=maybe_read)
    def test_never_measures_a_negative_quantity(self, opening, closing):
        assert int(measure_pairs([(opening, closing)]).known_milli[0]) >= 0

    @given(opening=dials, closing=dials)
    def test_believes_a_drop_only_near_the_end_of_the_dial(self, opening, closing):
        turn = int(measure_pairs([(opening, closing)]).span_turn[0])

        if turn == Turn.ROLLED_OVER:
            assert opening >= CAPACITY_MILLI * 95 // 100
            assert closing - opening + CAPACITY_MILLI <= 60_000

    @given(readings=st.lists(dials, min_size=3, max_size=3).map(sorted))
    def test_splits_a_period_without_losing_a_litre(self, readings):
        first, middle, last = readings

        whole = int(measure_pairs([(first, last)]).known_milli[0])
        parts = measure_pairs([(first, middle), (middle, last)]).known_milli

        assert int(parts.sum()) == whole

    def test_multiplies_what_the_dial_counts_in_tens(self):
        assert measure_pairs([(1_000, 3_000)], multiplier=10).known_milli.tolist() == [20_000]

    def test_keeps_what_the_removed_meter_showed_when_the_new_one_was_not_read(self):
        found = measure(
            span_index=np.array([0, 0]),
            span_count=1,
            opening_milli=np.array([100_000, 0]),
            closing_milli=np.array([112_000, UNKNOWN_MILLI]),
            capacity_milli=np.full(2, CAPACITY_MILLI),
            multiplier=np.ones(2, dtype=np.int64),
            is_new_dial=np.array([False, True]),
            usual_milli=np.array([20_000]),
            policy=DEFAULT_ROLL_OVER,
        )

        assert (found.known_milli.tolist(), found.span_turn.tolist()) == ([12_000], [Turn.NOT_READ])


class TestSettle:
    @given(periods=st.lists(st.tuples(st.integers(0, 50_000), st.integers(0, 50_000)), min_size=1, max_size=12))
    def test_counts_every_unit_once_however_often_it_was_estimated(self, periods):
        counted = measured = ahead = 0
        for estimate_milli, measured_milli in periods:
            counted, ahead = counted + estimate_milli, ahead + estimate_milli
            settled = settle(measured_milli=np.array([measured_milli]), carried_milli=np.array([ahead]))
            counted, ahead = counted + int(settled.quantity_milli[0]), int(settled.ahead_milli[0])
            measured += measured_milli

        assert counted - ahead == measured

    @given(measured=st.integers(0, 10**9), ahead=st.integers(0, 10**9))
    def test_never_counts_a_negative_quantity(self, measured, ahead):
        settled = settle(measured_milli=np.array([measured]), carried_milli=np.array([ahead]))

        assert settled.quantity_milli[0] >= 0
        assert settled.ahead_milli[0] >= 0
