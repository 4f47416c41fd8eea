"""Screens of the ledger. Pages say first and last day; below them ranges are half-open."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.kernel.periods import first_of_month
from hydria.ledger import operations, queries
from hydria.ledger.web import forms, lists
from hydria.platform.access import Permission
from hydria.platform.web.asking import YEARS, day_asked, number_asked
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.formats import get_formats
from hydria.platform.web.forms import handle_form
from hydria.platform.web.listing import show_list

ENTRIES_PER_PAGE = 200


def _days_asked(request: HttpRequest) -> tuple[datetime.date, datetime.date]:
    """Return the first and the last day asked for; this month so far when none are."""
    last_date = day_asked(request, "until", default=timezone.localdate())
    first_date = day_asked(request, "since", default=first_of_month(last_date))
    return min(first_date, last_date), last_date


@needs(Permission.LEDGER_VIEW)
def show_trial_balance(request: HttpRequest) -> HttpResponse:
    """Show the trial balance between two days."""
    first_date, last_date = _days_asked(request)
    balance = queries.get_trial_balance(
        actor=actor_of(request), start_date=first_date, end_date=last_date + datetime.timedelta(days=1)
    )
    context = {
        "title": _("Trial balance"),
        "balance": balance,
        "first_date": first_date,
        "last_date": last_date,
    }
    return render_page(request, "ledger/trial_balance.html", context)


@needs(Permission.LEDGER_VIEW)
def show_ledger_account(request: HttpRequest, ledger_account_id: int) -> HttpResponse:
    """Show the entries of an account with their running balance."""
    first_date, last_date = _days_asked(request)
    page = number_asked(request, "page") or 1
    offset = (page - 1) * ENTRIES_PER_PAGE
    account = queries.get_ledger_account_card(
        actor=actor_of(request),
        ledger_account_id=ledger_account_id,
        start_date=first_date,
        end_date=last_date + datetime.timedelta(days=1),
        offset=offset,
        limit=ENTRIES_PER_PAGE,
    )
    context = {
        "title": f"{account.code} {account.name}",
        "account": account,
        "first_date": first_date,
        "last_date": last_date,
        "next_page": page + 1 if page * ENTRIES_PER_PAGE < account.entry_count else None,
        "previous_page": page - 1 or None,
    }
    return render_page(request, "ledger/ledger_account.html", context)


@needs(Permission.LEDGER_VIEW)
def show_journals(request: HttpRequest) -> HttpResponseBase:
    """List journals."""
    actor = actor_of(request)
    return show_list(
        request,
        listing=lists.JOURNALS,
        rows=queries.list_journals(actor=actor),
        title=_("Journals"),
        template="ledger/journals.html",
        context={"may_post": actor.may(Permission.LEDGER_POST)},
    )


@needs(Permission.LEDGER_VIEW)
def show_journal(request: HttpRequest, journal_id: int) -> HttpResponse:
    """Show a journal with the way to what posted it."""
    actor = actor_of(request)
    journal = queries.get_journal_card(actor=actor, journal_id=journal_id)
    context = {
        "title": _("Journal %s") % journal.journal_id,
        "journal": journal,
        "source_label": str(lists.SOURCE_LABELS.get(journal.source_kind, journal.source_kind)),
        "source_href": _source_href(journal),
        "may_reverse": journal.source_kind == "manual" and actor.may(Permission.LEDGER_POST),
    }
    return render_page(request, "ledger/journal.html", context)


@needs(Permission.LEDGER_POST)
def post_journal(request: HttpRequest) -> HttpResponse:
    """Post a journal by hand."""

    def act(data: dict[str, Any]) -> str:
        journal = operations.post_manual_journal(
            actor=actor_of(request),
            request_id=data["request_id"],
            effective_date=data["effective_date"],
            description=data["description"],
            postings=data["postings"],
        )
        messages.success(request, _("Journal %s is posted.") % journal.pk)
        return reverse("journal", args=[journal.pk])

    form = forms.JournalForm(request.POST or None, initial={"effective_date": timezone.localdate()})
    return handle_form(
        request, form=form, act=act, template="ledger/journal_new.html", context={"title": _("New journal")}
    )


@needs(Permission.LEDGER_POST)
def reverse_journal(request: HttpRequest, journal_id: int) -> HttpResponse:
    """Undo a journal that was posted by hand."""

    def act(data: dict[str, Any]) -> str:
        mirror = operations.reverse_manual_journal(
            actor=actor_of(request),
            journal_id=journal_id,
            reason=data["reason"],
            effective_date=timezone.localdate(),
        )
        return reverse("journal", args=[mirror.pk])

    context = {
        "title": _("Reverse journal %s") % journal_id,
        "submit": _("Post the mirror"),
        "cancel": reverse("journal", args=[journal_id]),
    }
    return handle_form(request, form=forms.ReasonForm(request.POST or None), act=act, context=context)


@needs(Permission.LEDGER_VIEW)
def show_periods(request: HttpRequest) -> HttpResponse:
    """Show the accounting months; the oldest open one can be closed."""
    actor = actor_of(request)
    periods = queries.list_periods(actor=actor)
    open_months = [period.month for period in periods if period.closed_at is None]
    context = {
        "title": _("Accounting months"),
        "periods": periods,
        "closable": min(open_months) if open_months and actor.may(Permission.LEDGER_CLOSE) else None,
    }
    return render_page(request, "ledger/periods.html", context)


@needs(Permission.LEDGER_CLOSE)
def close_period(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """Close an accounting month for good."""
    if not (1 <= month <= 12 and year in YEARS):
        raise Http404
    day = datetime.date(year, month, 1)

    def act(data: dict[str, Any]) -> str:
        operations.close_period(actor=actor_of(request), month=day, closed_at=timezone.now())
        messages.success(request, _("The month is closed."))
        return reverse("periods")

    context = {
        "title": _("Close %s") % get_formats().date(day),
        "submit": _("Close the month for good"),
        "cancel": reverse("periods"),
    }
    form = forms.CloseForm(request.POST if request.method == "POST" else None)
    return handle_form(request, form=form, act=act, template="ledger/period_close.html", context=context)


def _source_href(journal: queries.JournalCard) -> str:
    if (name := lists.SOURCE_PAGES.get(journal.source_kind)) is None:
        return ""
    try:
        return reverse(name, args=[journal.source_id])
    except NoReverseMatch:
        return ""
