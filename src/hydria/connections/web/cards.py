"""An application in words: the stations of its road, what has happened, and what can be done next."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.connections.domain.steps import ROAD, Step
from hydria.connections.models import StepWord
from hydria.connections.queries import ApplicationPage
from hydria.platform.people import name_person
from hydria.platform.web.formats import get_formats


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A step as the page shows it; `tone` as in states, `note` when it is due or was done."""

    label: str
    tone: str
    note: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that has happened, as the time line shows it."""

    icon: str
    tone: str
    title: str
    when: str
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that can be done with an application; the first one is what the step waits for."""

    label: str
    href: str
    key: str
    is_first: bool


def stations(page: ApplicationPage) -> list[Station]:
    """Return the steps of the road: those done, the present one with its day, and those to come."""
    formats, reached = get_formats(), {move.to_state for move in page.moves}
    done = {move.from_state: move.at for move in page.moves if move.from_state in ROAD and move.to_state in ROAD}
    found = []
    for card in page.road:
        note, tone = "", "idle"
        if card.step is page.step:
            note = _("to be done by %s") % formats.date(page.due_date) if page.due_date else ""
            tone = "bad" if page.is_late else "wait"
        elif card.step in done:
            note, tone = formats.date(_day(done[card.step])), "good"
        elif card.step in reached:
            tone = "bad"
        found.append(Station(label=card.label, tone=tone, note=note, is_current=card.step is page.step))
    return found


def timeline(page: ApplicationPage) -> list[Event]:
    """Return what has happened, newest first."""
    formats = get_formats()
    tones = {Step.CONNECTED: "good", Step.REFUSED: "bad", Step.WITHDRAWN: "idle"}
    events = []
    for move in reversed(page.moves):
        if not move.from_state:
            title = _("Application opened")
        else:
            words = {"done": StepWord(move.from_state).label, "next": StepWord(move.to_state).label}
            title = _("%(done)s → %(next)s") % words
        events.append(
            Event(
                icon="clipboard-list",
                tone=tones.get(Step(move.to_state), "busy"),
                title=title,
                when=f"{formats.date(_day(move.at))} · {name_person(move.actor)}",
                note=move.reason,
            )
        )
    return events


def actions(page: ApplicationPage) -> list[Action]:
    """Return what can be done, what the step waits for first."""
    if not page.is_open:
        return []
    steps = {
        Step.DOCUMENTS: ("application_documents", _("Check the documents")),
        Step.FEASIBILITY: ("application_feasibility", _("It can be connected")),
        Step.FEES: ("application_fees", _("The fees are settled")),
        Step.ORDER: ("application_connect", _("Connect")),
    }
    name, label = steps[page.step]
    rest = [
        ("application_assign", _("Who sees to it"), "w"),
        ("application_refuse", _("Refuse"), "x"),
        ("application_withdraw", _("Withdraw"), "v"),
    ]
    named = [(name, label, "e"), *rest]
    return [
        Action(label=label, href=reverse(name, args=[page.application_id]), key=key, is_first=position == 0)
        for position, (name, label, key) in enumerate(named)
    ]


def _day(at: datetime.datetime) -> datetime.date:
    return timezone.localtime(at).date()
