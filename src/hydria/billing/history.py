"""Reads of what an account has been billed."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import Max, Min, Sum

from hydria.billing.models import InvoiceNumber, Segment
from hydria.platform.access import Actor, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledInvoice:
    """An invoice with what it billed: `[start_date, end_date)`; `consumption_ids` tell how that was measured."""

    invoice_id: int
    code: str
    issue_date: datetime.date
    due_date: datetime.date
    start_date: datetime.date
    end_date: datetime.date
    quantity_milli: int
    total_minor: int
    consumption_ids: tuple[int, ...]

    @property
    def days(self) -> int:
        """Count the days billed."""
        return (self.end_date - self.start_date).days


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
    sums = segments.annotate(start=Min("start_date"), end=Max("end_date"), quantity=Sum("quantity_milli")).order_by()
    billed = {row["invoice_id"]: row for row in sums}
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
            start_date=billed[number.invoice_id]["start"],
            end_date=billed[number.invoice_id]["end"],
            quantity_milli=billed[number.invoice_id]["quantity"],
            total_minor=number.invoice.total_minor,
            consumption_ids=tuple(measured.get(number.invoice_id, ())),
        )
        for number in found.values()
    ]
