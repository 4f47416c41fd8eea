"""Whatever bytes arrive, they become a table or a finding that names row, column and cause."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydria.intake.domain.mapping import Source
from hydria.intake.domain.tables import Limits, read_table

SMALL = Limits(size_bytes_max=200_000, row_count_max=100, column_count_max=20)


def finding_of(content: bytes, source: Source | None = None):
    table, issues = read_table(content, source=source or Source(), limits=SMALL)
    assert table is None
    return issues[0]


def workbook(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def repacked(content: bytes, *, member: str, change) -> bytes:
    """Return a workbook with one of its files changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info.filename, change(data) if info.filename == member else data)
    return stream.getvalue()


WORKBOOK = workbook([["no", "name"], [1, "Ana"]])


class TestReadCsv:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_finds_the_delimiter_out(self, delimiter):
        content = f"no{delimiter}name\n1{delimiter}Ana\n".encode()

        table, issues = read_table(content, source=Source(), limits=SMALL)

        assert (table.cells.rows(), issues) == ([("1", "Ana")], [])

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    def test_finds_the_encoding_out(self, encoding):
        text = "número;dirección\n1;Peñón de Alhucemas, año 1998\n" * 1
        table, _issues = read_table(text.encode(encoding), source=Source(), limits=SMALL)

        assert table.cells.columns == ["número", "dirección"]

    def test_takes_the_encoding_that_the_mapping_names(self):
        content = "όνομα\nΑθήνα\n".encode("iso-8859-7")

        table, _issues = read_table(content, source=Source(encoding="iso-8859-7"), limits=SMALL)

        assert table.cells.rows() == [("Αθήνα",)]

    def test_names_row_and_place_of_a_byte_that_is_not_of_the_encoding(self):
        issue = finding_of(b"no,name\n1,Ana\n2,Pe\xf1a\n", Source(encoding="utf-8"))

        assert (issue.code, issue.row, issue.field) == ("encoding_wrong", 3, "character 5")

    def test_names_the_row_and_column_where_a_file_was_cut_off(self):
        issue = finding_of(b"no,name,size\n1,Ana,15\n2,Lu")

        assert (issue.code, issue.row, issue.field) == ("row_ragged", 3, "size")

    def test_refuses_an_open_quotation_mark_instead_of_swallowing_the_rest(self):
        issue = finding_of(b'no,name\n1,"Ana\n2,Luis\n')

        assert (issue.code, issue.row) == ("row_unreadable", 2)

    def test_keeps_what_a_spreadsheet_would_take_for_a_formula(self):
        table, _issues = read_table(b"no,name\n1,=cmd|' /C calc'!A0\n", source=Source(), limits=SMALL)

        assert table.cells["name"][0] == "=cmd|' /C calc'!A0"

    def test_counts_rows_as_a_spreadsheet_does(self):
        table, _issues = read_table(b"title\nno,name\n1,Ana\n,\n2,Luis\n", source=Source(header_row=2), limits=SMALL)

        assert table.row_numbers.to_list() == [3, 5]

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "file_empty"),
            (b"a,a\n1,2\n", "column_repeated"),
            (b"a\n" * 200, "file_has_too_many_rows"),
            (b"," * 30, "file_has_too_many_columns"),
            (b"a\n\x00\n", "file_not_text"),
            (b"a\n" + b"x" * 200_001, "file_too_large"),
            (b'a\n"' + b"x" * 150_000 + b'"', "row_unreadable"),
            (gzip.compress(b"a\n" + b"1\n" * 200_000, mtime=0), "file_unpacks_too_large"),
            (gzip.compress(b"a\n1\n", mtime=0)[:-9], "file_damaged"),
            (b"\x1f\x8bnothing", "file_damaged"),
        ],
    )
    def test_refuses_what_is_no_table(self, content, code):
        assert finding_of(content).code == code

    def test_refuses_an_encoding_that_does_not_exist(self):
        assert finding_of(b"a\n1\n", Source(encoding="klingon")).code == "encoding_unknown"

    @given(
        st.lists(st.lists(st.text("aá1 =.", max_size=3), min_size=1, max_size=3), max_size=6),
        st.sampled_from(["\n", "\r\n"]),
    )
    def test_reads_a_plain_file_in_columns_as_it_reads_a_quoted_one_row_by_row(self, rows, line_end):
        body = line_end.join(";".join(row) for row in rows)

        in_columns = read_table(f"a;b{line_end}{body}".encode(), source=Source(delimiter=";"), limits=SMALL)
        by_rows = read_table(f'"a";b{line_end}{body}'.encode(), source=Source(delimiter=";"), limits=SMALL)

        assert in_columns[1] == by_rows[1]
        if in_columns[0] is not None:
            assert in_columns[0].cells.rows() == by_rows[0].cells.rows()
            assert in_columns[0].row_numbers.to_list() == by_rows[0].row_numbers.to_list()


