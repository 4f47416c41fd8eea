"""Find invoices by their printed number."""

from __future__ import annotations

from dataclasses import dataclass

from hydria.billing.models import InvoiceNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """An invoice in one line."""

    invoice_id: int
    account_id: int
    code: str
    holder_name: str


def find_invoices(*, typed: str, count_max: int) -> list[InvoiceLine]:
    """Return the invoices whose number starts with what was typed (CUS-19)."""
    text = typed.strip().upper()
    if not any(letter.isdigit() for letter in text):
        return []
    found = InvoiceNumber.objects.filter(code__startswith=text).order_by("code").select_related("invoice")[:count_max]
    return [
        InvoiceLine(
            invoice_id=number.invoice_id,
            account_id=number.invoice.account_id,
            code=number.code,
            holder_name=number.invoice.holder_name,
        )
        for number in found
    ]
