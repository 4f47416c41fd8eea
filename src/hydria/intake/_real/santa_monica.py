"""Santa Monica: two and three quarter years of water use of every customer, and the city's tariff of 2016."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from hydria.intake._real import Oddity, SetReport, get_tariff, list_oddities, read_columns
from hydria.tariffs.domain.rating import RatedBatch, rate

FOLDER = "santa-monica-usage"
LOADS = (("usage.csv.gz", "santa-monica-register"), ("usage.csv.gz", "santa-monica-usage"))
TARIFF = "us_santa_monica_2016"
OUTLIER_CCF = 9_000
"""Sentinels such as 9,999 and dropped decimals start here; the largest plausible use is below."""
MANY_ROWS = 500


def check(folder: Path) -> SetReport:
    """Bill every row with the tariff of 2016, count what the register holds, and list what is odd."""
    usage = read_columns(folder / "usage.csv.gz").with_row_index("line", offset=2)
    usage = usage.with_columns(pl.col("usage_ccf", "usage_year", "usage_month").cast(pl.Int64))
    batch = _rate(usage)
    usage = usage.with_columns(
        pl.Series("is_priced", np.asarray(batch.is_priced)), pl.Series("amount_minor", batch.total_minor)
    )
    single = usage.filter(pl.col("cust_class") == "RESIDENTIAL_SINGLE")
    key = ["cust_id", "usage_year", "usage_month"]
    source = [name for name in usage.columns if name not in ("line", "is_priced", "amount_minor")]
    repeated = usage.filter(~usage.select(pl.struct(source).is_first_distinct()).to_series())
    classes = usage.group_by("cust_id").agg(pl.col("cust_class").unique().sort().alias("classes"))
    changed = classes.filter(pl.col("classes").list.len() > 1).sort("cust_id")
    return SetReport(
        name=FOLDER,
        facts={
            "rows": len(usage),
            "customers": usage["cust_id"].n_unique(),
            "total_ccf": usage["usage_ccf"].sum(),
            "zeros": usage["usage_ccf"].eq(0).sum(),
            "full_dups": len(repeated),
            "keys_with_more_than_one_row": usage.group_by(key).len().filter(pl.col("len") > 1).height,
            "cust0_rows": usage["cust_id"].eq("0").sum(),
            "customers_multi_class": len(changed),
            "ge_9000": usage["usage_ccf"].ge(OUTLIER_CCF).sum(),
            "blank_rate_code": usage["cust_class_from_utility"].fill_null("").eq("").sum(),
            "rows_and_ccf_by_class_and_year": _by_class_and_year(usage),
            "single_family_rows": len(single),
            "single_family_minor": single["amount_minor"].sum(),
            "billed_rows": usage["is_priced"].sum(),
            "billed_minor": usage["amount_minor"].sum(),
        },
        oddities=_oddities(usage, repeated=repeated, changed=changed),
    )


def _oddities(usage: pl.DataFrame, *, repeated: pl.DataFrame, changed: pl.DataFrame) -> dict[str, list[Oddity]]:
    key = ["cust_id", "usage_year", "usage_month"]
    rows_of = usage.group_by("cust_id").len("row_count").filter(pl.col("row_count") > MANY_ROWS)
    return {
        "no_price": list_oddities(
            usage.filter(~pl.col("is_priced")),
            subject="line {line}, customer {cust_id}",
            reason="the tariff has no price for {cust_class}",
        ),
        "repeated_rows": list_oddities(
            repeated,
            subject="line {line}, customer {cust_id}",
            reason="{usage_ccf} CCF of {usage_year}-{usage_month} stands in an earlier line in the same words",
        ),
        "several_rows_a_month": list_oddities(
            usage.group_by(key).len("row_count").filter(pl.col("row_count") > 1).sort(key),
            subject="customer {cust_id}, {usage_year}-{usage_month}",
            reason="{row_count} rows: several meters, or corrections",
        ),
        "outliers": list_oddities(
            usage.filter(pl.col("usage_ccf") >= OUTLIER_CCF),
            subject="line {line}, customer {cust_id}",
            reason="{usage_ccf} CCF in a period: a sentinel, or a decimal point lost",
        ),
        "class_changed": list_oddities(
            changed.with_columns(pl.col("classes").list.join(", ")),
            subject="customer {cust_id}",
            reason="appears as {classes}",
        ),
        "rate_code_missing": list_oddities(
            usage.filter(pl.col("cust_class_from_utility").fill_null("") == ""),
            subject="line {line}, customer {cust_id}",
            reason="no rate code; the class says {cust_class}",
        ),
        "collective_customers": list_oddities(
            rows_of.sort("cust_id"), subject="customer {cust_id}", reason="{row_count} rows under one number"
        ),
        "customer_without_number": list_oddities(
            usage.filter(pl.col("cust_id") == "0"), subject="line {line}", reason="customer 0 is nobody"
        ),
    }


def _rate(usage: pl.DataFrame) -> RatedBatch:
    """Bill every row by itself, at the smallest meter and for drinking water, as the source's own examples do."""
    inputs = {"usage": usage["usage_ccf"].to_numpy(), "category": usage["cust_class"].to_list()}
    return rate(get_tariff(TARIFF), inputs=inputs)


def _by_class_and_year(usage: pl.DataFrame) -> dict[str, list[int]]:
    grouped = usage.group_by("cust_class", "usage_year").agg(pl.len(), pl.col("usage_ccf").sum())
    return {f"{name}/{year}": [rows, ccf] for name, year, rows, ccf in grouped.sort("cust_class", "usage_year").rows()}
