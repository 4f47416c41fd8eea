"""Every row of every table of docs/guide/structures.md, in both engines."""

from __future__ import annotations

import datetime
import re
from fractions import Fraction

import pytest

from docs_tables import DOCS
from hydria.tariffs.domain import oracle
from hydria.tariffs.domain.cases import Bill, bills_of
from hydria.tariffs.domain.compile import compile_tariff
from hydria.tariffs.domain.rating import rate

_RECIPE = re.compile(r"```yaml\n(?P<text>.*?)```\n(?P<between>[^|`]*)(?P<table>(?:\|[^\n]*\n)+)", re.DOTALL)
_HEADER = "tariff: recipe\ncurrency: USD\nunit: m3\n"
_NOT_INPUTS = {"from", "until", "total"}


def recipes() -> list[object]:
    page = (DOCS / "guide/structures.md").read_text(encoding="utf-8")
    found = []
    for recipe in _RECIPE.finditer(page):
        heading = page[: recipe.start()].rsplit("\n#", 1)[1].lstrip("# ").split("\n")[0]
        header, _rule, *rows = (
            [cell.strip() for cell in line.strip("|").split("|")] for line in recipe["table"].splitlines()
        )
        found.extend(
            pytest.param(recipe["text"], header, dict(zip(header, row, strict=True)), id=f"{heading}: {' '.join(row)}")
            for row in rows
        )
    return found


class TestRecipes:
    @pytest.mark.parametrize(("text", "names", "row"), recipes())
    def test_bill_what_the_page_says(self, text: str, names: list[str], row: dict[str, str]) -> None:
        labels = set(re.findall(r"charge: (\w+)", text))
        given = [name for name in names if name not in labels | _NOT_INPUTS]
        undeclared = "".join(
            f"  {name}: {{}}\n" for name in given if not re.search(rf"^  {name}: ", text, re.MULTILINE)
        )
        tariff = compile_tariff(
            _HEADER + (text.replace("inputs:\n", f"inputs:\n{undeclared}", 1) if "inputs:" in text
                       else f"inputs:\n{undeclared}{text}"),
            name="recipe",
        )  # fmt: skip
        period = [datetime.date.fromisoformat(row[name]) for name in ("from", "until") if name in row]
        inputs = {name: row[name] for name in given}

        first = bills_of(rate(
            tariff, inputs={name: [text] for name, text in inputs.items()},
            **({"period_start": period[:1], "period_end": period[1:]} if period else {}),
        ))[0]  # fmt: skip
        second = oracle.bill(
            tariff.plain, inputs, start=period[0] if period else None, end=period[-1] if period else None
        )

        assert isinstance(first, Bill), first
        expected = {label: Fraction(row[label]) for label in names if label in labels}
        for bill in (first, second):
            assert {label: bill.lines.get(label, 0) for label in expected} == expected
            if "total" in row:
                assert bill.total == Fraction(row["total"])
