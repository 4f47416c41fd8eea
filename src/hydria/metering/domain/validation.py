"""
Judge quantities before anybody is billed for them: the rules of validation as columns (MET-06).

Each rule yields a mask over the spans; what it does (hold the consumption, or let it pass with a mark) stands in
`SEVERITY_OF`. Thresholds are a company's policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from hydria.kernel.issues import Severity
from hydria.metering.domain.consumption import DEFAULT_ROLL_OVER, RollOverPolicy, Turn

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


class FindingCode(StrEnum):
    """Name what is odd about a consumption."""

    READING_BACKWARD = "reading_backward"
    SUSPECTED_EXCHANGE = "suspected_exchange"
    FINAL_READING_MISSING = "final_reading_missing"
    ESTIMATE_EXCEEDS_READING = "estimate_exceeds_reading"
    ROLLED_OVER = "rolled_over"
    CONSUMPTION_HIGH = "consumption_high"
    CONSUMPTION_LOW = "consumption_low"
    CONSUMPTION_ZERO = "consumption_zero"
    METER_STOPPED = "meter_stopped"
    READING_MISSING = "reading_missing"
    ESTIMATED_TOO_OFTEN = "estimated_too_often"
    HISTORY_MISSING = "history_missing"


SEVERITY_OF = {
    FindingCode.READING_BACKWARD: Severity.BLOCK,
    FindingCode.SUSPECTED_EXCHANGE: Severity.BLOCK,
    FindingCode.FINAL_READING_MISSING: Severity.BLOCK,
    FindingCode.ESTIMATE_EXCEEDS_READING: Severity.BLOCK,
    FindingCode.ROLLED_OVER: Severity.WARN,
    FindingCode.CONSUMPTION_HIGH: Severity.BLOCK,
    FindingCode.CONSUMPTION_LOW: Severity.WARN,
    FindingCode.CONSUMPTION_ZERO: Severity.WARN,
    FindingCode.METER_STOPPED: Severity.WARN,
    FindingCode.READING_MISSING: Severity.WARN,
    FindingCode.ESTIMATED_TOO_OFTEN: Severity.WARN,
    FindingCode.HISTORY_MISSING: Severity.BLOCK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    The thresholds of a company.

    high_percent          above this much of the usual quantity a consumption is high
    high_milli_min        ... but never below this quantity
    low_percent           below this much of the usual quantity it is low
    zero_periods_max      zeros in a row after which the meter counts as stopped
    estimates_max         estimates in a row after which the next one is escalated
    history_periods_min   measured periods that a judgement against history needs
    roll_over             when a drop of a dial is believed to be a roll-over
    """

    high_percent: int = 300
    high_milli_min: int = 30_000
    low_percent: int = 20
    zero_periods_max: int = 3
    estimates_max: int = 3
    history_periods_min: int = 3
    roll_over: RollOverPolicy = DEFAULT_ROLL_OVER


DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """
    The spans to judge, one value each.

    quantity_milli    int64[n]  the quantity, whatever it was before estimating
    turn              int64[n]  gravest `Turn`
    is_exchanged      bool[n]   a meter was removed inside the span
    carried_milli     int64[n]  estimates since the opening reading that this measurement settles
    usual_milli       int64[n]  what the history makes of the span's days
    history_count     int64[n]  measured periods in the history
    zeros_before      int64[n]  zero periods directly before this one
    estimates_before  int64[n]  estimated periods directly before this one
    has_estimate      bool[n]   an estimate could be made
    """

    quantity_milli: Int64Array
    turn: Int64Array
    is_exchanged: BoolArray
    carried_milli: Int64Array
    usual_milli: Int64Array
    history_count: Int64Array
    zeros_before: Int64Array
    estimates_before: Int64Array
    has_estimate: BoolArray


def judge(*, spans: Judged, policy: Policy) -> dict[FindingCode, BoolArray]:
    """
    Find what is odd: for each code the mask of the spans that it applies to.

    Source: MET-06, MET-08, docs/algorithms/vee.md.
    """
    not_read = spans.turn == Turn.NOT_READ
    measured = spans.turn <= Turn.ROLLED_OVER
    known = measured & (spans.history_count >= policy.history_periods_min)
    high_milli = np.maximum(spans.usual_milli * policy.high_percent // 100, policy.high_milli_min)
    is_zero = measured & (spans.quantity_milli == 0) & (spans.usual_milli > 0)
    stopped = is_zero & (spans.zeros_before + 1 >= policy.zero_periods_max)
    return {
        FindingCode.READING_BACKWARD: spans.turn == Turn.BACKWARD,
        FindingCode.SUSPECTED_EXCHANGE: spans.turn == Turn.EXCHANGED_UNSEEN,
        FindingCode.FINAL_READING_MISSING: not_read & spans.is_exchanged,
        FindingCode.ESTIMATE_EXCEEDS_READING: measured & (spans.quantity_milli < 0) & (spans.carried_milli > 0),
        FindingCode.ROLLED_OVER: spans.turn == Turn.ROLLED_OVER,
        FindingCode.CONSUMPTION_HIGH: known & (spans.quantity_milli > high_milli),
        FindingCode.CONSUMPTION_LOW: known
        & (spans.quantity_milli > 0)
        & (spans.quantity_milli < spans.usual_milli * policy.low_percent // 100),
        FindingCode.CONSUMPTION_ZERO: is_zero & ~stopped,
        FindingCode.METER_STOPPED: stopped,
        FindingCode.READING_MISSING: not_read & ~spans.is_exchanged,
        FindingCode.ESTIMATED_TOO_OFTEN: not_read & (spans.estimates_before >= policy.estimates_max),
        FindingCode.HISTORY_MISSING: not_read & ~spans.has_estimate,
    }


def is_held(findings: dict[FindingCode, BoolArray]) -> BoolArray:
    """Tell which spans a person has to decide on before they are billed."""
    blocking = [mask for code, mask in findings.items() if SEVERITY_OF[code] is Severity.BLOCK]
    return np.asarray(np.logical_or.reduce(blocking), dtype=np.bool_)
