"""Cells become fields, or findings with row, column and cause; no cell is swallowed."""

from __future__ import annotations

import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydria.intake.domain.mapping import read_mapping
from hydria.intake.domain.records import Table, build_records
from hydria.kernel.issues import Severity

READING = "{meter: M, date: {value: 2026-01-01}, value: %s}"


def records_of(kind: str, fields: str, columns: dict[str, list[str]], *, more: str = "", codes: str = "{}"):
    text = f"mapping: m\nscheme: s\nrecords:\n- kind: {kind}\n  fields: {fields}\n{more}codes: {codes}\n"
    mapping, issues = read_mapping(text)
    assert issues == []
    cells = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    table = Table(cells, pl.Series(range(2, len(cells) + 2), dtype=pl.Int64))
    records, issues = build_records(table=table, mapping=mapping, money_exponent=2)
    return records[0].fields if records else None, issues


def quantity_of(text: str, step: str = "V"):
    fields, issues = records_of("reading", READING % step, {"M": ["1"], "V": [text]})
    return fields["value"].to_list(), [issue.code for issue in issues]


class TestQuantities:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [("0", "0"), ("12", "12000"), ("12.5", "12500"), (" 7.125 ", "7125"), ("+3.", "3000"), ("1.2500", "1250")],
    )
    def test_are_kept_in_thousandths(self, text, expected):
        assert quantity_of(text) == ([expected], [])

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("-1", "number_negative"),
            ("1.0001", "number_too_fine"),
            ("1e3", "number_unreadable"),
            ("12 m3", "number_unreadable"),
            ("1,5", "number_unreadable"),
            ("1000000000001", "number_impossible"),
            ("9" * 40, "number_impossible"),
            ("٣", "number_unreadable"),
        ],
    )
    def test_that_cannot_be_are_named(self, text, code):
        assert quantity_of(text) == ([], [code])

    @pytest.mark.parametrize(
        ("text", "step", "expected"),
        [
            ("1.234,5", "{column: V, decimal: comma}", "1234500"),
            ("1,234.5", "{column: V, decimal: point}", "1234500"),
            ("100", '{column: V, multiply: "2.8316846592"}', "283168"),
            ("-", '{column: V, empty: ["-"], default: "0"}', "0"),
            ("7 m3", '{column: V, split: {by: " ", part: 1}}', "7000"),
        ],
    )
    def test_go_through_the_steps_of_the_mapping(self, text, step, expected):
        assert quantity_of(text, step) == ([expected], [])

    @settings(max_examples=60)
    @given(st.integers(0, 10**15))
    def test_are_exact_to_the_last_thousandth(self, milli):
        assert quantity_of(f"{milli // 1000}.{milli % 1000:03d}") == ([str(milli)], [])


class TestDates:
    def date_of(self, text: str, step: str = "D"):
        fields, issues = records_of("reading", f"{{meter: M, date: {step}}}", {"M": ["1"], "D": [text]})
        return fields["date"].to_list(), [issue.code for issue in issues]

    @settings(max_examples=60)
    @given(st.dates(datetime.date(1900, 1, 1), datetime.date(2199, 12, 31)))
    def test_are_read_in_any_stated_form(self, day):
        text = f"{day:%d/%m/%Y}"

        assert self.date_of(text, '{column: D, date: ["%Y-%m-%d", "%d/%m/%Y"]}') == ([day.isoformat()], [])

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("2026-02-29", "date_unreadable"),
            ("31/12/2025", "date_unreadable"),
            ("0026-01-01", "date_impossible"),
            ("9999-12-31", "date_impossible"),
            ("2026-01-01 13:45:00", "date_unreadable"),
            ("", "value_missing"),
        ],
    )
    def test_that_cannot_be_are_named(self, text, code):
        assert self.date_of(text) == ([], [code])

    def test_of_spreadsheets_lose_their_midnight(self):
        assert self.date_of("2026-01-31 00:00:00") == (["2026-01-31"], [])

    def test_can_be_moved_to_the_first_day_that_no_longer_counts(self):
        assert self.date_of("2026-02-28", '{column: D, add_days: "1"}') == (["2026-03-01"], [])


