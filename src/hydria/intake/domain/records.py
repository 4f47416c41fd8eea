"""Apply a mapping to a table of cells: rows of fields for each kind of record, and everything that was wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from hydria.intake.domain.cells import Column, large_cells, read_cell
from hydria.intake.domain.kinds import KINDS, Kind
from hydria.intake.domain.mapping import INPUT_PREFIX, Cell, Mapping, RecordRule
from hydria.kernel.issues import Issue, Severity

ROW_COLUMN = "#"
FINDINGS_MAX = 20_000
"""Findings that one file may have; more are counted, and the count is a finding."""


@dataclass(frozen=True, slots=True)
class Table:
    """
    Hold the cells of a file.

    cells        one column of texts per column of the file
    row_numbers  the number of each row as a spreadsheet counts, header included
    """

    cells: pl.DataFrame
    row_numbers: pl.Series


@dataclass(frozen=True, slots=True)
class Records:
    """
    Hold the good rows of one kind.

    fields  one column of texts per field that the mapping feeds, and `row`
    """

    kind: Kind
    fields: pl.DataFrame


def build_records(*, table: Table, mapping: Mapping, money_exponent: int) -> tuple[list[Records], list[Issue]]:
    """
    Return the records of every kind in the order of `KINDS`, and the findings in the order of rows.

    Guarantee: a row of the file with a blocking finding for a kind gives no record of that kind; every other row
    that the rule's condition lets pass gives one, or repeats one.
    """
    # The row number is a column too: some files have an order and no number for it.
    table = Table(table.cells.with_columns(table.row_numbers.cast(pl.String).alias(ROW_COLUMN)), table.row_numbers)
    lacking = [name for name in mapping.columns if name not in table.cells.columns]
    if lacking:
        present = ", ".join(table.cells.columns[:40])
        return [], [Issue(code="column_missing", field=name, row=0, data={"present": present}) for name in lacking]
    records: list[Records] = []
    issues: list[Issue] = []
    for rule in sorted(mapping.records, key=lambda rule: list(KINDS).index(rule.kind.name)):
        found, troubles = _records_of_rule(rule, table=table, mapping=mapping, money_exponent=money_exponent)
        records.append(found)
        issues.extend(troubles)
    # One cell may feed several fields; what is wrong with it is said once.
    issues = list({(issue.row, issue.field, issue.code): issue for issue in issues}.values())
    issues.sort(key=lambda issue: issue.row)
    if len(issues) > FINDINGS_MAX:
        more = Issue(code="findings_too_many", data={"count": len(issues), "shown": FINDINGS_MAX})
        issues = [more, *issues[:FINDINGS_MAX]]
    return records, issues


def _records_of_rule(
    rule: RecordRule, *, table: Table, mapping: Mapping, money_exponent: int
) -> tuple[Records, list[Issue]]:
    frame, row_numbers = _chosen_rows(rule, table)
    columns = {
        name: read_cell(cell, frame=frame, codes=mapping.codes, money_exponent=money_exponent)
        for name, cell in rule.cells
    }
    issues: list[Issue] = []
    is_good = pl.repeat(True, len(frame), eager=True)
    for name, cell in rule.cells:
        for trouble in columns[name].troubles:
            is_good &= ~trouble.mask
            issues.extend(_cell_issues(trouble.code, trouble.mask, cell, frame, row_numbers, trouble.data))
        if cell.warn_above:
            mask = large_cells(cell, columns[name].texts, money_exponent=money_exponent)
            data = {"warn_above": cell.warn_above}
            issues.extend(_cell_issues("value_large", mask, cell, frame, row_numbers, data, Severity.WARN))
    fields = _fields(rule, columns).with_columns(row_numbers.alias("row")).filter(is_good)
    fields, reversed_issues = _without_reversed_ranges(fields, rule.kind)
    fields, repeat_issues = _without_repeats(fields, rule)
    return Records(rule.kind, fields), [*issues, *reversed_issues, *repeat_issues]


def _chosen_rows(rule: RecordRule, table: Table) -> tuple[pl.DataFrame, pl.Series]:
    if not rule.when_column:
        return table.cells, table.row_numbers
    texts = table.cells[rule.when_column].str.strip_chars()
    mask = texts.is_in(rule.when_values) if rule.when_values else texts != ""
    return table.cells.filter(mask), table.row_numbers.filter(mask)


def _fields(rule: RecordRule, columns: dict[str, Column]) -> pl.DataFrame:
    """Put the columns side by side; `inputs.*` become one JSON text."""
    frame = pl.DataFrame({name: column.texts for name, column in columns.items()})
    inputs = [name for name in frame.columns if name.startswith(INPUT_PREFIX)]
    if not inputs:
        return frame
    packed = [
        json.dumps({name.removeprefix(INPUT_PREFIX): row[name] for name in inputs if row[name] is not None})
        for row in frame.select(inputs).iter_rows(named=True)
    ]
    return frame.drop(inputs).with_columns(pl.Series("inputs", packed, dtype=pl.String))


def _cell_issues(
    code: str,
    mask: pl.Series,
    cell: Cell,
    frame: pl.DataFrame,
    row_numbers: pl.Series,
    data: object,
    severity: Severity = Severity.BLOCK,
) -> Iterator[Issue]:
    column = cell.columns[0] if cell.columns else ""
    for position in mask.arg_true().head(FINDINGS_MAX + 1).to_list():
        raw = frame[column][position] if column else cell.constant
        yield Issue(
            code=code,
            severity=severity,
            row=row_numbers[position],
            field=", ".join(cell.columns) or cell.field.name,
            data={**data, "value": (raw or "")[:80]},  # type: ignore[dict-item]
        )


def _without_reversed_ranges(fields: pl.DataFrame, kind: Kind) -> tuple[pl.DataFrame, list[Issue]]:
    """Take out the rows whose last day is not after their first."""
    start, end = ("start", "end") if kind.name == "consumption" else ("from", "until")
    if start not in fields.columns or end not in fields.columns:
        return fields, []
    mask = (fields[end] <= fields[start]).fill_null(False)
    issues = [
        Issue(code="range_reversed", row=row, field=end, data={"start": first, "value": last})
        for row, first, last in fields.filter(mask).select("row", start, end).iter_rows()
    ]
    return fields.filter(~mask), issues


def _without_repeats(fields: pl.DataFrame, rule: RecordRule) -> tuple[pl.DataFrame, list[Issue]]:
    """
    Keep the first row of each identity.

    An identical repeat of a fact is worth a warning; a repeat with other content is refused, or passed over with a
    warning where the mapping says `repeats: keep_first`.
    """
    identity = [name for name in rule.kind.identity if name in fields.columns]
    is_first = fields.select(pl.struct(identity).is_first_distinct()).to_series()
    if is_first.all():
        return fields, []
    kept, others = fields.filter(is_first), fields.filter(~is_first)
    content = [name for name in fields.columns if name not in (*identity, "row")]
    pairs = others.join(kept, on=identity, how="left", suffix="_first", nulls_equal=True, maintain_order="left")
    differs = pl.repeat(False, len(pairs), eager=True)
    for name in content:
        differs |= pairs[name].ne_missing(pairs[f"{name}_first"])
    issues = []
    for position, row in enumerate(pairs.iter_rows(named=True)):
        if not differs[position] and not rule.kind.is_fact:
            continue
        named = ", ".join(str(row[name]) for name in identity)
        changed = [name for name in content if row[name] != row[f"{name}_first"]]
        issues.append(
            Issue(
                code="row_differs_from_first" if changed else "row_repeated",
                severity=Severity.WARN if rule.repeats == "keep_first" or not changed else Severity.BLOCK,
                row=row["row"],
                field=", ".join(changed or identity),
                data={"identity": named, "first_row": row["row_first"], "kind": rule.kind.name},
            )
        )
    return kept, issues
