"""
Price agreements that are due: every row becomes a rated segment or an obstacle, none stops another.

Rows of one tariff version are rated together by the engine that also rates a million (TAR-01).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from hydria.billing import _conceding, _remembering
from hydria.billing.domain import obstacles
from hydria.billing.domain.history import PastUse
from hydria.billing.domain.obstacles import AmountPolicy, Circumstances, Obstacle
from hydria.concessions.domain.kinds import INPUT_PREFIX
from hydria.kernel.exact import Exact
from hydria.tariffs import queries as tariffs
from hydria.tariffs.domain.evaluation import Fault
from hydria.tariffs.domain.rating import RatedBatch, rate
from hydria.tariffs.queries import VersionCard

Int64Array = npt.NDArray[np.int64]
COMPUTED_INPUTS = ("usage", "days")
"""Inputs that a segment keeps as columns: its quantity and its dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedGroup:
    """
    Hold the rows of one tariff version, rated.

    rows         int64[n]  their places in the frame of due agreements
    is_billable  bool[n]   no obstacle was met
    inputs_json  n texts   what the segment stores to be rated again
    """

    version: VersionCard
    rows: Int64Array
    batch: RatedBatch
    is_billable: npt.NDArray[np.bool_]
    inputs_json: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbilled:
    """Say why one row of the frame is not billed."""

    row: int
    obstacle: Obstacle
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """Hold what became of a frame of due agreements: each row is billable in one group, or unbilled."""

    due: pl.DataFrame
    groups: tuple[RatedGroup, ...]
    unbilled: tuple[Unbilled, ...]


def price_due(
    due: pl.DataFrame, *, policy: AmountPolicy, accepted_agreement_ids: frozenset[int] = frozenset()
) -> Priced:
    """
    Price a frame of `_selection.load_due`.

    accepted_agreement_ids  agreements whose amount a person has looked at and found right, however large
    """
    unbilled = find_unbilled(due)
    clear = np.ones(due.height, dtype=bool)
    clear[[row.row for row in unbilled]] = False
    lost = _find_lost(due, np.flatnonzero(clear))
    clear[[row.row for row in lost]] = False
    unbilled.extend(lost)
    version_ids = due["tariff_version_id"].to_numpy()
    groups = []
    for version_id in sorted(set(version_ids[clear].tolist())):
        rows = np.flatnonzero(clear & (version_ids == version_id))
        version = tariffs.get_version(version_id=int(version_id))
        group, faulty = _rate_group(due, version, rows, policy, accepted_agreement_ids)
        groups.append(group)
        unbilled.extend(faulty)
    return Priced(due=due, groups=tuple(groups), unbilled=tuple(unbilled))


def rate_segments(
    version: VersionCard,
    *,
    quantity_milli: Int64Array,
    start_dates: Any,
    end_dates: Any,
    inputs: Mapping[str, Sequence[Any]],
) -> RatedBatch:
    """
    Rate segments from what they store; drafting and replaying both come through here, so they agree.

    quantity_milli          int64[n]          thousandths of the tariff's unit
    start_dates, end_dates  datetime64[D][n]  half-open
    inputs                  the other inputs by name, n values each, None where unknown
    """
    given: dict[str, Any] = dict(inputs)
    given["usage"] = Exact.of_integers(quantity_milli, denominator=1000)
    given["days"] = (end_dates - start_dates).astype(np.int64)
    asked = {declared.name for declared in version.compiled.inputs}
    return rate(
        version.compiled,
        inputs={name: column for name, column in given.items() if name in asked},
        period_start=start_dates,
        period_end=end_dates,
    )


def find_unbilled(due: pl.DataFrame) -> list[Unbilled]:
    """Return the rows that something stands in the way of, before any of them is priced."""
    found = obstacles.find_obstacles(_circumstances(due))
    return [
        Unbilled(row=row, obstacle=obstacle, data=_data_of(due, row, obstacle))
        for row, obstacle in enumerate(found)
        if obstacle is not None
    ]


def _find_lost(due: pl.DataFrame, rows: Int64Array) -> list[Unbilled]:
    """Return the rows whose concession is gone without anybody having said so (TAR-07)."""
    part = due[rows]
    return [
        Unbilled(
            row=int(rows[place]),
            obstacle=obstacles.CONCESSION_LOST,
            data={"program": lost.code, "until": lost.until_date.isoformat()},
        )
        for place, lost in _conceding.find_lost(part).items()
    ]


def _circumstances(due: pl.DataFrame) -> Circumstances:
    return Circumstances(
        is_excluded=due["exclusion_reason"].is_not_null().to_numpy(),
        is_billed=due["is_billed"].to_numpy(),
        has_terms=due["tariff_code"].is_not_null().to_numpy(),
        has_holder=due["holder_id"].is_not_null().to_numpy(),
        has_published_tariff=due["tariff_version_id"].is_not_null().to_numpy(),
        is_metered=due["is_metered"].to_numpy(),
        consumption_count=due["consumption_count"].to_numpy(),
        is_consumption_final=due["is_consumption_final"].to_numpy(),
    )


def _data_of(due: pl.DataFrame, row: int, obstacle: Obstacle) -> dict[str, object]:
    """Return what the sentence about an obstacle needs."""
    if obstacle is obstacles.EXCLUDED:
        return {"reason": due["exclusion_reason"][row]}
    if obstacle is obstacles.TARIFF_UNPUBLISHED:
        return {"tariff": due["tariff_code"][row]}
    if obstacle is obstacles.CONSUMPTIONS_SEVERAL:
        return {"count": due["consumption_count"][row]}
    return {}


