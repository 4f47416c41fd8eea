from __future__ import annotations

import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydria.simulation.domain import tally as tallies
from hydria.simulation.domain.comparison import (
    ScenarioBills,
    compare_accounts,
    tally_accounts,
    tally_bills,
    tally_burden,
)
from hydria.simulation.domain.incomes import IncomeGroup, Incomes
from hydria.simulation.domain.tables import read_result

NOBODY = Incomes(group=IncomeGroup.CATEGORY, income_minor={})
INCOMES = Incomes(group=IncomeGroup.CATEGORY, income_minor={"DOM": 25_000_00, "COM": 90_000_00})


def frame_of(bills: list[dict]) -> pl.DataFrame:
    """Return the frame of bills that are drawn or written by hand."""
    schema = {
        "account_id": pl.Int64, "period_date": pl.Date, "category": pl.String, "sector": pl.String,
        "tariff_code": pl.String, "social": pl.String, "units": pl.Int64, "days": pl.Int64, "tenth": pl.Int64,
        "is_compared": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(bills, schema=schema)


def scenario_of(fixed: list[int], water: list[int], quantities: list[int]) -> ScenarioBills:
    """Return bills of two charges; a charge of 0 is not on the bill."""
    charges = []
    for name, amounts in (("fixed", fixed), ("water", water)):
        rows = np.flatnonzero(np.array(amounts, dtype=np.int64))
        charges.append((name, rows, np.array(amounts, dtype=np.int64)[rows]))
    total = np.array(fixed, dtype=np.int64) + np.array(water, dtype=np.int64)
    return ScenarioBills(total_minor=total, quantity_milli=np.array(quantities, dtype=np.int64), charges=charges)


def tally_of(bills: pl.DataFrame, scenarios: list[ScenarioBills], incomes: Incomes = NOBODY) -> tallies.Tally:
    accounts = compare_accounts(bills, scenarios)
    return {
        **tally_bills(bills, scenarios),
        **tally_accounts(accounts, scenario_count=len(scenarios)),
        **tally_burden(accounts, scenario_count=len(scenarios), incomes=incomes, limit_ppm=30_000),
        "set_aside": tallies.empty_table("set_aside"),
    }


@st.composite
def towns(draw: st.DrawFn) -> tuple[pl.DataFrame, list[ScenarioBills]]:
    """Draw some accounts, their bills over some months, and what three scenarios make of them."""
    accounts = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "category": st.sampled_from(["DOM", "COM", "PUB"]),
                    "sector": st.sampled_from(["S1", "S2"]),
                    "tariff_code": st.sampled_from(["urban", "large"]),
                    "social": st.sampled_from(["", "itbis", "itbis+sewer"]),
                    "units": st.integers(1, 30),
                    "tenth": st.integers(0, 10),
                    "months": st.integers(1, 3),
                }
            ),
            min_size=1,
            max_size=6,
        )
    )
    bills = [
        {name: value for name, value in account.items() if name != "months"}
        | {"account_id": number, "period_date": datetime.date(2025, month, 1), "days": 30}
        | {"is_compared": draw(st.booleans())}
        for number, account in enumerate(accounts)
        for month in range(1, account["months"] + 1)
    ]
    amounts = st.lists(st.integers(-500, 100_000), min_size=len(bills), max_size=len(bills))
    uses = st.lists(st.integers(0, 90_000), min_size=len(bills), max_size=len(bills))
    return frame_of(bills), [scenario_of(draw(amounts), draw(amounts), draw(uses)) for _ in range(3)]


