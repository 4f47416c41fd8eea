from __future__ import annotations

import dataclasses

import pytest

from hydria.ledger.models import Journal
from hydria.payments import queries
from hydria.payments.domain.tenders import Tendered, TenderKind
from hydria.payments.operations import (
    UnableToCloseSession,
    UnableToOpenSession,
    UnableToSaveTill,
    UnableToTakePayment,
    close_session,
    create_till,
    open_receipt_series,
    open_session,
    reverse_payment,
    take_payment,
)
from hydria.platform.access import SYSTEM, Permission
from hydria.platform.models import Office, User
from money_factories import NOW, TODAY, actor_with, chart_of_accounts, household_with_two_overdue_invoices

pytestmark = pytest.mark.django_db


def cashier(name="maria", *more):
    user = User.objects.create(username=name, full_name=name.title())
    return actor_with(Permission.PAYMENT_TAKE, Permission.PAYMENT_VIEW, *more, user_id=user.pk)


def till(code="T1"):
    return create_till(actor=SYSTEM, code=code, name=f"Till {code}")


def start(actor, at_till, *, float_minor=1_000):
    return open_session(actor=actor, till_id=at_till.pk, opened_at=NOW, float_minor=float_minor)


def close(actor, session, counted_minor):
    return close_session(
        actor=actor, session_id=session.pk, counted_minor=counted_minor, closed_at=NOW, effective_date=TODAY
    )


def pay(actor, session, account, *, cash_minor, card_minor=0, key="k"):
    tenders = [Tendered(kind=TenderKind.CASH, amount_minor=cash_minor)]
    if card_minor:
        tenders.append(Tendered(kind=TenderKind.CARD, amount_minor=card_minor))
    return take_payment(
        actor=actor,
        account_id=account.pk,
        tenders=tenders,
        key=key,
        received_at=NOW,
        effective_date=TODAY,
        session_id=session.pk,
    )


@pytest.fixture
def household():
    chart_of_accounts()
    open_receipt_series(actor=SYSTEM)
    account, _items = household_with_two_overdue_invoices()
    return account


class TestOpenSession:
    def test_gives_the_open_session_again(self):
        maria, first = cashier(), till()

        assert start(maria, first) == start(maria, first)

    def test_refuses_a_till_that_somebody_has_open(self):
        first = till()
        start(cashier("maria"), first)

        with pytest.raises(UnableToOpenSession, match="Maria") as refusal:
            start(cashier("jose"), first)

        assert refusal.value.code == "till_in_use"

    def test_refuses_a_till_of_an_office_that_the_cashier_does_not_work_for(self):
        north, south = (Office.objects.create(code=code, name=code) for code in ("N", "S"))
        at_north = create_till(actor=SYSTEM, code="T1", name="Till 1", office_id=north.pk)

        with pytest.raises(UnableToOpenSession) as refusal:
            start(dataclasses.replace(cashier(), office_id=south.pk), at_north)

        assert refusal.value.code == "till_of_another_office"

    def test_refuses_a_second_till(self):
        maria = cashier()
        start(maria, till("T1"))

        with pytest.raises(UnableToOpenSession) as refusal:
            start(maria, till("T2"))

        assert refusal.value.code == "cashier_elsewhere"

    def test_refuses_a_negative_float(self):
        with pytest.raises(UnableToOpenSession) as refusal:
            start(cashier(), till(), float_minor=-1)

        assert refusal.value.code == "float_negative"

    def test_refuses_a_program(self):
        with pytest.raises(UnableToOpenSession) as refusal:
            start(SYSTEM, till())

        assert refusal.value.code == "not_a_person"


class TestCloseSession:
    def test_expects_float_and_cash_but_no_cards(self, household):
        maria = cashier()
        session = start(maria, till())
        pay(maria, session, household, cash_minor=4_000, card_minor=900)

        closed = close(maria, session, 5_000)

        assert (closed.expected_minor, closed.counted_minor) == (5_000, 5_000)
        assert not Journal.objects.filter(source_kind="till_session").exists()

    def test_posts_what_is_missing(self, household):
        maria = cashier()
        session = start(maria, till())
        pay(maria, session, household, cash_minor=4_000)

        close(maria, session, 4_950)

        journal = Journal.objects.get(source_kind="till_session", source_id=session.pk)
        assert sorted(journal.entries.values_list("ledger_account__route", "debit_minor", "credit_minor")) == [
            ("cash", 0, 50),
            ("till_difference", 50, 0),
        ]

    def test_takes_off_what_the_till_gave_back(self, household):
        maria = cashier("maria", Permission.PAYMENT_REVERSE)
        session = start(maria, till())
        payment = pay(maria, session, household, cash_minor=4_000)
        reverse_payment(
            actor=maria,
            payment_id=payment.pk,
            reason="Wrong account",
            reversed_at=NOW,
            effective_date=TODAY,
            session_id=session.pk,
        )

        assert close(maria, session, 1_000).expected_minor == 1_000

    def test_tells_nobody_what_is_expected_before_the_count(self, household):
        maria = cashier()
        session = start(maria, till())
        pay(maria, session, household, cash_minor=4_000)

        shown = queries.get_session_card(actor=maria, session_id=session.pk)

        assert (shown.payment_count, shown.expected_minor, shown.difference_minor) == (1, None, None)

    def test_changes_nothing_when_repeated_and_refuses_another_count(self):
        maria = cashier()
        session = start(maria, till())
        close(maria, session, 1_000)

        assert close(maria, session, 1_000) == session
        with pytest.raises(UnableToCloseSession) as refusal:
            close(maria, session, 999)

        assert refusal.value.code == "closed_differently"

    def test_refuses_another_cashier_but_not_a_supervisor(self):
        session = start(cashier("maria"), till())

        with pytest.raises(UnableToCloseSession) as refusal:
            close(cashier("jose"), session, 1_000)

        assert refusal.value.code == "session_of_another"
        assert close(cashier("ana", Permission.PAYMENT_REVERSE), session, 1_000).closed_at == NOW

    def test_refuses_a_negative_count(self):
        maria = cashier()
        with pytest.raises(UnableToCloseSession) as refusal:
            close(maria, start(maria, till()), -1)

        assert refusal.value.code == "count_negative"


class TestTakePaymentAtATill:
    def test_refuses_a_closed_session(self, household):
        maria = cashier()
        session = start(maria, till())
        close(maria, session, 1_000)

        with pytest.raises(UnableToTakePayment) as refusal:
            pay(maria, session, household, cash_minor=10)

        assert refusal.value.code == "session_not_open"

    def test_refuses_the_session_of_another(self, household):
        session = start(cashier("maria"), till())

        with pytest.raises(UnableToTakePayment) as refusal:
            pay(cashier("jose"), session, household, cash_minor=10)

        assert refusal.value.code == "session_not_open"


class TestCreateTill:
    def test_refuses_a_code_that_is_taken(self):
        till("T1")

        with pytest.raises(UnableToSaveTill):
            till("T1")


class TestListTakings:
    def test_sums_by_cashier_and_form(self, household):
        maria = cashier()
        session = start(maria, till())
        pay(maria, session, household, cash_minor=4_000, card_minor=900, key="a")
        pay(maria, session, household, cash_minor=100, key="b")

        rows = queries.list_takings(actor=maria, day=TODAY)

        assert [(row.kind, row.payment_count, row.amount_minor) for row in rows] == [
            ("CARD", 1, 900),
            ("CASH", 2, 4_100),
        ]
