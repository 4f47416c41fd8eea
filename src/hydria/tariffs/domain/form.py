"""
Hold a tariff as its author wrote it: header, inputs, derived amounts, charges in order, example cases.

These records say what the text says and nothing more. `reading` makes them from the YAML tree, `compile` checks
that they make sense together. The guide for authors is docs/guide/tariffs.md.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from hydria.kernel.rounding import Rounding
from hydria.tariffs.domain.history import History
from hydria.tariffs.domain.values import Formula, Value


class Shape(StrEnum):
    """Name the ways to work out an amount; `shapes` holds the sum behind each."""

    FIXED = "fixed"  # an amount
    UNIFORM = "uniform"  # quantity x price
    BLOCKS = "blocks"  # each part of the quantity at the price of its own block
    WHOLE = "whole"  # the whole quantity at the price of the band it falls in
    FLAT = "flat"  # the amount of the band the quantity falls in
    BASE_EXCESS = "base_excess"  # the band's base amount, and a price for what exceeds its floor
    PERCENT = "percent"  # a percentage of earlier charges, as rounded
    FORMULA = "formula"  # whatever the formula says


class Kind(StrEnum):
    """Say what an input holds; a text is one out of the listed values."""

    NUMBER = "number"
    TRUTH = "boolean"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Describe one column that the tariff asks for."""

    name: str
    kind: Kind
    values: tuple[str, ...] = ()
    unit: str = ""
    default: str | None = None
    history: History | None = None
    also: tuple[str, ...] = ()  # other names under which files may call it
    text: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Describe an amount worked out before the charges."""

    name: str
    value: Value
    unit: str = ""
    group: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """
    Describe one priced element.

    `rates` are the prices, amounts or percentages: one, or one per band. `edges` are where the bands start, `overs`
    from where the excess of a band counts. `group` is the value of the tariff's `by` input that the charge is for.
    """

    label: str
    shape: Shape
    group: str | None = None
    quantity: Value | None = None
    rates: tuple[Value, ...] = ()
    edges: tuple[Value, ...] = ()
    bases: tuple[Value, ...] = ()
    overs: tuple[Value, ...] = ()
    of: tuple[str, ...] = ()
    only_if: Value | None = None
    times: Value | None = None
    edges_times: Value | None = None
    at_least: Value | None = None
    at_most: Value | None = None
    rounding: Rounding | None = None  # None: keep every decimal
    is_memo: bool = False
    from_date: datetime.date | None = None
    until_date: datetime.date | None = None
    text: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    ledger: str = ""
    rank: int = 100
    tax: str = ""
    unit: str = ""
    line: int = 0

    @property
    def values(self) -> tuple[Value, ...]:
        """Return every value that takes part in the amount."""
        single = (self.quantity, self.only_if, self.times, self.edges_times, self.at_least, self.at_most)
        return (*self.rates, *self.edges, *self.bases, *self.overs, *(value for value in single if value is not None))

    def is_in_force(self, as_of: datetime.date | None) -> bool:
        """Say whether the charge exists on a day; None is the far end of time."""
        if as_of is None:
            return self.until_date is None
        return (self.from_date is None or self.from_date <= as_of) and (
            self.until_date is None or as_of < self.until_date
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Describe a worked bill that protects the tariff; a charge that `lines` leaves out is expected to be 0."""

    name: str
    inputs: Mapping[str, str]
    lines: Mapping[str, Fraction] | None
    total: Fraction | None
    start_date: datetime.date | None = None
    end_date: datetime.date | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """Hold one tariff text."""

    name: str
    title: Mapping[str, str]
    currency: str
    unit: str
    service: str = ""
    country: str = ""
    region: str = ""
    billing_period: str = ""
    effective_date: datetime.date | None = None
    source: str = ""
    law: str = ""
    notes: str = ""
    line_rounding: Rounding | None
    total_rounding: Rounding | None = None
    rounding_ledger: str = ""
    by: str = ""  # the input that selects the group of charges
    groups: tuple[str, ...] = ()
    inputs: tuple[Input, ...]
    derived: tuple[Derived, ...]
    charges: tuple[Charge, ...]
    cases: tuple[Case, ...]


def number_text(number: Fraction) -> str:
    """
    Write a number as a plain decimal where it has one, else as a fraction.

    >>> number_text(Fraction("18.50")), number_text(Fraction(1, 3))
    ('18.5', '1/3')
    """
    numerator, denominator = number.numerator, number.denominator
    places = _places_of(denominator)
    if places is None:
        return f"{numerator}/{denominator}"
    digits = f"{abs(numerator) * 10**places // denominator:0{places + 1}d}"
    sign = "-" if numerator < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


@lru_cache(maxsize=4096)
def _places_of(denominator: int) -> int | None:
    """Return how many decimals a fraction with this denominator has; None when they have no end within forty."""
    return next((places for places in range(41) if 10**places % denominator == 0), None)


__all__ = ["Case", "Charge", "Derived", "Formula", "Input", "Kind", "Shape", "Tariff", "number_text"]
