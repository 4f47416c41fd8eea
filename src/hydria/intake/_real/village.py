"""The village waterworks: ten months of meters, readings, bills and payments, typed by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from hydria.intake._real import Oddity, SetReport, get_tariff, list_oddities, read_columns, to_minor
from hydria.tariffs.domain.rating import rate

FOLDER = "ph-village-waterworks"
LOADS = (
    ("meters.csv.gz", "ph-village-register"),
    ("readings.csv.gz", "ph-village-readings"),
)
TARIFF = "ph_village_waterworks"
FREE_M3, BASE_MINOR, EXCESS_MINOR = 10, 15_000, 1_800
TYPING_SLIP_FACTOR = 8
"""A difference this many times what was typed, or more, has a digit too many."""
PAYMENT_SLIP_FACTOR = 10


def check(folder: Path) -> SetReport:
    """Compare every bill with what our engine charges for it, and list what is odd along the chain."""
    meters, readings = read_columns(folder / "meters.csv.gz"), _readings(folder)
    bills, payments = _bills(folder, readings), _payments(folder)
    chain = _chain(readings)
    broken = chain.filter(pl.col("previous") != pl.col("before"))
    differs = readings.filter(pl.col("consumption") != pl.col("difference"))
    slips = differs.filter(pl.col("difference") >= TYPING_SLIP_FACTOR * pl.col("consumption").clip(1))
    twice = readings.filter(pl.struct("meter_no", "reading_date").is_duplicated())
    unexplained = bills.filter(pl.col("ours_minor") != pl.col("amount_minor"))
    settled = _settled(bills, payments)
    facts = {
        "meters": len(meters),
        "active": meters["status"].eq("Active").sum(),
        "readings": len(readings),
        "bills": len(bills),
        "payments": len(payments),
        "consumption_ne_difference": len(differs),
        "zero_consumption": readings["difference"].eq(0).sum(),
        "negative": readings["difference"].lt(0).sum(),
        "chain_links": len(chain),
        "chain_broken": len(broken),
        "dup_meter_date": _repeated_dates(readings),
        "total_consumption": readings["consumption"].sum(),
        "bill_eq_tariff_of_billed_m3": len(bills) - len(unexplained),
        "bill_eq_tariff_of_reading_difference": bills["ours_read_minor"].eq(bills["amount_minor"]).sum(),
        "bill_eq_own_components": bills["parts_minor"].eq(bills["amount_minor"]).sum(),
        "billed_minor": bills["amount_minor"].sum(),
        "paid_minor": payments["amount_minor"].sum(),
        "max_payment_minor": payments["amount_minor"].max(),
        **_settlement_facts(settled),
        "payments_before_bill_date": _paid_early(payments, bills).height,
        "dup_references": len(payments) - payments["reference"].n_unique(),
    }
    return SetReport(
        name=FOLDER,
        facts=facts,
        oddities={
            "bills_not_explained": [_why(row) for row in unexplained.iter_rows(named=True)],
            "bills_of_other_quantity": list_oddities(
                bills.filter(pl.col("consumption") != pl.col("consumption_read")),
                subject="bill {bill_id}, {meter_no}",
                reason="bills {consumption} m3 and its reading {reading_id} says {consumption_read} m3",
            ),
            "consumption_differs": list_oddities(
                differs,
                subject="reading {reading_id}, {meter_no}",
                reason="{consumption} m3 was typed and {previous} -> {current} is {difference} m3",
            ),
            "digits_too_many": list_oddities(
                slips,
                subject="reading {reading_id}, {meter_no}",
                reason="{previous} -> {current} with {consumption} m3 typed: a digit too many",
            ),
            "chain_broken": list_oddities(
                broken,
                subject="reading {reading_id}, {meter_no}",
                reason="starts from {previous} and the reading before ended at {before}",
            ),
            "meter_of_two_households": list_oddities(
                twice,
                subject="{meter_no}, {reading_date}",
                reason="reading {reading_id} says {previous} -> {current}; the meter has another reading that day",
            ),
            **_payment_oddities(settled, payments, bills),
        },
    )


def _readings(folder: Path) -> pl.DataFrame:
    return (
        read_columns(folder / "readings.csv.gz")
        .with_columns(pl.col("reading_id", "previous", "current", "consumption").cast(pl.Int64))
        .with_columns((pl.col("current") - pl.col("previous")).alias("difference"))
    )


def _bills(folder: Path, readings: pl.DataFrame) -> pl.DataFrame:
    """Return the bills with what our engine charges for the billed and for the read quantity."""
    bills = read_columns(folder / "bills.csv.gz")
    bills = bills.with_columns(
        pl.col("bill_id", "reading_id", "consumption", "excess_m3").cast(pl.Int64),
        to_minor(bills["amount_due"]).alias("amount_minor"),
        to_minor(bills["base_charge"]).alias("base_minor"),
        to_minor(bills["excess_charge"]).alias("excess_minor"),
    )
    read = readings.select("reading_id", "difference", pl.col("consumption").alias("consumption_read"))
    bills = bills.join(read, on="reading_id", how="left", maintain_order="left")
    return bills.with_columns(
        (pl.col("base_minor") + pl.col("excess_minor")).alias("parts_minor"),
        pl.Series("ours_minor", _price(bills["consumption"])),
        pl.Series("ours_read_minor", _price(bills["difference"].fill_null(0))),
    )


def _price(quantities: pl.Series) -> np.ndarray:
    batch = rate(get_tariff(TARIFF), inputs={"usage": quantities.to_numpy()})
    return batch.total_minor


def _payments(folder: Path) -> pl.DataFrame:
    payments = read_columns(folder / "payments.csv.gz")
    return payments.with_columns(
        pl.col("payment_id", "bill_id").cast(pl.Int64), to_minor(payments["amount"]).alias("amount_minor")
    )


def _chain(readings: pl.DataFrame) -> pl.DataFrame:
    """Return each reading that has one before it, with where that one ended."""
    before = pl.col("current").shift(1).over("meter_no").alias("before")
    return (
        readings.sort("meter_no", "reading_date", "reading_id")
        .with_columns(before)
        .filter(pl.col("before").is_not_null())
    )


def _repeated_dates(readings: pl.DataFrame) -> int:
    return len(readings) - readings.n_unique(["meter_no", "reading_date"])


def _why(bill: dict[str, object]) -> Oddity:
    """Say why a bill is not what the tariff gives for its quantity."""
    consumption, excess = int(bill["consumption"]), int(bill["excess_m3"])  # type: ignore[call-overload]
    reasons = []
    if bill["base_minor"] != BASE_MINOR:
        reasons.append(f"its base is {_money(bill['base_minor'])}")
    if excess != max(consumption - FREE_M3, 0):
        reasons.append(f"it counts {excess} m3 of excess for {consumption} m3")
    if bill["excess_minor"] != excess * EXCESS_MINOR:
        reasons.append(f"its {excess} m3 of excess cost {_money(bill['excess_minor'])}")
    if bill["parts_minor"] != bill["amount_minor"]:
        reasons.append(f"its parts add up to {_money(bill['parts_minor'])}")
    stated = f"{_money(bill['amount_minor'])} instead of {_money(bill['ours_minor'])}"
    return Oddity(
        subject=f"bill {bill['bill_id']}, {bill['meter_no']}",
        reason=f"{stated}: {'; '.join(reasons) or 'the amount alone is off'}",
    )


def _money(amount_minor: object) -> str:
    whole, cents = divmod(int(amount_minor), 100)  # type: ignore[call-overload]
    return f"{whole:,}.{cents:02d}"


def _settled(bills: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    paid = payments.group_by("bill_id").agg(pl.col("amount_minor").sum().alias("paid_minor"))
    return bills.join(paid, on="bill_id", how="left", maintain_order="left").with_columns(
        pl.col("paid_minor").fill_null(0)
    )


def _settlement_facts(settled: pl.DataFrame) -> dict[str, int]:
    paid, due = settled["paid_minor"], settled["amount_minor"]
    is_paid = paid > 0
    return {
        "bills_paid_exact": int((paid == due).sum()),
        "bills_unpaid": int((~is_paid).sum()),
        "bills_over": int((paid > due).sum()),
        "bills_under": int((is_paid & (paid < due)).sum()),
    }


def _paid_early(payments: pl.DataFrame, bills: pl.DataFrame) -> pl.DataFrame:
    """Return the payments dated before the bill that they pay."""
    joined = payments.join(bills.select("bill_id", "bill_date"), on="bill_id", how="left")
    return joined.filter(pl.col("paid_at").str.slice(0, 10) < pl.col("bill_date"))


def _payment_oddities(settled: pl.DataFrame, payments: pl.DataFrame, bills: pl.DataFrame) -> dict[str, list[Oddity]]:
    paid, due = pl.col("paid_minor"), pl.col("amount_minor")
    shown = settled.with_columns(
        paid.map_elements(_money, return_dtype=pl.String).alias("paid"),
        due.map_elements(_money, return_dtype=pl.String).alias("due"),
    )
    against = payments.join(
        bills.select("bill_id", pl.col("amount_minor").alias("bill_minor")), on="bill_id", how="left"
    )
    subject = "bill {bill_id}, {meter_no}"
    return {
        "bills_unpaid": list_oddities(shown.filter(paid == 0), subject=subject, reason="{due} and no payment"),
        "bills_overpaid": list_oddities(shown.filter(paid > due), subject=subject, reason="{paid} paid for {due}"),
        "bills_underpaid": list_oddities(
            shown.filter((paid > 0) & (paid < due)), subject=subject, reason="{paid} paid for {due}"
        ),
        "payments_enormous": list_oddities(
            against.filter(pl.col("amount_minor") > PAYMENT_SLIP_FACTOR * pl.col("bill_minor").clip(BASE_MINOR)),
            subject="payment {payment_id}, {meter_no}",
            reason="{amount} against bill {bill_id}, more than ten times as much: typed wrongly",
        ),
        "payments_early": list_oddities(
            _paid_early(payments, bills),
            subject="payment {payment_id}, {meter_no}",
            reason="paid at {paid_at}, before the bill of {bill_date}",
        ),
        "references_repeated": list_oddities(
            payments.filter(pl.col("reference").is_duplicated()),
            subject="payment {payment_id}, {meter_no}",
            reason="{reference} is the reference of another payment too",
        ),
    }
