"""Everything that the neutral form can say becomes a Hydria tariff, and what cannot be said is listed."""

from __future__ import annotations

from typing import Any

import pytest

from hydria.tariffs.domain.cases import Bill, bills_of, run_cases
from hydria.tariffs.domain.compile import CompiledTariff, compile_tariff
from hydria.tariffs.domain.conversion import convert_text
from hydria.tariffs.domain.formatting import write_plain
from hydria.tariffs.domain.rating import rate

INPUTS = {
    "usage": {"type": "number", "unit": "m3"},
    "month": {"type": "number"},
    "size": {"values": ["15", "20"]},
    "late": {"values": ["false", "true"]},
    "class": {"values": ["home", "shop"]},
}


def converted(lines: list[Any], *, derived: list[Any] | None = None, **more: Any) -> tuple[CompiledTariff, list[str]]:
    plain = {"id": "t", "currency": "USD", "unit": "m3", "rule": "r", "inputs": INPUTS,
             "rounding": {"line": {"places": "2", "mode": "half_up"}},
             "parameters": {"derived": derived or [], "lines": lines}} | more  # fmt: skip
    text, problems = convert_text(write_plain(plain), name="t")
    assert text is not None, problems
    return compile_tariff(text, name="t"), problems


def lines_of(tariff: CompiledTariff, **inputs: Any) -> dict[str, str]:
    bill = bills_of(rate(tariff, inputs={name: [value] for name, value in inputs.items()}))[0]
    assert isinstance(bill, Bill), bill
    return {label: str(float(amount)) for label, amount in bill.lines.items()}


def blocks(**fields: Any) -> dict[str, Any]:
    return {"label": "a", "type": "blocks", "quantity": "usage", **fields}


SHOWN = [
    (blocks(limits=[], prices=["2"]), {"usage": "3"}, "6.0"),
    (blocks(limits=["10.5"], prices=["1", "2"]), {"usage": "11"}, "11.5"),
    (blocks(limits=["10", "5"], prices=["1", "2", "3"]), {"usage": "20"}, "40.0"),
    (blocks(limits=["month * 2", "30"], prices=["1", "2", "3"]), {"usage": "20", "month": "6"}, "28.0"),
    (blocks(limits=["10"], prices=["1", "2"], limits_times="month", times="2"), {"usage": "21", "month": "2"}, "44.0"),
    (blocks(limits={"lookup": ["size"], "rows": [{"when": {"size": "15"}, "value": ["4"]},
                                                 {"when": {"size": "20.0"}, "value": ["9"]}]},
            prices={"lookup": ["late"], "rows": [{"when": {"late": "false"}, "value": ["1", "2"]}],
                    "default": ["5", "6"]}), {"usage": "10", "size": "20", "late": "false"}, "11.0"),
    (blocks(limits=["usage"], prices=["1", "2"], quantity="max(usage, 12)"), {"usage": "10"}, "14.0"),
    ({"label": "a", "type": "unit_price", "quantity": "usage * 2", "price": "1.5"}, {"usage": "3"}, "9.0"),
    ({"label": "a", "type": "unit_price", "price": "usage / 10"}, {"usage": "20"}, "40.0"),
    ({"label": "a", "type": "fixed", "amount": "usage + 1", "times": "2"}, {"usage": "3"}, "8.0"),
    ({"label": "a", "type": "fixed", "amount": {"lookup": ["month", "late"], "rows": [
        {"when": {"month": "6", "late": "true"}, "value": "9"}, {"when": {"month": "6"}, "value": "usage"}],
        "default": "1"}}, {"usage": "3", "month": "6.0", "late": "false"}, "3.0"),
    ({"label": "a", "type": "formula", "formula": {"lookup": ["class"], "rows": [
        {"when": {"class": "home"}, "value": "usage * 2"}, {"when": {"class": "shop"}, "value": "usage * 3"}]}},
     {"usage": "3", "class": "shop"}, "9.0"),
    ({"label": "a", "type": "whole_band", "limits": ["10", "20"], "prices": ["1", "2", "3"]}, {"usage": "20"}, "40.0"),
    ({"label": "a", "type": "band_amount", "limits": ["10"], "amounts": ["7", "8"]}, {"usage": "10.01"}, "8.0"),
    ({"label": "a", "type": "band_amount", "limits": ["10"], "limits_times": "2", "amounts": ["7", "8"]},
     {"usage": "20"}, "7.0"),
    ({"label": "a", "type": "base_plus_excess", "bands": [
        {"over": "0", "upto": "10", "base": "5", "excess_price": "0"},
        {"over": "8", "upto": "null", "base": "6", "excess_price": "1.5"}]}, {"usage": "12"}, "12.0"),
    ({"label": "a", "type": "base_plus_excess", "bands": {"lookup": ["size"], "rows": [
        {"when": {"size": "15"}, "value": [{"over": "0", "base": "5", "excess_price": "1"}]},
        {"when": {"size": "20"}, "value": [{"over": "0", "upto": "10", "base": "5", "excess_price": "0"},
                                           {"over": "10", "base": "6", "excess_price": "2"}]}]}},
     {"usage": "12", "size": "20"}, "10.0"),
    ({"label": "a", "type": "fixed", "amount": "5", "only_if": "class in ['home'] and usage > 2"},
     {"usage": "3", "class": "home"}, "5.0"),
    ({"label": "a", "type": "formula", "formula": "-usage", "round": {"places": "0", "mode": "down"}},
     {"usage": "2.9"}, "-2.0"),
    ({"label": "a", "type": "formula", "formula": "usage / 8", "round": "none"}, {"usage": "1"}, "0.125"),
]  # fmt: skip


