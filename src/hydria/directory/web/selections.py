"""Pages of selections, and of acts on many rows: choose, look at what would happen, do it, take it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hydria.directory import operations, queries
from hydria.directory.domain.acts import PERMISSIONS, SUBJECTS, ActKind, ActState, RowState, Subject
from hydria.directory.models import ActWord, RowStateWord
from hydria.directory.operations import Listed
from hydria.directory.web import forms, selection_lists
from hydria.directory.web.registers import REGISTERS, open_register
from hydria.kernel.errors import UnableTo
from hydria.platform.access import Actor, Permission
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.forms import go_to, handle_form
from hydria.platform.web.listing import build_list, select_rows, show_list

GOING = (ActState.CHECKING, ActState.RUNNING)


def _listed(request: HttpRequest, actor: Actor) -> Listed:
    """Return the list that an address names, with the filters that could be understood."""
    name, query = request.GET.get("listing", ""), QueryDict(request.GET.get("query", "").lstrip("?"))
    if name not in REGISTERS:
        raise Http404
    listing, rows = open_register(name, actor=actor, asked=query)
    selected, understood = select_rows(listing, rows, query)
    return Listed(subject=Subject(listing.subject), listing=name, query=understood, rows=selected)


def _address_of(listed: Listed) -> str:
    return f"{reverse(REGISTERS[listed.listing].page)}?{listed.query}"


# Selections


@needs(Permission.REGISTER_VIEW)
def show_selections(request: HttpRequest) -> HttpResponseBase:
    """List the selections in use (REP-07)."""
    rows = queries.list_selections(actor=actor_of(request))
    return show_list(request, listing=selection_lists.SELECTIONS, rows=rows, title=_("Selections"))


@needs(Permission.REGISTER_VIEW)
def keep_selection(request: HttpRequest) -> HttpResponse:
    """Keep a list as a selection."""
    actor = actor_of(request)
    listed = _listed(request, actor)

    def act(data: dict[str, Any]) -> str:
        selection = operations.keep_selection(
            actor=actor,
            name=data["name"],
            purpose=data["purpose"],
            listed=listed,
            is_frozen=data["holds"] == forms.FROZEN,
            made_at=timezone.now(),
        )
        messages.success(request, _("The selection “%s” is kept.") % selection.name)
        return reverse("selection", args=[selection.pk])

    context = {
        "title": _("Keep as a selection"),
        "submit": _("Keep"),
        "cancel": _address_of(listed),
        "subject": str(REGISTERS[listed.listing].title),
        "row_count": listed.rows.count(),
    }
    form = forms.SelectionForm(request.POST or None)
    return handle_form(request, form=form, act=act, template="directory/on_list.html", context=context)


@needs(Permission.REGISTER_VIEW)
def show_selection(request: HttpRequest, selection_id: int) -> HttpResponse:
    """Show what a selection is and what can be done with it."""
    actor = actor_of(request)
    selection = queries.access_selection(actor=actor, selection_id=selection_id)
    chosen = QueryDict(mutable=True)
    chosen["selection"] = str(selection_id)
    to_act = QueryDict(mutable=True)
    to_act.update({"listing": selection.listing, "query": chosen.urlencode()})
    context = {
        "title": selection.name,
        "selection": selection,
        "list_title": str(REGISTERS[selection.listing].title),
        "members_href": f"{reverse(REGISTERS[selection.listing].page)}?{chosen.urlencode()}",
        "filters_href": f"{reverse(REGISTERS[selection.listing].page)}?{selection.query}",
        "act_href": f"{reverse('act_new')}?{to_act.urlencode()}" if actor.may(Permission.BULK_ACT) else "",
        "may_retire": selection.made_by == actor.name or actor.may(Permission.SETTING_MANAGE),
    }
    return render_page(request, "directory/selection.html", context)


@needs(Permission.REGISTER_VIEW)
@require_POST
def retire_selection(request: HttpRequest, selection_id: int) -> HttpResponse:
    """Take a selection out of use."""
    try:
        operations.retire_selection(actor=actor_of(request), selection_id=selection_id, retired_at=timezone.now())
    except UnableTo as refusal:
        messages.error(request, refusal.message)
        return go_to(request, reverse("selection", args=[selection_id]))
    messages.success(request, _("The selection is no longer offered."))
    return go_to(request, reverse("selections"))


# Acts on many rows


@needs(Permission.BULK_ACT)
def show_acts(request: HttpRequest) -> HttpResponseBase:
    """List the acts on many rows."""
    rows = queries.list_acts(actor=actor_of(request))
    return show_list(request, listing=selection_lists.ACTS, rows=rows, title=_("Acts on many"))


@needs(Permission.BULK_ACT)
def choose_act(request: HttpRequest) -> HttpResponse:
    """Offer what can be done with every row of a list."""
    actor = actor_of(request)
    listed = _listed(request, actor)
    address = request.GET.urlencode()
    context = {
        "title": _("What shall be done with all of them?"),
        "subject": str(REGISTERS[listed.listing].title),
        "cancel": _address_of(listed),
        "row_count": listed.rows.count(),
        "acts": [
            {"label": str(ActWord(kind).label), "href": f"{reverse('act_form', args=[kind])}?{address}"}
            for kind in ActKind
            if listed.subject in SUBJECTS[kind] and actor.may(PERMISSIONS[kind])
        ],
    }
    return render_page(request, "directory/act_choice.html", context)


@needs(Permission.BULK_ACT)
def prepare_act(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask what an act on every row of a list needs, and have it checked."""
    if kind not in set(ActKind):
        raise Http404
    actor, act_kind = actor_of(request), ActKind(kind)
    actor.require(PERMISSIONS[act_kind])
    listed = _listed(request, actor)
    form = forms.FORMS[act_kind](request.POST or None, actor=actor, subject=listed.subject)

    def act(data: dict[str, Any]) -> str:
        prepared = operations.prepare_act(
            actor=actor,
            kind=act_kind,
            arguments=form.arguments,
            reason=data["reason"],
            listed=listed,
            requested_at=timezone.now(),
        )
        return reverse("act", args=[prepared.pk])

    context = {
        "title": str(ActWord(kind).label),
        "submit": _("Check every row"),
        "cancel": _address_of(listed),
        "subject": str(REGISTERS[listed.listing].title),
        "row_count": listed.rows.count(),
    }
    return handle_form(request, form=form, act=act, template="directory/on_list.html", context=context)


