"""Acts that can be done on every row of a list, on whom, by whom, and how such an act moves on."""

from __future__ import annotations

from enum import StrEnum

from hydria.platform.access import Permission


class Subject(StrEnum):
    """What a list, a selection or an act is about."""

    ACCOUNT = "account"
    PARTY = "party"
    PREMISE = "premise"
    SERVICE_POINT = "service_point"
    METER = "meter"


class ActKind(StrEnum):
    """What is done to each row."""

    RAISE_ALERT = "raise_alert"
    LIFT_ALERT = "lift_alert"
    EXCLUDE = "exclude"
    INCLUDE = "include"
    CHANGE_TERMS = "change_terms"
    CHANGE_ROUTE = "change_route"
    ADD_TO_SELECTION = "add_to_selection"


_AGREED = frozenset({Subject.ACCOUNT, Subject.SERVICE_POINT})
_ALERTED = frozenset({Subject.ACCOUNT, Subject.PARTY})
SUBJECTS: dict[ActKind, frozenset[Subject]] = {
    ActKind.RAISE_ALERT: _ALERTED,
    ActKind.LIFT_ALERT: _ALERTED,
    ActKind.EXCLUDE: _AGREED,
    ActKind.INCLUDE: _AGREED,
    ActKind.CHANGE_TERMS: _AGREED,
    ActKind.CHANGE_ROUTE: _AGREED,
    ActKind.ADD_TO_SELECTION: frozenset(Subject),
}
"""On what each act can be done; what is agreed at a point or for an account is reached from both."""

PERMISSIONS: dict[ActKind, Permission] = {
    ActKind.RAISE_ALERT: Permission.REGISTER_EDIT,
    ActKind.LIFT_ALERT: Permission.REGISTER_EDIT,
    ActKind.EXCLUDE: Permission.AGREEMENT_EDIT,
    ActKind.INCLUDE: Permission.AGREEMENT_EDIT,
    ActKind.CHANGE_TERMS: Permission.AGREEMENT_EDIT,
    ActKind.CHANGE_ROUTE: Permission.REGISTER_EDIT,
    ActKind.ADD_TO_SELECTION: Permission.REGISTER_VIEW,
}
"""What each act takes when it is done on one row; on many it takes `BULK_ACT` besides."""


class ActState(StrEnum):
    """How an act on many rows stands."""

    CHECKING = "CHECKING"  # each row is rehearsed
    READY = "READY"  # somebody looks at what would happen
    RUNNING = "RUNNING"
    DONE = "DONE"
    ABANDONED = "ABANDONED"


_MOVES = {
    ActState.CHECKING: {ActState.READY, ActState.ABANDONED},
    ActState.READY: {ActState.RUNNING, ActState.ABANDONED},
    ActState.RUNNING: {ActState.DONE},
    ActState.DONE: set[ActState](),
    ActState.ABANDONED: set[ActState](),
}


def may_move(*, from_state: ActState, to_state: ActState) -> bool:
    """
    Tell whether an act may move so.

    >>> may_move(from_state=ActState.READY, to_state=ActState.RUNNING)
    True
    """
    return to_state in _MOVES[from_state]


class RowState(StrEnum):
    """What would become, or became, of one row."""

    WAITING = "WAITING"  # not looked at yet
    READY = "READY"  # can be done
    UNCHANGED = "UNCHANGED"  # is so already
    REFUSED = "REFUSED"
    DONE = "DONE"
