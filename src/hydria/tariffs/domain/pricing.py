"""
Work out the charges of one group of rows in order, each over the days supplied.

All rows here pay the same charges. A charge may use the rounded amounts of those before it; where its price changes
inside the period, each stretch counts by its share of the days. Source: docs/algorithms/{proration,percentages}.md.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hydria.kernel.exact import Exact
from hydria.tariffs.domain import shapes
from hydria.tariffs.domain.compile import CompiledTariff
from hydria.tariffs.domain.evaluation import Column, FaultArray, FaultBook, Scope, first_fault
from hydria.tariffs.domain.form import Charge
from hydria.tariffs.domain.shapes import Priced

DateArray = NDArray[np.datetime64]
BoolArray = NDArray[np.bool_]
_ZERO = Exact.of(0)
_NOTHING = Priced(_ZERO, None, ())


@dataclass(frozen=True, slots=True)
class Periods:
    """Hold the days supplied, half-open: datetime64[D][n] each; an empty period counts as its first day."""

    starts: DateArray
    ends: DateArray

    def part(self, rows: Any) -> Periods:
        return Periods(self.starts[rows], self.ends[rows])

    @property
    def day_counts(self) -> NDArray[np.int64]:
        return np.maximum((self.ends - self.starts).astype(np.int64), 1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hold the days[n] that the periods spend between two changes; `date` chooses the prices (None: the newest)."""

    date: datetime.date | None
    days: NDArray[np.int64] | None  # None: the whole period of every row


@dataclass(frozen=True, slots=True)
class Part:
    """Hold what a charge comes to at the prices of one stretch; `applies` is bool[n] or one bool for all."""

    stretch: Stretch
    applies: Any
    priced: Priced


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one charge for some rows: who pays it, rounded, exact, and the quantity it prices."""

    applies: BoolArray
    amount: Exact
    exact: Exact
    quantity: Exact | None


@dataclass(slots=True)
class Group:
    """Know the rows that pay the same charges, and work these out."""

    tariff: CompiledTariff
    name: str | None
    row_count: int
    inputs: Mapping[str, Column]
    periods: Periods | None
    as_of: datetime.date | None
    book: FaultBook
    tables: dict[Any, Any]
    fault: FaultArray
    amounts: dict[str, Exact] = field(default_factory=dict)  # by label, of the charges worked out so far
    scopes: dict[datetime.date | None, Scope] = field(default_factory=dict)

    def rate(self) -> tuple[dict[int, Line], Exact]:
        """Work out the group's charges in order; return them by their place in the tariff, and the rounded total."""
        total = _ZERO
        lines = {}
        for place, charge in enumerate(self.tariff.form.charges):
            if charge.group in (None, self.name):
                lines[place] = line = self.line(charge)
                if not charge.is_memo:
                    total = total + line.amount
        rounding = self.tariff.form.total_rounding
        return lines, total if rounding is None else total.rounded(rounding)

    def line(self, charge: Charge) -> Line:
        """Work out a charge and make its rounded amount known to the next ones."""
        parts = self.parts(charge)
        applies, exact, quantity, fault = self.weighed(parts)
        if fault is not None:
            self.fault = np.where(self.fault != 0, self.fault, np.where(applies, fault, np.int16(0)))
        amount = exact if charge.rounding is None else exact.rounded(charge.rounding)
        if applies is not True:
            amount, exact = amount.where(applies, _ZERO), exact.where(applies, _ZERO)
        before = self.amounts.get(charge.label)
        self.amounts[charge.label] = amount if before is None else before + amount
        return Line(np.broadcast_to(np.asarray(applies, dtype=bool), (self.row_count,)), amount, exact, quantity)

    def parts(self, charge: Charge) -> list[Part]:
        """Return a charge at the prices of each stretch that the periods touch."""
        return [Part(stretch, *self.price(charge, stretch.date)) for stretch in self.stretches(charge)]

    def price(self, charge: Charge, date: datetime.date | None) -> tuple[Any, Priced]:
        """Return who pays a charge on a day (bool[n], or one bool for all), and its amount then."""
        if not charge.is_in_force(date):
            return False, _NOTHING
        scope = self.scope(date)
        if charge.only_if is None:
            return True, shapes.price(scope, charge)
        applies, fault = scope.truth(charge.only_if)
        if applies is False and fault is None:
            return False, _NOTHING
        priced = shapes.price(scope, charge)
        if fault is not None:  # whether the charge applies is unknown, so the row cannot be priced
            applies = applies | (fault != 0)
            priced = Priced(priced.amount, first_fault(fault, priced.fault), priced.steps, priced.quantity)
        return applies, priced

    def scope(self, date: datetime.date | None) -> Scope:
        if date not in self.scopes:
            derived = self.tariff.derived_for(self.name)
            self.scopes[date] = Scope(self.row_count, self.inputs, derived, self.amounts, date, self.book, self.tables)
        return self.scopes[date]

    def weighed(self, parts: list[Part]) -> tuple[Any, Exact, Exact | None, FaultArray | None]:
        """
        Sum the parts by their share of the days, as exact fractions: three equal thirds make one.

        returns  who pays, the exact amount, the quantity, and the faults
        """
        if parts[0].stretch.days is None:
            priced = parts[0].priced
            return parts[0].applies, priced.amount, priced.quantity, priced.fault
        assert self.periods is not None
        total, applies, quantity, fault = _ZERO, np.zeros(self.row_count, dtype=bool), None, None
        for part in parts:
            days = part.stretch.days
            assert days is not None
            here = (days > 0) & part.applies
            total = total + part.priced.amount * Exact.of_integers(np.where(here, days, 0))
            applies |= here
            quantity = part.priced.quantity or quantity
            if part.priced.fault is not None:
                fault = first_fault(fault, np.where(here, part.priced.fault, np.int16(0)))
        return applies, total / Exact.of_integers(self.periods.day_counts), quantity, fault

    def stretches(self, charge: Charge) -> list[Stretch]:
        """Return the stretches of time between two changes of a charge that the periods touch."""
        changes = self.tariff.changes[charge.line, charge.label]
        if self.periods is None or not changes or self.row_count == 0:
            return [Stretch(self.as_of, None)]
        starts, ends = self.periods.starts, self.periods.starts + self.periods.day_counts
        edges = [np.datetime64("0001-01-01"), *map(np.datetime64, changes), np.datetime64("9999-12-31")]
        found = []
        for floor, ceiling in pairwise(edges):
            days = (np.minimum(ends, ceiling) - np.maximum(starts, floor)).astype(np.int64)
            if (days > 0).any():
                found.append(Stretch(floor.astype(object), np.maximum(days, 0)))
        return found if len(found) > 1 else [Stretch(found[0].date, None)]
