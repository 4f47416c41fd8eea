from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from hydria.ledger import operations
from hydria.ledger.domain.journals import Posting
from hydria.ledger.models import AccountingPeriod, Entry, Journal, LedgerAccount
from hydria.ledger.operations import (
    UnableToClosePeriod,
    UnableToPostJournal,
    UnableToReverseJournal,
    close_period,
    create_chart,
    post_journal,
    post_manual_journal,
    register_closing_check,
    reverse_manual_journal,
)
from hydria.platform.access import SYSTEM, Permission, UnableToPermit
from hydria.platform.transactions import acting
from money_factories import NOW, TODAY, actor_with, chart_of_accounts

pytestmark = pytest.mark.django_db

WATER_SALE = (
    Posting(route="receivable", debit_minor=1_000),
    Posting(route="revenue.water", credit_minor=1_000),
)


def post(*, source_id=1, effective_date=TODAY, postings=WATER_SALE):
    with acting(SYSTEM):
        return post_journal(
            source_kind="billing_run",
            source_id=source_id,
            effective_date=effective_date,
            description="Run",
            postings=postings,
            posted_by="system",
        )


class TestPostJournal:
    def test_posts_the_same_source_once(self):
        chart_of_accounts()

        first, again = post(), post()

        assert first == again
        assert Entry.objects.count() == 2

    def test_refuses_a_changed_repeat(self):
        chart_of_accounts()
        post()

        with pytest.raises(UnableToPostJournal) as refusal:
            post(postings=[posting.mirror() for posting in WATER_SALE])

        assert refusal.value.code == "source_posted_differently"

    def test_refuses_what_does_not_balance(self):
        chart_of_accounts()

        with pytest.raises(UnableToPostJournal) as refusal:
            post(postings=[*WATER_SALE, Posting(route="cash", debit_minor=1)])

        assert (refusal.value.code, refusal.value.data["difference_minor"]) == ("journal_unbalanced", 1)

    def test_refuses_an_unknown_route_by_name(self):
        chart_of_accounts()

        with pytest.raises(UnableToPostJournal) as refusal:
            post(postings=[Posting(route="wine", debit_minor=1), Posting(route="cash", credit_minor=1)])

        assert (refusal.value.code, refusal.value.data["account"]) == ("route_unknown", "wine")

    def test_posts_a_finer_route_to_the_word_above(self):
        chart_of_accounts()

        journal = post(
            postings=[
                Posting(route="receivable", debit_minor=5),
                Posting(route="revenue.water.industrial", credit_minor=5),
            ]
        )

        assert journal.entries.filter(ledger_account__route="revenue.water").exists()

    def test_posts_nothing_when_all_is_zero(self):
        assert post(postings=[Posting(route="cash")]) is None

    def test_gives_a_late_document_the_open_month_and_keeps_its_day(self):
        chart_of_accounts()
        post(source_id=1, effective_date=datetime.date(2026, 1, 15))
        close_period(actor=SYSTEM, month=datetime.date(2026, 1, 1), closed_at=NOW)

        late = post(source_id=2, effective_date=datetime.date(2026, 1, 20))

        assert late.period.month == datetime.date(2026, 2, 1)
        assert late.effective_date == datetime.date(2026, 1, 20)


