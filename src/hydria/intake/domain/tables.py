"""
Read the bytes of a file (CSV, gzipped CSV or XLSX) into a table of texts, however hostile they are.

Nothing is repaired: a row with too few cells, a byte that is not of the encoding, a spreadsheet that unpacks to
gigabytes each become an `Issue` that names the row, the column and, by its code, the cure. Cells stay texts; a
formula is a text like any other.
"""

from __future__ import annotations

import csv
import datetime
import io
import itertools
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import openpyxl
import polars as pl
from charset_normalizer import from_bytes

from hydria.intake.domain.mapping import Source
from hydria.intake.domain.records import Table
from hydria.kernel.issues import Issue

GZIP_MAGIC, ZIP_MAGIC = b"\x1f\x8b", b"PK\x03\x04"
_SAMPLE_BYTES = 256 * 1024
_PACKED_FILES_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bound what one file may claim; a deployment sets them in its environment."""

    size_bytes_max: int = 512 * 1024**2
    row_count_max: int = 5_000_000
    column_count_max: int = 500


class _Refused(Exception):
    """The file cannot be read any further; holds the finding."""

    def __init__(self, code: str, *, row: int = 0, field: str = "", **data: object) -> None:
        super().__init__(code)
        self.issue = Issue(code=code, row=row, field=field, data=data)


def read_table(content: bytes, *, source: Source, limits: Limits) -> tuple[Table | None, list[Issue]]:
    """
    Return the table of a file, or None and the findings that say why there is none.

    >>> table, issues = read_table(b"no;size\\n1;1/2\\n", source=Source(), limits=Limits())
    >>> table.cells.rows(), table.row_numbers.to_list(), issues
    ([('1', '1/2')], [2], [])
    """
    try:
        if len(content) > limits.size_bytes_max:
            raise _Refused("file_too_large", size_bytes=len(content), size_bytes_max=limits.size_bytes_max)
        if source.format == "xlsx" or (not source.format and content.startswith(ZIP_MAGIC)):
            return _table(_xlsx_rows(content, source, limits), source)
        if content.startswith(GZIP_MAGIC):
            content = _unpacked(content, limits)
        text = _decoded(content, source)
        return _plain_table(text, source, limits) or _table(_csv_rows(text, source, limits), source)
    except _Refused as refused:
        return None, [refused.issue]


def _table(rows: Sequence[Sequence[str]], source: Source) -> tuple[Table | None, list[Issue]]:
    """Split header and rows; every row has to have a cell for every column."""
    if len(rows) < source.header_row:
        raise _Refused("file_empty")
    header = [name.strip() for name in rows[source.header_row - 1]]
    while header and not header[-1]:
        header.pop()
    issues = [
        Issue(code="column_repeated", row=source.header_row, field=name, data={"count": header.count(name)})
        for name in dict.fromkeys(header)
        if header.count(name) > 1
    ]
    width = len(header)
    body, numbers = [], []
    for number, row in enumerate(rows[source.header_row :], start=source.header_row + 1):
        if not any(row):
            continue
        # Spreadsheets pad rows with empty cells; anything else beyond the header is a cell out of place.
        if len(row) < width or any(row[width:]):
            field = header[len(row)] if len(row) < width else ""
            issues.append(Issue(code="row_ragged", row=number, field=field, data={"found": len(row), "wanted": width}))
            continue
        body.append(row[:width])
        numbers.append(number)
    if issues or not header:
        return None, issues or [Issue(code="file_empty")]
    columns = zip(*body, strict=True) if body else [()] * width
    cells = pl.DataFrame(
        [pl.Series(name, column, dtype=pl.String) for name, column in zip(header, columns, strict=True)]
    )
    return Table(cells, pl.Series(numbers, dtype=pl.Int64)), []


def _plain_table(text: str, source: Source, limits: Limits) -> tuple[Table | None, list[Issue]] | None:
    """
    Return the table of a text that needs no care, read in columns; None when it has to be read row by row.

    It needs none when it has no quotation marks and no empty lines, its names differ and every row has a cell for
    every column.
    """
    text = text.replace("\r\n", "\n")
    if any(mark in text for mark in ('"', "\0", "\r", "\n\n")) or source.header_row != 1:
        return None
    delimiter = source.delimiter or _sniffed_delimiter(text, source)
    header, _, body = text.partition("\n")
    body = body.removesuffix("\n")
    names = [name.strip() for name in header.split(delimiter)]
    row_count = body.count("\n") + 1
    is_plain = (
        len(set(names)) == len(names) <= limits.column_count_max
        and all(names)
        and bool(body)
        and row_count <= limits.row_count_max
        and body.count(delimiter) == row_count * (len(names) - 1)
    )
    if not is_plain:
        return None
    try:
        cells = pl.read_csv(
            body.encode(),
            has_header=False,
            new_columns=names,
            separator=delimiter,
            quote_char=None,
            infer_schema=False,
        )
    except pl.exceptions.PolarsError:  # a row with a cell too many beside one with a cell too few
        return None
    is_filled = ~cells.select(pl.all_horizontal(pl.all().is_null())).to_series()
    numbers = pl.int_range(2, row_count + 2, eager=True)
    return Table(cells.filter(is_filled).fill_null(""), numbers.filter(is_filled)), []


def _unpacked(content: bytes, limits: Limits) -> bytes:
    """Unpack gzip, never further than the limit."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(content, limits.size_bytes_max + 1)
    except zlib.error as error:
        raise _Refused("file_damaged", problem=str(error)) from error
    if len(unpacked) > limits.size_bytes_max:
        raise _Refused("file_unpacks_too_large", size_bytes_max=limits.size_bytes_max)
    if not unpacker.eof:
        raise _Refused("file_damaged", problem="gzip: unexpected end")
    return unpacked


