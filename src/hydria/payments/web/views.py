"""Screens of payments. The till works by keyboard alone: find, Enter, amount, Enter, next customer."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.payments import operations, queries
from hydria.payments.documents.receipt import render_receipt
from hydria.payments.domain.scanning import reference_in
from hydria.payments.domain.tenders import TenderKind
from hydria.payments.models import TillSession
from hydria.payments.web import forms, lists
from hydria.platform.access import Permission
from hydria.platform.queries import get_letterhead
from hydria.platform.web.asking import day_asked, number_asked
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.formats import get_formats
from hydria.platform.web.forms import go_to, handle_form
from hydria.platform.web.listing import build_list, show_list


def _my_session(request: HttpRequest) -> TillSession | None:
    return queries.find_open_session(user_id=actor_of(request).user_id)


def _chosen(typed: list[str]) -> set[int]:
    return {int(item_id) for item_id in typed if item_id.isdecimal()}


@needs(Permission.PAYMENT_TAKE)
def show_till(request: HttpRequest) -> HttpResponse:
    """Find the account that pays; without an open session, open one first."""
    session = _my_session(request)
    if session is None:
        return go_to(request, reverse("till_open"))
    typed = request.GET.get("q", "")
    found = queries.find_accounts_to_pay(typed=reference_in(typed), today=timezone.localdate()) if typed else []
    if len(found) == 1:
        return go_to(request, reverse("till_account", args=[found[0].account.account_id]))
    context = {
        "title": session.till.name,
        "session": queries.get_session_card(actor=actor_of(request), session_id=session.pk),
        "typed": typed,
        "found": found,
    }
    return render_page(request, "payments/till.html", context)


@needs(Permission.PAYMENT_TAKE)
def open_session(request: HttpRequest) -> HttpResponse:
    """Open a till session with the cash that is in the drawer."""

    def act(data: dict[str, Any]) -> str:
        operations.open_session(actor=actor_of(request), opened_at=timezone.now(), **data)
        return reverse("till")

    last_till_id = queries.find_last_till_id(user_id=actor_of(request).user_id)
    form = forms.OpenSessionForm(request.POST or None, last_till_id=last_till_id)
    return handle_form(request, form=form, act=act, context={"title": _("Open a till"), "submit": _("Open the till")})


@needs(Permission.PAYMENT_TAKE)
def close_session(request: HttpRequest) -> HttpResponse:
    """Close one's own session with a blind count."""
    session = _my_session(request)
    if session is None:
        return go_to(request, reverse("till_open"))
    return _close(request, session_id=session.pk, till_name=session.till.name, cancel=reverse("till"))


@needs(Permission.PAYMENT_TAKE)
def close_session_of(request: HttpRequest, session_id: int) -> HttpResponse:
    """Close a session, also a colleague's who has left."""
    address = reverse("till_session", args=[session_id])
    session = queries.get_session_card(actor=actor_of(request), session_id=session_id)
    if session.closed_at:
        return go_to(request, address)
    return _close(request, session_id=session_id, till_name=session.till_name, cancel=address)


def _close(request: HttpRequest, *, session_id: int, till_name: str, cancel: str) -> HttpResponse:
    def act(data: dict[str, Any]) -> str:
        operations.close_session(
            actor=actor_of(request),
            session_id=session_id,
            closed_at=timezone.now(),
            effective_date=timezone.localdate(),
            **data,
        )
        return reverse("till_session", args=[session_id])

    context = {"title": _("Close %s") % till_name, "submit": _("Close the till"), "cancel": cancel}
    return handle_form(request, form=forms.CloseSessionForm(request.POST or None), act=act, context=context)


@needs(Permission.PAYMENT_TAKE)
def take_payment(request: HttpRequest, account_id: int) -> HttpResponse:
    """Take money for an account."""
    actor, today, session = actor_of(request), timezone.localdate(), _my_session(request)
    if session is None:
        return go_to(request, reverse("till_open"))
    payer = queries.get_payer_card(actor=actor, account_id=account_id, today=today)

    def act(data: dict[str, Any]) -> str:
        payment = operations.take_payment(
            actor=actor,
            account_id=account_id,
            tenders=data["tenders"],
            key=data["key"],
            received_at=timezone.now(),
            effective_date=today,
            session_id=session.pk,
            item_ids=data["item_ids"],
        )
        return f"{reverse('payment', args=[payment.pk])}?change={data['change_minor']}"

    initial = {"key": uuid.uuid4().hex, "amount_minor": max(payer.balance.balance_minor, 0) or None}
    form = forms.PaymentForm(request.POST or None, initial=initial, debts=payer.debts)
    context = {
        "title": payer.account.holder_name or payer.account.number,
        "payer": payer,
        "may_discount": bool(payer.debts) and actor.may(Permission.CONCESSION_DISCOUNT),
        "marks": get_formats().marks,
        "tender_rows": [
            (form[f"{kind.lower()}_minor"], form[f"{kind.lower()}_reference"] if kind is not TenderKind.CASH else None)
            for kind in TenderKind
        ],
        "chosen": {name: _chosen(form[name].value() or []) for name in ("documents", "item_ids")},
    }
    return handle_form(request, form=form, act=act, template="payments/take_payment.html", context=context)


