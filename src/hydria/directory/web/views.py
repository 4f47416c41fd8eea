"""Pages of the registers: the lists, and what one row of them is."""

from __future__ import annotations

import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.directory import queries
from hydria.directory.web.registers import REGISTERS, open_register, time_of_balances
from hydria.platform.access import Permission
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.formats import get_formats, spell_unit
from hydria.platform.web.listing import show_list


def _show(request: HttpRequest, name: str, lead: str = "") -> HttpResponseBase:
    listing, rows = open_register(name, actor=actor_of(request), asked=request.GET)
    context = {"lead": lead}
    title = str(REGISTERS[name].title)
    return show_list(
        request, listing=listing, rows=rows, title=title, context=context, template="directory/register.html"
    )


@needs(Permission.REGISTER_VIEW)
def show_accounts(request: HttpRequest) -> HttpResponseBase:
    """List the accounts."""
    return _show(request, "accounts")


@needs(Permission.REGISTER_VIEW)
def show_people(request: HttpRequest) -> HttpResponseBase:
    """List the persons and organizations with their roles (CUS-01)."""
    return _show(request, "people")


@needs(Permission.REGISTER_VIEW)
def show_premises(request: HttpRequest) -> HttpResponseBase:
    """List the premises (CUS-03)."""
    return _show(request, "premises")


@needs(Permission.REGISTER_VIEW)
def show_points(request: HttpRequest) -> HttpResponseBase:
    """List the service points with how they stand."""
    return _show(request, "points")


@needs(Permission.REGISTER_VIEW)
def show_meters(request: HttpRequest) -> HttpResponseBase:
    """List the meters with where they are."""
    return _show(request, "meters")


@needs(Permission.RECEIVABLE_VIEW)
def show_debtors(request: HttpRequest) -> HttpResponseBase:
    """List the accounts that owe (CUS-17)."""
    return _show(request, "debtors")


@needs(Permission.RECEIVABLE_VIEW)
def show_balances(request: HttpRequest) -> HttpResponseBase:
    """List what accounts owed before a time, what came and went, and what they owe after (CUS-17)."""
    start_date, end_date = time_of_balances(request.GET, timezone.localdate())
    formats = get_formats()
    days = {
        "first": formats.date(start_date),
        "last": formats.date(end_date - datetime.timedelta(days=1)),
    }
    return _show(request, "balances", lead=_("From %(first)s to %(last)s, both included.") % days)


@needs(Permission.REGISTER_VIEW)
def show_person(request: HttpRequest, party_id: int) -> HttpResponse:
    """Show a person with every account."""
    actor = actor_of(request)
    page = queries.get_person_page(actor=actor, party_id=party_id, today=timezone.localdate())
    holding = [entry.link for entry in page.accounts if entry.link.role == "HOLDER" and entry.link.end_date is None]
    may_edit = actor.may(Permission.REGISTER_EDIT) and holding
    context = {
        "title": page.party.name,
        "page": page,
        "edit_href": reverse("party_change", args=[holding[0].account_id]) if may_edit else "",
    }
    return render_page(request, "directory/person.html", context)


@needs(Permission.REGISTER_VIEW)
def show_premise(request: HttpRequest, premise_id: int) -> HttpResponse:
    """Show a premise with its service points."""
    page = queries.get_premise_page(actor=actor_of(request), premise_id=premise_id)
    return render_page(request, "directory/premise.html", {"title": page.address, "page": page})


@needs(Permission.REGISTER_VIEW)
def show_point(request: HttpRequest, service_point_id: int) -> HttpResponse:
    """Show a service point with its customers, its meters and what was used."""
    actor = actor_of(request)
    page = queries.get_point_page(actor=actor, service_point_id=service_point_id, today=timezone.localdate())
    context = {
        "title": page.number,
        "page": page,
        "unit": spell_unit(page.unit),
        "may_see_meters": actor.may(Permission.READING_VIEW),
        "may_record": actor.may(Permission.READING_RECORD) and page.is_metered,
    }
    return render_page(request, "directory/point.html", context)
