"""A tariff text with mistakes gets every one of them told, with its line and the cure, and quickly."""

from __future__ import annotations

import time

import pytest

from hydria.kernel.issues import Severity
from hydria.tariffs.domain.compile import UnableToCompileTariff, compile_tariff, try_compile

HEAD = "tariff: t\ncurrency: DOP\ninputs:\n  usage: {unit: m3}\n  zone: {values: [north, south]}\n"


def found(text: str, *, severity: Severity = Severity.BLOCK) -> list[tuple[int, str]]:
    _, issues = try_compile(text, name="t")
    return [(issue.row, issue.code) for issue in issues if issue.severity is severity]


def charge(body: str) -> str:
    return f"{HEAD}charges:\n  - charge: water\n{body}"


class TestCompiler:
    def test_tells_all_mistakes_at_once_with_line_and_cure(self) -> None:
        text = charge(
            "    shape: blocks\n    blocks:\n      - {from: 1, price: 2}\n      - {from: 9, prise: 3}\n"
            "  - charge: tax\n    shape: percentage\n  - charge: levy\n    shape: percent\n    percent: x%\n    of: [watr]\n"
        )

        with pytest.raises(UnableToCompileTariff) as caught:
            compile_tariff(text, name="t")

        messages = {(issue.row, issue.code): issue.message for issue in caught.value.issues}
        assert messages[10, "first_edge"] == "The first band has to start at 0. Write `from: 0`."
        assert messages[11, "unknown_field"] == "`prise` is no field here. Did you mean price?"
        assert (11, "missing_field") in messages
        assert messages[13, "not_one_of"] == "`percentage` is not known as shape. Did you mean percent?"
        assert messages[16, "bad_formula"].startswith("In the formula `x%`, column 2: `%` has no meaning")
        assert messages[14, "unknown_charge"].endswith("Did you mean water?")

    @pytest.mark.parametrize(
        ("body", "line", "code"),
        [
            ("    shape: fixed\n", 7, "missing_field"),
            ("    shape: fixed\n    amount: nothing\n", 9, "unknown_name"),
            ("    shape: fixed\n    amount: usage + zone\n", 9, "wrong_type"),
            ("    shape: fixed\n    amount: 1 if zone else 2\n", 9, "wrong_type"),
            ("    shape: fixed\n    amount: {2025-13-01: 4}\n", 9, "not_a_date"),
            ("    shape: fixed\n    amount: {by: zone, rows: [[north, south, 4]]}\n", 9, "row_length"),
            ("    shape: fixed\n    amount: {by: colour, rows: {red: 4}}\n", 9, "unknown_name"),
            ("    shape: fixed\n    amount: {bye: zone}\n", 9, "unknown_field"),
            ("    shape: fixed\n    amount: [1, 2]\n", 9, "not_a_text"),
            ("    shape: blocks\n    blocks: 5\n", 9, "not_a_list"),
            ("    shape: blocks\n    blocks: {from: [0, 5], price: [1, 2, 3]}\n", 9, "lengths_differ"),
            ("    shape: blocks\n    blocks: {from: 0, price: [1]}\n", 9, "list_needed"),
            ("    shape: percent\n    percent: 5\n    of: water\n", 10, "not_a_list"),
            ("    shape: fixed\n    amount: 1\n    from: 2025-01-01\n    until: 2025-01-01\n", 11, "period_reversed"),
            ("    shape: fixed\n    amount: 1\n    rounding: {places: 99}\n", 10, "not_a_whole_number"),
            ("    shape: fixed\n    amount: 1\n    rounding: {step: 0}\n", 10, "not_a_number"),
            ("    shape: fixed\n    amount: 1\n    rounding: {mode: nearest}\n", 10, "not_one_of"),
        ],
    )
    def test_names_the_line_of_a_mistake(self, body: str, line: int, code: str) -> None:
        assert (line, code) in found(charge(body))

    def test_quotes_the_first_mistake_that_stops_the_tariff_and_no_mere_warning(self) -> None:
        with pytest.raises(UnableToCompileTariff) as caught:
            compile_tariff(charge("    shape: fixed\n    amount: nothing\n"), name="t")

        issues = caught.value.issues
        assert issues[0].severity is Severity.WARN
        assert (caught.value.code, caught.value.data) == ("tariff_text_wrong", {"name": "t"})
        assert str(caught.value).startswith("t:9: ")
        assert str(caught.value).endswith(f" ({len(issues)} findings)")

    def test_refuses_to_add_cubic_metres_to_money(self) -> None:
        text = charge(
            "    shape: uniform\n    price: 2\n  - charge: odd\n    shape: formula\n    formula: water + usage\n"
        )

        assert found(text) == [(12, "wrong_unit")]

    def test_lets_a_bare_number_have_any_unit(self) -> None:
        text = charge("    shape: formula\n    formula: 10 + 2 * max(usage - 5, 0)\n")

        assert found(text) == []

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ("    shape: fixed\n    amount: 1 if zone == 'nort' else 2\n", "never_equal"),
            ("    shape: fixed\n    amount: {by: zone, rows: {north: 1, nort: 2}, default: 3}\n", "never_equal"),
            (
                "    shape: fixed\n    amount: {by: zone, rows: [[north, 1], [north, 2]], default: 3}\n",
                "row_unreachable",
            ),
            (
                "    shape: blocks\n    blocks: [{from: 0, price: 1}, {from: 9, price: 2}, {from: 9, price: 3}]\n",
                "edges_fall",
            ),
            ("    shape: fixed\n    amount: 1\n    rounding: none\n", "finer_than_currency"),
            (
                "    shape: fixed\n    amount: usage\n  - charge: usage\n    shape: fixed\n    amount: 1\n",
                "shadowed_name",
            ),
            (
                "    shape: fixed\n    amount: usage\n  - charge: water\n    shape: fixed\n    amount: 1\n",
                "repeated_label",
            ),
            ("    shape: fixed\n    amount: 1\n", "unused_input"),
        ],
    )
    def test_warns_of_what_is_odd_but_possible(self, body: str, code: str) -> None:
        assert code in {found_code for _, found_code in found(charge(body), severity=Severity.WARN)}
        assert found(charge(body)) == []

    def test_checks_the_names_in_cases(self) -> None:
        text = charge("    shape: fixed\n    amount: 1\ncases:\n  - {case: a, inputs: {use: 1}, lines: {watr: 1}}\n")

        assert found(text) == [(11, "case_unknown"), (11, "case_unknown")]

    def test_gives_one_hash_to_one_content_whatever_its_layout(self) -> None:
        one = compile_tariff(charge("    shape: fixed\n    amount: 1\n"), name="a")
        two = compile_tariff(
            "# note\n"
            + charge("    amount: '1'\n    shape: fixed\n").replace(
                "amount: '1'\n    shape: fixed", "shape: fixed\n    amount: 1"
            ),
            name="b",
        )

        assert one.version_hash == two.version_hash
        assert one.version_hash != compile_tariff(charge("    shape: fixed\n    amount: 2\n"), name="a").version_hash


