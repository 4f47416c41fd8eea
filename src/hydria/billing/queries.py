"""Reads of billing: what is due, how a run stands, its proof, its invoices and their explanations."""

from __future__ import annotations

import dataclasses
import datetime
from dataclasses import dataclass

from django.db import connection
from django.db.models import Case, Count, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.utils.translation import gettext as _

from hydria.billing import _proving, _rehearsing, _replay, _selection, _showing
from hydria.billing._selection import AccountRange
from hydria.billing.domain.proof import RunProof
from hydria.billing.domain.states import RunState
from hydria.billing.models import (
    BillingPeriod,
    BillingRun,
    ChunkState,
    ExceptionKind,
    Invoice,
    InvoiceNumber,
    RunException,
    Segment,
)
from hydria.kernel.errors import UnableTo
from hydria.kernel.periods import add_months
from hydria.ledger.queries import find_journal_id
from hydria.platform.access import Actor, Permission
from hydria.premises import queries as premises

_ACCOUNT_RANGES = f"""
    WITH account AS (
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
        FROM (SELECT DISTINCT agreement.account_id AS id {_selection.DUE_AGREEMENTS}) AS due
    )
    SELECT min(id), max(id) + 1 FROM account GROUP BY place / %(accounts_per_range)s ORDER BY 1
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
    return RunProof(
        **_proving.count_figures(run),
        second_engine_checked=replay.second_engine_checked,
        second_engine_differences=replay.second_engine_differences,
        replay_differences=replay.difference_count,
        hash=replay.hash,
    )


def prove_posted_run(*, run: BillingRun) -> RunProof:
    """Count a draft that has just been posted anew, and keep what its replay proved when it was drafted."""
    return dataclasses.replace(get_proof(run=run), **_proving.count_figures(run, is_posted=True))


def get_proof(*, run: BillingRun) -> RunProof:
    """Return the proof stored with a run that has been drafted."""
    assert run.proof is not None
    return RunProof(**run.proof)


def list_runs() -> QuerySet[BillingRun]:
    """Return the runs with their periods and cycles."""
    return BillingRun.objects.select_related("period__cycle")


class UnableToFindRun(UnableTo):
    """There is no such run, period or cycle."""


def get_run(*, run_id: int) -> BillingRun:
    """
    Return a run with its period and cycle.

    :raises UnableToFindRun: with code `run_unknown`.
    """
    run = list_runs().filter(id=run_id).first()
    if run is None:
        raise UnableToFindRun("run_unknown", _("There is no such run."), run_id=run_id)
    return run


def get_cycle_id(*, code: str) -> int:
    """
    Return the id of a cycle.

    :raises UnableToFindRun: with code `cycle_unknown`.
    """
    cycle_id = premises.find_cycle_id(code=code)
    if cycle_id is None:
        raise UnableToFindRun("cycle_unknown", _("There is no such cycle."), cycle=code)
    return cycle_id


def list_billed_account_ids(*, run: BillingRun) -> list[int]:
    """Return the accounts that have an invoice in a run, in order."""
    return list(Invoice.objects.filter(run=run).order_by("account_id").values_list("account_id", flat=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionCount:
    """How many agreements of a run are set aside for one reason."""

    kind: str
    code: str
    owner: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """A run as its page shows it; `proof` is None until it has been drafted."""

    run_id: int
    cycle: str
    period_id: int
    sequence: int
    start_date: datetime.date
    end_date: datetime.date
    issue_date: datetime.date
    due_date: datetime.date
    state: str
    requested_by: str
    requested_at: datetime.datetime
    confirmed_by: str
    confirmed_at: datetime.datetime | None
    due_count: int
    handled_count: int
    invoice_count: int
    chunk_count: int
    done_chunk_count: int
    proof: RunProof | None
    exceptions: tuple[ExceptionCount, ...]
    journal_id: int | None

    @property
    def parked_count(self) -> int:
        """Count the parked agreements."""
        return sum(row.count for row in self.exceptions if row.kind == ExceptionKind.PARKED)


def access_run(*, actor: Actor, run_id: int) -> BillingRun:
    """
    Return a run that the actor may see.

    :raises UnableToPermit: if the actor may not see billing.
    :raises UnableToFindRun: with code `run_unknown`.
    """
    actor.require(Permission.BILLING_VIEW)
    return get_run(run_id=run_id)


def get_run_page(*, actor: Actor, run_id: int) -> RunPage:
    """
    Return a run with its progress, its exceptions by reason and its proof.

    :raises UnableToPermit: if the actor may not see billing.
    :raises UnableToFindRun: with code `run_unknown`.
    """
    run = access_run(actor=actor, run_id=run_id)
    chunks = run.chunks.aggregate(
        all=Count("id"),
        done=Count("id", filter=Q(state=ChunkState.DONE)),
        due=Sum("due_count"),
        invoices=Sum("invoice_count"),
    )
    counted = run.exceptions.values("kind", "code", "owner").annotate(count=Count("id")).order_by("kind", "-count")
    return RunPage(
        run_id=run.pk,
        cycle=run.period.cycle.name,
        period_id=run.period_id,
        sequence=run.sequence,
        start_date=run.period.start_date,
        end_date=run.period.end_date,
        issue_date=run.period.issue_date,
        due_date=run.period.due_date,
        state=run.state,
        requested_by=run.requested_by,
        requested_at=run.requested_at,
        confirmed_by=run.confirmed_by,
        confirmed_at=run.confirmed_at,
        due_count=run.due_count,
        handled_count=chunks["due"] or 0,
        invoice_count=chunks["invoices"] or 0,
        chunk_count=chunks["all"],
        done_chunk_count=chunks["done"],
        proof=get_proof(run=run) if run.proof else None,
        exceptions=tuple(ExceptionCount(**row) for row in counted),
        journal_id=find_journal_id(source_kind="billing_run", source_id=run.pk) if run.confirmed_at else None,
    )


def list_exceptions(*, actor: Actor, run_id: int) -> QuerySet[RunException]:
    """
    Return what a run did not bill, with agreement and account.

    :raises UnableToPermit: if the actor may not see billing.
    """
    actor.require(Permission.BILLING_VIEW)
    return RunException.objects.filter(run=run_id).select_related("agreement__account", "agreement__service_point")


def list_periods(*, actor: Actor) -> QuerySet[BillingPeriod]:
    """
    Return the periods of all cycles, each with the number and the state of its last run.

    :raises UnableToPermit: if the actor may not see billing.
    """
    actor.require(Permission.BILLING_VIEW)
    runs = BillingRun.objects.filter(period=OuterRef("pk")).order_by(
        Case(When(state=RunState.ABANDONED, then=1), default=0), "-sequence", "-id"
    )
    return BillingPeriod.objects.select_related("cycle").annotate(
        run_id=Subquery(runs.values("id")[:1]), run_state=Subquery(runs.values("state")[:1])
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedPeriod:
    """The dates that would follow the newest period: the same length in months, the same days to issue and to pay."""

    cycle_id: int
    start_date: datetime.date
    end_date: datetime.date
    issue_date: datetime.date
    due_date: datetime.date


def propose_period(*, actor: Actor) -> ProposedPeriod | None:
    """
    Return the period that comes next, or None before there is a first one to go by.

    :raises UnableToPermit: if the actor may not see billing.
    """
    last = list_periods(actor=actor).order_by("-end_date", "cycle__code").first()
    if last is None:
        return None
    end_date = add_months(last.end_date, last.cycle.period_months)
    issue_date = end_date + (last.issue_date - last.end_date)
    return ProposedPeriod(
        cycle_id=last.cycle_id,
        start_date=last.end_date,
        end_date=end_date,
        issue_date=issue_date,
        due_date=issue_date + (last.due_date - last.issue_date),
    )


def list_invoice_ids(*, run_id: int) -> list[int]:
    """Return the invoices of a run, in order."""
    return list(Invoice.objects.filter(run=run_id).order_by("id").values_list("id", flat=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledInvoice:
    """
    An invoice with what it billed: `[start_date, end_date)`, None where it bills no period.

    fees_minor       the part of the total that bills fees, or takes them back
    consumption_ids  tell how the quantity was measured
    """

    invoice_id: int
    code: str
    issue_date: datetime.date
    due_date: datetime.date
    start_date: datetime.date | None
    end_date: datetime.date | None
    quantity_milli: int
    total_minor: int
    fees_minor: int
    consumption_ids: tuple[int, ...]

    @property
    def days(self) -> int:
        """Count the days billed."""
        return (self.end_date - self.start_date).days if self.start_date and self.end_date else 0


def list_last_invoices(*, actor: Actor, account_id: int, count_max: int) -> list[BilledInvoice]:
    """
    Return the last invoices of an account, newest first.

    :raises UnableToPermit: if the actor may not see invoices.
    """
    actor.require(Permission.BILLING_VIEW)
    numbers = (
        InvoiceNumber.objects.filter(invoice__account=account_id)
        .select_related("invoice")
        .order_by("-issue_date", "-number")[:count_max]
    )
    found = {number.invoice_id: number for number in numbers}
    segments = Segment.objects.filter(invoice__in=list(found)).values("invoice_id")
    sums = segments.annotate(
        start=Min("start_date"), end=Max("end_date"), quantity=Sum("quantity_milli"), supplied=Sum("total_minor")
    ).order_by()
    billed = {row["invoice_id"]: row for row in sums}
    nothing = {"start": None, "end": None, "quantity": 0, "supplied": 0}
    measured: dict[int, list[int]] = {}
    for invoice_id, consumption_id in segments.values_list("invoice_id", "consumption_id"):
        if consumption_id is not None:
            measured.setdefault(invoice_id, []).append(consumption_id)
    return [
        BilledInvoice(
            invoice_id=number.invoice_id,
            code=number.code,
            issue_date=number.issue_date,
            due_date=number.due_date,
            start_date=billed.get(number.invoice_id, nothing)["start"],
            end_date=billed.get(number.invoice_id, nothing)["end"],
            quantity_milli=billed.get(number.invoice_id, nothing)["quantity"],
            total_minor=number.invoice.total_minor,
            fees_minor=number.invoice.total_minor - billed.get(number.invoice_id, nothing)["supplied"],
            consumption_ids=tuple(measured.get(number.invoice_id, ())),
        )
        for number in found.values()
    ]


# An invoice and its lines
UnableToFindInvoice = _showing.UnableToFindInvoice
LineCard = _showing.LineCard
SegmentCard = _showing.SegmentCard
InvoicedFee = _showing.InvoicedFee
InvoicePage = _showing.InvoicePage
LineExplanation = _showing.LineExplanation
access_invoice = _showing.access_invoice
list_numbered_invoices = _showing.list_numbered_invoices
list_invoices_of_run = _showing.list_invoices_of_run
get_invoice_page = _showing.get_invoice_page
get_line_explanation = _showing.get_line_explanation
InstalmentRow = _showing.InstalmentRow
list_instalment_rows = _showing.list_instalment_rows

list_outdated_accounts = _proving.list_outdated_accounts

# What a run would bill by texts that need not be in force (TAR-09)
RehearsedScope = _rehearsing.RehearsedScope
Rehearsal = _rehearsing.Rehearsal
list_rehearsed_ranges = _rehearsing.list_rehearsed_ranges
measure_use = _rehearsing.measure_use
load_used = _rehearsing.load_used
rehearse = _rehearsing.rehearse
