"""The desk's own pages: home, search, accounts, components."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hydria.desk import _home, operations, queries
from hydria.desk._account_page import get_account_page
from hydria.desk.web import account_cards, home_cards, search_cards, showcase
from hydria.desk.web.tour import tour_card
from hydria.ownfields.domain.kinds import Subject
from hydria.ownfields.web.fitting import make_card
from hydria.platform.access import Permission
from hydria.platform.web.doors import actor_of, is_fragment, needs, person_of, render_page
from hydria.platform.web.formats import spell_unit
from hydria.platform.web.forms import go_to


@login_required
def show_home(request: HttpRequest) -> HttpResponse:
    """Show what waits for the reader, by what the reader may do."""
    actor = actor_of(request)
    waiting = _home.get_waiting(actor=actor, today=timezone.localdate())
    person = person_of(request)
    context = {
        "title": _("Home"),
        "tiles": home_cards.tiles(waiting),
        "name": person.full_name,
        "tour": tour_card(request, roles=[role.code for role in person.roles.all()]),
    }
    return render_page(request, "desk/home.html", context)


@login_required
@require_POST
def keep_tour(request: HttpRequest) -> HttpResponse:
    """Show the first steps again, or no more."""
    operations.show_tour(actor=actor_of(request), is_wanted="show" in request.POST)
    return go_to(request, reverse("home"))


@login_required
def show_search(request: HttpRequest) -> HttpResponseBase:
    """Answer the search box while typing, and as a page; where there is no doubt what is meant, go straight to it."""
    typed = request.GET.get("q", "")[: queries.TYPED_LENGTH_MAX]
    answer = search_cards.answer(actor=actor_of(request), typed=typed, today=timezone.localdate())
    context = {"title": _("Search"), "searched": typed, "groups": answer.groups}
    if is_fragment(request, target="search-results"):
        return render_page(request, "desk/_search_results.html", context)
    if answer.straight_href:
        return HttpResponseRedirect(answer.straight_href)
    return render_page(request, "desk/search.html", context)


@needs(Permission.REGISTER_VIEW)
def show_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show everything about an account."""
    page = get_account_page(actor=actor_of(request), account_id=account_id, today=timezone.localdate())
    may_edit = actor_of(request).may(Permission.REGISTER_EDIT)
    unit = spell_unit(page.account.agreements[0].unit) if page.account.agreements else ""
    context = {
        "title": page.holder.name if page.holder else page.account.number,
        "page": page,
        "unit": unit,
        "alerts": account_cards.alert_cards(page),
        "invoices": account_cards.invoice_cards(page, unit=unit),
        "debts": account_cards.debt_rows(page),
        "chart": account_cards.consumption_chart(page, unit=unit),
        "events": account_cards.timeline(page),
        "actions": account_cards.actions(actor_of(request), account_id=account_id),
        "may_edit": may_edit,
        "own": make_card(subject=Subject.ACCOUNT, object_id=account_id, may_edit=may_edit),
    }
    return render_page(request, "desk/account.html", context)


@login_required
def show_components(request: HttpRequest) -> HttpResponse:
    """Show every part of the design system with its variants."""
    return render_page(request, "desk/components.html", {"title": _("Components"), **showcase.parts(request)})
