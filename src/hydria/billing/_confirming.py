"""Post a drafted run: journal, numbers, receivable items, credits; all inside the transaction of `confirm_run`."""

from __future__ import annotations

import datetime

from django.db import connection

from hydria.billing.models import BillingRun
from hydria.ledger import operations as ledger
from hydria.ledger.domain.journals import Posting
from hydria.platform import numbering
from hydria.platform.access import Actor
from hydria.platform.events import EventKind
from hydria.platform.outbox import announce, announce_from_query
from hydria.platform.transactions import in_transaction
from hydria.receivables import operations as receivables

SERIES = "invoice"
SOURCE_KIND = "billing_run"

_SUMS_BY_ROUTE = """
    SELECT charge.route, sum(line.amount_minor)::bigint
    FROM billing_invoice invoice
    JOIN billing_line line ON line.invoice_id = invoice.id
    JOIN tariffs_versioncharge charge ON charge.id = line.charge_id
    WHERE invoice.run_id = %s
    GROUP BY charge.route ORDER BY charge.route
"""

_NUMBERS = """
    INSERT INTO billing_invoicenumber (invoice_id, run_id, series_id, number, code, issue_date, due_date)
    SELECT id, %(run_id)s, %(series_id)s, number,
           %(prefix)s || lpad(number::text, greatest(%(digits)s, length(number::text)), '0'),
           %(issue_date)s, %(due_date)s
    FROM (SELECT id, %(first_number)s - 1 + row_number() OVER (ORDER BY id) AS number
            FROM (SELECT id FROM billing_invoice WHERE run_id = %(run_id)s
                   ORDER BY id OFFSET %(skipped)s LIMIT %(count)s) AS part) AS numbered
"""

# In the order of the invoices, so that the indexes of items grow at their end.
_ITEMS = """
    SELECT invoice.account_id, CASE WHEN sum(line.amount_minor) > 0 THEN 'OWED' ELSE 'HELD' END, 'INVOICE', invoice.id,
           number.code, charge.rank, abs(sum(line.amount_minor))::bigint, number.issue_date, number.due_date
    FROM billing_invoice invoice
    JOIN billing_invoicenumber number ON number.invoice_id = invoice.id
    JOIN billing_line line ON line.invoice_id = invoice.id
    JOIN tariffs_versioncharge charge ON charge.id = line.charge_id
    WHERE invoice.run_id = %s
    GROUP BY invoice.id, number.invoice_id, charge.rank
    HAVING sum(line.amount_minor) <> 0
    ORDER BY invoice.id, charge.rank
"""

_TOLD = """
    SELECT invoice.id AS subject_id, jsonb_build_object('code', number.code, 'account_id', invoice.account_id,
        'total_minor', invoice.total_minor, 'issue_date', number.issue_date, 'due_date', number.due_date) AS data
    FROM billing_invoicenumber number JOIN billing_invoice invoice ON invoice.id = number.invoice_id
    WHERE number.run_id = %s ORDER BY invoice.id
"""


@in_transaction
def post_run(*, run: BillingRun, posted_by: str) -> None:
    """
    Post a run: summarised journal, invoice numbers, an item per invoice and rank, credits used.

    An invoice of zero gets its number and no item; a rank below zero becomes an item held for the customer. The
    numbers come late, because whoever needs one of the same series waits until this transaction ends.
    """
    _post_journal(run, posted_by)
    _give_numbers(run)
    receivables.post_items_from_query(select=_ITEMS, parameters=[run.pk])
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id FROM billing_invoice WHERE run_id = %s", [run.pk])
        account_ids = [account_id for (account_id,) in cursor.fetchall()]
    receivables.apply_credits(effective_date=run.period.issue_date, account_ids=account_ids)


@in_transaction
def announce_run(*, run: BillingRun, actor: Actor) -> None:
    """Tell that a run is confirmed and, to whoever wants to know, each of its invoices."""
    told = {"period_id": run.period_id, "invoice_count": run.invoices.count()}
    announce(EventKind.RUN_CONFIRMED, run.pk, actor=actor, **told)
    announce_from_query(EventKind.INVOICE_CONFIRMED, actor=actor, select=_TOLD, parameters=[run.pk])


def _post_journal(run: BillingRun, posted_by: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SUMS_BY_ROUTE, [run.pk])
        sums = cursor.fetchall()
    last_date = run.period.end_date - datetime.timedelta(days=1)
    total_minor = sum(amount_minor for _route, amount_minor in sums)
    ledger.post_journal(
        source_kind=SOURCE_KIND,
        source_id=run.pk,
        effective_date=run.period.issue_date,
        description=f"{run.period.cycle.name}, {run.period.start_date} – {last_date}",
        postings=[
            Posting.of_balance(route="receivable", balance_minor=total_minor),
            *(Posting.of_balance(route=route, balance_minor=-amount_minor) for route, amount_minor in sums),
        ],
        posted_by=posted_by,
    )


def _give_numbers(run: BillingRun) -> None:
    count = run.invoices.count()
    skipped = 0
    with connection.cursor() as cursor:
        for block in numbering.take_numbers(code=SERIES, count=count, on_date=run.period.issue_date):
            cursor.execute(
                _NUMBERS,
                {
                    "run_id": run.pk,
                    "series_id": block.series_id,
                    "first_number": block.first_number,
                    "prefix": block.prefix,
                    "digits": block.digits,
                    "issue_date": run.period.issue_date,
                    "due_date": run.period.due_date,
                    "skipped": skipped,
                    "count": block.count,
                },
            )
            skipped += block.count
