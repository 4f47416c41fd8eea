"""
Explain rated lines: quantity, price and since when, block by block, with the rounding (TAR-10).

One compact JSON text a line, from which every screen, document and language tells the same story:

    {"steps": [{"quantity": "10", "unit": "m3", "price": "18.5", "since": "2025-01-01", "amount": "185"}],
     "exact": "185", "rounding": "0.01 half_up", "amount": "185.00"}

A charge whose price changed inside the period has `parts`, each with its steps, its days and the days of all.
The same inputs give the same explanation, so rows that agree in everything a charge depends on share one text.
"""

from __future__ import annotations

import datetime
import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hydria.kernel.exact import Exact
from hydria.tariffs.domain.evaluation import Column, FaultBook, Words
from hydria.tariffs.domain.form import Charge, Shape, number_text
from hydria.tariffs.domain.pricing import Group, Part
from hydria.tariffs.domain.rounding_text import rounding_text, to_text
from hydria.tariffs.domain.shapes import Step
from hydria.tariffs.domain.values import Dated, Formula, Lookup, Value, names_in

if TYPE_CHECKING:
    from hydria.tariffs.domain.rating import RatedBatch

RowArray = NDArray[np.intp]
_RATE_NAME = {Shape.PERCENT: "percent", Shape.FIXED: "amount_each", Shape.FLAT: "amount_each"}


def explain(batch: RatedBatch, *, line: int, rows: RowArray) -> list[str]:
    """Return the explanation of one line for each of the rows; rows that do not pay it get an empty text."""
    rated = batch.lines[line]
    pays = rated.applies[rows]
    texts = np.full(len(rows), "", dtype=object)
    if pays.any():
        paying = rows[pays]
        firsts, places = _distinct(batch, rated.charge, paying)
        written = np.array(_write(batch, line, paying[firsts]), dtype=object)
        texts[pays] = written[places]
    return list(texts)


def _distinct(batch: RatedBatch, charge: Charge, rows: RowArray) -> tuple[RowArray, RowArray]:
    """Find rows that stand for all: one for each combination of what the charge depends on."""
    codes = np.zeros(len(rows), dtype=np.int64)
    for column in _dependencies(batch, charge):
        _, own = np.unique(column[rows], return_inverse=True)
        _, codes = np.unique(codes * (int(own.max()) + 1) + own, return_inverse=True)
    _, firsts, places = np.unique(codes, return_index=True, return_inverse=True)
    return firsts, places


def _dependencies(batch: RatedBatch, charge: Charge) -> list[NDArray[Any]]:
    """Return the columns that decide a charge: inputs, amounts of earlier charges, and the period."""
    tariff = batch.tariff
    derived = tariff.derived_for(charge.group)
    names, todo = set(charge.of), list(charge.values)
    while todo:
        for name, _ in names_in(todo.pop()):
            if name not in names:
                names.add(name)
                if name in derived:
                    todo.append(derived[name])
    found: list[NDArray[Any]] = []
    for column in (column for name, column in batch.inputs.items() if name in names):
        found += _arrays(column)
    for other in batch.lines:
        if other.charge.label in names:
            found += [*_arrays(Column(other.amount)), other.applies]
    if batch.periods is not None and tariff.changes[charge.line, charge.label]:
        found += [batch.periods.starts, batch.periods.ends]
    return found


def _arrays(column: Column) -> list[NDArray[Any]]:
    values = column.values
    parts = (
        [values.numerators.values, values.denominators.values]
        if isinstance(values, Exact)
        else [values.codes if isinstance(values, Words) else values]
    )
    return [part for part in parts if isinstance(part, np.ndarray)]


def _write(batch: RatedBatch, line: int, rows: RowArray) -> list[str]:
    """Price the charge again for a few rows, and write down how."""
    rated = batch.lines[line]
    charge = rated.charge
    group = Group(
        tariff=batch.tariff,
        name=charge.group,
        row_count=len(rows),
        inputs={name: column.take(rows) for name, column in batch.inputs.items()},
        periods=None if batch.periods is None else batch.periods.part(rows),
        as_of=batch.as_of,
        book=FaultBook(),
        tables={},
        fault=np.zeros(len(rows), dtype=np.int16),
    )
    for other in batch.lines[:line]:
        if other.charge.group in (None, charge.group):
            before = group.amounts.get(other.charge.label)
            amount = other.amount.take(rows)
            group.amounts[other.charge.label] = amount if before is None else before + amount
    parts = [_PartText(batch, charge, part, len(rows)) for part in group.parts(charge)]
    exacts, amounts = rated.exact.take(rows).to_fractions(len(rows)), rated.amount.take(rows).to_fractions(len(rows))
    texts = []
    for row in range(len(rows)):
        texts.append(_compact(_line(charge, parts, row, exacts[row], amounts[row])))
    return texts


