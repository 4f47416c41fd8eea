"""Sort accounts by how much their bill changes, in bins that are the same in every simulation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]
FALL_EDGES_PERMILLE = (50, 100, 250, 500)
RISE_EDGES_PERMILLE = (50, 100, 250, 500, 1_000)
UNCHANGED_BIN = len(FALL_EDGES_PERMILLE) + 1
NO_PERCENTAGE_BIN = UNCHANGED_BIN + len(RISE_EDGES_PERMILLE) + 2
BIN_COUNT = NO_PERCENTAGE_BIN + 1


def bin_of(*, current_minor: Int64Array, proposed_minor: Int64Array) -> Int64Array:
    """
    Return the bin of each account: falls first, the largest at 0; then no change; then rises, the largest last.

    An edge belongs to the larger change: a rise of exactly 10 % is in the bin from 10 %. A bill that is nothing now
    and something then has no percentage and a bin of its own.

    >>> bin_of(current_minor=np.array([100, 100, 100, 100, 0]), proposed_minor=np.array([50, 99, 100, 110, 5])).tolist()
    [0, 4, 5, 8, 12]
    """
    change = proposed_minor - current_minor
    rises = sum((change * 1_000 >= edge * current_minor).astype(np.int64) for edge in RISE_EDGES_PERMILLE)
    falls = sum((-change * 1_000 >= edge * current_minor).astype(np.int64) for edge in FALL_EDGES_PERMILLE)
    places = np.where(change > 0, UNCHANGED_BIN + 1 + rises, UNCHANGED_BIN - 1 - falls)
    places = np.where(change == 0, UNCHANGED_BIN, places)
    return np.where((change != 0) & (current_minor <= 0), NO_PERCENTAGE_BIN, places)


def bounds_of(place: int) -> tuple[int | None, int | None]:
    """
    Return between which changes in thousandths a bin lies, the end nearer to no change first; None is no bound.

    >>> bounds_of(0), bounds_of(4), bounds_of(6), bounds_of(11)
    ((-500, None), (0, -50), (0, 50), (1000, None))
    """
    is_fall = place < UNCHANGED_BIN
    edges = (0, *FALL_EDGES_PERMILLE, None) if is_fall else (0, *RISE_EDGES_PERMILLE, None)
    step = UNCHANGED_BIN - 1 - place if is_fall else place - UNCHANGED_BIN - 1
    near, far = ((edge if edge is None or not is_fall else -edge) for edge in edges[step : step + 2])
    return near, far
