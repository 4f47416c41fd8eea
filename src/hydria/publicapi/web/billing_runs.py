"""Billing: periods, their consumption, runs from the first price to the confirmation, and what was set aside."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from hydria.billing import operations, queries
from hydria.platform.access import Actor, Permission
from hydria.publicapi.web.acts import Day
from hydria.publicapi.web.paging import Page, Paging, show_page
from hydria.publicapi.web.problems import STATUSES, Problem
from hydria.publicapi.web.repeats import IdempotencyKey, answer_once
from hydria.publicapi.web.schemas import Code, Id, Reason, text
from hydria.publicapi.web.security import actor_of

router = Router(tags=["billing runs"])
VIEW = {"x-scope": Permission.BILLING_VIEW}
RUN = {"x-scope": Permission.BILLING_RUN}
CONFIRM = {"x-scope": Permission.BILLING_CONFIRM}


class PeriodIn(Schema):
    """A period to open."""

    cycle: Annotated[Code, Field(description="The cycle's code", examples=["C1"])]
    start_date: Annotated[Day, Field(examples=["2026-11-01"])]
    end_date: Annotated[Day, Field(description="The day after the last one supplied", examples=["2026-12-01"])]
    issue_date: Annotated[Day, Field(examples=["2026-12-03"])]
    due_date: Annotated[Day, Field(examples=["2026-12-23"])]


class PeriodOut(Schema):
    """A period of a cycle, with its last run."""

    id: int
    cycle: str
    start_date: datetime.date
    end_date: datetime.date
    issue_date: datetime.date
    due_date: datetime.date
    run_id: int | None
    run_state: str | None = Field(examples=["CONFIRMED"])


class RunOut(Schema):
    """A billing run."""

    id: int
    period_id: int
    sequence: int = Field(description="1, and more for runs that follow up")
    state: str = Field(description="PRICING, DRAFT, CONFIRMED or ABANDONED", examples=["DRAFT"])
    due_count: int
    requested_by: str
    requested_at: datetime.datetime
    confirmed_by: str
    confirmed_at: datetime.datetime | None


class ExceptionCountOut(Schema):
    """How many agreements were set aside for one reason."""

    kind: str = Field(examples=["PARKED"])
    code: str
    owner: str
    count: int


class RunDetailOut(RunOut):
    """A billing run with its progress and its proof."""

    handled_count: int
    invoice_count: int
    chunk_count: int
    done_chunk_count: int
    proof: dict[str, Any] | None = Field(description="The equations that the run proved about itself", examples=[None])
    exceptions: list[ExceptionCountOut]
    journal_id: int | None


class ExceptionOut(Schema):
    """An agreement that a run did not bill, and why."""

    id: int
    agreement_id: int
    agreement_number: str
    account_id: int
    kind: str = Field(examples=["PARKED"])
    code: str
    owner: str
    data: dict[str, Any]


class RetryIn(Schema):
    """What to price again."""

    accepted_agreement_ids: Annotated[list[Id], Field(max_length=10_000, examples=[[]])] = []
    reason: Annotated[str, text(250, description="Why the amounts accepted are right")] = ""


class ReasonIn(Schema):
    """Why."""

    reason: Reason


@router.get("/billing-periods", response={200: Page[PeriodOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_billing_periods(
    request: HttpRequest,
    asked: Paging,
    cycle: Annotated[str, Query(max_length=60, pattern=r"^[^\x00-\x1f]*$")] = "",
) -> Any:
    """List the periods of all cycles or of one, newest first."""
    rows = queries.list_periods(actor=actor_of(request))
    rows = rows.filter(cycle__code=cycle) if cycle else rows
    return show_page(request, rows, asked=asked, card=_period_cards, row=PeriodOut, newest_first=True)


@router.post("/billing-periods", response={201: PeriodOut, STATUSES: Problem}, openapi_extra=RUN)
def open_billing_period(request: HttpRequest, idempotency_key: IdempotencyKey, body: PeriodIn) -> HttpResponse:
    """Open a period of a cycle; the one that has these dates already is answered."""
    actor = actor_of(request)

    def act() -> PeriodOut:
        actor.require(Permission.BILLING_RUN)
        cycle_id = queries.get_cycle_id(code=body.cycle)
        period = operations.open_period(actor=actor, cycle_id=cycle_id, **body.model_dump(exclude={"cycle"}))
        return PeriodOut(**_period_cards([_seen(actor, period.pk)])[0])

    return answer_once(request, key=idempotency_key, act=act)


@router.post("/billing-periods/{period_id}/consumption", response={204: None, STATUSES: Problem}, openapi_extra=RUN)
def measure_billing_period(request: HttpRequest, period_id: Id, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Work out what was used up to the end of a period from the readings; doing so again adds what was missing."""
    operations.measure_period(actor=actor_of(request), period_id=period_id)
    return HttpResponse(status=204)


