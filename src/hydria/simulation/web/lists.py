"""Lists of simulation."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hydria.billing.web.wording import OWNERS, REASONS, explain_exception
from hydria.platform.web.listing import Column, Filter, Kind, Listing
from hydria.premises import queries as premises
from hydria.simulation.domain.tenths import TENTHS
from hydria.simulation.models import SimulationStateWord
from hydria.simulation.web.wording import proposal_name

SIMULATIONS = Listing(
    name="simulations",
    columns=(
        Column(
            name="title",
            label=_("Simulation"),
            value="title",
            link=lambda row: reverse("simulation", args=[row.pk]),
            sort="title",
        ),
        Column(name="code", label=_("Number"), value="code"),
        Column(name="state", label=_("State"), value="state", kind=Kind.STATE, choices=SimulationStateWord),
        Column(name="from", label=_("Months from"), value="from_date", kind=Kind.DATE, sort="from_date"),
        Column(name="prices", label=_("Priced as of"), value="prices_date", kind=Kind.DATE),
        Column(name="accounts", label=_("Accounts"), value="account_count", kind=Kind.COUNT),
        Column(name="by", label=_("Started by"), value="requested_by"),
        Column(name="at", label=_("Started"), value="requested_at", kind=Kind.INSTANT, sort="requested_at"),
    ),
    filters=(
        Filter(name="title", label=_("Simulation"), lookup="title__icontains"),
        Filter(
            name="state", label=_("State"), lookup="state", kind="choice", choices=lambda: SimulationStateWord.choices
        ),
    ),
    sort="-at",
    empty=_("No tariff has been simulated yet"),
    empty_hint=_("Choose a checked version and see what it would do to every customer."),
)

ACCOUNTS = Listing(
    name="simulated-accounts",
    columns=(
        Column(
            name="account",
            label=_("Account"),
            value="account.number",
            link=lambda row: reverse("account", args=[row.account_id]),
            sort="account__number",
        ),
        Column(name="category", label=_("Category"), value="category"),
        Column(name="sector", label=_("Sector"), value="sector"),
        Column(name="social", label=_("Exemption"), value="social"),
        Column(name="units", label=_("Units"), value="units", kind=Kind.COUNT),
        Column(name="tenth", label=_("Tenth"), value="tenth", kind=Kind.COUNT, sort="tenth"),
        Column(
            name="quantity", label=_("Quantity"), value="quantity_milli", kind=Kind.QUANTITY, total="quantity_milli"
        ),
        Column(name="current", label=_("Now"), value="current_minor", kind=Kind.AMOUNT, total="current_minor"),
        Column(name="proposed", label=_("Proposed"), value="proposed_minor", kind=Kind.AMOUNT, total="proposed_minor"),
        Column(
            name="change",
            label=_("Change"),
            value="change_minor",
            kind=Kind.AMOUNT,
            sort="change_minor",
            total="change_minor",
        ),
        Column(name="impact", label=_("Up or down by"), value="impact_minor", kind=Kind.AMOUNT, sort="impact_minor"),
    ),
    filters=(
        Filter(name="account", label=_("Account"), lookup="account__number__startswith"),
        Filter(
            name="category",
            label=_("Category"),
            lookup="category",
            kind="choice",
            choices=lambda: list(premises.list_categories().values_list("code", "name")),
        ),
        Filter(
            name="sector",
            label=_("Sector"),
            lookup="sector",
            kind="choice",
            choices=lambda: list(premises.list_sectors().values_list("code", "name")),
        ),
        Filter(
            name="tenth",
            label=_("Tenth"),
            lookup="tenth",
            kind="choice",
            choices=lambda: [(str(tenth), str(tenth or _("Not measured"))) for tenth in range(TENTHS + 1)],
        ),
        Filter(name="social", label=_("Exemption"), lookup="social"),
    ),
    sort="-impact",
    empty=_("No account was priced"),
)

SET_ASIDE = Listing(
    name="set-aside",
    columns=(
        Column(
            name="account",
            label=_("Account"),
            value="account.number",
            link=lambda row: reverse("account", args=[row.account_id]),
            sort="account__number",
        ),
        Column(name="reason", label=_("Reason"), value=lambda row: str(REASONS.get(row.code, row.code))),
        Column(name="detail", label=_("What about it"), value=lambda row: explain_exception(row.code, row.data)),
        Column(name="owner", label=_("Waits for"), value=lambda row: str(OWNERS.get(row.owner, row.owner))),
        Column(
            name="scenario",
            label=_("Priced by"),
            value=lambda row: proposal_name(row.scenario) if row.scenario else str(_("Now")),
        ),
        Column(name="bills", label=_("Bills"), value="bill_count", kind=Kind.COUNT, sort="bill_count"),
        Column(
            name="quantity", label=_("Quantity"), value="quantity_milli", kind=Kind.QUANTITY, total="quantity_milli"
        ),
    ),
    filters=(
        Filter(name="reason", label=_("Reason"), lookup="code", kind="choice", choices=lambda: list(REASONS.items())),
        Filter(name="owner", label=_("Waits for"), lookup="owner", kind="choice", choices=lambda: list(OWNERS.items())),
        Filter(name="account", label=_("Account"), lookup="account__number__startswith"),
    ),
    sort="-bills",
    empty=_("Every bill was priced by all texts"),
)
