"""Find invoices by their printed number, and what each of them charged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import get_language

from hydria.billing.models import InvoiceNumber, Line
from hydria.tariffs.queries import get_version


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


def name_charges(*, invoice_ids: Iterable[int]) -> dict[tuple[int, int], tuple[str, ...]]:
    """Return the charges of invoices in the reader's language, by invoice and the rank in which they are settled."""
    lines = Line.objects.filter(invoice_id__in=list(invoice_ids)).exclude(amount_minor=0).order_by("id")
    found = list(lines.values_list("invoice_id", "charge_id", "charge__version_id"))
    versions = [get_version(version_id=version_id) for version_id in {version_id for *_line, version_id in found}]
    charges = {charge.id: charge for version in versions for charge in version.charges}
    language = (get_language() or "en").split("-")[0]
    names: dict[tuple[int, int], dict[str, None]] = {}
    for invoice_id, charge_id, _version_id in found:
        charge = charges[charge_id]
        names.setdefault((invoice_id, charge.rank), {})[charge.name_in(language)] = None
    return {place: tuple(together) for place, together in names.items()}
