from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.billing.domain import obstacles
from hydria.billing.domain.changes import parts_of_change
from hydria.billing.domain.obstacles import AmountPolicy, Circumstances, find_obstacles, out_of_line
from hydria.billing.domain.states import MOVES, RunState, may_move


def ready(count: int = 1) -> Circumstances:
    yes, no = np.ones(count, dtype=bool), np.zeros(count, dtype=bool)
    return Circumstances(
        is_excluded=no,
        is_billed=no,
        has_terms=yes,
        has_holder=yes,
        has_published_tariff=yes,
        is_metered=yes,
        consumption_count=np.ones(count, dtype=np.int64),
        is_consumption_final=yes,
    )


class TestFindObstacles:
    def test_finds_none_where_everything_is_known(self):
        assert find_obstacles(ready(2)) == [None, None]

    @pytest.mark.parametrize(
        ("column", "value", "expected"),
        [
            ("is_excluded", True, obstacles.EXCLUDED),
            ("is_billed", True, obstacles.ALREADY_BILLED),
            ("has_terms", False, obstacles.TERMS_MISSING),
            ("has_holder", False, obstacles.HOLDER_MISSING),
            ("has_published_tariff", False, obstacles.TARIFF_UNPUBLISHED),
            ("consumption_count", 0, obstacles.CONSUMPTION_MISSING),
            ("consumption_count", 2, obstacles.CONSUMPTIONS_SEVERAL),
            ("is_consumption_final", False, obstacles.CONSUMPTION_HELD),
        ],
    )
    def test_names_what_stands_in_the_way(self, column, value, expected):
        circumstances = dataclasses.replace(ready(), **{column: np.array([value])})

        assert find_obstacles(circumstances) == [expected]

    def test_asks_no_consumption_of_a_point_without_meter(self):
        circumstances = dataclasses.replace(
            ready(),
            is_metered=np.array([False]),
            consumption_count=np.array([0]),
            is_consumption_final=np.array([False]),
        )

        assert find_obstacles(circumstances) == [None]

    def test_lets_a_reason_given_by_a_person_come_first(self):
        circumstances = dataclasses.replace(ready(), is_excluded=np.array([True]), has_terms=np.array([False]))

        assert find_obstacles(circumstances) == [obstacles.EXCLUDED]


class TestOutOfLine:
    @pytest.mark.parametrize(
        ("total_minor", "history_count", "expected"), [(1_000, 3, False), (1_001, 3, True), (9_999, 2, False)]
    )
    def test_starts_just_above_the_factor_and_needs_a_history(self, total_minor, history_count, expected):
        found = out_of_line(
            total_minor=np.array([total_minor]),
            days=np.array([30]),
            usual_minor=np.array([300]),
            usual_days=np.array([90]),
            history_count=np.array([history_count]),
            policy=AmountPolicy(),
        )

        assert found.tolist() == [expected]


class TestPartsOfChange:
    @given(totals_minor=st.lists(st.integers(-(10**9), 10**9), min_size=5, max_size=5))
    def test_adds_up_to_the_whole_difference(self, totals_minor):
        parts = parts_of_change(totals_minor=totals_minor)

        assert sum(part.amount_minor for part in parts) == totals_minor[-1] - totals_minor[0]
        assert all(part.amount_minor for part in parts)


class TestMoves:
    @pytest.mark.parametrize("from_state", RunState)
    @pytest.mark.parametrize("to_state", RunState)
    def test_allows_exactly_what_the_table_lists(self, from_state, to_state):
        assert may_move(from_state=from_state, to_state=to_state) == (to_state in MOVES[from_state])

    @pytest.mark.parametrize("end", [RunState.CONFIRMED, RunState.ABANDONED])
    def test_leads_nowhere_from_an_end(self, end):
        assert MOVES[end] == ()
