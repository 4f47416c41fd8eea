"""Lists of payments and of till sessions."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hydria.platform.web.listing import Column, Filter, Kind, Listing

PAYMENTS = Listing(
    name="payments",
    columns=(
        Column(
            name="receipt",
            label=_("Receipt"),
            value="receipt_code",
            link=lambda row: reverse("payment", args=[row.pk]),
        ),
        Column(name="received", label=_("Taken on"), value="received_at", kind=Kind.INSTANT, sort="received_at"),
        Column(
            name="counts",
            label=_("Counts on"),
            value="effective_date",
            kind=Kind.DATE,
            sort="effective_date",
            group="effective_date",
        ),
        Column(name="account", label=_("Account"), value="account.number"),
        Column(name="amount", label=_("Amount"), value="signed_minor", kind=Kind.AMOUNT, total="signed_minor"),
        Column(name="taken_by", label=_("Taken by"), value="taken_by", kind=Kind.PERSON, group="taken_by"),
        Column(name="reason", label=_("Reason of the reversal"), value="reason"),
    ),
    filters=(
        Filter(name="receipt", label=_("Receipt"), lookup="receipt_code__istartswith"),
        Filter(name="account", label=_("Account"), lookup="account__number__startswith"),
        Filter(name="by", label=_("Taken by"), lookup="taken_by__in", kind="person"),
        Filter(name="since", label=_("From"), lookup="effective_date__gte", kind="date"),
        Filter(name="until", label=_("To"), lookup="effective_date__lte", kind="date"),
    ),
    totals_apart=True,
    sort="-received",
    empty=_("No money has been taken yet"),
    empty_hint=_("Payments appear here as soon as a till, a collector or the API has recorded them."),
)

SESSIONS = Listing(
    name="sessions",
    columns=(
        Column(
            name="till", label=_("Till"), value="till.name", link=lambda row: reverse("till_session", args=[row.pk])
        ),
        Column(name="cashier", label=_("Cashier"), value="cashier.username", kind=Kind.PERSON),
        Column(name="opened", label=_("Opened"), value="opened_at", kind=Kind.INSTANT, sort="opened_at"),
        Column(name="closed", label=_("Closed"), value="closed_at", kind=Kind.INSTANT),
        Column(name="counted", label=_("Counted"), value="counted_minor", kind=Kind.AMOUNT),
        Column(name="difference", label=_("Difference"), value="difference_minor", kind=Kind.AMOUNT),
    ),
    filters=(
        Filter(name="cashier", label=_("Cashier"), lookup="cashier__username__in", kind="person"),
        Filter(name="since", label=_("From"), lookup="opened_at__date__gte", kind="date"),
        Filter(name="until", label=_("To"), lookup="opened_at__date__lte", kind="date"),
    ),
    sort="-opened",
    empty=_("No till has been opened yet"),
    empty_hint=_("A cashier opens a till with the cash that is in its drawer."),
)
