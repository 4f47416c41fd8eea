from __future__ import annotations

import datetime
from fractions import Fraction

import numpy as np

from hydria.kernel.exact import Exact
from hydria.tariffs.domain import rating
from hydria.tariffs.domain.evaluation import Words
from hydria.tariffs.domain.rating import rate
from tariff_factories import tariff_of

PRICE = {"2025-01-01": "1", "2025-02-01": "2", "2025-03-01": "4"}
WATER = {"charge": "water", "shape": "uniform", "price": PRICE}


def water_minor(start: str, end: str, usage: str = "1") -> int:
    batch = rate(tariff_of(WATER), inputs={"usage": [usage]}, period_start=start, period_end=end)
    assert batch.is_priced.all(), batch.fault_of(0)
    return int(batch.total_minor[0])


class TestDatedPrices:
    def test_are_chosen_by_the_days_supplied(self) -> None:
        assert water_minor("2025-01-01", "2025-02-01") == 100
        assert water_minor("2025-02-01", "2025-03-01") == 200

    def test_are_weighed_by_days_when_they_change_inside_the_period(self) -> None:
        assert water_minor("2025-01-17", "2025-02-16") == 150  # 15 and 15 days
        assert water_minor("2025-01-31", "2025-02-02", usage="100") == 15_000

    def test_are_rounded_once_so_that_three_equal_thirds_make_one(self) -> None:
        dates = {"2025-01-01": "100", "2025-01-11": "100", "2025-01-21": "100"}
        tariff = tariff_of({"charge": "fee", "shape": "fixed", "amount": dates})

        batch = rate(tariff, inputs={}, period_start=["2025-01-01"], period_end=["2025-01-31"])

        assert batch.lines[0].exact.to_fractions(1) == [100]

    def test_use_the_newest_or_the_day_asked_for_without_a_period(self) -> None:
        tariff = tariff_of(WATER)

        assert rate(tariff, inputs={"usage": ["1"]}).total_minor.tolist() == [400]
        january = rate(tariff, inputs={"usage": ["1"]}, as_of=datetime.date(2025, 1, 5))
        assert january.total_minor.tolist() == [100]

    def test_are_a_fault_before_the_first_one(self) -> None:
        batch = rate(tariff_of(WATER), inputs={"usage": ["1"]}, period_start="2024-12-31", period_end="2025-01-31")

        fault = batch.fault_of(0)
        assert fault is not None
        assert fault.code == "no_price_yet"

    def test_reach_a_charge_through_derived_amounts(self) -> None:
        tariff = tariff_of({"charge": "fee", "shape": "formula", "formula": "index * 10"}, derived={"index": PRICE})

        batch = rate(tariff, inputs={}, period_start="2025-01-17", period_end="2025-02-16")

        assert batch.total_minor.tolist() == [1500]

    def test_mix_rows_of_different_periods(self) -> None:
        batch = rate(
            tariff_of(WATER),
            inputs={"usage": ["1", "1", "1"]},
            period_start=np.array(["2025-01-01", "2025-01-17", "2025-03-10"], dtype="datetime64[D]"),
            period_end=np.array(["2025-02-01", "2025-02-16", "2025-03-10"], dtype="datetime64[D]"),
        )

        assert batch.total_minor.tolist() == [100, 150, 400]


class TestChargesInForce:
    def test_count_for_their_share_of_the_days(self) -> None:
        tariff = tariff_of({"charge": "old", "shape": "fixed", "amount": "30", "until": "2025-02-01"},
                           {"charge": "new", "shape": "fixed", "amount": "60", "from": "2025-02-01"})  # fmt: skip

        batch = rate(
            tariff, inputs={}, period_start=["2025-01-22", "2025-02-01"], period_end=["2025-02-21", "2025-03-01"]
        )

        assert [line.amount_minor.tolist() for line in batch.lines] == [[1000, 0], [4000, 6000]]
        assert batch.lines[0].applies.tolist() == [True, False]


