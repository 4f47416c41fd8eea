"""Screens on which a tariff is written: start, edit with live checking, check, withdraw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hydria.platform.access import Permission
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.forms import go_to, handle_form
from hydria.tariffs import operations, queries
from hydria.tariffs.documents.findings import case_cards, finding_cards
from hydria.tariffs.domain import formatting
from hydria.tariffs.domain.document import read_document
from hydria.tariffs.domain.findings import Findings
from hydria.tariffs.domain.reading import name_in, renamed
from hydria.tariffs.domain.states import Act
from hydria.tariffs.web import trying
from hydria.tariffs.web.cards import version_title
from hydria.tariffs.web.forms import ReasonForm, StartForm, TextForm

_EXAMPLE = """\
tariff: {name}
title: {{en: , es: , el: }}
currency: {currency}
unit: m3
source:

inputs:
  usage: {{unit: m3}}

charges:
  - charge: fixed
    text: {{en: Fixed charge, es: Cargo fijo, el: Πάγιο}}
    source: art. 1
    shape: fixed
    amount: 100.00
    ledger: revenue.fixed
  - charge: water
    text: {{en: Water, es: Agua, el: Νερό}}
    source: art. 2
    shape: blocks
    blocks:
      - {{from: 0, price: 10.00}}
      - {{from: 10, price: 15.00}}
    ledger: revenue.water

cases:
  - {{case: A household, inputs: {{usage: 15}}, lines: {{fixed: 100.00, water: 175.00}}, total: 275.00}}
"""


@needs(Permission.TARIFF_EDIT)
def start_tariff(request: HttpRequest) -> HttpResponse:
    """Start a new tariff, from a small example or from a real one of the gallery."""

    def act(data: dict[str, Any]) -> str:
        if data["start"]:
            text = renamed(queries.get_gallery_text(name=data["start"]), name=data["name"])
        else:
            text = _EXAMPLE.format(name=data["name"], currency=request.company.currency.code)  # type: ignore[attr-defined]
        reason = _("Started from %s") % data["start"] if data["start"] else ""
        version = operations.start_draft(actor=actor_of(request), text=text, written_at=timezone.now(), reason=reason)
        return reverse("tariff_edit", args=[version.pk])

    form = StartForm(request.POST or None, gallery=queries.list_gallery())
    context = {"title": _("New tariff"), "submit": _("Start writing"), "cancel": reverse("tariffs")}
    return handle_form(request, form=form, act=act, context=context)


@needs(Permission.TARIFF_EDIT)
@require_POST
def copy_version(request: HttpRequest, version_id: int) -> HttpResponse:
    """Start the next version of a tariff with the text of another one."""
    page = queries.get_version_page(actor=actor_of(request), version_id=version_id)
    version = operations.start_draft(
        actor=actor_of(request),
        text=page.text,
        written_at=timezone.now(),
        reason=_("Started from version %d") % page.row.sequence,
    )
    return go_to(request, reverse("tariff_edit", args=[version.pk]))


@needs(Permission.TARIFF_EDIT)
def edit_version(request: HttpRequest, version_id: int) -> HttpResponse:
    """Edit a draft; saving keeps every text that ever was."""
    page = queries.get_version_page(actor=actor_of(request), version_id=version_id)

    def act(data: dict[str, Any]) -> str:
        operations.save_draft(
            actor=actor_of(request),
            version_id=version_id,
            text=data["text"],
            known_hash=data["known_hash"],
            written_at=timezone.now(),
            reason=data["reason"],
        )
        messages.success(request, _("The text is saved."))
        return reverse("tariff_version", args=[version_id])

    initial = {"text": page.text, "known_hash": page.text_hash}
    context = {
        "title": version_title(page.row),
        "page": page,
        "is_past_draft": page.row.state != "DRAFT",
        "checked": trying.check_text(page.text, name=page.row.code),
    }
    form = TextForm(request.POST or None, initial=initial)
    return handle_form(request, form=form, act=act, template="tariffs/edit.html", context=context)


@needs(Permission.TARIFF_EDIT)
@require_POST
def check_text(request: HttpRequest) -> HttpResponse:
    """Say what is wrong with a text while it is typed, run its cases, and draw it."""
    text = request.POST.get("text", "").replace("\r\n", "\n")
    checked = trying.check_text(text, name=name_in(text) or "tariff")
    return render(request, "tariffs/_checked.html", {"checked": checked})


@needs(Permission.TARIFF_EDIT)
@require_POST
def format_text(request: HttpRequest) -> HttpResponse:
    """Bring a text into the canonical layout; one that cannot be read stays as it is."""
    form = TextForm(request.POST)
    text = request.POST.get("text", "").replace("\r\n", "\n")
    findings = Findings()
    root = read_document(text, findings=findings)
    if root is not None and not findings.block:
        text = formatting.format_text(text, root)
    form = TextForm(initial={"text": text})
    return render(request, "tariffs/_editor.html", {"field": form["text"]})


@needs(Permission.TARIFF_EDIT)
@require_POST
def check_version(request: HttpRequest, version_id: int) -> HttpResponse:
    """Check a draft; what is wrong is shown with its lines."""
    try:
        version = operations.check_draft(actor=actor_of(request), version_id=version_id, checked_at=timezone.now())
    except operations.UnableToCheckVersion as refusal:
        page = queries.get_version_page(actor=actor_of(request), version_id=version_id)
        data: Mapping[str, Any] = refusal.data
        context = {
            "title": version_title(page.row),
            "page": page,
            "refusal": refusal.message,
            "findings": finding_cards(data.get("issues", ())),
            "cases": case_cards(data.get("differences", ()), currency=page.currency),
            "may_edit": str(Act.WRITTEN) in page.acts,
        }
        return render_page(request, "tariffs/refused.html", context, status=422)
    found = version.events.filter(act=Act.CHECKED).latest("id").data
    messages.success(
        request,
        _(
            "In order. Cases that come out in both engines: %(cases)s. Invented accounts on which both agree: %(accounts)s."
        )
        % found,
    )
    return go_to(request, reverse("tariff_version", args=[version_id]))


@needs(Permission.TARIFF_EDIT)
def withdraw_version(request: HttpRequest, version_id: int) -> HttpResponse:
    """Give a version up that has not been published."""
    page = queries.get_version_page(actor=actor_of(request), version_id=version_id)

    def act(data: dict[str, Any]) -> str:
        operations.withdraw_draft(
            actor=actor_of(request), version_id=version_id, reason=data["reason"], withdrawn_at=timezone.now()
        )
        messages.success(request, _("The version is withdrawn."))
        return reverse("tariff", args=[page.row.code])

    context = {
        "title": _("Withdraw %s") % version_title(page.row),
        "consequence": _("It goes no further. Its texts and what was decided about it stay in the history."),
        "submit": _("Withdraw"),
        "cancel": reverse("tariff_version", args=[version_id]),
    }
    form = ReasonForm(request.POST or None)
    return handle_form(request, form=form, act=act, template="tariffs/act.html", context=context)
