"""Screens of fees: the list, quotations, and quoting one for an account."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from hydria.agreements import queries as agreements
from hydria.fees import operations, queries
from hydria.fees.documents.quotation import render_quotation
from hydria.fees.web import forms, lists
from hydria.platform.access import Permission
from hydria.platform.documents.formats import Formats, locale_name
from hydria.platform.queries import get_company, get_letterhead
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.forms import handle_form
from hydria.platform.web.listing import show_list

Data = dict[str, Any]


@needs(Permission.BILLING_VIEW)
def show_fees(request: HttpRequest) -> HttpResponseBase:
    """List the fees."""
    return show_list(
        request,
        listing=lists.FEES,
        rows=queries.list_fees(),
        title=_("Fees"),
        template="fees/fees.html",
        context={"may_manage": actor_of(request).may(Permission.FEE_MANAGE)},
    )


@needs(Permission.FEE_MANAGE)
def edit_fee(request: HttpRequest, code: str = "") -> HttpResponse:
    """Put a fee on the list, or change one."""
    initial: Data = {}
    if code:
        fee = queries.list_fees().filter(code=code).first()
        if fee is None:
            raise Http404
        initial = {name: getattr(fee, name) for name in forms.FeeForm.base_fields}

    def act(data: Data) -> str:
        operations.save_fee(actor=actor_of(request), today=timezone.localdate(), **data)
        messages.success(request, _("Saved."))
        return reverse("fees")

    context = {"title": initial.get("name") or _("New fee"), "cancel": reverse("fees")}
    form = forms.FeeForm(request.POST or None, initial=initial or None)
    return handle_form(request, form=form, act=act, context=context)


@needs(Permission.BILLING_VIEW)
def show_quotations(request: HttpRequest) -> HttpResponseBase:
    """List the quotations of all accounts."""
    rows = queries.list_quotations(actor=actor_of(request))
    return show_list(request, listing=lists.QUOTATIONS, rows=rows, title=_("Quotations"))


@needs(Permission.FEE_QUOTE)
def choose_fee(request: HttpRequest, account_id: int) -> HttpResponse:
    """Offer the fees that can be quoted for an account."""
    context = _context(request, account_id) | {"title": _("Quote a fee"), "fees": queries.list_fee_cards()}
    return render_page(request, "fees/choose.html", context)


@needs(Permission.FEE_QUOTE)
def quote(request: HttpRequest, account_id: int, code: str) -> HttpResponse:
    """Ask what the price of a fee depends on, and quote it; nothing is owed by that."""
    today = timezone.localdate()
    fee = next((card for card in queries.list_fee_cards() if card.code == code), None)
    asked = queries.list_asked_inputs(fee_code=code, on_date=today)
    if fee is None:
        raise Http404
    form = forms.QuoteForm(request.POST or None, asked=asked or ())

    def act(data: Data) -> str:
        quotation = operations.quote(
            actor=actor_of(request),
            key=data["key"],
            account_id=account_id,
            fee_code=code,
            quoted_at=timezone.now(),
            quoted_date=today,
            quantity_milli=form.quantity_milli,
            inputs=form.inputs,
            note=data["note"],
        )
        return reverse("quotation", args=[quotation.pk])

    context = _context(request, account_id) | {"title": fee.name, "submit": _("Quote")}
    return handle_form(request, form=form, act=act, template="fees/quote.html", context=context)


@needs(Permission.BILLING_VIEW)
def show_pdf(request: HttpRequest, quotation_id: int) -> HttpResponse:
    """Print a quotation in the language of its account."""
    actor, company = actor_of(request), get_company()
    account_id = queries.get_quotation_card(actor=actor, quotation_id=quotation_id).account_id
    language = agreements.access_account(actor=actor, account_id=account_id).language or company.language
    formats = Formats.of(locale_name(language=language, country=company.country), company.currency)
    with translation.override(formats.locale.language):
        card = queries.get_quotation_card(actor=actor, quotation_id=quotation_id)
    account = agreements.get_account_card(actor=actor, account_id=account_id, today=card.quoted_date)
    pdf = render_quotation(card=card, account=account, letterhead=get_letterhead(), formats=formats)
    return HttpResponse(pdf, content_type="application/pdf")


def _context(request: HttpRequest, account_id: int) -> Data:
    """Return what the page around a form says, if the reader may see the account."""
    today: datetime.date = timezone.localdate()
    card = agreements.get_account_card(actor=actor_of(request), account_id=account_id, today=today)
    return {
        "lead": f"{card.holder.name} · {card.number}" if card.holder else card.number,
        "subject": card.holder.name if card.holder else card.number,
        "account_id": account_id,
        "cancel": reverse("account", args=[account_id]),
    }