class TestNeutralForm:
    @pytest.mark.parametrize(("line", "inputs", "amount"), SHOWN)
    def test_is_expressed(self, line: dict[str, Any], inputs: dict[str, str], amount: str) -> None:
        tariff, problems = converted([line])

        assert problems == []
        assert lines_of(tariff, **inputs) == {"a": amount}

    def test_lets_an_earlier_row_hide_the_lists_of_a_later_one(self) -> None:
        rows = [{"when": {"size": "15", "late": "true"}, "value": ["5", "9"]}, {"when": {"size": "15"}, "value": ["5"]}]
        prices = [{"when": {"size": "15", "late": "true"}, "value": ["1", "2", "3"]},
                  {"when": {"size": "15"}, "value": ["4", "5"]}]  # fmt: skip
        tariff, problems = converted(
            [blocks(limits={"lookup": ["size", "late"], "rows": rows},
                    prices={"lookup": ["size", "late"], "rows": prices})])  # fmt: skip

        assert problems == []
        assert lines_of(tariff, usage="10", size="15", late="true") == {"a": "16.0"}
        assert lines_of(tariff, usage="10", size="15", late="false") == {"a": "45.0"}

    def test_keeps_memo_lines_and_percentages_of_absent_ones(self) -> None:
        tariff, problems = converted([
            {"label": "volume", "type": "unit_price", "price": "0.333", "memo": "true", "round": "none"},
            {"label": "extra", "type": "fixed", "amount": "4", "only_if": "late"},
            {"label": "tax", "type": "percent", "percent": "10", "of": ["volume", "extra", "never"], "times": "2"},
        ])  # fmt: skip

        assert problems == []
        assert lines_of(tariff, usage="100", late="false") == {"tax": "6.66"}

    def test_works_out_derived_amounts_in_order_with_words_as_keys(self) -> None:
        season = {"name": "season", "value": {"lookup": ["month"], "rows": [
            {"when": {"month": "7"}, "value": "summer"}], "default": "winter"}}  # fmt: skip
        twice = {"name": "twice", "formula": "usage * 2"}
        tariff, problems = converted(
            [{"label": "a", "type": "formula", "formula": "twice if season == 'summer' else 1"}],
            derived=[season, twice])  # fmt: skip

        assert problems == []
        assert lines_of(tariff, usage="4", month="7") == {"a": "8.0"}
        assert lines_of(tariff, usage="4", month="8") == {"a": "1.0"}

    def test_keeps_classes_totals_and_cases(self) -> None:
        fee = {"label": "fee", "type": "fixed", "amount": "10.04"}
        sewer = {"label": "sewer", "type": "percent", "percent": "50", "of": ["fee"]}
        tariff, problems = converted(
            [], parameters={"classes": {"home": {"lines": [fee]}, "shop": {"lines": [fee, sewer]}}},
            rounding={"line": {"places": "2", "mode": "half_up"}, "total": {"step": "0.05", "mode": "half_up"}},
            cases=[{"id": "c1", "inputs": {"class": "home", "usage": "1"}, "expected_lines": {"fee": "10.04"},
                    "expected_total": "10.05", "unrounded_total": "10.04"},
                   {"id": "c2", "inputs": {"class": "shop"}, "expected_lines": {"fee": "10.04", "sewer": "5.02"},
                    "expected_total": "15.05"}])  # fmt: skip

        assert problems == []
        assert run_cases(tariff) == (2, [])

    def test_fills_what_the_form_leaves_to_the_reader(self) -> None:
        fee = {"label": "fee", "type": "formula", "formula": "5 * zone"}
        tariff, problems = converted(
            [], inputs={"zone": {"values": ["1", "2"]}, "days": {"type": "number"}},
            parameters={"classes": {"home": {"lines": [fee]}}},
            cases=[{"id": "c1", "inputs": {"class": "home", "zone": "2", "days": "null"}, "expected_total": "10"}],
        )  # fmt: skip

        assert problems == []
        assert run_cases(tariff) == (1, [])

    def test_keeps_free_labels_and_input_names(self) -> None:
        inputs = {"usage": {"type": "number"}, "Größe des Zählers": {"values": ["Qn 2,5", "a: b", "*"]}}
        tariff, problems = converted(
            [{"label": "Grundgebühr: [Wasser], 1/2", "type": "fixed", "amount": {"lookup": ["Größe des Zählers"], "rows": [
                {"when": {"Größe des Zählers": "Qn 2,5"}, "value": "5"}, {"when": {"Größe des Zählers": "a: b"}, "value": "6"}]}},
             {"label": "año", "type": "formula", "formula": "usage"},
             {"label": "#2", "type": "percent", "percent": "10", "of": ["Grundgebühr: [Wasser], 1/2", "año"]}],
            inputs=inputs)  # fmt: skip

        assert problems == []
        found = lines_of(tariff, usage="4", **{"Größe des Zählers": "a: b"})
        assert found == {"Grundgebühr: [Wasser], 1/2": "6.0", "año": "4.0", "#2": "1.0"}

    def test_lists_what_it_cannot_express(self) -> None:
        plain = {"id": "t", "currency": "USD", "inputs": INPUTS, "surprise": "x", "parameters": {"lines": [
            {"label": "a", "type": "integral", "amount": "1"}, {"label": "b", "type": "fixed", "amount": "1"}]}}  # fmt: skip

        text, problems = convert_text(write_plain(plain), name="t")

        assert text is not None
        assert problems == ["The field `surprise` has no counterpart.",
                            "The charge `a` cannot be expressed: its type `integral` is not known."]  # fmt: skip

    @pytest.mark.parametrize("text", ["- 1", "a: b", "parameters: 3\nid: x", "rate_structure: {A: {bill: 1 +}}\n", "x: [",
                                      "id: x\nparameters: {lines: [{label: a, type: fixed}]}"])  # fmt: skip
    def test_answers_nonsense_with_a_message(self, text: str) -> None:
        _, problems = convert_text(text, name="t")

        assert problems


