"""Measure and judge every open span of a scope without writing: what a computation writes and what a sheet foresees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hydria.metering._estimating import Expected, expect
from hydria.metering._gathering import Gathered, Scope, gather_past, gather_policy, gather_stretches
from hydria.metering.domain import validation
from hydria.metering.domain.consumption import UNKNOWN_MILLI, Quantities, Turn, measure, settle
from hydria.metering.domain.policy import Policy
from hydria.metering.domain.rules import RuleBook, of_rows
from hydria.metering.domain.validation import FindingCode, Judged

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """
    What each span counts for.

    quantity_milli  int64[n]  UNKNOWN_MILLI where nothing is known and nothing could be estimated
    carried_milli   int64[n]  how far estimates ran ahead of the dials before the span
    ahead_milli     int64[n]  ... and after it
    """

    quantity_milli: Int64Array
    is_measured: BoolArray
    carried_milli: Int64Array
    ahead_milli: Int64Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """
    Every open span of a scope with what it comes to and what is odd about it.

    findings     for each code the mask of the spans that it applies to
    told_index   int64[n]  the stretch that findings tell of: the gravest one, else the main dial's newest
    slips_milli  int64[n]  the reading that a typing slip was probably meant to be
    policy       the thresholds of each span
    """

    gathered: Gathered
    quantities: Quantities
    counted: Counted
    expected: Expected
    findings: dict[FindingCode, BoolArray]
    told_index: Int64Array
    slips_milli: Int64Array
    policy: Policy

    def data_of(self, span: int, code: FindingCode) -> dict[str, int | None]:
        """Return the figures that a finding of a span is told with."""
        told, stretches = int(self.told_index[span]), self.gathered.stretches
        quantity_milli = int(self.counted.quantity_milli[span])
        usual_milli = int(self.expected.usual_milli[span] or self.expected.peers_milli[span])
        data = {
            "opening_milli": stretches["opening_milli"][told],
            "closing_milli": stretches["closing_milli"][told],
            "quantity_milli": None if quantity_milli == UNKNOWN_MILLI else quantity_milli,
            "usual_milli": usual_milli,
        }
        return data | {"likely_milli": int(self.slips_milli[span])} if code is FindingCode.TYPING_SLIP else data


def judge_spans(*, scope: Scope, rules: RuleBook) -> Judgement:
    """Measure and judge every span of the scope that has no consumption yet."""
    past = gather_past(scope=scope)
    gathered = gather_stretches(scope=scope, past=past)
    policy = gather_policy(
        scope=scope,
        rules=rules,
        point_ids=gathered.of_first("point_id").to_numpy(),
        end_days=gathered.of_first("end_days").to_numpy(),
    )
    expected = expect(
        past=past,
        until_date=scope.until_date,
        point_ids=gathered.of_first("point_id").to_numpy(),
        start_days=gathered.of_first("start_days").to_numpy(),
        end_days=gathered.of_first("end_days").to_numpy(),
        policy=policy,
    )
    quantities = measure(
        span_index=gathered.span_index,
        span_count=gathered.span_count,
        opening_milli=gathered.column("opening_milli"),
        closing_milli=gathered.column("closing_milli"),
        capacity_milli=10 ** gathered.column("digits") * 1000,
        multiplier=gathered.column("multiplier"),
        is_new_dial=gathered.stretches["is_new_dial"].to_numpy(),
        usual_milli=expected.usual_milli,
        policy=of_rows(policy.roll_over, gathered.span_index),
    )
    counted = _count(gathered, quantities=quantities, expected=expected)
    spans = _to_judge(gathered, quantities=quantities, counted=counted, expected=expected)
    return Judgement(
        gathered=gathered,
        quantities=quantities,
        counted=counted,
        expected=expected,
        findings=validation.judge(spans=spans, policy=policy),
        told_index=_told_index(gathered, quantities),
        slips_milli=validation.find_slips(spans=spans, policy=policy),
        policy=policy,
    )


def _count(gathered: Gathered, *, quantities: Quantities, expected: Expected) -> Counted:
    """Count every span: what was measured less what estimates have counted already, or an estimate."""
    is_measured = quantities.span_turn <= Turn.ROLLED_OVER
    has_estimate = expected.estimates.method_index >= 0
    estimate_milli = np.where(has_estimate, expected.estimates.quantity_milli, UNKNOWN_MILLI)
    quantity_milli, ahead_milli = np.zeros((2, gathered.span_count), dtype=np.int64)
    carried_milli = gathered.of_first("carried_milli").to_numpy().copy()
    is_unread = _any_of_span(gathered, (quantities.turn == Turn.NOT_READ) & ~_is_removed(gathered))
    for spans in gathered.spans_in_order():
        # The chain goes on inside the batch where a change of customer split it.
        follows = spans[gathered.place_in_point[spans] > 0]
        carried_milli[follows] = ahead_milli[follows - 1]
        settled = settle(measured_milli=quantities.known_milli[spans], carried_milli=carried_milli[spans])
        quantity_milli[spans] = np.where(is_measured[spans], settled.quantity_milli, estimate_milli[spans])
        # The dial that nobody read goes on counting: what is estimated now will show on it later. A dial that can't
        # be believed starts its chain anew.
        unread_ahead = carried_milli[spans] + np.maximum(estimate_milli[spans], 0) - quantities.known_milli[spans]
        ahead_milli[spans] = np.where(
            is_measured[spans], settled.ahead_milli, np.where(is_unread[spans], unread_ahead, 0)
        )
    return Counted(
        quantity_milli=quantity_milli, is_measured=is_measured, carried_milli=carried_milli, ahead_milli=ahead_milli
    )


def _to_judge(gathered: Gathered, *, quantities: Quantities, counted: Counted, expected: Expected) -> Judged:
    measured_milli = np.where(counted.is_measured, quantities.known_milli, 0)
    return Judged(
        measured_milli=measured_milli,
        turn=quantities.span_turn,
        is_final_missing=_any_of_span(gathered, (quantities.turn == Turn.NOT_READ) & _is_removed(gathered)),
        opening_milli=gathered.column("opening_milli")[gathered.last_index],
        closing_milli=gathered.column("closing_milli")[gathered.last_index],
        multiplier=gathered.column("multiplier")[gathered.last_index],
        elsewhere_milli=measured_milli - quantities.stretch_milli[gathered.last_index],
        carried_milli=counted.carried_milli,
        usual_milli=expected.usual_milli,
        spread_milli=expected.spread_milli,
        peers_milli=expected.peers_milli,
        history_count=expected.usual.period_count,
        zeros_before=expected.history.zeros_before,
        estimates_before=expected.history.estimates_before,
        has_estimate=expected.estimates.method_index >= 0,
        is_ignored=gathered.of_first("is_ignored").to_numpy() == 1,
        is_reread_due=gathered.of_first("is_reread_due").to_numpy() == 1,
        is_work_due=gathered.of_first("is_work_due").to_numpy() == 1,
    )


def _told_index(gathered: Gathered, quantities: Quantities) -> Int64Array:
    """Return the stretch of each span that turned oddly, or the main dial's newest where none did."""
    if not gathered.span_count:
        return gathered.last_index
    is_gravest = quantities.turn == quantities.span_turn[gathered.span_index]
    places = np.where(is_gravest, np.arange(len(is_gravest)), len(is_gravest))
    gravest = np.minimum.reduceat(places, gathered.first_index)
    is_odd = (quantities.span_turn != Turn.FORWARD) & (quantities.span_turn != Turn.NOT_READ)
    return np.where(is_odd, gravest, gathered.last_index)


def _is_removed(gathered: Gathered) -> BoolArray:
    return gathered.stretches["is_removed"].to_numpy()


def _any_of_span(gathered: Gathered, of_stretch: BoolArray) -> BoolArray:
    """Tell which spans have a stretch that is so."""
    counts = np.bincount(gathered.span_index, weights=of_stretch, minlength=gathered.span_count)
    return np.asarray(counts > 0)
