"""The home page in words: one tile per thing that waits."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from hydria.desk._home import Concern, Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure that leads to the place where it is worked off."""

    label: str
    note: str
    count: int
    href: str
    icon: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """How a concern is shown."""

    label: str
    note: str
    place: str
    icon: str
    tone: str


def tiles(waiting: list[Waiting]) -> list[Tile]:
    """Return the tiles of what waits."""
    return [_tile(found) for found in waiting]


def _tile(found: Waiting) -> Tile:
    shown = {
        Concern.INCIDENTS: _Look(
            label=_("Readings to decide"),
            note=_("held until somebody decides"),
            place="incidents",
            icon="alert-triangle",
            tone="wait",
        ),
        Concern.RUNS_TO_CONFIRM: _Look(
            label=_("Runs to confirm"), note=_("drafts; nothing fiscal yet"), place="runs", icon="checks", tone="wait"
        ),
        Concern.APPLICATIONS: _Look(
            label=_("Open applications"),
            note=_("wishing to be connected"),
            place="applications",
            icon="clipboard-list",
            tone="wait",
        ),
        Concern.RUNS_PRICING: _Look(
            label=_("Runs being priced"), note=_("in the background"), place="runs", icon="player-play", tone="busy"
        ),
        Concern.PAYMENTS_TODAY: _Look(
            label=_("Payments today"),
            note=_("at all tills and collectors"),
            place="payments",
            icon="coins",
            tone="good",
        ),
        Concern.WORK_GOING_ON: _Look(
            label=_("Work going on"), note=_("loads, runs and exports"), place="jobs", icon="progress", tone="busy"
        ),
        Concern.JOBS_FAILED: _Look(
            label=_("Jobs failed"), note=_("after all their tries"), place="jobs", icon="alert-octagon", tone="bad"
        ),
    }
    look = shown[found.concern]
    return Tile(
        label=look.label,
        note=look.note,
        count=found.count,
        href=reverse(look.place),
        icon=look.icon,
        tone=look.tone if found.count else "idle",
    )
