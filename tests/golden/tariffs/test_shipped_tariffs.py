"""Every tariff that we ship passes its own cases in both engines, and is written in the canonical layout."""

from __future__ import annotations

from pathlib import Path

import pytest

import hydria.tariffs
from hydria.tariffs.domain.cases import run_cases
from hydria.tariffs.domain.compile import compile_tariff
from hydria.tariffs.domain.document import read_document
from hydria.tariffs.domain.findings import Findings
from hydria.tariffs.domain.formatting import format_text

FOLDER = Path(hydria.tariffs.__file__).parent
SHIPPED = sorted([*FOLDER.glob("gallery/*.yaml"), *FOLDER.glob("demo/*.yaml")])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
class TestShippedTariff:
    def test_passes_its_cases_in_both_engines(self, path: Path) -> None:
        tariff = compile_tariff(path.read_text("utf-8"), name=path.stem)

        run, differences = run_cases(tariff)

        assert run >= 4
        assert differences == []

    def test_is_in_the_canonical_layout_and_names_its_source(self, path: Path) -> None:
        text = path.read_text("utf-8")
        root = read_document(text, findings=Findings())

        assert root is not None
        assert format_text(text, root) == text
        assert compile_tariff(text, name=path.stem).form.source
