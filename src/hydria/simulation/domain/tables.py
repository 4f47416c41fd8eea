"""Read the sums of a simulation as tables: one row a charge, month, category, tenth; one amount a scenario."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from hydria.simulation.domain.comparison import UNIT_KEYS
from hydria.simulation.domain.incomes import Incomes
from hydria.simulation.domain.spread import BIN_COUNT
from hydria.simulation.domain.tally import ACCOUNT_DIMENSIONS, BILL_DIMENSIONS, TOTAL, Tally

MILLION = 1_000_000


def share_ppm(part: int, whole: int) -> int | None:
    """
    Return a part in millionths of the whole, rounded half away from zero; None where there is no whole.

    >>> share_ppm(-1, 3), share_ppm(1, 0)
    (-333333, None)
    """
    if whole <= 0:
        return None
    size = (abs(part) * MILLION * 2 + whole) // (2 * whole)
    return size if part >= 0 else -size


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyRow:
    """One row of a breakdown: an amount for each scenario, and its change from what is in force."""

    key: str
    amounts_minor: tuple[int, ...]

    @property
    def changes_minor(self) -> tuple[int, ...]:
        """Return by how much each proposal differs."""
        current, *proposed = self.amounts_minor
        return tuple(amount - current for amount in proposed)

    @property
    def changes_ppm(self) -> tuple[int | None, ...]:
        """Return by which share each proposal differs."""
        return tuple(share_ppm(change, self.amounts_minor[0]) for change in self.changes_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRow(MoneyRow):
    """One row of a breakdown of the bills, with how many they are and how much water each scenario prices."""

    bill_count: int
    quantities_milli: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactRow:
    """Who pays less, more and the same in one group of accounts, and how much."""

    key: str
    account_count: int
    winner_count: int
    loser_count: int
    unchanged_count: int
    saved_minor: int
    added_minor: int
    current_minor: int
    proposed_minor: int

    @property
    def change_ppm(self) -> int | None:
        """Return by which share the group's bills change together."""
        return share_ppm(self.proposed_minor - self.current_minor, self.current_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What one proposal does to the accounts, by tenth, units, category, social group and sector, and by size."""

    total: ImpactRow
    by_dimension: dict[str, tuple[ImpactRow, ...]]
    spread: tuple[tuple[int, int], ...]  # (accounts, change in minor units) of each bin


@dataclass(frozen=True, slots=True, kw_only=True)
class BurdenRow:
    """
    What the bills of one group weigh against its income.

    monthly_minor  the mean bill of a dwelling in thirty days, by scenario
    shares_ppm     of the income
    above_counts   accounts above the limit, by scenario
    """

    key: str
    account_count: int
    income_minor: int
    monthly_minor: tuple[int, ...]
    shares_ppm: tuple[int, ...]
    above_counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAsideRow:
    """Bills that are in no sum, by reason."""

    code: str
    owner: str
    scenario: int
    bill_count: int
    account_count: int
    quantity_milli: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Hold everything that a simulation found, as tables."""

    total: BillRow
    charges: tuple[MoneyRow, ...]
    by_dimension: dict[str, tuple[BillRow, ...]]
    impact: tuple[Impact, ...]
    burden: tuple[BurdenRow, ...]
    set_aside: tuple[SetAsideRow, ...]


def read_result(tally: Tally, *, scenario_count: int, incomes: Incomes) -> Result:
    """Return the tables of a tally."""
    scenarios = range(scenario_count)
    by_dimension = {name: _bill_rows(tally["bills"], name, scenario_count) for name in BILL_DIMENSIONS}
    nothing = BillRow(key="", amounts_minor=(0,) * scenario_count, bill_count=0, quantities_milli=(0,) * scenario_count)
    return Result(
        total=next(iter(by_dimension.pop(TOTAL)), nothing),
        charges=_charge_rows(tally["charges"], scenario_count),
        by_dimension=by_dimension,
        impact=tuple(_impact_of(tally, scenario) for scenario in scenarios[1:]),
        burden=_burden_rows(tally["burden"], scenario_count, incomes),
        set_aside=tuple(
            SetAsideRow(**row)
            for row in tally["set_aside"].sort("bill_count", "code", descending=[True, False]).to_dicts()
        ),
    )


def _charge_rows(charges: pl.DataFrame, scenario_count: int) -> tuple[MoneyRow, ...]:
    """Return what each charge brings in all, the largest first."""
    found: dict[str, list[int]] = {}
    for row in charges.filter(pl.col("dimension") == TOTAL).to_dicts():
        found.setdefault(row["charge"], [0] * scenario_count)[row["scenario"]] = row["amount_minor"]
    rows = [MoneyRow(key=charge, amounts_minor=tuple(amounts)) for charge, amounts in found.items()]
    return tuple(sorted(rows, key=lambda row: (-row.amounts_minor[0], row.key)))


def _bill_rows(bills: pl.DataFrame, dimension: str, scenario_count: int) -> tuple[BillRow, ...]:
    by_key: dict[str, dict[int, dict[str, int]]] = {}
    for row in bills.filter(pl.col("dimension") == dimension).to_dicts():
        by_key.setdefault(row["key"], {})[row["scenario"]] = row
    # The same bills are in every scenario, so each key has a row in each.
    return tuple(
        BillRow(
            key=key,
            bill_count=rows[0]["bill_count"],
            amounts_minor=tuple(rows[scenario]["total_minor"] for scenario in range(scenario_count)),
            quantities_milli=tuple(rows[scenario]["quantity_milli"] for scenario in range(scenario_count)),
        )
        for key, rows in sorted(by_key.items())
    )


_IN_ORDER = {"tenth": [str(tenth) for tenth in range(11)], "units": list(UNIT_KEYS)}


def _impact_of(tally: Tally, scenario: int) -> Impact:
    impact = tally["impact"].filter(pl.col("scenario") == scenario)
    rows: dict[str, tuple[ImpactRow, ...]] = {}
    for dimension in ACCOUNT_DIMENSIONS:
        found = [
            ImpactRow(**row)
            for row in impact.filter(pl.col("dimension") == dimension).drop("scenario", "dimension").to_dicts()
        ]
        order = _IN_ORDER.get(dimension, [])
        rows[dimension] = tuple(sorted(found, key=lambda row: (order.index(row.key) if order else 0, row.key)))
    spread = {row["bin"]: row for row in tally["spread"].filter(pl.col("scenario") == scenario).to_dicts()}
    none = ImpactRow(
        key="", account_count=0, winner_count=0, loser_count=0, unchanged_count=0, saved_minor=0, added_minor=0,
        current_minor=0, proposed_minor=0,
    )  # fmt: skip
    return Impact(
        total=next(iter(rows.pop(TOTAL)), none),
        by_dimension=rows,
        spread=tuple(
            (spread[place]["account_count"], spread[place]["change_minor"]) if place in spread else (0, 0)
            for place in range(BIN_COUNT)
        ),
    )


def _burden_rows(burden: pl.DataFrame, scenario_count: int, incomes: Incomes) -> tuple[BurdenRow, ...]:
    by_key: dict[str, dict[int, dict[str, int]]] = {}
    for row in burden.to_dicts():
        by_key.setdefault(row["key"], {})[row["scenario"]] = row
    found = []
    for key in sorted(by_key, key=lambda key: (len(key), key)):
        rows = [by_key[key][scenario] for scenario in range(scenario_count)]
        days, income_minor = rows[0]["dwelling_days"], incomes.income_minor[key]
        found.append(
            BurdenRow(
                key=key,
                account_count=rows[0]["account_count"],
                income_minor=income_minor,
                monthly_minor=tuple((row["amount_minor"] * 60 + days) // (2 * days) for row in rows),
                shares_ppm=tuple(share_ppm(row["amount_minor"] * 30, days * income_minor) or 0 for row in rows),
                above_counts=tuple(row["above_count"] for row in rows),
            )
        )
    return tuple(found)
