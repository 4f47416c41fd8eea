"""The review desk in words: what is odd, the chart of what was used, the rows of a reading sheet."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from babel.dates import format_date
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from hydria.metering._incidents import IncidentCard
from hydria.metering._observing import name_observations
from hydria.metering._walks import DialCard, Foreseen, SheetCard
from hydria.metering.models import ConsumptionKind, ConsumptionState, ReadingSource
from hydria.metering.operations import SET_ASIDE, NewReadings, RecordedRow, RecordedStatus
from hydria.metering.queries import ReadingCard
from hydria.metering.web.forms import QuantityField
from hydria.metering.web.words import explain_finding, label_of_finding, label_of_status
from hydria.platform.web.formats import get_formats
from hydria.platform.web.states import label_of

SHOWN_TIMES_MAX = 2
"""A period in question is drawn at most so many times as high as the highest of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLine:
    """A finding in words, with the decision once there is one."""

    label: str
    sentence: str
    tone: str
    is_open: bool
    decision: str
    decided_by: str
    decided_at: datetime.datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLine:
    """A reading in one row."""

    read_date: datetime.date
    value_milli: int | None
    observation: str
    source: str
    recorded_by: str
    is_live: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One dial of a sheet with what is typed, what became of it and, where it goes to review, why."""

    dial: DialCard
    typed: str
    observation: str
    status: str
    tone: str
    note: str = ""


def finding_lines(incident: IncidentCard) -> list[FindingLine]:
    """Return the findings of an incident in words."""
    return [
        FindingLine(
            label=label_of_finding(finding.code),
            sentence=explain_finding(finding.code, finding.data, unit=incident.unit),
            tone="bad" if finding.severity == "BLOCK" else "wait",
            is_open=finding.is_open,
            decision=finding.decision,
            decided_by=finding.decided_by,
            decided_at=finding.decided_at,
            reason=finding.reason,
        )
        for finding in incident.findings
    ]


def reading_lines(readings: tuple[ReadingCard, ...]) -> list[ReadingLine]:
    """Return readings in words, newest first."""
    observations = name_observations(language=get_formats().locale.language) | {SET_ASIDE: _("Set aside")}
    return [
        ReadingLine(
            read_date=reading.read_date,
            value_milli=reading.value_milli,
            observation=observations.get(reading.observation, reading.observation),
            source=label_of(ReadingSource, reading.source),
            recorded_by=reading.reader or reading.recorded_by,
            is_live=reading.is_live,
            reason=reading.reason,
        )
        for reading in readings
    ]


def incident_chart(incident: IncidentCard) -> dict[str, Any]:
    """Return the point's periods as columns; what was not measured is hatched, what is in question stands out."""
    locale = get_formats().locale
    columns = []
    others = [period.quantity_milli or 0 for period in incident.history if period.id != incident.consumption_id]
    # A slip of the pen would press everything else flat.
    height_milli_max = SHOWN_TIMES_MAX * max([*others, incident.usual_milli])
    for period in incident.history:
        last_day = period.end_date - datetime.timedelta(days=1)
        is_held = period.state == ConsumptionState.HELD
        note = _("Held for review") if is_held else label_of(ConsumptionKind, period.kind)
        column: dict[str, Any] = {
            "label": str(format_date(last_day, format="MMM yy", locale=locale)),
            "value": None if period.quantity_milli is None else period.quantity_milli / 1000,
            "estimated": period.kind != ConsumptionKind.MEASURED,
            "asked": period.id == incident.consumption_id,
            "note": "" if note == label_of(ConsumptionKind, ConsumptionKind.MEASURED) else note,
        }
        if column["asked"] and 0 < height_milli_max < (period.quantity_milli or 0):
            column["height"] = height_milli_max / 1000
        columns.append(column)
    chart: dict[str, Any] = {"kind": "consumption", "unit": incident.unit, "columns": columns}
    if incident.usual_milli:
        chart |= {"average": incident.usual_milli / 1000, "average_label": _("usual")}
    return chart


def likely_milli(incident: IncidentCard) -> int | None:
    """Return the reading that a typing slip was probably meant to be."""
    values = (finding.data.get("likely_milli") for finding in incident.open_findings)
    return next((value for value in values if isinstance(value, int)), None)


# The reading sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedSheet:
    """
    What was typed into a sheet.

    registers   the dials with something typed, in order; the other columns go with them
    misspelled  dials whose value is no number
    """

    registers: tuple[int, ...]
    values_milli: tuple[int | None, ...]
    observations: tuple[str, ...]
    misspelled: frozenset[int]

    def to_readings(self, *, read_date: datetime.date, reader: str) -> NewReadings:
        """Return the typed values as readings of a day."""
        return NewReadings(
            register_ids=self.registers,
            read_dates=[read_date] * len(self.registers),
            values_milli=self.values_milli,
            observations=self.observations,
            source=ReadingSource.DESK,
            reader=reader,
        )


def read_sheet(typed: QueryDict, sheet: SheetCard) -> TypedSheet:
    """Take the filled rows out of a sent sheet."""
    field = QuantityField(required=False)
    rows: list[tuple[int, int | None, str]] = []
    misspelled: set[int] = set()
    for dial in sheet.dials:
        text = typed.get(f"value_{dial.register_id}", "").strip()
        observation = typed.get(f"observation_{dial.register_id}", "")
        if dial.is_read or not (text or observation):
            continue
        try:
            value_milli = field.clean(text)
        except forms.ValidationError:
            misspelled.add(dial.register_id)
            continue
        rows.append((dial.register_id, value_milli, observation))
    registers, values_milli, observations = zip(*rows, strict=True) if rows else ((), (), ())
    return TypedSheet(
        registers=registers,
        values_milli=values_milli,
        observations=observations,
        misspelled=frozenset(misspelled),
    )


def sheet_rows(
    sheet: SheetCard, *, typed: QueryDict | None = None, misspelled: frozenset[int] = frozenset(),
    recorded: dict[int, RecordedRow] | None = None, foreseen: Mapping[int, tuple[Foreseen, ...]] | None = None,
) -> list[SheetRow]:  # fmt: skip
    """Return the rows of a sheet; what was refused keeps what was typed and says why, and so does what is odd."""
    rows = []
    for dial in sheet.dials:
        row = (recorded or {}).get(dial.register_id)
        status, tone = "", ""
        odd = (foreseen or {}).get(dial.register_id, ())
        if dial.register_id in misspelled:
            status, tone = _("This is no number"), "bad"
        elif row is not None:
            is_good = row.status in (RecordedStatus.ACCEPTED, RecordedStatus.REPEATED)
            status, tone = label_of_status(row.status), "good" if is_good else "bad"
            if is_good and odd and odd[0].is_blocking:
                status, tone = _("Recorded; goes to review"), "wait"
        elif dial.is_read:
            status, tone = pgettext("reading", "Recorded"), "idle"
        rows.append(
            SheetRow(
                dial=dial,
                typed=typed.get(f"value_{dial.register_id}", "") if typed and tone == "bad" else _spell(dial),
                observation=typed.get(f"observation_{dial.register_id}", "")
                if typed and tone == "bad"
                else dial.observation,
                status=status,
                tone=tone,
                note=" ".join(explain_finding(found.code, found.data, unit="") for found in odd) if row else "",
            )
        )
    return rows


def _spell(dial: DialCard) -> str:
    return "" if dial.value_milli is None else get_formats().quantity(dial.value_milli)
