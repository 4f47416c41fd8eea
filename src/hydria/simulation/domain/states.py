"""Name the states of a simulation and the moves between them."""

from __future__ import annotations

from enum import StrEnum


class SimulationState(StrEnum):
    """Say where a simulation stands."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


MOVES: dict[SimulationState, tuple[SimulationState, ...]] = {
    SimulationState.RUNNING: (SimulationState.DONE, SimulationState.CANCELLED),
    SimulationState.CANCELLED: (SimulationState.RUNNING,),
    SimulationState.DONE: (),
}


def may_move(*, from_state: SimulationState, to_state: SimulationState) -> bool:
    """
    Tell whether a simulation may go from one state to another.

    >>> may_move(from_state=SimulationState.CANCELLED, to_state=SimulationState.RUNNING)
    True
    >>> may_move(from_state=SimulationState.DONE, to_state=SimulationState.CANCELLED)
    False
    """
    return to_state in MOVES[from_state]
