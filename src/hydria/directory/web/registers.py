"""
The registers by name: which rows each list has for a reader, and on which address.

Whatever needs the rows of a list without its page, such as a selection that was kept of it, finds them here.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hydria.agreements import queries as agreements
from hydria.agreements import searching as agreed
from hydria.directory.web import account_lists, lists
from hydria.directory.web.selecting import with_selections
from hydria.kernel.periods import add_months
from hydria.metering import queries as metering
from hydria.ownfields.domain.kinds import Subject
from hydria.ownfields.web.fitting import columns_and_filters
from hydria.parties import queries as parties
from hydria.platform.access import Actor, Permission
from hydria.platform.web.listing import Listing
from hydria.premises import queries as premises
from hydria.receivables import searching as receivables


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """
    A register as a list.

    page  URL name of its page
    open  gives, for a reader, what the address asks and the day, the list and its rows
    """

    title: str | Promise
    page: str
    permission: Permission
    open: Callable[[Actor, QueryDict, datetime.date], tuple[Listing, QuerySet[Any]]]


def _accounts(actor: Actor, _asked: QueryDict, today: datetime.date) -> tuple[Listing, QuerySet[Any]]:
    return account_lists.ACCOUNTS, agreements.list_accounts(actor=actor, today=today)


def _people(actor: Actor, _asked: QueryDict, today: datetime.date) -> tuple[Listing, QuerySet[Any]]:
    listing = lists.PEOPLE
    if actor.may(Permission.RECEIVABLE_VIEW):
        listing = replace(listing, columns=(*listing.columns, lists.BALANCE))
    return listing, parties.list_parties(actor=actor).annotate(role_codes=agreed.roles_of("pk", on_date=today))


def _premises(actor: Actor, _asked: QueryDict, _today: datetime.date) -> tuple[Listing, QuerySet[Any]]:
    return lists.PREMISES, premises.list_premises(actor=actor)


def _points(actor: Actor, _asked: QueryDict, _today: datetime.date) -> tuple[Listing, QuerySet[Any]]:
    rows = premises.list_service_points(actor=actor).prefetch_related(None)
    return lists.POINTS, rows.select_related("premise", "service", "route__sector__zone")


def _meters(actor: Actor, _asked: QueryDict, _today: datetime.date) -> tuple[Listing, QuerySet[Any]]:
    return lists.METERS, metering.list_meters(actor=actor).prefetch_related(None)


def _debtors(actor: Actor, _asked: QueryDict, _today: datetime.date) -> tuple[Listing, QuerySet[Any]]:
    return account_lists.DEBTORS, receivables.list_debtors(actor=actor)


def _balances(actor: Actor, asked: QueryDict, today: datetime.date) -> tuple[Listing, QuerySet[Any]]:
    actor.require(Permission.RECEIVABLE_VIEW)
    start_date, end_date = time_of_balances(asked, today)
    rows = agreements.list_accounts(actor=actor, today=today)
    standing = receivables.standing_of("pk", start_date=start_date, end_date=end_date)
    return account_lists.balances(start_date=start_date, end_date=end_date), rows.annotate(standing=standing)


def time_of_balances(asked: QueryDict, today: datetime.date) -> tuple[datetime.date, datetime.date]:
    """Return the days `[start, end)` of a list of balances: those asked for, or the month before this one."""
    this_month = today.replace(day=1)
    first = _day(asked.get("since", ""), otherwise=add_months(this_month, -1))
    last = _day(asked.get("until", ""), otherwise=add_months(first.replace(day=1), 1) - datetime.timedelta(days=1))
    return min(first, last), max(first, last) + datetime.timedelta(days=1)


def _day(typed: str, *, otherwise: datetime.date) -> datetime.date:
    try:
        day = datetime.date.fromisoformat(typed)
    except ValueError:
        return otherwise
    return day if 1900 <= day.year < 2200 else otherwise


REGISTERS: dict[str, Register] = {
    "accounts": Register(title=_("Accounts"), page="accounts", permission=Permission.REGISTER_VIEW, open=_accounts),
    "people": Register(title=_("People"), page="people", permission=Permission.REGISTER_VIEW, open=_people),
    "premises": Register(title=_("Premises"), page="premises", permission=Permission.REGISTER_VIEW, open=_premises),
    "points": Register(title=_("Service points"), page="points", permission=Permission.REGISTER_VIEW, open=_points),
    "meters": Register(title=_("Meters"), page="meters", permission=Permission.REGISTER_VIEW, open=_meters),
    "debtors": Register(title=_("Debtors"), page="debtors", permission=Permission.RECEIVABLE_VIEW, open=_debtors),
    "balances": Register(
        title=_("Balances of accounts"), page="balances", permission=Permission.RECEIVABLE_VIEW, open=_balances
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectPage:
    """The page that shows one thing of a subject, and the list of all of them."""

    page: str
    listing: str


PAGES: dict[str, SubjectPage] = {
    "account": SubjectPage(page="account", listing="accounts"),
    "party": SubjectPage(page="person", listing="people"),
    "premise": SubjectPage(page="premise", listing="premises"),
    "service_point": SubjectPage(page="point", listing="points"),
    "meter": SubjectPage(page="meter", listing="meters"),
}


def open_register(
    name: str, *, actor: Actor, asked: QueryDict, today: datetime.date | None = None
) -> tuple[Listing, QuerySet[Any]]:
    """
    Return the list of a register and its rows for a reader.

    :raises UnableToPermit: if the actor may not see it.
    """
    listing, rows = REGISTERS[name].open(actor, asked, today or timezone.localdate())
    subject = Subject(listing.subject)
    listing = replace(listing, more=lambda: columns_and_filters(subject, listing.subject_path))
    return with_selections(listing, actor=actor), rows
