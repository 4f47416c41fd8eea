"""
Price one account again, plainly and slowly, for checking only: the second engine.

It shares nothing with the vector engine but the text as dictionaries: formulas are read by Python's own parser (as a
tree that is walked, never run), numbers are `Fraction`, every shape is written out as its sentence in the guide. Where
the two engines differ, one of them is wrong.
"""

from __future__ import annotations

import ast
import datetime
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

_DIGITS = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WORD = re.compile(r"""("[^"]*"|'[^']*')|(?<![\w.])([^\W\d]\w*)""")
_PYTHON = {"if", "else", "and", "or", "not", "in"}
_CURRENCY_PLACES = {"CLP": 0, "PYG": 0, "JPY": 0, "KMF": 0, "TND": 3, "KWD": 3, "BHD": 3, "JOD": 3}


class CannotPrice(Exception):
    """The account has no bill under this tariff: an input is missing or unknown, or a division by zero is needed."""


@dataclass(frozen=True, slots=True)
class Bill:
    """Hold the lines of one account by label, and the total."""

    lines: dict[str, Fraction]
    total: Fraction


def bill(
    plain: Mapping[str, Any],
    inputs: Mapping[str, Any],
    *,
    start: datetime.date | None = None,
    end: datetime.date | None = None,
    as_of: datetime.date | None = None,
) -> Bill:
    """
    Work out the bill of one account for the days supplied (or at the prices of one day).

    :raises CannotPrice: if the account cannot be priced.
    """
    if start and end and end < start:
        raise CannotPrice("the period ends before it starts")
    account = _Account(plain, dict(inputs), as_of)
    account.check_inputs()
    parts = [plain]
    if plain.get("classes"):
        key = account.input(plain.get("classes_by", "class"))
        found = [part for name, part in plain["classes"].items() if _same(name, key)]
        if not found:
            raise CannotPrice("there are no charges for this class")
        parts.append(found[0])
    for part in parts:
        account.derived |= part.get("derived") or {}
    default = {"places": str(_CURRENCY_PLACES.get(plain["currency"], 2))}
    rounding = plain.get("rounding") or {}
    lines: dict[str, Fraction] = {}
    total = Fraction(0)
    for charge in (charge for part in parts for charge in part.get("charges") or []):
        amount = account.charge_over(charge, start, end)
        if amount is None:
            continue
        amount = _round(amount, charge.get("rounding", rounding.get("line", default)))
        label = charge["charge"]
        account.amounts[label] = account.amounts.get(label, Fraction(0)) + amount
        if charge.get("memo") != "true":
            lines[label] = lines.get(label, Fraction(0)) + amount
            total += amount
    return Bill(lines, _round(total, rounding["total"]) if "total" in rounding else total)


