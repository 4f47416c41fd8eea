"""Accounts, debtors and balances as lists: what each shows and can be narrowed by."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hydria.agreements import searching as agreements
from hydria.agreements.operations import DeliveryMode
from hydria.agreements.queries import holder_name_of
from hydria.directory.web.lists import categories, cycles, link, routes, sectors, today
from hydria.platform.web.listing import Column, Filter, Kind, Listing
from hydria.receivables import searching as receivables


def _at_account(account: str, field: str) -> Callable[[str], Q]:
    """Return how a list of accounts, reached by a path, is narrowed by a field of their agreements."""
    return lambda value: Q(**{f"{account}__in": agreements.accounts_where(**{field: value})})


_POINT_FIELDS = (
    ("sector", _("Sector"), "service_point__route__sector__code", sectors),
    ("route", _("Route"), "service_point__route__code", routes),
    ("cycle", _("Cycle"), "service_point__route__cycle__code", cycles),
)


def _account_filters(account: str) -> tuple[Filter, ...]:
    """Return the filters that every list of accounts has, for rows that lead to an account by a path."""
    by_place = tuple(
        Filter(name=name, label=label, lookup=_at_account(account, field), kind="choice", choices=choices)
        for name, label, field, choices in _POINT_FIELDS
    )
    by_category = Filter(
        name="category",
        label=_("Category"),
        lookup=lambda code: Q(
            **{
                f"{account}__in": agreements.accounts_where(
                    terms__category__code=code, terms__valid_during__contains=today()
                )
            }
        ),
        kind="choice",
        choices=categories,
    )
    return (*by_place, by_category)


def _account_columns(account: str, *, is_extra: bool) -> tuple[Column, ...]:
    """Return where an account, reached by a path, is supplied and as what."""
    return (
        Column(
            name="sector",
            label=_("Sector"),
            value="sector_name",
            part=lambda: agreements.latest_of(account, "service_point__route__sector__name"),
            group="sector_name",
            is_extra=is_extra,
        ),
        Column(
            name="route",
            label=_("Route"),
            value="route_code",
            part=lambda: agreements.latest_of(account, "service_point__route__code"),
            group="route_code",
            is_extra=is_extra,
        ),
        Column(
            name="category",
            label=_("Category"),
            value="category_name",
            part=lambda: agreements.latest_terms_of(account, "category__name"),
            group="category_name",
            is_extra=is_extra,
        ),
    )


def _is_open(answer: str) -> Q:
    """Return the condition that an account is open today, or closed."""
    is_open = Q(closed_date=None) | Q(closed_date__gt=today())
    return is_open if answer == "open" else ~is_open


ACCOUNTS = Listing(
    name="accounts",
    subject="account",
    columns=(
        Column(
            name="number",
            label=_("Account"),
            value="number",
            sort="number",
            link=lambda row: reverse("account", args=[row.pk]),
        ),
        Column(name="holder", label=_("Holder"), value="holder_name"),
        Column(name="address", label=_("Address of supply"), value="address"),
        Column(name="opened", label=_("Opened"), value="opened_date", kind=Kind.DATE, sort="opened_date"),
        Column(name="closed", label=_("Closed"), value="closed_date", kind=Kind.DATE),
        *_account_columns("pk", is_extra=True),
        Column(
            name="tariff",
            label=_("Tariff"),
            value="tariff_code",
            part=lambda: agreements.latest_terms_of("pk", "tariff_code"),
            group="tariff_code",
            is_extra=True,
        ),
        Column(
            name="delivery",
            label=_("Invoices by"),
            value=lambda row: row.get_delivery_mode_display(),
            is_extra=True,
        ),
    ),
    filters=(
        Filter(name="number", label=_("Account"), lookup="number__startswith"),
        *_account_filters("pk"),
        Filter(
            name="state",
            label=_("State"),
            lookup=_is_open,
            kind="choice",
            choices=lambda: [("open", _("Open")), ("closed", _("Closed"))],
        ),
        Filter(
            name="delivery",
            label=_("Invoices by"),
            lookup="delivery_mode",
            kind="choice",
            choices=lambda: DeliveryMode.choices,
        ),
        Filter(name="since", label=_("Opened from"), lookup="opened_date__gte", kind="date"),
        Filter(name="until", label=_("Opened to"), lookup="opened_date__lte", kind="date"),
    ),
    sort="number",
    empty=_("No accounts yet"),
    empty_hint=_("Load the register from a file, or open the first account."),
)


def _days_late(row: Any) -> int:
    return max((today() - row.oldest_due_date).days, 0)


DEBTORS = Listing(
    name="debtors",
    subject="account",
    subject_label="account__number",
    totals_apart=True,
    columns=(
        Column(
            name="number",
            label=_("Account"),
            value="account.number",
            sort="account__number",
            link=link("account", "pk"),
        ),
        Column(
            name="holder",
            label=_("Holder"),
            value="holder_name",
            part=lambda: holder_name_of("pk", on_date=today()),
        ),
        Column(
            name="owed", label=_("Owed"), value="owed_minor", kind=Kind.AMOUNT, sort="owed_minor", total="owed_minor"
        ),
        Column(name="oldest", label=_("Oldest due"), value="oldest_due_date", kind=Kind.DATE, sort="oldest_due_date"),
        Column(name="late", label=_("Days late"), value=_days_late, kind=Kind.COUNT),
        Column(
            name="invoices",
            label=_("Unpaid invoices"),
            value="invoice_count",
            kind=Kind.COUNT,
            part=lambda: receivables.invoice_count_of("pk"),
        ),
        *_account_columns("pk", is_extra=False),
        Column(
            name="held",
            label=_("In favor"),
            value="held_minor",
            kind=Kind.AMOUNT,
            total="held_minor",
            is_extra=True,
        ),
        Column(
            name="address",
            label=_("Address of supply"),
            value="address",
            part=lambda: agreements.latest_of("pk", "service_point__premise__address"),
            is_extra=True,
        ),
    ),
    filters=(
        Filter(name="number", label=_("Account"), lookup="account__number__startswith"),
        Filter(name="owed", label=_("Owed, at least"), lookup="owed_minor__gte", kind="amount"),
        Filter(name="due", label=_("Oldest due up to"), lookup="oldest_due_date__lte", kind="date"),
        Filter(name="invoices", label=_("Unpaid invoices, at least"), lookup=receivables.owing_invoices, kind="count"),
        *_account_filters("account"),
    ),
    sort="-owed",
    empty=_("Nobody owes anything"),
    empty_hint=_("Invoices that are not paid appear here from the day they are issued."),
)


def _standing(name: str) -> Callable[[Any], int]:
    return lambda row: (row.standing or {}).get(name, 0)


def balances(*, start_date: datetime.date, end_date: datetime.date) -> Listing:
    """Return the list of what accounts owed before, what came and went in `[start, end)`, and what they owe after."""
    labels = {"opening": _("Opening"), "charged": _("Charged"), "paid": _("Paid"), "closing": _("Closing")}
    return replace(
        _BALANCES,
        columns=(
            *_BALANCES.columns[:2],
            *(
                Column(
                    name=name,
                    label=labels[name],
                    value=_standing(name),
                    kind=Kind.AMOUNT,
                )
                for name in receivables.STANDING
            ),
            *_BALANCES.columns[2:],
        ),
        filters=(
            Filter(name="since", label=_("From"), lookup=_any_row, kind="date"),
            Filter(name="until", label=_("To"), lookup=_any_row, kind="date"),
            Filter(
                name="moving",
                label=_("Accounts"),
                lookup=lambda _yes: Q(receivables.moving(start_date=start_date, end_date=end_date)),
                kind="choice",
                choices=lambda: [("yes", _("With movements in this time"))],
            ),
            *_BALANCES.filters,
        ),
        sum_up=lambda accounts: receivables.sum_standings(
            accounts=accounts.values("pk"), start_date=start_date, end_date=end_date
        ),
    )


def _any_row(_day: datetime.date) -> Q:
    return Q()


_BALANCES = Listing(
    name="balances",
    subject="account",
    totals_apart=True,
    columns=(
        Column(
            name="number",
            label=_("Account"),
            value="number",
            sort="number",
            link=lambda row: reverse("statement", args=[row.pk]),
        ),
        Column(name="holder", label=_("Holder"), value="holder_name"),
        *_account_columns("pk", is_extra=True),
    ),
    filters=(Filter(name="number", label=_("Account"), lookup="number__startswith"), *_account_filters("pk")),
    sort="number",
    empty=_("No accounts yet"),
    empty_hint=_("Load the register from a file, or open the first account."),
)