class TestReadXlsx:
    def test_spells_cells_as_a_person_would_type_them(self):
        day = datetime.datetime(2026, 1, 31)  # noqa: DTZ001 - a spreadsheet knows no time zones
        content = workbook([["no", "size", "day", "on", "none"], [7, 12.5, day, True, None]])

        table, issues = read_table(content, source=Source(), limits=SMALL)

        assert (table.cells.rows(), issues) == ([("7", "12.5", "2026-01-31 00:00:00", "true", "")], [])

    def test_refuses_a_sheet_that_is_not_there(self):
        issue = finding_of(workbook([["a"]]), Source(format="xlsx", sheet="Readings"))

        assert (issue.code, issue.data["present"]) == ("sheet_missing", "Sheet")

    def test_refuses_a_bomb(self):
        content = repacked(workbook([["a"]]), member="xl/styles.xml", change=lambda data: data + b" " * 300_000)

        assert len(content) < SMALL.size_bytes_max
        assert finding_of(content).code == "file_unpacks_too_large"

    def test_refuses_entities(self):
        evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        content = repacked(
            workbook([["a"], ["b"]]),
            member="xl/worksheets/sheet1.xml",
            change=lambda data: evil + data.partition(b"?>")[2],
        )

        issue = finding_of(content)
        assert (issue.code, issue.field) == ("xml_has_entities", "xl/worksheets/sheet1.xml")

    @pytest.mark.parametrize(
        ("before", "after"),
        [(b'r="2"', b'r="1000000000"'), (b'ref="A1:A2"', b'ref="A1:XFD1048576"')],
    )
    def test_does_not_believe_a_claim_of_a_billion_rows(self, before, after):
        content = repacked(
            workbook([["a"], ["b"]]), member="xl/worksheets/sheet1.xml", change=lambda data: data.replace(before, after)
        )

        table, issues = read_table(content, source=Source(), limits=Limits())

        assert table is not None or issues[0].code in {"sheet_has_a_gap", "file_has_too_many_rows", "file_damaged"}

    def test_refuses_a_damaged_package(self):
        assert finding_of(workbook([["a"], ["b"]])[:-200]).code == "file_damaged"


class TestAnyBytes:
    @settings(max_examples=150)
    @given(st.binary(max_size=400), st.sampled_from(["", "csv", "xlsx"]))
    def test_become_a_table_or_a_finding(self, content, form):
        table, issues = read_table(content, source=Source(format=form), limits=SMALL)

        assert (table is None) == bool(issues)

    @settings(max_examples=60)
    @given(st.data())
    def test_survive_a_workbook_with_flipped_bytes(self, data):
        content = bytearray(WORKBOOK)
        for _ in range(data.draw(st.integers(1, 5))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

        table, issues = read_table(bytes(content), source=Source(format="xlsx"), limits=SMALL)

        assert (table is None) == bool(issues)

    @settings(max_examples=100)
    @given(
        st.lists(
            st.lists(
                st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2, max_size=2
            ),
            min_size=1,
            max_size=8,
        )
    )
    def test_come_back_as_they_were_written(self, rows):
        stream = io.StringIO(newline="")
        csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])

        table, _issues = read_table(
            stream.getvalue().encode(), source=Source(encoding="utf-8", delimiter=","), limits=SMALL
        )

        assert table.cells.rows() == [tuple(row) for row in rows if any(row)]
