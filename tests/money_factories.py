"""Stories that the tests of money share: a chart, an account, what it owes, and the persons at the till."""

from __future__ import annotations

import datetime
import itertools

from hydria.agreements.models import Account
from hydria.ledger.domain.journals import Posting
from hydria.ledger.operations import create_chart, post_journal
from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.platform.transactions import acting
from hydria.receivables.domain.items import ItemKind, ItemSide
from hydria.receivables.operations import NewItem, post_items

TODAY = datetime.date(2026, 3, 10)
NOW = datetime.datetime(2026, 3, 10, 9, 30, tzinfo=datetime.UTC)
_numbers = itertools.count(1)


def chart_of_accounts() -> None:
    create_chart(actor=SYSTEM, language="en")


def account() -> Account:
    return Account.objects.create(number=f"A-{next(_numbers):06d}", opened_date=datetime.date(2020, 1, 1))


def post_invoice(
    account_id: int, amount_minor: int, *, due_date: datetime.date = TODAY, rank: int = 50, source_id: int | None = None
) -> int:
    """Post an invoice as billing does: the item and its journal on one day; return the item."""
    source_id = source_id or next(_numbers)
    effective_date = due_date - datetime.timedelta(days=20)
    with acting(SYSTEM):
        (item_id,) = post_items(
            items=[
                NewItem(
                    account_id=account_id,
                    side=ItemSide.OWED,
                    kind=ItemKind.INVOICE,
                    source_id=source_id,
                    document_code=f"F-{source_id:06d}",
                    rank=rank,
                    amount_minor=amount_minor,
                    effective_date=effective_date,
                    due_date=due_date,
                )
            ]
        )
        post_journal(
            source_kind="billing_run",
            source_id=item_id,
            effective_date=effective_date,
            description="Invoices",
            postings=[
                Posting(route="receivable", debit_minor=amount_minor),
                Posting(route="revenue.water", credit_minor=amount_minor),
            ],
            posted_by="system",
        )
    return item_id


def household_with_two_overdue_invoices() -> tuple[Account, list[int]]:
    household = account()
    items = [
        post_invoice(household.pk, 5_000, due_date=datetime.date(2026, 1, 20)),
        post_invoice(household.pk, 7_000, due_date=datetime.date(2026, 2, 20)),
    ]
    return household, items


def actor_with(*permissions: Permission, limit_minor: int | None = None, user_id: int | None = None) -> Actor:
    return Actor(name="maria", permissions=frozenset(permissions), amount_limit_minor=limit_minor, user_id=user_id)
