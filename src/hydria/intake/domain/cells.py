"""
Turn columns of cells into columns of fields: steps first, then the type of the field.

A column is a `polars.Series` of texts; null is an empty cell. Every function returns the new column together with
what it could not understand, so one bad cell never stops the others. Results are texts that PostgreSQL casts
without loss: ISO dates, whole numbers, thousandths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import polars as pl

from hydria.intake.domain.kinds import Field, FieldType
from hydria.intake.domain.mapping import Cell, Step
from hydria.kernel.rounding import Rounding

TRUE_WORDS = ("true", "yes", "y", "1", "si", "sí", "s", "ναι", "sim")
FALSE_WORDS = ("false", "no", "n", "0", "όχι", "não")
YEAR_MIN, YEAR_MAX = 1900, 2199
_WHITE = " \t\r\n\u00a0\u2007\u202f\ufeff"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Cells of one column that share a finding; `mask` marks them, and null counts as no."""

    code: str
    mask: pl.Series
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Column:
    """A column on its way: its texts and its troubles so far."""

    texts: pl.Series
    troubles: tuple[Trouble, ...] = ()

    def refuse(self, code: str, mask: pl.Series, **data: object) -> Column:
        """Note the cells that the mask marks, and empty them."""
        mask = mask.fill_null(False)
        if not mask.any():
            return self
        kept = self.texts.set(mask, None)
        return Column(kept, (*self.troubles, Trouble(code, mask, data)))


def read_cell(
    cell: Cell, *, frame: pl.DataFrame, codes: Mapping[str, Mapping[str, str]], money_exponent: int
) -> Column:
    """
    Return the column of one field.

    frame           texts of the file by column name
    money_exponent  decimals of the company's currency
    """
    column = Column(_source(cell, frame))
    column = column.refuse("control_character", column.texts.str.contains(_CONTROL))
    for step in cell.steps:
        column = _STEPS[step.name](column, step, codes)
    column = _typed(column, cell.field, money_exponent=money_exponent)
    if cell.field.required:
        troubled = _any(column.troubles, len(frame))
        missing = column.texts.is_null() & ~troubled
        column = Column(column.texts, (*column.troubles, Trouble("value_missing", missing, {})))
    return column


def large_cells(cell: Cell, texts: pl.Series, *, money_exponent: int) -> pl.Series:
    """Mark the values above `warn_above`: allowed, but worth a look."""
    scale = 10 ** _decimals(cell.field, money_exponent)
    return (texts.cast(pl.Int64, strict=False) > int(Fraction(cell.warn_above) * scale)).fill_null(False)


def _source(cell: Cell, frame: pl.DataFrame) -> pl.Series:
    if cell.constant is not None:
        return pl.repeat(cell.constant, len(frame), dtype=pl.String, eager=True)
    parts = [_emptied(frame[name].str.strip_chars(_WHITE)) for name in cell.columns]
    if len(parts) == 1:
        return parts[0]
    joined = pl.select(pl.concat_str(parts, separator=cell.join, ignore_nulls=True)).to_series()
    return _emptied(joined)


def _emptied(texts: pl.Series) -> pl.Series:
    """Return the texts with null for the empty ones."""
    return texts.set(texts == "", None)


def _any(troubles: tuple[Trouble, ...], row_count: int) -> pl.Series:
    mask = pl.repeat(False, row_count, eager=True)
    for trouble in troubles:
        mask |= trouble.mask
    return mask


# Steps: column, step, codes -> column

type_of_codes = Mapping[str, Mapping[str, str]]


def _empty(column: Column, step: Step, codes: type_of_codes) -> Column:
    return Column(column.texts.set(column.texts.is_in(step.arguments), None), column.troubles)


def _default(column: Column, step: Step, codes: type_of_codes) -> Column:
    return Column(column.texts.fill_null(step.arguments[0]), column.troubles)


