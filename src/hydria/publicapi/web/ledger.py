"""The ledger: chart, trial balance, journals, journals by hand and their reversal, the close of a month."""

from __future__ import annotations

import datetime
import hashlib
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from hydria.ledger import operations, queries
from hydria.ledger.domain.journals import Posting
from hydria.platform.access import Actor, Permission
from hydria.publicapi.web.acts import Day
from hydria.publicapi.web.paging import Page, Paging, show_page
from hydria.publicapi.web.problems import STATUSES, Problem
from hydria.publicapi.web.repeats import IdempotencyKey, answer_once, key_of
from hydria.publicapi.web.schemas import AMOUNT_MAX_MINOR, Code, Id, Reason, text
from hydria.publicapi.web.security import actor_of

router = Router(tags=["ledger"])
VIEW = {"x-scope": Permission.LEDGER_VIEW}
POST = {"x-scope": Permission.LEDGER_POST}
CLOSE = {"x-scope": Permission.LEDGER_CLOSE}
Side = Annotated[int, Field(ge=0, le=AMOUNT_MAX_MINOR, description="Minor units", examples=[65419])]


class LedgerAccountOut(Schema):
    """An account of the chart."""

    id: int
    code: str = Field(examples=["1101"])
    name: str
    kind: str
    route: str | None = Field(description="The word by which charges and operations find it", examples=["receivable"])


class TrialBalanceRowOut(Schema):
    """One account in the trial balance; debit balances are positive."""

    code: str
    name: str
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int


class TrialBalanceOut(Schema):
    """Every account that was ever posted to, in some days."""

    start_date: datetime.date
    end_date: datetime.date
    debit_minor: int
    credit_minor: int
    is_balanced: bool
    rows: list[TrialBalanceRowOut]


class JournalOut(Schema):
    """A balanced set of entries."""

    id: int
    source_kind: str = Field(examples=["payment"])
    source_id: int
    effective_date: datetime.date
    description: str
    posted_by: str
    recorded_at: datetime.datetime
    amount_minor: int


class EntryOut(Schema):
    """One debit or credit."""

    account_code: str
    account_name: str
    description: str
    debit_minor: int
    credit_minor: int


class JournalDetailOut(JournalOut):
    """A journal with its entries."""

    month: datetime.date
    entries: list[EntryOut]


class EntryIn(Schema):
    """One debit or credit, on an account by its code."""

    code: Annotated[Code, Field(examples=["5101"])]
    debit_minor: Side = 0
    credit_minor: Annotated[Side, Field(examples=[0])] = 0
    description: Annotated[str, text(250)] = ""


class JournalIn(Schema):
    """A journal by hand; debits and credits come to the same."""

    effective_date: Annotated[Day, Field(examples=["2026-11-03"])]
    description: Annotated[str, text(250, length_min=1, examples=["Bank charges of October"])]
    entries: Annotated[
        list[EntryIn],
        Field(
            min_length=2,
            max_length=500,
            examples=[[{"code": "5101", "debit_minor": 500}, {"code": "1102", "credit_minor": 500}]],
        ),
    ]


class JournalReversal(Schema):
    """Why a journal by hand is undone, and from when on."""

    reason: Reason
    effective_date: Annotated[Day, Field(examples=["2026-11-03"])]


class MonthOut(Schema):
    """An accounting month."""

    month: datetime.date
    journal_count: int
    closed_at: datetime.datetime | None
    closed_by: str


class CloseIn(Schema):
    """The month to close, by any of its days."""

    month: Annotated[Day, Field(examples=["2026-10-01"])]