@dataclass(slots=True)
class _Account:
    plain: Mapping[str, Any]
    given: dict[str, Any]
    as_of: datetime.date | None
    derived: dict[str, Any] = field(default_factory=dict)
    amounts: dict[str, Fraction] = field(default_factory=dict)

    def check_inputs(self) -> None:
        """Refuse what is given and cannot be read, whether or not a charge needs it."""
        for name, declared in (self.plain.get("inputs") or {}).items():
            given = self.given.get(name)
            if given in (None, "") or isinstance(given, bool | int | Fraction):
                continue
            words = declared.get("values") if isinstance(declared, dict) else None
            if not (any(_same(word, str(given).strip()) for word in words) if words else _is_number(str(given))):
                raise CannotPrice(f"{name} cannot be {given}")

    # Charges

    def charge_over(self, charge: Mapping[str, Any], start: Any, end: Any) -> Fraction | None:
        """Return the charge over a period, each day by the prices of that day; None if it does not exist."""
        if not (start and end):
            return self.charge(charge)
        total, day_count, exists = Fraction(0), max((end - start).days, 1), False
        changes = sorted({date for date in _dates([charge, self.derived]) if start < date < end})
        for first, after in zip([start, *changes], [*changes, end], strict=True):
            self.as_of = first
            amount = self.charge(charge)
            if amount is not None:
                exists = True
                total += amount * max((after - first).days, 1) / day_count
        return total if exists else None

    def charge(self, charge: Mapping[str, Any]) -> Fraction | None:
        """Return the charge on one day, exactly; None if it does not exist."""
        if self.as_of is None and "until" in charge:
            return None
        if self.as_of and not charge.get("from", "0") <= self.as_of.isoformat() < charge.get("until", "9999"):
            return None
        if "only_if" in charge and not self.true(self.value(charge["only_if"])):
            return None
        amount = getattr(self, f"shape_{charge['shape']}")(charge)
        if "times" in charge:
            amount *= self.number(charge["times"])
        if "at_least" in charge:
            amount = max(amount, self.number(charge["at_least"]))
        if "at_most" in charge:
            amount = min(amount, self.number(charge["at_most"]))
        return Fraction(amount)

    def shape_fixed(self, charge: Mapping[str, Any]) -> Fraction:
        return self.number(charge["amount"])

    def shape_formula(self, charge: Mapping[str, Any]) -> Fraction:
        return self.number(charge["formula"])

    def shape_uniform(self, charge: Mapping[str, Any]) -> Fraction:
        return self.quantity(charge) * self.number(charge["price"])

    def shape_percent(self, charge: Mapping[str, Any]) -> Fraction:
        base = sum((self.amounts.get(label, Fraction(0)) for label in charge["of"]), Fraction(0))
        return base * self.number(charge["percent"]) / 100

    def shape_blocks(self, charge: Mapping[str, Any]) -> Fraction:
        left, total = max(self.quantity(charge), Fraction(0)), Fraction(0)
        for width, band in self.widths(charge, charge["blocks"]):
            part = left if width is None else min(left, width)
            total += part * band["price"]
            left -= part
        return total

    def shape_whole(self, charge: Mapping[str, Any]) -> Fraction:
        return self.quantity(charge) * self.band(charge)["price"]

    def shape_flat(self, charge: Mapping[str, Any]) -> Fraction:
        return self.band(charge)["amount"]

    def shape_base_excess(self, charge: Mapping[str, Any]) -> Fraction:
        band = self.band(charge)
        over = band.get("over", band["from"]) * self.factor(charge)
        return band["base"] + max(self.quantity(charge) - over, Fraction(0)) * band["price"]

    def quantity(self, charge: Mapping[str, Any]) -> Fraction:
        return self.number(charge.get("quantity", "usage"))

    def factor(self, charge: Mapping[str, Any]) -> Fraction:
        return self.number(charge["edges_times"]) if "edges_times" in charge else Fraction(1)

    def bands(self, bands: Any) -> list[dict[str, Fraction]]:
        """Return the account's bands as rows of numbers, whichever way they are written."""
        if isinstance(bands, dict):
            columns = {name: self.chosen(column) for name, column in bands.items()}
            bands = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return [{name: self.number(value) for name, value in band.items()} for band in bands]

    def widths(self, charge: Mapping[str, Any], bands: Any) -> list[tuple[Fraction | None, dict[str, Fraction]]]:
        """Return each band with how much fits into it (None: any amount); a falling edge leaves it empty."""
        rows, factor = self.bands(bands), self.factor(charge)
        widths: list[tuple[Fraction | None, dict[str, Fraction]]] = []
        floor = Fraction(0)
        for row, after in zip(rows, [*rows[1:], None], strict=True):
            if after is None:
                widths.append((None, row))
            else:
                ceiling = max(after["from"] * factor, floor)
                widths.append((ceiling - floor, row))
                floor = ceiling
        return widths

    def band(self, charge: Mapping[str, Any]) -> dict[str, Fraction]:
        """Return the band that the quantity falls in; an upper edge still belongs to it."""
        quantity, ceiling = self.quantity(charge), Fraction(0)
        widths = self.widths(charge, charge["bands"])
        for width, band in widths:
            if width is None or quantity <= ceiling + width:
                return band
            ceiling += width
        raise AssertionError("the last band is open")

    # Values

    def number(self, value: Any) -> Fraction:
        found = self.value(value)
        if isinstance(found, str) and not _DIGITS.fullmatch(found):
            raise CannotPrice(f"{found} is not a number")
        return Fraction(found)

    def value(self, value: Any) -> Any:
        value = self.chosen(value)
        if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
            return Fraction(value.strip())
        return self.node(_parsed(value))

    def chosen(self, value: Any) -> Any:
        """Return the row of a table and the date of a dated value that count here."""
        while isinstance(value, dict):
            if "by" in value:
                value = self.row(value)
            else:
                known = [date for date in sorted(value) if self.as_of is None or date <= self.as_of.isoformat()]
                if not known:
                    raise CannotPrice("there is no price yet")
                value = value[known[-1]]
        return value

    def row(self, table: Mapping[str, Any]) -> Any:
        names = table["by"] if isinstance(table["by"], list) else [table["by"]]
        keys = [self.name(name) for name in names]
        rows = table.get("rows") or []
        if isinstance(rows, dict):
            rows = [[key, value] for key, value in rows.items()]
        for *wanted, value in rows:
            if all(want == "*" or _same(want, key) for want, key in zip(wanted, keys, strict=True)):
                return value
        if "default" not in table:
            raise CannotPrice(f"no row for {', '.join(map(str, keys))}")
        return table["default"]

    def name(self, name: str) -> Any:
        if name in self.plain.get("inputs", {}):
            return self.input(name)
        return self.value(self.derived[name]) if name in self.derived else self.amounts.get(name, Fraction(0))

    def input(self, name: str) -> Any:
        """Return an input as a number, a truth, or the word of the tariff's list that it equals."""
        declared = self.plain["inputs"][name]
        declared = declared if isinstance(declared, dict) else {}
        given = self.given.get(name)
        given = declared.get("default") if given in (None, "") else given
        if given is None:
            raise CannotPrice(f"the input {name} is missing")
        text = str(given).strip()
        words = declared.get("values")
        if words and {word.lower() for word in words} <= {"true", "false"}:
            return text.lower() in ("true", "1")
        if words:
            return next((word for word in words if _same(word, text)), text)
        return Fraction(Decimal(text)) if not isinstance(given, Fraction) else given

    # Formulas

    def node(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value):
                return value if isinstance(value, str) else Fraction(str(value))
            case ast.Name(name):
                word = name.removeprefix("n_")
                return word.lower() == "true" if word.lower() in ("true", "false") else self.name(word)
            case ast.BinOp(left, operation, right):
                return self.arithmetic(operation, _numeric(self.node(left)), _numeric(self.node(right)))
            case ast.UnaryOp(ast.Not(), operand):
                return not self.true(self.node(operand))
            case ast.UnaryOp(operation, operand):
                number = _numeric(self.node(operand))
                return -number if isinstance(operation, ast.USub) else number
            case ast.BoolOp(ast.And(), values):
                return all(self.true(self.node(value)) for value in values)
            case ast.BoolOp(ast.Or(), values):
                return any(self.true(self.node(value)) for value in values)
            case ast.IfExp(test, body, orelse):
                return self.node(body) if self.true(self.node(test)) else self.node(orelse)
            case ast.Compare(left, operations, comparators):
                values = [self.node(left), *(self.operand(comparator) for comparator in comparators)]
                pairs = zip(operations, values, values[1:], strict=False)
                return all(self.compare(operation, a, b) for operation, a, b in pairs)
            case ast.Call(ast.Name(name), arguments):
                return self.call(name.removeprefix("n_"), [_numeric(self.node(argument)) for argument in arguments])
        raise AssertionError(f"{ast.dump(node)} is outside the language")

    def operand(self, node: ast.expr) -> Any:
        return [self.node(item) for item in node.elts] if isinstance(node, ast.List) else self.node(node)

    def arithmetic(self, operation: ast.operator, a: Fraction, b: Fraction) -> Fraction:
        match operation:
            case ast.Add():
                return a + b
            case ast.Sub():
                return a - b
            case ast.Mult():
                return a * b
        if b == 0:
            raise CannotPrice("a division by zero")
        return a / b

    def compare(self, operation: ast.cmpop, a: Any, b: Any) -> bool:
        match operation:
            case ast.In():
                return any(_same(a, item) for item in b)
            case ast.NotIn():
                return not any(_same(a, item) for item in b)
            case ast.Eq():
                return _same(a, b)
            case ast.NotEq():
                return not _same(a, b)
        a, b = _numeric(a), _numeric(b)
        match operation:
            case ast.Lt():
                return bool(a < b)
            case ast.LtE():
                return bool(a <= b)
            case ast.Gt():
                return bool(a > b)
        return bool(a >= b)

    def call(self, name: str, arguments: list[Fraction]) -> Fraction:
        if name == "abs":
            return abs(arguments[0])
        if name in ("min", "max"):
            return min(arguments) if name == "min" else max(arguments)
        modes = {"ceil": "ceiling", "floor": "floor", "truncate": "down", "round_half_up": "half_up"}
        places = arguments[1] if len(arguments) > 1 else 0
        step = Fraction(10) ** -int(places)
        return _to_step(arguments[0], step, modes.get(name, "half_even"))

    def true(self, value: Any) -> bool:
        return value.lower() not in ("", "0", "false", "no") if isinstance(value, str) else bool(value)


