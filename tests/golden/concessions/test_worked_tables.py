"""The tables of docs/algorithms/concessions.md, read from the page and executed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from docs_tables import read_tables
from hydria.concessions.domain.discounts import discount_minor
from hydria.concessions.domain.funds import FundStanding, beyond
from hydria.tariffs.domain.compile import CompiledTariff, compile_tariff
from hydria.tariffs.domain.formatting import write_plain
from hydria.tariffs.domain.oracle import bill
from hydria.tariffs.domain.rating import rate

CAPPED, CLIFF, SERVED, WARNED, TAKEN_OFF = read_tables("algorithms/concessions.md")
BLOCKS = [{"from": "0", "price": "10.00"}, {"from": "10", "price": "20.00"}]
WATER = {"charge": "water", "shape": "blocks", "blocks": BLOCKS}


def minor(text: str) -> int:
    return int(Decimal(text) * 100)


def tariff_of(*charges: dict[str, Any]) -> CompiledTariff:
    inputs = {"usage": {"unit": "m3"}, "concession_social": {"values": ["true", "false"], "default": "false"}}
    plain = {"tariff": "conceded", "currency": "DOP", "unit": "m3", "inputs": inputs, "charges": list(charges)}
    return compile_tariff(write_plain(plain), name="conceded")


CAPPED_TARIFF = tariff_of(
    WATER,
    {"charge": "essential", "shape": "blocks", "quantity": "min(usage, 15)", "blocks": BLOCKS, "memo": "true"},
    {
        "charge": "subsidy",
        "shape": "percent",
        "percent": "-50",
        "of": ["essential"],
        "only_if": "concession_social",
        "ledger": "discount.social",
    },
)
CLIFF_TARIFF = tariff_of(
    WATER,
    {
        "charge": "subsidy",
        "shape": "percent",
        "percent": "-100 if usage <= 6 else -50",
        "of": ["water"],
        "only_if": "concession_social and usage <= 15",
        "ledger": "discount.social",
    },
)


@pytest.mark.parametrize(
    ("tariff", "row"),
    [*((CAPPED_TARIFF, row) for row in CAPPED), *((CLIFF_TARIFF, row) for row in CLIFF)],
    ids=lambda value: value["usage"] if isinstance(value, dict) else "",
)
class TestConcededBill:
    def test_comes_out_as_the_page_says(self, tariff: CompiledTariff, row: dict[str, str]):
        batch = rate(tariff, inputs={"usage": [row["usage"]], "concession_social": [True]})

        assert batch.total_minor.tolist() == [minor(row["total"])]
        for line in batch.lines:
            stated = row[line.charge.label]
            assert line.applies.tolist() == [stated != "-"]
            if stated != "-":
                assert line.amount_minor.tolist() == [minor(stated)]

    def test_is_what_the_second_engine_finds(self, tariff: CompiledTariff, row: dict[str, str]):
        found = bill(tariff.plain, {"usage": row["usage"], "concession_social": "true"})

        assert found.total == Decimal(row["total"])


class TestFund:
    def test_serves_whom_the_page_says(self):
        wanted_minor = np.array([minor(row["wants"]) for row in SERVED])

        late = beyond(wanted_minor=wanted_minor, left_minor=minor("1000.00"))

        assert np.cumsum(wanted_minor).tolist() == [minor(row["together"]) for row in SERVED]
        assert ["parked" if is_late else "served" for is_late in late] == [row["outcome"] for row in SERVED]

    @pytest.mark.parametrize("row", WARNED, ids=lambda row: row["taken"])
    def test_warns_as_the_page_says(self, row: dict[str, str]):
        standing = FundStanding(
            budget_minor=minor(row["budget"]), used_minor=minor(row["used"]), committed_minor=minor(row["committed"])
        )

        assert standing.left_minor == minor(row["left"])
        assert f"{standing.taken_percent} %" == row["taken"]
        assert str(standing.state) == row["state"]


class TestDiscount:
    @pytest.mark.parametrize("row", TAKEN_OFF, ids=lambda row: row["open"])
    def test_comes_out_as_the_page_says(self, row: dict[str, str]):
        percent_milli = int(Decimal(row["percent"]) * 1000)

        found = discount_minor(open_minor=minor(row["open"]), percent_milli=percent_milli)

        assert found == minor(row["discount"])
