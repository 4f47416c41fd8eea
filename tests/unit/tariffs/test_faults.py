"""Every way in which a row cannot be priced has its code and the data that its sentence needs."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pytest

from hydria.kernel.exact import Exact
from hydria.tariffs.domain import evaluation, rating
from hydria.tariffs.domain.evaluation import FaultBook, Words, fault_where, first_fault
from hydria.tariffs.domain.rating import RatedBatch, rate
from tariff_factories import tariff_of


def faults_of(batch: RatedBatch) -> list[tuple[str, dict[str, Any]] | None]:
    found = [batch.fault_of(row) for row in range(batch.row_count)]
    return [fault and (fault.code, dict(fault.data)) for fault in found]


def priced(formula: Any, **inputs: Any) -> RatedBatch:
    return rate(tariff_of({"charge": "a", "shape": "formula", "formula": formula}), inputs=inputs)


class TestFaultOfARow:
    def test_names_an_input_that_is_missing_or_cannot_be_read(self) -> None:
        batch = priced("usage + units", usage=["1", None, "y" * 70, "2"], units=["1", "1", "1", ""])

        assert faults_of(batch) == [
            None,
            ("missing_input", {"input": "usage"}),
            ("unknown_value", {"input": "usage", "value": "y" * 60}),
            ("missing_input", {"input": "units"}),
        ]

    def test_names_a_word_that_is_not_listed_though_nothing_needs_it(self) -> None:
        batch = priced("usage", usage=["1", "1"], zone=["north", "west"])

        assert faults_of(batch) == [None, ("unknown_value", {"input": "zone", "value": "west"})]

    def test_names_a_division_by_zero_and_no_more_rows_than_those(self) -> None:
        batch = priced("usage / units", usage=["6", "1", "0"], units=["2", "0", "0"])

        assert faults_of(batch) == [None, ("division_by_zero", {}), ("division_by_zero", {})]
        assert len(batch.faults) >= 1
        assert batch.total_minor.tolist() == [300, 0, 0]

    def test_names_the_keys_for_which_a_table_has_no_row_and_its_line(self) -> None:
        table = {"by": ["zone", "units"], "rows": [["north", "1", "5"], ["south", "2", "usage"]]}

        batch = priced(table, usage=["1"] * 3, zone=["north", "north", "south"], units=["1", "2", "2"])

        assert batch.fault_of(0) is batch.fault_of(2) is None
        fault = batch.fault_of(1)
        assert fault is not None
        assert (fault.code, fault.data["keys"]) == ("no_row", "zone, units")
        assert int(str(fault.data["line"])) > 1

    def test_names_the_day_for_which_there_is_no_price_yet(self) -> None:
        tariff = tariff_of({"charge": "a", "shape": "fixed", "amount": {"2025-02-01": "1", "2025-03-01": "2"}})

        batch = rate(
            tariff, inputs={}, period_start=["2025-01-15", "2025-02-15"], period_end=["2025-02-15", "2025-03-15"]
        )

        assert [fault and fault[0] for fault in faults_of(batch)] == ["no_price_yet", None]

    def test_names_the_day_asked_for_when_there_is_no_period(self) -> None:
        tariff = tariff_of({"charge": "a", "shape": "fixed", "amount": {"2025-02-01": "1"}})

        batch = rate(tariff, inputs={}, as_of=datetime.date(2025, 1, 31))

        assert faults_of(batch) == [("no_price_yet", {"date": "2025-01-31"})]

    def test_names_the_input_that_selects_no_class(self) -> None:
        fee = {"charge": "fee", "shape": "fixed", "amount": "5"}
        tariff = tariff_of(classes_by="zone", classes={"north": {"charges": [fee]}})

        batch = rate(tariff, inputs={"zone": ["north", "south", None]})

        assert faults_of(batch) == [None, ("no_group", {"input": "zone"}), ("missing_input", {"input": "zone"})]
        assert batch.total_minor.tolist() == [500, 0, 0]

    def test_names_a_period_that_ends_before_it_starts_in_its_row_only(self) -> None:
        tariff = tariff_of({"charge": "a", "shape": "fixed", "amount": {"2025-01-01": "1", "2025-02-01": "3"}})
        starts = np.array(["2025-01-17", "2025-02-02", "NaT", "2025-01-05"], dtype="datetime64[D]")
        ends = np.array(["2025-02-16", "2025-02-01", "2025-02-01", "NaT"], dtype="datetime64[D]")

        batch = rate(tariff, inputs={}, period_start=starts, period_end=ends)

        assert faults_of(batch) == [None, *[("period_reversed", {})] * 3]
        assert batch.total_minor.tolist() == [200, 0, 0, 0]

    def test_is_the_first_that_was_met(self) -> None:
        tariff = tariff_of(
            {"charge": "a", "shape": "formula", "formula": "1 / units"},
            {"charge": "b", "shape": "fixed", "amount": {"by": "size", "rows": {"15": "1"}}},
        )

        batch = rate(tariff, inputs={"units": ["0", "1", "0"], "size": ["20", "20", "15"]})

        assert [fault and fault[0] for fault in faults_of(batch)] == ["division_by_zero", "no_row", "division_by_zero"]

    def test_leaves_no_line_total_or_share_in_its_row(self) -> None:
        tariff = tariff_of(
            {"charge": "good", "shape": "fixed", "amount": "5"},
            {"charge": "bad", "shape": "formula", "formula": "1 / units"},
        )

        batch = rate(tariff, inputs={"units": ["1", "0"]})

        assert batch.is_priced.tolist() == [True, False]
        assert [line.applies.tolist() for line in batch.lines] == [[True, False]] * 2
        assert [line.amount_minor.tolist() for line in batch.lines] == [[500, 0], [100, 0]]
        assert [line.exact.to_fractions(2) for line in batch.lines] == [[5, 0], [1, 0]]


class TestFaultBook:
    def test_gives_one_number_to_one_fault(self) -> None:
        book = FaultBook()

        numbers = [book.number("a", x=1), book.number("a", x=2), book.number("b"), book.number("a", x=1)]

        assert numbers == [1, 2, 3, 1]
        assert [(fault.code, fault.data) for fault in book.faults] == [("a", {"x": 1}), ("a", {"x": 2}), ("b", {})]

    def test_leaves_the_data_out_when_there_are_too_many_to_number(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(evaluation, "_FAULTS_MAX", 2)
        book = FaultBook()

        numbers = [book.number("a", x=place) for place in range(5)]

        assert numbers == [1, 2, 3, 3, 3]
        assert (book.faults[2].code, book.faults[2].data) == ("a", {})

    def test_keeps_the_first_fault_of_each_row(self) -> None:
        one, two = np.array([0, 4, 0], dtype=np.int16), np.array([5, 6, 0], dtype=np.int16)

        assert first_fault(None, None) is None
        assert np.asarray(first_fault(None, one, two, None)).tolist() == [5, 4, 0]
        assert np.asarray(fault_where(np.array([True, False, True]), two)).tolist() == [5, 0, 0]
        assert fault_where(True, None) is None


CLASSES = {
    "north": {"charges": [{"charge": "own", "shape": "uniform", "price": "1 / 3", "rounding": "none"}]},
    "south": {"charges": [
        {"charge": "own", "shape": "uniform", "price": {"by": "size", "rows": {"15": "2", "20": "3"}}},
        {"charge": "fee", "shape": "fixed", "amount": {"2025-01-01": "1", "2025-02-01": "2"}}]},
}  # fmt: skip
WATER = {"charge": "water", "shape": "uniform", "price": {"2025-01-01": "1", "2025-02-01": "2"}, "only_if": "units > 1"}
ROWS = {
    "usage": ["1", "2", "3", "x", "5", "6", "7", "8"],
    "units": ["1", "2", "3", "2", "2", None, "2", "2"],
    "size": ["15", "20", "15", "20", "99", "15", "20", '1 1/2"'],
    "zone": ["north", "south", "south", "north", "south", "north", "south", "south"],
}
PERIOD = {"period_start": ["2025-01-20"] * 8, "period_end": ["2025-02-10"] * 7 + ["2025-01-01"]}


def told(batch: RatedBatch) -> list[Any]:
    """Return everything that a batch says, row by row."""
    columns = [
        (
            line.applies.tolist(),
            line.amount.to_fractions(batch.row_count),
            line.exact.to_fractions(batch.row_count),
            line.amount_minor.tolist(),
        )
        for line in batch.lines
    ]
    return [columns, faults_of(batch), batch.total.to_fractions(batch.row_count), batch.total_minor.tolist()]


class TestChunksOfClasses:
    @pytest.mark.parametrize("size", [1, 2, 3, 7])
    def test_say_what_the_whole_says(self, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
        tariff = tariff_of(WATER, classes_by="zone", classes=CLASSES)
        whole = rate(tariff, inputs=ROWS, **PERIOD)

        monkeypatch.setattr(rating, "CHUNK_ROWS", size)
        chunked = rate(tariff, inputs=ROWS, **PERIOD)

        assert told(chunked) == told(whole)
        assert [row and row[0] for row in faults_of(whole)] == [
            None, None, None, "unknown_value", "unknown_value", "missing_input", None, "period_reversed"]  # fmt: skip

    @pytest.mark.parametrize("size", [1, 2])
    def test_keep_words_and_truths_of_every_form(self, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
        monkeypatch.setattr(rating, "CHUNK_ROWS", size)
        table = {"by": "zone", "rows": {"north": "1", "south": "2"}}
        tariff = tariff_of({"charge": "a", "shape": "formula", "formula": table}, {
            "charge": "b", "shape": "fixed", "amount": "10", "only_if": "sewer"})  # fmt: skip
        sewer = np.array([True, False, True])

        for zone, expected in [(Words(1, ("north", "south")), [12, 2, 12]),
                               (Words(np.array([0, 1, 0]), ("north", "south")), [11, 2, 11])]:  # fmt: skip
            batch = rate(tariff, inputs={"zone": zone, "sewer": sewer, "usage": ["1"] * 3})
            assert batch.total.to_fractions(3) == expected


class TestQuantity:
    def test_is_what_was_priced_in_every_class_and_none_for_fixed_amounts(self) -> None:
        tariff = tariff_of(
            {"charge": "tax", "shape": "percent", "percent": "10", "of": ["own"]},
            classes_by="zone",
            classes=CLASSES,
        )
        inputs = {name: ROWS[name][:3] for name in ROWS}

        batch = rate(tariff, inputs=inputs)

        quantities = {
            (line.charge.group, line.charge.label): line.quantity and line.quantity.to_fractions(3)
            for line in batch.lines
        }
        assert quantities["north", "own"] == [1, 0, 0]
        assert quantities["south", "own"] == [0, 2, 3]
        assert quantities["south", "fee"] is None

    def test_is_joined_over_chunks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rating, "CHUNK_ROWS", 2)
        tariff = tariff_of({"charge": "own", "shape": "uniform", "price": "1", "only_if": "units > 1"})

        batch = rate(tariff, inputs={"usage": ["1", "2", "3"], "units": ["1", "1", "2"]})

        assert batch.lines[0].applies.tolist() == [False, False, True]
        quantity = batch.lines[0].quantity
        assert quantity is not None
        assert quantity.to_fractions(3)[2] == 3


class TestBatch:
    def test_counts_the_rows_of_the_longest_column(self) -> None:
        tariff = tariff_of({"charge": "a", "shape": "formula", "formula": "usage + units"})

        for usage in ([1, 2], np.array([1, 2]), Exact.of_integers(np.array([1, 2]))):
            batch = rate(tariff, inputs={"usage": usage, "units": Exact.of(5)})
            assert (batch.row_count, batch.total.to_fractions(2)) == (2, [6, 7])

    def test_is_one_row_where_nothing_is_given(self) -> None:
        assert rate(tariff_of({"charge": "a", "shape": "fixed", "amount": "1"}), inputs={}).row_count == 1

    def test_takes_words_for_all_rows_at_once(self) -> None:
        tariff = tariff_of(
            {"charge": "a", "shape": "fixed", "amount": {"by": "zone", "rows": {"north": "1", "south": "2"}}}
        )

        batch = rate(tariff, inputs={"zone": Words(1, ("north", "south")), "usage": ["1", "2"]})

        assert batch.total.to_fractions(2) == [2, 2]
