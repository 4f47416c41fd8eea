"""
Hold the values of a tariff text: a formula (a number is the simplest), a table looked up by keys, or a dated value.

Wherever the form asks for a value, any of the three may stand, and they nest: a dated table of formulas is fine.
Lists of values (the edges and prices of blocks) may be tables and dated as a whole; `split_list` takes them apart
into one value for each position, so that the engine sees single values only.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from hydria.tariffs.domain import formula
from hydria.tariffs.domain.formula import Expression, Number, parse_number

ANY = "*"  # in a row of a table: whatever the key


@dataclass(frozen=True, slots=True)
class Formula:
    """Hold one expression with the text and line that messages quote."""

    expression: Expression
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one row of a table."""

    keys: tuple[str, ...]  # as written; `ANY` matches everything
    value: Value
    line: int


@dataclass(frozen=True, slots=True)
class Lookup:
    """Hold a table: the value of the first row whose keys all match, else the default."""

    by: tuple[str, ...]
    rows: tuple[Row, ...]
    default: Value | None
    line: int


@dataclass(frozen=True, slots=True)
class Dated:
    """Hold the values over time: each counts from its date until the next one starts."""

    entries: tuple[tuple[datetime.date, Value], ...]  # in order of date
    line: int

    def entry(self, as_of: datetime.date | None) -> tuple[datetime.date, Value] | None:
        """Return the entry in force on a day (None: the newest), or None before the first one."""
        if as_of is None:
            return self.entries[-1]
        return next((entry for entry in reversed(self.entries) if entry[0] <= as_of), None)


@dataclass(frozen=True, slots=True)
class Several:
    """Hold a list of values, where the form asks for a list."""

    items: tuple[Value, ...]
    line: int


Value = Formula | Lookup | Dated | Several


def constant(number: Fraction | int, line: int = 0) -> Formula:
    """Return a value that is one number."""
    return Formula(Number(Fraction(number)), str(number), line)


def constant_of(value: Value | None) -> Fraction | None:
    """Return the number if the value is one, whatever the row and the day."""
    if isinstance(value, Formula) and isinstance(value.expression, Number):
        return value.expression.value
    return None


def canonical_key(text: str) -> str:
    """
    Return the spelling under which keys are compared: numbers by value (behind a #), the rest as it stands.

    >>> canonical_key("1.0"), canonical_key("5/8")
    ('#1', '5/8')
    """
    number = parse_number(text)
    if number is not None:
        return f"#{number}"
    return text.lower() if text in ("True", "False") else text


def leaves(value: Value | None) -> Iterator[Value]:
    """Walk over the formulas and lists of a value, whichever row or date they stand under."""
    if isinstance(value, Lookup):
        for row in value.rows:
            yield from leaves(row.value)
        yield from leaves(value.default)
    elif isinstance(value, Dated):
        for _, entry in value.entries:
            yield from leaves(entry)
    elif value is not None:
        yield value


def names_in(value: Value | None) -> Iterator[tuple[str, int]]:
    """Walk over the names that a value uses, with the line of each."""
    if isinstance(value, Lookup):
        yield from ((name, value.line) for name in value.by)
        for row in value.rows:
            yield from names_in(row.value)
        yield from names_in(value.default)
    elif isinstance(value, Dated):
        for _, entry in value.entries:
            yield from names_in(entry)
    elif isinstance(value, Several):
        for item in value.items:
            yield from names_in(item)
    elif value is not None:
        yield from ((name, value.line) for name in names_in_expression(value.expression))


def names_in_expression(expression: Expression) -> Iterator[str]:
    """Walk over the names in an expression."""
    match expression:
        case formula.Name(name):
            yield name
        case formula.Arithmetic(_, left, right) | formula.Comparison(_, left, right) | formula.Logic(_, left, right):
            yield from names_in_expression(left)
            yield from names_in_expression(right)
        case formula.Membership(operand, _) | formula.Negation(operand):
            yield from names_in_expression(operand)
        case formula.Choice(condition, then, otherwise):
            for part in (condition, then, otherwise):
                yield from names_in_expression(part)
        case formula.Call(_, arguments, _):
            for argument in arguments:
                yield from names_in_expression(argument)


def dates_in(value: Value | None) -> Iterator[datetime.date]:
    """Walk over the days on which some part of a value changes."""
    if isinstance(value, Dated):
        for date, entry in value.entries:
            yield date
            yield from dates_in(entry)
    elif isinstance(value, Lookup):
        for row in value.rows:
            yield from dates_in(row.value)
        yield from dates_in(value.default)


def split_list(value: Value) -> tuple[Value, ...]:
    """
    Take a list of values apart into one value for each position.

    Where rows or dates give lists of different lengths, the shorter ones repeat their last value: an edge that is
    repeated makes an empty band, so nothing changes in what they mean.
    """
    lengths = [len(leaf.items) for leaf in leaves(value) if isinstance(leaf, Several)]
    return tuple(_at(value, index) for index in range(max(lengths)))


def _at(value: Value, index: int) -> Value:
    match value:
        case Several(items, _):
            return items[min(index, len(items) - 1)]
        case Lookup(by, rows, default, line):
            picked = tuple(Row(row.keys, _at(row.value, index), row.line) for row in rows)
            return Lookup(by, picked, None if default is None else _at(default, index), line)
        case Dated(entries, line):
            return Dated(tuple((date, _at(entry, index)) for date, entry in entries), line)
        case _:
            return value


def list_lengths(value: Value, given: dict[str, str] | None = None) -> Iterator[tuple[dict[str, str], int, int]]:
    """Walk over the lists in a value as (keys under which each counts, its length, its line)."""
    given = given or {}
    match value:
        case Several(items, line):
            yield given, len(items), line
        case Lookup(by, rows, _, _):
            for row in rows:
                keys = {name: canonical_key(key) for name, key in zip(by, row.keys, strict=True) if key != ANY}
                yield from list_lengths(row.value, given | keys)
        case Dated(entries, _):
            for date, entry in entries:
                yield from list_lengths(entry, given | {"": date.isoformat()})
