"""Pages of the registers: the lists, and what one row of them is."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.directory import queries
from hydria.directory.web.registers import PAGES, REGISTERS, open_register, time_of_balances
from hydria.ownfields.domain.kinds import Subject
from hydria.ownfields.operations import save_values
from hydria.ownfields.web.fitting import OwnCard, OwnValuesForm, make_card, to_values
from hydria.platform.access import Permission
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.formats import get_formats, spell_unit
from hydria.platform.web.forms import handle_form
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


def _own(request: HttpRequest, subject: Subject, object_id: int) -> OwnCard | None:
    return make_card(subject=subject, object_id=object_id, may_edit=actor_of(request).may(Permission.REGISTER_EDIT))


@needs(Permission.REGISTER_EDIT)
def edit_own_values(request: HttpRequest, subject: str, object_id: int) -> HttpResponse:
    """Fill in what the company itself wants to know of something (CUS-22)."""
    if subject not in PAGES:
        raise Http404
    actor, today, register = actor_of(request), timezone.localdate(), PAGES[subject]
    listing, rows = open_register(register.listing, actor=actor, asked=QueryDict())
    numbers = rows.filter(pk=object_id).values_list(listing.subject_label, flat=True)
    if not numbers:
        raise Http404
    about, back = Subject(subject), reverse(register.page, args=[object_id])
    form = OwnValuesForm(request.POST or None, subject=about, object_id=object_id, on_date=today)

    def act(data: dict[str, Any]) -> str:
        save_values(
            actor=actor,
            subject=about,
            object_id=object_id,
            values=to_values(data),
            on_date=today,
            reason=data["reason"],
        )
        messages.success(request, _("Saved."))
        return back

    context = {"title": _("Own fields"), "cancel": back, "subject": numbers[0]}
    return handle_form(request, form=form, act=act, template="directory/own_values.html", context=context)


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
        "own": _own(request, Subject.PARTY, party_id),
        "edit_href": reverse("party_change", args=[holding[0].account_id]) if may_edit else "",
    }
    return render_page(request, "directory/person.html", context)


@needs(Permission.REGISTER_VIEW)
def show_premise(request: HttpRequest, premise_id: int) -> HttpResponse:
    """Show a premise with its service points."""
    page = queries.get_premise_page(actor=actor_of(request), premise_id=premise_id)
    return render_page(
        request,
        "directory/premise.html",
        {"title": page.address, "page": page, "own": _own(request, Subject.PREMISE, premise_id)},
    )


@needs(Permission.REGISTER_VIEW)
def show_point(request: HttpRequest, service_point_id: int) -> HttpResponse:
    """Show a service point with its customers, its meters and what was used."""
    actor = actor_of(request)
    page = queries.get_point_page(actor=actor, service_point_id=service_point_id, today=timezone.localdate())
    context = {
        "title": page.number,
        "page": page,
        "own": _own(request, Subject.SERVICE_POINT, service_point_id),
        "unit": spell_unit(page.unit),
        "may_see_meters": actor.may(Permission.READING_VIEW),
        "may_record": actor.may(Permission.READING_RECORD) and page.is_metered,
    }
    return render_page(request, "directory/point.html", context)
