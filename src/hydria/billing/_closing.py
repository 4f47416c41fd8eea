"""What of billing holds back the close of an accounting month."""

from __future__ import annotations

from django.utils.translation import gettext as _

from hydria.billing.models import BillingPeriod, RunState
from hydria.kernel.periods import Period


def list_reasons_to_wait(span: Period) -> list[str]:
    """
    Return a sentence for each period that was to be issued in a month and has no confirmed run.

    Source: domain.md pitfall 16.
    """
    unbilled = (
        BillingPeriod.objects.filter(issue_date__gte=span.start_date, issue_date__lt=span.end_date)
        .exclude(runs__state=RunState.CONFIRMED)
        .select_related("cycle")
        .order_by("issue_date", "id")
    )
    return [
        _("%(cycle)s, to be issued on %(day)s, is not billed.")
        % {"cycle": period.cycle.name, "day": period.issue_date.isoformat()}
        for period in unbilled
    ]
