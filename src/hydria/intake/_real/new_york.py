"""The New York housing authority: charges of seven years, whose dates were lost on the way."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hydria.intake._real import Oddity, SetReport, get_tariff, read_columns, to_minor
from hydria.tariffs.domain.rating import rate

FOLDER = "nycha-water-bills"
LOADS: tuple[tuple[str, str], ...] = ()
"""Accounts, meters and dates of this set are lost; there is no register to load."""
TARIFF = "us_new_york_water"
TOLERANCE_MINOR = 2
"""The source's charges are sums over meters rounded one by one, hence up to two cents from the exact amount."""
LONG_PERIOD_DAYS = 100
LARGE_USE_HCF = 20

type_of_amounts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Basis:
    """A way to charge, and the first days of the fiscal years that have a rate of their own."""

    name: str
    years: tuple[tuple[str, datetime.date], ...]


# The dates are gone, so a bill is compared with the prices of every year; each rate stands for its first year.
METERED = _Basis(
    "metered",
    (
        ("3.39", datetime.date(2012, 7, 1)),
        ("3.58", datetime.date(2013, 7, 1)),
        ("3.7", datetime.date(2014, 7, 1)),
        ("3.81", datetime.date(2015, 7, 1)),
        ("3.9", datetime.date(2018, 7, 1)),
        ("3.99", datetime.date(2019, 7, 1)),
    ),
)
MINIMUM = _Basis(
    "minimum",
    (
        ("0.44", datetime.date(2011, 7, 1)),
        ("0.46", datetime.date(2012, 7, 1)),
        ("0.49", datetime.date(2013, 7, 1)),
    ),
)


def check(folder: Path) -> SetReport:
    """Compare every charge with our engine's, year by year and then over each change of rate."""
    bills = _bills(folder)
    charged = bills["charge_minor"].to_numpy()
    kind = np.where(charged == 0, "zero", "other").astype("<U16")
    year = np.full(len(bills), "", dtype="<U4")
    for basis in (METERED, MINIMUM):
        for name, first_date in basis.years:
            hit = (kind == "other") & _is_explained(bills, basis, first_date)
            kind[hit], year[hit] = basis.name, name
    bills = bills.with_columns(pl.Series("kind", kind), pl.Series("rate", year))
    others = bills.filter(pl.col("kind") == "other")
    straddling, unexplained = _straddling(others)
    kinds = dict(sorted(bills["kind"].value_counts().iter_rows()))
    return SetReport(
        name=FOLDER,
        facts={
            "rows": len(bills),
            "developments": bills["edp"].n_unique(),
            "hcf": bills["usage"].sum(),
            "charges_minor": bills["charge_minor"].sum(),
            "other_minor": bills["other_minor"].sum(),
            "kind": kinds,
            "metered_by_rate": _by_rate(bills, "metered"),
            "min_by_rate": _by_rate(bills, "minimum"),
            "zero_consumption": bills["usage"].eq(0).sum(),
            "days_gt_100": bills["period_days"].gt(LONG_PERIOD_DAYS).sum(),
            "max_days": bills["period_days"].max(),
            "max_hcf": bills["usage"].max(),
            "current_eq_ws_plus_other": (bills["charge_minor"] + bills["other_minor"]).eq(bills["current_minor"]).sum(),
            "total_col_is_double": (bills["current_minor"] * 2).eq(bills["total_minor"]).sum(),
            "minimum_but_large_use": _minimum_but_large_use(bills).height,
            "straddling": len(straddling),
            "unexplained": len(unexplained),
        },
        oddities={
            "straddling": straddling,
            "unexplained": unexplained,
            "zero_charge_with_consumption": _list(
                bills.filter((pl.col("kind") == "zero") & (pl.col("usage") > 0)), "{usage} HCF and nothing charged"
            ),
            "minimum_but_large_use": _list(
                _minimum_but_large_use(bills), "the minimum of {period_days} days was charged for {usage} HCF"
            ),
            "long_periods": _list(
                bills.filter(pl.col("period_days") > LONG_PERIOD_DAYS), "one bill covers {period_days} days"
            ),
            "other_charges": _list(bills.filter(pl.col("other_minor") != 0), "{other_charges} USD of other charges"),
        },
    )


def _bills(folder: Path) -> pl.DataFrame:
    bills = read_columns(folder / "bills.csv.gz")
    money = {
        "charge_minor": "water_sewer_charges",
        "other_minor": "other_charges",
        "current_minor": "current_charges",
        "total_minor": "total_column",
    }
    return bills.with_columns(
        pl.col("consumption_hcf").cast(pl.Int64).alias("usage"),
        pl.col("days").cast(pl.Int64).alias("period_days"),
        *(to_minor(bills[column]).alias(name) for name, column in money.items()),
    )