class TestDatabase:
    def test_refuses_an_unbalanced_journal_at_commit(self):
        chart_of_accounts()
        journal = post()

        with pytest.raises(IntegrityError, match="is out by 7"), transaction.atomic():
            Entry.objects.create(journal=journal, ledger_account=LedgerAccount.objects.get(route="cash"), debit_minor=7)
            connection.check_constraints()

    def test_refuses_a_journal_without_entries_at_commit(self):
        period = AccountingPeriod.objects.create(month=TODAY.replace(day=1))

        with pytest.raises(IntegrityError, match="has 0 entries"), transaction.atomic():
            Journal.objects.create(
                source_kind="x", source_id=1, period=period, effective_date=TODAY, description="", posted_by=""
            )
            connection.check_constraints()

    @pytest.mark.parametrize("table", ["ledger_journal", "ledger_entry"])
    @pytest.mark.parametrize("statement", ["UPDATE {} SET description = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_refuses_to_change_what_is_posted(self, table, statement):
        chart_of_accounts()
        post()
        connection.check_constraints()

        with pytest.raises(IntegrityError, match="is never changed"), connection.cursor() as cursor:
            cursor.execute(statement.format(table))


class TestCreateChart:
    @pytest.mark.parametrize("language", ["en", "es", "el"])
    def test_adds_only_what_is_missing(self, language):
        first = create_chart(actor=SYSTEM, language=language)

        assert first > 20
        assert create_chart(actor=SYSTEM, language=language) == 0

    def test_refuses_a_language_without_names(self):
        with pytest.raises(operations.UnableToCreateChart):
            create_chart(actor=SYSTEM, language="ja")


class TestPostManualJournal:
    def post_by_hand(self, *, actor=SYSTEM, description="Bank charges", postings=None, request_id=77):
        chart_of_accounts()
        return post_manual_journal(
            actor=actor,
            request_id=request_id,
            effective_date=TODAY,
            description=description,
            postings=postings or [Posting(code="5.1.04", debit_minor=300), Posting(code="1.1.02", credit_minor=300)],
        )

    def test_posts_once_when_the_form_is_sent_twice(self):
        assert self.post_by_hand() == self.post_by_hand()

    def test_refuses_who_may_not(self):
        with pytest.raises(UnableToPermit):
            self.post_by_hand(actor=actor_with(Permission.LEDGER_VIEW))

    def test_refuses_the_control_account(self):
        with pytest.raises(UnableToPostJournal) as refusal:
            self.post_by_hand(postings=[Posting(code="1.2.01", debit_minor=1), Posting(code="1.1.01", credit_minor=1)])

        assert refusal.value.code == "control_account"

    def test_refuses_to_post_without_saying_why(self):
        with pytest.raises(UnableToPostJournal) as refusal:
            self.post_by_hand(description=" ")

        assert refusal.value.code == "description_missing"

    def test_is_undone_by_its_mirror_once(self):
        journal = self.post_by_hand()

        mirror = reverse_manual_journal(actor=SYSTEM, journal_id=journal.pk, reason="Twice", effective_date=TODAY)
        again = reverse_manual_journal(actor=SYSTEM, journal_id=journal.pk, reason="Twice", effective_date=TODAY)

        assert mirror == again
        assert sorted(mirror.entries.values_list("ledger_account__code", "debit_minor", "credit_minor")) == [
            ("1.1.02", 300, 0),
            ("5.1.04", 0, 300),
        ]

    def test_is_undone_within_the_limit_only(self):
        journal = self.post_by_hand()
        junior = actor_with(Permission.LEDGER_POST, limit_minor=299)

        with pytest.raises(UnableToPermit) as refusal:
            reverse_manual_journal(actor=junior, journal_id=journal.pk, reason="Twice", effective_date=TODAY)

        assert refusal.value.code == "amount_above_limit"

    def test_leaves_the_journals_of_documents_to_their_documents(self):
        chart_of_accounts()
        journal = post()

        with pytest.raises(UnableToReverseJournal) as refusal:
            reverse_manual_journal(actor=SYSTEM, journal_id=journal.pk, reason="No", effective_date=TODAY)

        assert refusal.value.code == "journal_has_a_source"


class TestClosePeriod:
    def close(self, month, **changes):
        return close_period(actor=changes.get("actor", SYSTEM), month=month, closed_at=changes.get("closed_at", NOW))

    def test_advances_exactly_one_month(self):
        chart_of_accounts()
        post(effective_date=datetime.date(2026, 1, 15))

        self.close(datetime.date(2026, 1, 1))
        self.close(datetime.date(2026, 1, 1))

        months = AccountingPeriod.objects.order_by("month").values_list("month", "closed_by")
        assert list(months) == [(datetime.date(2026, 1, 1), "system"), (datetime.date(2026, 2, 1), "")]

    def test_refuses_while_an_earlier_month_is_open(self):
        chart_of_accounts()
        post(source_id=1, effective_date=datetime.date(2026, 1, 15))
        post(source_id=2, effective_date=datetime.date(2026, 2, 15))

        with pytest.raises(UnableToClosePeriod) as refusal:
            self.close(datetime.date(2026, 2, 1))

        assert refusal.value.code == "earlier_month_open"

    def test_refuses_a_month_that_is_not_over(self):
        chart_of_accounts()
        post(effective_date=TODAY)

        with pytest.raises(UnableToClosePeriod) as refusal:
            self.close(TODAY)

        assert refusal.value.code == "month_not_over"

    def test_refuses_a_month_without_journals(self):
        with pytest.raises(UnableToClosePeriod) as refusal:
            self.close(datetime.date(2025, 1, 1))

        assert refusal.value.code == "period_unknown"

    def test_refuses_while_another_context_holds_it_back(self, monkeypatch):
        monkeypatch.setattr(operations, "_closing_checks", [])
        register_closing_check(lambda span: [f"Cycle 3 is not billed for {span.start_date:%Y-%m}."])
        chart_of_accounts()
        post(effective_date=datetime.date(2026, 1, 15))

        with pytest.raises(UnableToClosePeriod) as refusal:
            self.close(datetime.date(2026, 1, 1))

        assert refusal.value.data["reasons"] == ["Cycle 3 is not billed for 2026-01."]

    def test_refuses_who_may_not(self):
        with pytest.raises(UnableToPermit):
            self.close(TODAY, actor=actor_with(Permission.LEDGER_POST))