class TestCodes:
    def test_are_translated_by_the_list_of_the_mapping(self):
        fields, issues = records_of(
            "zone",
            "{code: C, name: {column: C, codes: names}}",
            {"C": ["N", "S"]},
            codes="{names: {N: North, S: South}}",
        )

        assert (fields["name"].to_list(), issues) == (["North", "South"], [])

    def test_that_are_not_in_the_list_are_named_with_what_is(self):
        _fields, (issue,) = records_of(
            "zone", "{code: C, name: {column: C, codes: names}}", {"C": ["X"]}, codes="{names: {N: North}}"
        )

        assert (issue.code, issue.row, issue.field, issue.data["known"]) == ("code_unknown", 2, "C", "N")


class TestRows:
    def test_that_repeat_a_register_row_count_once_in_silence(self):
        fields, issues = records_of("zone", "{code: C, name: C}", {"C": ["N", "N", "S"]})

        assert (fields["code"].to_list(), issues) == (["N", "S"], [])

    def test_that_repeat_a_fact_are_named(self):
        fields, (issue,) = records_of("reading", READING % "V", {"M": ["1", "1"], "V": ["5", "5"]})

        assert (len(fields), issue.code, issue.severity, issue.row) == (1, "row_repeated", Severity.WARN, 3)

    def test_that_contradict_each_other_are_refused(self):
        _fields, (issue,) = records_of("reading", READING % "V", {"M": ["1", "1"], "V": ["5", "6"]})

        assert (issue.code, issue.severity, issue.data["first_row"]) == ("row_differs_from_first", Severity.BLOCK, 2)

    def test_that_contradict_each_other_are_passed_over_when_the_mapping_says_so(self):
        fields, (issue,) = records_of(
            "reading", READING % "V", {"M": ["1", "1"], "V": ["5", "6"]}, more="  repeats: keep_first\n"
        )

        assert (fields["value"].to_list(), issue.severity) == (["5000"], Severity.WARN)

    def test_that_the_condition_leaves_out_give_nothing(self):
        fields, issues = records_of(
            "zone", "{code: C, name: C}", {"C": ["N", ""], "S": ["on", "off"]}, more='  when: {column: S, in: ["on"]}\n'
        )

        assert (fields["code"].to_list(), issues) == (["N"], [])

    def test_whose_time_ends_before_it_starts_are_refused(self):
        dated = "{premise: P, party: P, role: {value: OWNER}, from: A, until: B}"

        _fields, (issue,) = records_of("premise_party", dated, {"P": ["1"], "A": ["2026-02-01"], "B": ["2026-02-01"]})

        assert (issue.code, issue.field) == ("range_reversed", "until")

    def test_lacking_a_column_of_the_mapping_are_not_even_begun(self):
        fields, (issue,) = records_of("zone", "{code: C, name: N}", {"C": ["1"]})

        assert (fields, issue.code, issue.field) == (None, "column_missing", "N")

    def test_with_an_invisible_character_are_named(self):
        _fields, (issue,) = records_of("zone", "{code: C, name: C}", {"C": ["N\x07"]})

        assert issue.code == "control_character"

    def test_gather_the_inputs_of_the_tariff(self):
        fields, _issues = records_of(
            "terms",
            "{agreement: A, tariff: {value: t}, category: A, from: {value: 2026-01-01}, inputs.residents: R}",
            {"A": ["1"], "R": ["4"]},
        )

        assert fields["inputs"].to_list() == ['{"residents": "4"}']

    @settings(max_examples=60)
    @given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=12)), max_size=12))
    def test_are_all_accounted_for(self, rows):
        fields, issues = records_of(
            "reading", READING % "V", {"M": [meter for meter, _ in rows], "V": [value for _, value in rows]}
        )

        named = {issue.row for issue in issues}
        kept = set(fields["row"].to_list())
        assert named | kept == set(range(2, len(rows) + 2))
        assert not {issue.row for issue in issues if issue.severity is Severity.BLOCK} & kept