class TestFaults:
    def test_stop_their_own_row_only(self) -> None:
        usage = ["10", "x", "", None, "20"]
        batch = rate(tariff_of({"charge": "water", "shape": "uniform", "price": "1"}), inputs={"usage": usage})

        assert batch.total_minor.tolist() == [1000, 0, 0, 0, 2000]
        faults = [batch.fault_of(row) for row in range(5)]
        assert [fault.code if fault else "" for fault in faults] == [
            "", "unknown_value", "missing_input", "missing_input", ""]  # fmt: skip
        assert faults[1] is not None
        assert faults[1].data == {"input": "usage", "value": "x"}

    def test_of_a_missing_input_count_only_where_it_is_needed(self) -> None:
        tariff = tariff_of({"charge": "sewer", "shape": "uniform", "price": "1", "only_if": "sewer"})

        batch = rate(tariff, inputs={"usage": [None, None], "sewer": ["false", "true"]})

        assert batch.is_priced.tolist() == [True, False]

    def test_of_a_branch_not_taken_do_not_count(self) -> None:
        tariff = tariff_of({"charge": "a", "shape": "formula", "formula": "usage / units if units > 0 else 7"})

        batch = rate(tariff, inputs={"usage": ["10", "10"], "units": ["4", "0"]})

        assert batch.total_minor.tolist() == [250, 700]

    def test_name_a_period_that_ends_before_it_starts(self) -> None:
        batch = rate(tariff_of(WATER), inputs={"usage": ["1"]}, period_start=["2025-02-02"], period_end=["2025-02-01"])

        assert not batch.is_priced.any()
        assert batch.total_minor.tolist() == [0]

    def test_name_a_table_without_the_row(self) -> None:
        tariff = tariff_of({"charge": "fee", "shape": "fixed", "amount": {"by": "size", "rows": {"15": "3"}}})

        batch = rate(tariff, inputs={"size": ["15.0", "20"]})

        assert batch.total_minor.tolist() == [300, 0]
        fault = batch.fault_of(1)
        assert fault is not None
        assert fault.code == "no_row"


class TestInputs:
    def test_may_be_columns_of_every_kind(self) -> None:
        tariff = tariff_of({"charge": "a", "shape": "formula", "formula": "usage * units + (1 if sewer else 0)"},
                           {"charge": "b", "shape": "fixed", "amount": {"by": "size", "rows": {"15": "1"}, "default": "2"}})  # fmt: skip

        batch = rate(tariff, inputs={
            "usage": Exact.of_integers(np.array([1500, 2500]), denominator=1000),
            "units": np.array([2, 4]),
            "sewer": np.array([True, False]),
            "size": Words(np.array([0, 1]), ("15", "20")),
        })  # fmt: skip

        assert batch.lines[0].amount.to_fractions(2) == [4, 10]
        assert batch.lines[1].amount.to_fractions(2) == [1, 2]

    def test_take_their_default_when_left_out_or_empty(self) -> None:
        tariff = tariff_of({"charge": "a", "shape": "formula", "formula": "days"})

        assert rate(tariff, inputs={}).total.to_fractions(1) == [30]
        assert rate(tariff, inputs={"days": ["", "28"]}).total.to_fractions(2) == [30, 28]

    def test_stay_exact_where_int64_ends(self) -> None:
        tariff = tariff_of({"charge": "a", "shape": "uniform", "price": "123456789.12345678"})

        batch = rate(tariff, inputs={"usage": ["987654321.987", "1"]})

        expected = Fraction("987654321.987") * Fraction("123456789.12345678")
        assert batch.lines[0].exact.to_fractions(2)[0] == expected


class TestChunks:
    def test_change_nothing(self, monkeypatch) -> None:
        tariff = tariff_of(WATER, {"charge": "tax", "shape": "percent", "percent": "18", "of": ["water"]})
        usage = np.arange(1000)
        whole = rate(tariff, inputs={"usage": usage}, period_start="2025-01-20", period_end="2025-02-20")

        monkeypatch.setattr(rating, "CHUNK_ROWS", 77)
        chunked = rate(tariff, inputs={"usage": usage}, period_start="2025-01-20", period_end="2025-02-20")

        assert chunked.total_minor.tolist() == whole.total_minor.tolist()
        assert chunked.lines[0].exact.to_fractions(1000) == whole.lines[0].exact.to_fractions(1000)


class TestBatchWithoutRows:
    def test_is_a_batch(self) -> None:
        batch = rate(tariff_of(WATER), inputs={"usage": []}, period_start=[], period_end=[])

        assert batch.row_count == 0
        assert batch.total_minor.tolist() == []
