"""What a customer is called is text in every file that leaves the house, and never a formula."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.http import FileResponse

from hydria.platform.web import exporting

FORMULAS = ["=1+1", "{=1+1}", "@SUM(A1)", "+1", "-1+1", "\t=1", "http://evil.example/?x=1", '=HYPERLINK("http://x")']


class TestWorkbook:
    @pytest.mark.parametrize("name", FORMULAS)
    def test_holds_a_name_as_text(self, name: str):
        answer = exporting.answer("xlsx", name="accounts", heads=["Name"], rows=[[name]])

        assert isinstance(answer, FileResponse)
        with answer.file_to_stream as file:
            sheet = openpyxl.load_workbook(io.BytesIO(file.read())).active
        assert sheet is not None
        cell = sheet["A2"]
        assert (cell.data_type, cell.value, cell.hyperlink) == ("s", name, None)


class TestCsv:
    @pytest.mark.parametrize("name", [name for name in FORMULAS if name[0] in "=@+-\t"])
    def test_starts_no_cell_like_a_formula(self, name: str):
        answer = exporting.answer("csv", name="accounts", heads=["Name"], rows=[[name]])

        assert "'" in answer.getvalue().decode().splitlines()[1][:2]
