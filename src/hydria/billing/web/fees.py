"""What becomes of a quotation: accepted with its invoice, billed in parts, cancelled with its credit note."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.billing import operations, queries
from hydria.billing.web import forms
from hydria.fees import queries as fees
from hydria.fees.documents.quotation import tell_line
from hydria.fees.domain.states import BillingMode, QuotationState
from hydria.fees.web.forms import AcceptForm
from hydria.platform.access import Permission
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.formats import get_formats
from hydria.platform.web.forms import handle_form

Data = dict[str, Any]


@needs(Permission.BILLING_VIEW)
def show_quotation(request: HttpRequest, quotation_id: int) -> HttpResponse:
    """Show what was quoted, how each amount came about, and what has been billed of it."""
    actor = actor_of(request)
    card = fees.get_quotation_card(actor=actor, quotation_id=quotation_id)
    formats = get_formats()
    context = {
        "title": _("Quotation %s") % card.code,
        "quotation": card,
        "stories": [(line, tell_line(card, line, formats=formats)) for line in card.lines],
        "instalments": queries.list_instalment_rows(quotation=card),
        "may_accept": actor.may(Permission.FEE_QUOTE) and card.is_open(timezone.localdate()),
        "may_cancel": actor.may(Permission.FEE_QUOTE) and card.state is not QuotationState.CANCELLED,
        "has_expired": card.state is QuotationState.QUOTED and not card.is_open(timezone.localdate()),
    }
    return render_page(request, "billing/quotation.html", context)


@needs(Permission.FEE_QUOTE)
def accept_quotation(request: HttpRequest, quotation_id: int) -> HttpResponse:
    """Accept a quotation: on an invoice of its own, or on the next ones."""
    actor = actor_of(request)
    card = fees.get_quotation_card(actor=actor, quotation_id=quotation_id)
    form = AcceptForm(request.POST or None, instalments_max=card.instalments_max)

    def act(data: Data) -> str:
        mode = BillingMode(data["mode"])
        invoice_id = operations.accept_quotation(
            actor=actor,
            quotation_id=quotation_id,
            mode=mode,
            instalment_count=data["instalment_count"] if mode is BillingMode.NEXT_INVOICE else 1,
            accepted_at=timezone.now(),
            accepted_date=timezone.localdate(),
        )
        if invoice_id is not None:
            messages.success(request, _("Accepted; the invoice is issued."))
            return reverse("invoice", args=[invoice_id])
        messages.success(request, _("Accepted; it comes with the next invoice."))
        return reverse("quotation", args=[quotation_id])

    context = {
        "title": _("Accept quotation %s") % card.code,
        "submit": _("Accept"),
        "cancel": reverse("quotation", args=[quotation_id]),
        "consequence": _("%(amount)s are owed for %(fee)s. An invoice of its own is issued and due at once.")
        % {"amount": get_formats().money(card.total_minor), "fee": card.fee_name},
    }
    return handle_form(request, form=form, act=act, template="billing/act.html", context=context)


@needs(Permission.FEE_QUOTE)
def cancel_quotation(request: HttpRequest, quotation_id: int) -> HttpResponse:
    """Cancel a quotation; what was invoiced of it is taken back by a credit note."""
    actor = actor_of(request)
    card = fees.get_quotation_card(actor=actor, quotation_id=quotation_id)
    billed = [row for row in queries.list_instalment_rows(quotation=card) if row.invoice_code]

    def act(data: Data) -> str:
        notes = operations.cancel_quotation(
            actor=actor,
            quotation_id=quotation_id,
            reason=data["reason"],
            cancelled_at=timezone.now(),
            cancelled_date=timezone.localdate(),
        )
        messages.success(request, _("Cancelled, with its credit note.") if notes else _("Cancelled."))
        return reverse("quotation", args=[quotation_id])

    amount = get_formats().money(sum(row.amount_minor for row in billed))
    taken_back = _("A credit note takes back %(amount)s of %(invoices)s.") % {
        "amount": amount,
        "invoices": ", ".join(row.invoice_code for row in billed),
    }
    context = {
        "title": _("Cancel quotation %s") % card.code,
        "submit": _("Cancel it"),
        "cancel": reverse("quotation", args=[quotation_id]),
        "consequence": taken_back if billed else _("Nothing of it has been invoiced; nothing will be."),
    }
    form = forms.ReasonForm(request.POST or None)
    return handle_form(request, form=form, act=act, template="billing/act.html", context=context)
