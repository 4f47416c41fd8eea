"""Forms of the directory: keeping a list as a selection, and what an act on many rows asks for."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hydria.customers.queries import MARKER_LABELS
from hydria.directory import queries
from hydria.directory.domain.acts import ActKind
from hydria.platform.access import SYSTEM, Actor
from hydria.platform.web.forms import DateField, DeskForm
from hydria.premises import queries as premises
from hydria.tariffs import queries as tariffs

Choices = list[tuple[str, str | Promise]]
FROZEN, LIVE = "frozen", "live"


class SelectionForm(DeskForm):
    """A name for a list, and whether it stays as it is."""

    name = forms.CharField(label=_("Name"), max_length=80)
    purpose = forms.CharField(label=_("What for"), max_length=200)
    holds = forms.ChoiceField(
        label=_("It holds"),
        choices=[
            (LIVE, _("whoever the filters find each time")),
            (FROZEN, _("exactly those who are in the list now")),
        ],
        initial=LIVE,
        widget=forms.RadioSelect,
    )


class ReasonForm(DeskForm):
    """Why something is done."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class ActForm(DeskForm):
    """What an act on many rows asks for; every one has its reason and its day."""

    def __init__(self, *args: Any, actor: Actor, subject: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_date"] = DateField(label=_("From"), initial=timezone.localdate())
        self.fields["reason"] = forms.CharField(label=_("Reason"), max_length=200)
        for name in ("from_date", "reason"):
            self.fields[name].widget.attrs["class"] = "form-control"

    @property
    def arguments(self) -> dict[str, Any]:
        """Return what was asked for in plain values, as the act keeps it."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "reason"}
        return {name: value.isoformat() if isinstance(value, datetime.date) else value for name, value in given.items()}


class AlertForm(ActForm):
    """Which alert is lifted."""

    marker = forms.ChoiceField(label=_("Alert"), choices=list(MARKER_LABELS.items()))


class RaiseAlertForm(AlertForm):
    """Which alert is raised, and for how long."""

    until_date = DateField(label=_("Up to, without"), required=False)


class ExcludeForm(ActForm):
    """For how long somebody is left out of billing."""

    until_date = DateField(label=_("Up to, without"), required=False)
    review_date = DateField(label=_("Look again on"), required=False)


def _same(choices: Choices) -> Choices:
    return [("", _("as it is")), *choices]


class TermsForm(ActForm):
    """The category or the tariff that everybody gets."""

    category_code = forms.ChoiceField(
        label=_("Category"),
        required=False,
        choices=lambda: _same([(row.code, row.name) for row in premises.list_categories()]),
    )
    # What a tariff is called is no secret from those who may agree on one.
    tariff_code = forms.ChoiceField(
        label=_("Tariff"),
        required=False,
        choices=lambda: _same(
            [
                (row.code, row.title or row.code)
                for row in tariffs.list_tariffs(actor=SYSTEM, today=timezone.localdate())
            ]
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of both."""
        data = super().clean() or {}
        if not data.get("category_code") and not data.get("tariff_code"):
            raise forms.ValidationError(_("Choose a category or a tariff."), code="nothing_chosen")
        return data


class RouteForm(ActForm):
    """The route that everybody moves to; a route has no dates, so it counts at once."""

    route_code = forms.ChoiceField(
        label=_("Route"), choices=lambda: [(row.code, f"{row.code} {row.name}") for row in premises.list_routes()]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["from_date"]

    @property
    def arguments(self) -> dict[str, Any]:
        """Return the route, and today as the day on which agreements are looked at."""
        return {"route_code": self.cleaned_data["route_code"], "from_date": timezone.localdate().isoformat()}


class AddForm(ActForm):
    """The frozen selection that everybody is added to."""

    def __init__(self, *args: Any, actor: Actor, subject: str, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, subject=subject, **kwargs)
        del self.fields["from_date"]
        found = queries.list_usable_selections(actor=actor, subject=subject)
        choices = [(card.id, card.name) for card in found if card.is_frozen]
        self.fields = {
            "selection_id": forms.TypedChoiceField(label=_("Selection"), choices=choices, coerce=int),
            **self.fields,
        }
        self.fields["selection_id"].widget.attrs["class"] = "form-select"


FORMS: dict[ActKind, type[ActForm]] = {
    ActKind.RAISE_ALERT: RaiseAlertForm,
    ActKind.LIFT_ALERT: AlertForm,
    ActKind.EXCLUDE: ExcludeForm,
    ActKind.INCLUDE: ActForm,
    ActKind.CHANGE_TERMS: TermsForm,
    ActKind.CHANGE_ROUTE: RouteForm,
    ActKind.ADD_TO_SELECTION: AddForm,
}
