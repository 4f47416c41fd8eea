"""The worked tables of docs/algorithms say what the engine does, row by row."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from docs_tables import DOCS, read_tables
from hydria.kernel.rounding import Mode, Rounding
from hydria.tariffs.domain.cases import Bill, run_cases
from hydria.tariffs.domain.compile import compile_tariff
from hydria.tariffs.domain.difference import case_totals, difference
from hydria.tariffs.domain.form import number_text
from hydria.tariffs.domain.rating import RatedBatch, rate
from hydria.tariffs.domain.rounding_text import to_text
from tariff_factories import blocks, tariff_of

ROUNDING, TOTALS = read_tables("algorithms/rounding.md")
PARTS, SCALED, WAYS, FALLING = read_tables("algorithms/blocks.md")
PRICES, FEES = read_tables("algorithms/proration.md")
SHARES, CAPS = read_tables("algorithms/percentages.md")
EXACT = {"rounding": {"line": "none"}}


def priced(charges: list[dict[str, Any]], row: dict[str, str], names: tuple[str, ...], **header: Any) -> RatedBatch:
    batch = rate(tariff_of(*charges, **header), inputs={name: [row[name]] for name in names})
    assert batch.is_priced.all(), batch.fault_of(0)
    return batch


def amounts(batch: RatedBatch) -> list[Fraction]:
    return [line.amount.to_fractions(1)[0] for line in batch.lines]


class TestRoundingPage:
    @pytest.mark.parametrize("row", ROUNDING, ids=str)
    def test_rounds_as_shown(self, row: dict[str, str]) -> None:
        rounding = Rounding(Fraction(row["step"]), Mode(row["mode"]))

        assert rounding.apply(Fraction(row["number"])) == Fraction(row["result"])

    @pytest.mark.parametrize("row", TOTALS, ids=str)
    def test_gives_the_difference_of_a_total_its_own_line(self, row: dict[str, str]) -> None:
        charges = [
            {"charge": f"c{place}", "shape": "fixed", "amount": amount.strip()}
            for place, amount in enumerate(row["lines"].split("+"))
        ]
        header = {"rounding": {"line": {"places": "2"}, "total": {"step": row["step"], "mode": "half_up"}}}

        batch = priced(charges, row, (), **header)

        assert batch.total.to_fractions(1) == [Fraction(row["total"])]
        assert batch.rounding_minor.tolist() == [Fraction(row["rounding line"]) * 100]


class TestBlocksPage:
    @pytest.mark.parametrize("row", PARTS, ids=str)
    def test_splits_the_quantity_as_shown(self, row: dict[str, str]) -> None:
        water = {
            "charge": "water",
            "shape": "blocks",
            "blocks": blocks(("0", "1"), ("10", "2"), ("20", "5"), ("30", "10")),
        }
        parts = [{**water, "charge": f"p{n}", "blocks": [
            {**band, "price": "1" if place == n else "0"} for place, band in enumerate(water["blocks"])]} for n in range(4)]  # fmt: skip

        found = amounts(priced([water, *parts], row, ("usage",), **EXACT))

        shown = [row["amount"], row["in the 1st"], row["in the 2nd"], row["in the 3rd"], row["in the 4th"]]
        assert found == [Fraction(text) for text in shown]

    @pytest.mark.parametrize("row", SCALED, ids=str)
    def test_widens_blocks_as_shown(self, row: dict[str, str]) -> None:
        water = {"charge": "water", "shape": "blocks", "blocks": blocks(("0", "1"), ("10", "2"), ("20", "4")),
                 "edges_times": "units * days / 30"}  # fmt: skip

        assert amounts(priced([water], row, ("usage", "days", "units"))) == [Fraction(row["amount"])]

    @pytest.mark.parametrize("row", WAYS, ids=str)
    def test_prices_each_way_as_shown(self, row: dict[str, str]) -> None:
        bands = blocks(("0", "1"), ("10", "2"), ("20", "4"))
        flat = [
            {"from": band["from"], "amount": amount} for band, amount in zip(bands, ("10", "30", "60"), strict=True)
        ]
        based = [band | {"base": base} for band, base in zip(bands, ("0", "10", "30"), strict=True)]
        charges = [
            {"charge": "blocks", "shape": "blocks", "blocks": bands},
            {"charge": "whole", "shape": "whole", "bands": bands},
            {"charge": "flat", "shape": "flat", "bands": flat},
            {"charge": "base_excess", "shape": "base_excess", "bands": based},
        ]

        found = amounts(priced(charges, row, ("usage",)))

        assert found == [Fraction(row[charge["charge"]]) for charge in charges]

    @pytest.mark.parametrize("row", FALLING, ids=str)
    def test_leaves_blocks_between_falling_edges_empty(self, row: dict[str, str]) -> None:
        water = {"charge": "water", "shape": "blocks", "blocks": blocks(("0", "1"), ("a", "2"), ("b", "3"))}
        inputs = {"usage": {}, "a": {}, "b": {}}

        assert amounts(priced([water], row, ("usage", "a", "b"), inputs=inputs)) == [Fraction(row["amount"])]


class TestProrationPage:
    @pytest.mark.parametrize("row", PRICES, ids=str)
    def test_weighs_prices_as_shown(self, row: dict[str, str]) -> None:
        tariff = tariff_of({"charge": "water", "shape": "uniform", "price": {"2025-01-01": "1", "2026-01-01": "2"}})

        batch = rate(tariff, inputs={"usage": ["10"]}, period_start=[row["from"]], period_end=[row["until"]])

        days = [Fraction(row["old days"]), Fraction(row["new days"])]
        assert amounts(batch) == [Fraction(row["amount"])]
        assert batch.lines[0].exact.to_fractions(1) == [10 * (days[0] + 2 * days[1]) / sum(days)]

    @pytest.mark.parametrize("row", FEES, ids=str)
    def test_weighs_charges_that_start_and_end_as_shown(self, row: dict[str, str]) -> None:
        tariff = tariff_of({"charge": "old", "shape": "fixed", "amount": "30", "until": "2026-01-01"},
                           {"charge": "new", "shape": "fixed", "amount": "60", "from": "2026-01-01"})  # fmt: skip

        batch = rate(tariff, inputs={}, period_start=[row["from"]], period_end=[row["until"]])

        assert amounts(batch) == [Fraction(row["old fee"]), Fraction(row["new fee"])]


class TestPercentagesPage:
    @pytest.mark.parametrize("row", SHARES, ids=str)
    def test_takes_percentages_of_rounded_lines(self, row: dict[str, str]) -> None:
        charges = [
            {"charge": "water", "shape": "uniform", "price": "0.335"},
            {"charge": "sewer", "shape": "percent", "percent": "50", "of": ["water"]},
            {"charge": "tax", "shape": "percent", "percent": "18", "of": ["water", "sewer"]},
        ]

        batch = priced(charges, row, ("usage",))

        assert amounts(batch) == [Fraction(row[name]) for name in ("water", "sewer", "tax")]
        assert number_text(batch.total.to_fractions(1)[0]) == number_text(Fraction(row["total"]))

    @pytest.mark.parametrize("row", CAPS, ids=str)
    def test_applies_minimums_caps_and_exemptions(self, row: dict[str, str]) -> None:
        charges = [
            {"charge": "water", "shape": "uniform", "price": "2", "at_least": "20"},
            {"charge": "sewer", "shape": "percent", "percent": "50", "of": ["water"], "at_most": "30 * units"},
            {"charge": "tax", "shape": "percent", "percent": "10", "of": ["sewer"], "only_if": "not exempt"},
        ]
        inputs = {"usage": {}, "units": {}, "exempt": {"values": ["true", "false"]}}
        account = row | {"exempt": "true" if row["exempt"] == "yes" else "false"}

        batch = priced(charges, account, ("usage", "units", "exempt"), inputs=inputs)

        shown = [row["water"], row["sewer"], row["tax"].replace("-", "0")]
        assert amounts(batch) == [Fraction(text) for text in shown]
        assert batch.lines[2].applies.tolist() == [row["exempt"] == "no"]
        assert batch.total.to_fractions(1) == [Fraction(row["total"])]


class TestAuthorsGuide:
    def test_shows_a_tariff_that_passes_its_own_case(self) -> None:
        page = (DOCS / "guide/tariffs.md").read_text("utf-8")
        text = next(block for block in page.split("```yaml\n") if block.startswith("tariff:")).split("```")[0]

        tariff = compile_tariff(text, name="guide")

        assert tariff.issues == ()
        assert run_cases(tariff) == (1, [])

    def test_shows_what_its_changes_come_to(self) -> None:
        page = (DOCS / "guide/tariffs.md").read_text("utf-8")
        text = next(block for block in page.split("```yaml\n") if block.startswith("tariff:")).split("```")[0]
        shown = page.split("```text\nCharge ")[1].split("```")[0]
        dearer = text.replace("12.90}", "12.90, 2027-01-01: 13.80}").replace("130.00", "140.00").replace("18\n", "16\n")
        old, new = compile_tariff(text, name="old"), compile_tariff(dearer, name="new")

        sentences = [change.sentence for change in difference(old, new)]
        (case,) = case_totals(old, new)

        assert sentences == ["Charge " + line for line in shown.removesuffix("\n").split("\n\n")[0].split("\nCharge ")]
        assert isinstance(case.old, Bill) and isinstance(case.new, Bill)
        assert shown.split()[-2:] == [to_text(bill.total, 2) for bill in (case.old, case.new)]
