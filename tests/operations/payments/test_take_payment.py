from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, connection

from hydria.ledger.models import Entry, Journal
from hydria.payments import queries
from hydria.payments.domain.tenders import Tendered, TenderKind
from hydria.payments.models import Payment, PaymentBatch
from hydria.payments.operations import (
    PaymentRow,
    RowStatus,
    UnableToReversePayment,
    UnableToTakePayment,
    UnableToTakePayments,
    open_receipt_series,
    reverse_payment,
    take_payment,
    take_payments,
)
from hydria.platform.access import SYSTEM, Permission, UnableToPermit
from hydria.platform.models import NumberSeries
from hydria.platform.transactions import acting
from hydria.receivables import queries as receivables_queries
from hydria.receivables.models import OpenItem
from hydria.receivables.operations import apply_credits
from money_factories import (
    NOW,
    TODAY,
    account,
    actor_with,
    chart_of_accounts,
    household_with_two_overdue_invoices,
    post_invoice,
)

pytestmark = pytest.mark.django_db


def cash(amount_minor):
    return Tendered(kind=TenderKind.CASH, amount_minor=amount_minor)


def card(amount_minor, reference="AUTH-1"):
    return Tendered(kind=TenderKind.CARD, amount_minor=amount_minor, reference=reference)


def pay(account_id, *tenders, key="k-1", actor=SYSTEM, effective_date=TODAY, **changes):
    return take_payment(
        actor=actor,
        account_id=account_id,
        tenders=tenders,
        key=key,
        received_at=NOW,
        effective_date=effective_date,
        **changes,
    )


def reverse(payment, *, reason="Wrong account", actor=SYSTEM, **changes):
    return reverse_payment(
        actor=actor, payment_id=payment.pk, reason=reason, reversed_at=NOW, effective_date=TODAY, **changes
    )


def open_items(account_id):
    return dict(OpenItem.objects.filter(account_id=account_id).values_list("item_id", "open_minor"))


@pytest.fixture
def household():
    chart_of_accounts()
    open_receipt_series(actor=SYSTEM)
    return household_with_two_overdue_invoices()


