"""Compute consumptions for a scope and write them with their findings: the one path for a cycle and for one point."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from hydria.metering import models
from hydria.metering._gathering import Gathered, Scope, gather_history, gather_stretches
from hydria.metering.domain import estimation, validation
from hydria.metering.domain.consumption import UNKNOWN_MILLI, Quantities, RollOverPolicy, Turn, measure
from hydria.metering.domain.validation import SEVERITY_OF, FindingCode, Judged, Policy
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


@in_transaction
def write_consumptions(*, scope: Scope, policy: Policy) -> Measured:
    """
    Measure, judge and write every span of the scope that has no consumption yet.

    Guarantee: running it again writes nothing, because a span that has a consumption is no longer open.
    """
    gathered = gather_stretches(scope=scope)
    if not gathered.span_count:
        return NOTHING
    point_ids = gathered.of_first("point_id").to_numpy()
    days = (gathered.of_first("end_date") - gathered.of_first("start_date")).dt.total_days().to_numpy()
    history = gather_history(scope=scope, point_ids=point_ids)
    per_day = estimation.daily_average(history_milli=history.quantity_milli, history_days=history.days)
    usual_milli = estimation.estimate(per_day_micro=per_day, days=days, step_milli=1)
    quantities = _measure(gathered, usual_milli=usual_milli, roll_over=policy.roll_over)
    carried_milli = gathered.of_first("carried_milli").to_numpy()
    measured_milli = np.where(quantities.span_milli == UNKNOWN_MILLI, 0, quantities.span_milli - carried_milli)
    estimate_milli = estimation.estimate(per_day_micro=per_day, days=days)
    findings = validation.judge(
        spans=Judged(
            quantity_milli=measured_milli,
            turn=quantities.span_turn,
            is_exchanged=_any_of_span(gathered, gathered.stretches["is_removed"].to_numpy()),
            carried_milli=carried_milli,
            usual_milli=usual_milli,
            history_count=(history.days > 0).sum(axis=1),
            zeros_before=history.zeros_before,
            estimates_before=history.estimates_before,
            has_estimate=per_day > 0,
        ),
        policy=policy,
    )
    return _write(
        gathered,
        quantities=quantities,
        findings=findings,
        measured_milli=measured_milli,
        estimate_milli=np.where(per_day > 0, estimate_milli, UNKNOWN_MILLI),
        usual_milli=usual_milli,
    )


def _measure(gathered: Gathered, *, usual_milli: Int64Array, roll_over: RollOverPolicy) -> Quantities:
    return measure(
        span_index=gathered.span_index,
        span_count=gathered.span_count,
        opening_milli=gathered.column("opening_milli"),
        closing_milli=gathered.column("closing_milli"),
        capacity_milli=10 ** gathered.column("digits") * 1000,
        multiplier=gathered.column("multiplier"),
        is_new_dial=gathered.stretches["is_new_dial"].to_numpy(),
        usual_milli=usual_milli,
        policy=roll_over,
    )


def _any_of_span(gathered: Gathered, flags: BoolArray) -> BoolArray:
    counted = np.bincount(gathered.span_index, weights=flags, minlength=gathered.span_count)
    return np.asarray(counted > 0)


def _write(
    gathered: Gathered,
    *,
    quantities: Quantities,
    findings: dict[FindingCode, BoolArray],
    measured_milli: Int64Array,
    estimate_milli: Int64Array,
    usual_milli: Int64Array,
) -> Measured:
    count = gathered.span_count
    is_measured = (quantities.span_turn <= Turn.ROLLED_OVER) & (measured_milli >= 0)
    quantity = pl.Series(np.where(is_measured, measured_milli, estimate_milli))
    quantity = quantity.set(quantity == UNKNOWN_MILLI, None)
    is_held = validation.is_held(findings) | quantity.is_null().to_numpy()
    ids = take_ids(models.Consumption, count=count)
    copy_columns(
        models.Consumption,
        {
            "id": ids,
            "service_point_id": gathered.of_first("point_id"),
            "start_date": gathered.of_first("start_date"),
            "end_date": gathered.of_first("end_date"),
            "quantity_milli": quantity,
            "kind": np.where(is_measured, "MEASURED", "ESTIMATED").tolist(),
            "state": np.where(is_held, "HELD", "FINAL").tolist(),
            "previous_reading_id": gathered.of_first("opening_id"),
            "current_reading_id": gathered.of_last("closing_id"),
            "detail": _details(gathered, quantities),
        },
    )
    _write_findings(gathered, findings=findings, ids=ids, quantity=quantity, usual_milli=usual_milli)
    return Measured(
        consumption_count=count,
        estimated_count=int((~is_measured).sum()),
        held_count=int(is_held.sum()),
        quantity_milli=int(quantity.filter(pl.Series(~is_held)).sum() or 0),
    )


def _details(gathered: Gathered, quantities: Quantities) -> list[str | None]:
    """Spell how a span came to its quantity where it is not one plain difference."""
    details: list[str | None] = [None] * gathered.span_count
    stretch_count = np.bincount(gathered.span_index, minlength=gathered.span_count)
    carried = gathered.of_first("carried_milli").to_numpy()
    special = (stretch_count > 1) | (quantities.span_turn != Turn.FORWARD) | (carried != 0)
    for span in np.flatnonzero(special):
        first, last = gathered.first_index[span], gathered.last_index[span]
        details[span] = json.dumps(
            {
                "carried_milli": int(carried[span]),
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
    quantity: pl.Series,
    usual_milli: Int64Array,
) -> None:
    point_ids = gathered.of_first("point_id").to_numpy()
    opening, closing = gathered.of_first("opening_milli"), gathered.of_last("closing_milli")
    rows: list[tuple[int, int, str, str, str]] = []
    for code, mask in findings.items():
        for span in np.flatnonzero(mask).tolist():
            data = {
                "opening_milli": opening[span],
                "closing_milli": closing[span],
                "quantity_milli": quantity[span],
                "usual_milli": int(usual_milli[span]),
            }
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
