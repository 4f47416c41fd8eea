"""Write consumptions with their findings for a scope: the one path for a cycle and for one point."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from hydria.metering import models
from hydria.metering._gathering import Scope
from hydria.metering._judging import Judgement, judge_spans
from hydria.metering.domain import validation
from hydria.metering.domain.consumption import UNKNOWN_MILLI, Turn
from hydria.metering.domain.rules import RuleBook
from hydria.metering.domain.validation import SEVERITY_OF
from hydria.platform.bulk import copy_columns, take_ids
from hydria.platform.transactions import in_transaction

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a computation wrote."""

    consumption_count: int
    estimated_count: int
    held_count: int
    quantity_milli: int


NOTHING = Measured(consumption_count=0, estimated_count=0, held_count=0, quantity_milli=0)


@in_transaction
def write_consumptions(*, scope: Scope, rules: RuleBook) -> Measured:
    """
    Measure, judge and write every span of the scope that has no consumption yet.

    Guarantee: running it again writes nothing, because a span that has a consumption is no longer open.
    """
    judgement = judge_spans(scope=scope, rules=rules)
    if not judgement.gathered.span_count:
        return NOTHING
    methods = [str(judgement.policy.estimation.methods[index]) for index in judgement.expected.estimates.method_index]
    ids, measured = _write(judgement, methods=methods)
    _write_findings(judgement, ids=ids)
    return measured


def _write(judgement: Judgement, *, methods: list[str]) -> tuple[Int64Array, Measured]:
    gathered, counted = judgement.gathered, judgement.counted
    count = gathered.span_count
    quantity = pl.Series(counted.quantity_milli)
    quantity = quantity.set(quantity == UNKNOWN_MILLI, None)
    is_held = validation.is_held(judgement.findings) | quantity.is_null().to_numpy()
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
            "detail": _details(judgement, methods=methods),
        },
    )
    return ids, Measured(
        consumption_count=count,
        estimated_count=int((~counted.is_measured).sum()),
        held_count=int(is_held.sum()),
        quantity_milli=int(quantity.filter(pl.Series(~is_held)).sum() or 0),
    )


def _details(judgement: Judgement, *, methods: list[str]) -> list[str | None]:
    """Spell how a span came to its quantity where it is not one plain difference."""
    gathered, quantities, counted = judgement.gathered, judgement.quantities, judgement.counted
    details: list[str | None] = [None] * gathered.span_count
    stretch_count = np.bincount(gathered.span_index, minlength=gathered.span_count)
    special = (stretch_count > 1) | (quantities.span_turn != Turn.FORWARD) | (counted.carried_milli != 0)
    for span in np.flatnonzero(special).tolist():
        first = int(gathered.first_index[span])
        details[span] = json.dumps(
            {
                "carried_milli": int(counted.carried_milli[span]),
                "ahead_milli": int(counted.ahead_milli[span]),
                "estimated_by": "" if counted.is_measured[span] else methods[span],
                "stretches": [
                    {
                        **{name: row[name] for name in ("register_id", "opening_milli", "closing_milli", "is_removed")},
                        "quantity_milli": int(quantities.stretch_milli[first + place]),
                        "turn": Turn(int(quantities.turn[first + place])).name,
                    }
                    for place, row in enumerate(
                        gathered.stretches[first : first + int(stretch_count[span])].iter_rows(named=True)
                    )
                ],
            }
        )
    return details


def _write_findings(judgement: Judgement, *, ids: Int64Array) -> None:
    point_ids = judgement.gathered.of_first("point_id").to_numpy()
    rows = [
        (
            int(ids[span]),
            int(point_ids[span]),
            str(code),
            str(SEVERITY_OF[code]),
            json.dumps(judgement.data_of(span, code)),
        )
        for code, mask in judgement.findings.items()
        for span in np.flatnonzero(mask).tolist()
    ]
    if not rows:
        return
    consumption_ids, points, codes, severities, data_texts = zip(*rows, strict=True)
    blank = [""] * len(rows)
    copy_columns(
        models.Finding,
        {"consumption_id": consumption_ids, "service_point_id": points, "code": codes, "severity": severities,
         "data": data_texts, "state": ["OPEN"] * len(rows), "decision": blank, "decided_by": blank, "reason": blank},
    )  # fmt: skip
