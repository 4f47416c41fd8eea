import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing_factories import confirmed, consume, household, month, village
from desk_factories import at_the_desk
from hydria.metering.models import ConsumptionState

pytestmark = pytest.mark.django_db


def billed_twice():
    """Bill a household 10 m3 for January and 15 m3 for February; return its agreement."""
    cycle = village()
    agreement = household()
    for number, quantity_m3 in ((1, 10), (2, 15)):
        period = month(cycle, number)
        consume(agreement, period, quantity_m3)
        confirmed(period)
    return agreement


class TestAccountPage:
    def test_says_why_the_last_invoice_is_higher(self, django_capture_on_commit_callbacks):
        client = at_the_desk("agent")
        agreement = billed_twice()

        page = client.get(f"/accounts/{agreement.account_id}/").text

        assert "RD$100.00 more" in page.replace("\xa0", "").replace("DOP", "RD$")
        assert "5\xa0m³ more was used" in page

    def test_takes_the_same_queries_however_much_was_billed(self):
        client = at_the_desk("agent")
        agreement = billed_twice()
        once = household()

        with CaptureQueriesContext(connection) as of_two:
            client.get(f"/accounts/{agreement.account_id}/")
        with CaptureQueriesContext(connection) as of_none:
            client.get(f"/accounts/{once.account_id}/")

        assert len(of_two) <= 32
        assert len(of_two) - len(of_none) <= 4

    def test_warns_of_a_reading_held_for_review(self):
        client = at_the_desk("agent")
        cycle = village()
        agreement = household()
        consume(agreement, month(cycle), 500, state=ConsumptionState.HELD)

        assert "held for review" in client.get(f"/accounts/{agreement.account_id}/").text

    def test_leaves_out_what_the_reader_may_not_see(self):
        client = at_the_desk("tariff_manager")
        agreement = billed_twice()

        page = client.get(f"/accounts/{agreement.account_id}/").text

        assert "Last invoices" in page
        assert "Overdue" not in page
        assert "Take a payment" not in page

    def test_says_that_there_is_no_such_account(self):
        answer = at_the_desk("agent").get("/accounts/999999/")

        assert answer.status_code == 404
        assert "Nothing here has this number" in answer.text or "There is nothing at this address" in answer.text
