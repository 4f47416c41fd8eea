"""
Writes of billing: open periods, start runs, price their chunks, confirm or abandon them.

Every operation may be repeated: a run, a chunk and a confirmation check the state they find under a lock, so a
retried job, a second click and a resumed process change nothing. Source: BIL-01, BIL-03, BIL-04, SCA-01.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Sequence

from django.db import connection
from django.utils.translation import gettext as _

from hydria.billing import (
    _confirming,
    _drafting,
    _fees,
    _funding,
    _pricing,
    _publishing,
    _selection,
    _summarizing,
    queries,
)
from hydria.billing._fees import UnableToBillFee, accept_quotation, cancel_quotation  # noqa: F401  # doors
from hydria.billing._selection import AccountRange
from hydria.billing.domain.obstacles import AmountPolicy
from hydria.billing.domain.states import RunState
from hydria.billing.models import (
    BillingPeriod,
    BillingRun,
    ChunkState,
    ExceptionKind,
    RebillProposal,
    RunChunk,
    RunException,
)
from hydria.concessions import operations as concessions
from hydria.kernel.errors import UnableTo
from hydria.metering import operations as metering
from hydria.platform import jobs
from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.platform.audit import record_move
from hydria.platform.events import EventKind
from hydria.platform.outbox import announce
from hydria.platform.transactions import acting
from hydria.tariffs import operations as tariffs

OBJECT_KIND = "billing_run"
PRICE_CHUNK_JOB = "billing.price_chunk"
ACCOUNTS_PER_CHUNK = 10000
SECOND_ENGINE_SAMPLE = 100
AMOUNT_POLICY = AmountPolicy()


class UnableToOpenPeriod(UnableTo):
    """The period of the cycle cannot be opened as asked."""


class UnableToStartRun(UnableTo):
    """The run cannot be started."""


class UnableToPriceChunk(UnableTo):
    """The chunk cannot be priced; its run has been confirmed or abandoned meanwhile."""


class UnableToRetryParked(UnableTo):
    """The parked agreements cannot be priced again."""


class UnableToAbandonRun(UnableTo):
    """The run cannot be abandoned."""


class UnableToConfirmRun(UnableTo):
    """The run cannot be confirmed."""


class UnableToPublishTariff(UnableTo):
    """The tariff version cannot come into force, or go out of it, because of what has been billed."""


def open_period(
    *,
    actor: Actor,
    cycle_id: int,
    start_date: datetime.date,
    end_date: datetime.date,
    issue_date: datetime.date,
    due_date: datetime.date,
) -> BillingPeriod:
    """
    Open a period of a cycle, or return the one that starts on the day with the same dates.

    start_date, end_date  the days supplied, half-open

    :raises UnableToPermit: if the actor may not run billing.
    :raises UnableToOpenPeriod: with code `dates_reversed`, `period_differs` or `period_overlaps`.
    """
    actor.require(Permission.BILLING_RUN)
    if end_date <= start_date or due_date < issue_date:
        raise UnableToOpenPeriod("dates_reversed", _("A period ends after it starts, and is due after it is issued."))
    dates = {"end_date": end_date, "issue_date": issue_date, "due_date": due_date}
    with acting(actor):
        lock_cycle(cycle_id)
        period = BillingPeriod.objects.filter(cycle_id=cycle_id, start_date=start_date).first()
        if period is not None:
            if any(getattr(period, name) != value for name, value in dates.items()):
                raise UnableToOpenPeriod(
                    "period_differs", _("The period exists with other dates."), period_id=period.pk
                )
            return period
        overlapping = BillingPeriod.objects.filter(cycle_id=cycle_id, start_date__lt=end_date, end_date__gt=start_date)
        if overlapping.exists():
            raise UnableToOpenPeriod("period_overlaps", _("Another period of the cycle holds some of these days."))
        return BillingPeriod.objects.create(cycle_id=cycle_id, start_date=start_date, **dates)


def lock_cycle(cycle_id: int) -> None:
    """Let one transaction at a time open periods of a cycle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM premises_billingcycle WHERE id = %s FOR UPDATE", [cycle_id])


