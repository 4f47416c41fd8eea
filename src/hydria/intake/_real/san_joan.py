"""San Joan: twenty-four years of quarterly readings in which meters were exchanged without a word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from hydria.intake._real import SetReport, list_oddities, read_columns
from hydria.metering.domain.consumption import RollOverPolicy, Turn, measure

FOLDER = "san-joan-quarterly"
LOADS = (("readings.csv.gz", "san-joan-register"), ("readings.csv.gz", "san-joan-readings"))
SHORT_PERIOD_DAYS = 60
DIAL_DIGITS = 5


def check(folder: Path) -> SetReport:
    """Measure every quarter as metering does; a drop is an exchange that nobody recorded, never billed."""
    rows = read_columns(folder / "readings.csv.gz").with_row_index("line", offset=2)
    rows = rows.with_columns(pl.col("reading_m3").cast(pl.Int64), pl.col("read_date").str.to_date("%Y-%m-%d"))
    repeated = rows.filter(~rows.select(pl.struct("user", "read_date").is_first_distinct()).to_series())
    # The documented facts count a repeated row as a step of no days and no water; billing leaves it out.
    told = _steps(rows)
    steps = _steps(rows.unique(["user", "read_date"], keep="first", maintain_order=True))
    turns = _turns(steps)
    steps = steps.with_columns(pl.Series("turn", [Turn(turn).name for turn in turns]))
    drops = steps.filter(pl.col("step") < 0)
    billed = steps.filter(pl.col("turn") == Turn.FORWARD.name)
    return SetReport(
        name=FOLDER,
        facts={
            "rows": len(rows),
            "users": rows["user"].n_unique(),
            "first": str(rows["read_date"].min()),
            "last": str(rows["read_date"].max()),
            "drops": len(drops),
            "users_with_drop": drops["user"].n_unique(),
            "zero_steps": told["step"].eq(0).sum(),
            "dup_user_date": len(repeated),
            "period_days_median": steps["period_days"].median(),
            "period_days_max": steps["period_days"].max(),
            "period_days_lt60": told["period_days"].lt(SHORT_PERIOD_DAYS).sum(),
            "sum_positive_steps_m3": told.filter(pl.col("step") > 0)["step"].sum(),
            "drops_list": [
                [user, str(day), was, now]
                for user, day, was, now in drops.select("user", "read_date", "before", "reading_m3").rows()
            ],
            "suspected_exchanges": steps["turn"].eq(Turn.EXCHANGED_UNSEEN.name).sum(),
            "roll_overs": steps["turn"].eq(Turn.ROLLED_OVER.name).sum(),
            "billed_m3": billed["step"].sum(),
        },
        oddities={
            "suspected_exchange": list_oddities(
                steps.filter(pl.col("turn") == Turn.EXCHANGED_UNSEEN.name),
                subject="{user}, {read_date}",
                reason="{before} -> {reading_m3}: another meter, whose predecessor nobody read; held for a person",
            ),
            "repeated_rows": list_oddities(
                repeated, subject="line {line}, {user}", reason="the reading of {read_date} stands in an earlier line"
            ),
        },
    )


def _steps(rows: pl.DataFrame) -> pl.DataFrame:
    """Return each reading that has one before it, with the step and the days between."""
    before, date_before = (pl.col(name).shift(1).over("user") for name in ("reading_m3", "read_date"))
    return (
        rows.sort("user", "read_date", maintain_order=True)
        .with_columns(
            before.alias("before"),
            (pl.col("reading_m3") - before).alias("step"),
            (pl.col("read_date") - date_before).dt.total_days().alias("period_days"),
        )
        .filter(pl.col("before").is_not_null())
    )


def _turns(steps: pl.DataFrame) -> list[int]:
    """Judge how the dial got through each quarter."""
    count = len(steps)
    usual_m3 = pl.col("step").filter(pl.col("step") > 0).median().over("user").fill_null(0).cast(pl.Int64)
    quantities = measure(
        span_index=np.arange(count),
        span_count=count,
        opening_milli=steps["before"].to_numpy() * 1000,
        closing_milli=steps["reading_m3"].to_numpy() * 1000,
        capacity_milli=np.full(count, 10**DIAL_DIGITS * 1000),
        multiplier=np.ones(count, dtype=np.int64),
        is_new_dial=np.zeros(count, dtype=bool),
        usual_milli=steps.select(usual_m3 * 1000).to_series().to_numpy(),
        policy=RollOverPolicy(),
    )
    turns: list[int] = quantities.turn.tolist()
    return turns
