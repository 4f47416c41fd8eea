"""Two real connections at once, and an end in the middle: what the locks and the transaction promise."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from hydria.kernel.errors import UnableTo
from hydria.ledger.models import Journal
from hydria.payments import operations
from hydria.payments.domain.tenders import Tendered, TenderKind
from hydria.payments.models import Payment
from hydria.payments.operations import (
    PaymentRow,
    RowStatus,
    open_receipt_series,
    reverse_payment,
    take_payment,
    take_payments,
)
from hydria.platform.access import SYSTEM
from hydria.receivables import queries as receivables_queries
from hydria.receivables.models import Item
from money_factories import NOW, TODAY, chart_of_accounts, household_with_two_overdue_invoices

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def household():
    chart_of_accounts()
    open_receipt_series(actor=SYSTEM)
    return household_with_two_overdue_invoices()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run acts in threads of their own that start together; a refusal is an answer like any other."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return act()
        except UnableTo as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def pay(account_id, amount_minor, *, key, item_ids=None):
    return take_payment(
        actor=SYSTEM,
        account_id=account_id,
        tenders=[Tendered(kind=TenderKind.CASH, amount_minor=amount_minor)],
        key=key,
        received_at=NOW,
        effective_date=TODAY,
        item_ids=item_ids,
    )


class TestTwoCashiers:
    def test_paying_the_same_invoice_gives_one_payment_and_one_reason(self, household):
        account, (first, _second) = household

        outcomes = at_once(
            lambda: pay(account.pk, 5_000, key="a", item_ids=[first]),
            lambda: pay(account.pk, 5_000, key="b", item_ids=[first]),
        )

        taken = [outcome for outcome in outcomes if isinstance(outcome, Payment)]
        refused = [outcome for outcome in outcomes if isinstance(outcome, UnableTo)]
        assert (len(taken), [refusal.code for refusal in refused]) == (1, ["items_settled"])
        assert refused[0].data["settled_by"] == [taken[0].receipt_code]

    def test_paying_by_the_rule_records_both_and_keeps_the_rest(self, household):
        account, _items = household

        at_once(lambda: pay(account.pk, 12_000, key="a"), lambda: pay(account.pk, 12_000, key="b"))

        balance = receivables_queries.get_balance(account_id=account.pk, today=TODAY)
        assert (balance.owed_minor, balance.held_minor) == (0, 12_000)
        assert sorted(Payment.objects.values_list("receipt_code", flat=True)) == ["R-00000001", "R-00000002"]

    def test_sending_one_request_four_times_pays_once(self, household):
        account, _items = household

        outcomes = at_once(*[lambda: pay(account.pk, 700, key="same")] * 4)

        assert len({outcome.pk for outcome in outcomes}) == 1
        assert Payment.objects.count() == 1

    def test_reversing_twice_gives_one_mirror(self, household):
        account, _items = household
        payment = pay(account.pk, 6_000, key="a")

        outcomes = at_once(
            *[
                lambda: reverse_payment(
                    actor=SYSTEM,
                    payment_id=payment.pk,
                    reason="Wrong account",
                    reversed_at=NOW,
                    effective_date=TODAY,
                )
            ]
            * 2
        )

        assert outcomes[0] == outcomes[1]
        assert Payment.objects.count() == 2

    def test_batches_that_share_rows_and_accounts_pay_each_row_once(self, household):
        account, _items = household
        rows = [
            PaymentRow(
                key=f"row:{index}", account_id=account.pk, amount_minor=10, kind=TenderKind.TRANSFER, received_at=NOW
            )
            for index in range(20)
        ]

        outcomes = at_once(
            lambda: take_payments(actor=SYSTEM, key="file-1", rows=rows, effective_date=TODAY),
            lambda: take_payments(actor=SYSTEM, key="file-2", rows=rows[::-1], effective_date=TODAY),
        )

        statuses = [row.status for outcome in outcomes for row in outcome]
        assert statuses.count(RowStatus.TAKEN) == statuses.count(RowStatus.REPEATED) == 20


class TestEndInTheMiddle:
    def test_leaves_nothing_of_the_payment_and_lets_it_be_sent_again(self, household, monkeypatch):
        account, _items = household
        items_before = Item.objects.count()

        def cut_off(**_posting: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as interrupted:
            interrupted.setattr(operations, "post_journal", cut_off)
            with pytest.raises(KeyboardInterrupt):
                pay(account.pk, 700, key="a")

        assert (Payment.objects.count(), Item.objects.count()) == (0, items_before)
        assert pay(account.pk, 700, key="a").receipt_code == "R-00000001"
        assert Journal.objects.filter(source_kind="payment").count() == 1