def _split(column: Column, step: Step, codes: type_of_codes) -> Column:
    by, part = step.arguments
    parts = column.texts.str.split(by).list.get(int(part) - 1, null_on_oob=True)
    return Column(_emptied(parts.str.strip_chars(_WHITE)), column.troubles)


def _text_step(change: Callable[[pl.Series, str], pl.Series]) -> Callable[[Column, Step, type_of_codes], Column]:
    return lambda column, step, codes: Column(_emptied(change(column.texts, step.arguments[0])), column.troubles)


def _coded(column: Column, step: Step, codes: type_of_codes) -> Column:
    table = codes[step.arguments[0]]
    unknown = ~column.texts.is_in(list(table))
    known = column.refuse("code_unknown", unknown, known=", ".join(list(table)[:20]))
    return Column(known.texts.replace(table), known.troubles)


def _decimal(column: Column, step: Step, codes: type_of_codes) -> Column:
    thousands, point = (".", ",") if step.arguments[0] == "comma" else (",", ".")
    grouped = rf"^[+-]?([0-9]+|[0-9]{{1,3}}(\{thousands}[0-9]{{3}})+)(\{point}[0-9]+)?$"
    column = column.refuse("number_unreadable", ~column.texts.str.contains(grouped))
    texts = column.texts.str.replace_all(thousands, "", literal=True).str.replace(point, ".", literal=True)
    return Column(texts, column.troubles)


def _multiply(column: Column, step: Step, codes: type_of_codes) -> Column:
    """Multiply exactly, to the nearest thousandth; each different text is worked out once."""
    column = column.refuse("number_unreadable", ~column.texts.str.contains(r"^[+-]?[0-9]{1,12}(\.[0-9]{1,12})?$"))
    factor, to_milli = Fraction(step.arguments[0]), Rounding.to_places(3)
    results = {text: to_milli.apply(Fraction(text) * factor) for text in column.texts.drop_nulls().unique()}
    spelled = {text: str(Decimal(int(result * 1000)).scaleb(-3)) for text, result in results.items()}
    return Column(column.texts.replace(spelled), column.troubles)


def _date_step(column: Column, step: Step, codes: type_of_codes) -> Column:
    """Read dates in any of the formats; the first that fits a cell counts."""
    read = [column.texts.str.to_date(form, strict=False) for form in step.arguments]
    found = pl.select(pl.coalesce(read)).to_series()
    column = column.refuse("date_unreadable", found.is_null() & column.texts.is_not_null(), form=step.arguments[0])
    return Column(found.dt.to_string("%Y-%m-%d"), column.troubles)


def _offset_step(unit: str) -> Callable[[Column, Step, type_of_codes], Column]:
    """Move days: files often say the last day that counts, and fields the first that no longer does."""

    def move(column: Column, step: Step, codes: type_of_codes) -> Column:
        dates = column.texts.str.to_date("%Y-%m-%d", strict=False)
        column = column.refuse("date_unreadable", dates.is_null() & column.texts.is_not_null(), form="%Y-%m-%d")
        moved = dates.dt.offset_by(f"{step.arguments[0]}{unit}")
        return Column(moved.dt.to_string("%Y-%m-%d").set(column.texts.is_null(), None), column.troubles)

    return move


_STEPS: Mapping[str, Callable[[Column, Step, type_of_codes], Column]] = {
    "empty": _empty,
    "default": _default,
    "split": _split,
    "upper": _text_step(lambda texts, _: texts.str.to_uppercase()),
    "lower": _text_step(lambda texts, _: texts.str.to_lowercase()),
    "strip": _text_step(lambda texts, characters: texts.str.strip_chars(characters)),
    "pad": _text_step(lambda texts, width: texts.str.zfill(int(width))),
    "prefix": _text_step(lambda texts, prefix: prefix + texts),
    "codes": _coded,
    "decimal": _decimal,
    "multiply": _multiply,
    "date": _date_step,
    "add_days": _offset_step("d"),
    "add_months": _offset_step("mo"),
}


