"""
Turn what dials showed into quantities.

A *span* is the time of one consumption at one point; a *stretch* is the time of one dial inside a span. A span has one
stretch, or several when the meter was exchanged: the quantity is the sum over its stretches of closing minus opening.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Whole = int | Int64Array
"""One number for all, or one for each row."""

UNKNOWN_MILLI = -1
"""Stands in a column for a dial that nobody read; no dial shows less than zero."""


class Turn(IntEnum):
    """Say how a dial got from its opening to its closing value."""

    FORWARD = 0
    ROLLED_OVER = 1
    EXCHANGED_UNSEEN = 2
    BACKWARD = 3
    NOT_READ = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RollOverPolicy:
    """
    When a drop of a dial is believed to be a roll-over.

    opening_ppm_min     the dial stood at least this high, in millionths of its capacity
    usual_percent_max   the quantity is at most this much of what the point usually uses
    quantity_milli_min  ... or at most this quantity, for points that use very little
    """

    opening_ppm_min: Whole = 950_000
    usual_percent_max: Whole = 200
    quantity_milli_min: Whole = 60_000


DEFAULT_ROLL_OVER = RollOverPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantities:
    """
    Hold what the stretches come to.

    stretch_milli  int64[s]  quantity of each stretch; 0 where unknown
    turn           int64[s]  `Turn` of each stretch
    known_milli    int64[n]  what each span comes to as far as its stretches were read and can be believed
    span_turn      int64[n]  the gravest `Turn` among the stretches of each span
    """

    stretch_milli: Int64Array
    turn: Int64Array
    known_milli: Int64Array
    span_turn: Int64Array


def measure(
    *,
    span_index: Int64Array,
    span_count: int,
    opening_milli: Int64Array,
    closing_milli: Int64Array,
    capacity_milli: Int64Array,
    multiplier: Int64Array,
    is_new_dial: BoolArray,
    usual_milli: Int64Array,
    policy: RollOverPolicy,
) -> Quantities:
    """
    Work out the quantity of every span from its stretches.

    span_index      int64[s]  which span each stretch belongs to, 0 <= span_index < span_count
    opening_milli   int64[s]  what the dial showed at the start, >= 0
    closing_milli   int64[s]  what it showed at the end, or UNKNOWN_MILLI
    capacity_milli  int64[s]  10^digits of that dial, in thousandths: where it starts again from zero
    multiplier      int64[s]  units per dial step
    is_new_dial     bool[s]   installed inside the span: it can't have come round already
    usual_milli     int64[n]  what the point usually uses in such a span, 0 when unknown
    policy          for all stretches, or one value for each

    Source: MET-06, docs/algorithms/consumption.md.
    """
    is_read = closing_milli != UNKNOWN_MILLI
    plain_milli = closing_milli - opening_milli
    is_drop = is_read & (plain_milli < 0)
    rolled_milli = plain_milli + capacity_milli
    is_rolled = (
        is_drop
        & ~is_new_dial
        & _is_roll_over(
            opening_milli=opening_milli,
            closing_milli=closing_milli,
            quantity_milli=rolled_milli * multiplier,
            capacity_milli=capacity_milli,
            usual_milli=usual_milli[span_index],
            policy=policy,
        )
    )
    # A dial that falls to a small value though it was nowhere near its end is another dial.
    is_unseen = is_drop & ~is_rolled & (closing_milli < opening_milli // 2)
    turn = np.select(
        [~is_read, is_rolled, is_unseen, is_drop],
        [Turn.NOT_READ, Turn.ROLLED_OVER, Turn.EXCHANGED_UNSEEN, Turn.BACKWARD],
        default=Turn.FORWARD,
    ).astype(np.int64)
    is_believed = turn <= Turn.ROLLED_OVER
    stretch_milli = np.where(is_believed, np.where(is_rolled, rolled_milli, plain_milli) * multiplier, 0)
    known_milli = np.zeros(span_count, dtype=np.int64)
    np.add.at(known_milli, span_index, stretch_milli)
    span_turn = np.zeros(span_count, dtype=np.int64)
    np.maximum.at(span_turn, span_index, turn)
    return Quantities(
        stretch_milli=stretch_milli,
        turn=turn,
        known_milli=known_milli,
        span_turn=span_turn,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """
    Hold what is counted for each span, and how far that runs ahead of the dials.

    quantity_milli  int64[n]  what the span counts for, >= 0
    ahead_milli     int64[n]  how much more has been counted than the dials have shown, for the next span to take off
    """

    quantity_milli: Int64Array
    ahead_milli: Int64Array


def settle(*, measured_milli: Int64Array, carried_milli: Int64Array) -> Settled:
    """
    Take what estimates have counted already off what the dials show now.

    measured_milli  int64[n]  what the dials went forward since they were last read, >= 0
    carried_milli   int64[n]  how far earlier estimates run ahead of the dials at that reading

    Guarantee: quantity - ahead == measured - carried, so every unit is counted once (I3), and nobody gets a negative
    quantity: when estimates were too high, the rest is taken off the spans to come.

    Source: MET-08, docs/algorithms/consumption.md.
    """
    difference_milli = measured_milli - carried_milli
    return Settled(quantity_milli=np.maximum(difference_milli, 0), ahead_milli=np.maximum(-difference_milli, 0))


def _is_roll_over(
    *,
    opening_milli: Int64Array,
    closing_milli: Int64Array,
    quantity_milli: Int64Array,
    capacity_milli: Int64Array,
    usual_milli: Int64Array,
    policy: RollOverPolicy,
) -> BoolArray:
    stood_high = opening_milli >= capacity_milli // 1_000_000 * policy.opening_ppm_min
    limit_milli = np.maximum(usual_milli * policy.usual_percent_max // 100, policy.quantity_milli_min)
    return np.asarray(stood_high & (closing_milli < capacity_milli) & (quantity_milli <= limit_milli), dtype=np.bool_)