class TestTakePayment:
    def test_settles_the_oldest_debts_and_posts_by_tender(self, household):
        account, (_first, second) = household

        payment = pay(account.pk, cash(4_000), card(3_000))

        assert payment.receipt_code == "R-00000001"
        assert open_items(account.pk) == {second: 5_000}
        journal = Journal.objects.get(source_kind="payment", source_id=payment.pk)
        assert sorted(journal.entries.values_list("ledger_account__route", "debit_minor", "credit_minor")) == [
            ("card_clearing", 3_000, 0),
            ("cash", 4_000, 0),
            ("receivable", 0, 7_000),
        ]
        assert receivables_queries.list_control_differences() == []

    def test_keeps_what_exceeds_the_debts_for_the_next_invoice(self, household):
        account, _items = household

        pay(account.pk, cash(15_000))

        balance = receivables_queries.get_balance(account_id=account.pk, today=TODAY)
        assert (balance.owed_minor, balance.held_minor) == (0, 3_000)

    def test_settles_only_the_debts_that_were_chosen(self, household):
        account, (first, second) = household

        pay(account.pk, cash(7_000), item_ids=[second])

        assert open_items(account.pk) == {first: 5_000}

    def test_gives_the_same_payment_to_a_repeated_request(self, household):
        account, _items = household

        first = pay(account.pk, cash(100), card(50))
        again = pay(account.pk, card(50), cash(100))

        assert first == again
        assert Payment.objects.count() == 1
        assert NumberSeries.objects.get(code="receipt").next_number == 2

    @pytest.mark.parametrize(
        "change", [{"tenders": [cash(101)]}, {"effective_date": datetime.date(2026, 3, 9)}, {"item_ids": []}]
    )
    def test_refuses_a_changed_request_under_a_used_key(self, household, change):
        account, _items = household
        pay(account.pk, cash(100))

        with pytest.raises(UnableToTakePayment) as refusal:
            pay(account.pk, *change.pop("tenders", [cash(100)]), **change)

        assert refusal.value.code == "key_reused"
        assert refusal.value.data["receipt_code"] == "R-00000001"

    def test_refuses_debts_that_somebody_has_just_paid(self, household):
        account, (first, _second) = household
        pay(account.pk, cash(5_000), item_ids=[first])

        with pytest.raises(UnableToTakePayment) as refusal:
            pay(account.pk, cash(5_000), item_ids=[first], key="k-2")

        assert refusal.value.code == "items_settled"
        assert refusal.value.data["settled_by"] == ["R-00000001"]
        assert Payment.objects.count() == 1

    def test_refuses_debts_of_another_account(self, household):
        _account, (first, _second) = household
        stranger = account()

        with pytest.raises(UnableToTakePayment) as refusal:
            pay(stranger.pk, cash(5_000), item_ids=[first])

        assert refusal.value.code == "item_unknown"

    def test_refuses_who_may_not(self, household):
        account, _items = household

        with pytest.raises(UnableToPermit):
            pay(account.pk, cash(100), actor=actor_with(Permission.PAYMENT_VIEW))

    def test_refuses_an_amount_above_the_limit(self, household):
        account, _items = household

        with pytest.raises(UnableToPermit) as refusal:
            pay(account.pk, cash(100), actor=actor_with(Permission.PAYMENT_TAKE, limit_minor=99))

        assert refusal.value.code == "amount_above_limit"

    @pytest.mark.parametrize(
        ("tenders", "key", "code"),
        [
            ([], "k", "tender_missing"),
            ([cash(0)], "k", "amount_not_positive"),
            ([cash(100), card(-5)], "k", "amount_not_positive"),
            ([cash(100)], "", "key_missing"),
            ([cash(100)], "k" * 121, "key_missing"),
        ],
    )
    def test_refuses_what_is_no_payment(self, household, tenders, key, code):
        account, _items = household

        with pytest.raises(UnableToTakePayment) as refusal:
            pay(account.pk, *tenders, key=key)

        assert refusal.value.code == code

    def test_refuses_an_account_that_does_not_exist(self, household):
        with pytest.raises(UnableToTakePayment) as refusal:
            pay(424_242, cash(100))

        assert refusal.value.code == "account_unknown"

    def test_uses_no_receipt_number_when_refused(self, household):
        account, (first, _second) = household
        pay(account.pk, cash(5_000), item_ids=[first])
        with pytest.raises(UnableToTakePayment):
            pay(account.pk, cash(5_000), item_ids=[first], key="k-2")

        assert pay(account.pk, cash(5_000), key="k-3").receipt_code == "R-00000002"

    def test_refuses_a_day_to_come(self, household):
        account, _items = household

        with pytest.raises(UnableToTakePayment) as refusal:
            pay(account.pk, cash(5_000), effective_date=NOW.date() + datetime.timedelta(days=2))

        assert refusal.value.code == "date_in_future"


