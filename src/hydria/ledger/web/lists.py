"""Lists of the ledger."""

from __future__ import annotations

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hydria.ledger.models import Journal
from hydria.platform.web.listing import Column, Filter, Kind, Listing

SOURCE_LABELS: dict[str, str | Promise] = {
    "billing_run": _("Billing run"),
    "payment": _("Payment"),
    "payment_batch": _("Batch of payments"),
    "payment_reversal": _("Payment reversal"),
    "till_session": _("Till difference"),
    "discount": _("Discount"),
    "discount_reversal": _("Discount taken back"),
    "opening_balance": _("Opening balances"),
    "manual": _("By hand"),
    "manual_reversal": _("Reversal by hand"),
}

# Pages of contexts above the ledger, by URL name as foreign keys are by model name: nothing is imported.
SOURCE_PAGES = {
    "billing_run": "run",
    "payment": "payment",
    "payment_batch": "payment_batch",
    "payment_reversal": "payment",
    "till_session": "till_session",
    "manual_reversal": "journal",
}


def source_label(journal: Journal) -> str:
    """Return the words for what posted a journal."""
    return str(SOURCE_LABELS.get(journal.source_kind, journal.source_kind))


JOURNALS = Listing(
    name="journals",
    columns=(
        Column(name="number", label=_("Journal"), value="pk", link=lambda row: reverse("journal", args=[row.pk])),
        Column(
            name="day",
            label=_("Day"),
            value="effective_date",
            kind=Kind.DATE,
            sort="effective_date",
            group="effective_date",
        ),
        Column(name="description", label=_("What for"), value="purpose"),
        Column(name="source", label=_("Posted by"), value=source_label),
        Column(name="by", label=_("Who"), value="posted_by", kind=Kind.PERSON, group="posted_by"),
        Column(name="amount", label=_("Amount"), value="amount_minor", kind=Kind.AMOUNT),
    ),
    filters=(
        Filter(name="since", label=_("From"), lookup="effective_date__gte", kind="date"),
        Filter(name="until", label=_("To"), lookup="effective_date__lte", kind="date"),
        Filter(
            name="source",
            label=_("Posted by"),
            lookup="source_kind",
            kind="choice",
            choices=lambda: list(SOURCE_LABELS.items()),
        ),
        Filter(name="text", label=_("What for"), lookup="description__icontains"),
    ),
    sort="-day",
    empty=_("Nothing has been posted yet"),
    empty_hint=_("Confirmed runs and payments post their journals by themselves."),
)
