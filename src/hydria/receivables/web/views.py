"""Screens of receivables."""

from __future__ import annotations

import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from hydria.kernel.periods import add_months
from hydria.platform.access import Permission
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.receivables import queries

MONTHS_SHOWN = 12


@needs(Permission.RECEIVABLE_VIEW)
def show_statement(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show the statement of an account from its first to its last day; a year back when none are asked for."""
    today = timezone.localdate()
    last_date = parse_date(request.GET.get("until", "")) or today
    first_date = parse_date(request.GET.get("since", "")) or add_months(last_date, -MONTHS_SHOWN)
    first_date = min(first_date, last_date)
    statement = queries.get_statement(
        actor=actor_of(request),
        account_id=account_id,
        start_date=first_date,
        end_date=last_date + datetime.timedelta(days=1),
    )
    context = {
        "title": _("Statement of account"),
        "statement": statement,
        "balance": queries.get_balance(account_id=account_id, today=today),
        "first_date": first_date,
        "last_date": last_date,
    }
    return render_page(request, "receivables/statement.html", context)
