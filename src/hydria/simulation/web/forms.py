"""What a simulation asks for."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hydria.billing.queries import RehearsedScope
from hydria.kernel.periods import Period, add_months, first_of_month
from hydria.platform.access import Actor
from hydria.platform.web.formats import get_currency
from hydria.platform.web.forms import DateField, DeskForm
from hydria.premises import queries as premises
from hydria.simulation.domain.incomes import IncomeGroup, read_incomes
from hydria.simulation.domain.tenths import TENTHS
from hydria.simulation.operations import MONTHS_MAX, Wanted
from hydria.simulation.web.wording import INCOME_GROUPS, explain_issue, proposal_name
from hydria.tariffs import queries as tariffs
from hydria.tariffs.queries import CheckedVersion

PROPOSALS_SHOWN_MAX = 3
_NUMBER = re.compile(r"-?\d+(\.\d{1,3})?")


def _picker() -> forms.SelectMultiple:
    return forms.SelectMultiple(attrs={"data-picker": ""})


class SimulationForm(DeskForm):
    """Choose the versions of each proposal, the months, and what else the simulation takes into account."""

    title = forms.CharField(label=_("Title"), max_length=200)
    from_date = DateField(
        label=_("First month"), help_text=_("Its first day. The consumption of these months is priced.")
    )
    month_count = forms.IntegerField(label=_("Months"), min_value=1, max_value=MONTHS_MAX, initial=12)
    prices_date = DateField(
        label=_("Priced as if they began on"),
        help_text=_("The first of a month. Choose when the proposal would start: both sides get the prices of then."),
    )
    sectors = forms.MultipleChoiceField(
        label=_("Sectors"), required=False, widget=_picker(), help_text=_("Empty: all of them.")
    )
    categories = forms.MultipleChoiceField(
        label=_("Categories"), required=False, widget=_picker(), help_text=_("Empty: all of them.")
    )
    cycles = forms.MultipleChoiceField(
        label=_("Cycles"), required=False, widget=_picker(), help_text=_("Empty: all of them.")
    )
    elasticity = forms.CharField(
        label=_("Elasticity"),
        required=False,
        help_text=_(
            "How use answers to the average price: one number such as −0.3, or ten, from the tenth that uses least on."
        ),
    )
    incomes_group = forms.ChoiceField(label=_("Incomes by"), choices=lambda: list(INCOME_GROUPS.items()))
    incomes = forms.CharField(
        label=_("Monthly incomes of a dwelling"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "code", "spellcheck": "false"}),
        help_text=_("One line a group: its code and the amount. Where it is empty, affordability is left out."),
    )
    limit_percent = forms.DecimalField(
        label=_("Too heavy above (% of the income)"), min_value=0, max_value=100, decimal_places=2, initial=3
    )

    def __init__(
        self, *args: Any, actor: Actor, today: datetime.date, version_id: int | None = None, **kwargs: Any
    ) -> None:
        versions = tariffs.list_checked_versions(actor=actor)
        self._proposal_fields = _proposal_fields(versions, version_id=version_id)
        last_month = first_of_month(today)
        kwargs["initial"] = {"from_date": add_months(last_month, -12), "prices_date": add_months(last_month, 1)}
        super().__init__(*args, **kwargs)
        self.fields["sectors"].choices = list(premises.list_sectors().values_list("code", "name"))  # type: ignore[attr-defined]
        self.fields["categories"].choices = list(premises.list_categories().values_list("code", "name"))  # type: ignore[attr-defined]
        self.fields["cycles"].choices = list(premises.list_cycles().values_list("id", "name"))  # type: ignore[attr-defined]
        for name, (_scenario, field) in self._proposal_fields.items():
            field.widget.attrs["class"] = "form-select"
            self.fields[name] = field
        self.order_fields(["title", *self._proposal_fields])

    def clean_elasticity(self) -> list[int]:
        """Return thousandths for unmeasured accounts and each tenth, or none."""
        typed = self.cleaned_data["elasticity"].replace("−", "-").replace(",", ".")
        words = re.split(r"[\s;]+", typed.strip()) if typed.strip() else []
        if len(words) not in (0, 1, TENTHS) or not all(_NUMBER.fullmatch(word) for word in words):
            raise forms.ValidationError(_("Give one number or ten, with at most three decimals."))
        milli = [int(Decimal(word).scaleb(3)) for word in words]
        return milli * (TENTHS + 1) if len(milli) == 1 else [0, *milli] if milli else []

    def clean(self) -> dict[str, Any]:
        """Read the incomes, with the group that they are by."""
        data: dict[str, Any] = super().clean() or {}
        group = IncomeGroup(data.get("incomes_group") or IncomeGroup.CATEGORY)
        found, issues = read_incomes(data.get("incomes", ""), group=group, currency=get_currency())
        for issue in issues:
            self.add_error("incomes", explain_issue(issue))
        data["read_incomes"] = found
        return data

    def to_wanted(self) -> Wanted:
        """Return what was asked for."""
        data = self.cleaned_data
        proposals: dict[int, list[int]] = {}
        for name, (scenario, _field) in self._proposal_fields.items():
            if data.get(name):
                proposals.setdefault(scenario, []).append(int(data[name]))
        return Wanted(
            title=data["title"],
            proposals=list(proposals.values()),
            months=Period(data["from_date"], add_months(data["from_date"], data["month_count"])),
            prices_date=data["prices_date"],
            scope=RehearsedScope(
                cycle_ids=tuple(int(cycle_id) for cycle_id in data["cycles"]),
                sectors=tuple(data["sectors"]),
                categories=tuple(data["categories"]),
            ),
            elasticity_milli=data["elasticity"],
            incomes=data["read_incomes"],
            limit_ppm=int(data["limit_percent"] * 10_000),
        )


def _proposal_fields(
    versions: list[CheckedVersion], *, version_id: int | None
) -> dict[str, tuple[int, forms.ChoiceField]]:
    """
    Return a field for each proposal and each tariff in force that has another version to put in its place.

    version_id  chosen beforehand; else the newest version on its way is
    """
    by_code: dict[str, list[CheckedVersion]] = {}
    for version in versions:
        by_code.setdefault(version.code, []).append(version)
    open_codes = {
        code: found
        for code, found in by_code.items()
        if len(found) > 1 and any(version.state == "PUBLISHED" for version in found)
    }
    on_their_way = [version for found in open_codes.values() for version in found if version.from_date is None]
    count = min(max(len(on_their_way), 1), PROPOSALS_SHOWN_MAX)
    chosen = version_id or next((version.version_id for version in on_their_way), None)
    fields = {}
    for scenario in range(1, count + 1):
        for code, found in open_codes.items():
            title = found[0].title or code
            words = {"proposal": proposal_name(scenario), "tariff": title}
            ids = [version.version_id for version in found]
            fields[f"proposal_{scenario}_{code}"] = (
                scenario,
                forms.ChoiceField(
                    label=_("Proposal %(proposal)s: %(tariff)s") % words,
                    required=False,
                    choices=[("", _("As in force")), *((version.version_id, _label(version)) for version in found)],
                    initial=chosen if scenario == 1 and chosen in ids else None,
                ),
            )
    return fields


def _label(version: CheckedVersion) -> str:
    since = f" · {version.from_date}" if version.from_date and version.from_date.year > 1 else ""
    return f"{version.code} {version.sequence} · {version.version_hash[:8]}{since}"
