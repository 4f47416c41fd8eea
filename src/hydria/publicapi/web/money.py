"""What accounts owe, and the money that they pay (PAY-07, REC-01)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router

from hydria.agreements.queries import access_account
from hydria.payments import operations, queries
from hydria.payments.domain.tenders import Tendered, TenderKind
from hydria.platform.access import Actor, Permission
from hydria.platform.queries import get_company
from hydria.publicapi.web import schemas
from hydria.publicapi.web.paging import Page, Paging, show_page
from hydria.publicapi.web.problems import STATUSES, Problem, Refused
from hydria.publicapi.web.repeats import IdempotencyKey, answer_once
from hydria.publicapi.web.schemas import Id
from hydria.publicapi.web.security import actor_of, caller_of
from hydria.receivables import queries as receivables

router = Router(tags=["balances and payments"])
OWED = {"x-scope": Permission.RECEIVABLE_VIEW}


@router.get("/accounts/{account_id}/balance", response={200: schemas.BalanceOut, STATUSES: Problem}, openapi_extra=OWED)
def show_balance(request: HttpRequest, account_id: Id) -> Any:
    """Show how an account stands now."""
    _access(actor_of(request), account_id)
    balance = receivables.get_balance(account_id=account_id, today=timezone.localdate())
    names = ("balance_minor", "owed_minor", "overdue_minor", "held_minor", "oldest_due_date")
    return {"account_id": account_id, "currency": _currency(), **{name: getattr(balance, name) for name in names}}


@router.get(
    "/accounts/{account_id}/items", response={200: list[schemas.OpenItemOut], STATUSES: Problem}, openapi_extra=OWED
)
def list_open_items(request: HttpRequest, account_id: Id) -> Any:
    """List the open debts of an account in the order in which a payment settles them."""
    _access(actor_of(request), account_id)
    items = receivables.list_open_items(account_id=account_id, today=timezone.localdate())
    names = [name for name in schemas.OpenItemOut.model_fields if name != "id"]
    return [{"id": item.item_id, **{name: getattr(item, name) for name in names}} for item in items]


@router.get(
    "/accounts/{account_id}/statement", response={200: schemas.StatementOut, STATUSES: Problem}, openapi_extra=OWED
)
def show_statement(
    request: HttpRequest,
    account_id: Id,
    start_date: Annotated[datetime.date, Query(examples=["2026-01-01"])],
    end_date: Annotated[datetime.date, Query(description="The day after the last one", examples=["2027-01-01"])],
) -> Any:
    """Show the movements of an account in the days from `start_date` up to, and without, `end_date`."""
    if end_date <= start_date:
        raise Refused(422, "days_run_backwards", _("The statement ends after it starts."))
    found = receivables.get_statement(
        actor=actor_of(request), account_id=account_id, start_date=start_date, end_date=end_date
    )
    names = ("start_date", "end_date", "opening_minor", "debit_minor", "credit_minor", "closing_minor")
    lines = [{name: getattr(line, name) for name in schemas.StatementLineOut.model_fields} for line in found.lines]
    own = {name: getattr(found, name) for name in names}
    return {"account_id": account_id, "currency": _currency(), **own, "lines": lines}


@router.get(
    "/payments",
    response={200: Page[schemas.PaymentOut], STATUSES: Problem},
    openapi_extra={"x-scope": Permission.PAYMENT_VIEW},
)
def list_payments(
    request: HttpRequest,
    asked: Paging,
    account_id: Annotated[Id | None, Query()] = None,
    start_date: Annotated[datetime.date | None, Query()] = None,
    end_date: Annotated[datetime.date | None, Query()] = None,
) -> Any:
    """List payments and reversals, newest first, of an account or of the days `[start_date, end_date)`."""
    rows = queries.list_payments(
        actor=actor_of(request), account_id=account_id, start_date=start_date, end_date=end_date
    )
    return show_page(request, rows, asked=asked, card=_payment_cards, row=schemas.PaymentOut, newest_first=True)


@router.post(
    "/payments",
    response={201: schemas.PaymentOut, STATUSES: Problem},
    openapi_extra={"x-scope": Permission.PAYMENT_TAKE},
)
def take_payment(request: HttpRequest, idempotency_key: IdempotencyKey, body: schemas.PaymentIn) -> HttpResponse:
    """Take money for an account and settle its debts; recorded once however often it is sent."""

    def act() -> schemas.PaymentOut:
        caller = caller_of(request)
        payment = operations.take_payment(
            actor=caller.actor,
            account_id=body.account_id,
            tenders=[
                Tendered(kind=TenderKind(given.kind), amount_minor=given.amount_minor, reference=given.reference)
                for given in body.tenders
            ],
            key=f"api:{caller.api_key.pk}:{idempotency_key}",
            received_at=timezone.now(),
            effective_date=body.effective_date or timezone.localdate(),
            item_ids=body.item_ids,
        )
        return schemas.PaymentOut(**_payment_cards([payment])[0])

    return answer_once(request, key=idempotency_key, act=act)


@router.get(
    "/payments/{payment_id}",
    response={200: schemas.PaymentDetailOut, STATUSES: Problem},
    openapi_extra={"x-scope": Permission.PAYMENT_VIEW},
)
def show_payment(request: HttpRequest, payment_id: Id) -> Any:
    """Show a payment with its tenders and what it settles."""
    actor = actor_of(request)
    (card,) = _payment_cards([queries.access_payment(actor=actor, payment_id=payment_id)])
    found = queries.get_payment_card(actor=actor, payment_id=payment_id)
    names = schemas.SettlementOut.model_fields
    return {
        **card,
        "tenders": [
            {name: getattr(tender, name) for name in schemas.TenderOut.model_fields} for tender in found.tenders
        ],
        "settlements": [{name: getattr(part, name) for name in names} for part in found.settlements],
        "held_minor": found.held_minor,
        "reversed_by_id": found.reversed_by_id,
    }


@router.post(
    "/payments/{payment_id}/reverse",
    response={201: schemas.PaymentOut, STATUSES: Problem},
    openapi_extra={"x-scope": Permission.PAYMENT_REVERSE},
)
def reverse_payment(
    request: HttpRequest, payment_id: Id, idempotency_key: IdempotencyKey, body: schemas.PaymentReverse
) -> HttpResponse:
    """Give a payment back by its mirror; what it settled is open again."""

    def act() -> schemas.PaymentOut:
        mirror = operations.reverse_payment(
            actor=actor_of(request),
            payment_id=payment_id,
            reason=body.reason,
            reversed_at=timezone.now(),
            effective_date=timezone.localdate(),
        )
        return schemas.PaymentOut(**_payment_cards([mirror])[0])

    return answer_once(request, key=idempotency_key, act=act)


def _access(actor: Actor, account_id: int) -> None:
    """Refuse unless the actor may see what accounts owe and there is such an account."""
    actor.require(Permission.RECEIVABLE_VIEW)
    access_account(actor=actor, account_id=account_id)


def _currency() -> str:
    return get_company().currency.code


def _payment_cards(rows: Sequence[Any]) -> list[dict[str, Any]]:
    currency = _currency()
    return [
        {
            "id": row.pk,
            "receipt_code": row.receipt_code,
            "account_id": row.account_id,
            "amount_minor": row.amount_minor,
            "currency": currency,
            "received_at": row.received_at,
            "effective_date": row.effective_date,
            "reverses_id": row.reverses_id,
            "reason": row.reason,
        }
        for row in rows
    ]
