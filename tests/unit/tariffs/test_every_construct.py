"""
Every construct of the form, over accounts of every kind, comes out the same in both engines.

The random tariffs of test_engines_agree go further; these name each construct, so that a failure points at it.
"""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from hydria.tariffs.domain import oracle
from hydria.tariffs.domain.cases import Bill, bills_of
from hydria.tariffs.domain.rating import rate
from tariff_factories import INPUTS, blocks, tariff_of

NAMES = ("usage", "days", "units", "size", "zone", "sewer", "bore")
BORES = [
    "15",
    "20",
    "25.5",
    "0",
    "15.0",
    "20",
    None,
    "15",
    "20",
    "25.5",
    "0",
    "15",
    "7",
    "20",
]  # words that are numbers
ACCOUNTS: list[dict[str, Any]] = [
    dict(zip(NAMES, (*account, bore), strict=True))
    for bore, account in zip(BORES, [
        ("0", "30", "1", "15", "north", "true"),
        ("10", "30", "2", "20", "south", "false"),
        ("10.001", "31", "3", '1 1/2"', "north", "false"),
        ("7.5", "", "0", "15.0", "south", "true"),
        ("35", "45", "7", "20", "north", "false"),
        ("123456789.125", "28", "2", "15", "south", "false"),
        (None, "30", "1", "15", "north", "true"),
        ("4", "30", None, "20", "south", "false"),
        ("4", "30", "1", "99", "north", "true"),
        ("20", "30", "1", None, "south", "false"),
        ("20", "60", "4", "15", None, "true"),
        ("20", "30", "1", "20", "north", ""),
        ("x", "30", "1", "20", "north", "true"),
        ("29.999", "30", "5", "20", "south", "true"),
    ], strict=True)
]  # fmt: skip
DATES = {"2025-01-01": "1", "2025-02-01": "2.5", "2025-03-01": "4"}
PERIODS = [("2025-01-01", "2025-02-01"), ("2025-01-20", "2025-03-05"), ("2025-02-01", "2025-02-01"),
           ("2024-12-31", "2025-01-31"), ("2025-06-01", "2025-07-01")]  # fmt: skip

FORMULAS = [
    "usage + days", "usage - days", "usage * days", "usage / units", "usage / 8", "days / units / 3", "-usage", "--usage + 1",
    "min(usage, days)", "max(usage, days, 12.5)", "min(usage)", "abs(usage - 20)", "abs(-3)",
    "ceil(usage / 3)", "floor(usage / 3)", "truncate(-usage / 3)", "round_half_up(usage / 3, 1)",
    "round_half_even(usage / 2)", "round_half_up(usage, -1)", "ceil(usage, -1)", "floor(-usage / 7, 2)",
    "1 if usage < 10 else 2", "1 if usage <= 10 else 2", "1 if usage == 10 else 2", "1 if usage != 10 else 2",
    "1 if usage >= 10 else 2", "1 if usage > 10 else 2", "1 if 5 < usage <= 20 else 2",
    "usage if sewer else days", "usage if not sewer else days", "usage / units if units > 0 else 7",
    "7 if units == 0 else usage / units", "usage / units if units else 7", "usage if days / units > 10 else 1",
    "1 if sewer and units > 1 else 0", "1 if sewer or units > 1 else 0", "1 if sewer or usage / units > 3 else 0",
    "1 if not sewer and usage / units > 3 else 0", "1 if usage > 5 or zone == 'north' and units != 2 else 0",
    "1 if zone == 'north' else 2", "1 if zone != 'north' else 2", "1 if 'south' == zone else 2",
    "1 if size == 15 else 2", "1 if size == '15' else 2", "1 if size != 20 else 2", "1 if size == usage else 2",
    "1 if zone in ['north', 'west'] else 2", "1 if zone not in ['south'] else 2", "1 if size in ['20', 15] else 2",
    "1 if usage in [0, 10, 35] else 2", "1 if usage not in [10.0] else 2", "1 if usage in ['10'] else 2",
    "sewer + 1", "(usage > 5) + (units > 2)", "(units > 1) * usage", "1 if (usage > 5) == sewer else 2",
    "1 if (usage > 5) != sewer else 2", "1 if usage else 2", "1 if sewer == true else 2", "1 if zone == size else 2",
    "1 if (zone if sewer else size) == 'north' else 2", "1 if (size if sewer else zone) in ['15', 'south'] else 2",
    "1 if (sewer if usage > 5 else units > 1) else 2", "(sewer if usage > 5 else 3) * 2", "true + false",
    "1 if true else usage", "usage if false else 1", "1 if true or usage / 0 > 1 else 2", "min(usage, 1 / 0) if false else 2",
    "max(sewer, 1)", "min(usage > 5, 0)", "max(usage > 5, 0) + min(sewer, 1)", "1 if not true else 2", "bore * 2", "bore + bore",
    "min(days, usage / units)",
    "max(days, usage)",
    "1 if zone == sewer else 2",
    "1 if sewer != size else 2",
    "1 if word == 'north' else 2",
    "1 if word in ['15', 'south'] else 2",
    "1 if word != zone else 2",
    "usage * bore", "1 if bore > 15 else 2", "1 if bore == 20 else 2", "1 if bore < usage else 2", "usage / bore",
    "max(0, usage - 10) * 1.25 + min(usage, 10)", "factor * usage", "factor + share", "1 if large else 2",
]  # fmt: skip
DERIVED = {
    "factor": {"by": "zone", "rows": {"north": "1.5", "south": "days / 30"}},
    "share": "usage / max(units, 1)",
    "large": "usage > 20",
    "word": {"by": "sewer", "rows": {"true": "zone", "false": "size"}},
}

