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
from hydria.metering.domain.consumption import UNKNOWN_MILLI, Turn
from hydria.metering.domain.policy import Policy

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


class FindingCode(StrEnum):
    """Name what is odd about a consumption."""

    READING_BACKWARD = "reading_backward"
    SUSPECTED_EXCHANGE = "suspected_exchange"
    FINAL_READING_MISSING = "final_reading_missing"
    ESTIMATE_EXCEEDS_READING = "estimate_exceeds_reading"
    ROLLED_OVER = "rolled_over"
    TYPING_SLIP = "typing_slip"
    CONSUMPTION_HIGH = "consumption_high"
    CONSUMPTION_ABOVE_PEERS = "consumption_above_peers"
    CONSUMPTION_BELOW_PEERS = "consumption_below_peers"
    CONSUMPTION_LOW = "consumption_low"
    CONSUMPTION_ZERO = "consumption_zero"
    METER_STOPPED = "meter_stopped"
    READING_MISSING = "reading_missing"
    ESTIMATED_TOO_OFTEN = "estimated_too_often"
    HISTORY_MISSING = "history_missing"
    READING_IGNORED = "reading_ignored"
    REREAD_DUE = "reread_due"
    WORK_DUE = "work_due"


DIGITS_MAX = 9
"""No dial has more (constraint `dial_has_three_to_nine_digits`)."""