@needs(Permission.BULK_ACT)
def show_act(request: HttpRequest, act_id: int) -> HttpResponseBase:
    """Show an act: progress while it is checked or done, then what becomes of each row."""
    actor = actor_of(request)
    act = queries.get_act_card(actor=actor, act_id=act_id)
    if request.headers.get("HX-Target") == "act-live" and act.state not in GOING:
        # The whole page anew: what can be done stands outside the part that is polled.
        return HttpResponse(headers={"HX-Refresh": "true"})
    listing, rows = selection_lists.rows_of(act.subject), queries.list_act_rows(act_id=act_id)
    if request.GET.get("export"):
        return show_list(request, listing=listing, rows=rows, title=act.label)
    looked_at = act.row_count - act.counts.get(RowState.WAITING, 0)
    acted_on = sum(act.counts.get(state, 0) for state in (RowState.DONE, RowState.REFUSED, RowState.UNCHANGED))
    context = {
        "title": _("Take back: %s") % act.label if act.undoes_id else act.label,
        "act": act,
        "counts": [
            {"label": str(word.label), "state": word.value, "count": act.counts[word.value]}
            for word in RowStateWord
            if act.counts.get(word.value)
        ],
        "ready_count": act.counts.get(RowState.READY, 0),
        "done_count": looked_at if act.state == ActState.CHECKING else acted_on,
        "is_going": act.state in GOING,
        "is_ready": act.state == ActState.READY,
        "may_take_back": act.state == ActState.DONE
        and act.undoes_id is None
        and act.undone_by_id is None
        and act.counts.get(RowState.DONE, 0) > 0,
        "list": build_list(request, listing=listing, rows=rows),
    }
    fragments = {"act-live": "directory/_act_live.html", f"list-{listing.name}": "platform/_list.html"}
    return render_page(request, "directory/act.html", context, fragments=fragments)


@needs(Permission.BULK_ACT)
@require_POST
def begin_act(request: HttpRequest, act_id: int) -> HttpResponse:
    """Do an act that was checked."""
    return _move(request, act_id, lambda actor: operations.begin_act(actor=actor, act_id=act_id, at=timezone.now()))


@needs(Permission.BULK_ACT)
@require_POST
def abandon_act(request: HttpRequest, act_id: int) -> HttpResponse:
    """Leave an act."""
    return _move(request, act_id, lambda actor: operations.abandon_act(actor=actor, act_id=act_id, at=timezone.now()))


def _move(request: HttpRequest, act_id: int, move: Any) -> HttpResponse:
    try:
        move(actor_of(request))
    except UnableTo as refusal:
        messages.error(request, refusal.message)
    return go_to(request, reverse("act", args=[act_id]))


@needs(Permission.BULK_ACT)
def take_back(request: HttpRequest, act_id: int) -> HttpResponse:
    """Have an act that was done taken back, row by row."""
    done = queries.get_act_card(actor=actor_of(request), act_id=act_id)

    def act(data: dict[str, Any]) -> str:
        undoing = operations.take_back(
            actor=actor_of(request), act_id=act_id, reason=data["reason"], requested_at=timezone.now()
        )
        return reverse("act", args=[undoing.pk])

    context = {
        "title": _("Take back: %s") % done.label,
        "submit": _("Check every row"),
        "cancel": reverse("act", args=[act_id]),
        "subject": done.label,
        "row_count": done.counts.get(RowState.DONE, 0),
    }
    form = forms.ReasonForm(request.POST or None)
    return handle_form(request, form=form, act=act, template="directory/on_list.html", context=context)
