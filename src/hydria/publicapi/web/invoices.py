"""Invoices: their lines, how each line came about, and the paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from hydria.billing import queries as billing
from hydria.billing.documents.printing import print_invoices
from hydria.billing.documents.telling import tell_line
from hydria.platform.access import Permission
from hydria.platform.queries import get_company
from hydria.platform.web.formats import get_formats
from hydria.publicapi.web import schemas
from hydria.publicapi.web.paging import Page, Paging, show_page
from hydria.publicapi.web.problems import STATUSES, Problem
from hydria.publicapi.web.schemas import Id
from hydria.publicapi.web.security import actor_of

router = Router(tags=["invoices"])
VIEW = {"x-scope": Permission.BILLING_VIEW}
PDF = {
    "x-scope": Permission.BILLING_VIEW,
    "responses": {
        200: {"description": "OK", "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
    },
}


@router.get("/invoices", response={200: Page[schemas.InvoiceOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_invoices(request: HttpRequest, asked: Paging, account_id: Annotated[Id | None, Query()] = None) -> Any:
    """List numbered invoices, newest first, of an account or all."""
    rows = billing.list_numbered_invoices(actor=actor_of(request))
    rows = rows if account_id is None else rows.filter(invoice__account=account_id)
    return show_page(request, rows, asked=asked, card=_invoice_cards, row=schemas.InvoiceOut, newest_first=True)


@router.get("/invoices/{invoice_id}", response={200: schemas.InvoiceDetailOut, STATUSES: Problem}, openapi_extra=VIEW)
def show_invoice(request: HttpRequest, invoice_id: Id) -> Any:
    """Show an invoice with what it bills; drafts are not shown."""
    actor = actor_of(request)
    (card,) = _invoice_cards([billing.list_numbered_invoices(actor=actor).get(invoice=invoice_id)])
    page = billing.get_invoice_page(actor=actor, invoice_id=invoice_id)
    segments = [_part(segment, schemas.InvoiceSegmentOut) for segment in page.segments]
    fees = [_part(fee, schemas.InvoiceFeeOut) for fee in page.fees]
    return {**card, "credits_id": page.credits_id, "segments": segments, "fees": fees}


def _part(part: Any, schema: type[Schema]) -> dict[str, Any]:
    """Return a segment or a fee of an invoice with its lines."""
    lines = [
        {"id": line.line_id, "name": line.name, "is_tax": line.is_tax, "amount_minor": line.amount_minor}
        for line in part.lines
    ]
    return {**{name: getattr(part, name) for name in schema.model_fields if name != "lines"}, "lines": lines}


@router.get(
    "/invoice-lines/{line_id}", response={200: schemas.LineExplanationOut, STATUSES: Problem}, openapi_extra=VIEW
)
def explain_line(request: HttpRequest, line_id: Id) -> Any:
    """Explain a line: quantities, prices, exact amount, rounding, tariff version and source (TAR-10)."""
    line = billing.get_line_explanation(actor=actor_of(request), line_id=line_id)
    told = {name: getattr(line, name) for name in schemas.LineExplanationOut.model_fields if name != "story"}
    return {**told, "story": tell_line(line, formats=get_formats())}


@router.get("/invoices/{invoice_id}/pdf", response={STATUSES: Problem}, openapi_extra=PDF)
def print_invoice(request: HttpRequest, invoice_id: Id) -> HttpResponse:
    """Print an invoice as PDF (BIL-08)."""
    numbered = billing.list_numbered_invoices(actor=actor_of(request)).get(invoice=invoice_id)
    pdf = print_invoices(invoice_ids=[invoice_id])
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{numbered.code}.pdf"'
    return response


def _invoice_cards(rows: Sequence[Any]) -> list[dict[str, Any]]:
    currency = get_company().currency.code
    return [
        {
            "id": row.invoice_id,
            "code": row.code,
            "account_id": row.invoice.account_id,
            "holder_name": row.invoice.holder_name,
            "issue_date": row.issue_date,
            "due_date": row.due_date,
            "total_minor": row.invoice.total_minor,
            "tax_minor": row.invoice.tax_minor,
            "currency": currency,
        }
        for row in rows
    ]
