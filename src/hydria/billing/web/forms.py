"""Forms of billing."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from hydria.platform.web.forms import DateField, DeskForm
from hydria.premises.queries import list_cycles


class PeriodForm(DeskForm):
    """Ask for the dates of a period; people give the last day, the system counts half-open."""

    cycle_id = forms.TypedChoiceField(label=_("Cycle"), coerce=int)
    start_date = DateField(label=_("First day supplied"))
    last_date = DateField(label=_("Last day supplied"))
    issue_date = DateField(label=_("Date of the invoices"))
    due_date = DateField(label=_("Last day to pay"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cycle_id"].choices = [(cycle.pk, cycle.name) for cycle in list_cycles()]


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
