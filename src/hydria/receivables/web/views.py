"""Screens of receivables."""

from __future__ import annotations

import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.kernel.periods import add_months
from hydria.platform.access import Permission
from hydria.platform.queries import get_letterhead
from hydria.platform.web.asking import day_asked
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.formats import get_formats
from hydria.receivables import queries
from hydria.receivables.documents.statement import render_statement

MONTHS_SHOWN = 12


def _statement_asked(request: HttpRequest, account_id: int) -> queries.Statement:
    """Return the statement from the first to the last day asked for; a year back when none are."""
    last_date = day_asked(request, "until", default=timezone.localdate())
    first_date = day_asked(request, "since", default=add_months(last_date, -MONTHS_SHOWN))
    return queries.get_statement(
        actor=actor_of(request),
        account_id=account_id,
        start_date=min(first_date, last_date),
        end_date=last_date + datetime.timedelta(days=1),
    )


@needs(Permission.RECEIVABLE_VIEW)
def show_statement(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show the statement of an account."""
    statement = _statement_asked(request, account_id)
    context = {
        "title": _("Statement of account"),
        "statement": statement,
        "balance": queries.get_balance(account_id=account_id, today=timezone.localdate()),
        "first_date": statement.start_date,
        "last_date": statement.end_date - datetime.timedelta(days=1),
    }
    return render_page(request, "receivables/statement.html", context)


@needs(Permission.RECEIVABLE_VIEW)
def show_statement_pdf(request: HttpRequest, account_id: int) -> HttpResponse:
    """Print the statement of an account."""
    pdf = render_statement(
        card=_statement_asked(request, account_id),
        letterhead=get_letterhead(),
        formats=get_formats(),
        created_at=timezone.now(),
    )
    return HttpResponse(pdf, content_type="application/pdf")
