"""One event of a timeline, as shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEvent:
    """
    What happened, when, and where to read more.

    tone  good, wait, bad, busy or idle, as in `states`
    """

    icon: str
    tone: str
    title: str
    when: str
    note: str = ""
    href: str = ""