def measure_period(*, actor: Actor, period_id: int) -> None:
    """
    Work out what was used up to the end of a period from the readings of its cycle, and judge it (MET-06).

    Guarantee: running it again adds only what was missing.

    :raises UnableToPermit: if the actor may not run billing.
    :raises UnableToStartRun: with code `period_unknown`.
    """
    actor.require(Permission.BILLING_RUN)
    period = BillingPeriod.objects.filter(id=period_id).first()
    if period is None:
        raise UnableToStartRun("period_unknown", _("There is no such period."), period_id=period_id)
    metering.compute_consumption(actor=SYSTEM, cycle_id=period.cycle_id, until_date=period.end_date)


def start_run(*, actor: Actor, period_id: int, requested_at: datetime.datetime) -> BillingRun:
    """
    Start the run that bills a period, or return the one that does so already.

    The agreements due are counted now, and a job is enqueued for each chunk of accounts.

    Guarantee: two people who start a run of one period at once get the same run.

    :raises UnableToPermit: if the actor may not run billing.
    :raises UnableToStartRun: with code `period_unknown` or `nothing_due`.
    """
    actor.require(Permission.BILLING_RUN)
    with acting(actor):
        period = _lock_period(period_id)
        live = period.runs.exclude(state=RunState.ABANDONED).order_by("-sequence").first()
        if live is not None:
            return live
        return _create_run(actor, period, sequence=1, requested_at=requested_at)


def start_follow_up(*, actor: Actor, period_id: int, requested_at: datetime.datetime) -> BillingRun:
    """
    Start a further run of a period whose last run is confirmed: it bills what that one left parked.

    :raises UnableToPermit: if the actor may not run billing.
    :raises UnableToStartRun: with code `period_unknown`, `run_open` or `nothing_due`.
    """
    actor.require(Permission.BILLING_RUN)
    with acting(actor):
        period = _lock_period(period_id)
        last = period.runs.exclude(state=RunState.ABANDONED).order_by("-sequence").first()
        if last is None or last.state != RunState.CONFIRMED:
            raise UnableToStartRun("run_open", _("Confirm the period's run first."))
        return _create_run(actor, period, sequence=last.sequence + 1, requested_at=requested_at)


def _lock_period(period_id: int) -> BillingPeriod:
    period = BillingPeriod.objects.select_for_update().filter(id=period_id).first()
    if period is None:
        raise UnableToStartRun("period_unknown", _("There is no such period."), period_id=period_id)
    return period


def _create_run(actor: Actor, period: BillingPeriod, *, sequence: int, requested_at: datetime.datetime) -> BillingRun:
    run = BillingRun.objects.create(
        period=period, sequence=sequence, requested_by=actor.name, requested_at=requested_at
    )
    run.due_count = queries.count_due(run=run)
    if run.due_count == 0:
        raise UnableToStartRun("nothing_due", _("No agreement is due in this period."), period_id=period.pk)
    run.save(update_fields=["due_count"])
    ranges = queries.list_account_ranges(run=run, accounts_per_range=ACCOUNTS_PER_CHUNK)
    RunChunk.objects.bulk_create(
        RunChunk(run=run, position=position, first_account_id=accounts.first_id, end_account_id=accounts.end_id)
        for position, accounts in enumerate(ranges)
    )
    record_move(
        object_kind=OBJECT_KIND, object_id=run.pk, from_state="", to_state=run.state, actor=actor, at=requested_at
    )
    jobs.defer_many(
        PRICE_CHUNK_JOB,
        jobs={
            f"billing:{run.pk}:{position}": {"run_id": run.pk, "position": position} for position in range(len(ranges))
        },
    )
    return run


def price_chunk(*, run_id: int, position: int, now: datetime.datetime) -> None:
    """
    Price one chunk of a run; then draft the run if it was the last.

    :raises UnableToPriceChunk: with code `run_ended` if the run was abandoned.
    """
    write_chunk(run_id=run_id, position=position, now=now)
    draft_run(run_id=run_id, now=now)


