"""Invented data for the page that shows every component with its variants."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

from hydria.platform.web.cards import ProgressCard
from hydria.platform.web.forms import AmountField, DateField, DeskForm
from hydria.platform.web.listing import Cell, FilterCard, Heading, Kind, ListCard
from hydria.platform.web.timeline import TimelineEvent

COLORS = ("--hy-aegean", "--hy-clay", "--hy-good", "--hy-wait", "--hy-bad", "--hy-idle")
STATES = ("DRAFT", "PRICING", "CONFIRMED", "ABANDONED", "OPEN", "PARKED", "ESTIMATED")


class _ExampleForm(DeskForm):
    name = forms.CharField(max_length=40)
    amount_minor = AmountField()
    day = DateField(required=False, help_text="[start, end)")
    kind = forms.ChoiceField(choices=[("PERSON", "Person"), ("ORGANIZATION", "Organization")])


def parts(request: HttpRequest) -> dict[str, Any]:
    """Return what `desk/components.html` shows."""
    wrong = _ExampleForm({"name": "", "amount_minor": "12,3,4", "kind": "PERSON"})
    wrong.is_valid()
    return {
        "colors": COLORS,
        "states": STATES,
        "list": _list(request),
        "events": _events(),
        "form": _ExampleForm(initial={"amount_minor": 123_450}),
        "wrong_form": wrong,
        "progress": _progress(),
        "charts": _charts(),
    }


def _list(request: HttpRequest) -> ListCard:
    names = ("Παπαδοπούλου Ελένη", "Rodríguez Peña, José", "Sociedad de Agua Potable y Saneamiento de la Costa")
    rows = tuple(
        (
            Cell(text=f"10{index:04}", kind=Kind.TEXT, href="#list-example"),
            Cell(text=name, kind=Kind.TEXT),
            Cell(text=state, kind=Kind.STATE, tone=tone),
            Cell(text=amount, kind=Kind.AMOUNT, href=request.path, drawer=True),
        )
        for index, (name, state, tone, amount) in enumerate(
            zip(
                names,
                ("Confirmed", "Draft", "Parked"),
                ("good", "wait", "bad"),
                ("1,234.50", "−87.00", "120,000.00"),
                strict=True,
            )
        )
    )
    return ListCard(
        name="example",
        address=request.path,
        headings=(
            Heading(label=_("Account"), is_numeric=False, sort_href="?sort=account", direction="ascending"),
            Heading(label=_("Name"), is_numeric=False),
            Heading(label=_("State"), is_numeric=False),
            Heading(label=_("Amount"), is_numeric=True, sort_href="?sort=amount"),
        ),
        rows=rows,
        totals=(None, None, None, Cell(text="121,147.50", kind=Kind.AMOUNT)),
        has_totals=True,
        count=3,
        filters=(
            FilterCard(name="name", label=_("Name"), kind="text", value=""),
            FilterCard(name="state", label=_("State"), kind="choice", value="", choices=(("DRAFT", _("Draft")),)),
            FilterCard(name="since", label=_("From"), kind="date", value=""),
        ),
        sort="",
        next_href="?after=x",
    )


def _events() -> list[TimelineEvent]:
    return [
        TimelineEvent(icon="cash", tone="good", title="Payment 25.00", when="12 Mar 2026"),
        TimelineEvent(
            icon="file-invoice", tone="busy", title="Invoice A-000123", when="1 Mar 2026", note="48.20, due 20 Mar 2026"
        ),
        TimelineEvent(
            icon="alert-triangle",
            tone="wait",
            title="High consumption",
            when="27 Feb 2026",
            note="Accepted by m.soto: pool filled",
        ),
    ]


def _progress() -> ProgressCard:
    return ProgressCard(
        id=0,
        title="Billing run 2026-03",
        state="RUNNING",
        state_label="Running",
        is_going=True,
        done_count=82_400,
        total_count=200_000,
        unit="",
        message="",
        requested_by="m.soto",
        requested="1 Mar 2026 08:00",
        link="",
        speed="9,120 a second",
        time_left="about 13 seconds left",
    )


def _charts() -> list[tuple[str, dict[str, Any]]]:
    first = datetime.date(2024, 4, 1)
    months = [first + datetime.timedelta(days=30.44 * index) for index in range(24)]
    volumes = [14, 15, 17, 22, 26, 24, 18, 15, 13, 12, 12, 13, 15, 15, 18, 24, 27, 23, 19, 14, 13, 12, 13, 31]
    columns = [
        {"label": f"{month:%m/%y}", "value": volume, "estimated": index in (9, 10, 20)}
        for index, (month, volume) in enumerate(zip(months, volumes, strict=True))
    ]
    ages = zip(("Not due", "1–30", "31–60", "61–90", "> 90"), (1200, 640, 310, 120, 480), strict=True)
    stages = zip(("Due", "Billed", "Excluded", "Parked"), (3000, 2941, 40, 19), strict=True)
    steps = zip((0, 10, 20, 30), (1, 2, 5, 10), strict=True)
    return [
        (
            _("Consumption; estimates are hatched"),
            {"kind": "consumption", "unit": "m³", "columns": columns, "average": 17.3, "average_label": _("average")},
        ),
        (
            _("Debt by age in days"),
            {"kind": "ageing", "unit": "EUR", "columns": [{"label": age, "value": value} for age, value in ages]},
        ),
        (
            _("A run from due to billed"),
            {"kind": "funnel", "columns": [{"label": stage, "value": value} for stage, value in stages]},
        ),
        (
            _("Price of the next cubic meter"),
            {
                "kind": "staircase",
                "unit": "m³",
                "price_unit": "EUR/m³",
                "end": 40,
                "steps": [{"from": floor, "price": price} for floor, price in steps],
            },
        ),
    ]
