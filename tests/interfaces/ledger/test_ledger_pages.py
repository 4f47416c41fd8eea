from __future__ import annotations

import pytest
from django.urls import reverse

from hydria.ledger.models import Journal
from hydria.platform.access import Permission
from hydria.platform.models import Company, Role, User
from money_factories import chart_of_accounts, household_with_two_overdue_invoices

pytestmark = pytest.mark.django_db

YEAR = {"since": "2026-01-01", "until": "2026-12-31"}


def log_in(client, *permissions):
    role = Role.objects.create(code="some", name="Some", permissions=[str(item) for item in permissions])
    user = User.objects.create_user("ana", "a-long-password", full_name="Ana")
    user.roles.add(role)
    client.force_login(user)


@pytest.fixture
def books():
    Company.objects.create(id=1, name="Aguas", currency="DOP", country="DO", language="en", timezone="UTC")
    chart_of_accounts()
    household_with_two_overdue_invoices()


class TestTrialBalance:
    def test_balances_and_opens_its_accounts(self, client, books, django_assert_max_num_queries):
        log_in(client, Permission.LEDGER_VIEW)

        with django_assert_max_num_queries(10):
            page = client.get(reverse("trial_balance"), YEAR).content.decode()

        assert "Debits equal credits" in page
        account_id = Journal.objects.first().entries.first().ledger_account_id
        assert reverse("ledger_account", args=[account_id]) in page

    @pytest.mark.parametrize(
        "asked", [{"since": "x"}, {"until": "2026-02-30"}, {"since": "2027-01-01"}, {"until": "9999-12-31"}]
    )
    def test_survives_days_that_are_none(self, client, books, asked):
        log_in(client, Permission.LEDGER_VIEW)

        assert client.get(reverse("trial_balance"), asked).status_code == 200


class TestLedgerAccount:
    def test_runs_its_balance(self, client, books):
        log_in(client, Permission.LEDGER_VIEW)
        account_id = Journal.objects.first().entries.get(ledger_account__route="receivable").ledger_account_id

        page = client.get(reverse("ledger_account", args=[account_id]), YEAR | {"since": "2025-12-01"}).content.decode()

        assert "120.00" in page

    @pytest.mark.parametrize("page", ["0", "²", "-1", "9" * 40, "x"])
    def test_survives_pages_that_are_none(self, client, books, page):
        log_in(client, Permission.LEDGER_VIEW)
        account_id = Journal.objects.first().entries.first().ledger_account_id

        assert client.get(reverse("ledger_account", args=[account_id]), {"page": page}).status_code == 200


class TestJournals:
    def test_lists_and_shows_them(self, client, books):
        log_in(client, Permission.LEDGER_VIEW)
        journal = Journal.objects.first()

        assert reverse("journal", args=[journal.pk]) in client.get(reverse("journals")).content.decode()
        assert "revenue" not in client.get(reverse("journal", args=[journal.pk])).content.decode()

    def test_posts_by_hand_once(self, client, books):
        log_in(client, Permission.LEDGER_VIEW, Permission.LEDGER_POST)
        form = {
            "request_id": 77,
            "effective_date": "2026-03-10",
            "description": "Bank charges",
            "account_1": "5.1.04",
            "debit_1": "3.00",
            "account_2": "1.1.02",
            "credit_2": "3.00",
        }

        client.post(reverse("journal_new"), form)
        page = client.post(reverse("journal_new"), form, follow=True).content.decode()

        assert Journal.objects.filter(source_kind="manual").count() == 1
        assert "Bank charges" in page

    @pytest.mark.parametrize(
        "change",
        [
            {"credit_2": "4.00"},
            {"account_2": ""},
            {"description": ""},
            {"account_2": "1.2.01"},
            {"effective_date": "x"},
        ],
    )
    def test_refuses_and_keeps_what_was_typed(self, client, books, change):
        log_in(client, Permission.LEDGER_VIEW, Permission.LEDGER_POST)
        form = {
            "request_id": 77,
            "effective_date": "2026-03-10",
            "description": "Bank charges",
            "account_1": "5.1.04",
            "debit_1": "3.00",
            "account_2": "1.1.02",
            "credit_2": "3.00",
        }

        response = client.post(reverse("journal_new"), form | change)

        assert response.status_code == 422
        assert 'value="3.00"' in response.content.decode()


class TestPeriods:
    def test_closes_the_oldest_month(self, client, books):
        log_in(client, Permission.LEDGER_VIEW, Permission.LEDGER_CLOSE)

        assert "Close the month" in client.get(reverse("periods")).content.decode()
        page = client.post(reverse("period_close", args=[2025, 12]), follow=True).content.decode()

        assert "The month is closed" in page

    def test_knows_no_thirteenth_month(self, client, books):
        log_in(client, Permission.LEDGER_CLOSE)

        assert client.get(reverse("period_close", args=[2026, 13])).status_code == 404

    def test_says_why_a_month_cannot_be_closed(self, client, books):
        log_in(client, Permission.LEDGER_VIEW, Permission.LEDGER_CLOSE)

        response = client.post(reverse("period_close", args=[2026, 1]))

        assert response.status_code == 422
        assert "An earlier month is still open" in response.content.decode()


PAGES = {
    "trial_balance": (Permission.LEDGER_VIEW, []),
    "ledger_account": (Permission.LEDGER_VIEW, [1]),
    "journals": (Permission.LEDGER_VIEW, []),
    "journal": (Permission.LEDGER_VIEW, [1]),
    "journal_new": (Permission.LEDGER_POST, []),
    "journal_reverse": (Permission.LEDGER_POST, [1]),
    "periods": (Permission.LEDGER_VIEW, []),
    "period_close": (Permission.LEDGER_CLOSE, [2026, 1]),
}


class TestPermissions:
    @pytest.mark.parametrize("name", PAGES)
    def test_every_page_is_closed_to_those_without_its_permission(self, client, name):
        permission, arguments = PAGES[name]
        log_in(client, *(item for item in Permission if item is not permission))

        assert client.get(reverse(name, args=arguments)).status_code == 403