def write_chunk(*, run_id: int, position: int, now: datetime.datetime) -> None:
    """
    Price the accounts of one chunk and write their drafts, in one transaction.

    Guarantee: a chunk that is done stays as it is, so a job that is retried after a crash changes nothing.

    :raises UnableToPriceChunk: with code `run_ended` if the run was abandoned.
    """
    with acting(SYSTEM):
        # Shared, so that chunks run side by side while nobody can abandon the run under them.
        run = _share_run(run_id)
        chunk = RunChunk.objects.select_for_update().get(run_id=run_id, position=position)
        if chunk.state == ChunkState.WAITING:
            if run.state != RunState.PRICING:
                raise UnableToPriceChunk("run_ended", _("The run is no longer being priced."), run_id=run_id)
            accounts = AccountRange(first_id=chunk.first_account_id, end_id=chunk.end_account_id)
            counts = _price_accounts(run, accounts, now=now)
            chunk.state, chunk.done_at = ChunkState.DONE, now
            chunk.due_count = counts.segment_count + counts.exception_count
            chunk.invoice_count = counts.invoice_count
            chunk.save(update_fields=["state", "done_at", "due_count", "invoice_count"])


def price_run(*, run_id: int, now: datetime.datetime, on_progress: Callable[[int, int], None] | None = None) -> None:
    """
    Price every chunk that still waits, in this process, without waiting for a worker.

    on_progress  called with (chunks done, chunks in all) after each

    :raises UnableToPriceChunk: with code `run_ended` if the run was abandoned.
    """
    positions = list(RunChunk.objects.filter(run_id=run_id).order_by("position").values_list("position", flat=True))
    for done, position in enumerate(positions, start=1):
        price_chunk(run_id=run_id, position=position, now=now)
        if on_progress is not None:
            on_progress(done, len(positions))


def draft_run(*, run_id: int, now: datetime.datetime) -> None:
    """
    Turn a run whose chunks are all done into a draft, with its proof.

    Called after every chunk and again by whoever resumes a run; it does nothing until the last chunk is committed.

    :raises UnableToPermit: never; the run was permitted when it was started.
    """
    if RunChunk.objects.filter(run_id=run_id, state=ChunkState.WAITING).exists():
        return
    with acting(SYSTEM):
        run = _lock_run(run_id)
        if run is None or run.state != RunState.PRICING:
            return
        _close_drafts(run, now=now)
        run.drafted_at = now
        _move(run, RunState.DRAFT, actor=SYSTEM, at=now, fields=["drafted_at"])


def retry_parked(
    *,
    actor: Actor,
    run_id: int,
    now: datetime.datetime,
    accepted_agreement_ids: Collection[int] = (),
    reason: str = "",
) -> BillingRun:
    """
    Price the accounts of a draft again that have parked agreements or outdated amounts, and prove the run anew.

    accepted_agreement_ids  agreements whose amount was looked at and found right, however far out of line

    :raises UnableToPermit: if the actor may not run billing.
    :raises UnableToRetryParked: with code `run_unknown`, `run_not_draft` or `reason_missing` (accepting needs one).
    """
    actor.require(Permission.BILLING_RUN)
    if accepted_agreement_ids and not reason.strip():
        raise UnableToRetryParked("reason_missing", _("Say why the amounts are right."))
    with acting(actor, reason=reason):
        run = _lock_run(run_id)
        if run is None:
            raise UnableToRetryParked("run_unknown", _("There is no such run."), run_id=run_id)
        if run.state != RunState.DRAFT:
            raise UnableToRetryParked("run_not_draft", _("Only a draft can be priced again."), state=run.state)
        parked = RunException.objects.filter(run=run, kind=ExceptionKind.PARKED)
        account_ids = sorted(
            {*parked.values_list("agreement__account_id", flat=True), *queries.list_outdated_accounts(run=run)}
        )
        if account_ids:
            _drafting.delete_drafts(run=run, account_ids=account_ids)
            _price_accounts(run, account_ids, now=now, accepted_agreement_ids=frozenset(accepted_agreement_ids))
            _close_drafts(run, now=now)
    return run