# Types: the last step of every column


def _typed(column: Column, field: Field, *, money_exponent: int) -> Column:
    if field.type is FieldType.DATE:
        return _date_typed(column)
    if field.type is FieldType.TRUTH:
        lowered = column.texts.str.to_lowercase()
        is_true, is_false = lowered.is_in(TRUE_WORDS), lowered.is_in(FALSE_WORDS)
        column = column.refuse("truth_unreadable", ~(is_true | is_false))
        return Column(is_true.cast(pl.String).set(column.texts.is_null(), None), column.troubles)
    if field.type is FieldType.TEXT:
        return _text_typed(column, field)
    return _number_typed(column, field, decimals=_decimals(field, money_exponent))


def _text_typed(column: Column, field: Field) -> Column:
    if field.choices:
        column = Column(column.texts.str.to_uppercase(), column.troubles)
        return column.refuse("code_unknown", ~column.texts.is_in(field.choices), known=", ".join(field.choices))
    too_long = column.texts.str.len_chars() > field.length_max
    return column.refuse("text_too_long", too_long, length_max=field.length_max)


def _date_typed(column: Column) -> Column:
    plain = column.texts.str.replace(r"[ T]00:00(:00(\.0+)?)?$", "")
    is_spelled = plain.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    dates = plain.set(~is_spelled, None).str.to_date("%Y-%m-%d", strict=False)
    column = column.refuse("date_unreadable", dates.is_null() & column.texts.is_not_null(), form="%Y-%m-%d")
    years = dates.dt.year()
    column = column.refuse("date_impossible", (years < YEAR_MIN) | (years > YEAR_MAX), first=YEAR_MIN, last=YEAR_MAX)
    return Column(dates.dt.to_string("%Y-%m-%d").set(column.texts.is_null(), None), column.troubles)


def _decimals(field: Field, money_exponent: int) -> int:
    return {
        FieldType.WHOLE: 0,
        FieldType.QUANTITY: 3,
        FieldType.MONEY: money_exponent,
        FieldType.DEGREES: 6,
    }[field.type]


def _number_typed(column: Column, field: Field, *, decimals: int) -> Column:
    """Return whole numbers of the smallest step (thousandths, minor units); degrees keep their point."""
    column = column.refuse("number_unreadable", ~column.texts.str.contains(r"^[+-]?[0-9]+(\.[0-9]*)?$"))
    enormous = column.texts.str.contains(r"^[+-]?[0-9]{16,}")
    column = column.refuse("number_impossible", enormous, low=field.low, high=field.high)
    too_fine = column.texts.str.contains(rf"\.[0-9]{{{decimals}}}0*[1-9]")
    column = column.refuse("number_too_fine", too_fine, decimals=decimals)
    sizes = column.texts.str.strip_chars_start("+-")
    parts = sizes.str.split_exact(".", 1).struct.unnest().to_dict(as_series=True)
    whole, fraction = parts["field_0"], parts["field_1"].fill_null("").str.slice(0, decimals)
    steps = (whole + fraction.str.pad_end(decimals, "0")).cast(pl.Int64, strict=False)
    column = column.refuse(
        "number_impossible", steps.is_null() & column.texts.is_not_null(), low=field.low, high=field.high
    )
    steps = pl.select(pl.when(column.texts.str.starts_with("-")).then(-steps).otherwise(steps)).to_series()
    if field.low is not None and field.high is not None:
        scale = 10**decimals
        negative = (steps < 0) if field.low == 0 else (steps < field.low * scale)
        code = "number_negative" if field.low == 0 else "number_impossible"
        column = column.refuse(code, negative, low=field.low, high=field.high)
        column = column.refuse("number_impossible", steps > field.high * scale, low=field.low, high=field.high)
    if field.type is FieldType.DEGREES:
        return column
    return Column(steps.cast(pl.String).set(column.texts.is_null(), None), column.troubles)