def _price(
    bills: pl.DataFrame,
    basis: _Basis,
    first_date: datetime.date,
    *,
    start: NDArray[np.datetime64] | None = None,
) -> type_of_amounts:
    """Price every bill as if its period began on a day; without `start` the first day of the rate's year counts."""
    inputs = _inputs(bills, basis)
    if start is None:
        return rate(get_tariff(TARIFF), inputs=inputs, as_of=first_date).total_minor
    end = start + np.maximum(bills["period_days"].to_numpy(), 1).astype("timedelta64[D]")
    return rate(get_tariff(TARIFF), inputs=inputs, period_start=start, period_end=end).total_minor


def _is_explained(bills: pl.DataFrame, basis: _Basis, first_date: datetime.date) -> NDArray[np.bool_]:
    """Mark the charges within the tolerance of the exact, unrounded amount at the prices of a year."""
    batch = rate(get_tariff(TARIFF), inputs=_inputs(bills, basis), as_of=first_date)
    line = next(line for line in batch.lines if line.charge.label == basis.name)
    # Whole hundreds times a rate and a factor of two decimals each: four decimals hold the exact amount.
    exact = line.exact.scaled(10_000, len(bills))
    return np.asarray(np.abs(exact - bills["charge_minor"].to_numpy() * 100) <= TOLERANCE_MINOR * 100)


def _inputs(bills: pl.DataFrame, basis: _Basis) -> dict[str, object]:
    return {
        "usage": bills["usage"].to_numpy(),
        "days": bills["period_days"].to_numpy(),
        "basis": [basis.name] * len(bills),
    }


def _straddling(others: pl.DataFrame) -> tuple[list[Oddity], list[Oddity]]:
    """
    Explain charges between two neighboring rates by a period that straddles the change.

    The lost dates leave one unknown, the days before the change. Price is linear in it, so the day is worked out and
    the bill is then rated over that period; it is explained when no other whole day comes closer (the difference is
    at most half of what one day moves the price, or the tolerance).
    """
    charged, days = others["charge_minor"].to_numpy(), others["period_days"].to_numpy()
    found = np.full(len(others), "", dtype=object)
    for basis in (METERED, MINIMUM):
        for (old, old_date), (new, new_date) in zip(basis.years, basis.years[1:], strict=False):
            before, after = _price(others, basis, old_date), _price(others, basis, new_date)
            span = after - before
            between = (found == "") & (span > 0) & (charged > before) & (charged < after) & (days > 1)
            share_days = np.rint((charged - before) * days / np.where(span > 0, span, 1)).astype(np.int64)
            days_after = np.clip(share_days, 1, np.maximum(days - 1, 1))
            start = np.datetime64(new_date) - (days - days_after).astype("timedelta64[D]")
            ours = _price(others, basis, new_date, start=start)
            step = np.where(days > 0, span / np.maximum(days, 1), 0)
            hit = between & (np.abs(ours - charged) <= np.maximum(step / 2 + 1, TOLERANCE_MINOR))
            for place in np.flatnonzero(hit):
                found[place] = (
                    f"{days[place] - days_after[place]} days at {old} and {days_after[place]} at {new} "
                    f"give {ours[place] / 100:.2f}"
                )
    straddling, unexplained = [], []
    for position, row in enumerate(others.iter_rows(named=True)):
        subject = f"row {row['row']}, development {row['edp']}"
        charge = f"{row['water_sewer_charges']} USD for {row['usage']} HCF in {row['period_days']} days"
        if found[position]:
            straddling.append(Oddity(subject=subject, reason=f"{charge}: {found[position]}"))
        else:
            unexplained.append(Oddity(subject=subject, reason=f"{charge}: {_why(row)}"))
    return straddling, unexplained


def _why(row: dict[str, object]) -> str:
    """Name the kind of a charge that no year's prices and no change of prices explain."""
    charge, usage, days = int(row["charge_minor"]), int(row["usage"]), int(row["period_days"])  # type: ignore[call-overload]
    if charge < 0:
        return "a credit"
    if usage == 0:
        return "a charge without consumption that is not the minimum: a correction"
    if days == 0:
        return "a period of no days: a correction"
    implied = charge / usage / 259
    lowest, highest = float(METERED.years[0][0]), float(METERED.years[-1][0])
    if implied < lowest:
        return f"{implied:.2f} a HCF is below every rate of the years: a correction, or a rate before them"
    if implied > highest:
        return f"{implied:.2f} a HCF is above every rate of the years: a correction or an estimate"
    return f"{implied:.2f} a HCF lies between rates that are not neighbors by day: a sum of several bills"


def _by_rate(bills: pl.DataFrame, kind: str) -> dict[str, int]:
    return dict(sorted(bills.filter(pl.col("kind") == kind)["rate"].value_counts().iter_rows()))


def _minimum_but_large_use(bills: pl.DataFrame) -> pl.DataFrame:
    """Return the bills at the minimum although much water was used."""
    return bills.filter((pl.col("kind") == "minimum") & (pl.col("usage") > LARGE_USE_HCF))


def _list(bills: pl.DataFrame, reason: str) -> list[Oddity]:
    return [
        Oddity(subject=f"row {row['row']}, development {row['edp']}", reason=reason.format(**row))
        for row in bills.iter_rows(named=True)
    ]