OWRS = """
metadata: {effective_date: 07/01/2017, utility_name: Invented Water District, bill_frequency: Bimonthly, bill_unit: ccf}
rate_structure:
  RESIDENTIAL_SINGLE:
    service_charge:
      depends_on: [meter_size, city_limits]
      values: {5/8"|INSIDE: 10.5, 1|1/2"|INSIDE: 30, 5/8"|OUTSIDE: 12}
    commodity_charge: Budget
    gpcd_commodity: 55
    indoor_commodity: hhsize*gpcd*days_in_period*(1/748)
    outdoor_commodity: landscape_factor*et_amount*irr_area*0.62*(1/748)
    landscape_factor_commodity: .8
    budget_commodity: indoor+outdoor
    tier_starts_commodity: [0, indoor, 100%, 150%]
    tier_prices_commodity: [1, 2, 4, 8]
    fixed_drought_surcharge: 0
    bill: service_charge+commodity_charge+fixed_drought_surcharge
  COMMERCIAL:
    - tier_starts: [0, 11]
    - tier_prices: [2, 3]
    - commodity_charge: Tiered
    - flat_rate: {depends_on: season, values: {Summer: [0.5], Winter: [0.25]}}
    - pumping: flat_rate*usage_ccf
    - bill: (commodity_charge+pumping)*1.1
"""


class TestOwrs:
    def test_becomes_a_tariff_with_budgets_in_whole_units(self) -> None:
        text, problems = convert_text(OWRS, name="invented")
        assert text is not None
        tariff = compile_tariff(text, name="invented")
        account = {"class": "RESIDENTIAL_SINGLE", "meter_size": '1 1/2"', "city_limits": "INSIDE", "hhsize": "4",
                   "days": "61", "et_amount": "12", "irr_area": "900"}  # fmt: skip

        # indoor 17.94 -> 18, outdoor 7.16 -> 7, budget 25, 150 % 37.5 -> 38
        assert problems == []
        assert lines_of(tariff, usage="40", **account) == {"service_charge": "30.0", "commodity_charge": "100.0"}

    def test_reads_a_tier_start_as_the_first_unit_of_its_tier_and_a_bill_that_is_a_formula(self) -> None:
        text, _ = convert_text(OWRS, name="invented")
        assert text is not None
        tariff = compile_tariff(text, name="invented")

        # 10 at 2, 5 at 3, 15 at 0.5, and a tenth on top
        assert lines_of(tariff, **{"class": "COMMERCIAL", "usage": "15", "season": "Summer"}) == {"bill": "46.75"}
