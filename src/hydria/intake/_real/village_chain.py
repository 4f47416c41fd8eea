"""Bill the village waterworks through Hydria itself: runs, invoices, items, journal and payments, month by month."""

from __future__ import annotations

import datetime
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
from django.db import connection

from hydria.billing import operations as billing
from hydria.intake._real import Oddity, read_columns, read_tariff_text, to_minor, village_readings
from hydria.ledger.operations import create_chart
from hydria.payments import operations as payments
from hydria.payments.domain.tenders import TenderKind
from hydria.platform.access import Actor
from hydria.platform.numbering import open_range
from hydria.platform.operations import set_up_company
from hydria.platform.queries import NO_COMPANY, get_company
from hydria.premises.queries import find_cycle_id
from hydria.tariffs.operations import publish_version

CYCLE, TARIFF, CURRENCY, SCHEME = "VILLAGE", "ph_village_waterworks", "PHP", "ph-village"
DUE_DAYS = 5

_INVOICES_SQL = """
SELECT account.number, invoice.total_minor FROM billing_invoice invoice
JOIN agreements_account account ON account.id = invoice.account_id WHERE invoice.run_id = %s
"""
_EXCEPTIONS_SQL = """
SELECT agreement.number, exception.code FROM billing_runexception exception
JOIN agreements_serviceagreement agreement ON agreement.id = exception.agreement_id WHERE exception.run_id = %s
"""
_OUT_OF_LINE_SQL = """
SELECT agreement_id FROM billing_runexception WHERE run_id = %s AND code = 'amount_out_of_line'
"""
_ACCOUNTS_SQL = """
SELECT value, object_id FROM platform_externalalias WHERE scheme = %s AND object_kind = 'agreements.account'
"""


def prepare(*, actor: Actor, now: datetime.datetime) -> str:
    """Make the books ready; return why they cannot be used, or an empty text."""
    company = get_company()
    if company == NO_COMPANY:
        set_up_company(actor=actor, name="Village waterworks", currency=CURRENCY, country="PH", language="en")
        open_range(code="invoice", prefix="F-")
        payments.open_receipt_series(actor=actor)
        create_chart(actor=actor, language="en")
    elif company.currency.code != CURRENCY:
        return f"the company keeps its books in {company.currency.code}, and these bills are in {CURRENCY}"
    publish_version(actor=actor, text=read_tariff_text(TARIFF), published_at=now)
    return ""


def bill_and_pay(
    *, actor: Actor, folder: Path, now: datetime.datetime
) -> tuple[dict[str, object], dict[str, list[Oddity]]]:
    """
    Measure every month from its readings, bill it in one run, confirm it, take the payments.

    Return facts, and what did not come out: quantities that the source billed and its readings do not show, invoices
    that differ from its bills, months without a bill, payments that were refused.
    """
    bills = read_columns(folder / "bills.csv.gz")
    bills = bills.with_columns(to_minor(bills["amount_due"]).alias("amount_minor"))
    billed: dict[tuple[str, str], int] = {}
    parked: dict[tuple[str, str], str] = {}
    equations: Counter[str] = Counter()
    other_quantity: list[Oddity] = []
    village_readings.record_openings(actor=actor, folder=folder, today=now.date())
    for bill_date in bills["bill_date"].unique().sort():
        day = datetime.date.fromisoformat(bill_date)
        of_month = bills.filter(pl.col("bill_date") == bill_date).unique("meter_no", keep="first")
        billed_m3 = {number: int(m3) for number, m3 in of_month.select("meter_no", "consumption").iter_rows()}
        other_quantity += village_readings.measure_month(
            actor=actor, folder=folder, cycle_id=_cycle_id(), bill_date=day, billed_m3=billed_m3, now=now
        )
        run_id, proof = _run_month(actor, day, now)
        equations.update({name: int(proof[name]) for name in ("due", "billed", "excluded", "parked")})
        equations.update({name: int(proof[name]) for name in ("lines_minor", "invoices_minor", "items_minor")})
        equations.update(second_engine_differences=int(proof["second_engine_differences"]))
        with connection.cursor() as cursor:
            cursor.execute(_INVOICES_SQL, [run_id])
            billed.update({(number, bill_date): total for number, total in cursor.fetchall()})
            cursor.execute(_EXCEPTIONS_SQL, [run_id])
            parked.update({(number, bill_date): code for number, code in cursor.fetchall()})
    differing, same_count = _compare(bills, billed, parked)
    refused, taken_minor = _take_payments(actor, folder)
    of_source = set(bills.select("meter_no", "bill_date").iter_rows())
    unread = [
        Oddity(subject=f"{number}, {bill_date}", reason=code)
        for (number, bill_date), code in sorted(parked.items())
        if (number, bill_date) not in of_source
    ]
    facts = {
        "runs": dict(equations),
        "bills_of_other_quantity": len(other_quantity),
        "bills_same_to_the_cent": same_count,
        "payments_taken_minor": taken_minor,
    }
    return facts, {
        "quantities_differ": other_quantity,
        "invoices_differ": differing,
        "months_without_bill": unread,
        "payments_refused": refused,
    }


