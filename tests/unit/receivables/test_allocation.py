from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hydria.kernel.allotment import settle_in_order
from hydria.receivables.domain.allocation import OLDEST_DUE_FIRST, OpenItems, SortKey, allocate

rows = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5), st.integers(0, 2), st.integers(1, 10**13)), max_size=12)
rules = st.sampled_from([OLDEST_DUE_FIRST, (SortKey.RANK, SortKey.DUE_DATE), (SortKey.DUE_DATE,), ()])


def items(rows, *, first_id=1):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return OpenItems(
        item_id=np.arange(first_id, first_id + len(rows)),
        account_id=columns[0],
        due_day=columns[1],
        rank=columns[2],
        open_minor=columns[3],
    )


def as_triples(made):
    return list(zip(made.owed_item_id.tolist(), made.held_item_id.tolist(), made.amount_minor.tolist(), strict=True))


class TestAllocate:
    def test_settles_the_oldest_first_and_keeps_the_rest_held(self):
        owed = items([(1, 20, 50, 5_000), (1, 10, 50, 7_000)])
        held = items([(1, 30, 50, 8_000)], first_id=100)

        assert as_triples(allocate(owed=owed, held=held)) == [(2, 100, 7_000), (1, 100, 1_000)]

    def test_settles_surcharges_before_capital_of_the_same_day(self):
        owed = items([(1, 10, 50, 100), (1, 10, 10, 30)])
        held = items([(1, 30, 50, 50)], first_id=100)

        assert as_triples(allocate(owed=owed, held=held)) == [(2, 100, 30), (1, 100, 20)]

    def test_gives_nothing_when_nothing_is_held(self):
        assert as_triples(allocate(owed=items([(1, 1, 1, 5)]), held=items([]))) == []

    def test_gives_nothing_when_nothing_is_owed(self):
        assert as_triples(allocate(owed=items([]), held=items([(1, 1, 1, 5)]))) == []

    @settings(max_examples=150)
    @given(owed_rows=rows, held_rows=rows, rule=rules)
    def test_keeps_the_laws(self, owed_rows, held_rows, rule):
        owed, held = items(owed_rows), items(held_rows, first_id=100)

        made = as_triples(allocate(owed=owed, held=held, rule=rule))

        account_of = dict(zip([*owed.item_id, *held.item_id], [*owed.account_id, *held.account_id], strict=True))
        settled, used = defaultdict(int), defaultdict(int)
        for owed_id, held_id, amount in made:
            assert amount > 0
            assert account_of[owed_id] == account_of[held_id]
            settled[owed_id] += amount
            used[held_id] += amount
        for account_id in {row[0] for row in owed_rows + held_rows}:
            mine = owed.in_order(rule)
            mine_mask = mine.account_id == account_id
            available = int(held.open_minor[held.account_id == account_id].sum())
            expected = settle_in_order(available=available, open_amounts=mine.open_minor[mine_mask].tolist())
            assert [settled[item] for item in mine.item_id[mine_mask].tolist()] == expected
        for item_id, open_minor in zip(held.item_id.tolist(), held.open_minor.tolist(), strict=True):
            assert used[item_id] <= open_minor

    @settings(max_examples=50)
    @given(owed_rows=rows, held_rows=rows)
    def test_gives_many_accounts_at_once_what_each_gets_alone(self, owed_rows, held_rows):
        owed, held = items(owed_rows), items(held_rows, first_id=100)

        together = as_triples(allocate(owed=owed, held=held))

        alone = []
        for account_id in range(1, 5):
            alone += as_triples(allocate(owed=_of(owed, account_id), held=_of(held, account_id)))
        assert together == alone


def _of(items, account_id):
    mask = items.account_id == account_id
    return OpenItems(
        item_id=items.item_id[mask],
        account_id=items.account_id[mask],
        due_day=items.due_day[mask],
        rank=items.rank[mask],
        open_minor=items.open_minor[mask],
    )