HOSTILE = {
    "deep": "a: " + "[" * 100_000,
    "deep_mapping": "a: " + "{b: " * 50_000,
    "billion_laughs": "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
    "alias_to_itself": "a: &a [*a]",
    "tag": "a: !!python/object/apply:os.system [ls]",
    "merge_key": "<<: {tariff: t}",
    "twice": "tariff: a\ntariff: b",
    "two_documents": "tariff: a\n---\ntariff: b",
    "open_quote": 'tariff: "a',
    "tabs": "tariff:\n\t- a",
    "control": "tariff: a\x07",
    "escaped_control": 'tariff: "a\\x07"',
    "bidi": "tariff: a\u202eb",
    "huge": "# " + "x" * 5_000_000,
    "list": "- a\n- b",
    "nothing": "",
    "key_is_list": "? [a]\n: b",
    "long_formula": "tariff: t\ncurrency: DOP\ncharges: [{charge: a, shape: fixed, amount: '" + "1+" * 100_000 + "1'}]",
    "many_parts": "tariff: t\ncurrency: DOP\ncharges: [{charge: a, shape: fixed, amount: '" + "-" * 3_000 + "1'}]",
    "huge_exponent": "tariff: t\ncurrency: DOP\ncharges: [{charge: a, shape: fixed, amount: 1e999999999}]",
    "huge_table": "tariff: t\ncurrency: DOP\ninputs: {a: , b: , c: }\ncharges: [{charge: a, shape: fixed, amount: {by: [a, b, c], rows: ["
    + ", ".join(f"[{i}, {i}, {i}, 1]" for i in range(200))
    + "]}}]",
    "circle": "tariff: t\ncurrency: DOP\nderived: {a: b, b: a}\ncharges: [{charge: x, shape: fixed, amount: a}]",
    "itself": "tariff: t\ncurrency: DOP\nderived: {a: a + 1}\ncharges: [{charge: x, shape: fixed, amount: a}]",
}


class TestHostileText:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_gets_a_message_quickly(self, name: str) -> None:
        started = time.perf_counter()

        tariff, issues = try_compile(HOSTILE[name], name=name)

        assert tariff is None
        assert any(issue.severity is Severity.BLOCK and issue.row >= 1 and issue.message for issue in issues)
        assert time.perf_counter() - started < 5
