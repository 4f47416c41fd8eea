"""The words of simulation: what people read for the keys of its tables."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from babel.dates import format_date
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from hydria.kernel.issues import Issue
from hydria.platform.web.formats import get_formats
from hydria.premises import queries as premises
from hydria.simulation.domain.incomes import ROWS_MAX, IncomeGroup
from hydria.simulation.domain.spread import NO_PERCENTAGE_BIN, UNCHANGED_BIN, bounds_of
from hydria.simulation.queries import SimulationPage
from hydria.tariffs.queries import ROUNDING_LABEL

DIMENSIONS: dict[str, str | Promise] = {
    "month": gettext_lazy("Month"),
    "category": gettext_lazy("Category"),
    "sector": gettext_lazy("Sector"),
    "tariff": gettext_lazy("Tariff"),
    "tenth": gettext_lazy("Tenth"),
    "units": gettext_lazy("Dwelling units"),
    "social": gettext_lazy("Exemption"),
}
INCOME_GROUPS: dict[str, str | Promise] = {
    IncomeGroup.CATEGORY: gettext_lazy("Category"),
    IncomeGroup.TENTH: gettext_lazy("Tenth of consumption"),
}
_ISSUES: dict[str, str | Promise] = {
    "income_line_unclear": gettext_lazy("Line %(row)s is not a group and an amount: %(line)s"),
    "income_no_amount": gettext_lazy("Line %(row)s has no amount above zero: %(line)s"),
    "income_given_twice": gettext_lazy("Line %(row)s names a group that has its income already: %(line)s"),
    "income_no_tenth": gettext_lazy("Line %(row)s names no tenth from 1 to 10: %(line)s"),
    "incomes_too_many": gettext_lazy("At most %(rows_max)s lines are read."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Know what people call the codes that a simulation's tables are keyed by."""

    charge_texts: Mapping[str, Mapping[str, str]]
    categories: Mapping[str, str] = field(default_factory=dict)
    sectors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, page: SimulationPage) -> Names:
        """Return the names of a simulation's codes as they are now."""
        return cls(
            charge_texts=page.charge_texts,
            categories=dict(premises.list_categories().values_list("code", "name")),
            sectors=dict(premises.list_sectors().values_list("code", "name")),
        )

    def of_charge(self, label: str) -> str:
        """Return the name that the customer reads; the label where the text has none."""
        if label == ROUNDING_LABEL:
            return _("Rounding")
        texts = self.charge_texts.get(label, {})
        language = (get_language() or "en").split("-")[0]
        return texts.get(language) or texts.get("en") or next(iter(texts.values()), label)

    def of_key(self, dimension: str, key: str) -> str:
        """Return the words of a key in a breakdown."""
        match dimension:
            case "month":
                day = datetime.date.fromisoformat(f"{key}-01")
                return str(format_date(day, format="LLL y", locale=get_formats().locale))
            case "category":
                return self.categories.get(key, key)
            case "sector":
                return self.sectors.get(key, key)
            case "tenth" if key == "0":
                return _("Not measured")
            case "social" if not key:
                return _("None")
        return key


def proposal_name(scenario: int) -> str:
    """
    Return the letter of a proposal.

    >>> proposal_name(1), proposal_name(3)
    ('A', 'C')
    """
    return chr(ord("A") + scenario - 1)


def bin_label(place: int) -> str:
    """Return between which changes the accounts of a bin lie."""
    if place == UNCHANGED_BIN:
        return _("unchanged")
    if place == NO_PERCENTAGE_BIN:
        return _("nothing to pay now")
    near, far = bounds_of(place)
    spell = get_formats().percent
    ends = [spell((edge or 0) * 1000) for edge in (near, far)]
    if far is None:
        return _("%(edge)s and more") % {"edge": ends[0]}
    if not near:
        return _("up to %(edge)s") % {"edge": ends[1]}
    return _("%(from)s to %(to)s") % {"from": ends[0], "to": ends[1]}


def explain_issue(issue: Issue) -> str:
    """Return the sentence about a line of the incomes that was not understood."""
    return str(_ISSUES[issue.code]) % {"row": issue.row, "rows_max": ROWS_MAX, **issue.data}
