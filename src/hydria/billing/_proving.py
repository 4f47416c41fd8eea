"""Count and sum what a proof compares, each figure by a road of its own; find the drafts that are outdated."""

from __future__ import annotations

from typing import Any

from django.db import connection

from hydria.billing import _fees, _selection
from hydria.billing.models import BillingRun

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
           (SELECT coalesce(sum(total_minor), 0)::bigint FROM billing_invoice WHERE run_id = %(run_id)s),
           (SELECT coalesce(sum(line.amount_minor), 0)::bigint FROM billing_invoice invoice
              JOIN billing_line line ON line.invoice_id = invoice.id
             WHERE invoice.run_id = %(run_id)s AND line.instalment_id IS NOT NULL)
"""

_DRAFT_NAMES = (
    "billed",
    "excluded",
    "parked",
    "quantity_billed",
    "quantity_explained",
    "lines_minor",
    "invoices_minor",
    "fees_minor",
)

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


def count_figures(run: BillingRun, *, is_posted: bool = False) -> dict[str, Any]:
    """Return the figures of a proof that are counted and summed in the database."""
    parameters = _selection.due_parameters(run)
    with connection.cursor() as cursor:
        cursor.execute(_QUANTITY_READ, parameters)
        (quantity_read,) = cursor.fetchone()
        cursor.execute(_DRAFT_FIGURES, parameters)
        figures = dict(zip(_DRAFT_NAMES, cursor.fetchone(), strict=True))
        items_minor = journal_minor = None
        if is_posted or run.confirmed_at is not None:
            cursor.execute(_POSTED_FIGURES, parameters)
            items_minor, journal_minor = cursor.fetchone()
    return {
        "due": run.due_count,
        "quantity_read": quantity_read,
        "fees_agreed_minor": _fees.sum_agreed(run=run),
        "items_minor": items_minor,
        "journal_minor": journal_minor,
        **figures,
    }


_OUTDATED_ACCOUNTS = """
    SELECT invoice.account_id
    FROM billing_segment segment
    JOIN metering_consumption consumption ON consumption.id = segment.consumption_id
    JOIN billing_invoice invoice ON invoice.id = segment.invoice_id
    WHERE segment.run_id = %(run_id)s
      AND (consumption.state <> 'FINAL' OR consumption.quantity_milli <> segment.quantity_milli)
    UNION
    SELECT invoice.account_id
    FROM (SELECT agreement_id, program_id FROM concessions_grant WHERE recorded_at >= %(since)s
          UNION
          SELECT agreement_id, program_id FROM concessions_grantevent WHERE recorded_at >= %(since)s) AS changed
    JOIN concessions_program program ON program.id = changed.program_id
    JOIN billing_segment segment ON segment.agreement_id = changed.agreement_id AND segment.run_id = %(run_id)s
    JOIN billing_invoice invoice ON invoice.id = segment.invoice_id
    WHERE (segment.inputs -> ('concession_' || program.code))::boolean <> EXISTS (
        SELECT FROM concessions_grant granted
        WHERE granted.agreement_id = changed.agreement_id AND granted.program_id = changed.program_id
          AND granted.valid_during @> (segment.end_date - 1))
    UNION
    SELECT invoice.account_id
    FROM billing_invoice invoice
    JOIN billing_line line ON line.invoice_id = invoice.id AND line.instalment_id IS NOT NULL
    JOIN fees_instalment instalment ON instalment.id = line.instalment_id
    JOIN fees_quotation quotation ON quotation.id = instalment.quotation_id AND quotation.state <> 'ACCEPTED'
    WHERE invoice.run_id = %(run_id)s
    ORDER BY 1
"""


def list_outdated_accounts(*, run: BillingRun) -> list[int]:
    """Return the accounts with a draft whose consumption, concession or fee has been changed since."""
    with connection.cursor() as cursor:
        cursor.execute(_OUTDATED_ACCOUNTS, {"run_id": run.pk, "since": run.requested_at})
        return [account_id for (account_id,) in cursor.fetchall()]
