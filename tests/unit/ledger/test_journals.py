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
