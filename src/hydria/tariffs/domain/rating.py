"""
Price accounts: one engine for one account, a billing run and a simulation over a million.

`rate` takes columns and returns columns: for each charge who pays it, the exact amount and the rounded one; for each
account the total and whether it could be priced at all. Work proceeds in chunks that fit the processor's cache.
Source: TAR-01, TAR-03, TAR-10; docs/algorithms/{blocks,percentages,proration,rounding}.md.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hydria.kernel.exact import Exact, Integers, concatenate
from hydria.kernel.money import Currency
from hydria.kernel.rounding import Rounding
from hydria.tariffs.domain.compile import CompiledTariff
from hydria.tariffs.domain.evaluation import Column, Fault, FaultArray, FaultBook
from hydria.tariffs.domain.form import Charge
from hydria.tariffs.domain.inputs import read_inputs
from hydria.tariffs.domain.pricing import BoolArray, Group, Line, Periods

CHUNK_ROWS = 65_536
_ZERO = Exact.of(0)


@dataclass(frozen=True)
class RatedLine:
    """
    Hold one charge for all rows, chunk by chunk; a column is joined when it is first asked for.

    applies   bool[n]   whether the charge exists for the row
    amount    rounded as the charge says; 0 where it does not apply
    exact     before rounding
    quantity  what was priced (m³, or the base of a percentage); None for fixed amounts and formulas
    """

    charge: Charge
    currency: Currency
    parts: tuple[Line, ...]

    @cached_property
    def applies(self) -> BoolArray:
        return np.concatenate([part.applies for part in self.parts])

    @cached_property
    def amount(self) -> Exact:
        return self._joined([part.amount for part in self.parts])

    @cached_property
    def exact(self) -> Exact:
        return self._joined([part.exact for part in self.parts])

    @cached_property
    def quantity(self) -> Exact | None:
        if all(part.quantity is None for part in self.parts):
            return None
        return self._joined([part.quantity or _ZERO for part in self.parts])

    @cached_property
    def amount_minor(self) -> NDArray[np.int64]:
        """Return the amounts in minor units; a charge that keeps more decimals is rounded half up to them."""
        return to_minor(self.amount, currency=self.currency, row_count=len(self.applies))

    def _joined(self, columns: list[Exact]) -> Exact:
        return concatenate(columns, row_counts=[len(part.applies) for part in self.parts])


@dataclass(frozen=True)
class RatedBatch:
    """Hold what `rate` found: a line per charge in order, totals, and the fault of each row that has one."""

    tariff: CompiledTariff
    row_count: int
    lines: tuple[RatedLine, ...]
    total: Exact
    fault: FaultArray  # int16[n]; 0: priced
    faults: tuple[Fault, ...]
    inputs: Mapping[str, Column]
    periods: Periods | None
    as_of: datetime.date | None

    @property
    def is_priced(self) -> BoolArray:
        return np.asarray(self.fault == 0)

    @cached_property
    def total_minor(self) -> NDArray[np.int64]:
        return to_minor(self.total, currency=Currency.of(self.tariff.form.currency), row_count=self.row_count)

    @cached_property
    def rounding_minor(self) -> NDArray[np.int64]:
        """Return what the rounding of the total adds to the sum of the lines; it gets a line of its own."""
        lines = [line.amount_minor for line in self.lines if not line.charge.is_memo]
        return np.asarray(self.total_minor - sum(lines, np.zeros(self.row_count, dtype=np.int64)))

    def fault_of(self, row: int) -> Fault | None:
        """Return why a row could not be priced."""
        number = int(self.fault[row])
        return self.faults[number - 1] if number else None

    def explanations(self, line: int, rows: NDArray[np.intp] | None = None) -> list[str]:
        """
        Return the explanation of a line for each of the rows as compact JSON (TAR-10).

        The same inputs give the same explanation, so each is worked out and written once.
        """
        from hydria.tariffs.domain.explanation import explain

        return explain(self, line=line, rows=np.arange(self.row_count) if rows is None else rows)


def rate(
    tariff: CompiledTariff,
    *,
    inputs: Mapping[str, Any],
    period_start: Any = None,
    period_end: Any = None,
    as_of: datetime.date | None = None,
) -> RatedBatch:
    """
    Price n accounts with one tariff.

    inputs        one column a name: `Exact`, int64[n] (whole numbers), bool[n], or a list of n texts, numbers or
                  None; a name that is left out takes its default, or is a fault where it is needed
    period_start  datetime64[D][n] or one date: the first day supplied; prices are chosen by these days, never by
    period_end    the clock; a change inside [start, end) weighs each price by its days
    as_of         the day whose prices count where no period is given; None: the newest
    returns       a `RatedBatch`; a row that cannot be priced has a fault, zero lines, and stops nobody

    Guarantee: each line is exact until it is rounded once; the result of a row does not depend on the others.
    """
    book = FaultBook()
    row_count = len(period_start) if np.ndim(period_start) else None
    columns, row_count, fault = read_inputs(tariff.form.inputs, inputs, row_count=row_count, book=book)
    periods, period_fault = _read_periods(period_start, period_end, row_count, book)
    fault = _keep_first(fault, period_fault)
    tables: dict[Any, Any] = {}
    chunks = []
    for first in range(0, max(row_count, 1), CHUNK_ROWS):
        rows = slice(first, min(first + CHUNK_ROWS, row_count))
        part = columns if row_count <= CHUNK_ROWS else {name: column.take(rows) for name, column in columns.items()}
        chunk = _Chunk(tariff, fault[rows], part, periods.part(rows) if periods else None, as_of, book, tables)
        chunks.append(chunk.rate())
    return _joined(tariff, chunks, columns, periods, as_of, book)


def to_minor(amount: Exact, *, currency: Currency, row_count: int) -> NDArray[np.int64]:
    """Return amounts as whole minor units, rounded half up where they are finer."""
    return amount.rounded(Rounding.to_places(currency.exponent)).scaled(currency.minor_per_major, row_count)


def _read_periods(start: Any, end: Any, row_count: int, book: FaultBook) -> tuple[Periods | None, FaultArray | None]:
    if start is None or end is None:
        return None, None
    starts = np.broadcast_to(np.asarray(start, dtype="datetime64[D]"), (row_count,))
    ends = np.broadcast_to(np.asarray(end, dtype="datetime64[D]"), (row_count,))
    bad = np.isnat(starts) | np.isnat(ends) | (ends < starts)
    if not bad.any():
        return Periods(starts, ends), None
    number = np.int16(book.number("period_reversed"))
    return Periods(starts, np.where(bad, starts, ends)), np.where(bad, number, np.int16(0))


@dataclass(frozen=True, slots=True)
class _Rated:
    row_count: int
    lines: list[Line]
    total: Exact
    fault: FaultArray


@dataclass(slots=True)
class _Chunk:
    tariff: CompiledTariff
    fault: FaultArray
    inputs: Mapping[str, Column]
    periods: Periods | None
    as_of: datetime.date | None
    book: FaultBook
    tables: dict[Any, Any]

    @property
    def row_count(self) -> int:
        return len(self.fault)

    def rate(self) -> _Rated:
        form = self.tariff.form
        everyone = np.arange(self.row_count)
        fault = self.fault.copy()
        lines: list[Line | None] = [None] * len(form.charges)
        total = _ZERO
        for rows, name in self._groups(everyone, fault):
            is_all = len(rows) == self.row_count
            inputs = self.inputs if is_all else {name: column.take(rows) for name, column in self.inputs.items()}
            periods = self.periods if is_all or self.periods is None else self.periods.part(rows)
            group = Group(
                self.tariff, name, len(rows), inputs, periods, self.as_of, self.book, self.tables, fault[rows]
            )
            rated, part = group.rate()
            for place, line in rated.items():
                before = lines[place]
                lines[place] = line if is_all else _spread(line, rows, self.row_count, before)
            fault[rows] = group.fault
            total = part if is_all else _spread_exact(part, rows, self.row_count) + total
        nobody = Line(np.zeros(self.row_count, dtype=bool), _ZERO, _ZERO, None)
        found = [line or nobody for line in lines]
        if fault.any():
            found = [_without(line, fault != 0) for line in found]
            total = _ZERO.where(fault != 0, total)
        return _Rated(self.row_count, found, total, fault)

    def _groups(self, everyone: NDArray[np.intp], fault: FaultArray) -> list[tuple[NDArray[np.intp], str | None]]:
        """Split the rows by the group of charges they pay."""
        form = self.tariff.form
        if not form.groups:
            return [(everyone, None)]
        places = self.tariff.group_places(self.inputs[form.by])
        places = np.broadcast_to(places, (self.row_count,))
        own_fault = self.inputs[form.by].fault
        unknown = self.book.number("no_group", input=form.by)
        fault[:] = _keep_first(fault, own_fault)
        fault[:] = np.where((fault == 0) & (places < 0), unknown, fault)
        split: list[tuple[NDArray[np.intp], str | None]] = []
        for place, group in enumerate(form.groups):
            rows = np.flatnonzero((places == place) & (fault == 0))
            if len(rows):
                split.append((rows, group))
        return split


def _keep_first(fault: FaultArray, other: FaultArray | None) -> FaultArray:
    return fault if other is None else np.where(fault != 0, fault, other)


def _spread_exact(values: Exact, rows: NDArray[np.intp], row_count: int) -> Exact:
    """Put the values of some rows into a column for all, 0 elsewhere."""

    def spread(column: Integers, filler: int) -> Integers:
        if column.is_one_for_all and column.values == filler:
            return column
        dtype = object if not column.is_one_for_all and column.values.dtype == object else np.int64
        full = np.full(row_count, filler, dtype=dtype if abs(column.high) < 2**62 > abs(column.low) else object)
        full[rows] = column.values
        return Integers(full, min(column.low, filler), max(column.high, filler))

    denominators = values.denominators
    if not denominators.is_one_for_all:
        denominators = spread(denominators, 1)
    return Exact(spread(values.numerators, 0), denominators)


def _spread(line: Line, rows: NDArray[np.intp], row_count: int, others: Line | None) -> Line:
    """Put a line of some rows into full columns, beside what other groups pay for the same charge."""
    applies = np.zeros(row_count, dtype=bool)
    applies[rows] = line.applies
    amount, exact = _spread_exact(line.amount, rows, row_count), _spread_exact(line.exact, rows, row_count)
    quantity = None if line.quantity is None else _spread_exact(line.quantity, rows, row_count)
    if others is None:
        return Line(applies, amount, exact, quantity)
    if quantity is not None and others.quantity is not None:
        quantity = quantity + others.quantity
    return Line(applies | others.applies, amount + others.amount, exact + others.exact, quantity or others.quantity)


def _without(line: Line, bad: BoolArray) -> Line:
    return Line(line.applies & ~bad, _ZERO.where(bad, line.amount), _ZERO.where(bad, line.exact), line.quantity)


def _joined(
    tariff: CompiledTariff,
    chunks: list[_Rated],
    inputs: Mapping[str, Column],
    periods: Periods | None,
    as_of: datetime.date | None,
    book: FaultBook,
) -> RatedBatch:
    counts = [chunk.row_count for chunk in chunks]
    currency = Currency.of(tariff.form.currency)
    fault = np.concatenate([chunk.fault for chunk in chunks])
    lines = [
        RatedLine(charge, currency, tuple(chunk.lines[place] for chunk in chunks))
        for place, charge in enumerate(tariff.form.charges)
    ]
    total = concatenate([chunk.total for chunk in chunks], row_counts=counts)
    return RatedBatch(
        tariff=tariff,
        row_count=sum(counts),
        lines=tuple(lines),
        total=total,
        fault=fault,
        faults=tuple(book.faults),
        inputs=inputs,
        periods=periods,
        as_of=as_of,
    )
