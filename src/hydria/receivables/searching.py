"""
Find accounts by what they owe: debtors, balances over a time, and parts of queries that lists are made of.

A part is an expression for the rows of another context's query, which name the path that leads here.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.db.models import BigIntegerField, Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Cast, Coalesce, JSONObject

from hydria.platform.access import Actor, Permission
from hydria.receivables.domain.items import ItemKind, ItemSide
from hydria.receivables.models import Debtor, Item, OpenItem

_SIGNED = Case(When(side=ItemSide.OWED, then=F("amount_minor")), default=-F("amount_minor"))
_PAID = (ItemKind.PAYMENT, ItemKind.PAYMENT_REVERSAL)
STANDING = ("opening", "charged", "paid", "closing")
"""What a list of balances shows of an account: what it owed before, what came and went, what it owes after."""


def list_debtors(*, actor: Actor) -> QuerySet[Debtor]:
    """
    Return the accounts that owe something, with how much and since when.

    :raises UnableToPermit: if the actor may not see receivables.
    """
    actor.require(Permission.RECEIVABLE_VIEW)
    return Debtor.objects.select_related("account")


def invoice_count_of(account: str) -> Subquery:
    """Return, as a part of a query of rows that lead to an account by this path, how many invoices it owes."""
    owed = OpenItem.objects.filter(account=OuterRef(account), side=ItemSide.OWED, item__kind=ItemKind.INVOICE)
    counted = owed.order_by().values("account_id").annotate(invoice_count=Count("item__source_id", distinct=True))
    return Coalesce(Subquery(counted.values("invoice_count")), 0)


def owing_invoices(count_min: int) -> Q:
    """Return the condition that an account, reached by `account`, owes so many invoices or more."""
    owed = OpenItem.objects.filter(side=ItemSide.OWED, item__kind=ItemKind.INVOICE).order_by()
    counted = owed.values("account_id").annotate(invoice_count=Count("item__source_id", distinct=True))
    return Q(account__in=counted.filter(invoice_count__gte=count_min).values("account_id"))


def balance_of(accounts: Any) -> Subquery:
    """
    Return, as a part of a query, what some accounts owe together after what is held for them.

    accounts  an `OuterRef` to one, or a part of a query that gives several
    """
    chosen = {"account__in": accounts} if isinstance(accounts, QuerySet) else {"account": accounts}
    signed = Case(When(side=ItemSide.OWED, then=F("open_minor")), default=-F("open_minor"))
    # Grouped by nothing that differs, so that there is one sum, and none where nothing is open.
    summed = OpenItem.objects.filter(**chosen).order_by().annotate(one=F("pk") * 0).values("one")
    balance = summed.annotate(balance_minor=Cast(Sum(signed), BigIntegerField())).values("balance_minor")
    return Coalesce(Subquery(balance), 0)


def standing_of(account: str, *, start_date: datetime.date, end_date: datetime.date) -> Subquery:
    """
    Return, as a part of a query of rows that lead to an account by this path, how it stood over `[start, end)`.

    It is an object with the sums that `STANDING` names, in minor units; nothing for an account without any item.
    """
    items = Item.objects.filter(account=OuterRef(account), effective_date__lt=end_date).order_by()
    summed = items.values("account_id").annotate(**_sums(start_date))
    return Subquery(summed.annotate(standing=JSONObject(**{name: name for name in STANDING})).values("standing"))


def sum_standings(
    *, accounts: QuerySet[Any, Any], start_date: datetime.date, end_date: datetime.date
) -> dict[str, int]:
    """Return what `STANDING` names, summed over accounts in one go; `accounts` gives their ids."""
    items = Item.objects.filter(account__in=accounts, effective_date__lt=end_date)
    return {name: int(total or 0) for name, total in items.aggregate(**_sums(start_date)).items()}


def moving(*, start_date: datetime.date, end_date: datetime.date) -> Exists:
    """Return the condition that something was charged to an account, or paid, in `[start, end)`."""
    items = Item.objects.filter(account=OuterRef("pk"))
    return Exists(items.filter(effective_date__gte=start_date, effective_date__lt=end_date))


def _sums(start_date: datetime.date) -> dict[str, Sum]:
    before, since = Q(effective_date__lt=start_date), Q(effective_date__gte=start_date)
    paid = Q(kind__in=_PAID)
    return {
        "opening": Sum(_SIGNED, filter=before, default=0),
        "charged": Sum(_SIGNED, filter=since & ~paid, default=0),
        "paid": Sum(-_SIGNED, filter=since & paid, default=0),
        "closing": Sum(_SIGNED, default=0),
    }
