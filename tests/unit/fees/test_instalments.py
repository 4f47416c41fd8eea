from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hydria.fees.domain.instalments import split_lines
from hydria.fees.domain.states import MOVES, QuotationState, may_move

amounts = st.lists(st.integers(min_value=-(10**12), max_value=10**12), min_size=1, max_size=6)


class TestSplitLines:
    @given(lines_minor=amounts, count=st.integers(min_value=1, max_value=60))
    def test_loses_and_invents_no_cent(self, lines_minor: list[int], count: int):
        parts = split_lines(lines_minor=lines_minor, count=count)

        assert len(parts) == count
        assert [sum(column) for column in zip(*parts, strict=True)] == lines_minor

    @given(lines_minor=amounts, count=st.integers(min_value=1, max_value=60))
    def test_makes_parts_that_differ_by_a_cent_at_most(self, lines_minor: list[int], count: int):
        for column in zip(*split_lines(lines_minor=lines_minor, count=count), strict=True):
            assert max(column) - min(column) <= 1


class TestMayMove:
    def test_knows_three_moves_and_refuses_all_others(self):
        allowed = {(a, b) for a in QuotationState for b in QuotationState if may_move(from_state=a, to_state=b)}

        assert allowed == MOVES
        assert len(MOVES) == 3
