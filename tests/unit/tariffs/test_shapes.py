from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.tariffs.domain.rating import rate
from tariff_factories import blocks, first_line_of, quantities, tariff_of

FOUR_BLOCKS = blocks(("0", "1"), ("10", "2"), ("20", "5"), ("30", "10"))
MONTHLY_BLOCKS = blocks(("0", "1"), ("10", "2"), ("20", "4"))


def amounts_of(charge: dict[str, Any], *usages: str, **inputs: Any) -> list[Fraction]:
    return first_line_of(charge, usage=list(usages), **{name: [value] * len(usages) for name, value in inputs.items()})


class TestBlocks:
    def test_prices_each_part_in_its_own_block(self) -> None:
        charge = {"shape": "blocks", "blocks": FOUR_BLOCKS}

        assert amounts_of(charge, "10", "25", "30", "35") == [10, 55, 80, 130]

    def test_holds_at_every_edge(self) -> None:
        charge = {"shape": "blocks", "blocks": FOUR_BLOCKS, "rounding": "none"}

        amounts = amounts_of(charge, "0", "9.999", "10", "10.001", "20.001", "29.999", "30.001")

        assert amounts == [0, Fraction("9.999"), 10, Fraction("10.002"), Fraction("30.005"), Fraction("79.995"),
                           Fraction("80.01")]  # fmt: skip

    def test_widens_with_days_and_units(self) -> None:
        charge = {"shape": "blocks", "blocks": MONTHLY_BLOCKS, "edges_times": "units * days / 30"}

        assert amounts_of(charge, "58", units="1", days="30") == [182]
        assert amounts_of(charge, "58", units="1", days="45") == [157]
        assert amounts_of(charge, "58", units="4", days="30") == [76]

    def test_loses_nothing_when_an_odd_volume_is_shared_by_units(self) -> None:
        charge = {"shape": "blocks", "blocks": blocks(("0", "3")), "quantity": "usage / units", "times": "units"}

        assert amounts_of(charge, "25", units="3") == [75]

    def test_leaves_the_block_between_falling_edges_empty(self) -> None:
        charge = {"shape": "blocks", "blocks": [
            {"from": "0", "price": "1"}, {"from": "days", "price": "2"}, {"from": "units", "price": "3"}]}  # fmt: skip

        assert amounts_of(charge, "20", days="10", units="5") == [10 * 1 + 10 * 3]

    def test_takes_edges_and_prices_from_tables_of_different_lengths(self) -> None:
        charge = {"shape": "blocks", "blocks": {
            "from": {"by": "size", "rows": {"15": ["0", "4"], "20": ["0", "10", "20"]}},
            "price": {"by": "size", "rows": {"15": ["1", "2"], "20": ["1", "2", "3"]}},
        }}  # fmt: skip

        assert first_line_of(charge, usage=["30", "30"], size=["15", "20"]) == [4 + 52, 10 + 20 + 30]

    @given(usage=quantities, edges=st.lists(st.integers(1, 90), min_size=1, max_size=5, unique=True))
    def test_is_a_partition_one_price_for_all_blocks_is_one_price(self, usage: str, edges: list[int]) -> None:
        bands = blocks(("0", "7.5"), *((str(edge), "7.5") for edge in sorted(edges)))

        amounts = amounts_of({"shape": "blocks", "blocks": bands, "rounding": "none"}, usage)

        assert amounts == [Fraction(usage) * Fraction("7.5")]

    @given(a=quantities, b=quantities)
    def test_never_costs_less_for_more(self, a: str, b: str) -> None:
        less, more = amounts_of({"shape": "blocks", "blocks": FOUR_BLOCKS}, *sorted((a, b), key=Fraction))

        assert less <= more

    @given(usage=st.integers(0, 200_000))
    def test_does_not_depend_on_the_unit(self, usage: int) -> None:
        in_m3 = {"shape": "blocks", "blocks": blocks(("0", "1.5"), ("10", "2.75"))}
        in_litres = {"shape": "blocks", "blocks": blocks(("0", "0.0015"), ("10000", "0.00275"))}

        assert amounts_of(in_m3, str(Fraction(usage, 1000).limit_denominator()) if usage % 1000 == 0 else
                          f"{usage // 1000}.{usage % 1000:03d}") == amounts_of(in_litres, str(usage))  # fmt: skip


