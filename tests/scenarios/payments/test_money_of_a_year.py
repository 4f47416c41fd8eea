"""A household's money over months: advance, invoices, credit used by itself, a late reversal, months closed."""

from __future__ import annotations

import datetime

import pytest

import billing_factories as given
from hydria.ledger.models import AccountingPeriod, Journal
from hydria.ledger.operations import UnableToClosePeriod, close_period
from hydria.payments.domain.tenders import Tendered, TenderKind
from hydria.payments.operations import open_receipt_series, reverse_payment, take_payment
from hydria.platform.access import SYSTEM
from hydria.receivables import queries as receivables
from hydria.verification.queries import verify

pytestmark = pytest.mark.django_db


def at(day):
    return datetime.datetime.combine(day, datetime.time(9), tzinfo=datetime.UTC)


def pay(account_id, amount_minor, *, day):
    return take_payment(
        actor=SYSTEM,
        account_id=account_id,
        tenders=[Tendered(kind=TenderKind.TRANSFER, amount_minor=amount_minor)],
        key=f"{account_id}:{day}",
        received_at=at(day),
        effective_date=day,
    )


def bill_month(cycle, agreement, number, quantity_m3):
    period = given.month(cycle, number)
    given.consume(agreement, period, quantity_m3)
    given.confirmed(period)
    return period


def standing(account_id, *, today):
    balance = receivables.get_balance(account_id=account_id, today=today)
    return balance.owed_minor, balance.held_minor


class TestAYearOfMoney:
    def test_an_advance_pays_the_next_invoices_by_itself_and_its_reversal_opens_them(self):
        cycle = given.village()
        open_receipt_series(actor=SYSTEM)
        home = given.household()
        account_id = home.account_id
        advance = pay(account_id, 50_000, day=datetime.date(2026, 1, 5))

        january = bill_month(cycle, home, 1, 15)
        owed_minor, held_minor = standing(account_id, today=january.issue_date)
        january_minor = 50_000 - held_minor
        assert (owed_minor, january_minor > 0) == (0, True)

        february = bill_month(cycle, home, 2, 30)
        owed_minor, held_minor = standing(account_id, today=february.issue_date)
        assert held_minor == 0
        february_minor = 50_000 - january_minor + owed_minor

        reverse_payment(
            actor=SYSTEM,
            payment_id=advance.pk,
            reason="The bank took it back",
            reversed_at=at(february.due_date),
            effective_date=february.due_date,
        )

        assert standing(account_id, today=february.due_date) == (january_minor + february_minor, 0)
        assert [outcome for outcome in verify() if outcome.violations] == []

    def test_a_month_closes_once_everything_in_it_is_billed_and_late_money_takes_the_next(self):
        cycle = given.village()
        open_receipt_series(actor=SYSTEM)
        home = given.household()
        january = given.month(cycle, 1)
        given.consume(home, january, 15)
        pay(home.account_id, 1_000, day=january.issue_date)
        month = january.issue_date.replace(day=1)
        long_after = at(month + datetime.timedelta(days=70))

        with pytest.raises(UnableToClosePeriod, match="is not billed") as refusal:
            close_period(actor=SYSTEM, month=month, closed_at=long_after)
        given.confirmed(january)
        close_period(actor=SYSTEM, month=month, closed_at=long_after)
        late = pay(home.account_id, 500, day=january.issue_date + datetime.timedelta(days=1))

        assert refusal.value.code == "closing_check"
        journal = Journal.objects.get(source_kind="payment", source_id=late.pk)
        assert journal.effective_date == january.issue_date + datetime.timedelta(days=1)
        assert journal.period.month > month
        assert AccountingPeriod.objects.filter(closed_at=None).count() == 1
        assert [outcome for outcome in verify() if outcome.violations] == []
