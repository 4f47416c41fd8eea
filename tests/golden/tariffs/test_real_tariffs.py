"""The collection of real tariffs converts completely and agrees with its independent bills, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydria.tariffs.domain.cases import bills_of, run_cases
from hydria.tariffs.domain.compile import compile_tariff
from hydria.tariffs.domain.conversion import convert_text
from hydria.tariffs.domain.rating import rate
from hydria.tariffs.domain.rounding_text import to_text

pytestmark = pytest.mark.real
CASE_COUNT = 1147


class TestCollection:
    def test_agrees_to_the_cent_in_both_engines(self, real_data_dir: Path) -> None:
        counted = 0
        for path in sorted((real_data_dir.parent / "tariffs").glob("*.yaml")):
            text, problems = convert_text(path.read_text("utf-8"), name=path.stem)
            assert text is not None
            assert problems == [], path
            run, differences = run_cases(compile_tariff(text, name=path.stem))
            assert differences == [], path
            counted += run

        assert counted >= CASE_COUNT


class TestSantaMonica:
    def test_bills_what_the_published_example_says(self, real_data_dir: Path) -> None:
        path = real_data_dir / "santa-monica-usage" / "tariff-smc-2016-03-01.owrs.yaml"
        text, problems = convert_text(path.read_text("utf-8"), name=path.stem)
        assert text is not None
        assert problems == []
        usages = [388, 9, 73, 22, 11]
        inputs = {
            "usage": usages,
            "class": ["COMMERCIAL"] * 5,
            "meter_size": ['5/8"'] * 5,
            "water_type": ["POTABLE"] * 5,
        }

        bills = bills_of(rate(compile_tariff(text, name="smc"), inputs=inputs))

        totals = [to_text(bill.total, 2) for bill in bills]
        assert totals == ["2640.04", "36.63", "297.11", "89.54", "44.77"]