def _decoded(content: bytes, source: Source) -> str:
    """Decode by the mapping's encoding, else by byte order mark, else UTF-8, else what a library takes it for."""
    encoding = source.encoding
    if not encoding:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            encoding = "utf-16"
        else:
            try:
                return content.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                best = from_bytes(content[:_SAMPLE_BYTES]).best()
                if best is None:
                    raise _undecodable(content, error) from error
                encoding = best.encoding
    try:
        return content.decode("utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(content, error) from error
    except LookupError as error:
        raise _Refused("encoding_unknown", encoding=encoding) from error


def _undecodable(content: bytes, error: UnicodeDecodeError) -> _Refused:
    before = content[: error.start]
    line_start = before.rfind(b"\n") + 1
    return _Refused(
        "encoding_wrong",
        row=before.count(b"\n") + 1,
        field=f"character {error.start - line_start + 1}",
        encoding=error.encoding,
        byte=f"0x{content[error.start]:02X}",
    )


def _csv_rows(text: str, source: Source, limits: Limits) -> list[list[str]]:
    if "\0" in text:
        raise _Refused("file_not_text", row=text.count("\n", 0, text.index("\0")) + 1)
    delimiter = source.delimiter or _sniffed_delimiter(text, source)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > limits.row_count_max + source.header_row:
                raise _Refused("file_has_too_many_rows", row_count_max=limits.row_count_max)
            if len(row) > limits.column_count_max:
                raise _Refused("file_has_too_many_columns", row=len(rows), column_count_max=limits.column_count_max)
    except csv.Error as error:
        raise _Refused("row_unreadable", row=len(rows) + 1, problem=str(error)) from error
    return rows


def _sniffed_delimiter(text: str, source: Source) -> str:
    """Take the usual delimiter that the header holds most often."""
    header = next(itertools.islice(io.StringIO(text), source.header_row - 1, None), "")
    return max(",;\t|", key=header.count)


def _xlsx_rows(content: bytes, source: Source, limits: Limits) -> list[list[str]]:
    _refuse_hostile_package(content, limits)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        if source.sheet and source.sheet not in book.sheetnames:
            raise _Refused("sheet_missing", sheet=source.sheet, present=", ".join(book.sheetnames[:20]))
        sheet = book[source.sheet] if source.sheet else book.worksheets[0]
        # The size that a sheet claims is not believed; one row too many is enough to refuse.
        sheet.reset_dimensions()
        row_max = limits.row_count_max + source.header_row + 1
        cells = sheet.iter_rows(max_row=row_max, values_only=True)
        return _spelled_rows(cells, row_max, limits)
    except _Refused:
        raise
    except Exception as error:  # A hostile or damaged package fails in any of four libraries, in their own words.
        raise _Refused("file_damaged", problem=f"{type(error).__name__}: {error}"[:200]) from error


def _spelled_rows(rows: Iterable[tuple[object, ...]], row_max: int, limits: Limits) -> list[list[str]]:
    spelled: list[list[str]] = []
    empty_count = 0
    width = 0
    for row in rows:
        if len(row) > limits.column_count_max:
            raise _Refused("file_has_too_many_columns", row=len(spelled) + 1, column_count_max=limits.column_count_max)
        texts = [_spelled(value) for value in row]
        spelled.append(texts)
        if len(spelled) >= row_max:
            raise _Refused("file_has_too_many_rows", row_count_max=limits.row_count_max)
        # A row number such as 1,000,000,000 makes the library hand out the empty rows before it, one by one.
        empty_count = 0 if any(texts) else empty_count + 1
        if empty_count > _EMPTY_ROWS_MAX:
            raise _Refused("sheet_has_a_gap", row=len(spelled), empty_count_max=_EMPTY_ROWS_MAX)
        width = max(width, len(texts))
    return [texts + [""] * (width - len(texts)) for texts in spelled]


_EMPTY_ROWS_MAX = 10_000


def _spelled(value: object) -> str:
    """Spell a cell as a person would type it: ISO dates, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 10**15 else f"{value:.12f}".rstrip("0")
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)


def _refuse_hostile_package(content: bytes, limits: Limits) -> None:
    """Refuse a package that unpacks beyond the limit, or whose XML brings its own entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            members = package.infolist()
            unpacked_bytes = sum(member.file_size for member in members)
            if unpacked_bytes > limits.size_bytes_max or len(members) > _PACKED_FILES_MAX:
                raise _Refused("file_unpacks_too_large", size_bytes_max=limits.size_bytes_max)
            for member in members:
                with package.open(member) as stream:
                    if b"<!DOCTYPE" in stream.read(4096).upper():
                        raise _Refused("xml_has_entities", field=member.filename)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _Refused("file_damaged", problem=str(error)[:200]) from error
