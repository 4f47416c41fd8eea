"""Notes, files, alerts and printed contracts of an account."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.agreements import queries as agreements
from hydria.customers import operations, queries
from hydria.customers.documents.contract import get_contract_card, render_contract
from hydria.customers.domain.procedures import MarkerKind
from hydria.customers.queries import About
from hydria.customers.web import forms
from hydria.platform.access import Permission
from hydria.platform.documents.formats import Formats, locale_name
from hydria.platform.queries import get_company, get_letterhead
from hydria.platform.web.doors import actor_of, answer_file, needs, render_page
from hydria.platform.web.forms import handle_form

Data = dict[str, Any]


def _context(request: HttpRequest, account_id: int, *, title: str) -> dict[str, Any]:
    """Return what the page around a form says, if the reader may see the account."""
    card = agreements.get_account_card(actor=actor_of(request), account_id=account_id, today=timezone.localdate())
    return {
        "title": title,
        "submit": title,
        "lead": f"{card.holder.name} · {card.number}" if card.holder else card.number,
        "subject": card.holder.name if card.holder else card.number,
        "cancel": reverse("account", args=[account_id]),
    }


def _about(request: HttpRequest, account_id: int, data: Data) -> About:
    """Take from a form what it is about: the account, or its holder."""
    if data.pop("about") == "party":
        actor, today = actor_of(request), timezone.localdate()
        holder = agreements.get_account_card(actor=actor, account_id=account_id, today=today).holder
        if holder is not None:
            return About(party_id=holder.party_id)
    return About(account_id=account_id)


@needs(Permission.REGISTER_EDIT)
def write_note(request: HttpRequest, account_id: int) -> HttpResponse:
    """Write something down about an account."""

    def act(data: Data) -> str:
        about = _about(request, account_id, data)
        operations.write_note(actor=actor_of(request), about=about, written_at=timezone.now(), **data)
        messages.success(request, _("The note is kept."))
        return reverse("account", args=[account_id])

    context = _context(request, account_id, title=_("Write a note"))
    form = forms.NoteForm(request.POST or None)
    return handle_form(request, form=form, act=act, template="customers/paper.html", context=context)


@needs(Permission.REGISTER_EDIT)
def attach_file(request: HttpRequest, account_id: int) -> HttpResponse:
    """Keep a file with an account."""

    def act(data: Data) -> str:
        file, about = data.pop("file"), _about(request, account_id, data)
        operations.attach_file(
            actor=actor_of(request),
            about=about,
            content=file.read(),
            added_at=timezone.now(),
            **(data | {"title": data["title"] or file.name}),
        )
        messages.success(request, _("The file is kept."))
        return reverse("account", args=[account_id])

    context = _context(request, account_id, title=_("Attach a file"))
    form = forms.AttachmentForm(request.POST or None, request.FILES or None)
    return handle_form(request, form=form, act=act, template="customers/paper.html", context=context)


@needs(Permission.REGISTER_VIEW)
def show_file(request: HttpRequest, attachment_id: int) -> HttpResponse:
    """Show a kept file in the browser, which must not take it for anything but what it is."""
    kept = queries.access_attachment(actor=actor_of(request), attachment_id=attachment_id)
    return answer_file(sha256=kept.file.sha256)


@needs(Permission.REGISTER_EDIT)
def withdraw_file(request: HttpRequest, account_id: int, attachment_id: int) -> HttpResponse:
    """Take a file that was added by mistake out of sight."""

    def act(data: Data) -> str:
        operations.withdraw_attachment(actor=actor_of(request), attachment_id=attachment_id, **data)
        messages.success(request, _("The file is withdrawn."))
        return reverse("account", args=[account_id])

    context = _context(request, account_id, title=_("Withdraw the file"))
    form = forms.ReasonForm(request.POST or None)
    return handle_form(request, form=form, act=act, template="customers/paper.html", context=context)


@needs(Permission.REGISTER_EDIT)
def raise_alert(request: HttpRequest, account_id: int) -> HttpResponse:
    """Raise an alert on an account."""
    actor, today = actor_of(request), timezone.localdate()

    def act(data: Data) -> str:
        kind, about = MarkerKind(data.pop("kind")), _about(request, account_id, data)
        operations.raise_marker(actor=actor, about=about, kind=kind, **data)
        messages.success(request, _("The alert is raised."))
        return reverse("account", args=[account_id])

    context = _context(request, account_id, title=_("Raise an alert"))
    form = forms.MarkerForm(request.POST or None, today=today)
    return handle_form(request, form=form, act=act, template="customers/paper.html", context=context)


@needs(Permission.REGISTER_EDIT)
def lift_alert(request: HttpRequest, account_id: int, marker_id: int) -> HttpResponse:
    """End an alert today."""

    def act(data: Data) -> str:
        operations.lift_marker(actor=actor_of(request), marker_id=marker_id, end_date=timezone.localdate(), **data)
        messages.success(request, _("The alert is lifted."))
        return reverse("account", args=[account_id])

    context = _context(request, account_id, title=_("Lift the alert"))
    form = forms.ReasonForm(request.POST or None)
    return handle_form(request, form=form, act=act, template="customers/paper.html", context=context)


# Contracts


@needs(Permission.AGREEMENT_EDIT)
def print_contract(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """Print the contract of an agreement and archive it with the account."""
    actor, today = actor_of(request), timezone.localdate()
    account_id, _agreement = agreements.get_agreement_card(actor=actor, agreement_id=agreement_id, today=today)
    form = forms.ContractForm(request.POST or None)
    context = _context(request, account_id, title=_("Print the contract"))
    if request.method == "POST" and form.is_valid():
        template = queries.list_contract_templates().get(pk=form.cleaned_data["template_id"])
        company = get_company()
        locale = locale_name(language=template.language, country=company.country)
        formats = Formats.of(locale, company.currency)
        now = timezone.now()
        card = get_contract_card(actor=actor, agreement_id=agreement_id, template_id=template.pk, today=today)
        content = render_contract(card=card, letterhead=get_letterhead(), formats=formats, created_at=now)
        title = f"{template.name} {card.number}"
        kept = operations.archive_contract(
            actor=actor, account_id=account_id, content=content, title=title, added_at=now
        )
        return render_page(request, "customers/contract_printed.html", {**context, "attachment_id": kept.pk})
    has_texts = queries.list_contract_templates().exists()
    template_name = "customers/paper.html" if has_texts else "customers/contract_missing.html"
    status = 422 if form.errors else 200
    return render_page(request, template_name, {**context, "form": form}, status=status)