VALUES: dict[str, Any] = {
    "size": {"by": "size", "rows": {"15": "1", "20": "2"}},
    "size_default": {"by": "size", "rows": {"15.0": "1", "20": "2"}, "default": "9"},
    "size_default_formula": {"by": "size", "rows": {"15": "usage", "20": "2"}, "default": "days"},
    "size_formula_hole": {"by": "size", "rows": {"15": "usage * 2"}},
    "size_formula_fault": {"by": "size", "rows": {"15": "usage / units", "20": "1 / 0"}, "default": "3"},
    "truth": {"by": "sewer", "rows": {"true": "1", "false": "2"}},
    "one_truth": {"by": "sewer", "rows": {"true": "1"}, "default": "4"},
    "derived_truth": {"by": "large", "rows": {"true": "1", "false": "2"}},
    "number": {"by": "units", "rows": [["1", "1"], ["2.0", "2"], ["0", "5"], ["*", "3"]]},
    "number_hole": {"by": "units", "rows": {"1": "1", "2": "2"}},
    "fraction": {"by": "usage", "rows": {"7.5": "1", "10": "2"}, "default": "3"},
    "two_keys": {"by": ["zone", "sewer"], "rows": [["north", "true", "1"], ["*", "false", "2"], ["south", "*", "3"]]},
    "two_keys_hole": {"by": ["zone", "size"], "rows": [["north", "15", "1"], ["south", "20", "2"], ["north", "*", "4"]]},
    "three_keys": {"by": ["zone", "size", "units"], "rows": [
        ["north", "15", "1", "1"], ["*", "20", "*", "2"], ["south", "*", "2", "3"], ["*", "*", "*", "4"]]},
    "first_of_two": {"by": "zone", "rows": [["north", "1"], ["*", "2"], ["south", "3"]]},
    "words": {"by": "zone", "rows": {"north": "1 if size == '15' else 2", "south": "size == 20"}},
    "dated": DATES,
    "dated_rows": {"by": "zone", "rows": {"north": DATES, "south": {"2025-02-15": "7"}}},
    "dated_tables": {"2025-01-01": {"by": "zone", "rows": {"north": "1", "south": "2"}}, "2025-02-10": "usage / days"},
}  # fmt: skip

FOUR = blocks(("0", "1"), ("10", "2"), ("20", "5"), ("30", "10"))
BANDS = [{"from": "0", "amount": "5"}, {"from": "10", "amount": "8"}, {"from": "10 * units", "amount": "20"}]
EXCESS = [{"from": "0", "base": "5", "price": "0"}, {"from": "10", "base": "days", "price": "1.5"},
          {"from": "20", "base": "30", "price": "2", "over": "15"}]  # fmt: skip
