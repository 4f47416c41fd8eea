"""Write the drafts of priced agreements by COPY, and what was not billed with its reason."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from django.db import connection

from hydria.billing._fees import DueFees
from hydria.billing._pricing import Priced, RatedGroup
from hydria.billing.models import BillingRun, ExceptionKind, Invoice, Line, RunException, Segment
from hydria.platform.bulk import copy_columns, take_ids
from hydria.platform.transactions import in_transaction
from hydria.tariffs.queries import ROUNDING_LABEL

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCounts:
    """Count what was written."""

    invoice_count: int
    segment_count: int
    line_count: int
    exception_count: int


@in_transaction
def write_drafts(*, run: BillingRun, priced: Priced, fees: DueFees, raised_at: datetime.datetime) -> DraftCounts:
    """
    Write invoices, segments and lines of what is billable, and one exception for each row that is not.

    fees  instalments of accounts; an account without a segment has no invoice, so its instalments wait

    Guarantee: every due row leaves exactly one segment or one exception; the anti-joins at the end stand for the
    row-wise foreign keys that bulk tables do without.
    """
    segments = _segment_frame(run, priced)
    invoice_count = 0
    line_count = 0
    if segments.height:
        invoices = _invoice_frame(run, segments, fees)
        segments = segments.join(invoices.select("account_id", invoice_id="id"), on="account_id", maintain_order="left")
        lines = _line_frame(priced, segments)
        invoice_count = copy_columns(Invoice, _columns(invoices))
        copy_columns(Segment, _columns(segments.select(_SEGMENT_COLUMNS)))
        line_count = copy_columns(Line, _columns(lines))
        charged = _fee_frame(fees, invoices)
        if charged.height:
            line_count += copy_columns(Line, _columns(charged))
        _refuse_dangling(first_id=int(segments["id"][0]), last_id=int(segments["id"][-1]))
    exceptions = _exceptions(run, priced, raised_at)
    RunException.objects.bulk_create(exceptions)
    assert segments.height + len(exceptions) == priced.due.height
    return DraftCounts(
        invoice_count=invoice_count,
        segment_count=segments.height,
        line_count=line_count,
        exception_count=len(exceptions),
    )


_DELETE_INVOICES = (
    "DELETE FROM billing_line WHERE invoice_id IN (SELECT id FROM billing_invoice WHERE {accounts})",
    "DELETE FROM billing_segment WHERE invoice_id IN (SELECT id FROM billing_invoice WHERE {accounts})",
    "DELETE FROM billing_invoice WHERE {accounts}",
)
_DELETE_EXCEPTIONS = """
    DELETE FROM billing_runexception exception USING agreements_serviceagreement agreement
    WHERE agreement.id = exception.agreement_id AND {accounts}"""


@in_transaction
def delete_drafts(*, run: BillingRun, account_ids: Sequence[int] | None, with_exceptions: bool = True) -> None:
    """
    Delete the drafts of a run, and what it set aside, in sets.

    account_ids  of these accounts; None means all
    """
    accounts = "run_id = %(run_id)s" + ("" if account_ids is None else " AND account_id = ANY(%(account_ids)s)")
    parameters = {"run_id": run.pk, "account_ids": list(account_ids or ())}
    with connection.cursor() as cursor:
        for statement in (*_DELETE_INVOICES, *([_DELETE_EXCEPTIONS] if with_exceptions else [])):
            cursor.execute(statement.format(accounts=accounts), parameters)


_SEGMENT_COLUMNS = [
    "id",
    "invoice_id",
    "run_id",
    "agreement_id",
    "service_point_id",
    "consumption_id",
    "tariff_version_id",
    "start_date",
    "end_date",
    "quantity_milli",
    "inputs",
    "total_minor",
]


def _columns(frame: pl.DataFrame) -> dict[str, pl.Series]:
    return {series.name: series for series in frame}


def _segment_frame(run: BillingRun, priced: Priced) -> pl.DataFrame:
    """Return one row per billable agreement in the order of the due rows, with the columns of the invoice as well."""
    parts = [
        pl.DataFrame(
            {
                "row": group.rows[group.is_billable],
                "total_minor": group.batch.total_minor[group.is_billable],
                "tax_minor": _tax_minor(group)[group.is_billable],
                "inputs": pl.Series(group.inputs_json, dtype=pl.String).filter(pl.Series(group.is_billable)),
            }
        )
        for group in priced.groups
    ]
    if not parts:
        return pl.DataFrame()
    rated = pl.concat(parts).sort("row")
    rows = rated["row"].to_numpy()
    ids = take_ids(Segment, count=len(rows))
    return pl.concat([priced.due[rows], rated], how="horizontal").with_columns(
        id=pl.Series(ids), run_id=pl.lit(run.pk, dtype=pl.Int64)
    )


def _tax_minor(group: RatedGroup) -> Int64Array:
    taxes = [line.amount_minor for line in group.batch.lines if line.charge.tax and not line.charge.is_memo]
    return sum(taxes, np.zeros(group.batch.row_count, dtype=np.int64))


def _fee_frame(fees: DueFees, invoices: pl.DataFrame) -> pl.DataFrame:
    """Return the lines of instalments whose account has an invoice."""
    lines = fees.lines.join(
        invoices.select("account_id", invoice_id="id"), on="account_id", how="inner", maintain_order="left"
    )
    ids = take_ids(Line, count=lines.height)
    return lines.select(
        "invoice_id", "instalment_id", "charge_id", "amount_minor", "explanation", id=pl.Series(ids, dtype=pl.Int64)
    )


def _invoice_frame(run: BillingRun, segments: pl.DataFrame, fees: DueFees) -> pl.DataFrame:
    """Return one row per account; the holder and the address are those of its first agreement."""
    invoices = segments.group_by("account_id", maintain_order=True).agg(
        pl.col("holder_id", "holder_name").first(),
        pl.col("holder_tax_id").first().fill_null(""),
        pl.col("address").first(),
        pl.col("total_minor", "tax_minor").sum(),
    )
    if fees.lines.height:
        invoices = (
            invoices.join(fees.sums(), on="account_id", how="left", maintain_order="left")
            .with_columns(
                total_minor=pl.col("total_minor") + pl.col("fees_minor").fill_null(0),
                tax_minor=pl.col("tax_minor") + pl.col("fees_tax_minor").fill_null(0),
            )
            .drop("fees_minor", "fees_tax_minor")
        )
    ids = take_ids(Invoice, count=invoices.height)
    return invoices.with_columns(id=pl.Series(ids), run_id=pl.lit(run.pk, dtype=pl.Int64))


def _line_frame(priced: Priced, segments: pl.DataFrame) -> pl.DataFrame:
    """Return the lines in the order of their segments and charges."""
    parts = [part for group in priced.groups for part in _line_parts(group)]
    lines = pl.concat(parts).join(
        segments.select("row", "invoice_id", segment_id="id"), on="row", maintain_order="left"
    )
    lines = lines.sort("segment_id", "position")
    ids = take_ids(Line, count=lines.height)
    return lines.select("invoice_id", "segment_id", "charge_id", "amount_minor", "explanation", id=pl.Series(ids))


def _line_parts(group: RatedGroup) -> list[pl.DataFrame]:
    parts = []
    for index, line in enumerate(group.batch.lines):
        if line.charge.is_memo:
            continue
        places = np.flatnonzero(line.applies & group.is_billable)
        parts.append(_part(group, index, places, line.amount_minor, group.batch.explanations(index, places)))
    rounded = np.flatnonzero((group.batch.rounding_minor != 0) & group.is_billable)
    if len(rounded):
        index = next(card.position for card in group.version.charges if card.label == ROUNDING_LABEL)
        parts.append(_part(group, index, rounded, group.batch.rounding_minor, ["{}"] * len(rounded)))
    return parts


def _part(
    group: RatedGroup, index: int, places: npt.NDArray[np.intp], amounts_minor: Int64Array, explanations: list[str]
) -> pl.DataFrame:
    charge = group.version.charges[index]
    return pl.DataFrame(
        {
            "row": group.rows[places],
            "position": np.full(len(places), charge.position, dtype=np.int64),
            "charge_id": np.full(len(places), charge.id, dtype=np.int64),
            "amount_minor": amounts_minor[places],
            "explanation": pl.Series(explanations, dtype=pl.String),
        }
    )


def _exceptions(run: BillingRun, priced: Priced, raised_at: datetime.datetime) -> list[RunException]:
    due = priced.due
    return [
        RunException(
            run=run,
            agreement_id=due["agreement_id"][unbilled.row],
            kind=ExceptionKind.PARKED if unbilled.obstacle.owner else ExceptionKind.EXCLUDED,
            code=unbilled.obstacle.code,
            data=json.loads(json.dumps(unbilled.data)),
            quantity_milli=due["quantity_milli"][unbilled.row],
            owner=unbilled.obstacle.owner or "",
            raised_at=raised_at,
        )
        for unbilled in priced.unbilled
    ]


_DANGLING = """
    SELECT count(*) FROM billing_segment segment
    LEFT JOIN billing_invoice invoice ON invoice.id = segment.invoice_id AND invoice.run_id = segment.run_id
    LEFT JOIN agreements_serviceagreement agreement
           ON agreement.id = segment.agreement_id AND agreement.service_point_id = segment.service_point_id
          AND agreement.account_id = invoice.account_id
    LEFT JOIN metering_consumption consumption
           ON consumption.id = segment.consumption_id AND consumption.service_point_id = segment.service_point_id
    WHERE segment.id BETWEEN %(first_id)s AND %(last_id)s
      AND (agreement.id IS NULL OR (segment.consumption_id IS NOT NULL AND consumption.id IS NULL))
"""


def _refuse_dangling(*, first_id: int, last_id: int) -> None:
    """Check in one set what row-wise foreign keys would check one by one."""
    with connection.cursor() as cursor:
        cursor.execute(_DANGLING, {"first_id": first_id, "last_id": last_id})
        (dangling_count,) = cursor.fetchone()
    if dangling_count:
        raise RuntimeError(f"{dangling_count} segments point at rows that do not exist")
