"""The steps of an application and the moves between them (CUS-07)."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Step(StrEnum):
    """Say what an application waits for, or how it ended."""

    DOCUMENTS = "DOCUMENTS"
    FEASIBILITY = "FEASIBILITY"
    FEES = "FEES"
    ORDER = "ORDER"
    CONNECTED = "CONNECTED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


ROAD = (Step.DOCUMENTS, Step.FEASIBILITY, Step.FEES, Step.ORDER, Step.CONNECTED)
"""The steps in their order; a company may leave some of them out, never the last two."""
OPTIONAL = frozenset({Step.DOCUMENTS, Step.FEASIBILITY, Step.FEES})
OPEN = ROAD[:-1]
USUAL_DAYS = {Step.DOCUMENTS: 5, Step.FEASIBILITY: 10, Step.FEES: 15, Step.ORDER: 7}
"""How long a step takes where the company has said nothing else."""


def next_step(step: Step, *, left_out: Collection[Step] = ()) -> Step:
    """
    Return the step that follows.

    left_out  steps that the company does without

    >>> next_step(Step.DOCUMENTS, left_out=[Step.FEASIBILITY])
    <Step.FEES: 'FEES'>
    """
    skipped = OPTIONAL.intersection(left_out)
    return next(later for later in ROAD[ROAD.index(step) + 1 :] if later not in skipped)


def first_step(*, left_out: Collection[Step] = ()) -> Step:
    """
    Return the step that an application begins with.

    >>> first_step(left_out=[Step.DOCUMENTS])
    <Step.FEASIBILITY: 'FEASIBILITY'>
    """
    skipped = OPTIONAL.intersection(left_out)
    return next(step for step in ROAD if step not in skipped)


def may_move(*, from_step: Step, to_step: Step) -> bool:
    """
    Tell whether an application may go from one step to another: forward on the road, or out of it.

    >>> may_move(from_step=Step.FEES, to_step=Step.DOCUMENTS), may_move(from_step=Step.FEES, to_step=Step.REFUSED)
    (False, True)
    """
    if from_step not in OPEN:
        return False
    return to_step in (Step.REFUSED, Step.WITHDRAWN) or ROAD.index(to_step) > ROAD.index(from_step)
