"""Lists of the front office."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hydria.platform.web.listing import Column, Filter, Kind, Listing

EXCLUSIONS = Listing(
    name="exclusions",
    columns=(
        Column(
            name="agreement",
            label=_("Agreement"),
            value="agreement.number",
            sort="agreement__number",
            link=lambda row: reverse("account", args=[row.agreement.account_id]),
        ),
        Column(name="holder", label=_("Holder"), value="holder_name"),
        Column(name="address", label=_("Address of supply"), value="agreement.service_point.premise.address"),
        Column(name="reason", label=_("Reason"), value="reason", sort="reason"),
        Column(name="from", label=_("From"), value="start_date", kind=Kind.DATE, sort="start_date"),
        Column(name="until", label=_("Up to, without"), value="end_date", kind=Kind.DATE),
        Column(name="review", label=_("Look again on"), value="review_date", kind=Kind.DATE),
        Column(
            name="again",
            label=_("Then"),
            value=lambda row: str(_("Bill again")),
            link=lambda row: reverse("agreement_include", args=[row.agreement_id]),
        ),
    ),
    filters=(
        Filter(name="reason", label=_("Reason"), lookup="reason__icontains"),
        Filter(name="due", label=_("To be looked at up to"), lookup="review_date__lte", kind="date"),
    ),
    sort="from",
    empty=_("Every agreement is billed"),
    empty_hint=_("What is left out of billing appears here with its reason and the day to look again."),
)

DOCUMENT_TYPES = Listing(
    name="document_types",
    columns=(
        Column(
            name="name",
            label=_("Name"),
            value="name",
            sort="name",
            link=lambda row: reverse("document_type", args=[row.code]),
        ),
        Column(name="code", label=_("Code"), value="code", sort="code"),
        Column(name="active", label=_("In use"), value=lambda row: str(_("Yes") if row.is_active else _("No"))),
    ),
    sort="name",
    empty=_("No types of document yet"),
    empty_hint=_("Add those that your company asks its customers for."),
)

CONTRACT_TEMPLATES = Listing(
    name="contract_templates",
    columns=(
        Column(
            name="name",
            label=_("Name"),
            value="name",
            sort="name",
            link=lambda row: reverse("contract_template", args=[row.pk]),
        ),
        Column(name="language", label=_("Language"), value="language"),
    ),
    sort="name",
    empty=_("No contract yet"),
    empty_hint=_("Write the text of your contract; names in double braces are filled in."),
)
