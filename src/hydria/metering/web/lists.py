"""Lists of metering."""

from __future__ import annotations

import datetime
from typing import Any

from babel.dates import format_date
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hydria.metering.models import ConsumptionKind, ConsumptionState
from hydria.metering.web.forms import spell_threshold, threshold_label
from hydria.metering.web.words import FINDING_LABELS, label_of_finding
from hydria.platform.web.formats import get_formats
from hydria.platform.web.listing import Column, Filter, Kind, Listing


def _labels(row: Any) -> str:
    return ", ".join(label_of_finding(code) for code in (row.codes or "").split())


def _name_of(row: Any) -> str:
    return str(row.names.get(get_formats().locale.language) or next(iter(row.names.values()), ""))


INCIDENTS = Listing(
    name="incidents",
    columns=(
        Column(
            name="point",
            label=_("Service point"),
            value="service_point.number",
            link=lambda row: reverse("incident", args=[row.pk]),
        ),
        Column(name="address", label=_("Address"), value="service_point.premise.address"),
        Column(name="meter", label=_("Meter"), value="serial"),
        Column(name="findings", label=_("What is odd"), value=_labels),
        Column(name="state", label=_("State"), value="state", kind=Kind.STATE, choices=ConsumptionState, sort="state"),
        Column(name="kind", label=_("Kind"), value="kind", kind=Kind.STATE, choices=ConsumptionKind),
        Column(name="quantity", label=_("Quantity"), value="quantity_milli", kind=Kind.QUANTITY),
        Column(name="until", label=_("Read on"), value="end_date", kind=Kind.DATE, sort="end_date"),
        Column(name="route", label=_("Route"), value="service_point.route.code"),
    ),
    filters=(
        Filter(
            name="code",
            label=_("What is odd"),
            lookup="codes__contains",
            kind="choice",
            choices=lambda: [(str(code), label) for code, label in FINDING_LABELS.items()],
        ),
        Filter(
            name="state", label=_("State"), lookup="state", kind="choice", choices=lambda: ConsumptionState.choices[:2]
        ),
        Filter(name="route", label=_("Route"), lookup="service_point__route__code__istartswith"),
        Filter(name="point", label=_("Service point"), lookup="service_point__number__startswith"),
    ),
    sort="-state",
    empty=_("No incident waits"),
    empty_hint=_("Whatever validation holds or marks appears here until somebody has decided."),
)

OBSERVATIONS = Listing(
    name="observations",
    columns=(
        Column(
            name="code",
            label=_("Code"),
            value="code",
            sort="code",
            link=lambda row: reverse("observation", args=[row.code]),
        ),
        Column(name="name", label=_("Name"), value=_name_of),
        Column(name="effect", label=_("What it does to the value"), value=lambda row: row.get_effect_display()),
        Column(name="follow_up", label=_("What follows"), value=lambda row: row.get_follow_up_display()),
        Column(name="from", label=_("From"), value=lambda row: row.valid_during.lower, kind=Kind.DATE),
        Column(name="until", label=_("Until"), value=lambda row: row.valid_during.upper, kind=Kind.DATE),
    ),
    sort="code",
    empty=_("No observations yet"),
    empty_hint=_("Add what readers may note about a dial."),
)


def _months(row: Any) -> str:
    if row.months is None:
        return str(_("The whole year"))
    edges = (datetime.date(2000, month, 1) for month in (row.months.lower, row.months.upper - 1))
    return "–".join(format_date(day, "LLLL", locale=get_formats().locale) for day in edges)


def _thresholds(row: Any) -> str:
    return (
        ", ".join(f"{threshold_label(name)}: {spell_threshold(name, value)}" for name, value in row.thresholds.items())
        or "–"
    )


THRESHOLDS = Listing(
    name="thresholds",
    columns=(
        Column(
            name="category",
            label=_("Category"),
            value=lambda row: row.category.name if row.category else _("All"),
            link=lambda row: f"{reverse('thresholds_new')}?rule={row.pk}",
        ),
        Column(name="service", label=_("Service"), value=lambda row: row.service.name if row.service else _("All")),
        Column(name="months", label=_("Season"), value=_months),
        Column(name="thresholds", label=_("Thresholds"), value=_thresholds),
        Column(name="from", label=_("From"), value=lambda row: row.valid_during.lower, kind=Kind.DATE),
        Column(name="until", label=_("Until"), value=lambda row: row.valid_during.upper, kind=Kind.DATE),
        Column(name="reason", label=_("Reason"), value="reason"),
        Column(name="by", label=_("Set by"), value="recorded_by", kind=Kind.PERSON),
    ),
    empty=_("Everybody is judged by what a new company starts with"),
    empty_hint=_("Set thresholds for all, or for a category, a service or a season."),
)

ROUTES = Listing(
    name="routes",
    columns=(
        Column(
            name="code",
            label=_("Route"),
            value="code",
            sort="code",
            link=lambda row: reverse("route_sheet", args=[row.pk]),
        ),
        Column(name="name", label=_("Name"), value="name"),
        Column(name="sector", label=_("Sector"), value="sector.name"),
        Column(name="cycle", label=_("Cycle"), value="cycle.name"),
        Column(name="meters", label=_("Meters"), value="meter_count", kind=Kind.COUNT),
    ),
    filters=(Filter(name="cycle", label=_("Cycle"), lookup="cycle__name__icontains"),),
    sort="code",
    empty=_("No routes yet"),
    empty_hint=_("Routes come with the register: load it, or let a person add them."),
)
