"""Lay a tariff's picture out: the staircase of prices and the invoice by consumption, as coordinates for an SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from hydria.kernel.money import Currency
from hydria.platform.documents.formats import Formats
from hydria.platform.web.formats import get_formats, spell_unit
from hydria.tariffs.domain.picture import Picture

WIDTH, HEIGHT = 420, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 54, 10, 12, 38
_COLORS = 6
_TABLE_ROWS = 10
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on an axis: where it stands in pixels, and what it says."""

    at: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """One charge in a panel; `color` is its number among the colors of pictures."""

    name: str
    color: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """
    One chart, in pixels of its view box.

    line    path of a line over the areas, with its name; empty where there is none
    marker  where the account's own consumption stands, empty without one
    spoken  what the chart shows, for who does not see it
    """

    title: str
    areas: tuple[Area, ...]
    line: str
    line_name: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_title: str
    y_title: str
    marker: str
    spoken: str

    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """The picture's numbers at one consumption."""

    quantity: str
    next_unit: str
    total: str
    average: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureCard:
    """The staircase of prices, the invoice by consumption, and both as numbers."""

    panels: tuple[Panel, ...]
    rows: tuple[TableRow, ...]
    unit: str


def picture_card(
    picture: Picture, *, names: Mapping[str, str], unit: str, currency: str, usage: float | None = None
) -> PictureCard:
    """
    Lay a picture out.

    names  what people read for each charge
    usage  the account's own consumption, marked where it stands
    """
    formats = Formats.of(str(get_formats().locale), Currency.of(currency))
    per_major = formats.currency.minor_per_major
    sign = spell_unit(unit)
    quantities = picture.quantities
    totals = picture.total_minor / per_major
    averages = np.divide(totals, quantities, out=np.full(len(totals), np.inf), where=quantities > 0)
    steps = [picture.next_unit_minor(curve) / per_major for curve in picture.curves]
    amounts = [curve.amounts_minor / per_major for curve in picture.curves]
    colors = {curve.label: place % _COLORS for place, curve in enumerate(picture.curves)}
    labels = [(names.get(curve.label, curve.label), colors[curve.label]) for curve in picture.curves]
    frame = _Frame(quantities=quantities, formats=formats, unit=sign, usage=usage)
    stairs = frame.panel(
        title=_("Price of one more %(unit)s") % {"unit": sign},
        y_title=f"{currency}/{sign}",
        areas=[(name, color, _on_stairs(values)) for (name, color), values in zip(labels, steps, strict=True)],
        xs=np.repeat(quantities, 2)[1:-1],
        line=averages,
        line_name=_("average price"),
        spoken=_("How the price of one more %(unit)s rises and falls with consumption") % {"unit": sign},
    )
    bill = frame.panel(
        title=_("Invoice by consumption"),
        y_title=currency,
        areas=[(name, color, values) for (name, color), values in zip(labels, amounts, strict=True)],
        xs=quantities,
        line=None,
        line_name="",
        spoken=_("What the invoice comes to at each consumption, by charge"),
    )
    return PictureCard(
        panels=(stairs, bill), rows=tuple(_rows(picture, sum(steps, np.zeros(len(quantities) - 1)), formats)), unit=sign
    )


def _on_stairs(values: Floats) -> Floats:
    return np.repeat(values, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """The axis of consumption that both panels share."""

    quantities: Floats
    formats: Formats
    unit: str
    usage: float | None

    def x(self, quantity: Any) -> Any:
        return _LEFT + quantity / self.quantities[-1] * (WIDTH - _LEFT - _RIGHT)

    def panel(
        self,
        *,
        areas: Sequence[tuple[str, int, Floats]],
        xs: Floats,
        line: Floats | None,
        title: str,
        y_title: str,
        line_name: str,
        spoken: str,
    ) -> Panel:
        heights = np.cumsum([values for _name, _color, values in areas], axis=0) if areas else np.zeros((1, len(xs)))
        low, high = min(0.0, float(heights.min())), self._high(heights, line)
        y_ticks = _ticks(low, high)
        top = max(high, y_ticks[-1])

        def y(value: Any) -> Any:
            return HEIGHT - _BOTTOM - (value - low) / (top - low) * (HEIGHT - _TOP - _BOTTOM)

        floors = np.vstack([np.zeros(len(xs)), heights[:-1]]) if areas else heights
        return Panel(
            title=title,
            areas=tuple(
                Area(name=name, color=color, path=_outline(self.x(xs), y(floor_), y(ceiling)))
                for (name, color, values), floor_, ceiling in zip(areas, floors, heights, strict=True)
                if values.any()
            ),
            line="" if line is None else _line(self.x(self.quantities), line, y, top),
            line_name=line_name,
            x_ticks=tuple(
                Tick(at=f"{self.x(tick):.1f}", label=self._number(tick))
                for tick in _ticks(0, float(self.quantities[-1]), count=6)
            ),
            y_ticks=tuple(Tick(at=f"{y(tick):.1f}", label=self._number(tick)) for tick in y_ticks),
            x_title=self.unit,
            y_title=y_title,
            marker="" if self.usage is None else f"{self.x(self.usage):.1f}",
            spoken=spoken,
        )

    def _high(self, heights: Floats, line: Floats | None) -> float:
        """Return the top of the axis; an average that starts at infinity may leave the picture."""
        high = float(heights.max())
        if line is not None:
            settled = float(line[len(line) // 4])
            high = max(high, settled if np.isfinite(settled) else 0.0)
        return high * 1.05 or 1.0

    def _number(self, number: float) -> str:
        return self.formats.quantity(round(number * 1000))


def _outline(xs: Floats, floors: Floats, ceilings: Floats) -> str:
    there = [f"{x:.1f},{y:.1f}" for x, y in zip(xs, ceilings, strict=True)]
    back = [f"{x:.1f},{y:.1f}" for x, y in zip(xs[::-1], floors[::-1], strict=True)]
    return "M" + "L".join([*there, *back]) + "Z"


def _line(xs: Floats, values: Floats, y: Callable[[Any], Any], top: float) -> str:
    points = [f"{x:.1f},{y(value):.1f}" for x, value in zip(xs, values, strict=True) if value <= top]
    return "M" + "L".join(points) if points else ""


def _ticks(low: float, high: float, *, count: int = 5) -> list[float]:
    """Return round numbers from `low` to just within or above `high`."""
    rough = (high - low) / count or 1.0
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first, last = ceil(low / step), floor(high / step + 1e-9)
    return [place * step for place in range(first, last + 1)]


def _rows(picture: Picture, next_minor: Floats, formats: Formats) -> list[TableRow]:
    """Return the numbers at the edges, and at a few places between when there are few edges."""
    quantities = picture.quantities
    chosen = {0, len(quantities) - 1, *(int(np.searchsorted(quantities, edge)) for edge in picture.edges[:_TABLE_ROWS])}
    if len(chosen) < _TABLE_ROWS:
        chosen |= {int(place) for place in np.linspace(0, len(quantities) - 1, _TABLE_ROWS - len(chosen) + 2)}
    rows = []
    for place in sorted(chosen):
        quantity, total_minor = float(quantities[place]), int(picture.total_minor[place])
        rows.append(
            TableRow(
                quantity=formats.quantity(round(quantity * 1000)),
                next_unit=formats.amount(round(next_minor[place] * formats.currency.minor_per_major))
                if place < len(next_minor)
                else "",
                total=formats.amount(total_minor),
                average=formats.amount(round(total_minor / quantity)) if quantity else "",
            )
        )
    return rows
