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
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it when it is sent
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    sheet = book.add_worksheet()
    head = book.add_format({"bold": True, "bottom": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write_row(0, 0, heads, head)
    for index, row in enumerate(rows, start=1):
        if index > XLSX_ROWS_MAX:
            break
        for column, value in enumerate(row):
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
                    continue
                case _:
                    sheet.write_string(index, column, str(value))
    sheet.freeze_panes(1, 0)
    book.close()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx")


WRITERS: dict[str, Callable[[str, Sequence[str], Rows], HttpResponseBase]] = {"csv": _csv, "xlsx": _xlsx}
