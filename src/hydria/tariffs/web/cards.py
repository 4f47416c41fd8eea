"""Versions in words: their titles, their history, how two of them differ side by side."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from hydria.kernel.money import Currency
from hydria.platform.documents.formats import Formats
from hydria.platform.people import name_person
from hydria.platform.web.formats import get_formats, spell_instant
from hydria.platform.web.timeline import TimelineEvent
from hydria.tariffs.documents.findings import fault_text, spoken
from hydria.tariffs.domain.compile import CompiledTariff
from hydria.tariffs.domain.difference import CaseTotals, case_totals, difference
from hydria.tariffs.domain.evaluation import Fault
from hydria.tariffs.domain.formatting import write_plain
from hydria.tariffs.models import BEGINNING
from hydria.tariffs.queries import EventCard, VersionPage, VersionRow

_EVENTS = {
    "WRITTEN": partial(TimelineEvent, icon="pencil", tone="idle"),
    "CHECKED": partial(TimelineEvent, icon="circle-check", tone="good"),
    "SIMULATED": partial(TimelineEvent, icon="chart-histogram", tone="busy"),
    "REFUSED": partial(TimelineEvent, icon="arrow-back-up", tone="bad"),
    "APPROVED": partial(TimelineEvent, icon="thumb-up", tone="good"),
    "PUBLISHED": partial(TimelineEvent, icon="world-upload", tone="good"),
    "INSTALLED": partial(TimelineEvent, icon="world-upload", tone="good"),
    "WITHDRAWN": partial(TimelineEvent, icon="ban", tone="idle"),
}


def version_title(row: VersionRow) -> str:
    """Return what a version is called."""
    return _("%(tariff)s, version %(sequence)s") % {"tariff": row.title or row.code, "sequence": row.sequence}


def in_force_text(row: VersionRow) -> str:
    """Say from when to when a version prices; empty where it is not published."""
    if row.from_date is None or row.state != "PUBLISHED":
        return ""
    formats = get_formats()
    since = _("from the beginning") if row.from_date == BEGINNING else _("from %s") % formats.date(row.from_date)
    if row.until_date is None:
        return since
    last_date = row.until_date - datetime.timedelta(days=1)
    return _("%(since)s to %(last)s") % {"since": since, "last": formats.date(last_date)}


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """A version in the time line of its tariff."""

    row: VersionRow
    in_force: str
    is_in_force: bool
    href: str


def version_lines(rows: Iterable[VersionRow], *, today: datetime.date) -> list[VersionLine]:
    """Return the time line: what is to come, what is in force, what was."""
    return [
        VersionLine(
            row=row,
            in_force=in_force_text(row),
            is_in_force=row.is_in_force(today),
            href=reverse("tariff_version", args=[row.id]),
        )
        for row in rows
    ]


def history(page: VersionPage) -> list[TimelineEvent]:
    """Return what was done to a version, newest first."""
    return [
        _EVENTS[event.act](
            title=_("%(act)s by %(name)s") % {"act": event.label, "name": name_person(event.actor)},
            when=spell_instant(event.happened_at),
            note=_note(event),
        )
        for event in page.events
    ]


def _note(event: EventCard) -> str:
    words = [event.reason]
    if event.from_date is not None and event.from_date != BEGINNING:
        words.append(_("in force from %s") % get_formats().date(event.from_date))
    if event.act == "CHECKED":
        words.append(_("%(cases)s cases, %(accounts)s invented accounts") % event.data)
    if event.act == "SIMULATED":
        words.append(_("simulation %(simulation)s") % event.data)
    words.append(f"{event.text_hash[:12]}")
    return " · ".join(filter(None, words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """One charge, or what stands above the charges, in both versions; `sentences` say what differs."""

    name: str
    before: str
    after: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """What a worked bill comes to under both versions."""

    case: str
    before: str
    after: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceCard:
    """How two versions differ: charge by charge, and on the worked bills."""

    sides: tuple[Sides, ...]
    same: tuple[str, ...]
    cases: tuple[CaseRow, ...]


def difference_card(before: CompiledTariff, after: CompiledTariff, *, names: Mapping[str, str]) -> DifferenceCard:
    """
    Set two versions side by side.

    names  what people read for each charge
    """
    sentences: dict[str, list[str]] = {}
    for change in difference(before, after):
        sentences.setdefault(change.charge, []).append(spoken(change.sentence))
    old, new = _chunks(before), _chunks(after)
    sides, same = [], []
    for label in dict.fromkeys([*new, *old]):
        told = sentences.pop(label, [])
        if told or old.get(label) != new.get(label):
            sides.append(
                Sides(
                    name=names.get(label, label) or _("The tariff"),
                    before=old.get(label, ""),
                    after=new.get(label, ""),
                    sentences=tuple(told),
                )
            )
        elif label:
            same.append(names.get(label, label))
    return DifferenceCard(
        sides=tuple(sides),
        same=tuple(same),
        cases=tuple(_case_row(totals, before, after) for totals in case_totals(before, after)),
    )


def _chunks(tariff: CompiledTariff) -> dict[str, str]:
    """Return the text of each charge by its label, in the canonical layout; under "" what is no charge."""
    plain: dict[str, Any] = dict(tariff.plain)
    charges = [*plain.pop("charges", [])]
    for group, part in dict(plain.pop("classes", {}) or {}).items():
        charges += [{**charge, "charge": f"{charge['charge']} ({group})"} for charge in part.get("charges", ())]
    plain.pop("cases", None)
    chunks = {"": write_plain(plain)}
    for charge in charges:
        label = str(charge["charge"])
        chunks[label] = chunks.get(label, "") + write_plain(charge)
    return chunks


def _case_row(totals: CaseTotals, before: CompiledTariff, after: CompiledTariff) -> CaseRow:
    tone = ""
    if not isinstance(totals.old, Fault) and not isinstance(totals.new, Fault):
        tone = "bad" if totals.new.total > totals.old.total else "good" if totals.new.total < totals.old.total else ""
    return CaseRow(case=totals.case, before=_total(totals.old, before), after=_total(totals.new, after), tone=tone)


def _total(bill: Any, tariff: CompiledTariff) -> str:
    if isinstance(bill, Fault):
        return fault_text(bill)
    formats = Formats.of(str(get_formats().locale), Currency.of(tariff.form.currency))
    return formats.exact(round(bill.total * 1_000_000_000))
