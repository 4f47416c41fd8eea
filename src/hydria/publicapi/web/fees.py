"""Fees outside a billing period: quote, accept, cancel (BIL-13)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Query, Router, Schema

from hydria.agreements.queries import has_account
from hydria.billing import operations as billing
from hydria.fees import operations, queries
from hydria.fees.domain.states import BillingMode
from hydria.platform.access import Permission
from hydria.publicapi.web.paging import Page, Paging, show_page
from hydria.publicapi.web.problems import STATUSES, Problem
from hydria.publicapi.web.repeats import IdempotencyKey, answer_once
from hydria.publicapi.web.schemas import Code, Id, Reason, text
from hydria.publicapi.web.security import actor_of, caller_of

router = Router(tags=["fees"])
VIEW = {"x-scope": Permission.BILLING_VIEW}
QUOTE, CANCEL = {"x-scope": Permission.FEE_QUOTE}, {"x-scope": Permission.FEE_CANCEL}
InputName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")]


class QuotationIn(Schema):
    """A fee to quote; `inputs` are those of its tariff's text, besides `usage`, which is `quantity_milli`."""

    fee: Annotated[Code, Field(description="The fee's code", examples=["conexion"])]
    quantity_milli: Annotated[int, Field(ge=1, le=operations.QUANTITY_MILLI_MAX)] = 1000
    inputs: Annotated[dict[InputName, Annotated[str, text(60)]], Field(max_length=20, examples=[{}])] = {}
    note: Annotated[str, text(200)] = ""


class AcceptanceIn(Schema):
    """How what was quoted is billed."""

    mode: Literal["AT_ONCE", "NEXT_INVOICE"] = "AT_ONCE"
    instalment_count: Annotated[int, Field(ge=1, le=60)] = 1


class QuotationCancel(Schema):
    """Why it is cancelled."""

    reason: Reason


class FeeOut(Schema):
    """A fee of the list."""

    code: str
    name: str
    tariff_code: str
    valid_days: int
    instalments_max: int


class QuotationOut(Schema):
    """What a fee costs an account; `until_date` is the first day on which it can no longer be accepted."""

    id: int
    code: str
    account_id: int
    fee: str
    quoted_date: datetime.date
    until_date: datetime.date
    quantity_milli: int
    note: str
    total_minor: int
    tax_minor: int
    state: str
    mode: str
    instalment_count: int
    accepted_date: datetime.date | None


class AcceptedOut(Schema):
    """The invoice that was issued; None where it comes with the next one."""

    invoice_id: int | None


class CancelledOut(Schema):
    """The credit notes that take back what had been invoiced."""

    credit_note_ids: list[int]


@router.get("/fees", response={200: list[FeeOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_fees(request: HttpRequest) -> Any:
    """List the fees in use."""
    actor_of(request).require(Permission.BILLING_VIEW)
    return queries.list_fee_cards()


@router.get("/quotations", response={200: Page[QuotationOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_quotations(request: HttpRequest, asked: Paging, account_id: Annotated[Id | None, Query()] = None) -> Any:
    """List quotations, newest first, of an account or all."""
    rows = queries.list_quotations(actor=actor_of(request))
    rows = rows if account_id is None else rows.filter(account=account_id)
    return show_page(request, rows, asked=asked, card=_cards, row=QuotationOut, newest_first=True)


@router.get("/quotations/{quotation_id}", response={200: QuotationOut, STATUSES: Problem}, openapi_extra=VIEW)
def show_quotation(request: HttpRequest, quotation_id: Id) -> Any:
    """Show a quotation."""
    return _cards([queries.list_quotations(actor=actor_of(request)).get(pk=quotation_id)])[0]


@router.post("/accounts/{account_id}/quotations", response={201: QuotationOut, STATUSES: Problem}, openapi_extra=QUOTE)
def quote_fee(request: HttpRequest, account_id: Id, idempotency_key: IdempotencyKey, body: QuotationIn) -> HttpResponse:
    """Quote a fee for an account at the prices of today; nothing is owed by that."""

    def act() -> QuotationOut:
        actor_of(request).require(Permission.FEE_QUOTE)
        if not has_account(account_id=account_id):
            raise Http404
        quotation = operations.quote(
            actor=actor_of(request),
            key=f"api:{caller_of(request).api_key.pk}:{idempotency_key}"[:64],
            account_id=account_id,
            fee_code=body.fee,
            quoted_at=timezone.now(),
            quoted_date=timezone.localdate(),
            quantity_milli=body.quantity_milli,
            inputs=body.inputs,
            note=body.note,
        )
        return QuotationOut(**_cards([quotation])[0])

    return answer_once(request, key=idempotency_key, act=act)


@router.post("/quotations/{quotation_id}/accept", response={201: AcceptedOut, STATUSES: Problem}, openapi_extra=QUOTE)
def accept_quotation(
    request: HttpRequest, quotation_id: Id, idempotency_key: IdempotencyKey, body: AcceptanceIn
) -> HttpResponse:
    """Accept a quotation: on an invoice of its own at once, or in parts on the account's next invoices."""

    def act() -> AcceptedOut:
        _find(request, quotation_id, Permission.FEE_QUOTE)
        invoice_id = billing.accept_quotation(
            actor=actor_of(request),
            quotation_id=quotation_id,
            mode=BillingMode(body.mode),
            instalment_count=body.instalment_count,
            accepted_at=timezone.now(),
            accepted_date=timezone.localdate(),
        )
        return AcceptedOut(invoice_id=invoice_id)

    return answer_once(request, key=idempotency_key, act=act)


@router.post("/quotations/{quotation_id}/cancel", response={201: CancelledOut, STATUSES: Problem}, openapi_extra=CANCEL)
def cancel_quotation(
    request: HttpRequest, quotation_id: Id, idempotency_key: IdempotencyKey, body: QuotationCancel
) -> HttpResponse:
    """Cancel a quotation; credit notes take back what has been invoiced of it."""

    def act() -> CancelledOut:
        _find(request, quotation_id, Permission.FEE_CANCEL)
        notes = billing.cancel_quotation(
            actor=actor_of(request),
            quotation_id=quotation_id,
            reason=body.reason,
            cancelled_at=timezone.now(),
            cancelled_date=timezone.localdate(),
        )
        return CancelledOut(credit_note_ids=notes)

    return answer_once(request, key=idempotency_key, act=act)


def _find(request: HttpRequest, quotation_id: int, permission: Permission) -> None:
    """Refuse unless the caller may do so and there is such a quotation."""
    actor_of(request).require(permission)
    if not queries.has_quotation(quotation_id=quotation_id):
        raise Http404


def _cards(rows: Sequence[Any]) -> list[dict[str, Any]]:
    names = [name for name in QuotationOut.model_fields if name not in ("id", "fee")]
    return [{"id": row.pk, "fee": row.fee.code, **{name: getattr(row, name) for name in names}} for row in rows]
