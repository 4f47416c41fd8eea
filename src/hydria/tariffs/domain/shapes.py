"""
Work out the amount of a charge for all rows: one function per shape, each a few lines of column arithmetic.

Each returns the exact amount with the steps that explain it. Steps refer to columns that exist anyway, so an
explanation costs nothing until somebody asks for it. Source: TAR-03, docs/algorithms/blocks.md.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from hydria.kernel.exact import Exact, common_denominator
from hydria.tariffs.domain.evaluation import FaultArray, Scope, first_fault
from hydria.tariffs.domain.form import Charge, Shape
from hydria.tariffs.domain.values import Value

_ZERO, _HUNDRED = Exact.of(0), Exact.of(100)


@dataclass(frozen=True, slots=True)
class Step:
    """Explain a part of an amount: so much at this rate; where `counts` is false or the quantity is 0, nothing."""

    amount: Exact
    quantity: Exact | None = None
    rate: Exact | None = None
    rate_value: Value | None = None
    counts: Any = None  # None: in all rows | NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Priced:
    """Hold what a charge comes to on one day, exactly, with the steps that explain it."""

    amount: Exact
    fault: FaultArray | None
    steps: tuple[Step, ...]
    quantity: Exact | None = None


class _Faults:
    """Work out numbers and gather the faults met on the way."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.fault: FaultArray | None = None

    def number(self, value: Value) -> Exact:
        numbers, fault = self.scope.number(value)
        self.fault = first_fault(self.fault, fault)
        return numbers

    def numbers(self, values: tuple[Value, ...]) -> list[Exact]:
        """Work out one value a band; a price list has to be complete, whichever bands the account reaches."""
        return common_denominator([self.number(value) for value in values])

    def quantity(self, charge: Charge) -> Exact:
        assert charge.quantity is not None
        return self.number(charge.quantity)

    def edges(self, charge: Charge) -> list[Exact]:
        """Return where each band starts, scaled; an edge below the one before makes an empty band."""
        edges = [self.number(edge) for edge in charge.edges]
        if charge.edges_times is not None:
            factor = self.number(charge.edges_times)
            edges = [edges[0], *(edge * factor for edge in edges[1:])]
        for index in range(2, len(edges)):
            if not (edges[index].is_one_for_all and edges[index - 1].is_one_for_all):
                edges[index] = edges[index].maximum(edges[index - 1])
            elif edges[index].to_fraction() < edges[index - 1].to_fraction():
                edges[index] = edges[index - 1]
        return edges


def price(scope: Scope, charge: Charge) -> Priced:
    """Work out a charge on the scope's day: its shape, then `times`, `at_least` and `at_most`."""
    faults = _Faults(scope)
    amount, steps, quantity = _SHAPES[charge.shape](faults, charge)
    if charge.times is not None:
        amount = amount * faults.number(charge.times)
    if charge.at_least is not None:
        amount = amount.maximum(faults.number(charge.at_least))
    if charge.at_most is not None:
        amount = amount.minimum(faults.number(charge.at_most))
    return Priced(amount, faults.fault, steps, quantity)


_Worked = tuple[Exact, tuple[Step, ...], Exact | None]


def _fixed(faults: _Faults, charge: Charge) -> _Worked:
    amount = faults.number(charge.rates[0])
    return amount, (Step(amount, rate=amount, rate_value=charge.rates[0]),), None


def _uniform(faults: _Faults, charge: Charge) -> _Worked:
    quantity, rate = faults.quantity(charge), faults.number(charge.rates[0])
    amount = quantity * rate
    return amount, (Step(amount, quantity, rate, charge.rates[0]),), quantity


def _formula(faults: _Faults, charge: Charge) -> _Worked:
    amount = faults.number(charge.rates[0])
    return amount, (Step(amount),), None


