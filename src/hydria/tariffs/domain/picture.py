"""
Work out what one account would pay at every consumption: the columns behind a tariff's picture (TAR-09).

The account is one row; its consumption runs from nothing to well above the last edge. The engine that prices
invoices prices every point, so the picture cannot differ from a bill.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hydria.kernel.exact import Exact
from hydria.tariffs.domain.compile import CompiledTariff
from hydria.tariffs.domain.evaluation import Fault
from hydria.tariffs.domain.form import Kind
from hydria.tariffs.domain.rating import rate
from hydria.tariffs.domain.values import constant_of, leaves

USAGE = "usage"
_POINTS = 96
_WITHOUT_EDGES = Fraction(40)
_FAR, _JUMP = 30, 4  # an edge so many times the first one, or the one before, is beyond what people use


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What one charge comes to at each consumption, in minor units."""

    label: str
    amounts_minor: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """
    What an account pays over its consumption.

    quantities  float64[n]  rising; for drawing alone
    curves      one a charge that is ever paid, in the order of the bill
    total_minor int64[n]
    edges       where a block or band starts
    """

    quantities: NDArray[np.float64]
    curves: tuple[Curve, ...]
    total_minor: NDArray[np.int64]
    edges: tuple[float, ...]

    def next_unit_minor(self, curve: Curve) -> NDArray[np.float64]:
        """Return for each stretch between two points what one more unit costs there; float64[n - 1]."""
        return np.asarray(np.diff(curve.amounts_minor) / np.diff(self.quantities))


def standard_account(tariff: CompiledTariff) -> dict[str, str]:
    """Return the inputs of the tariff's first case, filled with defaults and first values: somebody ordinary."""
    first = tariff.form.cases[0].inputs if tariff.form.cases else {}
    account = {}
    for entry in tariff.inputs:
        fallback = {Kind.NUMBER: "30" if entry.name == "days" else "1", Kind.TRUTH: "false"}.get(entry.kind, "")
        account[entry.name] = first.get(entry.name) or entry.default or next(iter(entry.values), fallback)
    return account


def draw(
    tariff: CompiledTariff,
    *,
    account: Mapping[str, str],
    as_of: datetime.date | None = None,
    reach: Fraction = Fraction(0),
) -> Picture | Fault | None:
    """
    Return the picture of an account; a fault where it cannot be priced; None where nothing depends on usage.

    reach  a consumption that has to be on it
    """
    if USAGE not in {entry.name for entry in tariff.inputs}:
        return None
    edges = _within_use(sorted({edge for edge in _edges(tariff) if edge > 0}), reach)
    points = _points(edges, reach)
    columns: dict[str, object] = {name: [text] * len(points) for name, text in account.items() if name != USAGE}
    batch = rate(tariff, inputs={**columns, USAGE: Exact.of_fractions(points)}, as_of=as_of)
    if batch.fault.any():
        return batch.fault_of(int(np.flatnonzero(batch.fault)[0]))
    by_label: dict[str, NDArray[np.int64]] = {}
    for line in batch.lines:
        if not line.charge.is_memo and line.amount_minor.any():
            before = by_label.get(line.charge.label)
            by_label[line.charge.label] = line.amount_minor if before is None else before + line.amount_minor
    return Picture(
        quantities=np.array([float(point) for point in points]),
        curves=tuple(Curve(label=label, amounts_minor=amounts) for label, amounts in by_label.items()),
        total_minor=batch.total_minor,
        edges=tuple(float(edge) for edge in edges),
    )


def _edges(tariff: CompiledTariff) -> list[Fraction]:
    values = [value for charge in tariff.charges for value in (*charge.edges, *charge.overs)]
    return [number for value in values for leaf in leaves(value) if (number := constant_of(leaf)) is not None]


def _within_use(edges: list[Fraction], reach: Fraction) -> list[Fraction]:
    """Leave out the edges from the first one that is far beyond the others."""
    for place, edge in enumerate(edges[1:], start=1):
        if edge > max(reach, min(edges[0] * _FAR, edges[place - 1] * _JUMP)):
            return edges[:place]
    return edges


def _points(edges: list[Fraction], reach: Fraction) -> list[Fraction]:
    """Return evenly spread points with every edge among them, so that each stair stands upright."""
    last = max(edges[-1] * Fraction(3, 2) if edges else _WITHOUT_EDGES, reach * Fraction(5, 4))
    evenly = {last * place / _POINTS for place in range(_POINTS + 1)}
    near = last / (2 * _POINTS)
    kept = {point for point in evenly if all(point == edge or abs(point - edge) > near for edge in edges)}
    points = sorted({Fraction(0), last, *kept, *edges})
    assert all(low < high for low, high in pairwise(points))
    return points