def abandon_run(*, actor: Actor, run_id: int, reason: str, abandoned_at: datetime.datetime) -> BillingRun:
    """
    Give a run up that is not confirmed: its drafts are deleted, and the period can be run anew.

    Abandoning an abandoned run changes nothing.

    :raises UnableToPermit: if the actor may not run billing.
    :raises UnableToAbandonRun: with code `run_unknown`, `run_confirmed` or `reason_missing`.
    """
    actor.require(Permission.BILLING_RUN)
    if not reason.strip():
        raise UnableToAbandonRun("reason_missing", _("Say why the run is abandoned."))
    with acting(actor, reason=reason):
        run = _lock_run(run_id)
        if run is None:
            raise UnableToAbandonRun("run_unknown", _("There is no such run."), run_id=run_id)
        if run.state == RunState.CONFIRMED:
            raise UnableToAbandonRun("run_confirmed", _("A confirmed run is corrected by credit notes."))
        if run.state != RunState.ABANDONED:
            _drafting.delete_drafts(run=run, account_ids=None)
            concessions.release_use(run_id=run.pk)
            _move(run, RunState.ABANDONED, actor=actor, at=abandoned_at, reason=reason)
            announce(EventKind.RUN_ABANDONED, run.pk, actor=actor, period_id=run.period_id)
    return run


def confirm_run(*, actor: Actor, run_id: int, confirmed_at: datetime.datetime) -> BillingRun:
    """
    Confirm a draft: number its invoices, post their items and the journal, use the credits that customers hold.

    Parked agreements do not stand in the way; a follow-up run bills them. Everything happens in one transaction;
    confirming a confirmed run changes nothing, so of two people who confirm at once both succeed and one acts.

    :raises UnableToPermit: if the actor may not confirm, or the run is above their limit.
    :raises UnableToConfirmRun: with code `run_unknown`, `run_not_draft`, `drafts_outdated` (a consumption was
        corrected meanwhile) or `proof_fails` (with the equations that do not hold).
    """
    actor.require(Permission.BILLING_CONFIRM)
    with acting(actor):
        run = _lock_run(run_id)
        if run is None:
            raise UnableToConfirmRun("run_unknown", _("There is no such run."), run_id=run_id)
        if run.state == RunState.CONFIRMED:
            return run
        if run.state != RunState.DRAFT:
            raise UnableToConfirmRun("run_not_draft", _("Only a draft can be confirmed."), state=run.state)
        actor.require(Permission.BILLING_CONFIRM, amount_minor=queries.get_proof(run=run).invoices_minor)
        _fees.share_quotations(run=run)
        if outdated := queries.list_outdated_accounts(run=run):
            raise UnableToConfirmRun(
                "drafts_outdated",
                _("%d drafts bill something that was changed since; price them again.") % len(outdated),
                account_ids=outdated,
            )
        _confirming.post_run(run=run, posted_by=actor.name)
        _funding.post_run(run=run)
        proof = queries.prove_posted_run(run=run)
        if proof.faults:
            raise UnableToConfirmRun(
                "proof_fails", _("The run does not balance: %s") % ", ".join(proof.faults), faults=proof.faults
            )
        run.proof, run.confirmed_by, run.confirmed_at = proof.to_json(), actor.name, confirmed_at
        _move(run, RunState.CONFIRMED, actor=actor, at=confirmed_at, fields=["proof", "confirmed_by", "confirmed_at"])
        _confirming.announce_run(run=run, actor=actor)
    return run


def _price_accounts(
    run: BillingRun,
    accounts: AccountRange | Sequence[int],
    *,
    now: datetime.datetime,
    accepted_agreement_ids: frozenset[int] = frozenset(),
) -> _drafting.DraftCounts:
    due = _selection.load_due(run=run, accounts=accounts, history_count=AMOUNT_POLICY.history_count)
    priced = _pricing.price_due(due, policy=AMOUNT_POLICY, accepted_agreement_ids=accepted_agreement_ids)
    fees = _fees.load_due(run=run, accounts=accounts)
    return _drafting.write_drafts(run=run, priced=priced, fees=fees, raised_at=now)


def _close_drafts(run: BillingRun, *, now: datetime.datetime) -> None:
    """Take the money of funds for the drafts as they are, prove them and sum them up."""
    _funding.commit_run(run=run, raised_at=now)
    run.proof = queries.prove_run(run=run, sample_count=SECOND_ENGINE_SAMPLE).to_json()
    run.summary = _summarizing.summarize_run(run).to_json()
    run.save(update_fields=["proof", "summary"])


