"""
Work out values over columns: formulas, tables and dated values for all rows of a batch at once.

A column holds numbers, truths or words, and the fault of each row whose value could not be worked out. A fault
stays with its value: a division by zero in the branch that a row does not take, or an input that only another
class needs, harms nobody.
"""

from __future__ import annotations

import datetime
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hydria.kernel.exact import Exact, Integers
from hydria.kernel.rounding import Mode, Rounding
from hydria.tariffs.domain import formula
from hydria.tariffs.domain.formula import Expression, parse_number
from hydria.tariffs.domain.values import ANY, Formula, Lookup, Several, Value, canonical_key, constant_of

RowArray = NDArray[np.intp] | slice
FaultArray = NDArray[np.int16]
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}
_ROUNDINGS = {
    "ceil": Mode.CEILING,
    "floor": Mode.FLOOR,
    "truncate": Mode.DOWN,
    "round_half_up": Mode.HALF_UP,
    "round_half_even": Mode.HALF_EVEN,
}
_TRUTHS_SPELLED = {"true": 1, "false": 0}
_ONE, _ZERO = Exact.of(1), Exact.of(0)
_COMBINATIONS_MAX = 1_000_000
_FAULTS_MAX = 30_000  # they are numbered in 16 bits; after that many different ones the data are left out


@dataclass(frozen=True, slots=True)
class Fault:
    """Say why a row has no amount."""

    code: str
    data: Mapping[str, object]


@dataclass(slots=True)
class FaultBook:
    """Number the faults of a batch; 0 means none."""

    faults: list[Fault] = field(default_factory=list)
    numbers: dict[tuple[object, ...], int] = field(default_factory=dict)

    def number(self, code: str, **data: object) -> int:
        """Return the number of a fault, the same one for the same code and data."""
        key = (code, *data.items()) if len(self.faults) < _FAULTS_MAX else (code,)
        if key not in self.numbers:
            self.faults.append(Fault(code, data if len(key) > 1 else {}))
            self.numbers[key] = len(self.faults)
        return self.numbers[key]


@dataclass(frozen=True, slots=True)
class Words:
    """Hold texts as codes into a vocabulary, one for all rows (int) or one per row."""

    codes: Any  # int | NDArray[np.intp]
    vocabulary: tuple[str, ...]

    def take(self, rows: RowArray) -> Words:
        return self if isinstance(self.codes, int) else Words(self.codes[rows], self.vocabulary)


@dataclass(frozen=True, slots=True)
class Column:
    """Hold the values of one name or formula; `fault` is None when no row has one."""

    values: Exact | Words | Any  # or truths: bool | NDArray[np.bool_]
    fault: FaultArray | None = None

    def take(self, rows: RowArray) -> Column:
        values = self.values
        if isinstance(values, Exact | Words):
            values = values.take(rows)
        elif not isinstance(values, bool):
            values = values[rows]
        return Column(values, None if self.fault is None else self.fault[rows])


def first_fault(*faults: FaultArray | None) -> FaultArray | None:
    """Return the first fault of each row."""
    merged: FaultArray | None = None
    for fault in faults:
        if fault is not None:
            merged = fault if merged is None else np.where(merged != 0, merged, fault)
    return merged


def fault_where(condition: Any, fault: FaultArray | None) -> FaultArray | None:
    """Keep the faults of the rows where a condition holds."""
    return None if fault is None else np.where(condition, fault, np.int16(0))


