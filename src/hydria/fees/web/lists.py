"""Lists of fees."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hydria.fees import queries
from hydria.fees.models import MODE_LABELS, QuotationStateWord
from hydria.platform.web.listing import Column, Filter, Kind, Listing

FEES = Listing(
    name="fees",
    columns=(
        Column(
            name="name", label=_("Fee"), value="name", link=lambda row: reverse("fee", args=[row.code]), sort="name"
        ),
        Column(name="code", label=_("Code"), value="code", sort="code"),
        Column(
            name="tariff",
            label=_("Tariff"),
            value="tariff_code",
            link=lambda row: reverse("tariff", args=[row.tariff_code]),
            sort="tariff_code",
        ),
        Column(name="valid", label=_("Days that a quotation holds"), value="valid_days", kind=Kind.COUNT),
        Column(name="instalments", label=_("Instalments at most"), value="instalments_max", kind=Kind.COUNT),
        Column(name="used", label=_("In use"), value=lambda row: str(_("Yes")) if row.is_active else str(_("No"))),
    ),
    filters=(Filter(name="name", label=_("Fee"), lookup="name__icontains"),),
    sort="name",
    empty=_("The list of fees is empty"),
    empty_hint=_("A fee takes its price from a published tariff. Add the first one."),
)

QUOTATIONS = Listing(
    name="quotations",
    columns=(
        Column(
            name="code",
            label=_("Quotation"),
            value="code",
            link=lambda row: reverse("quotation", args=[row.pk]),
            sort="code",
        ),
        Column(
            name="account",
            label=_("Account"),
            value="account.number",
            link=lambda row: reverse("account", args=[row.account_id]),
            sort="account__number",
        ),
        Column(name="fee", label=_("Fee"), value="fee.name", sort="fee__name", group="fee__name"),
        Column(name="quoted", label=_("Quoted"), value="quoted_date", kind=Kind.DATE, sort="quoted_date"),
        Column(name="until", label=_("No longer holds from"), value="until_date", kind=Kind.DATE, sort="until_date"),
        Column(name="state", label=_("State"), value="state", kind=Kind.STATE, choices=QuotationStateWord),
        Column(name="mode", label=_("Billed"), value=lambda row: str(MODE_LABELS.get(row.mode, ""))),
        Column(name="parts", label=_("Parts"), value="instalment_count", kind=Kind.COUNT),
        Column(
            name="total",
            label=_("Total"),
            value="total_minor",
            kind=Kind.AMOUNT,
            sort="total_minor",
            total="total_minor",
        ),
        Column(name="by", label=_("Quoted by"), value="quoted_by", kind=Kind.PERSON),
    ),
    filters=(
        Filter(
            name="state", label=_("State"), lookup="state", kind="choice", choices=lambda: QuotationStateWord.choices
        ),
        Filter(
            name="fee",
            label=_("Fee"),
            lookup="fee__code",
            kind="choice",
            choices=lambda: [(fee.code, fee.name) for fee in queries.list_fee_cards()],
        ),
        Filter(name="account", label=_("Account"), lookup="account__number__startswith"),
        Filter(name="since", label=_("Quoted from"), lookup="quoted_date__gte", kind="date"),
    ),
    sort="-code",
    empty=_("Nothing has been quoted yet"),
    empty_hint=_("Open an account and quote a fee there."),
)
