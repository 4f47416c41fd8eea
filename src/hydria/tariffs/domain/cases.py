"""
Run a tariff's own example cases through both engines, and say what differs.

A case passes when every charge on the bill and the total agree to the cent with what the text expects, in the vector
engine and in the second engine. A charge that the case leaves out is expected to be 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from hydria.tariffs.domain import oracle
from hydria.tariffs.domain.compile import CompiledTariff
from hydria.tariffs.domain.evaluation import Fault
from hydria.tariffs.domain.form import Case
from hydria.tariffs.domain.rating import RatedBatch, rate

VECTOR, SECOND = "vector", "second"
TOTAL = "total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Say where a case and an engine disagree; `got` is None and `fault` says why when there is no bill."""

    case: str
    line: int
    engine: str
    what: str
    expected: Fraction | None
    got: Fraction | None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Hold the bill of one account as an engine sees it."""

    lines: Mapping[str, Fraction]
    total: Fraction


def run_cases(tariff: CompiledTariff) -> tuple[int, list[Difference]]:
    """Run all cases in both engines; return how many there are, and every difference."""
    cases = tariff.form.cases
    differences: list[Difference] = []
    for case, found in zip(cases, vector_bills(tariff, cases), strict=True):
        differences += _compare(case, VECTOR, found)
    for case in cases:
        differences += _compare(case, SECOND, second_bill(tariff, case))
    return len(cases), differences


def bills_of(batch: RatedBatch) -> list[Bill | Fault]:
    """Return the bill of each row by label, or the fault that stopped it."""
    totals = batch.total.to_fractions(batch.row_count)
    lines: list[dict[str, Fraction]] = [{} for _ in range(batch.row_count)]
    for rated in batch.lines:
        if rated.charge.is_memo or not rated.applies.any():
            continue
        amounts = rated.amount.to_fractions(batch.row_count)
        for row in rated.applies.nonzero()[0].tolist():
            lines[row][rated.charge.label] = lines[row].get(rated.charge.label, Fraction(0)) + amounts[row]
    return [
        batch.fault_of(row) or Bill(lines=lines[row], total=totals[row])  # a row with a fault has no lines
        for row in range(batch.row_count)
    ]


def vector_bills(tariff: CompiledTariff, cases: tuple[Case, ...]) -> list[Bill | Fault]:
    """Price the cases in as few batches as their periods allow."""
    found: dict[int, Bill | Fault] = {}
    dated = [index for index, case in enumerate(cases) if case.start_date and case.end_date]
    undated = [index for index in range(len(cases)) if index not in set(dated)]
    for indexes in (dated, undated):
        if not indexes:
            continue
        inputs = {entry.name: [cases[i].inputs.get(entry.name) for i in indexes] for entry in tariff.inputs}
        starts = [cases[i].start_date for i in indexes] if indexes is dated else None
        ends = [cases[i].end_date for i in indexes] if indexes is dated else None
        batch = rate(tariff, inputs=inputs, period_start=starts, period_end=ends)
        found.update(zip(indexes, bills_of(batch), strict=True))
    return [found[index] for index in range(len(cases))]


def second_bill(tariff: CompiledTariff, case: Case) -> Bill | Fault:
    """Price one case in the second engine."""
    try:
        bill = oracle.bill(tariff.plain, case.inputs, start=case.start_date, end=case.end_date)
    except oracle.CannotPrice as reason:
        return Fault(str(reason), {})
    return Bill(lines=bill.lines, total=bill.total)


def _compare(case: Case, engine: str, found: Bill | Fault) -> list[Difference]:
    if isinstance(found, Fault):
        fault = " ".join([found.code, *(f"{name}={value}" for name, value in found.data.items())])
        return [Difference(case=case.name, line=case.line, engine=engine, what=TOTAL, expected=case.total, got=None,
                           fault=fault)]  # fmt: skip
    expected = dict(case.lines or {})
    labels = dict.fromkeys([*expected, *found.lines]) if case.lines is not None else {}
    pairs = [(label, expected.get(label, Fraction(0)), found.lines.get(label, Fraction(0))) for label in labels]
    if case.total is not None:
        pairs.append((TOTAL, case.total, found.total))
    return [
        Difference(case=case.name, line=case.line, engine=engine, what=what, expected=wanted, got=got)
        for what, wanted, got in pairs
        if wanted != got
    ]