TABLE = {
    "from": {"by": "size", "rows": {"15": ["0", "4"], "20": ["0", "10", "20"]}},
    "price": {"by": "size", "rows": {"15": ["1", "2"], "20": ["1", "2", "3"]}},
}
SHAPES: dict[str, Any] = {
    "fixed": {"shape": "fixed", "amount": "12.345"},
    "uniform": {"shape": "uniform", "price": "1.005"},
    "uniform_quantity": {"shape": "uniform", "quantity": "max(usage, 12.5) / units", "price": "days / 30", "times": "units"},
    "blocks": {"shape": "blocks", "blocks": FOUR},
    "blocks_negative": {"shape": "blocks", "blocks": FOUR, "quantity": "usage - 15"},
    "blocks_times": {"shape": "blocks", "blocks": FOUR, "edges_times": "units * days / 30"},
    "blocks_edges": {"shape": "blocks", "blocks": blocks(("0", "1"), ("days", "2"), ("10 * units", "3"), ("25", "4"))},
    "blocks_table": {"shape": "blocks", "blocks": TABLE},
    "blocks_alike": {"shape": "blocks", "quantity": "25", "blocks": FOUR},
    "blocks_falling": {"shape": "blocks", "blocks": blocks(("0", "1"), ("20", "2"), ("15", "3"), ("15", "4"))},
    "whole": {"shape": "whole", "bands": FOUR},
    "whole_times": {"shape": "whole", "bands": FOUR, "edges_times": "units"},
    "whole_table": {"shape": "whole", "bands": {"from": ["0", "10"], "price": {"by": "zone", "rows": {
        "north": ["1", "2"], "south": ["3", "4"]}}}},
    "flat": {"shape": "flat", "bands": BANDS},
    "flat_alike": {"shape": "flat", "quantity": "10", "bands": BANDS[:2]},
    "base_excess": {"shape": "base_excess", "bands": EXCESS},
    "base_excess_times": {"shape": "base_excess", "bands": EXCESS, "edges_times": "units"},
    "at_least": {"shape": "uniform", "price": "1", "at_least": "8"},
    "at_most": {"shape": "uniform", "price": "1", "at_most": "8 * units"},
    "times_least_most": {"shape": "uniform", "price": "1", "times": "units", "at_least": "10", "at_most": "days"},
    "only_if": {"shape": "uniform", "price": "2", "only_if": "sewer"},
    "only_if_fault": {"shape": "fixed", "amount": "2", "only_if": "usage / units > 3"},
    "only_if_word": {"shape": "fixed", "amount": "2", "only_if": "zone == 'north'"},
    "only_if_table": {"shape": "fixed", "amount": {"by": "size", "rows": {"15": "1"}}, "only_if": "size == 15"},
    "never": {"shape": "fixed", "amount": "1 / 0", "only_if": "false"},
    "from": {"shape": "uniform", "price": "2", "from": "2025-01-25"},
    "until": {"shape": "uniform", "price": DATES, "until": "2025-02-20"},
    "from_until": {"shape": "fixed", "amount": "30", "from": "2025-01-25", "until": "2025-02-10"},
    "memo": {"shape": "uniform", "price": "0.333", "memo": "true", "rounding": "none"},
    "rounding_places": {"shape": "uniform", "price": "1.2345", "rounding": {"places": "1", "mode": "down"}},
    "rounding_step": {"shape": "uniform", "price": "-1.2345", "rounding": {"step": "0.25", "mode": "up"}},
    "rounding_tens": {"shape": "uniform", "price": "1.5", "rounding": {"places": "-1", "mode": "half_even"}},
}  # fmt: skip

TAX = {"charge": "tax", "shape": "percent", "percent": "12.5", "of": ["tested"]}
TOTAL = {"rounding": {"line": {"places": "2"}, "total": {"step": "0.05", "mode": "half_up"}}}


