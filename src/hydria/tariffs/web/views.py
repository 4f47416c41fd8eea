"""Screens of tariffs: the list, a tariff's time line, a version, trying it, comparing and deciding."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.platform.access import Permission
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.forms import handle_form
from hydria.tariffs import operations, queries
from hydria.tariffs.domain.picture import standard_account
from hydria.tariffs.web import trying
from hydria.tariffs.web.cards import difference_card, history, in_force_text, version_lines, version_title
from hydria.tariffs.web.forms import AccountForm, ReasonForm, RemarkForm, initial_of


@needs(Permission.TARIFF_VIEW)
def show_tariffs(request: HttpRequest) -> HttpResponse:
    """List the tariffs with the version in force and those to come."""
    actor, today = actor_of(request), timezone.localdate()
    tariffs = queries.list_tariffs(actor=actor, today=today)
    context = {
        "title": _("Tariffs"),
        "tariffs": [
            (
                tariff,
                in_force_text(tariff.in_force) if tariff.in_force else "",
                version_lines(tariff.others, today=today),
            )
            for tariff in tariffs
        ],
        "may_edit": actor.may(Permission.TARIFF_EDIT),
        "waiting_count": sum(entry.is_mine for entry in queries.list_waiting(actor=actor)),
    }
    return render_page(request, "tariffs/tariffs.html", context)


@needs(Permission.TARIFF_VIEW)
def show_waiting(request: HttpRequest) -> HttpResponse:
    """List the versions on their way, those first that wait for the reader."""
    waiting = queries.list_waiting(actor=actor_of(request))
    context = {
        "title": _("Tariffs on their way"),
        "mine": [entry for entry in waiting if entry.is_mine],
        "others": [entry for entry in waiting if not entry.is_mine],
    }
    return render_page(request, "tariffs/waiting.html", context)


@needs(Permission.TARIFF_VIEW)
def show_tariff(request: HttpRequest, code: str) -> HttpResponse:
    """Show a tariff: the time line of its versions, and what the one in force charges."""
    actor, today = actor_of(request), timezone.localdate()
    tariff = queries.get_tariff_page(actor=actor, code=code, today=today)
    shown = queries.get_version_page(actor=actor, version_id=tariff.shown.id)
    context = {
        "title": tariff.title or tariff.code,
        "tariff": tariff,
        "page": shown,
        "lines": version_lines(tariff.versions, today=today),
        "charges": _named(shown),
        "drawn": trying.draw_account(shown.compiled) if shown.compiled else None,
        "may_edit": actor.may(Permission.TARIFF_EDIT),
    }
    return render_page(request, "tariffs/tariff.html", context)


def _named(page: queries.VersionPage) -> list[tuple[queries.ChargeCard, str]]:
    """Return the charges of a version, each with what the reader calls it."""
    return [(charge, charge.name_in(trying.reader_language())) for charge in page.charges]


@needs(Permission.TARIFF_VIEW)
def show_version(request: HttpRequest, version_id: int) -> HttpResponse:
    """Show a version: its state with who, when and why, its text, its picture, and what may be done now."""
    page = queries.get_version_page(actor=actor_of(request), version_id=version_id)
    context = {
        "title": version_title(page.row),
        "page": page,
        "in_force": in_force_text(page.row),
        "events": history(page),
        "charges": _named(page),
        "drawn": trying.draw_account(page.compiled) if page.compiled else None,
        "may_edit": actor_of(request).may(Permission.TARIFF_EDIT),
        "may_take_back": page.row.state == "PUBLISHED" and actor_of(request).may(Permission.TARIFF_PUBLISH),
    }
    return render_page(request, "tariffs/version.html", context)


@needs(Permission.TARIFF_VIEW)
def try_version(request: HttpRequest, version_id: int) -> HttpResponse:
    """Price one account that the reader describes, with every line explained."""
    page = queries.get_version_page(actor=actor_of(request), version_id=version_id)
    tariff = page.compiled
    if tariff is None:
        return render_page(request, "tariffs/untriable.html", {"title": version_title(page.row), "page": page})
    somebody = initial_of(standard_account(tariff))
    asked = {**somebody, **request.GET.dict()} if request.GET else None  # what an address leaves out is somebody's
    form = AccountForm(asked, tariff=tariff, language=trying.reader_language(), initial=somebody)
    tried = drawn = None
    if asked is not None and form.is_valid():
        data, account = form.cleaned_data, form.account()
        tried = trying.try_account(tariff, account=account, start_date=data["start_date"], end_date=data["end_date"])
        drawn = trying.draw_account(tariff, account=account, as_of=data["start_date"])
    context = {
        "title": _("Try %s") % version_title(page.row),
        "page": page,
        "form": form,
        "tried": tried,
        "drawn": drawn,
    }
    return render_page(request, "tariffs/try.html", context, status=422 if asked is not None and form.errors else 200)


@needs(Permission.TARIFF_VIEW)
def try_invented(request: HttpRequest, version_id: int) -> HttpResponse:
    """Price invented accounts in both engines; each visit invents others."""
    version = queries.get_version(version_id=version_id)
    card = trying.compare_engines(version.compiled, seed=timezone.now().microsecond)
    return render(request, "tariffs/_invented.html", {"invented": card})


@needs(Permission.TARIFF_VIEW)
def compare_versions(request: HttpRequest, version_id: int) -> HttpResponse:
    """Set a version beside another one of the same tariff: what changes for whom."""
    actor = actor_of(request)
    page = queries.get_version_page(actor=actor, version_id=version_id)
    tariff = queries.get_tariff_page(actor=actor, code=page.row.code, today=timezone.localdate())
    others = [row for row in tariff.versions if row.id != version_id]
    asked = request.GET.get("with", "")
    before_id = int(asked) if asked in {str(row.id) for row in others} else page.before_id
    before = queries.get_version_page(actor=actor, version_id=before_id) if before_id is not None else None
    card = None
    if before is not None and before.compiled is not None and page.compiled is not None:
        names = trying.names_of(before.charges) | trying.names_of(page.charges)
        card = difference_card(before.compiled, page.compiled, names=names)
    context = {
        "title": _("What changes with %s") % version_title(page.row),
        "page": page,
        "before": before,
        "others": others,
        "difference": card,
    }
    return render_page(request, "tariffs/compare.html", context)


@needs(Permission.TARIFF_APPROVE)
def approve_version(request: HttpRequest, version_id: int) -> HttpResponse:
    """Approve a version; who has written it is refused."""

    def act(data: dict[str, Any]) -> str:
        operations.approve_version(
            actor=actor_of(request), version_id=version_id, approved_at=timezone.now(), reason=data["reason"]
        )
        messages.success(request, _("The version is approved; it can be published."))
        return reverse("tariff_version", args=[version_id])

    return _decide(
        request,
        version_id,
        act=act,
        form=RemarkForm(request.POST or None),
        title=_("Approve %s"),
        submit=_("Approve"),
        consequence=_("Its text is approved as it stands; any change makes it a draft again. Publishing comes after."),
    )


@needs(Permission.TARIFF_APPROVE)
def send_back(request: HttpRequest, version_id: int) -> HttpResponse:
    """Refuse a version with a reason; its writer finds it among the drafts."""

    def act(data: dict[str, Any]) -> str:
        operations.send_back(
            actor=actor_of(request), version_id=version_id, reason=data["reason"], refused_at=timezone.now()
        )
        messages.success(request, _("The version is a draft again; its writer sees the reason."))
        return reverse("tariff_waiting")

    return _decide(
        request,
        version_id,
        act=act,
        form=ReasonForm(request.POST or None),
        title=_("Send back %s"),
        submit=_("Send back"),
        consequence=_("It becomes a draft again and has to be checked, simulated and approved anew."),
    )


def _decide(
    request: HttpRequest, version_id: int, *, act: Any, form: Any, title: str, submit: str, consequence: str
) -> HttpResponse:
    page = queries.get_version_page(actor=actor_of(request), version_id=version_id)
    context = {
        "title": title % version_title(page.row),
        "submit": submit,
        "consequence": consequence,
        "cancel": reverse("tariff_version", args=[version_id]),
    }
    return handle_form(request, form=form, act=act, template="tariffs/act.html", context=context)
