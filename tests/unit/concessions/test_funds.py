"""Laws of serving accounts from a fund."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hydria.concessions.domain.discounts import discount_minor
from hydria.concessions.domain.funds import beyond

wanted = st.lists(st.integers(0, 10**9), max_size=30).map(lambda amounts: np.array(amounts, dtype=np.int64))
left = st.integers(-(10**9), 10**10)


class TestBeyond:
    @given(wanted_minor=wanted, left_minor=left)
    def test_never_gives_more_than_is_left(self, wanted_minor, left_minor):
        late = beyond(wanted_minor=wanted_minor, left_minor=left_minor)

        assert wanted_minor[~late].sum() <= max(left_minor, 0)

    @given(wanted_minor=wanted, left_minor=left)
    def test_serves_nobody_behind_the_first_who_is_late(self, wanted_minor, left_minor):
        late = beyond(wanted_minor=wanted_minor, left_minor=left_minor)

        asking = late[wanted_minor > 0]
        assert (np.diff(asking.astype(np.int8)) >= 0).all()

    @given(wanted_minor=wanted, left_minor=left, behind=wanted)
    def test_does_not_depend_on_those_behind(self, wanted_minor, left_minor, behind):
        alone = beyond(wanted_minor=wanted_minor, left_minor=left_minor)
        together = beyond(wanted_minor=np.concatenate([wanted_minor, behind]), left_minor=left_minor)

        assert (together[: len(wanted_minor)] == alone).all()

    @given(wanted_minor=wanted, left_minor=left, more=st.integers(0, 10**9))
    def test_parks_nobody_for_a_larger_budget(self, wanted_minor, left_minor, more):
        late = beyond(wanted_minor=wanted_minor, left_minor=left_minor)
        later = beyond(wanted_minor=wanted_minor, left_minor=left_minor + more)

        assert not (later & ~late).any()


class TestDiscountMinor:
    @given(open_minor=st.integers(0, 10**12), percent_milli=st.integers(0, 100_000))
    def test_is_never_more_than_the_debt_nor_a_cent_off(self, open_minor, percent_milli):
        found = discount_minor(open_minor=open_minor, percent_milli=percent_milli)

        assert 0 <= found <= open_minor
        assert abs(found * 100_000 - open_minor * percent_milli) * 2 <= 100_000