class TestWhole:
    def test_prices_everything_at_the_band_reached_and_the_edge_belongs_below(self) -> None:
        charge = {"shape": "whole", "bands": blocks(("0", "1"), ("10", "2"))}

        assert amounts_of(charge, "0", "10", "10.01", "20") == [0, 10, Fraction("20.02"), 40]

    def test_takes_a_quantity_that_is_the_same_for_all(self) -> None:
        charge = {"shape": "whole", "quantity": "12", "bands": blocks(("0", "1"), ("10", "-2.345"))}

        assert amounts_of(charge, "1", "2") == [Fraction("-28.14")] * 2


class TestFlat:
    def test_takes_the_amount_of_the_band(self) -> None:
        charge = {"shape": "flat", "bands": [{"from": "0", "amount": "759"}, {"from": "10", "amount": "830"}]}

        assert amounts_of(charge, "0", "10", "10.001") == [759, 759, 830]

    def test_needs_a_complete_table_even_where_nothing_is_used(self) -> None:
        bands = {"from": ["0", "10"], "amount": {"by": "size", "rows": {"15": ["5", "6"]}}}
        batch = rate(
            tariff_of({"charge": "a", "shape": "flat", "bands": bands}),
            inputs={"usage": ["0", "0"], "size": ["15", "20"]},
        )

        assert batch.is_priced.tolist() == [True, False]


class TestBaseExcess:
    def test_adds_the_excess_over_the_floor_to_the_base_of_the_band(self) -> None:
        charge = {"shape": "base_excess", "bands": [
            {"from": "0", "base": "204", "price": "0"},
            {"from": "6", "base": "204", "price": "53"},
            {"from": "60", "base": "3066", "price": "64"},
        ]}  # fmt: skip

        assert amounts_of(charge, "0", "6", "7", "60", "61") == [204, 204, 257, 3066, 3130]

    def test_may_count_the_excess_from_elsewhere(self) -> None:
        charge = {"shape": "base_excess", "bands": [
            {"from": "0", "base": "10", "price": "0"}, {"from": "10", "base": "10", "price": "2", "over": "8"}]}  # fmt: skip

        assert amounts_of(charge, "11") == [16]


class TestPercent:
    def test_is_worked_out_on_rounded_lines_and_counts_absent_ones_as_nothing(self) -> None:
        tariff = tariff_of(
            {"charge": "water", "shape": "uniform", "price": "0.335"},
            {"charge": "levy", "shape": "fixed", "amount": "5", "only_if": "sewer"},
            {"charge": "tax", "shape": "percent", "percent": "50", "of": ["water", "levy"]},
        )

        batch = rate(tariff, inputs={"usage": ["1", "1"], "sewer": [True, False]})

        assert batch.lines[2].amount_minor.tolist() == [267, 17]  # 0.34 rounded first: (0.34 + 5) / 2, 0.34 / 2
        assert batch.lines[1].applies.tolist() == [True, False]


class TestLimitsOfACharge:
    @pytest.mark.parametrize(("usage", "amount"), [("0", 50), ("10", 50), ("30", 60), ("100", 80)])
    def test_keep_it_between_minimum_and_cap(self, usage: str, amount: int) -> None:
        charge = {"shape": "uniform", "price": "2", "at_least": "50", "at_most": "40 * units"}

        assert amounts_of(charge, usage, units="2") == [amount]


class TestMemo:
    def test_is_known_to_later_charges_and_not_on_the_bill(self) -> None:
        tariff = tariff_of(
            {"charge": "volume", "shape": "uniform", "price": "0.333", "memo": "true", "rounding": "none"},
            {"charge": "water", "shape": "formula", "formula": "max(volume, 1.5)"},
        )

        batch = rate(tariff, inputs={"usage": ["3", "10"]})

        assert batch.total_minor.tolist() == [150, 333]


class TestTotal:
    def test_is_rounded_to_a_step_and_the_difference_is_known(self) -> None:
        tariff = tariff_of(
            {"charge": "water", "shape": "uniform", "price": "1.01"},
            rounding={"line": {"places": "2"}, "total": {"step": "0.05", "mode": "half_up"}},
        )

        batch = rate(tariff, inputs={"usage": ["1", "3", "5"]})

        assert batch.total_minor.tolist() == [100, 305, 505]
        assert batch.rounding_minor.tolist() == [-1, 2, 0]
