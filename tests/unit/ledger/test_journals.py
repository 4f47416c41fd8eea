from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.ledger.domain.journals import Posting, difference_minor, prefixes_of

balances = st.lists(st.integers(-(10**12), 10**12), max_size=10)


class TestPosting:
    def test_refuses_debit_and_credit_in_one(self):
        with pytest.raises(ValueError, match="a debit or a credit"):
            Posting(route="cash", debit_minor=1, credit_minor=1)

    def test_refuses_a_negative_debit(self):
        with pytest.raises(ValueError, match="a debit or a credit"):
            Posting(route="cash", debit_minor=-1)

    def test_names_one_account(self):
        with pytest.raises(ValueError, match="by route or by code"):
            Posting(route="cash", code="1.1.01")

    @given(balances=balances)
    def test_mirror_undoes(self, balances):
        postings = [Posting.of_balance(route="cash", balance_minor=balance) for balance in balances]

        mirrored = [posting.mirror() for posting in postings]

        assert difference_minor(postings) == sum(balances)
        assert difference_minor(postings + mirrored) == 0


class TestPrefixesOf:
    def test_ends_with_the_first_word(self):
        assert prefixes_of("tax") == ["tax"]
        assert prefixes_of("tax.itbis") == ["tax.itbis", "tax"]

    def test_leads_from_the_whole_route_to_its_first_word(self):
        assert prefixes_of("revenue.water.home") == ["revenue.water.home", "revenue.water", "revenue"]


class TestOfBalance:
    @pytest.mark.parametrize(
        ("balance_minor", "debit_minor", "credit_minor"),
        [(250, 250, 0), (-250, 0, 250), (0, 0, 0), (1, 1, 0), (-1, 0, 1)],
    )
    def test_debits_what_is_positive_and_credits_what_is_negative(self, balance_minor, debit_minor, credit_minor):
        posting = Posting.of_balance(route="cash", balance_minor=balance_minor, description="till 3")

        assert posting == Posting(
            route="cash", debit_minor=debit_minor, credit_minor=credit_minor, description="till 3"
        )
        assert posting.is_empty is (balance_minor == 0)

    def test_needs_no_description(self):
        assert not Posting.of_balance(route="cash", balance_minor=1).description


class TestDifferenceMinor:
    def test_is_debits_less_credits(self):
        postings = [Posting(route="cash", debit_minor=5), Posting(code="1.1", credit_minor=7)]

        assert difference_minor(postings) == -2
        assert difference_minor([]) == 0
