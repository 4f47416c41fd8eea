"""Seeded random lives of a few accounts: after every act the customers' items equal the ledger (ACC-07, I4-I7)."""

from __future__ import annotations

import datetime
import random

import pytest

from hydria.payments.domain.tenders import Tendered, TenderKind
from hydria.payments.models import Payment
from hydria.payments.operations import PaymentRow, open_receipt_series, reverse_payment, take_payment, take_payments
from hydria.platform.access import SYSTEM
from hydria.platform.transactions import acting
from hydria.receivables import queries as receivables
from hydria.receivables.domain.items import ItemSide
from hydria.receivables.models import OpenItem
from hydria.receivables.operations import apply_credits
from hydria.verification.queries import verify
from money_factories import NOW, account, chart_of_accounts, post_invoice

pytestmark = pytest.mark.django_db

FIRST_DAY = datetime.date(2026, 1, 1)
ACTS = 40


class Life:
    """One seeded history: what may happen next, and on which day."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.accounts = [account().pk for _ in range(3)]
        self.day = FIRST_DAY
        self.number = 0

    def act(self) -> None:
        self.day += datetime.timedelta(days=self.chance.randrange(4))
        self.number += 1
        act = self.chance.choice(
            [self.bill, self.bill, self.pay, self.pay_chosen, self.pay_batch, self.undo, self.sweep]
        )
        act()

    def bill(self) -> None:
        rank = self.chance.choice([10, 50])
        due_date = self.day + datetime.timedelta(days=20)
        post_invoice(self.chance.choice(self.accounts), self.chance.randint(1, 9_000), due_date=due_date, rank=rank)

    def pay(self, item_ids: list[int] | None = None, account_id: int | None = None) -> None:
        take_payment(
            actor=SYSTEM,
            account_id=account_id or self.chance.choice(self.accounts),
            tenders=[
                Tendered(kind=kind, amount_minor=self.chance.randint(1, 8_000))
                for kind in self.chance.sample(list(TenderKind), self.chance.randint(1, 3))
            ],
            key=f"pay-{self.number}",
            received_at=NOW,
            effective_date=self.day,
            item_ids=item_ids,
        )

    def pay_chosen(self) -> None:
        account_id = self.chance.choice(self.accounts)
        debts = [item.item_id for item in receivables.list_open_items(account_id=account_id, today=self.day)]
        if debts:
            self.pay(self.chance.sample(debts, self.chance.randint(1, len(debts))), account_id)

    def pay_batch(self) -> None:
        rows = [
            PaymentRow(
                key=f"row-{self.number}-{line}",
                account_id=self.chance.choice([*self.accounts, 424_242]),
                amount_minor=self.chance.randint(0, 5_000),
                kind=TenderKind.TRANSFER,
                received_at=NOW,
            )
            for line in range(self.chance.randint(1, 6))
        ]
        take_payments(actor=SYSTEM, key=f"batch-{self.number}", rows=rows, effective_date=self.day)

    def undo(self) -> None:
        payments = list(Payment.objects.filter(reverses=None).order_by("id"))
        if payments:
            reverse_payment(
                actor=SYSTEM,
                payment_id=self.chance.choice(payments).pk,
                reason="Chance",
                reversed_at=NOW,
                effective_date=self.day,
            )

    def sweep(self) -> None:
        with acting(SYSTEM):
            apply_credits(effective_date=self.day)


@pytest.mark.parametrize("seed", range(6))
def test_receivables_equal_ledger_control_accounts(seed):
    chart_of_accounts()
    open_receipt_series(actor=SYSTEM)
    life = Life(seed)

    for _ in range(ACTS):
        life.act()
        assert receivables.list_control_differences() == []

    assert [outcome for outcome in verify() if outcome.violations] == []
    for account_id in life.accounts:
        balance = receivables.get_balance(account_id=account_id, today=life.day)
        at_the_end = life.day + datetime.timedelta(days=400)
        assert balance.balance_minor == receivables.get_balance_at(account_id=account_id, end_date=at_the_end)


@pytest.mark.parametrize("seed", range(3))
def test_reversing_every_payment_leaves_every_invoice_open(seed):
    chart_of_accounts()
    open_receipt_series(actor=SYSTEM)
    life = Life(seed)
    for _ in range(ACTS):
        life.act()

    for payment in Payment.objects.filter(reverses=None):
        reverse_payment(actor=SYSTEM, payment_id=payment.pk, reason="End", reversed_at=NOW, effective_date=life.day)

    standing = OpenItem.objects.filter(item__kind="INVOICE").values_list("open_minor", "item__amount_minor")
    assert all(open_minor == amount_minor for open_minor, amount_minor in standing)
    assert not OpenItem.objects.filter(side=ItemSide.HELD).exists()
    assert not OpenItem.objects.filter(item__kind="PAYMENT_REVERSAL").exists()
