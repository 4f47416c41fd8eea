"""Name the states of a tariff version, the acts that lead to them, and from where each act may be done."""

from __future__ import annotations

from enum import StrEnum


class VersionState(StrEnum):
    """Say where a version stands."""

    DRAFT = "DRAFT"
    CHECKED = "CHECKED"
    SIMULATED = "SIMULATED"
    APPROVED = "APPROVED"
    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"


class Act(StrEnum):
    """Name what somebody did to a version; each act is one event that is never edited."""

    WRITTEN = "WRITTEN"
    CHECKED = "CHECKED"
    SIMULATED = "SIMULATED"
    REFUSED = "REFUSED"
    APPROVED = "APPROVED"
    PUBLISHED = "PUBLISHED"
    INSTALLED = "INSTALLED"  # by set-up: published without a person
    WITHDRAWN = "WITHDRAWN"


LEADS_TO = {
    Act.WRITTEN: VersionState.DRAFT,
    Act.CHECKED: VersionState.CHECKED,
    Act.SIMULATED: VersionState.SIMULATED,
    Act.REFUSED: VersionState.DRAFT,
    Act.APPROVED: VersionState.APPROVED,
    Act.PUBLISHED: VersionState.PUBLISHED,
    Act.INSTALLED: VersionState.PUBLISHED,
    Act.WITHDRAWN: VersionState.WITHDRAWN,
}
_OPEN = (VersionState.DRAFT, VersionState.CHECKED, VersionState.SIMULATED, VersionState.APPROVED)
MAY_START: dict[Act, tuple[VersionState, ...]] = {
    Act.WRITTEN: _OPEN,
    Act.CHECKED: (VersionState.DRAFT,),
    Act.SIMULATED: (VersionState.CHECKED, VersionState.SIMULATED),
    Act.REFUSED: (VersionState.CHECKED, VersionState.SIMULATED, VersionState.APPROVED),
    Act.APPROVED: (VersionState.SIMULATED,),
    Act.PUBLISHED: (VersionState.APPROVED,),
    Act.INSTALLED: (VersionState.DRAFT,),
    Act.WITHDRAWN: (*_OPEN, VersionState.PUBLISHED),
}
"""The migration that guards the events holds the same table; a test compares them."""


def may(act: Act, *, state: VersionState) -> bool:
    """
    Tell whether an act may be done to a version in a state.

    >>> may(Act.APPROVED, state=VersionState.SIMULATED), may(Act.WRITTEN, state=VersionState.PUBLISHED)
    (True, False)
    """
    return state in MAY_START[act]