def _share_run(run_id: int) -> BillingRun:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM billing_billingrun WHERE id = %s FOR SHARE", [run_id])
    return BillingRun.objects.select_related("period").get(id=run_id)


def _lock_run(run_id: int) -> BillingRun | None:
    return BillingRun.objects.select_for_update(of=("self",)).select_related("period").filter(id=run_id).first()


def _move(
    run: BillingRun,
    to_state: RunState,
    *,
    actor: Actor,
    at: datetime.datetime,
    fields: Sequence[str] = (),
    reason: str = "",
) -> None:
    from_state = run.state
    run.set_state(to_state)
    run.save(update_fields=["state", *fields])
    record_move(
        object_kind=OBJECT_KIND,
        object_id=run.pk,
        from_state=from_state,
        to_state=run.state,
        actor=actor,
        at=at,
        reason=reason,
    )


def publish_tariff(*, actor: Actor, version_id: int, from_date: datetime.date, published_at: datetime.datetime) -> None:
    """
    Publish an approved tariff version from a day, unless days from then on have been billed already.

    :raises UnableToPermit: if the actor may not publish tariffs.
    :raises UnableToPublishTariff: with code `periods_billed` and the `periods`; `propose_rebill` says what they
        would come to.
    :raises UnableToMoveVersion: as `tariffs.operations.publish_approved` says.
    :raises UnableToPublishVersion: with code `date_taken`.
    """
    actor.require(Permission.TARIFF_PUBLISH)
    with acting(actor, reason="publish tariff"):
        if periods := _publishing.list_billed_periods(version_id=version_id, from_date=from_date):
            invoice_count = sum(period.invoice_count for period in periods)
            raise UnableToPublishTariff(
                "periods_billed",
                _("Days from then on have been billed already; invoices concerned: %d.") % invoice_count,
                periods=tuple(periods),
            )
        tariffs.publish_approved(actor=actor, version_id=version_id, from_date=from_date, published_at=published_at)


def withdraw_tariff(*, actor: Actor, version_id: int, reason: str, withdrawn_at: datetime.datetime) -> None:
    """
    Take a published tariff version out of force that has billed nothing; the one before it goes on.

    :raises UnableToPermit: if the actor may not publish tariffs.
    :raises UnableToPublishTariff: with code `version_has_billed`.
    :raises UnableToMoveVersion: if the version is not published.
    """
    actor.require(Permission.TARIFF_PUBLISH)
    with acting(actor, reason=reason):
        if count := _publishing.count_billed_by(version_id=version_id):
            raise UnableToPublishTariff(
                "version_has_billed", _("It has billed already; publish another version instead."), segment_count=count
            )
        tariffs.withdraw_published(actor=actor, version_id=version_id, reason=reason, withdrawn_at=withdrawn_at)


def propose_rebill(
    *, actor: Actor, version_id: int, from_date: datetime.date, proposed_at: datetime.datetime
) -> RebillProposal:
    """
    Work out what billing again from a day on by a version would come to, and keep it; no invoice is touched.

    :raises UnableToPermit: if the actor may not publish tariffs.
    """
    actor.require(Permission.TARIFF_PUBLISH)
    periods = _publishing.list_billed_periods(version_id=version_id, from_date=from_date)
    found = _publishing.rebill(version_id=version_id, from_date=from_date)
    with acting(actor, reason="propose rebill"):
        return RebillProposal.objects.create(
            tariff_version_id=version_id,
            from_date=from_date,
            proposed_by=actor.name,
            proposed_at=proposed_at,
            invoice_count=len(found.invoice_ids),
            segment_count=found.segment_count,
            unpriced_count=found.unpriced_count,
            dearer_count=found.dearer_count,
            cheaper_count=found.cheaper_count,
            old_minor=found.old_minor.total(),
            new_minor=found.new_minor.total(),
            charges=[
                {"label": charge.label, "old_minor": charge.old_minor, "new_minor": charge.new_minor}
                for charge in found.charges
            ],
            periods=[_publishing.spell_period(period) for period in periods],
        )
