"""Reads of receivables: balances, open items, statements, and the proof that they equal the ledger."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import F, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from hydria.agreements.queries import AccountLine, access_account, list_account_lines
from hydria.platform.access import Actor, Permission
from hydria.receivables.domain.allocation import OLDEST_DUE_FIRST, OpenItems, SortKey
from hydria.receivables.domain.items import ItemKind, ItemSide
from hydria.receivables.models import KIND_LABELS, Allocation, AllocationRule, Item, OpenItem

_SAME_DOCUMENT = attrgetter("effective_date", "side", "kind", "source_id", "due_date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """
    How an account stands today.

    owed_minor       open and owed
    overdue_minor    the part of it whose due date has passed
    held_minor       held for the customer: advances and remainders
    oldest_due_date  of what is open, None when nothing is
    """

    owed_minor: int = 0
    overdue_minor: int = 0
    held_minor: int = 0
    oldest_due_date: datetime.date | None = None

    @property
    def balance_minor(self) -> int:
        """Return what the customer owes after what is held; negative is in the customer's favor."""
        return self.owed_minor - self.held_minor


NOTHING = Balance()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItemCard:
    """An item that is not settled in full."""

    item_id: int
    kind: str
    kind_label: str
    source_id: int
    document_code: str
    effective_date: datetime.date
    due_date: datetime.date
    rank: int
    amount_minor: int
    open_minor: int
    is_overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStanding:
    """How one item stands: what is open of it, and the documents that settled the rest."""

    open_minor: int
    document_code: str
    settled_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """A part of a debt that held money settles."""

    held_item_id: int
    kind: str
    kind_label: str
    source_id: int
    document_code: str
    due_date: datetime.date
    rank: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """
    One document on a statement; `balance_minor` is the running balance after it.

    An invoice whose charges have several ranks has several items and, here, one line.
    """

    kind: str
    kind_label: str
    source_id: int
    document_code: str
    effective_date: datetime.date
    due_date: datetime.date
    debit_minor: int
    credit_minor: int
    open_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """
    A statement of account for the days `[start_date, end_date)`.

    Guarantee: opening + debits - credits = closing, and the closing of one range is the opening of the next.
    """

    account: AccountLine
    start_date: datetime.date
    end_date: datetime.date
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int
    lines: tuple[StatementLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlDifference:
    """A day on which the customers' items and the control account of the ledger part (I5)."""

    day: datetime.date
    items_minor: int
    ledger_minor: int


def get_balance(*, account_id: int, today: datetime.date) -> Balance:
    """Return how one account stands now."""
    return get_balances(account_ids=[account_id], today=today).get(account_id, NOTHING)


def get_balances(*, account_ids: Sequence[int], today: datetime.date) -> dict[int, Balance]:
    """Return how accounts stand now; an account with nothing open is left out."""
    owed, held = Q(side=ItemSide.OWED), Q(side=ItemSide.HELD)
    rows = (
        OpenItem.objects.filter(account_id__in=list(account_ids))
        .values("account_id")
        .annotate(
            owed=Coalesce(Sum("open_minor", filter=owed), 0),
            overdue=Coalesce(Sum("open_minor", filter=owed & Q(due_date__lt=today)), 0),
            held=Coalesce(Sum("open_minor", filter=held), 0),
            oldest=Min("due_date", filter=owed),
        )
    )
    return {
        row["account_id"]: Balance(
            owed_minor=int(row["owed"]),
            overdue_minor=int(row["overdue"]),
            held_minor=int(row["held"]),
            oldest_due_date=row["oldest"],
        )
        for row in rows
    }


def get_balance_at(*, account_id: int, end_date: datetime.date) -> int:
    """Return what an account owed, after what was held, before a day; items count on their effective date."""
    return _sum_balance(Item.objects.filter(account_id=account_id, effective_date__lt=end_date))


def get_balance_after(*, item_id: int) -> int:
    """Return what an account owed once an item was posted, so that a document printed again says the same."""
    posted = Item.objects.filter(account_id=Item.objects.filter(pk=item_id).values("account_id")[:1], id__lte=item_id)
    return _sum_balance(posted)


def list_open_items(*, account_id: int, today: datetime.date, side: ItemSide = ItemSide.OWED) -> list[OpenItemCard]:
    """Return what is open of an account on one side, in the order in which the rule of the day settles it."""
    order = [*get_allocation_rule(on_date=today), "item_id"]
    found = OpenItem.objects.filter(account_id=account_id, side=side).select_related("item").order_by(*order)
    return [
        OpenItemCard(
            item_id=open_item.item_id,
            kind=open_item.item.kind,
            kind_label=str(KIND_LABELS[open_item.item.kind]),
            source_id=open_item.item.source_id,
            document_code=open_item.item.document_code,
            effective_date=open_item.item.effective_date,
            due_date=open_item.due_date,
            rank=open_item.rank,
            amount_minor=open_item.item.amount_minor,
            open_minor=open_item.open_minor,
            is_overdue=side == ItemSide.OWED and open_item.due_date < today,
        )
        for open_item in found
    ]


def get_statement(*, actor: Actor, account_id: int, start_date: datetime.date, end_date: datetime.date) -> Statement:
    """
    Return the statement of an account for the days `[start_date, end_date)`, up to the last second (REC-01).

    :raises UnableToPermit: if the actor may not see receivables.
    :raises Account.DoesNotExist: if there is no such account.
    """
    actor.require(Permission.RECEIVABLE_VIEW)
    access_account(actor=actor, account_id=account_id)
    (account,) = list_account_lines(account_ids=[account_id], today=end_date)
    opening_minor = balance_minor = get_balance_at(account_id=account_id, end_date=start_date)
    items = (
        Item.objects.filter(account_id=account_id, effective_date__gte=start_date, effective_date__lt=end_date)
        .annotate(open_minor=Coalesce(F("open_part__open_minor"), 0))
        .order_by("effective_date", "id")
    )
    lines = []
    for _document, together in itertools.groupby(items, key=_SAME_DOCUMENT):
        parts = list(together)
        document, amount_minor = parts[0], sum(item.amount_minor for item in parts)
        debit_minor, credit_minor = (amount_minor, 0) if document.side == ItemSide.OWED else (0, amount_minor)
        balance_minor += debit_minor - credit_minor
        lines.append(
            StatementLine(
                kind=document.kind,
                kind_label=str(KIND_LABELS[document.kind]),
                source_id=document.source_id,
                document_code=document.document_code,
                effective_date=document.effective_date,
                due_date=document.due_date,
                debit_minor=debit_minor,
                credit_minor=credit_minor,
                open_minor=sum(item.open_minor for item in parts),
                balance_minor=balance_minor,
            )
        )
    return Statement(
        account=account,
        start_date=start_date,
        end_date=end_date,
        opening_minor=opening_minor,
        debit_minor=sum(line.debit_minor for line in lines),
        credit_minor=sum(line.credit_minor for line in lines),
        closing_minor=balance_minor,
        lines=tuple(lines),
    )


def get_open_amounts(*, account_id: int, item_ids: Sequence[int]) -> dict[int, ItemStanding]:
    """Return how chosen debts of an account stand; an item that is not one of them is left out."""
    items = (
        Item.objects.filter(account_id=account_id, side=ItemSide.OWED, id__in=list(item_ids))
        .annotate(
            open_minor=Coalesce(F("open_part__open_minor"), 0),
            settled_by=ArrayAgg(
                "settlements__held_item__document_code",
                filter=Q(settlements__isnull=False, settlements__reverses=None, settlements__reversed_by=None),
                default=[],
            ),
        )
        .order_by("id")
    )
    return {
        item.pk: ItemStanding(
            open_minor=item.open_minor, document_code=item.document_code, settled_by=tuple(item.settled_by)
        )
        for item in items
    }


def sum_documents(*, kind: ItemKind, source_ids: Iterable[int]) -> dict[int, int]:
    """Return what documents charged in full, settled or not, by document."""
    rows = Item.objects.filter(kind=kind, source_id__in=list(source_ids), side=ItemSide.OWED).values("source_id")
    return {row["source_id"]: int(row["total"]) for row in rows.annotate(total=Sum("amount_minor"))}


def list_settlements(*, held_item_ids: Sequence[int]) -> list[Settlement]:
    """Return what held items settle now, oldest first."""
    made = (
        Allocation.objects.filter(held_item_id__in=list(held_item_ids), reverses=None, reversed_by=None)
        .select_related("owed_item")
        .order_by("id")
    )
    return [
        Settlement(
            held_item_id=allocation.held_item_id,
            kind=allocation.owed_item.kind,
            kind_label=str(KIND_LABELS[allocation.owed_item.kind]),
            source_id=allocation.owed_item.source_id,
            document_code=allocation.owed_item.document_code,
            due_date=allocation.owed_item.due_date,
            rank=allocation.owed_item.rank,
            amount_minor=allocation.amount_minor,
        )
        for allocation in made
    ]


def get_allocation_rule(*, on_date: datetime.date) -> tuple[SortKey, ...]:
    """Return the order in which held money settles owed items on a day."""
    rule = AllocationRule.objects.filter(start_date__lte=on_date).order_by("-start_date").first()
    return tuple(SortKey(key) for key in rule.order) if rule else OLDEST_DUE_FIRST


def load_open_items(*, account_ids: Sequence[int], side: ItemSide, item_ids: Sequence[int] | None = None) -> OpenItems:
    """
    Return what is open of accounts on one side as columns.

    item_ids  of these items only; None means all
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT item_id, account_id, due_date - DATE '1970-01-01', rank, open_minor FROM receivables_openitem"
            " WHERE account_id = ANY(%s) AND side = %s AND (%s::bigint[] IS NULL OR item_id = ANY(%s))",
            [list(account_ids), str(side), *[None if item_ids is None else list(item_ids)] * 2],
        )
        rows = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 5)
    item_id, account_id, due_day, rank, open_minor = rows.T
    return OpenItems(item_id=item_id, account_id=account_id, due_day=due_day, rank=rank, open_minor=open_minor)


def list_accounts_with_usable_credit(*, account_ids: Sequence[int] | None = None) -> list[int]:
    """
    Return the accounts that hold money and owe at the same time.

    account_ids  among these only; None means all
    """
    # Two plain steps: right after a run the planner knows nothing yet of its items, and a join could go badly wrong.
    holding = set(OpenItem.objects.filter(side=ItemSide.HELD).values_list("account_id", flat=True))
    if account_ids is not None:
        holding.intersection_update(account_ids)
    owing = OpenItem.objects.filter(side=ItemSide.OWED, account_id__in=sorted(holding))
    return list(owing.order_by("account_id").values_list("account_id", flat=True).distinct())


def list_control_differences() -> list[ControlDifference]:
    """
    Return the days on which the items of all accounts differ from the control account (I5, ACC-07); none is right.

    Both sides are compared per effective date, so that two opposite mistakes on different days are both seen.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH items AS (SELECT effective_date AS day,"
            "   sum(CASE side WHEN 'OWED' THEN amount_minor ELSE -amount_minor END) AS amount"
            "   FROM receivables_item GROUP BY 1),"
            " ledger AS (SELECT journal.effective_date AS day, sum(entry.debit_minor - entry.credit_minor) AS amount"
            "   FROM ledger_entry entry JOIN ledger_journal journal ON journal.id = entry.journal_id"
            "   JOIN ledger_ledgeraccount account ON account.id = entry.ledger_account_id"
            "   WHERE account.route = 'receivable' GROUP BY 1)"
            " SELECT day, coalesce(items.amount, 0), coalesce(ledger.amount, 0)"
            " FROM items FULL JOIN ledger USING (day)"
            " WHERE coalesce(items.amount, 0) <> coalesce(ledger.amount, 0) ORDER BY day"
        )
        return [
            ControlDifference(day=day, items_minor=int(items), ledger_minor=int(ledger))
            for day, items, ledger in cursor.fetchall()
        ]


def list_item_ids(*, kind: ItemKind, source_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return the items of documents by document."""
    found: dict[int, list[int]] = {}
    rows = Item.objects.filter(kind=kind, source_id__in=list(source_ids)).order_by("rank", "id")
    for source_id, item_id in rows.values_list("source_id", "id"):
        found.setdefault(source_id, []).append(item_id)
    return found


def _sum_balance(items: QuerySet[Item]) -> int:
    sums = items.aggregate(
        owed=Coalesce(Sum("amount_minor", filter=Q(side=ItemSide.OWED)), 0),
        held=Coalesce(Sum("amount_minor", filter=Q(side=ItemSide.HELD)), 0),
    )
    return int(sums["owed"] - sums["held"])
