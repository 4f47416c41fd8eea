"""
Compare scenarios bill by bill and account by account, and tally what comes of it.

A bill here is what one agreement would owe for one period. Only bills that every scenario can price are compared, so
that the totals of scenarios are totals of the same bills; all others are set aside and counted apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from hydria.kernel.exact import Integers
from hydria.simulation.domain import tally
from hydria.simulation.domain.incomes import IncomeGroup, Incomes
from hydria.simulation.domain.spread import bin_of
from hydria.simulation.domain.tally import ACCOUNT_DIMENSIONS, BILL_DIMENSIONS, CURRENT, Tally

Int64Array = npt.NDArray[np.int64]
UNIT_STEPS = (1, 2, 5, 10, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioBills:
    """
    Hold the bills of one scenario, one for each row of the frame.

    total_minor     int64[n]
    quantity_milli  int64[n]  what was priced: what was used, or how use answers to the price
    charges         (name, places of the rows that pay it, int64 amounts) of each charge
    """

    total_minor: Int64Array
    quantity_milli: Int64Array
    charges: Sequence[tuple[str, Int64Array, Int64Array]]


def compare_accounts(bills: pl.DataFrame, scenarios: Sequence[ScenarioBills]) -> pl.DataFrame:
    """
    Return one row per account, in order of id, with what it used and owes in each scenario.

    bills    account_id, period_date, category, sector, social, units, days, tenth, and `is_compared`
    returns  the account's columns, `days` supplied, `quantity_<s>_milli` and `total_<s>_minor` for each scenario s
    """
    columns = {f"total_{place}_minor": scenario.total_minor for place, scenario in enumerate(scenarios)}
    columns |= {f"quantity_{place}_milli": scenario.quantity_milli for place, scenario in enumerate(scenarios)}
    compared = bills.hstack(pl.DataFrame(columns)).filter(pl.col("is_compared"))
    # Two services in one period are the same days.
    days = compared.group_by("account_id", "period_date").agg(pl.col("days").max())
    days = days.group_by("account_id").agg(pl.col("days").sum())
    accounts = compared.group_by("account_id", maintain_order=True).agg(
        pl.col("category", "sector", "social", "tenth").last(), pl.col("units").max(), pl.col(*columns).sum()
    )
    return accounts.join(days, on="account_id", maintain_order="left").sort("account_id")


def tally_bills(bills: pl.DataFrame, scenarios: Sequence[ScenarioBills]) -> Tally:
    """Return what the compared bills bring by charge, and how many they are, in every breakdown."""
    places = bills.with_row_index("row").select(
        pl.col("row").cast(pl.Int64), "is_compared", total=pl.lit(""), month=pl.col("period_date").dt.strftime("%Y-%m"),
        category="category", sector="sector", tariff="tariff_code",
    )  # fmt: skip
    charge_parts, bill_parts = [], []
    for place, scenario in enumerate(scenarios):
        lines = _lines_of(scenario).join(places, on="row").filter(pl.col("is_compared"))
        rows = places.with_columns(
            bill_count=pl.lit(1),
            quantity_milli=pl.Series(scenario.quantity_milli),
            total_minor=pl.Series(scenario.total_minor),
        ).filter(pl.col("is_compared"))
        for dimension in BILL_DIMENSIONS:
            named = {"scenario": pl.lit(place), "dimension": pl.lit(dimension), "key": pl.col(dimension)}
            charge_parts.append(tally.add_up("charges", [lines.with_columns(**named)]))
            bill_parts.append(tally.add_up("bills", [rows.with_columns(**named)]))
    return {"charges": tally.add_up("charges", charge_parts), "bills": tally.add_up("bills", bill_parts)}


def tally_accounts(accounts: pl.DataFrame, *, scenario_count: int) -> Tally:
    """Return who pays less, more and the same in each proposal, by every breakdown of accounts, and by how much."""
    keyed = accounts.with_columns(
        total=pl.lit(""), tenth=pl.col("tenth").cast(pl.String), units=pl.Series(_unit_steps(accounts["units"]))
    )
    current_minor = accounts[f"total_{CURRENT}_minor"].to_numpy()
    impact_parts, spread_parts = [], []
    for place in range(1, scenario_count):
        proposed_minor = accounts[f"total_{place}_minor"].to_numpy()
        change = proposed_minor - current_minor
        measured = keyed.with_columns(
            scenario=pl.lit(place),
            account_count=pl.lit(1),
            winner_count=pl.Series((change < 0).astype(np.int64)),
            loser_count=pl.Series((change > 0).astype(np.int64)),
            unchanged_count=pl.Series((change == 0).astype(np.int64)),
            saved_minor=pl.Series(np.maximum(-change, 0)),
            added_minor=pl.Series(np.maximum(change, 0)),
            current_minor=pl.Series(current_minor),
            proposed_minor=pl.Series(proposed_minor),
            change_minor=pl.Series(change),
            bin=pl.Series(bin_of(current_minor=current_minor, proposed_minor=proposed_minor)),
        )
        for dimension in ACCOUNT_DIMENSIONS:
            named = measured.with_columns(dimension=pl.lit(dimension), key=pl.col(dimension))
            impact_parts.append(tally.add_up("impact", [named]))
        spread_parts.append(tally.add_up("spread", [measured]))
    return {"impact": tally.add_up("impact", impact_parts), "spread": tally.add_up("spread", spread_parts)}


def tally_burden(accounts: pl.DataFrame, *, scenario_count: int, incomes: Incomes, limit_ppm: int) -> Tally:
    """
    Return what the bills weigh against incomes: per group its accounts, and how many pay more than the limit.

    limit_ppm  the share of a dwelling's income, in millionths, above which a bill is too heavy
    """
    group = "tenth" if incomes.group is IncomeGroup.TENTH else "category"
    weighed = accounts.with_columns(key=pl.col(group).cast(pl.String)).filter(
        pl.col("key").is_in(list(incomes.income_minor))
    )
    if weighed.is_empty():
        return {"burden": tally.empty_table("burden")}
    income_minor = weighed["key"].replace_strict(incomes.income_minor, return_dtype=pl.Int64).to_numpy()
    dwelling_days = (weighed["days"] * weighed["units"]).to_numpy()
    limit = Integers.of(income_minor) * Integers.of(limit_ppm) * Integers.of(dwelling_days)
    parts = []
    for place in range(scenario_count):
        amount_minor = weighed[f"total_{place}_minor"].to_numpy()
        # A month is thirty days: amount x 30 / dwelling days > income x limit / 1,000,000, without dividing.
        paid = Integers.of(amount_minor) * Integers.of(30 * 1_000_000)
        columns = weighed.select("key").with_columns(
            scenario=pl.lit(place),
            account_count=pl.lit(1),
            above_count=pl.Series(np.asarray(paid.values > limit.values, dtype=np.int64)),
            amount_minor=pl.Series(amount_minor),
            dwelling_days=pl.Series(dwelling_days),
        )
        parts.append(tally.add_up("burden", [columns]))
    return {"burden": tally.add_up("burden", parts)}


def step_label(step: int) -> str:
    """
    Return the key of a step of dwelling units.

    >>> [step_label(step) for step in UNIT_STEPS]
    ['1', '2-4', '5-9', '10-19', '20+']
    """
    place = UNIT_STEPS.index(step)
    if place + 1 == len(UNIT_STEPS):
        return f"{step}+"
    last = UNIT_STEPS[place + 1] - 1
    return str(step) if step == last else f"{step}-{last}"


UNIT_KEYS = tuple(step_label(step) for step in UNIT_STEPS)


def _unit_steps(units: pl.Series) -> list[str]:
    places = np.searchsorted(np.array(UNIT_STEPS), units.to_numpy(), side="right") - 1
    return [UNIT_KEYS[place] for place in places.tolist()]


def _lines_of(scenario: ScenarioBills) -> pl.DataFrame:
    frames = [
        pl.DataFrame({"row": rows, "amount_minor": amounts_minor}).with_columns(charge=pl.lit(charge))
        for charge, rows, amounts_minor in scenario.charges
    ]
    schema = pl.Schema({"row": pl.Int64(), "amount_minor": pl.Int64(), "charge": pl.String()})
    return pl.concat([pl.DataFrame(schema=schema), *(frame.cast(schema) for frame in frames)])
