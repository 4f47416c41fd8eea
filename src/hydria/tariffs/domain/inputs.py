"""
Read the columns that a tariff asks for: numbers, truths, and words out of a stated list.

What cannot be read is a fault of that row alone. A value that is given but wrong stops its row at once; one that is
missing stops the row only if the row's charges need it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from hydria.kernel.exact import Exact
from hydria.tariffs.domain.evaluation import Column, FaultArray, FaultBook, Words, first_fault
from hydria.tariffs.domain.form import Input, Kind
from hydria.tariffs.domain.formula import parse_number
from hydria.tariffs.domain.values import canonical_key

_TRUTHS = {"true": True, "false": False, "#1": True, "#0": False}


def read_inputs(
    wanted: tuple[Input, ...], given: Mapping[str, Any], *, row_count: int | None, book: FaultBook
) -> tuple[dict[str, Column], int, FaultArray]:
    """
    Read all inputs of a tariff.

    returns  columns by name, the number of rows, and int16[n] faults of the rows that hold an unreadable value
    """
    sizes = [len(column) for column in given.values() if not isinstance(column, Exact | Words)]
    sizes += [_size(column) for column in given.values() if isinstance(column, Exact | Words)]
    count = row_count if row_count is not None else max(sizes, default=1)
    hard: FaultArray | None = None
    columns = {}
    for declared in wanted:
        column, fault = _read(declared, given.get(declared.name), count, book)
        columns[declared.name] = column
        hard = first_fault(hard, fault)
    return columns, count, np.zeros(count, dtype=np.int16) if hard is None else hard


def _size(column: Exact | Words) -> int:
    values = column.codes if isinstance(column, Words) else column.numerators.values
    return 1 if isinstance(values, int) else len(values)


def _read(declared: Input, given: Any, count: int, book: FaultBook) -> tuple[Column, FaultArray | None]:
    if given is None:
        given = [None] * count if declared.default is None else [declared.default] * count
    elif isinstance(given, Exact):
        return Column(given), None
    elif isinstance(given, np.ndarray) and given.dtype.kind in "iu" and declared.kind is Kind.NUMBER:
        return Column(Exact.of_integers(given)), None
    elif isinstance(given, np.ndarray) and given.dtype.kind == "b" and declared.kind is Kind.TRUTH:
        return Column(given), None
    if isinstance(given, Words):
        distinct: list[Any] = list(given.vocabulary)
        places = np.broadcast_to(np.asarray(given.codes, dtype=np.intp), (count,))
    else:
        distinct, places = _distinct(given)
    missing = np.int16(book.number("missing_input", input=declared.name))
    values, soft, hard = [], np.zeros(len(distinct), np.int16), np.zeros(len(distinct), np.int16)
    parse, filler = _PARSERS[declared.kind](declared)
    for index, entry in enumerate(distinct):
        text = declared.default if entry is None or entry == "" else entry
        value = None if text is None else parse(text)
        if text is None:
            soft[index] = missing
        elif value is None:
            hard[index] = book.number("unknown_value", input=declared.name, value=str(text)[:60])
        values.append(filler if value is None else value)
    soft_fault = soft[places] if soft.any() else None
    hard_fault = hard[places] if hard.any() else None
    if declared.kind is Kind.NUMBER:
        return Column(Exact.of_fractions(values).take(places), soft_fault), hard_fault
    if declared.kind is Kind.TRUTH:
        return Column(np.array(values, dtype=bool)[places], soft_fault), hard_fault
    return Column(Words(np.array(values, dtype=np.intp)[places], declared.values), soft_fault), hard_fault


def _distinct(given: Any) -> tuple[list[Any], Any]:
    """Return the distinct entries and where each row finds its own."""
    entries = given.tolist() if isinstance(given, np.ndarray) else list(given)
    places: dict[Any, int] = {}
    # 1 == True in Python, so the type is part of the identity.
    codes = [places.setdefault((type(entry), entry), len(places)) for entry in entries]
    return [entry for _, entry in places], np.array(codes, dtype=np.intp)


Parser = Callable[[Any], Any]


def _number_parser(_: Input) -> tuple[Parser, Fraction]:
    def parse(entry: Any) -> Fraction | None:
        if isinstance(entry, bool):
            return None
        if isinstance(entry, int | Fraction):
            return Fraction(entry)
        return parse_number(str(entry).strip()) if isinstance(entry, str | Decimal) else None

    return parse, Fraction(0)


def _truth_parser(_: Input) -> tuple[Parser, bool]:
    def parse(entry: Any) -> bool | None:
        return _TRUTHS.get(canonical_key(str(entry).strip().lower()))

    return parse, False


def _word_parser(declared: Input) -> tuple[Parser, int]:
    places = {canonical_key(value): index for index, value in reversed(list(enumerate(declared.values)))}

    def parse(entry: Any) -> int | None:
        return places.get(canonical_key(str(entry).strip()))

    return parse, 0


_PARSERS: dict[Kind, Callable[[Input], tuple[Parser, Any]]] = {
    Kind.NUMBER: _number_parser,
    Kind.TRUTH: _truth_parser,
    Kind.TEXT: _word_parser,
}