def _line(charge: Charge, parts: list[_PartText], row: int, exact: Fraction, amount: Fraction) -> dict[str, Any]:
    touched = [part for part in parts if part.counts(row)]
    if len(touched) == 1:
        told: dict[str, Any] = touched[0].told(row)
        told.pop("days", None)
    else:
        told = {"parts": [part.told(row) for part in touched]}
    for name in ("at_least", "at_most", "times"):
        value = getattr(charge, name)
        if isinstance(value, Formula):
            told[name] = value.text
    if charge.shape is Shape.PERCENT:
        told["of"] = list(charge.of)
    if charge.shape is Shape.FORMULA and isinstance(charge.rates[0], Formula):
        told["formula"] = charge.rates[0].text
    told["exact"] = number_text(exact)
    told["rounding"] = rounding_text(charge.rounding)
    told["amount"] = number_text(amount) if charge.rounding is None else to_text(amount, charge.rounding.places)
    return told


class _PartText:
    """Tell the steps of a charge at the prices of one stretch of time; columns are turned into numbers once."""

    def __init__(self, batch: RatedBatch, charge: Charge, part: Part, row_count: int) -> None:
        self.part = part
        self.unit = charge.unit or (
            batch.tariff.form.currency if charge.shape is Shape.PERCENT else batch.tariff.form.unit
        )
        self.rate_name = _RATE_NAME.get(charge.shape, "price")
        self.applies = np.broadcast_to(np.asarray(part.applies, dtype=bool), (row_count,))
        self.steps = [_StepText(step, part.stretch.date, row_count) for step in part.priced.steps]

    def counts(self, row: int) -> bool:
        days = self.part.stretch.days
        return bool(self.applies[row]) and (days is None or bool(days[row] > 0))

    def told(self, row: int) -> dict[str, Any]:
        steps = [step for step in self.steps if step.counts(row)] or self.steps[:1]
        told: dict[str, Any] = {"steps": [step.told(row, self.unit, self.rate_name) for step in steps]}
        if self.part.stretch.days is not None:
            told["days"] = int(self.part.stretch.days[row])
        return told


class _StepText:
    def __init__(self, step: Step, date: datetime.date | None, row_count: int) -> None:
        self.counted = None if step.counts is None else np.broadcast_to(np.asarray(step.counts), (row_count,))
        self.amounts = step.amount.to_fractions(row_count)
        self.quantities = step.quantity.to_fractions(row_count) if step.quantity is not None else None
        self.rates = step.rate.to_fractions(row_count) if step.rate is not None else None
        since = since_date(step.rate_value, date)
        self.since = since.isoformat() if since else None

    def counts(self, row: int) -> bool:
        """Say whether the step has a part in the row's amount: its band is the row's, and not empty."""
        if self.counted is not None and not self.counted[row]:
            return False
        return self.quantities is None or self.quantities[row] != 0

    def told(self, row: int, unit: str, rate_name: str) -> dict[str, Any]:
        told: dict[str, Any] = {}
        if self.quantities is not None:
            told |= {"quantity": number_text(self.quantities[row]), "unit": unit}
        if self.rates is not None:
            told[rate_name if self.quantities is not None else "amount_each"] = number_text(self.rates[row])
        if self.since:
            told["since"] = self.since
        return told | {"amount": number_text(self.amounts[row])}


def since_date(value: Value | None, as_of: datetime.date | None) -> datetime.date | None:
    """Return since when a price, or the table it stands in, is in force."""
    if isinstance(value, Dated):
        entry = value.entry(as_of)
        return entry[0] if entry else None
    if isinstance(value, Lookup):
        dates = [since_date(row.value, as_of) for row in value.rows]
        return max((date for date in dates if date), default=None)
    return None


def _compact(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
