from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.kernel.allotment import settle_in_order

amounts = st.integers(0, 10**6)


class TestSettleInOrder:
    @given(available=amounts, open_amounts=st.lists(amounts, max_size=6))
    def test_loses_and_invents_nothing_and_passes_nobody_over(self, available: int, open_amounts: list[int]) -> None:
        settled = settle_in_order(available=available, open_amounts=open_amounts)

        assert sum(settled) == min(available, sum(open_amounts))
        assert all(0 <= part <= amount for part, amount in zip(settled, open_amounts, strict=True))
        first_short = next((i for i, part in enumerate(settled) if part < open_amounts[i]), len(settled))
        assert not any(settled[first_short + 1 :])

    @pytest.mark.parametrize(("available", "open_amounts"), [(-1, [5]), (5, [3, -1])])
    def test_takes_no_negative_amount(self, available: int, open_amounts: list[int]) -> None:
        with pytest.raises(AssertionError):
            settle_in_order(available=available, open_amounts=open_amounts)
