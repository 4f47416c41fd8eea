"""Write a list as a file, row by row, in a form that a spreadsheet cannot be tricked by."""

from __future__ import annotations

import csv
import datetime
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
XLSX_ROWS_MAX = 1_048_575
Rows = Iterable[Sequence[Any]]


def answer(kind: str, *, name: str, heads: Sequence[str], rows: Rows) -> HttpResponseBase:
    """Return the download of a list as `csv` or `xlsx`."""
    return WRITERS[kind](name, heads, rows)


def defuse(value: Any) -> Any:
    """
    Return a value that no spreadsheet takes for a formula.

    >>> defuse("=cmd|' /C calc'!A0"), defuse(-5), defuse("-")
    ("'=cmd|' /C calc'!A0", -5, "'-")
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


class _Echo:
    """Hand each written line back, so that a csv writer can feed a stream."""

    def write(self, line: str) -> str:
        return line


def _csv(name: str, heads: Sequence[str], rows: Rows) -> HttpResponseBase:
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        # The mark tells Excel that the file is UTF-8.
        yield "\ufeff" + writer.writerow([defuse(head) for head in heads])
        for row in rows:
            yield writer.writerow([defuse(value) for value in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _xlsx(name: str, heads: Sequence[str], rows: Rows) -> HttpResponseBase:
    return answer_workbook(name=name, sheets=[("", heads, rows)])


def answer_workbook(*, name: str, sheets: Iterable[tuple[str, Sequence[str], Rows]]) -> HttpResponseBase:
    """
    Return the download of several tables as one workbook.

    sheets  title ("" is the program's own), heads and rows of each; no two titles are alike, none over 31 letters
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it when it is sent
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    head = book.add_format({"bold": True, "bottom": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for title, heads, rows in sheets:
        sheet = book.add_worksheet(title or None)
        sheet.write_row(0, 0, heads, head)
        for index, row in enumerate(rows, start=1):
            if index > XLSX_ROWS_MAX:
                break
            for column, value in enumerate(row):
                _write_cell(sheet, index, column, value, day=day, instant=instant)
        sheet.freeze_panes(1, 0)
    book.close()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx")


def _write_cell(sheet: Any, index: int, column: int, value: Any, *, day: Any, instant: Any) -> None:
    match value:
        case datetime.datetime():
            sheet.write_datetime(index, column, timezone.make_naive(value), instant)
        case datetime.date():
            sheet.write_datetime(index, column, value, day)
        case bool() | str():
            sheet.write(index, column, value)
        case int() | float() | Decimal():
            sheet.write_number(index, column, value)
        case None:
            pass
        case _:
            sheet.write_string(index, column, str(value))


WRITERS: dict[str, Callable[[str, Sequence[str], Rows], HttpResponseBase]] = {"csv": _csv, "xlsx": _xlsx}