def _percent(faults: _Faults, charge: Charge) -> _Worked:
    base = _ZERO
    for label in charge.of:
        base = base + faults.scope.amounts.get(label, _ZERO)  # a charge that does not exist here counts 0
    rate = faults.number(charge.rates[0])
    amount = base * rate / _HUNDRED
    return amount, (Step(amount, base, rate, charge.rates[0]),), base


def _blocks(faults: _Faults, charge: Charge) -> _Worked:
    """Price each part of the quantity in its own block; the parts sum to the quantity."""
    quantity = faults.quantity(charge)
    used = quantity.maximum(_ZERO)
    reached = [*(used.minimum(edge) for edge in faults.edges(charge)[1:]), used]
    parts = [reached[0], *(upper - lower for lower, upper in pairwise(reached))]
    rates = faults.numbers(charge.rates)
    amounts = [part * rate for part, rate in zip(parts, rates, strict=True)]
    rows = zip(amounts, parts, rates, charge.rates, strict=True)
    return _sum(amounts), tuple(Step(amount, part, rate, value) for amount, part, rate, value in rows), quantity


def _sum(amounts: list[Exact]) -> Exact:
    total = amounts[0]
    for amount in amounts[1:]:
        total = total + amount
    return total


def _band_of(faults: _Faults, charge: Charge, quantity: Exact) -> list[Any]:
    """Say for each band which rows are in it; an edge belongs to the band below."""
    above = [np.True_, *(quantity.compared(operator.gt, edge) for edge in faults.edges(charge)[1:])]
    return [*(here & ~np.asarray(beyond) for here, beyond in pairwise(above)), above[-1]]


def _select(amounts: list[Exact], bands: list[Any]) -> Exact:
    selected = amounts[0]
    for amount, here in zip(amounts[1:], bands[1:], strict=True):
        selected = amount.where(here, selected)
    return selected


def _whole(faults: _Faults, charge: Charge) -> _Worked:
    quantity = faults.quantity(charge)
    bands = _band_of(faults, charge, quantity)
    rates = faults.numbers(charge.rates)
    steps = (
        Step(quantity * rate, quantity, rate, value, counts=here)
        for rate, value, here in zip(rates, charge.rates, bands, strict=True)
    )
    return quantity * _select(rates, bands), tuple(steps), quantity


def _flat(faults: _Faults, charge: Charge) -> _Worked:
    quantity = faults.quantity(charge)
    bands = _band_of(faults, charge, quantity)
    rates = faults.numbers(charge.rates)
    steps = (
        Step(rate, rate=rate, rate_value=value, counts=here)
        for rate, value, here in zip(rates, charge.rates, bands, strict=True)
    )
    return _select(rates, bands), tuple(steps), quantity


def _base_excess(faults: _Faults, charge: Charge) -> _Worked:
    quantity = faults.quantity(charge)
    bands = _band_of(faults, charge, quantity)
    bases, overs, rates = (faults.numbers(values) for values in (charge.bases, charge.overs, charge.rates))
    if charge.edges_times is not None:
        factor = faults.number(charge.edges_times)
        overs = [over * factor for over in overs]
    amounts: list[Exact] = []
    steps: list[Step] = []
    for place, here in enumerate(bands):
        excess = (quantity - overs[place]).maximum(_ZERO)
        part = excess * rates[place]
        amounts.append(bases[place] + part)
        steps.append(Step(bases[place], rate=bases[place], rate_value=charge.bases[place], counts=here))
        steps.append(Step(part, excess, rates[place], charge.rates[place], counts=here))
    return _select(amounts, bands), tuple(steps), quantity


_SHAPES: dict[Shape, Callable[[_Faults, Charge], _Worked]] = {
    Shape.FIXED: _fixed,
    Shape.UNIFORM: _uniform,
    Shape.BLOCKS: _blocks,
    Shape.WHOLE: _whole,
    Shape.FLAT: _flat,
    Shape.BASE_EXCESS: _base_excess,
    Shape.PERCENT: _percent,
    Shape.FORMULA: _formula,
}