def _rate_group(
    due: pl.DataFrame, version: VersionCard, rows: Int64Array, policy: AmountPolicy, accepted: frozenset[int]
) -> tuple[RatedGroup, list[Unbilled]]:
    part = due[rows]
    inputs = inputs_of(part, version)
    batch = rate_segments(
        version,
        quantity_milli=part["quantity_milli"].to_numpy(),
        start_dates=part["start_date"].to_numpy(),
        end_dates=part["end_date"].to_numpy(),
        inputs=inputs,
    )
    too_much = batch.is_priced & obstacles.out_of_line(
        total_minor=batch.total_minor,
        days=(part["end_date"] - part["start_date"]).dt.total_days().to_numpy(),
        usual_minor=part["usual_minor"].to_numpy(),
        usual_days=part["usual_days"].to_numpy(),
        history_count=part["history_count"].to_numpy(),
        policy=policy,
    )
    if accepted:
        too_much &= ~part["agreement_id"].is_in(list(accepted)).to_numpy()
    is_billable = batch.is_priced & ~too_much
    unbilled = [_unbilled(int(rows[place]), batch, place, part) for place in np.flatnonzero(~is_billable).tolist()]
    group = RatedGroup(
        version=version, rows=rows, batch=batch, is_billable=is_billable, inputs_json=_stored(inputs, len(rows))
    )
    return group, unbilled


def _unbilled(row: int, batch: RatedBatch, place: int, part: pl.DataFrame) -> Unbilled:
    fault = batch.fault_of(place)
    if fault is None:
        data = {
            "total_minor": int(batch.total_minor[place]),
            "usual_minor": part["usual_minor"][place],
            "usual_days": part["usual_days"][place],
        }
        return Unbilled(row=row, obstacle=obstacles.AMOUNT_OUT_OF_LINE, data=data)
    return unbilled_by_fault(row, fault)


def unbilled_by_fault(row: int, fault: Fault) -> Unbilled:
    """Say that the tariff could not price a row: its input is missing, or the text does not provide for it."""
    is_input = fault.code in ("missing_input", "unknown_value")
    obstacle = obstacles.INPUT_MISSING if is_input else obstacles.TARIFF_FAULT
    return Unbilled(row=row, obstacle=obstacle, data={"fault": fault.code, **_plain(fault.data)})


def _plain(data: Mapping[str, object]) -> dict[str, object]:
    return {key: value if isinstance(value, int | str | bool) else str(value) for key, value in data.items()}


_REGISTER_INPUTS = {
    "units": "units",
    "category": "category",
    "meter_size": "meter_size",
    "sector": "sector",
    "zone": "zone",
    "service": "service",
    "is_metered": "is_metered",
}


def inputs_of(part: pl.DataFrame, version: VersionCard) -> dict[str, list[Any]]:
    """
    Return the inputs that the version asks for, besides usage and days, as far as the register knows them.

    `exempt_X` is true where an exemption X is in force, `concession_X` where the concession X is; `units_X` counts the
    units of category X; `month` is that of the last day; an input with a history is counted from past consumptions.
    Any other name, and before a history a number given there, is looked up in the further inputs of the agreement's
    terms.
    """
    inputs: dict[str, list[Any]] = {}
    parsed: dict[str, list[Any]] = {}
    conceded: list[frozenset[str]] | None = None
    past: PastUse | None = None

    def parse(column: str) -> list[Any]:
        if column not in parsed:
            parsed[column] = [json.loads(text) if text else () for text in part[column].to_list()]
        return parsed[column]

    def further(name: str) -> list[Any]:
        return [dict(extra).get(name) for extra in parse("extra_inputs")]

    for declared in version.compiled.inputs:
        name = declared.name
        if name in COMPUTED_INPUTS:
            continue
        if name == "month":
            inputs[name] = part["end_date"].dt.offset_by("-1d").dt.month().to_list()
        elif name in _REGISTER_INPUTS:
            inputs[name] = part[_REGISTER_INPUTS[name]].to_list()
        elif name.startswith("exempt_"):
            inputs[name] = [name.removeprefix("exempt_") in codes for codes in parse("exemptions")]
        elif name.startswith(INPUT_PREFIX):
            conceded = conceded if conceded is not None else _conceding.codes_in_force(part)
            inputs[name] = [name.removeprefix(INPUT_PREFIX) in codes for codes in conceded]
        elif name.startswith("units_"):
            category = name.removeprefix("units_")
            inputs[name] = [dict(counts).get(category, 0) for counts in parse("units_by_category")]
        elif declared.history is not None:
            past = past or _remembering.load_past(part)
            counted = _remembering.remember(declared.history, past, part)
            inputs[name] = [text if own is None else own for own, text in zip(further(name), counted, strict=True)]
        else:
            inputs[name] = further(name)
    return inputs


def _stored(inputs: Mapping[str, Sequence[Any]], count: int) -> list[str]:
    """Return the inputs of each row as compact JSON, without the ones that are unknown."""
    if not inputs:
        return ["{}"] * count
    names = list(inputs)
    known: dict[tuple[Any, ...], str] = {}
    texts = []
    for values in zip(*inputs.values(), strict=True):
        text = known.get(values)
        if text is None:
            pairs = {name: value for name, value in zip(names, values, strict=True) if value is not None}
            text = known[values] = json.dumps(pairs, ensure_ascii=False, separators=(",", ":"))
        texts.append(text)
    return texts
