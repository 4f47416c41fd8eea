"""Where every cycle's billing stands, for the board and for comparing it with earlier ones (BIL-02, BIL-11)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Count, Q

from hydria.billing.domain.states import RunState
from hydria.billing.domain.summary import BillingSummary, add_up
from hydria.billing.models import BillingPeriod, BillingRun, ExceptionKind
from hydria.kernel.periods import add_months
from hydria.platform.access import Actor, Permission


class Stage(StrEnum):
    """The steps of a period from its readings to its invoices, in order."""

    READING = "reading"
    PRICING = "pricing"
    REVIEW = "review"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardCard:
    """
    A period where it stands; a cycle's last confirmed one stays on the board until the next is confirmed.

    run_id      None before the first run that was not abandoned
    done_count  agreements priced so far
    """

    period_id: int
    cycle: str
    start_date: datetime.date
    end_date: datetime.date
    issue_date: datetime.date
    due_date: datetime.date
    stage: Stage
    run_id: int | None
    due_count: int
    done_count: int
    parked_count: int
    excluded_count: int
    total_minor: int


def list_board(*, actor: Actor) -> list[BoardCard]:
    """
    Return the periods that are being billed and the last confirmed one of each cycle, oldest first.

    :raises UnableToPermit: if the actor may not see billing.
    """
    actor.require(Permission.BILLING_VIEW)
    periods = list(BillingPeriod.objects.select_related("cycle").order_by("end_date", "cycle__code"))
    runs = _last_runs(periods)
    confirmed = {}
    for period in periods:
        if period.pk in runs and runs[period.pk].state == RunState.CONFIRMED:
            confirmed[period.cycle_id] = period.pk
    shown = [
        period
        for period in periods
        if period.pk not in runs
        or runs[period.pk].state != RunState.CONFIRMED
        or confirmed[period.cycle_id] == period.pk
    ]
    return [_card(period, runs.get(period.pk)) for period in shown]


def _last_runs(periods: Iterable[BillingPeriod]) -> dict[int, BillingRun]:
    """Return the newest run of each period that was not abandoned."""
    runs = (
        BillingRun.objects.filter(period__in=periods)
        .exclude(state=RunState.ABANDONED)
        .order_by("period_id", "-sequence")
        .distinct("period_id")
    )
    return {run.period_id: run for run in runs}


def _card(period: BillingPeriod, run: BillingRun | None) -> BoardCard:
    stages = {RunState.PRICING: Stage.PRICING, RunState.DRAFT: Stage.REVIEW, RunState.CONFIRMED: Stage.CONFIRMED}
    set_aside = {"parked": 0, "excluded": 0}
    done_count = 0
    if run is not None:
        set_aside = run.exceptions.aggregate(
            parked=Count("id", filter=Q(kind=ExceptionKind.PARKED)),
            excluded=Count("id", filter=Q(kind=ExceptionKind.EXCLUDED)),
        )
        done_count = sum(run.chunks.values_list("due_count", flat=True))
    return BoardCard(
        period_id=period.pk,
        cycle=period.cycle.name,
        start_date=period.start_date,
        end_date=period.end_date,
        issue_date=period.issue_date,
        due_date=period.due_date,
        stage=Stage.READING if run is None else stages[RunState(run.state)],
        run_id=None if run is None else run.pk,
        due_count=0 if run is None else run.due_count,
        done_count=done_count,
        parked_count=set_aside["parked"],
        excluded_count=set_aside["excluded"],
        total_minor=0 if run is None or run.proof is None else run.proof["invoices_minor"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryPage:
    """A billing beside the one before and the one of a year ago; None where there is none that was summed up."""

    this: BillingSummary
    this_date: datetime.date
    before: BillingSummary | None
    before_date: datetime.date | None
    year_ago: BillingSummary | None
    year_ago_date: datetime.date | None


def get_summary_page(*, actor: Actor, run_id: int) -> SummaryPage | None:
    """
    Return a run's figures with those of earlier billings of its cycle; None before it is drafted.

    Earlier billings are whole: all confirmed runs of their period together, as a first run is compared; a follow-up is
    added to the runs before it.

    :raises UnableToPermit: if the actor may not see billing.
    :raises BillingRun.DoesNotExist: if there is no such run.
    """
    actor.require(Permission.BILLING_VIEW)
    run = BillingRun.objects.select_related("period").get(pk=run_id)
    if run.summary is None:
        return None
    period = run.period
    runs_so_far = Q(state=RunState.CONFIRMED, sequence__lt=run.sequence) | Q(pk=run.pk)
    this = add_up(_summaries(BillingRun.objects.filter(runs_so_far, period=period)))
    assert this is not None
    earlier = BillingPeriod.objects.filter(cycle_id=period.cycle_id)
    before = earlier.filter(end_date__lte=period.start_date).order_by("-end_date").first()
    year_ago = earlier.filter(start_date=add_months(period.start_date, -12)).first()
    return SummaryPage(
        this=this,
        this_date=period.start_date,
        before=_summary_of(before),
        before_date=before.start_date if before else None,
        year_ago=_summary_of(year_ago),
        year_ago_date=year_ago.start_date if year_ago else None,
    )


def _summary_of(period: BillingPeriod | None) -> BillingSummary | None:
    if period is None:
        return None
    return add_up(_summaries(BillingRun.objects.filter(period=period, state=RunState.CONFIRMED)))


def _summaries(runs: Iterable[BillingRun]) -> list[BillingSummary]:
    return [BillingSummary.from_json(run.summary) for run in runs if run.summary is not None]