SEVERITY_OF = {
    FindingCode.READING_BACKWARD: Severity.BLOCK,
    FindingCode.SUSPECTED_EXCHANGE: Severity.BLOCK,
    FindingCode.FINAL_READING_MISSING: Severity.BLOCK,
    FindingCode.ESTIMATE_EXCEEDS_READING: Severity.WARN,
    FindingCode.ROLLED_OVER: Severity.WARN,
    FindingCode.TYPING_SLIP: Severity.BLOCK,
    FindingCode.CONSUMPTION_HIGH: Severity.BLOCK,
    FindingCode.CONSUMPTION_ABOVE_PEERS: Severity.BLOCK,
    FindingCode.CONSUMPTION_BELOW_PEERS: Severity.WARN,
    FindingCode.CONSUMPTION_LOW: Severity.WARN,
    FindingCode.CONSUMPTION_ZERO: Severity.WARN,
    FindingCode.METER_STOPPED: Severity.WARN,
    FindingCode.READING_MISSING: Severity.WARN,
    FindingCode.ESTIMATED_TOO_OFTEN: Severity.WARN,
    FindingCode.HISTORY_MISSING: Severity.BLOCK,
    FindingCode.READING_IGNORED: Severity.BLOCK,
    FindingCode.REREAD_DUE: Severity.WARN,
    FindingCode.WORK_DUE: Severity.WARN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """
    The spans to judge, one value each.

    measured_milli    int64[n]  what the dials went forward, 0 where that is not known
    turn              int64[n]  gravest `Turn`
    is_final_missing  bool[n]   a meter was removed inside the span and nobody wrote down what it showed
    opening_milli     int64[n]  what the main dial showed at the start of its newest stretch
    closing_milli     int64[n]  ... and at the end, or UNKNOWN_MILLI
    multiplier        int64[n]  units per step of that dial
    elsewhere_milli   int64[n]  what other dials, or the same point's meter before this one, went forward
    carried_milli     int64[n]  estimates since the opening reading that this measurement settles
    usual_milli       int64[n]  what the history makes of the span's days, 0 without a history
    spread_milli      int64[n]  how far the history's periods usually lie from that
    peers_milli       int64[n]  what points of the same category and as many units use in such a span, 0 if unknown
    history_count     int64[n]  measured periods in the history
    zeros_before      int64[n]  zero periods directly before this one
    estimates_before  int64[n]  estimated periods directly before this one
    has_estimate      bool[n]   an estimate could be made
    is_ignored        bool[n]   the reader noted that what the dial shows must not count
    is_reread_due     bool[n]   ... that somebody has to read it again
    is_work_due       bool[n]   ... that somebody has to work on it
    """

    measured_milli: Int64Array
    turn: Int64Array
    is_final_missing: BoolArray
    opening_milli: Int64Array
    closing_milli: Int64Array
    multiplier: Int64Array
    elsewhere_milli: Int64Array
    carried_milli: Int64Array
    usual_milli: Int64Array
    spread_milli: Int64Array
    peers_milli: Int64Array
    history_count: Int64Array
    zeros_before: Int64Array
    estimates_before: Int64Array
    has_estimate: BoolArray
    is_ignored: BoolArray
    is_reread_due: BoolArray
    is_work_due: BoolArray


def judge(*, spans: Judged, policy: Policy) -> dict[FindingCode, BoolArray]:
    """
    Find what is odd: for each code the mask of the spans that it applies to.

    Source: MET-06, MET-08, docs/algorithms/vee.md.
    """
    # Judged is what the span itself used: earlier estimates have counted the time before it.
    quantity_milli = spans.measured_milli - spans.carried_milli
    not_read = spans.turn == Turn.NOT_READ
    measured = spans.turn <= Turn.ROLLED_OVER
    known = measured & (spans.history_count >= policy.history_periods_min)
    is_far = np.abs(quantity_milli - spans.usual_milli) > policy.spread_times * spans.spread_milli
    is_high = (
        known
        & is_far
        & (quantity_milli > np.maximum(spans.usual_milli * policy.high_percent // 100, policy.high_milli_min))
    )
    above_peers = (
        measured
        & ~known
        & (spans.peers_milli > 0)
        & (quantity_milli > np.maximum(spans.peers_milli * policy.peers_percent // 100, policy.high_milli_min))
    )
    below_peers = measured & ~known & (quantity_milli > 0)
    below_peers &= quantity_milli < spans.peers_milli * policy.peers_low_percent // 100
    is_low = known & is_far & (quantity_milli > 0) & (quantity_milli < spans.usual_milli * policy.low_percent // 100)
    is_zero = measured & (spans.measured_milli == 0) & (spans.usual_milli > 0)
    stopped = is_zero & (spans.zeros_before + 1 >= policy.zero_periods_max)
    slipped = (is_high | above_peers) & (find_slips(spans=spans, policy=policy) != UNKNOWN_MILLI)
    return {
        FindingCode.READING_BACKWARD: spans.turn == Turn.BACKWARD,
        FindingCode.SUSPECTED_EXCHANGE: spans.turn == Turn.EXCHANGED_UNSEEN,
        FindingCode.FINAL_READING_MISSING: spans.is_final_missing,
        FindingCode.ESTIMATE_EXCEEDS_READING: measured & (quantity_milli < 0),
        FindingCode.ROLLED_OVER: spans.turn == Turn.ROLLED_OVER,
        FindingCode.TYPING_SLIP: slipped,
        FindingCode.CONSUMPTION_HIGH: is_high & ~slipped,
        FindingCode.CONSUMPTION_ABOVE_PEERS: above_peers & ~slipped,
        FindingCode.CONSUMPTION_BELOW_PEERS: below_peers,
        FindingCode.CONSUMPTION_LOW: is_low,
        FindingCode.CONSUMPTION_ZERO: is_zero & ~stopped,
        FindingCode.METER_STOPPED: stopped,
        FindingCode.READING_MISSING: not_read & ~spans.is_final_missing,
        FindingCode.ESTIMATED_TOO_OFTEN: not_read & (spans.estimates_before >= policy.estimates_max),
        FindingCode.HISTORY_MISSING: not_read & ~spans.has_estimate,
        FindingCode.READING_IGNORED: spans.is_ignored,
        FindingCode.REREAD_DUE: spans.is_reread_due,
        FindingCode.WORK_DUE: spans.is_work_due,
    }


def find_slips(*, spans: Judged, policy: Policy) -> Int64Array:
    """
    Find the value that the dial showed if one digit too many was typed: 332 for 3325, 31 for 231.

    returns  int64[n]  the reading without the digit whose removal comes nearest to the expected quantity, or
                       UNKNOWN_MILLI where no removal gives a quantity that would not be high
    """
    whole, rest = spans.closing_milli // 1000, spans.closing_milli % 1000
    expected_milli = np.where(spans.usual_milli > 0, spans.usual_milli, spans.peers_milli)
    limit_milli = expected_milli * policy.high_percent // 100
    rest_milli = spans.elsewhere_milli - spans.carried_milli
    best_milli = np.full(len(whole), UNKNOWN_MILLI, dtype=np.int64)
    best_distance = limit_milli + 1
    for place in range(DIGITS_MAX):
        shorter_milli = (whole // 10 ** (place + 1) * 10**place + whole % 10**place) * 1000 + rest
        quantity_milli = (shorter_milli - spans.opening_milli) * spans.multiplier + rest_milli
        distance = np.abs(quantity_milli - expected_milli)
        is_better = (
            (whole >= 10**place) & (quantity_milli >= 0) & (quantity_milli <= limit_milli) & (distance < best_distance)
        )
        best_milli = np.where(is_better, shorter_milli, best_milli)
        best_distance = np.where(is_better, distance, best_distance)
    return best_milli


def is_held(findings: dict[FindingCode, BoolArray]) -> BoolArray:
    """Tell which spans a person has to decide on before they are billed."""
    blocking = [mask for code, mask in findings.items() if SEVERITY_OF[code] is Severity.BLOCK]
    return np.asarray(np.logical_or.reduce(blocking), dtype=np.bool_)
