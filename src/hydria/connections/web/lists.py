"""Lists of applications."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hydria.connections.models import StepWord
from hydria.platform.web.listing import Column, Filter, Kind, Listing

APPLICATIONS = Listing(
    name="applications",
    columns=(
        Column(
            name="code",
            label=_("Application"),
            value="code",
            link=lambda row: reverse("application", args=[row.pk]),
            sort="code",
        ),
        Column(name="applicant", label=_("Applicant"), value="party.name", sort="party__name"),
        Column(name="address", label=_("Address of supply"), value="address", sort="address"),
        Column(name="step", label=_("Step"), value="step", kind=Kind.STATE, choices=StepWord, group="step"),
        Column(name="due", label=_("To be done by"), value="due_date", kind=Kind.DATE),
        Column(name="assigned", label=_("Who sees to it"), value="assigned_to", kind=Kind.PERSON, sort="assigned_to"),
        Column(name="wished", label=_("Wished for"), value="wished_date", kind=Kind.DATE),
        Column(name="opened", label=_("Opened"), value="opened_at", kind=Kind.INSTANT, sort="opened_at"),
        Column(name="by", label=_("Opened by"), value="opened_by", kind=Kind.PERSON),
    ),
    filters=(
        Filter(name="step", label=_("Step"), lookup="step", kind="choice", choices=lambda: StepWord.choices),
        Filter(name="applicant", label=_("Applicant"), lookup="party__name__icontains"),
        Filter(name="address", label=_("Address of supply"), lookup="address__icontains"),
        Filter(name="late", label=_("To be done up to"), lookup="due_date__lte", kind="date"),
        Filter(name="assigned", label=_("Who sees to it"), lookup="assigned_to__in", kind="person"),
    ),
    sort="-opened",
    empty=_("No application"),
    empty_hint=_("Open one when somebody wishes to be connected."),
)