def _run_month(actor: Actor, bill_date: datetime.date, now: datetime.datetime) -> tuple[int, dict[str, Any]]:
    """Run and confirm one month; a month that is confirmed already stays as it is."""
    month_before = (bill_date.replace(day=1) - datetime.timedelta(days=1)).replace(day=bill_date.day)
    period = billing.open_period(
        actor=actor,
        cycle_id=_cycle_id(),
        start_date=month_before,
        end_date=bill_date,
        issue_date=bill_date,
        due_date=bill_date + datetime.timedelta(days=DUE_DAYS),
    )
    run = billing.start_run(actor=actor, period_id=period.pk, requested_at=now)
    if run.state == "PRICING":
        billing.price_run(run_id=run.pk, now=now)
        with connection.cursor() as cursor:
            cursor.execute(_OUT_OF_LINE_SQL, [run.pk])
            accepted = [agreement_id for (agreement_id,) in cursor.fetchall()]
        if accepted:
            reason = "the source billed the same quantity"
            billing.retry_parked(actor=actor, run_id=run.pk, now=now, accepted_agreement_ids=accepted, reason=reason)
    run = billing.confirm_run(actor=actor, run_id=run.pk, confirmed_at=now)
    return run.pk, run.proof or {}


def _cycle_id() -> int:
    cycle_id = find_cycle_id(code=CYCLE)
    assert cycle_id is not None, "the register has been loaded"
    return cycle_id


def _compare(
    bills: pl.DataFrame, billed: dict[tuple[str, str], int], parked: dict[tuple[str, str], str]
) -> tuple[list[Oddity], int]:
    differing = []
    seen: set[tuple[str, str]] = set()
    for bill in bills.iter_rows(named=True):
        key = (bill["meter_no"], bill["bill_date"])
        subject = f"bill {bill['bill_id']}, {bill['meter_no']}"
        if key in seen:
            differing.append(Oddity(subject=subject, reason="a second bill for the month; the first one is invoiced"))
        elif key in parked:
            differing.append(Oddity(subject=subject, reason=f"held back by the run: {parked[key]}"))
        elif billed[key] != bill["amount_minor"]:
            amount = f"{billed[key] / 100:.2f} instead of {bill['amount_due']} for {bill['consumption']} m3"
            differing.append(Oddity(subject=subject, reason=amount))
        seen.add(key)
    return differing, len(bills) - len(differing)


def _take_payments(actor: Actor, folder: Path) -> tuple[list[Oddity], int]:
    """Take the payments day by day in the order of time; return the refused ones and the sum of the others."""
    rows = read_columns(folder / "payments.csv.gz")
    rows = rows.with_columns(to_minor(rows["amount"]).alias("amount_minor")).sort("paid_at", maintain_order=True)
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS_SQL, [SCHEME])
        account_ids = dict(cursor.fetchall())
    refused, taken_minor = [], 0
    for (day,), of_day in rows.group_by(rows["paid_at"].str.slice(0, 10), maintain_order=True):
        batch = [
            payments.PaymentRow(
                key=f"{SCHEME}-{row['payment_id']}",
                account_id=account_ids[row["meter_no"]],
                amount_minor=row["amount_minor"],
                kind=TenderKind.CASH,
                received_at=datetime.datetime.fromisoformat(row["paid_at"]).replace(tzinfo=datetime.UTC),
                reference=row["reference"] or "",
            )
            for row in of_day.iter_rows(named=True)
        ]
        outcomes = payments.take_payments(
            actor=actor, key=f"{SCHEME}-{day}", rows=batch, effective_date=datetime.date.fromisoformat(str(day))
        )
        for row, outcome in zip(batch, outcomes, strict=True):
            if outcome.code:
                refused.append(Oddity(subject=f"payment {row.key.rpartition('-')[2]}", reason=outcome.code))
            else:
                taken_minor += row.amount_minor
    return refused, taken_minor