def _is_number(text: str) -> bool:
    return _DIGITS.fullmatch(text.strip()) is not None


def _numeric(value: Any) -> Fraction:
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise CannotPrice(f"{value} is not a number")
    return Fraction(value)


def _same(a: Any, b: Any) -> bool:
    """Compare words, truths and numbers; a word that spells a number is that number."""
    a, b = _meaning(a), _meaning(b)
    return bool(isinstance(a, str) == isinstance(b, str) and a == b)


def _meaning(value: Any) -> Any:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return Fraction(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value


@lru_cache(maxsize=20_000)
def _parsed(text: str) -> ast.expr:
    """Read a formula with Python's parser; names get a prefix, because `class` is one of ours and not of Python's."""
    marked = _WORD.sub(lambda m: m.group(1) or (m.group(2) if m.group(2) in _PYTHON else f"n_{m.group(2)}"), text)
    exact = re.sub(r"""("[^"]*"|'[^']*')|(?<![\w.])(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?(?!\w)""", _protected, marked)
    return ast.parse(" ".join(exact.split()), mode="eval").body


def _protected(match: re.Match[str]) -> str:
    """Turn a number into a whole fraction, so that Python's parser never makes a float of it."""
    if match.group(1):
        return match.group(1)
    fraction = Fraction(match.group(0))
    return f"({fraction.numerator}/{fraction.denominator})" if fraction.denominator != 1 else str(fraction)


def _dates(value: Any) -> list[datetime.date]:
    """Find every day on which something in a part of the text changes."""
    found: list[datetime.date] = []
    if isinstance(value, dict):
        dated = [key for key in value if re.fullmatch(r"\d{4}-\d\d-\d\d", key)]
        found += [datetime.date.fromisoformat(key) for key in dated]
        found += [
            datetime.date.fromisoformat(value[key]) for key in ("from", "until") if "charge" in value and key in value
        ]
        for entry in value.values():
            found += _dates(entry)
    elif isinstance(value, list):
        for entry in value:
            found += _dates(entry)
    return found


def _round(amount: Fraction, rounding: Any) -> Fraction:
    if rounding == "none":
        return amount
    step = Fraction(rounding["step"]) if "step" in rounding else Fraction(10) ** -int(rounding.get("places", "2"))
    return _to_step(amount, step, rounding.get("mode", "half_up"))


def _to_step(amount: Fraction, step: Fraction, mode: str) -> Fraction:
    steps = amount / step
    floor = math.floor(steps)
    rest = steps - floor
    if mode == "floor" or rest == 0:
        whole = floor
    elif mode == "ceiling":
        whole = floor + 1
    elif mode in ("up", "down"):
        whole = floor + 1 if (mode == "up") == (amount > 0) else floor
    elif rest != Fraction(1, 2):
        whole = floor + 1 if rest > Fraction(1, 2) else floor
    elif mode == "half_even":
        whole = floor if floor % 2 == 0 else floor + 1
    else:
        whole = floor + 1 if amount > 0 else floor
    return whole * step
