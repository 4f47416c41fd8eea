"""Writes of receivables: post items, settle them, undo a settlement. All run inside the operation that needs them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from hydria.kernel.errors import UnableTo
from hydria.platform.bulk import copy_columns, keep_statistics_fit, take_ids
from hydria.platform.transactions import in_transaction
from hydria.receivables import queries
from hydria.receivables.domain.allocation import Allocations, allocate
from hydria.receivables.domain.items import ItemKind, ItemSide
from hydria.receivables.models import Allocation, Item, OpenItem


class UnableToPostItems(UnableTo):
    """The items cannot be posted; nothing of the batch is."""


class UnableToReverseAllocations(UnableTo):
    """The settlements of an item cannot be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """
    Describe an item to be posted.

    source_id      the invoice, payment ... that `kind` names
    document_code  what the document is called on paper
    amount_minor   > 0
    """

    account_id: int
    side: ItemSide
    kind: ItemKind
    source_id: int
    amount_minor: int
    effective_date: datetime.date
    due_date: datetime.date
    document_code: str = ""
    rank: int = 50


@in_transaction
def lock_accounts(*, account_ids: Sequence[int]) -> list[int]:
    """
    Lock accounts, lowest id first, until the transaction ends: what is open of them then stands still.

    returns  the ids of those that exist

    Source: docs/safety/locking.md.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM agreements_account WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(account_ids)]
        )
        return [account_id for (account_id,) in cursor.fetchall()]


@in_transaction
def post_items(*, items: Sequence[NewItem]) -> list[int]:
    """
    Post items and return their ids in the same order.

    :raises UnableToPostItems: with code `amount_not_positive`.
    """
    if any(item.amount_minor <= 0 for item in items):
        raise UnableToPostItems("amount_not_positive", "An item has an amount above zero.")
    item_ids = take_ids(Item, count=len(items))
    copy_columns(
        Item,
        {
            "id": item_ids,
            "account_id": [item.account_id for item in items],
            "side": [str(item.side) for item in items],
            "kind": [str(item.kind) for item in items],
            "source_id": [item.source_id for item in items],
            "document_code": [item.document_code for item in items],
            "rank": [item.rank for item in items],
            "amount_minor": [item.amount_minor for item in items],
            "effective_date": [item.effective_date for item in items],
            "due_date": [item.due_date for item in items],
        },
    )
    return [int(item_id) for item_id in item_ids]


@in_transaction
def post_items_from_query(*, select: str, parameters: Sequence[Any] = ()) -> int:
    """
    Post one item for each row of a query, without taking the rows out of the database, and return how many.

    select   SQL whose columns are, by position: account_id, side, kind, source_id, document_code, rank,
             amount_minor, effective_date, due_date

    Guarantee: a source has one item of a rank, so posting a run twice is refused by the database. An account that
    does not exist fails the batch: this check in sets stands for the row-wise foreign key.

    :raises UnableToPostItems: with code `account_unknown`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM receivables_item")
        (last_id,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO receivables_item (account_id, side, kind, source_id, document_code, rank, amount_minor,"
            f" effective_date, due_date) {select}",  # the SELECT is a context's own SQL, never a user's
            list(parameters),
        )
        item_count = cursor.rowcount
        for grown in (Item, OpenItem):
            keep_statistics_fit(grown, added_count=item_count)
        cursor.execute(
            "SELECT count(*) FROM receivables_item item"
            " LEFT JOIN agreements_account account ON account.id = item.account_id"
            " WHERE item.id > %s AND account.id IS NULL",
            [last_id],
        )
        (unknown_count,) = cursor.fetchone()
    if unknown_count:
        raise UnableToPostItems(
            "account_unknown", f"{unknown_count} items name no account.", unknown_count=unknown_count
        )
    return item_count


@in_transaction
def settle(
    *,
    account_ids: Sequence[int],
    effective_date: datetime.date,
    held_item_ids: Sequence[int] | None = None,
    owed_item_ids: Sequence[int] | None = None,
) -> Allocations:
    """
    Settle open items of accounts with money held for them, by the rule in force on the day.

    held_item_ids  settle with these only; None means all that is held
    owed_item_ids  settle these only; None means all that is owed

    Guarantee: locks the accounts first, so two settlements of one account follow one another.

    Source: PAY-02, docs/algorithms/allocation.md.
    """
    lock_accounts(account_ids=account_ids)
    made = allocate(
        owed=queries.load_open_items(account_ids=account_ids, side=ItemSide.OWED, item_ids=owed_item_ids),
        held=queries.load_open_items(account_ids=account_ids, side=ItemSide.HELD, item_ids=held_item_ids),
        rule=queries.get_allocation_rule(on_date=effective_date),
    )
    if count := len(made.amount_minor):
        copy_columns(
            Allocation,
            {
                "id": take_ids(Allocation, count=count),
                "owed_item_id": made.owed_item_id,
                "held_item_id": made.held_item_id,
                "amount_minor": made.amount_minor,
                "effective_date": [effective_date] * count,
            },
        )
    return made


@in_transaction
def apply_credits(*, effective_date: datetime.date, account_ids: Sequence[int] | None = None) -> int:
    """
    Use money held for accounts on what they owe, and return the amount settled in minor units.

    account_ids  None means every account that holds money and owes

    Cost grows with the accounts that hold money, not with those that were billed. A payment that is being taken at
    this moment is not waited for: what it leaves over is used by the next call.

    Source: PAY-11.
    """
    account_ids = queries.list_accounts_with_usable_credit(account_ids=account_ids)
    if not account_ids:
        return 0
    return int(np.sum(settle(account_ids=account_ids, effective_date=effective_date).amount_minor))


@in_transaction
def reverse_settlements(*, held_item_id: int, effective_date: datetime.date) -> int:
    """
    Undo every settlement made with a held item, so that what it paid is open again; return the amount undone.

    Guarantee: each settlement is undone once, by a mirror row that names it; repeating changes nothing.

    :raises UnableToReverseAllocations: with code `not_held` if the item is not money held.
    Source: PAY-10, domain.md pitfall 15.
    """
    item = Item.objects.get(pk=held_item_id)
    if item.side != ItemSide.HELD:
        raise UnableToReverseAllocations("not_held", "Only settlements of money held are undone.")
    lock_accounts(account_ids=[item.account_id])
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH undone AS ("
            " INSERT INTO receivables_allocation (owed_item_id, held_item_id, amount_minor, effective_date, reverses_id)"
            " SELECT made.owed_item_id, made.held_item_id, made.amount_minor, %s, made.id"
            " FROM receivables_allocation made"
            " WHERE made.held_item_id = %s AND made.reverses_id IS NULL AND NOT EXISTS"
            " (SELECT FROM receivables_allocation mirror WHERE mirror.reverses_id = made.id)"
            " RETURNING amount_minor)"
            " SELECT coalesce(sum(amount_minor), 0) FROM undone",
            [effective_date, held_item_id],
        )
        return int(cursor.fetchone()[0])
