from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.payments.domain.tenders import ROUTES, ChangeNotCovered, Tendered, TenderKind, content_hash, give_change

tenders = st.builds(
    Tendered,
    kind=st.sampled_from(TenderKind),
    amount_minor=st.integers(1, 10**9),
    reference=st.text(max_size=5),
)
DAY = datetime.date(2026, 3, 10)


class TestGiveChange:
    def test_takes_the_change_off_cash_only(self):
        tendered = [
            Tendered(kind=TenderKind.CARD, amount_minor=300),
            Tendered(kind=TenderKind.CASH, amount_minor=500),
        ]

        kept, change_minor = give_change(tendered=tendered, due_minor=650)

        assert [tender.amount_minor for tender in kept] == [300, 350]
        assert change_minor == 150

    def test_gives_no_cash_for_a_card(self):
        with pytest.raises(ChangeNotCovered):
            give_change(tendered=[Tendered(kind=TenderKind.CARD, amount_minor=300)], due_minor=299)

    def test_refuses_too_little(self):
        with pytest.raises(ChangeNotCovered):
            give_change(tendered=[Tendered(kind=TenderKind.CASH, amount_minor=300)], due_minor=301)

    @given(tendered=st.lists(tenders, min_size=1, max_size=6), data=st.data())
    def test_keeps_exactly_what_is_due(self, tendered, data):
        given_minor = sum(tender.amount_minor for tender in tendered)
        cash_minor = sum(tender.amount_minor for tender in tendered if tender.kind is TenderKind.CASH)
        due_minor = data.draw(st.integers(given_minor - cash_minor, given_minor))

        kept, change_minor = give_change(tendered=tendered, due_minor=due_minor)

        assert sum(tender.amount_minor for tender in kept) == due_minor
        assert change_minor == given_minor - due_minor
        assert all(tender.amount_minor > 0 for tender in kept)


class TestContentHash:
    @given(tendered=st.lists(tenders, min_size=1, max_size=5), data=st.data())
    def test_does_not_depend_on_order(self, tendered, data):
        shuffled = data.draw(st.permutations(tendered))

        assert content_hash(account_id=1, tenders=tendered, effective_date=DAY) == content_hash(
            account_id=1, tenders=shuffled, effective_date=DAY
        )

    def test_tells_no_choice_from_an_empty_one(self):
        tendered = [Tendered(kind=TenderKind.CASH, amount_minor=300)]

        assert content_hash(account_id=1, tenders=tendered, effective_date=DAY) != content_hash(
            account_id=1, tenders=tendered, effective_date=DAY, item_ids=[]
        )


class TestRoutes:
    def test_know_every_form(self):
        assert set(ROUTES) == set(TenderKind)
