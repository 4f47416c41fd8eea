"""Reads of billing: what is due, how a run stands, its proof, its invoices and their explanations."""

from __future__ import annotations

import dataclasses

from django.db import connection
from django.db.models import QuerySet

from hydria.billing import _replay, _selection
from hydria.billing._selection import AccountRange
from hydria.billing.domain.proof import RunProof
from hydria.billing.models import BillingRun

_ACCOUNT_RANGES = f"""
    WITH account AS (
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
        FROM (SELECT DISTINCT agreement.account_id AS id {_selection.DUE_AGREEMENTS}) AS due
    )
    SELECT min(id), max(id) + 1 FROM account GROUP BY place / %(accounts_per_range)s ORDER BY 1
"""

# The quantity is summed in metering over the agreements due, by a join of its own.
_QUANTITY_READ = f"""
    SELECT coalesce(sum(consumption.quantity_milli), 0)::bigint
    FROM (SELECT agreement.service_point_id, agreement.valid_during AS agreed_during
          {_selection.DUE_AGREEMENTS} AND point.is_metered) AS due
    JOIN metering_consumption consumption ON consumption.service_point_id = due.service_point_id
     AND consumption.state <> 'SUPERSEDED'
     AND consumption.end_date > %(start_date)s AND consumption.end_date <= %(end_date)s
     AND daterange(consumption.start_date, consumption.end_date) <@ due.agreed_during
"""

_DRAFT_FIGURES = """
    SELECT (SELECT count(*) FROM billing_segment WHERE run_id = %(run_id)s),
           (SELECT count(*) FROM billing_runexception WHERE run_id = %(run_id)s AND kind = 'EXCLUDED'),
           (SELECT count(*) FROM billing_runexception WHERE run_id = %(run_id)s AND kind = 'PARKED'),
           (SELECT coalesce(sum(quantity_milli), 0)::bigint FROM billing_segment WHERE run_id = %(run_id)s),
           (SELECT coalesce(sum(quantity_milli), 0)::bigint FROM billing_runexception WHERE run_id = %(run_id)s),
           (SELECT coalesce(sum(line.amount_minor), 0)::bigint FROM billing_invoice invoice
              JOIN billing_line line ON line.invoice_id = invoice.id WHERE invoice.run_id = %(run_id)s),
           (SELECT coalesce(sum(total_minor), 0)::bigint FROM billing_invoice WHERE run_id = %(run_id)s)
"""

_POSTED_FIGURES = """
    SELECT (SELECT coalesce(sum(CASE item.side WHEN 'OWED' THEN item.amount_minor ELSE -item.amount_minor END), 0)::bigint
            FROM billing_invoice invoice
            JOIN receivables_item item ON item.kind = 'INVOICE' AND item.source_id = invoice.id
            WHERE invoice.run_id = %(run_id)s),
           (SELECT coalesce(sum(entry.debit_minor - entry.credit_minor), 0)::bigint
            FROM ledger_journal journal
            JOIN ledger_entry entry ON entry.journal_id = journal.id
            JOIN ledger_ledgeraccount chart ON chart.id = entry.ledger_account_id AND chart.route = 'receivable'
            WHERE journal.source_kind = 'billing_run' AND journal.source_id = %(run_id)s)
"""


def count_due(*, run: BillingRun) -> int:
    """Count the agreements due in a run, in the register."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_selection.DUE_AGREEMENTS}", _selection.due_parameters(run))
        return int(cursor.fetchone()[0])


def list_account_ranges(*, run: BillingRun, accounts_per_range: int) -> list[AccountRange]:
    """Cut the accounts with something due into ranges of ids, in order, that no account is in twice."""
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNT_RANGES, {**_selection.due_parameters(run), "accounts_per_range": accounts_per_range})
        return [AccountRange(first_id=first_id, end_id=end_id) for first_id, end_id in cursor.fetchall()]


def prove_run(*, run: BillingRun, sample_count: int | None) -> RunProof:
    """
    Prove a run as far as it goes: count, sum, rate everything again, ask the second engine about a sample.

    sample_count  segments that the second engine prices; None means all
    """
    replay = _replay.replay_run(run=run, sample_count=sample_count)
    parameters = _selection.due_parameters(run)
    with connection.cursor() as cursor:
        cursor.execute(_QUANTITY_READ, parameters)
        (quantity_read,) = cursor.fetchone()
        cursor.execute(_DRAFT_FIGURES, parameters)
        billed, excluded, parked, quantity_billed, quantity_explained, lines_minor, invoices_minor = cursor.fetchone()
    proof = RunProof(
        due=run.due_count,
        billed=billed,
        excluded=excluded,
        parked=parked,
        quantity_read=quantity_read,
        quantity_billed=quantity_billed,
        quantity_explained=quantity_explained,
        lines_minor=lines_minor,
        invoices_minor=invoices_minor,
        items_minor=None,
        journal_minor=None,
        second_engine_checked=replay.second_engine_checked,
        second_engine_differences=replay.second_engine_differences,
        replay_differences=replay.difference_count,
        hash=replay.hash,
    )
    return _with_posted_figures(run, proof) if run.confirmed_at else proof


def prove_confirmed_run(*, run: BillingRun) -> RunProof:
    """Return the stored proof of a draft with the figures that its posting has added, counted from the rows posted."""
    return _with_posted_figures(run, get_proof(run=run))


def get_proof(*, run: BillingRun) -> RunProof:
    """Return the proof stored with a run that has been drafted."""
    assert run.proof is not None
    return RunProof(**run.proof)


def _with_posted_figures(run: BillingRun, proof: RunProof) -> RunProof:
    with connection.cursor() as cursor:
        cursor.execute(_POSTED_FIGURES, {"run_id": run.pk})
        items_minor, journal_minor = cursor.fetchone()
    return dataclasses.replace(proof, items_minor=items_minor, journal_minor=journal_minor)


def list_runs() -> QuerySet[BillingRun]:
    """Return the runs with their periods and cycles."""
    return BillingRun.objects.select_related("period__cycle")
