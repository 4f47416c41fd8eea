"""A mapping is read whole, or every line that is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hydria.intake
from hydria.intake.domain.mapping import read_mapping

SHIPPED = sorted((Path(hydria.intake.__file__).parent / "mappings").glob("*.yaml"))


def codes_of(text: str) -> dict[str, int]:
    mapping, issues = read_mapping(text)
    assert mapping is None
    return {issue.code: issue.row for issue in issues}


class TestReadMapping:
    @pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
    def test_reads_every_mapping_that_ships(self, path):
        mapping, issues = read_mapping(path.read_text(encoding="utf-8"))

        assert issues == []
        assert mapping.name == path.stem

    def test_keeps_the_steps_in_the_order_in_which_they_are_written(self):
        text = "mapping: m\nscheme: s\nrecords:\n- kind: zone\n  fields:\n    code: {column: C, upper: yes, pad: 4}\n    name: C"

        mapping, _issues = read_mapping(text)

        cell = dict(mapping.records[0].cells)["code"]
        assert [step.name for step in cell.steps] == ["upper", "pad"]

    def test_names_each_slip_with_its_line(self):
        text = "mapping: m\nscheme: s\nrecords:\n- kind: zone\n  fields:\n    code: {colum: C}\n    nmae: N\n- kind: gone\n  fields: {}\n"

        found = codes_of(text)

        assert found == {
            "mapping_field_unknown": 7,
            "mapping_wants_one_source": 6,
            "mapping_feeds_no": 4,
            "mapping_kind_unknown": 8,
        }

    def test_refuses_a_code_list_that_is_not_there(self):
        text = (
            "mapping: m\nscheme: s\nrecords:\n- kind: zone\n  fields:\n    code: {column: C, codes: zones}\n    name: C"
        )

        assert codes_of(text) == {"mapping_value_unknown": 6}

    @pytest.mark.parametrize(
        "text",
        [
            "a: &a [x, x]\nb: *a",
            "!!python/object/apply:os.system ['true']",
            "mapping: [",
            "\x00",
            "- 1\n- 2",
            "",
            "mapping: m\nscheme: s\nrecords: zone",
            "mapping: m\nscheme: s\nrecords: [7]",
            "[" * 5_000,
        ],
    )
    def test_survives_hostile_texts(self, text):
        mapping, issues = read_mapping(text)

        assert mapping is None or mapping.records == ()
        assert mapping is not None or issues

    @settings(max_examples=100)
    @given(st.text(max_size=300))
    def test_never_fails_on_any_text(self, text):
        mapping, issues = read_mapping(text)

        assert (mapping is None) == bool(issues)