@needs(Permission.PAYMENT_VIEW)
def show_session(request: HttpRequest, session_id: int) -> HttpResponseBase:
    """Show a till session with its payments, and once closed, its difference."""
    actor = actor_of(request)
    rows = queries.list_payments(actor=actor, session_id=session_id)
    session = queries.get_session_card(actor=actor, session_id=session_id)
    context = {
        "title": _("Till session"),
        "session": session,
        "may_close": session.closed_at is None
        and actor.may(Permission.PAYMENT_TAKE)
        and (session.cashier_id == actor.user_id or actor.may(Permission.PAYMENT_REVERSE)),
        "list": build_list(request, listing=lists.PAYMENTS, rows=rows),
    }
    return render_page(request, "payments/session.html", context, fragments={"list-payments": "platform/_list.html"})


@needs(Permission.PAYMENT_VIEW)
def show_tills(request: HttpRequest) -> HttpResponseBase:
    """Show who has which till open, and the sessions there have been."""
    actor = actor_of(request)
    context = {
        "title": _("Tills"),
        "tills": queries.list_till_lines(actor=actor),
        "may_add": actor.may(Permission.SETTING_MANAGE),
        "list": build_list(request, listing=lists.SESSIONS, rows=queries.list_sessions(actor=actor)),
    }
    return render_page(request, "payments/tills.html", context, fragments={"list-sessions": "platform/_list.html"})


@needs(Permission.SETTING_MANAGE)
def add_till(request: HttpRequest) -> HttpResponse:
    """Make a till."""

    def act(data: dict[str, Any]) -> str:
        till = operations.create_till(actor=actor_of(request), **data)
        messages.success(request, _("The till %s is made.") % till.code)
        return reverse("tills")

    context = {"title": _("New till"), "submit": _("Make the till"), "cancel": reverse("tills")}
    return handle_form(request, form=forms.NewTillForm(request.POST or None), act=act, context=context)


@needs(Permission.PAYMENT_VIEW)
def show_payments(request: HttpRequest) -> HttpResponseBase:
    """List payments."""
    rows = queries.list_payments(actor=actor_of(request))
    return show_list(request, listing=lists.PAYMENTS, rows=rows, title=_("Payments"), template="payments/payments.html")


@needs(Permission.PAYMENT_VIEW)
def show_batch(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """List the payments that came together and were posted by one journal."""
    rows = queries.list_payments(actor=actor_of(request), batch_id=batch_id)
    return show_list(request, listing=lists.PAYMENTS, rows=rows, title=_("Batch of payments %s") % batch_id)


@needs(Permission.PAYMENT_VIEW)
def show_payment(request: HttpRequest, payment_id: int) -> HttpResponse:
    """Show a payment; right after it was taken, with the change to give back."""
    actor = actor_of(request)
    payment = queries.get_payment_card(actor=actor, payment_id=payment_id)
    change_minor = number_asked(request, "change")
    context = {
        "title": payment.receipt_code,
        "payment": payment,
        "is_just_taken": change_minor is not None,
        "change_minor": change_minor,
        "may_reverse": actor.may(Permission.PAYMENT_REVERSE)
        and payment.reverses_id is None
        and payment.reversed_by_id is None,
        "may_take": actor.may(Permission.PAYMENT_TAKE),
    }
    return render_page(request, "payments/payment.html", context)


@needs(Permission.PAYMENT_VIEW)
def show_receipt(request: HttpRequest, payment_id: int) -> HttpResponse:
    """Print the receipt of a payment; printed again, it says the same."""
    card = queries.get_payment_card(actor=actor_of(request), payment_id=payment_id)
    pdf = render_receipt(card=card, letterhead=get_letterhead(), formats=get_formats())
    return HttpResponse(pdf, content_type="application/pdf")


@needs(Permission.PAYMENT_REVERSE)
def reverse_payment(request: HttpRequest, payment_id: int) -> HttpResponse:
    """Give a payment back, with a reason."""
    actor, session = actor_of(request), _my_session(request)
    payment = queries.get_payment_card(actor=actor, payment_id=payment_id)

    def act(data: dict[str, Any]) -> str:
        mirror = operations.reverse_payment(
            actor=actor,
            payment_id=payment_id,
            reason=data["reason"],
            reversed_at=timezone.now(),
            effective_date=timezone.localdate(),
            session_id=session.pk if session else None,
        )
        messages.success(request, _("Payment %s is reversed.") % payment.receipt_code)
        return reverse("payment", args=[mirror.pk])

    context = {
        "title": _("Reverse payment %s") % payment.receipt_code,
        "payment": payment,
        "till_name": session.till.name if session else "",
    }
    return handle_form(
        request,
        form=forms.ReversalForm(request.POST or None),
        act=act,
        template="payments/reverse.html",
        context=context,
    )


@needs(Permission.PAYMENT_VIEW)
def show_takings(request: HttpRequest) -> HttpResponse:
    """Show what was taken on a day by cashier and form."""
    day = day_asked(request, "day", default=timezone.localdate())
    rows = queries.list_takings(actor=actor_of(request), day=day)
    context = {
        "title": _("Takings of %s") % get_formats().date(day),
        "day": day,
        "rows": rows,
        "total_minor": sum(row.amount_minor for row in rows),
    }
    return render_page(request, "payments/takings.html", context)