@router.get("/ledger-accounts", response={200: Page[LedgerAccountOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_ledger_accounts(request: HttpRequest, asked: Paging) -> Any:
    """List the chart of accounts."""
    actor_of(request).require(Permission.LEDGER_VIEW)
    return show_page(request, queries.list_ledger_accounts(), asked=asked, card=list, row=LedgerAccountOut)


@router.get("/trial-balance", response={200: TrialBalanceOut, STATUSES: Problem}, openapi_extra=VIEW)
def show_trial_balance(
    request: HttpRequest,
    start_date: Annotated[datetime.date, Query(examples=["2026-01-01"])],
    end_date: Annotated[datetime.date, Query(description="The day after the last one", examples=["2027-01-01"])],
) -> Any:
    """Show the trial balance of the days from `start_date` up to, and without, `end_date`."""
    return queries.get_trial_balance(actor=actor_of(request), start_date=start_date, end_date=end_date)


@router.get("/journals", response={200: Page[JournalOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_journals(
    request: HttpRequest,
    asked: Paging,
    start_date: Annotated[datetime.date | None, Query()] = None,
    end_date: Annotated[datetime.date | None, Query()] = None,
    source_kind: Annotated[str, Query(max_length=40, pattern=r"^[^\x00-\x1f]*$")] = "",
) -> Any:
    """List journals, newest first, of some days or of one kind of document."""
    rows = queries.list_journals(
        actor=actor_of(request), start_date=start_date, end_date=end_date, source_kind=source_kind
    )
    return show_page(request, rows, asked=asked, card=list, row=JournalOut, newest_first=True)


@router.get("/journals/{journal_id}", response={200: JournalDetailOut, STATUSES: Problem}, openapi_extra=VIEW)
def show_journal(request: HttpRequest, journal_id: Id) -> Any:
    """Show a journal with its entries."""
    return _detail(actor_of(request), journal_id)


@router.post("/journals", response={201: JournalDetailOut, STATUSES: Problem}, openapi_extra=POST)
def post_journal(request: HttpRequest, idempotency_key: IdempotencyKey, body: JournalIn) -> HttpResponse:
    """Post a journal by hand."""
    actor = actor_of(request)

    def act() -> JournalDetailOut:
        # The number by which the ledger knows a request again, made from the key as the form's is made by the form.
        digest = hashlib.sha256(key_of(request, idempotency_key).encode()).digest()
        journal = operations.post_manual_journal(
            actor=actor,
            request_id=int.from_bytes(digest[:8], "big") >> 1,
            effective_date=body.effective_date,
            description=body.description,
            postings=[Posting(**entry.model_dump()) for entry in body.entries],
        )
        return JournalDetailOut(**_detail(_seeing(actor), journal.pk))

    return answer_once(request, key=idempotency_key, act=act)


@router.post("/journals/{journal_id}/reversal", response={201: JournalDetailOut, STATUSES: Problem}, openapi_extra=POST)
def reverse_journal(
    request: HttpRequest, journal_id: Id, idempotency_key: IdempotencyKey, body: JournalReversal
) -> HttpResponse:
    """Undo a journal by hand by its mirror; undoing it again answers the same mirror."""
    actor = actor_of(request)

    def act() -> JournalDetailOut:
        mirror = operations.reverse_manual_journal(actor=actor, journal_id=journal_id, **body.model_dump())
        return JournalDetailOut(**_detail(_seeing(actor), mirror.pk))

    return answer_once(request, key=idempotency_key, act=act)


@router.get("/accounting-months", response={200: list[MonthOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_accounting_months(request: HttpRequest) -> Any:
    """List the accounting months and who closed them."""
    return queries.list_periods(actor=actor_of(request))


@router.post("/accounting-months/close", response={200: MonthOut, STATUSES: Problem}, openapi_extra=CLOSE)
def close_month(request: HttpRequest, idempotency_key: IdempotencyKey, body: CloseIn) -> HttpResponse:
    """Close an accounting month for good; closing a closed one changes nothing."""
    actor = actor_of(request)

    def act() -> MonthOut:
        closed = operations.close_period(actor=actor, month=body.month, closed_at=timezone.now())
        return next(
            MonthOut.from_orm(card) for card in queries.list_periods(actor=_seeing(actor)) if card.month == closed.month
        )

    return answer_once(request, key=idempotency_key, act=act, status=200)


def _detail(actor: Actor, journal_id: int) -> dict[str, Any]:
    card = queries.get_journal_card(actor=actor, journal_id=journal_id)
    entries = [{name: getattr(entry, name) for name in EntryOut.model_fields} for entry in card.entries]
    names = [name for name in JournalDetailOut.model_fields if name not in ("id", "entries")]
    return {"id": card.journal_id, "entries": entries, **{name: getattr(card, name) for name in names}}


def _seeing(actor: Actor) -> Actor:
    """Return the actor with the right to see what they have just made."""
    return Actor(name=actor.name, permissions=actor.permissions | {Permission.LEDGER_VIEW})