class TestReversePayment:
    def test_restores_exactly_what_was_open(self, household):
        account, _items = household
        before = open_items(account.pk)
        payment = pay(account.pk, cash(6_000))

        mirror = reverse(payment)

        assert open_items(account.pk) == before
        assert mirror.reverses_id == payment.pk
        assert receivables_queries.list_control_differences() == []
        sums = Entry.objects.filter(
            journal__source_kind__in=["payment", "payment_reversal"], ledger_account__route="cash"
        ).values_list("debit_minor", "credit_minor")
        assert sorted(sums) == [(0, 6_000), (6_000, 0)]

    def test_gives_the_same_mirror_when_repeated(self, household):
        account, _items = household
        payment = pay(account.pk, cash(6_000))

        assert reverse(payment) == reverse(payment)
        assert Payment.objects.count() == 2

    def test_opens_later_invoices_that_the_remainder_paid(self, household):
        account, _items = household
        payment = pay(account.pk, cash(20_000))
        later = post_invoice(account.pk, 3_000, due_date=datetime.date(2026, 4, 20))
        with acting(SYSTEM):
            apply_credits(effective_date=TODAY)
        assert later not in open_items(account.pk)

        reverse(payment)

        assert open_items(account.pk)[later] == 3_000

    def test_cannot_be_held_back_by_a_payment_under_its_key(self, household):
        account, _items = household
        payment = pay(account.pk, cash(6_000))

        with pytest.raises(UnableToTakePayment) as refusal:
            pay(account.pk, cash(1), key=f"reversal:{payment.pk}")

        assert refusal.value.code == "key_missing"

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_refuses_without_a_reason(self, household, reason):
        account, _items = household
        payment = pay(account.pk, cash(6_000))

        with pytest.raises(UnableToReversePayment) as refusal:
            reverse(payment, reason=reason)

        assert refusal.value.code == "reason_missing"

    def test_refuses_to_reverse_a_reversal(self, household):
        account, _items = household
        mirror = reverse(pay(account.pk, cash(6_000)))

        with pytest.raises(UnableToReversePayment) as refusal:
            reverse(mirror)

        assert refusal.value.code == "is_a_reversal"

    def test_refuses_who_may_not(self, household):
        account, _items = household
        payment = pay(account.pk, cash(6_000))

        with pytest.raises(UnableToPermit):
            reverse(payment, actor=actor_with(Permission.PAYMENT_TAKE))


class TestTakePayments:
    def rows(self, account_id, *amounts, prefix="file-7"):
        return [
            PaymentRow(
                key=f"{prefix}:{index}",
                account_id=account_id,
                amount_minor=amount,
                kind=TenderKind.TRANSFER,
                received_at=NOW,
            )
            for index, amount in enumerate(amounts)
        ]

    def take(self, rows, *, key="file-7", actor=SYSTEM):
        return take_payments(actor=actor, key=key, rows=rows, effective_date=TODAY)

    def test_takes_the_good_rows_and_names_what_is_wrong_with_the_others(self, household):
        household_account, (_first, second) = household
        rows = [
            *self.rows(household_account.pk, 5_000, 0, 1_000),
            PaymentRow(key="x", account_id=424_242, amount_minor=5, kind=TenderKind.CASH, received_at=NOW),
        ]

        outcomes = self.take(rows)

        assert [(outcome.status, outcome.code) for outcome in outcomes] == [
            (RowStatus.TAKEN, ""),
            (RowStatus.REFUSED, "amount_not_positive"),
            (RowStatus.TAKEN, ""),
            (RowStatus.REFUSED, "account_unknown"),
        ]
        assert open_items(household_account.pk) == {second: 6_000}
        assert Journal.objects.filter(source_kind="payment_batch").count() == 1
        assert receivables_queries.list_control_differences() == []

    def test_pays_nothing_twice_when_the_file_comes_again(self, household):
        account, _items = household
        first = self.take(self.rows(account.pk, 5_000, 300))

        again = self.take(self.rows(account.pk, 5_000, 300))

        assert [outcome.status for outcome in again] == [RowStatus.REPEATED] * 2
        assert [outcome.payment_id for outcome in again] == [outcome.payment_id for outcome in first]
        assert Payment.objects.count() == 2

    def test_pays_nothing_twice_when_a_row_comes_in_another_file(self, household):
        account, _items = household
        self.take(self.rows(account.pk, 5_000))

        outcomes = self.take(self.rows(account.pk, 5_000, 300), key="file-8")

        assert [outcome.status for outcome in outcomes] == [RowStatus.REPEATED, RowStatus.TAKEN]

    def test_refuses_a_changed_row_under_a_used_key(self, household):
        account, _items = household
        self.take(self.rows(account.pk, 5_000))

        (outcome,) = self.take(self.rows(account.pk, 5_001), key="file-8")

        assert (outcome.status, outcome.code) == (RowStatus.REFUSED, "key_reused")

    def test_refuses_a_changed_file_under_a_used_key(self, household):
        account, _items = household
        self.take(self.rows(account.pk, 5_000))

        with pytest.raises(UnableToTakePayments) as refusal:
            self.take(self.rows(account.pk, 5_000, 1))

        assert refusal.value.code == "key_reused"

    def test_takes_two_identical_lines_with_their_own_keys_twice(self, household):
        account, _items = household

        outcomes = self.take(self.rows(account.pk, 700, 700))

        assert [outcome.status for outcome in outcomes] == [RowStatus.TAKEN] * 2

    def test_takes_a_key_that_stands_twice_in_one_file_once(self, household):
        account, _items = household

        outcomes = self.take(self.rows(account.pk, 700) * 2)

        assert [outcome.status for outcome in outcomes] == [RowStatus.TAKEN, RowStatus.REPEATED]

    def test_refuses_rows_above_the_limit_of_the_actor(self, household):
        account, _items = household

        outcomes = self.take(
            self.rows(account.pk, 700, 701), actor=actor_with(Permission.PAYMENT_TAKE, limit_minor=700)
        )

        assert [outcome.code for outcome in outcomes] == ["", "amount_above_limit"]

    def test_records_nothing_when_no_row_is_good(self, household):
        account, _items = household

        self.take(self.rows(account.pk, 0))

        assert PaymentBatch.objects.count() == 1
        assert not Payment.objects.exists()

    def test_refuses_a_batch_without_bound(self, household, monkeypatch):
        account, _items = household
        monkeypatch.setattr("hydria.payments.operations.BATCH_ROWS_MAX", 1)

        with pytest.raises(UnableToTakePayments) as refusal:
            self.take(self.rows(account.pk, 1, 2))

        assert refusal.value.code == "batch_too_large"

    def test_payments_of_a_batch_are_reversed_one_by_one(self, household):
        account, _items = household
        before = open_items(account.pk)
        outcomes = self.take(self.rows(account.pk, 5_000, 300))

        for outcome in outcomes:
            reverse(Payment.objects.get(pk=outcome.payment_id))

        assert open_items(account.pk) == before
        assert receivables_queries.list_control_differences() == []


