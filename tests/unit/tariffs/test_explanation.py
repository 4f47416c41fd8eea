from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from hydria.tariffs.domain.rating import rate
from tariff_factories import blocks, tariff_of

WATER = {"charge": "water", "shape": "blocks", "blocks": [
    {"from": "0", "price": {"2025-01-01": "1", "2026-01-01": "2"}}, {"from": "10", "price": "3"}]}  # fmt: skip
TAX = {"charge": "tax", "shape": "percent", "percent": "18", "of": ["water"]}


def told(batch: Any, line: int, row: int = 0) -> Any:
    return json.loads(batch.explanations(line)[row])


RISING = {"2025-01-01": "5", "2026-01-01": "7"}
SEVEN = {"amount_each": "7", "since": "2026-01-01", "amount": "7"}
EXCESS = [{"from": "0", "base": "5", "price": "0"}, {"from": "10", "base": RISING, "price": "1.5", "over": "8"}]


class TestStepsOfAShape:
    """What 4 and 12 m3 come to, told step by step."""

    @pytest.mark.parametrize(
        ("charge", "low", "high"),
        [
            ({"shape": "fixed", "amount": RISING}, [SEVEN], [SEVEN]),
            (
                {"shape": "uniform", "price": RISING},
                [{"quantity": "4", "unit": "m3", "price": "7", "since": "2026-01-01", "amount": "28"}],
                [{"quantity": "12", "unit": "m3", "price": "7", "since": "2026-01-01", "amount": "84"}],
            ),
            ({"shape": "formula", "formula": "usage * 2"}, [{"amount": "8"}], [{"amount": "24"}]),
            (
                {"shape": "percent", "percent": RISING, "of": ["base"]},
                *[[{"quantity": "200", "unit": "DOP", "percent": "7", "since": "2026-01-01", "amount": "14"}]] * 2,
            ),
            (
                {"shape": "whole", "bands": blocks(("0", "1"), ("10", "2"))},
                [{"quantity": "4", "unit": "m3", "price": "1", "amount": "4"}],
                [{"quantity": "12", "unit": "m3", "price": "2", "amount": "24"}],
            ),
            (
                {"shape": "flat", "bands": [{"from": "0", "amount": "5"}, {"from": "10", "amount": RISING}]},
                [{"amount_each": "5", "amount": "5"}],
                [SEVEN],
            ),
            (
                {"shape": "base_excess", "bands": EXCESS},
                [{"amount_each": "5", "amount": "5"}, {"quantity": "4", "unit": "m3", "price": "0", "amount": "0"}],
                [SEVEN, {"quantity": "4", "unit": "m3", "price": "1.5", "amount": "6"}],
            ),
        ],
        ids=lambda value: value["shape"] if isinstance(value, dict) else "",
    )
    def test_tells_quantity_price_and_since_when(self, charge: Any, low: list[Any], high: list[Any]) -> None:
        base = {"charge": "base", "shape": "fixed", "amount": "200"}

        batch = rate(tariff_of(base, {"charge": "a", **charge}), inputs={"usage": ["4", "12"]})

        assert [told(batch, 1, row)["steps"] for row in (0, 1)] == [low, high]


class TestExplanation:
    def test_tells_quantity_and_price_block_by_block(self) -> None:
        batch = rate(tariff_of(WATER, TAX), inputs={"usage": ["12.5", "4"]})

        assert told(batch, 0) == {
            "steps": [
                {"quantity": "10", "unit": "m3", "price": "2", "since": "2026-01-01", "amount": "20"},
                {"quantity": "2.5", "unit": "m3", "price": "3", "amount": "7.5"},
            ],
            "exact": "27.5", "rounding": "0.01 half_up", "amount": "27.50",
        }  # fmt: skip
        assert [step["quantity"] for step in told(batch, 0, 1)["steps"]] == ["4"]
        assert told(batch, 1)["steps"] == [{"quantity": "27.5", "unit": "DOP", "percent": "18", "amount": "4.95"}]
        assert told(batch, 1)["of"] == ["water"]

    def test_tells_the_days_of_each_price_when_it_changed(self) -> None:
        batch = rate(tariff_of(WATER), inputs={"usage": ["5"]}, period_start=["2025-12-22"], period_end=["2026-01-21"])

        parts = told(batch, 0)["parts"]

        assert [(part["days"], part["steps"][0]["price"]) for part in parts] == [(10, "1"), (20, "2")]
        assert told(batch, 0)["exact"] == "25/3"
        assert told(batch, 0)["amount"] == "8.33"

    def test_tells_the_band_that_counted(self) -> None:
        charge = {"charge": "a", "shape": "whole", "bands": blocks(("0", "1"), ("10", "2"))}
        batch = rate(tariff_of(charge), inputs={"usage": ["15", "0"]})

        assert [step["price"] for step in told(batch, 0)["steps"]] == ["2"]
        assert [step["price"] for step in told(batch, 0, 1)["steps"]] == ["1"]

    def test_is_empty_where_the_charge_is_not_paid(self) -> None:
        batch = rate(tariff_of(WATER | {"only_if": "sewer"}), inputs={"usage": ["1", "1"], "sewer": [True, False]})

        assert [bool(text) for text in batch.explanations(0)] == [True, False]

    def test_is_the_same_for_rows_asked_alone(self) -> None:
        usage = np.random.default_rng(1).integers(0, 40, 500)
        batch = rate(tariff_of(WATER, TAX), inputs={"usage": usage})

        together = batch.explanations(1)

        assert [batch.explanations(1, np.array([row]))[0] for row in range(0, 500, 50)] == together[::50]
        assert [json.loads(text)["amount"] for text in together] == [
            f"{amount / 100:.2f}" for amount in batch.lines[1].amount_minor.tolist()
        ]
