"""
Add up what a simulation found, chunk by chunk: every figure of a result is a sum over accounts that no two chunks share.

A tally is a set of small tables. Each has columns that name a cell and columns of whole numbers that may be added, so
the tally of the register is the sum of the tallies of its chunks, in whatever order they came.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from hydria.simulation.domain.spread import BIN_COUNT


@dataclass(frozen=True, slots=True)
class Shape:
    """Name the columns of a table: those that name a cell, and those that are added."""

    keys: tuple[str, ...]
    sums: tuple[str, ...]


CURRENT = 0
"""The scenario of the tariffs in force; proposals count from 1."""
TOTAL = "total"
"""The dimension that is not broken down; its one key is empty."""
BILL_DIMENSIONS = (TOTAL, "month", "category", "sector", "tariff")
ACCOUNT_DIMENSIONS = (TOTAL, "tenth", "units", "category", "social", "sector")
SHAPES = {
    # What each charge brings, in every breakdown of the bills.
    "charges": Shape(("scenario", "dimension", "key", "charge"), ("amount_minor",)),
    # How many bills, how much water and how much money, in the same breakdowns.
    "bills": Shape(("scenario", "dimension", "key"), ("bill_count", "quantity_milli", "total_minor")),
    # Who pays less, more or the same.
    "impact": Shape(
        ("scenario", "dimension", "key"),
        (
            "account_count",
            "winner_count",
            "loser_count",
            "unchanged_count",
            "saved_minor",
            "added_minor",
            "current_minor",
            "proposed_minor",
        ),
    ),
    # How many accounts change by how much; the bins are those of `spread`.
    "spread": Shape(("scenario", "bin"), ("account_count", "change_minor")),
    # What bills weigh against the incomes that were given.
    "burden": Shape(("scenario", "key"), ("account_count", "above_count", "amount_minor", "dwelling_days")),
    # Bills that at least one scenario could not price; they are in none of the sums above.
    "set_aside": Shape(("code", "owner", "scenario"), ("bill_count", "account_count", "quantity_milli")),
}
_TEXTS = {"dimension", "key", "charge", "code", "owner"}

Tally = dict[str, pl.DataFrame]


def empty_table(name: str) -> pl.DataFrame:
    """Return a table of a tally without rows."""
    shape = SHAPES[name]
    return pl.DataFrame(
        schema={column: pl.String if column in _TEXTS else pl.Int64 for column in shape.keys + shape.sums}
    )


def add_up(name: str, parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return one table with the sums of several, in the order of its keys."""
    shape = SHAPES[name]
    types = empty_table(name).schema
    whole = pl.concat([empty_table(name), *(part.select(list(types)).cast(types) for part in parts)])
    return whole.group_by(shape.keys).agg(pl.col(shape.sums).sum()).sort(shape.keys)


def add_tallies(tallies: Sequence[Tally]) -> Tally:
    """Return the sum of tallies; the sum of none has no rows."""
    return {name: add_up(name, [tally[name] for tally in tallies]) for name in SHAPES}


def to_plain(tally: Tally) -> dict[str, dict[str, list[Any]]]:
    """Return a tally as columns that JSON can hold."""
    return {name: table.to_dict(as_series=False) for name, table in tally.items()}


def from_plain(plain: Mapping[str, Mapping[str, list[Any]]]) -> Tally:
    """Return the tally that `to_plain` made."""
    return {name: add_up(name, [pl.DataFrame(plain[name], schema=empty_table(name).schema)]) for name in SHAPES}


def fingerprint(content: object) -> str:
    """Return the sha256 of content as JSON with sorted keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def find_faults(tally: Tally, *, scenario_count: int) -> tuple[str, ...]:
    """
    Return the equations that do not hold; a result with any is no result.

    Guarantee: with none, the sum over any breakdown is the total, winners, losers and unchanged are all accounts of
    every breakdown, and every account is in one bin of the spread.
    """
    bills, charges, impact = tally["bills"], tally["charges"], tally["impact"]
    faults = []
    for scenario in range(scenario_count):
        of_bills = bills.filter(pl.col("scenario") == scenario)
        totals = [_sums(of_bills, dimension, SHAPES["bills"].sums) for dimension in BILL_DIMENSIONS]
        if len(set(totals)) > 1:
            faults.append("breakdown_differs")
        of_charges = charges.filter(pl.col("scenario") == scenario)
        amounts = {_sums(of_charges, dimension, ("amount_minor",))[0] for dimension in BILL_DIMENSIONS}
        if amounts != {totals[0][2]}:
            faults.append("charges_differ")
    for scenario in range(1, scenario_count):
        of_impact = impact.filter(pl.col("scenario") == scenario)
        accounts = {_sums(of_impact, dimension, SHAPES["impact"].sums) for dimension in ACCOUNT_DIMENSIONS}
        if len(accounts) > 1:
            faults.append("accounts_differ")
        count, winners, losers, unchanged, *_money = _sums(of_impact, TOTAL, SHAPES["impact"].sums)
        spread = tally["spread"].filter((pl.col("scenario") == scenario) & (pl.col("bin") < BIN_COUNT))
        if count != winners + losers + unchanged or count != spread["account_count"].sum():
            faults.append("winners_and_losers_differ")
    return tuple(dict.fromkeys(faults))


def _sums(table: pl.DataFrame, dimension: str, columns: Sequence[str]) -> tuple[int, ...]:
    part = table.filter(pl.col("dimension") == dimension)
    return tuple(int(part[column].sum()) for column in columns)