class TestGetPaymentCard:
    def test_shows_what_was_settled_and_what_is_held(self, household):
        account, _items = household
        payment = pay(account.pk, cash(12_500))

        shown = queries.get_payment_card(actor=SYSTEM, payment_id=payment.pk)

        assert [settlement.amount_minor for settlement in shown.settlements] == [5_000, 7_000]
        assert shown.held_minor == 500
        assert shown.reversed_by_id is None

    def test_says_the_balance_as_it_was_when_the_money_came(self, household):
        account, _items = household
        payment = pay(account.pk, cash(2_000))
        mirror = reverse(payment)

        first, second = (queries.get_payment_card(actor=SYSTEM, payment_id=item.pk) for item in (payment, mirror))

        assert (first.balance_after_minor, second.balance_after_minor) == (10_000, 12_000)

    def test_shows_a_reversed_payment_with_its_mirror(self, household):
        account, _items = household
        payment = pay(account.pk, cash(12_500))
        mirror = reverse(payment)

        shown = queries.get_payment_card(actor=SYSTEM, payment_id=payment.pk)

        assert (shown.settlements, shown.held_minor, shown.reversed_by_id) == ((), 0, mirror.pk)
        assert queries.get_payment_card(actor=SYSTEM, payment_id=mirror.pk).reverses_id == payment.pk

    def test_needs_the_permission(self, household):
        account, _items = household
        payment = pay(account.pk, cash(1))

        with pytest.raises(UnableToPermit):
            queries.get_payment_card(actor=actor_with(Permission.PAYMENT_TAKE), payment_id=payment.pk)


class TestDatabase:
    @pytest.mark.parametrize("table", ["payments_payment", "payments_tender", "payments_paymentbatch"])
    @pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_refuses_to_change_what_is_posted(self, household, table, statement):
        account, _items = household
        take_payments(
            actor=SYSTEM,
            key="file-1",
            rows=TestTakePayments().rows(account.pk, 10),
            effective_date=TODAY,
        )
        connection.check_constraints()

        with pytest.raises(IntegrityError, match="is never changed"), connection.cursor() as cursor:
            cursor.execute(statement.format(table))
