"""Forms of billing."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hydria.billing._readiness import Doubt, list_doubts
from hydria.platform.web.forms import DateField, DeskForm
from hydria.premises.queries import list_cycles

DOUBTS = {
    Doubt.SHORT: _("The period is shorter than this cycle's periods are."),
    Doubt.LONG: _("The period is longer than this cycle's periods are."),
    Doubt.GAP: _("Some days between the last period and this one belong to no period; they would not be billed."),
    Doubt.ISSUED_EARLY: _("The invoices are dated before the period has ended."),
}


class PeriodForm(DeskForm):
    """Ask for the dates of a period; people give the last day, the system counts half-open."""

    cycle_id = forms.TypedChoiceField(label=_("Cycle"), coerce=int)
    start_date = DateField(label=_("First day supplied"))
    last_date = DateField(label=_("Last day supplied"))
    issue_date = DateField(label=_("Date of the invoices"))
    due_date = DateField(label=_("Last day to pay"))

    accepts_doubts = forms.BooleanField(label=_("Open it all the same"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            del self.fields["accepts_doubts"]
        self.fields["cycle_id"].choices = [(cycle.pk, cycle.name) for cycle in list_cycles()]

    def clean(self) -> dict[str, Any]:
        """Show dates that are odd once, and take them when they are sent again as meant."""
        data = super().clean() or {}
        if self.errors or data.get("accepts_doubts") or data["last_date"] < data["start_date"]:
            return data
        doubts = list_doubts(
            cycle_id=data["cycle_id"],
            start_date=data["start_date"],
            end_date=data["last_date"] + datetime.timedelta(days=1),
            issue_date=data["issue_date"],
        )
        for doubt in doubts:
            self.add_error("accepts_doubts", forms.ValidationError(DOUBTS[doubt], code=str(doubt)))
        return data


class EmptyForm(DeskForm):
    """Ask for nothing but the click."""


class ReasonForm(DeskForm):
    """Ask why."""

    reason = forms.CharField(label=_("Reason"), max_length=250)


class AcceptForm(DeskForm):
    """Ask whether amounts out of line are right, and why."""

    accepts_amounts = forms.BooleanField(
        label=_("Bill the amounts that are out of line: they have been looked at and are right"), required=False
    )
    reason = forms.CharField(label=_("Reason"), max_length=250, required=False)
