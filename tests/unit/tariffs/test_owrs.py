"""Everything that an Open Water Rate Specification file can say becomes a Hydria tariff; what cannot is listed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from hydria.tariffs.domain.cases import Bill, bills_of, second_bill
from hydria.tariffs.domain.compile import CompiledTariff, compile_tariff
from hydria.tariffs.domain.conversion import convert_text
from hydria.tariffs.domain.form import Case
from hydria.tariffs.domain.rating import rate

HOME = "RESIDENTIAL_SINGLE"
HEAD = (
    "metadata: {effective_date: 7/1/2031, utility_name: Invented  Springs, bill_frequency: Monthly, bill_unit: ccf}\n"
)
TIERED = {"commodity_charge": "Tiered", "tier_starts": [0, 11], "tier_prices": [2, 3], "bill": "commodity_charge"}


def file_of(fields: Any, **classes: Any) -> str:
    return HEAD + yaml.safe_dump({"rate_structure": {HOME: fields, **classes}}, sort_keys=False)


def converted(text: str) -> tuple[CompiledTariff, list[str]]:
    made, problems = convert_text(text, name="invented")
    assert made is not None, problems
    return compile_tariff(made, name="invented"), problems


def lines_of(tariff: CompiledTariff, **inputs: str) -> dict[str, str]:
    """Return the lines on which both engines agree."""
    given = {"class": HOME, **inputs}
    bill = bills_of(rate(tariff, inputs={name: [value] for name, value in given.items()}))[0]
    assert isinstance(bill, Bill), bill
    assert second_bill(tariff, Case(name="c", inputs=given, lines=None, total=None)) == bill
    return {label: str(float(amount)) for label, amount in bill.lines.items()}


SHOWN: dict[str, tuple[dict[str, Any], dict[str, str], dict[str, str]]] = {
    "the price of a field that carries the name of its charge": (
        {"commodity_charge": "flat_rate_commodity*usage_ccf", "flat_rate_commodity": 1.25, "bill": "commodity_charge"},
        {"usage": "10"}, {"commodity_charge": "12.5"}),
    "a price written in front or behind, in any unit": (
        {"a_charge": "usage_kgal * .5", "b_charge": "2*usage_kgal", "bill": "a_charge + b_charge"},
        {"usage": "3"}, {"a_charge": "1.5", "b_charge": "6.0"}),
    "a charge that is called uniform": (
        {"commodity_charge": "Uniform", "flat_rate": {"depends_on": "elevation_zone", "values": {"A": 2, "B": 2.5}},
         "bill": "commodity_charge"}, {"usage": "4", "elevation_zone": "B"}, {"commodity_charge": "10.0"}),
    "a table by three names": (
        {"service_charge": {"depends_on": ["meter_size", "city_limits", "meter_type"],
                            "values": {'1|1/2"|inside|Disc': 30, '1 1/2"|outside | Disc': 36, '2"|inside|Mag': 50}},
         "bill": "service_charge"},
        {"meter_size": '1 1/2"', "city_limits": "outside", "meter_type": "Disc"}, {"service_charge": "36.0"}),
    "one row for several sizes": (
        {"service_charge": {"depends_on": "meter_size", "values": {'5/8"|3/4"': 9, '1_1/2"': 20}},
         "bill": "service_charge"}, {"meter_size": '3/4"'}, {"service_charge": "9.0"}),
    "ranges as words": (
        {"service_charge": {"depends_on": "lot_size", "values": {"0 - 6000": 70, "6001 - 10000": 80}},
         "bill": "service_charge"}, {"lot_size": "6001 - 10000"}, {"service_charge": "80.0"}),
    "tiers by two names, with as many tiers as each row has": (
        {"commodity_charge": "Tiered",
         "tier_starts": {"depends_on": ["meter_size", "season"],
                         "values": {'1"|Summer': [0, 6, 21], '1"|Winter': [0, 11]}},
         "tier_prices": {"depends_on": "season", "values": {"Summer": [1, 2, 4], "Winter": [1, 3]}},
         "bill": "commodity_charge"},
        {"usage": "25", "meter_size": '1"', "season": "Summer"}, {"commodity_charge": "55.0"}),
    "tiers of one row, priced alike": (
        {**TIERED, "tier_starts": {"depends_on": "water_type", "values": {"R.O": [0], "Title_22": [0, 11]}},
         "tier_prices": {"depends_on": "water_type", "values": {"R.O": [3], "Title_22": [1, 2]}}},
        {"usage": "20", "water_type": "R.O"}, {"commodity_charge": "60.0"}),
    "an edge with decimals, which stands": (
        {**TIERED, "tier_starts": [0, 8.25]}, {"usage": "10.25"}, {"commodity_charge": "22.5"}),
    "a first tier from its first unit": (
        {**TIERED, "tier_starts": [1, 11]}, {"usage": "12"}, {"commodity_charge": "26.0"}),
    "an edge below the one before": (
        {**TIERED, "tier_starts": [0, 11, 5], "tier_prices": [1, 2, 3]}, {"usage": "12"}, {"commodity_charge": "16.0"}),
    "edges that grow with the dwellings": (
        {**TIERED, "tier_starts": [0, "6*dwellings"]}, {"usage": "20", "dwellings": "3"}, {"commodity_charge": "42.0"}),
    "a budget whose number of units is a first unit": (
        {**TIERED, "commodity_charge": "Budget", "tier_starts": [0, 4, "150%"], "tier_prices": [1, 2, 3], "budget": 10},
        {"usage": "20"}, {"commodity_charge": "42.0"}),
    "a budget that accounts bring along": (
        {**TIERED, "commodity_charge": "Budget", "tier_starts": [0, "101%"]},
        {"usage": "20", "budget": "10.1"}, {"commodity_charge": "50.0"}),
    "a coefficient looked up by the month": (
        {**TIERED, "commodity_charge": "Budget", "tier_starts": [0, "100%"], "budget": "outdoor",
         "outdoor": "landscape_factor*area", "landscape_factor": {"depends_on": "month", "values": {6: 0.5, 7: 0.75}}},
        {"usage": "20", "month": "7", "area": "10"}, {"commodity_charge": "52.0"}),
    "a surcharge with tiers of its own": (
        {**TIERED, "variable_drought_surcharge": "Tiered", "tier_starts_drought": [0, 6], "tier_prices_drought": [0, 1],
         "bill": "commodity_charge+variable_drought_surcharge"},
        {"usage": "12"}, {"commodity_charge": "26.0", "variable_drought_surcharge": "7.0"}),
    "a sewer with a budget of its own": (
        {**TIERED, "budget": 50, "sewer_charge": "Budget", "sewer_budget": 8, "sewer_tier_starts": [0, "100%"],
         "sewer_tier_prices": [1, 0], "bill": "sewer_charge"}, {"usage": "12"}, {"sewer_charge": "8.0"}),
    "a bill that is a number": ({"bill": 90}, {}, {"bill": "90.0"}),
    "a bill multiplied as a whole": (
        {**TIERED, "fixed_drought_surcharge": 0, "bill": "1.1*(commodity_charge+fixed_drought_surcharge)"},
        {"usage": "5"}, {"bill": "11.0"}),
    "a tax on other charges, written in any order": (
        {"bill": "tax + commodity_charge", "tax": "0.1*net", "net": "commodity_charge+service_charge",
         "service_charge": 5, "commodity_charge": "Tiered", "tier_starts": [0, 11], "tier_prices": [2, 3]},
        {"usage": "5"}, {"tax": "1.5", "commodity_charge": "10.0"}),
    "functions and conditions of R": (
        {"service_charge": "ifelse(hhsize > 4 & season == 'Summer', pmax(round(2.5), 3), ceiling(0.2))",
         "bill": "service_charge"}, {"hhsize": "5", "season": "Summer"}, {"service_charge": "3.0"}),
    "a name that is worked out and selects": (
        {"group": {"depends_on": "meter_size", "values": {'5/8"': "SMALL", '4"': "LARGE"}},
         "service_charge": {"depends_on": "group", "values": {"SMALL": 9, "LARGE": 90}}, "bill": "service_charge"},
        {"meter_size": '4"'}, {"service_charge": "90.0"}),
}  # fmt: skip


class TestOwrsClass:
    @pytest.mark.parametrize("what", SHOWN)
    def test_expresses(self, what: str) -> None:
        fields, inputs, lines = SHOWN[what]
        tariff, problems = converted(file_of(fields))

        assert problems == []
        assert (
            lines_of(tariff, usage=inputs.get("usage", "0"), **{k: v for k, v in inputs.items() if k != "usage"})
            == lines
        )

    def test_reads_fields_listed_one_by_one_with_a_table_beside_its_name(self) -> None:
        rows = [{"tier_starts": [0, 6]}, {"commodity_charge": "Tiered"}, {"bill": "commodity_charge"},
                {"tier_prices": None, "depends_on": "water_type", "values": {"POTABLE": [1, 3], "RECYCLED": [1, 1]}}]  # fmt: skip
        tariff, problems = converted(file_of(rows))

        assert problems == []
        assert lines_of(tariff, usage="10", water_type="POTABLE") == {"commodity_charge": "20.0"}

    def test_keeps_what_one_class_works_out_apart_from_what_another_asks_for(self) -> None:
        budget = TIERED | {"commodity_charge": "Budget", "tier_starts": [0, "100%"]}
        tariff, problems = converted(file_of(budget | {"budget": "indoor", "indoor": 7}, OTHER=budget))

        assert problems == []
        assert lines_of(tariff, usage="10", budget="4") == {"commodity_charge": "23.0"}
        assert lines_of(tariff, **{"class": "OTHER", "usage": "10", "budget": "4"}) == {"commodity_charge": "26.0"}

    def test_asks_for_what_billing_knows_by_the_name_that_billing_uses(self) -> None:
        tariff, problems = converted(file_of({"service_charge": "days_in_period*number_dwelling_units",
                                              "bill": "service_charge"}))  # fmt: skip

        assert problems == []
        assert lines_of(tariff, days="30", units="2") == {"service_charge": "60.0"}
        assert [entry.also for entry in tariff.inputs if entry.name == "days"] == [("days_in_period",)]

    def test_takes_one_structure_for_several_classes(self) -> None:
        tariff, _ = converted(file_of({"bill": 1}, **{"COMMERCIAL|INDUSTRIAL": TIERED}))

        assert lines_of(tariff, **{"class": "INDUSTRIAL", "usage": "5"}) == {"commodity_charge": "10.0"}

    @pytest.mark.parametrize(("fields", "problem"), [
        ({"service_charge": 1}, "bill is missing: nothing says which charges are due."),
        ({"service_charge": None, "bill": "service_charge"}, "service_charge is empty."),
        ({"service_charge": 1, "bill": "service_charge+trash_charge"},
         "bill names trash_charge, which the class does not state; it is taken as 0."),
        ({"commodity_charge": "flat_rte*usage_ccf", "flat_rate": 2, "bill": "commodity_charge"},
         "commodity_charge needs flat_rte, which the class does not state; it became an input."),
        ({"service_charge": 9, "bill": "service_charge*(1+tax_rate)"},
         "bill needs tax_rate, which the class does not state; it became an input."),
        ({"commodity_charge": "Uniform", "bill": "commodity_charge"},
         "commodity_charge is uniform, but the class states no flat_rate."),
        ({"commodity_charge": "Tiered", "tier_prices": [1], "bill": "commodity_charge"},
         "commodity_charge has no tier_starts."),
        (TIERED | {"variable_drought_surcharge": "Tiered", "bill": "variable_drought_surcharge"},
         "variable_drought_surcharge has no tier_starts of its own."),
        (TIERED | {"tier_prices": [1, 2, 3]}, "commodity_charge has 2 tier starts and 3 tier prices."),
        (TIERED | {"tier_prices": {"depends_on": "x", "values": {"a": [1, 2], "b": [1]}}},
         "commodity_charge has 2 tier starts and 1 tier prices for b."),
        (TIERED | {"tier_prices": [1, [2, 3]]}, "commodity_charge holds a list or table where one amount belongs."),
        (TIERED | {"tier_starts": [11, 21]}, "commodity_charge starts its tiers at 11, not at 0."),
        ({"service_charge": [1, 2], "bill": "service_charge"}, "service_charge holds a list or table where one amount belongs."),
        ({"service_charge": {"depends_on": "x", "a": 1}, "bill": "service_charge"},
         "service_charge has a table that is not made of `depends_on` and `values`."),
        ({"service_charge": {"depends_on": [], "values": {"a": 1}}, "bill": "service_charge"},
         "service_charge has a table that is not made of `depends_on` and `values`."),
        ({"service_charge": {"depends_on": "x", "values": {"a": {"depends_on": "y", "values": {"b": 1}}}},
          "bill": "service_charge"}, "service_charge holds a list or table where one amount belongs."),
        ({"service_charge": {"depends_on": ["x", "y"], "values": {"a": 1, "a|b": 2}}, "bill": "service_charge"},
         "service_charge has the key `a`, which does not name one x, one y."),
        ({"service_charge": {"depends_on": "x", "values": {'1|1/2"': 1, '1 1/2"': 2}}, "bill": "service_charge"},
         "service_charge has a table by x that states a key twice."),
        ({"a_charge": "b*2", "b": "a_charge+1", "bill": "a_charge"}, "a_charge needs itself."),
        ({"service_charge": "1,5", "bill": "service_charge"},
         "service_charge holds `1,5`, which is no formula: `,` is not expected here."),
    ])  # fmt: skip
    def test_says_what_is_missing_or_contradicts_itself(self, fields: dict[str, Any], problem: str) -> None:
        made, problems = convert_text(file_of(fields), name="invented")

        assert made is not None
        assert problems == [f"{HOME}: {problem}"]


class TestOwrsFile:
    @pytest.mark.parametrize(("written", "unit"), [("Kgal", "kgal"), ("HCF", "ccf"), ("kilolitre", "m3")])
    def test_knows_the_units(self, written: str, unit: str) -> None:
        for name in ("bill_unit", "unit_type"):
            text = f"metadata: {{{name}: {written}}}\nrate_structure: {{A: {{bill: 1}}}}\n"
            assert converted(text)[0].form.unit == unit

    @pytest.mark.parametrize("written", ["07/01/2031", "7-1-2031", "2031-07-01", "2031/7/1"])
    def test_reads_dates_with_whatever_stands_between(self, written: str) -> None:
        tariff, _ = converted(f"metadata: {{effective_date: {written}}}\nrate_structure: {{A: {{bill: 1}}}}\n")

        assert str(tariff.form.effective_date) == "2031-07-01"

    @pytest.mark.parametrize(("written", "period"), [
        ("Monthly", "monthly"), ("Bi-Monthly", "two-month"), ("bimonthly", "two-month"), ("Quarterly", "quarterly"),
        ("Semi-Annually", "semiannual"), ("Annually", "annual")])  # fmt: skip
    def test_knows_the_periods(self, written: str, period: str) -> None:
        tariff, _ = converted(f"metadata: {{bill_frequency: {written}}}\nrate_structure: {{A: {{bill: 1}}}}\n")

        assert tariff.form.billing_period == period

    def test_says_what_it_does_not_know(self) -> None:
        text = ("metadata: {effective_date: 25/12/2031, bill_frequency: 1, bill_unit: barrel}\n"
                "rate_structure: {A: {bill: 1}, B: 7}\n")  # fmt: skip

        assert convert_text(text, name="t")[1] == [
            "The unit of water `barrel` is not known; the volumes of the file are taken as they are.",
            "The bill frequency `1` is not known; the tariff is left without one.",
            "The effective date `25/12/2031` is not a date; the tariff is left without one.",
            "The class B holds no fields.",
        ]

    def test_notes_what_the_file_states_and_the_bill_leaves_out(self) -> None:
        text = file_of(TIERED | {"fixed_drought_surcharge": 5, "fixed_wastewater_charge": 0}) + "capacity_charge: 9\n"
        tariff, problems = converted(text)

        assert problems == []
        assert f"Stated but not on the bill: fixed_drought_surcharge ({HOME}).\n" in tariff.form.notes
        assert "Stated outside the classes: capacity_charge." in tariff.form.notes
        assert "wastewater" not in tariff.form.notes

    def test_reads_aliases_and_the_line_ends_of_old_computers(self) -> None:
        text = ("rate_structure:\n  A: {service_charge: &ref_0 {depends_on: size, values: {S: 1, L: 2}}, "
                "bill: service_charge}\n  B: {service_charge: *ref_0, bill: service_charge}\n")  # fmt: skip
        tariff, problems = converted(text.replace("\n", "\r"))

        assert problems == []
        assert lines_of(tariff, **{"class": "B", "size": "L"}) == {"service_charge": "2.0"}

    def test_refuses_aliases_that_multiply(self) -> None:
        rows = ["a0: &a0 [1]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))]
        made, problems = convert_text("\n".join(rows), name="t")

        assert made is None
        assert "Anchors and aliases" in problems[0]

    def test_says_that_a_tab_is_in_the_way(self) -> None:
        _, problems = convert_text("rate_structure:\n  A:\n\tbill: 1\n", name="t")

        assert problems[0].startswith("line 3: This is not YAML: a tab stands where only spaces may.")


class TestGuide:
    def test_shows_where_tiers_start(self) -> None:
        page = (Path(__file__).parents[3] / "docs/guide/tariffs.md").read_text("utf-8")
        table = page.split("| tier_starts | budget | usage | amount |\n")[1].split("\n\n")[0].splitlines()[1:]

        for starts, budget, usage, amount in ([cell.strip() for cell in row.strip("|").split("|")] for row in table):
            tariff, problems = converted(file_of(TIERED | {"tier_starts": starts.split(", "), "budget": budget or "0"}))
            assert problems == []
            assert float(lines_of(tariff, usage=usage)["commodity_charge"]) == float(amount), starts
        assert len(table) == 5