class TestTally:
    @given(town=towns())
    @settings(max_examples=40)
    def test_sums_to_the_same_total_over_every_breakdown(self, town):
        bills, scenarios = town

        tally = tally_of(bills, scenarios, INCOMES)

        assert tallies.find_faults(tally, scenario_count=3) == ()
        compared = bills["is_compared"].to_numpy()
        result = read_result(tally, scenario_count=3, incomes=INCOMES)
        assert result.total.amounts_minor == tuple(int(row.total_minor[compared].sum()) for row in scenarios)
        assert result.total.bill_count == int(compared.sum())

    @given(town=towns())
    @settings(max_examples=30)
    def test_makes_every_account_a_winner_a_loser_or_unchanged(self, town):
        bills, scenarios = town

        result = read_result(tally_of(bills, scenarios), scenario_count=3, incomes=NOBODY)

        accounts = bills.filter(pl.col("is_compared"))["account_id"].n_unique()
        for impact in result.impact:
            for rows in (*impact.by_dimension.values(), (impact.total,)):
                assert sum(row.winner_count + row.loser_count + row.unchanged_count for row in rows) == accounts
                assert sum(row.added_minor - row.saved_minor for row in rows) == (
                    impact.total.proposed_minor - impact.total.current_minor
                )
            assert sum(count for count, _change in impact.spread) == accounts

    @given(town=towns())
    @settings(max_examples=20)
    def test_finds_nothing_between_a_scenario_and_itself(self, town):
        bills, (scenario, *_others) = town

        result = read_result(tally_of(bills, [scenario, scenario]), scenario_count=2, incomes=NOBODY)

        assert set(result.total.changes_minor) == {0}
        assert result.impact[0].total.unchanged_count == result.impact[0].total.account_count

    @given(town=towns(), data=st.data())
    @settings(max_examples=30)
    def test_is_the_sum_of_its_parts_in_whatever_order(self, town, data):
        bills, scenarios = town
        edge = data.draw(st.integers(0, int(bills["account_id"].max() or 0) + 1))
        places = [np.flatnonzero(mask) for mask in (bills["account_id"] >= edge, bills["account_id"] < edge)]

        parts = [tally_of(bills[rows], [part_of(scenario, rows) for scenario in scenarios], INCOMES) for rows in places]

        whole = tally_of(bills, scenarios, INCOMES)
        assert tallies.to_plain(tallies.add_tallies(parts)) == tallies.to_plain(whole)
        assert tallies.to_plain(tallies.from_plain(tallies.to_plain(whole))) == tallies.to_plain(whole)

    @pytest.mark.parametrize(
        ("table", "column", "fault"),
        [
            ("bills", "total_minor", "breakdown_differs"),
            ("charges", "amount_minor", "charges_differ"),
            ("impact", "account_count", "accounts_differ"),
            ("spread", "account_count", "winners_and_losers_differ"),
        ],
    )
    def test_names_the_equation_that_does_not_hold(self, table, column, fault):
        bills = frame_of([bill(1, "DOM"), bill(2, "COM")])
        tally = tally_of(bills, [scenario_of([100, 100], [5, 5], [1, 1]), scenario_of([90, 110], [5, 5], [1, 1])])
        first = np.arange(tally[table].height) == 0

        tally[table] = tally[table].with_columns(pl.col(column) + pl.Series(first.astype(np.int64)))

        assert fault in tallies.find_faults(tally, scenario_count=2)


class TestCompareAccounts:
    def test_counts_the_days_of_two_services_once(self):
        bills = frame_of([bill(1, "DOM"), bill(1, "DOM")])

        accounts = compare_accounts(bills, [scenario_of([100, 50], [0, 0], [7, 0])])

        assert accounts.select("days", "total_0_minor", "quantity_0_milli").rows() == [(31, 150, 7)]

    def test_leaves_out_what_is_not_compared(self):
        bills = frame_of([bill(1, "DOM"), bill(2, "DOM", is_compared=False)])

        accounts = compare_accounts(bills, [scenario_of([100, 50], [0, 0], [7, 0])])

        assert accounts["account_id"].to_list() == [1]


def bill(account_id: int, category: str, *, is_compared: bool = True) -> dict:
    return {
        "account_id": account_id,
        "period_date": datetime.date(2025, 1, 1),
        "category": category,
        "sector": "S1",
        "tariff_code": "urban",
        "social": "",
        "units": 1,
        "days": 31,
        "tenth": 1,
        "is_compared": is_compared,
    }


def part_of(scenario: ScenarioBills, rows: np.ndarray) -> ScenarioBills:
    """Return the bills of some rows, with charges at the places that they then have."""
    place_of = {int(row): place for place, row in enumerate(rows)}
    charges = []
    for name, paying, amounts in scenario.charges:
        kept = [
            (place_of[int(row)], amount) for row, amount in zip(paying, amounts, strict=True) if int(row) in place_of
        ]
        places, values = ([pair[side] for pair in kept] for side in (0, 1))
        charges.append((name, np.array(places, dtype=np.int64), np.array(values, dtype=np.int64)))
    return ScenarioBills(
        total_minor=scenario.total_minor[rows], quantity_milli=scenario.quantity_milli[rows], charges=charges
    )
