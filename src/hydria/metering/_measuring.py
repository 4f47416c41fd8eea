"""Compute consumptions for a scope and write them with their findings: the one path for a cycle and for one point."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from hydria.metering import models
from hydria.metering._estimating import Expected, expect
from hydria.metering._gathering import Gathered, Scope, gather_stretches
from hydria.metering.domain import validation
from hydria.metering.domain.consumption import UNKNOWN_MILLI, Quantities, Turn, measure, settle
from hydria.metering.domain.policy import Policy
from hydria.metering.domain.validation import SEVERITY_OF, FindingCode, Judged
from hydria.platform.bulk import copy_columns, take_ids
from hydria.platform.transactions import in_transaction

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a computation wrote."""

    consumption_count: int
    estimated_count: int
    held_count: int
    quantity_milli: int


NOTHING = Measured(consumption_count=0, estimated_count=0, held_count=0, quantity_milli=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """
    What each span counts for, ready to write.

    quantity_milli  int64[n]  UNKNOWN_MILLI where nothing is known and nothing could be estimated
    carried_milli   int64[n]  how far estimates ran ahead of the dials before the span
    ahead_milli     int64[n]  ... and after it
    """

    quantity_milli: Int64Array
    is_measured: BoolArray
    carried_milli: Int64Array
    ahead_milli: Int64Array


@in_transaction
def write_consumptions(*, scope: Scope, policy: Policy) -> Measured:
    """
    Measure, judge and write every span of the scope that has no consumption yet.

    Guarantee: running it again writes nothing, because a span that has a consumption is no longer open.
    """
    gathered = gather_stretches(scope=scope)
    if not gathered.span_count:
        return NOTHING
    expected = expect(
        scope=scope,
        point_ids=gathered.of_first("point_id").to_numpy(),
        start_days=gathered.of_first("start_date").to_physical().to_numpy().astype(np.int64),
        end_days=gathered.of_first("end_date").to_physical().to_numpy().astype(np.int64),
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
        policy=policy.roll_over,
    )
    counted = _count(gathered, quantities=quantities, expected=expected)
    spans = _to_judge(gathered, quantities=quantities, counted=counted, expected=expected)
    findings = validation.judge(spans=spans, policy=policy)
    slips_milli = validation.find_slips(spans=spans, policy=policy)
    ids, measured = _write(
        gathered,
        quantities=quantities,
        counted=counted,
        is_held=validation.is_held(findings),
        methods=[str(policy.estimation.methods[index]) for index in expected.estimates.method_index],
    )
    _write_findings(
        gathered,
        findings=findings,
        ids=ids,
        counted=counted,
        usual_milli=np.where(expected.usual_milli > 0, expected.usual_milli, expected.peers_milli),
        slips_milli=slips_milli,
    )
    return measured


def _count(gathered: Gathered, *, quantities: Quantities, expected: Expected) -> _Counted:
    """Count every span: what was measured less what estimates have counted already, or an estimate."""
    is_measured = quantities.span_turn <= Turn.ROLLED_OVER
    has_estimate = expected.estimates.method_index >= 0
    estimate_milli = np.where(has_estimate, expected.estimates.quantity_milli, UNKNOWN_MILLI)
    quantity_milli, ahead_milli = np.zeros((2, gathered.span_count), dtype=np.int64)
    carried_milli = gathered.of_first("carried_milli").to_numpy().copy()
    for spans in gathered.spans_in_order():
        # The chain goes on inside the batch where a change of customer split it.
        follows = spans[gathered.place_in_point[spans] > 0]
        carried_milli[follows] = ahead_milli[follows - 1]
        settled = settle(measured_milli=quantities.known_milli[spans], carried_milli=carried_milli[spans])
        quantity_milli[spans] = np.where(is_measured[spans], settled.quantity_milli, estimate_milli[spans])
        # The dial that nobody read goes on counting: what is estimated now will show on it later. A dial that can't
        # be believed starts its chain anew.
        unread_ahead = carried_milli[spans] + np.maximum(estimate_milli[spans], 0) - quantities.known_milli[spans]
        is_unread = quantities.turn[gathered.last_index[spans]] == Turn.NOT_READ
        ahead_milli[spans] = np.where(is_measured[spans], settled.ahead_milli, np.where(is_unread, unread_ahead, 0))
    return _Counted(
        quantity_milli=quantity_milli, is_measured=is_measured, carried_milli=carried_milli, ahead_milli=ahead_milli
    )


def _to_judge(gathered: Gathered, *, quantities: Quantities, counted: _Counted, expected: Expected) -> Judged:
    is_final_missing = gathered.stretches["is_removed"].to_numpy() & (quantities.turn == Turn.NOT_READ)
    final_missing_count = np.bincount(gathered.span_index, weights=is_final_missing, minlength=gathered.span_count)
    return Judged(
        measured_milli=np.where(counted.is_measured, quantities.known_milli, 0),
        turn=quantities.span_turn,
        is_final_missing=np.asarray(final_missing_count > 0),
        opening_milli=gathered.column("opening_milli")[gathered.last_index],
        closing_milli=gathered.column("closing_milli")[gathered.last_index],
        multiplier=gathered.column("multiplier")[gathered.last_index],
        carried_milli=counted.carried_milli,
        usual_milli=expected.usual_milli,
        spread_milli=expected.spread_milli,
        peers_milli=expected.peers_milli,
        history_count=expected.usual.period_count,
        zeros_before=expected.history.zeros_before,
        estimates_before=expected.history.estimates_before,
        has_estimate=expected.estimates.method_index >= 0,
    )


def _write(
    gathered: Gathered, *, quantities: Quantities, counted: _Counted, is_held: BoolArray, methods: list[str]
) -> tuple[Int64Array, Measured]:
    count = gathered.span_count
    quantity = pl.Series(counted.quantity_milli)
    quantity = quantity.set(quantity == UNKNOWN_MILLI, None)
    is_held = is_held | quantity.is_null().to_numpy()
    ids = take_ids(models.Consumption, count=count)
    copy_columns(
        models.Consumption,
        {
            "id": ids,
            "service_point_id": gathered.of_first("point_id"),
            "start_date": gathered.of_first("start_date"),
            "end_date": gathered.of_first("end_date"),
            "quantity_milli": quantity,
            "kind": np.where(counted.is_measured, "MEASURED", "ESTIMATED").tolist(),
            "state": np.where(is_held, "HELD", "FINAL").tolist(),
            "previous_reading_id": gathered.of_first("opening_id"),
            "current_reading_id": gathered.of_last("closing_id"),
            "detail": _details(gathered, quantities=quantities, counted=counted, methods=methods),
        },
    )
    return ids, Measured(
        consumption_count=count,
        estimated_count=int((~counted.is_measured).sum()),
        held_count=int(is_held.sum()),
        quantity_milli=int(quantity.filter(pl.Series(~is_held)).sum() or 0),
    )


def _details(gathered: Gathered, *, quantities: Quantities, counted: _Counted, methods: list[str]) -> list[str | None]:
    """Spell how a span came to its quantity where it is not one plain difference."""
    details: list[str | None] = [None] * gathered.span_count
    stretch_count = np.bincount(gathered.span_index, minlength=gathered.span_count)
    special = (stretch_count > 1) | (quantities.span_turn != Turn.FORWARD) | (counted.carried_milli != 0)
    for span in np.flatnonzero(special):
        first, last = gathered.first_index[span], gathered.last_index[span]
        details[span] = json.dumps(
            {
                "carried_milli": int(counted.carried_milli[span]),
                "ahead_milli": int(counted.ahead_milli[span]),
                "estimated_by": "" if counted.is_measured[span] else methods[span],
                "stretches": [
                    {
                        "register_id": row["register_id"],
                        "opening_milli": row["opening_milli"],
                        "closing_milli": row["closing_milli"],
                        "quantity_milli": int(quantities.stretch_milli[first + place]),
                        "turn": Turn(int(quantities.turn[first + place])).name,
                    }
                    for place, row in enumerate(gathered.stretches[int(first) : int(last) + 1].iter_rows(named=True))
                ],
            }
        )
    return details


def _write_findings(
    gathered: Gathered,
    *,
    findings: dict[FindingCode, BoolArray],
    ids: Int64Array,
    counted: _Counted,
    usual_milli: Int64Array,
    slips_milli: Int64Array,
) -> None:
    point_ids = gathered.of_first("point_id").to_numpy()
    opening, closing = gathered.of_first("opening_milli"), gathered.of_last("closing_milli")
    quantities_milli = [None if quantity == UNKNOWN_MILLI else quantity for quantity in counted.quantity_milli.tolist()]
    rows: list[tuple[int, int, str, str, str]] = []
    for code, mask in findings.items():
        for span in np.flatnonzero(mask).tolist():
            data = {
                "opening_milli": opening[span],
                "closing_milli": closing[span],
                "quantity_milli": quantities_milli[span],
                "usual_milli": int(usual_milli[span]),
            }
            if code is FindingCode.TYPING_SLIP:
                data["likely_milli"] = int(slips_milli[span])
            rows.append((int(ids[span]), int(point_ids[span]), str(code), str(SEVERITY_OF[code]), json.dumps(data)))
    if not rows:
        return
    consumption_ids, points, codes, severities, data_texts = zip(*rows, strict=True)
    blank = [""] * len(rows)
    copy_columns(
        models.Finding,
        {"consumption_id": consumption_ids, "service_point_id": points, "code": codes, "severity": severities,
         "data": data_texts, "state": ["OPEN"] * len(rows), "decision": blank, "decided_by": blank, "reason": blank},
    )  # fmt: skip
