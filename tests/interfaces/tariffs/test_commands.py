"""The fixed forms of `hydria tariffs`, as other programs call them: no database, no Django, exit codes that mean something."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hydria.tariffs.commands import app

GOOD = """\
tariff: good
currency: DOP
inputs:
  usage: {unit: m3, also: [usage_m3]}
  size: {values: [5/8", 1 1/2"]}
charges:
  - charge: fee
    shape: fixed
    amount: {by: size, rows: {5/8": 10, 1 1/2": 20}}
  - charge: water
    shape: uniform
    price: {2025-01-01: 1.50, 2026-01-01: 2.50}
cases:
  - {case: small, inputs: {usage: 2, size: 5/8"}, lines: {fee: 10.00, water: 5.00}, total: 15.00}
"""
NEUTRAL = """\
id: n
currency: USD
unit: m3
rounding: {line: {places: 2, mode: half_up}}
inputs: {usage: {type: number}}
parameters:
  lines:
  - {label: water, type: blocks, limits: ['10'], prices: ['1', '2']}
cases:
- {"id": "c1", "inputs": {"usage": "15"}, "expected_lines": {"water": "20.00"}, "expected_total": "20.00"}
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD, "utf-8")
    return path


class TestCheck:
    def test_reports_cases_of_both_engines(self, good: Path) -> None:
        result = run("check", good, "--json")

        report: Any = json.loads(result.stdout)[0]
        assert result.exit_code == 0
        assert (report["run"], report["passed"], report["failed"], report["failures"]) == (1, 1, 0, [])

    def test_shows_expected_and_got_of_each_engine_when_a_case_fails(self, good: Path) -> None:
        good.write_text(GOOD.replace("total: 15.00", "total: 15.01"), "utf-8")

        result = run("check", good, "--json")

        report = json.loads(result.stdout)[0]
        assert result.exit_code == 1
        assert [(f["engine"], f["what"], f["expected"], f["got"]) for f in report["failures"]] == [
            ("vector", "total", "15.01", "15"),
            ("second", "total", "15.01", "15"),
        ]
        assert "good.yaml:14: case small: total should be 15.01, the second engine gets 15" in run("check", good).stdout

    def test_checks_folders_and_tells_every_mistake(self, good: Path) -> None:
        (good.parent / "bad.yaml").write_text("tariff: bad\ncurrency: pesos\n", "utf-8")
        (good.parent / "latin.yaml").write_bytes(b"tariff: a\xf1o\n")

        result = run("check", good.parent)

        assert result.exit_code == 1
        assert "bad.yaml:2: error: `pesos` is not known as currency." in result.stdout
        assert "latin.yaml:1: error: The file is not UTF-8" in result.stdout
        assert "3 tariffs, 1 cases, 0 failed." in result.stdout


class TestRate:
    def test_prices_each_row_or_says_why_not(self, good: Path) -> None:
        csv = good.parent / "in.csv"
        csv.write_text('id,usage_m3,size\na,2,"5/8"""\nb,,"5/8"""\nc,3,2\nd,2.5,"1 1/2"""\n', "utf-8")

        result = run("rate", good, "--inputs", csv, "--json")

        assert result.exit_code == 0
        assert [json.loads(line) for line in result.stdout.splitlines()] == [
            {"id": "a", "lines": {"fee": "10.00", "water": "5.00"}, "total": "15.00"},
            {"id": "b", "error": "usage is missing"},
            {"id": "c", "error": "size cannot be 2"},
            {"id": "d", "lines": {"fee": "20.00", "water": "6.25"}, "total": "26.25"},
        ]

    def test_takes_the_days_supplied_or_one_day(self, good: Path) -> None:
        csv = good.parent / "in.csv"
        csv.write_text('id;usage;size;from;until\na;2;5/8";2025-12-22;2026-01-11\nb;2;5/8";2026-01-01;x\n', "utf-8")
        result = run("rate", good, "--inputs", csv, "--json")
        assert [json.loads(line).get("total") for line in result.stdout.splitlines()] == ["14.00", None]

        csv.write_text('id,usage,size\na,2,"5/8"""\n', "utf-8")
        assert "a: 13.00" in run("rate", good, "--inputs", csv, "--as-of", "2025-05-05").stdout

    def test_refuses_a_tariff_with_mistakes_and_an_empty_file(self, good: Path) -> None:
        csv = good.parent / "in.csv"
        csv.write_text("", "utf-8")
        assert run("rate", good, "--inputs", csv).exit_code == 1

        good.write_text("tariff: x", "utf-8")
        csv.write_text("id\n1\n", "utf-8")
        assert run("rate", good, "--inputs", csv).exit_code == 1


class TestConvert:
    def test_turns_a_folder_of_neutral_files_into_tariffs_that_pass(self, tmp_path: Path) -> None:
        source, target = tmp_path / "in", tmp_path / "out"
        source.mkdir()
        (source / "n.yaml").write_text(NEUTRAL, "utf-8")

        assert run("convert", source, target).exit_code == 0
        assert run("check", target).exit_code == 0

    def test_fails_and_says_why_when_something_cannot_be_expressed(self, tmp_path: Path) -> None:
        source = tmp_path / "n.yaml"
        source.write_text(NEUTRAL.replace("type: blocks", "type: spiral"), "utf-8")

        result = run("convert", source, tmp_path / "out.yaml")

        assert result.exit_code == 1
        assert "The charge `water` cannot be expressed: its type `spiral` is not known." in result.output


class TestFormat:
    def test_writes_the_canonical_layout_once(self, good: Path) -> None:
        good.write_text(GOOD.replace("currency: DOP\n", "").replace("cases:", "currency: DOP\ncases:"), "utf-8")

        assert run("format", "--check", good).exit_code == 1
        assert run("format", good).exit_code == 0
        assert run("format", "--check", good).exit_code == 0
        assert good.read_text("utf-8").splitlines()[:2] == ["tariff: good", "currency: DOP"]


class TestDiff:
    def test_says_what_changes_and_what_the_cases_come_to(self, good: Path, tmp_path: Path) -> None:
        dearer = tmp_path / "dearer.yaml"
        dearer.write_text(GOOD.replace("2.50", "3"), "utf-8")

        result, as_json = run("diff", good, dearer), run("diff", good, dearer, "--json")

        assert result.exit_code == as_json.exit_code == 1
        assert result.stdout.splitlines() == [
            "Charge `water`: the price rises from 2.5 to 3 (+20.0 %) since 2026-01-01.",
            "",
            "Case   Before  After",
            "small   15.00  16.00",
        ]
        answer = json.loads(as_json.stdout)
        assert answer["cases"] == [{"case": "small", "old": "15.00", "new": "16.00"}]
        assert [(change["code"], change["data"]["new"]) for change in answer["changes"]] == [("value_raised", "3")]

    def test_tells_equal_and_unreadable_by_its_exit_code(self, good: Path, tmp_path: Path) -> None:
        bad = tmp_path / "bad.yaml"
        bad.write_text("charges: 5", "utf-8")

        assert run("diff", good, good).exit_code == 0
        assert run("diff", good, bad).exit_code == run("diff", good, tmp_path / "none.yaml").exit_code == 2


class TestSchema:
    def test_knows_every_shape(self) -> None:
        schema = json.loads(run("schema").stdout)

        assert {branch["properties"]["shape"]["const"] for branch in schema["$defs"]["charge"]["oneOf"]} == {
            "fixed", "uniform", "blocks", "whole", "flat", "base_excess", "percent", "formula"}  # fmt: skip


class TestCommandLine:
    def test_starts_neither_django_nor_a_database(self) -> None:
        code = "import sys, hydria.tariffs.commands; sys.exit('django' in sys.modules or 'psycopg' in sys.modules)"

        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
