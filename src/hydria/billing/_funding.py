"""
Tell funds what a run takes from them, and park whom they cannot pay for (TAR-07).

The money of a concession is a charge of the tariff whose ledger route names the program: `discount.social`.
"""

from __future__ import annotations

import datetime

import polars as pl

from hydria.billing import _drafting
from hydria.billing.domain import obstacles
from hydria.billing.models import BillingRun, ExceptionKind, RunException, Segment
from hydria.concessions import operations as concessions
from hydria.concessions import queries
from hydria.concessions.domain.funds import beyond
from hydria.concessions.domain.kinds import INPUT_PREFIX, ROUTE
from hydria.platform.bulk import read_columns
from hydria.platform.transactions import in_transaction

_WANTED = """
    SELECT invoice.account_id, charge.route, -sum(line.amount_minor)::bigint
    FROM billing_invoice invoice
    JOIN billing_line line ON line.invoice_id = invoice.id
    JOIN tariffs_versioncharge charge ON charge.id = line.charge_id
    WHERE invoice.run_id = %(run_id)s AND charge.route = ANY(%(routes)s)
    GROUP BY invoice.account_id, charge.route ORDER BY invoice.account_id, charge.route
"""

_ENJOYED = """
    SELECT segment.agreement_id, program.code, segment.end_date
    FROM billing_segment segment
    JOIN unnest(%s::text[]) AS program (code) ON segment.inputs @> jsonb_build_object(%s || program.code, true)
    WHERE segment.run_id = %s
"""


@in_transaction
def commit_run(*, run: BillingRun, raised_at: datetime.datetime) -> None:
    """
    Record what the drafts of a run would take from funds, and park the accounts that a fund cannot pay for.

    The funds are served one after the other, each its accounts by id, however the run was cut into chunks: a run that
    is priced again parks the same accounts.

    Source: docs/algorithms/concessions.md.
    """
    codes = queries.list_program_codes()
    if not codes:
        return
    on_date = run.period.end_date - datetime.timedelta(days=1)
    wanted = _load_wanted(run, codes)
    for fund in concessions.lock_standings(program_codes=codes, on_date=on_date, but_run_id=run.pk):
        served = (
            wanted.filter(pl.col("program").is_in(fund.programs)).group_by("account_id").agg(pl.sum("amount_minor"))
        )
        served = served.sort("account_id")
        late = served.filter(beyond(wanted_minor=served["amount_minor"].to_numpy(), left_minor=fund.left_minor))
        if late.height:
            _park(run, late["account_id"].to_list(), fund=fund.code, raised_at=raised_at)
            wanted = wanted.join(late, on="account_id", how="anti")
    sums = wanted.group_by("program").agg(pl.sum("amount_minor"))
    concessions.commit_use(run_id=run.pk, on_date=on_date, amounts_minor=dict(sums.iter_rows()))


@in_transaction
def post_run(*, run: BillingRun) -> None:
    """Turn what a run has committed into what it used, and remember who was billed with what."""
    codes = queries.list_program_codes()
    if codes:
        concessions.post_use(run_id=run.pk)
        concessions.record_enjoyed_from_query(select=_ENJOYED, parameters=[codes, INPUT_PREFIX, run.pk])


def _load_wanted(run: BillingRun, codes: list[str]) -> pl.DataFrame:
    """Return what the drafts take, one row per account and program: `account_id`, `program`, `amount_minor`."""
    routes = [f"{ROUTE}.{code}" for code in codes]
    schema = {"account_id": pl.Int64, "program": pl.String, "amount_minor": pl.Int64}
    frame = read_columns(_WANTED, {"run_id": run.pk, "routes": routes}, schema=schema)
    return frame.with_columns(pl.col("program").str.strip_prefix(f"{ROUTE}."))


def _park(run: BillingRun, account_ids: list[int], *, fund: str, raised_at: datetime.datetime) -> None:
    """Set the agreements of accounts aside, and delete their drafts."""
    segments = Segment.objects.filter(run=run, invoice__account_id__in=account_ids).order_by("agreement_id")
    parked = [
        RunException(
            run=run,
            agreement_id=agreement_id,
            kind=ExceptionKind.PARKED,
            code=obstacles.FUND_EXHAUSTED.code,
            data={"fund": fund},
            quantity_milli=quantity_milli,
            owner=obstacles.FUND_EXHAUSTED.owner or "",
            raised_at=raised_at,
        )
        for agreement_id, quantity_milli in segments.values_list("agreement_id", "quantity_milli")
    ]
    _drafting.delete_drafts(run=run, account_ids=account_ids, with_exceptions=False)
    RunException.objects.bulk_create(parked)
