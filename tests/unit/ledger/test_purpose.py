import pytest
from django.utils import translation

from hydria.ledger.models import Journal


class TestPurpose:
    @pytest.mark.parametrize(
        ("language", "purpose"), [("en", "Payment R-7"), ("es", "Cobro R-7"), ("el", "Είσπραξη R-7")]
    )
    def test_is_said_in_the_language_of_the_reader(self, language, purpose):
        journal = Journal(source_kind="payment", description="R-7")

        with translation.override(language):
            assert journal.purpose == purpose

    def test_of_a_journal_by_hand_is_what_the_person_wrote(self):
        assert Journal(source_kind="manual", description="Stock count").purpose == "Stock count"