def assert_engines_agree(*charges: dict[str, Any], **header: Any) -> None:
    tariff = tariff_of(*charges, inputs=INPUTS | {"bore": {"values": ["15", "20", "25.5", "0"]}}, **header)
    columns = {name: [account[name] for account in ACCOUNTS] for name in NAMES}
    together = bills_of(rate(tariff, inputs=columns))
    assert [bill if isinstance(bill, Bill) else None for bill in together] == [
        second(tariff.plain, account) for account in ACCOUNTS
    ]
    if not any(tariff.changes.values()):
        return
    accounts = [account for account in ACCOUNTS for _ in PERIODS]
    periods = [[datetime.date.fromisoformat(day) for day in period] for _ in ACCOUNTS for period in PERIODS]
    starts, ends = zip(*periods, strict=True)
    columns = {name: [account[name] for account in accounts] for name in NAMES}
    dated = bills_of(rate(tariff, inputs=columns, period_start=list(starts), period_end=list(ends)))
    assert [bill if isinstance(bill, Bill) else None for bill in dated] == [
        second(tariff.plain, account, start=start, end=end)
        for account, (start, end) in zip(accounts, periods, strict=True)
    ]


def second(plain: Any, account: dict[str, Any], **period: Any) -> Bill | None:
    try:
        found = oracle.bill(plain, account, **period)
    except oracle.CannotPrice:
        return None
    return Bill(lines=found.lines, total=found.total)


class TestEveryFormula:
    @pytest.mark.parametrize("formula", FORMULAS)
    def test_is_worth_the_same_in_both_engines(self, formula: str) -> None:
        assert_engines_agree({"charge": "tested", "shape": "formula", "formula": formula}, TAX, derived=DERIVED)


class TestEveryValue:
    @pytest.mark.parametrize("name", VALUES)
    def test_is_worth_the_same_in_both_engines(self, name: str) -> None:
        fixed = {"charge": "tested", "shape": "fixed", "amount": VALUES[name], "rounding": "none"}
        priced = {"charge": "priced", "shape": "uniform", "price": "value"}

        assert_engines_agree(fixed, priced, TAX, derived=DERIVED | {"value": VALUES[name]}, **TOTAL)


class TestEveryShape:
    @pytest.mark.parametrize("name", SHAPES)
    def test_comes_to_the_same_in_both_engines(self, name: str) -> None:
        assert_engines_agree({"charge": "tested", **SHAPES[name]}, TAX, **TOTAL)


class TestTwoChargesOfOneLabel:
    def test_count_together_for_later_charges(self) -> None:
        assert_engines_agree(
            {"charge": "tested", "shape": "uniform", "price": "1.005"},
            {"charge": "tested", "shape": "fixed", "amount": "3", "only_if": "sewer"},
            TAX,
            {"charge": "doubled", "shape": "formula", "formula": "tested * 2"},
        )


class TestClasses:
    @pytest.mark.parametrize("by", ["zone", "sewer"])
    def test_pay_their_own_charges_among_the_common_ones(self, by: str) -> None:
        one, other = ("north", "south") if by == "zone" else ("true", "false")
        common = [
            {"charge": "water", "shape": "blocks", "blocks": FOUR},
            {"charge": "tax", "shape": "percent", "percent": "10", "of": ["water", "own", "fee"]},
        ]
        classes = {
            one: {"derived": {"rate": "units + 1"}, "charges": [
                {"charge": "own", "shape": "uniform", "price": "rate"},
                {"charge": "fee", "shape": "fixed", "amount": {"by": "size", "rows": {"15": "1", "20": "days / units"}}}]},
            other: {"charges": [{"charge": "fee", "shape": "uniform", "price": DATES, "only_if": "units > 1"}]},
        }  # fmt: skip

        assert_engines_agree(*common, classes_by=by, classes=classes, **TOTAL)

    def test_may_be_missing_for_some(self) -> None:
        fee = {"charge": "fee", "shape": "uniform", "price": "2"}

        assert_engines_agree(fee, classes_by="zone", classes={"north": {"charges": [fee | {"charge": "own"}]}}, **TOTAL)
