"""Name the states of a billing run and the moves between them."""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """Say where a run stands."""

    PRICING = "PRICING"
    DRAFT = "DRAFT"
    CONFIRMED = "CONFIRMED"
    ABANDONED = "ABANDONED"


MOVES: dict[RunState, tuple[RunState, ...]] = {
    RunState.PRICING: (RunState.DRAFT, RunState.ABANDONED),
    RunState.DRAFT: (RunState.CONFIRMED, RunState.ABANDONED),
    RunState.CONFIRMED: (),
    RunState.ABANDONED: (),
}


def may_move(*, from_state: RunState, to_state: RunState) -> bool:
    """
    Tell whether a run may go from one state to another.

    >>> may_move(from_state=RunState.DRAFT, to_state=RunState.CONFIRMED)
    True
    >>> may_move(from_state=RunState.CONFIRMED, to_state=RunState.ABANDONED)
    False
    """
    return to_state in MOVES[from_state]
