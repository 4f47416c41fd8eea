"""The desk's own lists."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hydria.platform.web.listing import Column, Filter, Kind, Listing

ACCOUNTS = Listing(
    name="accounts",
    columns=(
        Column(
            name="number",
            label=_("Account"),
            value="number",
            sort="number",
            link=lambda row: reverse("account", args=[row.pk]),
        ),
        Column(name="holder", label=_("Holder"), value="holder_name"),
        Column(name="address", label=_("Address of supply"), value="address"),
        Column(name="opened", label=_("Opened"), value="opened_date", kind=Kind.DATE, sort="opened_date"),
        Column(name="closed", label=_("Closed"), value="closed_date", kind=Kind.DATE),
    ),
    filters=(
        Filter(name="number", label=_("Account"), lookup="number__startswith"),
        Filter(name="route", label=_("Route"), lookup="agreements__service_point__route__code"),
        Filter(name="since", label=_("Opened from"), lookup="opened_date__gte", kind="date"),
        Filter(name="until", label=_("Opened to"), lookup="opened_date__lte", kind="date"),
    ),
    sort="number",
    empty=_("No accounts yet"),
    empty_hint=_("Load the register from a file, or open the first account."),
)
