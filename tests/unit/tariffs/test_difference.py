from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import hydria.tariffs
from hydria.tariffs.domain.cases import Bill
from hydria.tariffs.domain.compile import CompiledTariff, compile_tariff
from hydria.tariffs.domain.difference import case_totals, difference
from hydria.tariffs.domain.evaluation import Fault
from tariff_factories import blocks, tariff_of

GALLERY = sorted((Path(hydria.tariffs.__file__).parent / "gallery").glob("*.yaml"))
FEE = {"charge": "fee", "shape": "fixed", "amount": "50"}
WATER = {"charge": "water", "shape": "blocks", "blocks": blocks(("0", "12"), ("10", "18.50"))}
TAX = {"charge": "tax", "shape": "percent", "percent": "18", "of": ["water"]}


def sentences(old: CompiledTariff, new: CompiledTariff) -> list[str]:
    return [change.sentence for change in difference(old, new)]


def fee(amount: Any, **fields: Any) -> CompiledTariff:
    return tariff_of(FEE | {"amount": amount} | fields)


def gallery(path: Path) -> CompiledTariff:
    return compile_tariff(path.read_text("utf-8"), name=path.stem)


class TestDifference:
    def test_is_empty_between_equals(self) -> None:
        assert difference(fee("50"), fee("50")) == ()
        assert difference(fee("50"), fee("50.00")) == ()

    def test_tells_prices_and_edges_of_blocks(self) -> None:
        dearer = WATER | {"blocks": blocks(("0", "12.60"), ("12", "17"))}

        assert sentences(tariff_of(WATER), tariff_of(dearer)) == [
            "Charge `water`: the price above 0 rises from 12 to 12.6 (+5.0 %).",
            "Charge `water`: the start of band 2 rises from 10 to 12 (+20.0 %).",
            "Charge `water`: the price above 12 falls from 18.5 to 17 (-8.1 %).",
        ]

    def test_tells_the_price_list_when_there_are_more_blocks(self) -> None:
        finer = WATER | {"blocks": blocks(("0", "12"), ("10", "18.50"), ("30", "25"))}

        assert sentences(tariff_of(WATER), tariff_of(finer)) == [
            "Charge `water`: the price list was 12 above 0, 18.5 above 10 and is now 12 above 0, 18.5 above 10, 25 above 30."
        ]

    def test_tells_of_blocks_that_had_no_price(self) -> None:
        late, early = (
            tariff_of(WATER | {"blocks": [{"from": "0", "price": {day: "12"}}]}) for day in ("2026-01-01", "2025-01-01")
        )

        assert sentences(late, early) == [
            "Charge `water`: the price was none and is now 12 above 0 since 2025-01-01 until 2026-01-01."
        ]

    def test_tells_since_when(self) -> None:
        old = fee({"2025-01-01": "50"})
        new = fee({"2025-01-01": "50", "2026-01-01": "55", "2027-01-01": "50"})

        assert sentences(old, new) == [
            "Charge `fee`: the amount rises from 50 to 55 (+10.0 %) since 2026-01-01 until 2027-01-01."
        ]

    def test_tells_for_whom(self) -> None:
        old = fee({"by": "size", "rows": {"15": "50", "20": "50", '1 1/2"': "50"}})
        new = fee({"by": "size", "rows": {"15": "50", "20": "60"}, "default": "60"})

        assert sentences(old, new) == ['Charge `fee`: the amount rises from 50 to 60 (+20.0 %) for size 20 or 1 1/2".']

    def test_compares_what_tables_come_to(self) -> None:
        table = fee({"by": "zone", "rows": {"north": "50", "south": "50"}})
        wild = fee({"by": ["zone", "sewer"], "rows": [["north", "true", "70"], ["*", "*", "50"]]})

        assert difference(fee("50"), table) == ()
        assert sentences(table, wild) == [
            "Charge `fee`: the amount rises from 50 to 70 (+40.0 %) for zone north, sewer true."
        ]

    def test_names_those_who_have_no_price(self) -> None:
        new = fee({"by": "size", "rows": {"15": "50", "20": "50"}})

        assert sentences(fee("50"), new) == ['Charge `fee`: the amount was 50 and is now none for size 1 1/2".']

    def test_tells_charges_added_removed_and_moved(self) -> None:
        old, new = tariff_of(FEE, WATER, TAX), tariff_of(WATER, TAX, {**FEE, "charge": "meter"})

        assert sentences(old, new) == ["Charge `fee` is gone.", "Charge `meter` is new, after charge `tax`."]
        assert [change.code for change in difference(tariff_of(FEE, WATER, TAX), tariff_of(WATER, TAX, FEE))] == [
            "moved"
        ]

    def test_says_which_tables_are_too_large_to_compare(self) -> None:
        rows = [[str(left), str(right), "1"] for left in range(70) for right in range(70)]
        old, new = (fee({"by": ["usage", "days"], "rows": rows, "default": default}) for default in ("1", "2"))

        assert [change.code for change in difference(old, new)] == ["not_compared"]

    def test_tells_conditions_taxes_and_rounding(self) -> None:
        old, new = tariff_of(WATER, TAX), tariff_of(WATER, TAX | {"only_if": "not sewer", "tax": "itbis"})
        whole = tariff_of(WATER, TAX, rounding={"line": {"places": "0", "mode": "half_up"}})

        assert sentences(old, new) == [
            "Charge `tax`: `tax` was none and is now itbis.",
            "Charge `tax`: only_if was none and is now not sewer.",
        ]
        assert sentences(old, whole) == ["The tariff: `rounding.line` was 0.01 half_up and is now 1 half_up."]

    def test_tells_inputs_and_derived_amounts(self) -> None:
        inputs = {"usage": {"default": "0"}, "extra": {}}
        old = tariff_of(FEE, inputs={"usage": {}}, derived={"months": "usage / 30"})
        new = tariff_of(FEE, inputs=inputs, derived={"months": "usage / 31"})

        assert sentences(old, new) == [
            "Input `extra` is new, after input `usage`.",
            "Input `usage`: `default` was none and is now 0.",
            "Derived amount `months`: the value was usage / 30 and is now usage / 31.",
        ]

    def test_names_the_class(self) -> None:
        def classes(amount: str) -> CompiledTariff:
            kinds = {
                zone: {"charges": [FEE | {"amount": amount if zone == "north" else "1"}]} for zone in ("north", "south")
            }
            return tariff_of(classes_by="zone", classes=kinds)

        assert sentences(classes("50"), classes("40")) == [
            "Charge `fee` of class north: the amount falls from 50 to 40 (-20.0 %)."
        ]

    @pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
    def test_says_nothing_of_what_stays(self, path: Path) -> None:
        text = path.read_text("utf-8")
        old, new = (compile_tariff(written, name="x") for written in (text, f"{text}\nlaw: another\n"))

        assert [change.data["what"] for change in difference(old, new)] == ["law"]

    @pytest.mark.parametrize(("old", "new"), list(pairwise(GALLERY)), ids=lambda path: path.stem)
    def test_tells_real_tariffs_apart(self, old: Path, new: Path) -> None:
        assert all("{" not in sentence for sentence in sentences(gallery(old), gallery(new)))


class TestCaseTotals:
    def test_prices_the_cases_of_both_under_both(self) -> None:
        shared = {"case": "shared", "inputs": {"size": "15"}}
        old = tariff_of(FEE, cases=[shared])
        new = tariff_of(FEE | {"amount": {"by": "size", "rows": {"15": "60"}}},
                        cases=[shared, {"case": "large", "inputs": {"size": "20"}}])  # fmt: skip

        shared_totals, large_totals = case_totals(old, new)

        assert isinstance(shared_totals.old, Bill) and isinstance(shared_totals.new, Bill)
        assert (shared_totals.old.total, shared_totals.new.total) == (Fraction(50), Fraction(60))
        assert isinstance(large_totals.old, Bill) and isinstance(large_totals.new, Fault)