@router.get("/billing-runs", response={200: Page[RunOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_billing_runs(request: HttpRequest, asked: Paging, period_id: Annotated[Id | None, Query()] = None) -> Any:
    """List the runs, newest first, or those of a period."""
    actor_of(request).require(Permission.BILLING_VIEW)
    rows = queries.list_runs()
    rows = rows if period_id is None else rows.filter(period=period_id)
    return show_page(request, rows, asked=asked, card=list, row=RunOut, newest_first=True)


@router.post("/billing-periods/{period_id}/runs", response={201: RunOut, STATUSES: Problem}, openapi_extra=RUN)
def start_billing_run(request: HttpRequest, period_id: Id, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Start the run that bills a period, or answer the one that does so already; workers price it."""
    actor = actor_of(request)
    return _act_on_run(
        request,
        idempotency_key,
        lambda: operations.start_run(actor=actor, period_id=period_id, requested_at=timezone.now()).pk,
        status=201,
    )


@router.post("/billing-periods/{period_id}/follow-ups", response={201: RunOut, STATUSES: Problem}, openapi_extra=RUN)
def start_follow_up(request: HttpRequest, period_id: Id, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Start a further run of a period: it bills what the confirmed one left parked."""
    actor = actor_of(request)
    return _act_on_run(
        request,
        idempotency_key,
        lambda: operations.start_follow_up(actor=actor, period_id=period_id, requested_at=timezone.now()).pk,
        status=201,
    )


@router.get("/billing-runs/{run_id}", response={200: RunDetailOut, STATUSES: Problem}, openapi_extra=VIEW)
def show_billing_run(request: HttpRequest, run_id: Id) -> Any:
    """Show a run with its progress, its exceptions and its proof."""
    page = queries.get_run_page(actor=actor_of(request), run_id=run_id)
    names = [name for name in RunDetailOut.model_fields if name not in ("id", "proof")]
    proof = page.proof.to_json() if page.proof else None
    return {"id": page.run_id, "proof": proof, **{name: getattr(page, name) for name in names}}


@router.get(
    "/billing-runs/{run_id}/exceptions", response={200: Page[ExceptionOut], STATUSES: Problem}, openapi_extra=VIEW
)
def list_run_exceptions(
    request: HttpRequest,
    asked: Paging,
    run_id: Id,
    code: Annotated[str, Query(max_length=60, pattern=r"^[^\x00-\x1f]*$")] = "",
) -> Any:
    """List what a run did not bill, and why."""
    actor = actor_of(request)
    queries.access_run(actor=actor, run_id=run_id)
    rows = queries.list_exceptions(actor=actor, run_id=run_id)
    rows = rows.filter(code=code) if code else rows
    return show_page(request, rows, asked=asked, card=_exception_cards, row=ExceptionOut)


@router.post("/billing-runs/{run_id}/retry", response={200: RunOut, STATUSES: Problem}, openapi_extra=RUN)
def retry_parked(request: HttpRequest, run_id: Id, idempotency_key: IdempotencyKey, body: RetryIn) -> HttpResponse:
    """Price again what is parked or outdated in a draft, accepting amounts that were looked at."""
    actor = actor_of(request)
    return _act_on_run(
        request,
        idempotency_key,
        lambda: operations.retry_parked(actor=actor, run_id=run_id, now=timezone.now(), **body.model_dump()).pk,
    )


@router.post("/billing-runs/{run_id}/abandonment", response={200: RunOut, STATUSES: Problem}, openapi_extra=RUN)
def abandon_run(request: HttpRequest, run_id: Id, idempotency_key: IdempotencyKey, body: ReasonIn) -> HttpResponse:
    """Give a run up that is not confirmed."""
    actor = actor_of(request)
    return _act_on_run(
        request,
        idempotency_key,
        lambda: operations.abandon_run(actor=actor, run_id=run_id, reason=body.reason, abandoned_at=timezone.now()).pk,
    )


@router.post("/billing-runs/{run_id}/confirmation", response={200: RunOut, STATUSES: Problem}, openapi_extra=CONFIRM)
def confirm_run(request: HttpRequest, run_id: Id, idempotency_key: IdempotencyKey) -> HttpResponse:
    """Confirm a draft: its invoices get their numbers and are owed; confirming again changes nothing."""
    actor = actor_of(request)
    return _act_on_run(
        request,
        idempotency_key,
        lambda: operations.confirm_run(actor=actor, run_id=run_id, confirmed_at=timezone.now()).pk,
    )


def _act_on_run(request: HttpRequest, key: str, operation: Callable[[], int], *, status: int = 200) -> HttpResponse:
    def act() -> RunOut:
        return RunOut.from_orm(queries.get_run(run_id=operation()))

    return answer_once(request, key=key, act=act, status=status)


def _seen(actor: Actor, period_id: int) -> Any:
    seen = actor if actor.may(Permission.BILLING_VIEW) else _with_view(actor)
    return queries.list_periods(actor=seen).get(pk=period_id)


def _with_view(actor: Actor) -> Actor:
    """Return the actor with the right to see what they have just made."""
    return Actor(name=actor.name, permissions=actor.permissions | {Permission.BILLING_VIEW})


def _period_cards(rows: Sequence[Any]) -> list[dict[str, Any]]:
    names = ("start_date", "end_date", "issue_date", "due_date", "run_id", "run_state")
    return [{"id": row.pk, "cycle": row.cycle.code, **{name: getattr(row, name) for name in names}} for row in rows]


def _exception_cards(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "agreement_id": row.agreement_id,
            "agreement_number": row.agreement.number,
            "account_id": row.agreement.account_id,
            "kind": row.kind,
            "code": row.code,
            "owner": row.owner,
            "data": row.data,
        }
        for row in rows
    ]