@dataclass(slots=True)
class Scope:
    """
    Know what each name means for some rows on one day, and work values out.

    Names mean an input first, then a derived amount, then an earlier charge. Derived amounts are worked out when
    first needed.
    """

    row_count: int
    inputs: Mapping[str, Column]
    derived: Mapping[str, Value]
    amounts: Mapping[str, Exact]
    as_of: datetime.date | None
    book: FaultBook
    tables: dict[tuple[int, tuple[object, ...]], Any]  # lookups prepared once per batch
    _known: dict[str, Column] = field(default_factory=dict)

    def column(self, value: Value) -> Column:
        """Work out a value."""
        if isinstance(value, Formula):
            return self._expression(value.expression)
        if isinstance(value, Lookup):
            return self._lookup(value)
        assert not isinstance(value, Several), "lists are taken apart when the tariff is read"
        entry = value.entry(self.as_of)
        if entry is None:
            fault = self.book.number("no_price_yet", date=str(self.as_of))
            return Column(_ZERO, np.full(self.row_count, fault, dtype=np.int16))
        return self.column(entry[1])

    def number(self, value: Value) -> tuple[Exact, FaultArray | None]:
        """Work out a value as numbers."""
        constant = constant_of(value)
        if constant is not None:
            return Exact.of(constant), None
        return self._as_number(self.column(value))

    def truth(self, value: Value) -> tuple[Any, FaultArray | None]:
        """Work out a value as truths: bool[n], or one bool for all rows."""
        return self._as_truth(self.column(value))

    def name(self, name: str) -> Column:
        """Return what a name means."""
        if name in self.inputs:
            return self.inputs[name]
        if name in self.derived:
            if name not in self._known:
                self._known[name] = self.column(self.derived[name])
            return self._known[name]
        return Column(self.amounts.get(name, _ZERO))

    # Types: a truth counts 1 or 0 as a number, a number is true when it is not 0, a word may spell a number.

    def _as_number(self, column: Column) -> tuple[Exact, FaultArray | None]:
        values, fault = column.values, column.fault
        if isinstance(values, Exact):
            return values, fault
        if isinstance(values, Words):
            numbers = [parse_number(word) for word in values.vocabulary]
            table = Exact.of_fractions([number or Fraction(0) for number in numbers])
            if None in numbers:
                text = self.book.number("text_not_number", words=", ".join(values.vocabulary))
                bad = np.array([text if number is None else 0 for number in numbers], dtype=np.int16)
                fault = first_fault(fault, np.broadcast_to(bad[values.codes], (self.row_count,)))
            codes = np.atleast_1d(np.asarray(values.codes, dtype=np.intp))
            return table.take(codes), fault
        if isinstance(values, bool):
            return (_ONE if values else _ZERO), fault
        return Exact(Integers(values.astype(np.int64), 0, 1), _ONE.denominators), fault

    def _as_truth(self, column: Column) -> tuple[Any, FaultArray | None]:
        values = column.values
        if isinstance(values, Words):
            lowered = np.array([word.lower() not in ("", "0", "false", "no") for word in values.vocabulary])
            return _plain(lowered[values.codes]), column.fault
        if isinstance(values, Exact):
            return _plain(values.compared(operator.ne, _ZERO)), column.fault
        return values, column.fault

    # Expressions

    def _expression(self, expression: Expression) -> Column:
        match expression:
            case formula.Number(value):
                return Column(Exact.of(value))
            case formula.Text(value):
                return Column(Words(0, (value,)))
            case formula.Truth(value):
                return Column(value)
            case formula.Name(name):
                return self.name(name)
            case formula.Arithmetic(sign, left, right):
                return self._arithmetic(sign, self._expression(left), self._expression(right))
            case formula.Comparison(sign, left, right):
                return self._comparison(sign, self._expression(left), self._expression(right))
            case formula.Membership(operand, items):
                return self._membership(self._expression(operand), items)
            case formula.Negation(operand):
                truths, fault = self._as_truth(self._expression(operand))
                return Column(not truths if isinstance(truths, bool) else ~truths, fault)
            case formula.Logic(word, left, right):
                return self._logic(word, self._expression(left), self._expression(right))
            case formula.Choice(condition, then, otherwise):
                return self._choice(condition, then, otherwise)
            case formula.Call(function, arguments, places):
                return self._call(function, arguments, places)

    def _arithmetic(self, sign: str, left: Column, right: Column) -> Column:
        a, a_fault = self._as_number(left)
        b, b_fault = self._as_number(right)
        fault = first_fault(a_fault, b_fault)
        if sign == "+":
            return Column(a + b, fault)
        if sign == "-":
            return Column(a - b, fault)
        if sign == "*":
            return Column(a * b, fault)
        is_zero = np.asarray(b.compared(operator.eq, _ZERO))
        if is_zero.any():
            number = np.int16(self.book.number("division_by_zero"))
            zeros = np.broadcast_to(np.where(is_zero, number, np.int16(0)), (self.row_count,))
            fault = first_fault(fault, zeros)
            b = _ONE.where(is_zero, b)
        return Column(a / b, fault)

    def _comparison(self, sign: str, left: Column, right: Column) -> Column:
        fault = first_fault(left.fault, right.fault)
        for this, other in ((left, right), (right, left)):
            if isinstance(this.values, Words) and not _is_numeric(this.values):
                same = self._same_words(this.values, other.values)
                return Column(same if sign == "==" else not same if isinstance(same, bool) else ~same, fault)
        a, b = self._as_number(left)[0], self._as_number(right)[0]
        return Column(_plain(a.compared(_COMPARISONS[sign], b)), fault)

    def _same_words(self, words: Words, other: Any) -> Any:
        if isinstance(other, Words):
            keys = {canonical_key(word): code for code, word in enumerate(other.vocabulary)}
            partners = np.array([keys.get(canonical_key(word), -1) for word in words.vocabulary])
            return _plain(partners[words.codes] == other.codes)
        if isinstance(other, Exact):  # a word that spells a number equals it
            numbers = [parse_number(word) for word in words.vocabulary]
            table = Exact.of_fractions([number or Fraction(0) for number in numbers])
            spelled = np.array([number is not None for number in numbers])[words.codes]
            codes = np.atleast_1d(np.asarray(words.codes, dtype=np.intp))
            return _plain(spelled & table.take(codes).compared(operator.eq, other))
        # A word equals a truth if it spells it; one that spells neither equals none.
        spelled = np.array([_TRUTHS_SPELLED.get(canonical_key(word), -1) for word in words.vocabulary])
        return _plain(spelled[words.codes] == other)

    def _membership(self, operand: Column, items: tuple[Expression, ...]) -> Column:
        truths: Any = False
        for item in items:
            equal = self._comparison("==", operand, self._expression(item)).values
            truths = equal if truths is False else truths | equal
        return Column(_plain(truths), operand.fault)

    def _logic(self, word: str, left: Column, right: Column) -> Column:
        a, a_fault = self._as_truth(left)
        b, b_fault = self._as_truth(right)
        if word == "and":
            return Column(_plain(a & b), first_fault(a_fault, fault_where(a, b_fault)))
        return Column(_plain(a | b), first_fault(a_fault, fault_where(np.logical_not(a), b_fault)))

    def _choice(self, condition: Expression, then: Expression, otherwise: Expression) -> Column:
        truths, fault = self._as_truth(self._expression(condition))
        if isinstance(truths, bool):
            chosen = self._expression(then if truths else otherwise)
            return Column(chosen.values, first_fault(fault, chosen.fault))
        a, b = self._expression(then), self._expression(otherwise)
        fault = first_fault(fault, fault_where(truths, a.fault), fault_where(~truths, b.fault))
        if isinstance(a.values, Words) and isinstance(b.values, Words):
            shifted = b.values.codes + len(a.values.vocabulary)
            vocabulary = a.values.vocabulary + b.values.vocabulary
            return Column(Words(np.where(truths, a.values.codes, shifted), vocabulary), fault)
        if not isinstance(a.values, Exact | Words) and not isinstance(b.values, Exact | Words):
            return Column(np.where(truths, a.values, b.values), fault)
        return Column(self._as_number(a)[0].where(truths, self._as_number(b)[0]), fault)

    def _call(self, function: str, arguments: tuple[Expression, ...], places: int) -> Column:
        columns = [self._as_number(self._expression(argument)) for argument in arguments]
        numbers, fault = columns[0]
        if function in _ROUNDINGS:
            return Column(numbers.rounded(Rounding.to_places(places, _ROUNDINGS[function])), fault)
        if function == "abs":
            return Column(numbers.maximum(-numbers), fault)
        for other, other_fault in columns[1:]:
            numbers = numbers.minimum(other) if function == "min" else numbers.maximum(other)
            fault = first_fault(fault, other_fault)
        return Column(numbers, fault)

    # Tables

    def _lookup(self, lookup: Lookup) -> Column:
        keys = [self.name(name) for name in lookup.by]
        chosen = self._chosen_rows(lookup, keys)
        fault = first_fault(*(key.fault for key in keys))
        values = [row.value for row in lookup.rows] + ([lookup.default] if lookup.default is not None else [])
        if lookup.default is None and (chosen < 0).any():
            number = np.int16(self.book.number("no_row", keys=", ".join(lookup.by), line=lookup.line))
            missing = np.broadcast_to(np.where(chosen < 0, number, np.int16(0)), (self.row_count,))
            fault = first_fault(fault, missing)
        # A row of the last value stands in for "no row": it is the default, or the row has a fault.
        constants = [constant_of(value) for value in values]
        if None not in constants:
            table_key = (id(lookup), ("numbers",))
            if table_key not in self.tables:
                self.tables[table_key] = Exact.of_fractions([number or Fraction(0) for number in constants])
            return Column(self.tables[table_key].take(np.atleast_1d(chosen)), fault)
        return self._selected(chosen, values, fault)

    def _selected(self, chosen: Any, values: list[Value], fault: FaultArray | None) -> Column:
        present = np.unique(chosen).tolist()
        selected = self.column(values[present[0]])
        selected_fault = selected.fault
        for index in present[1:]:
            here, other = chosen == index, self.column(values[index])
            selected_fault = first_fault(fault_where(~here, selected_fault), fault_where(here, other.fault))
            if isinstance(selected.values, Words) and isinstance(other.values, Words):
                shifted = other.values.codes + len(selected.values.vocabulary)
                codes = np.where(here, shifted, selected.values.codes)
                selected = Column(Words(codes, selected.values.vocabulary + other.values.vocabulary))
            else:
                numbers = self._as_number(other)[0].where(here, self._as_number(selected)[0])
                selected = Column(numbers)
        return Column(selected.values, first_fault(fault, selected_fault))

    def _chosen_rows(self, lookup: Lookup, keys: list[Column]) -> Any:
        """
        Find the first matching row of the table for each account; -1 where none matches.

        Each key becomes a small number (its place among the table's own keys, or one more for "something else"),
        the numbers are combined, and one prepared array knows the row for each combination.
        """
        combined: Any = 0
        vocabularies = []
        for position, key in enumerate(keys):
            known = list(dict.fromkeys(canonical_key(row.keys[position]) for row in lookup.rows))
            known = [word for word in known if word != ANY]
            vocabularies.append(known)
            combined = combined * (len(known) + 1) + self._key_places(key.values, known)
        size = int(np.prod([len(known) + 1 for known in vocabularies]))
        table_key = (id(lookup), ("rows",))
        if table_key not in self.tables:
            self.tables[table_key] = _row_table(lookup, vocabularies, size)
        return self.tables[table_key][combined]

    def _key_places(self, values: Any, known: list[str]) -> Any:
        places = {word: place for place, word in enumerate(known)}
        if isinstance(values, Words):
            table = np.array([places.get(canonical_key(word), len(known)) for word in values.vocabulary], dtype=np.intp)
            return table[values.codes]
        if not isinstance(values, Exact):
            table = np.array([places.get("false", len(known)), places.get("true", len(known))], dtype=np.intp)
            return table[np.asarray(values).astype(np.intp)]
        found: Any = np.intp(len(known))
        for word, place in places.items():
            if word.startswith("#"):
                found = np.where(values.compared(operator.eq, Exact.of(Fraction(word[1:]))), place, found)
        return found


def _row_table(lookup: Lookup, vocabularies: list[list[str]], size: int) -> NDArray[np.intp]:
    assert size <= _COMBINATIONS_MAX, "compile refuses larger tables"
    shape = [len(known) + 1 for known in vocabularies]
    table = np.full(shape, -1, dtype=np.intp)
    for index in reversed(range(len(lookup.rows))):
        keys = [canonical_key(key) for key in lookup.rows[index].keys]
        place = tuple(
            slice(None) if key == ANY else known.index(key) for key, known in zip(keys, vocabularies, strict=True)
        )
        table[place] = index
    return table.reshape(-1)


def _is_numeric(words: Words) -> bool:
    return all(parse_number(word) is not None for word in words.vocabulary)


def _plain(truths: Any) -> Any:
    """Return one truth for all rows as a plain bool."""
    return bool(truths) if np.ndim(truths) == 0 else truths
