"""Lists of billing."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hydria.billing.models import ExceptionKind, RunStateWord
from hydria.billing.web.wording import OWNERS, REASONS, explain_exception
from hydria.platform.web.listing import Column, Filter, Kind, Listing


def _run_of(row: Any) -> str | None:
    return reverse("run", args=[row.run_id]) if row.run_id else reverse("run_start", args=[row.pk])


PERIODS = Listing(
    name="periods",
    columns=(
        Column(name="cycle", label=_("Cycle"), value="cycle.name", link=_run_of, sort="cycle__name"),
        Column(name="start", label=_("From"), value="start_date", kind=Kind.DATE, sort="start_date"),
        Column(name="end", label=_("Up to, without"), value="end_date", kind=Kind.DATE),
        Column(name="issue", label=_("Invoices of"), value="issue_date", kind=Kind.DATE, group="issue_date"),
        Column(name="due", label=_("Due"), value="due_date", kind=Kind.DATE, group="due_date"),
        Column(name="state", label=_("Run"), value="run_state", kind=Kind.STATE, choices=RunStateWord),
    ),
    filters=(
        Filter(name="cycle", label=_("Cycle"), lookup="cycle__name__icontains"),
        Filter(name="since", label=_("From"), lookup="start_date__gte", kind="date"),
    ),
    sort="-start",
    empty=_("No period has been opened yet"),
    empty_hint=_("Open the first period of a cycle; its run bills it."),
)

RUNS = Listing(
    name="runs",
    columns=(
        Column(name="run", label=_("Run"), value="pk", link=lambda row: reverse("run", args=[row.pk])),
        Column(name="cycle", label=_("Cycle"), value="period.cycle.name"),
        Column(name="start", label=_("From"), value="period.start_date", kind=Kind.DATE, sort="period__start_date"),
        Column(name="state", label=_("State"), value="state", kind=Kind.STATE, choices=RunStateWord),
        Column(name="due", label=_("Agreements due"), value="due_count", kind=Kind.COUNT),
        Column(name="by", label=_("Started by"), value="requested_by", kind=Kind.PERSON),
        Column(name="at", label=_("Started"), value="requested_at", kind=Kind.INSTANT, sort="requested_at"),
    ),
    filters=(
        Filter(name="state", label=_("State"), lookup="state", kind="choice", choices=lambda: RunStateWord.choices),
    ),
    sort="-at",
    empty=_("No run has been started yet"),
    empty_hint=_("Start the run of a period from the cycles."),
)

EXCEPTIONS = Listing(
    name="exceptions",
    columns=(
        Column(
            name="account",
            label=_("Account"),
            value="agreement.account.number",
            link=lambda row: reverse("account", args=[row.agreement.account_id]),
            sort="agreement__account__number",
        ),
        Column(name="point", label=_("Point"), value="agreement.service_point.number"),
        Column(name="kind", label=_("State"), value="kind", kind=Kind.STATE, choices=ExceptionKind),
        Column(name="reason", label=_("Reason"), value=lambda row: str(REASONS.get(row.code, row.code))),
        Column(name="detail", label=_("What about it"), value=lambda row: explain_exception(row.code, row.data)),
        Column(name="owner", label=_("Waits for"), value=lambda row: str(OWNERS.get(row.owner, row.owner))),
        Column(
            name="quantity",
            label=_("Quantity read"),
            value="quantity_milli",
            kind=Kind.QUANTITY,
            total="quantity_milli",
        ),
    ),
    filters=(
        Filter(name="reason", label=_("Reason"), lookup="code", kind="choice", choices=lambda: list(REASONS.items())),
        Filter(name="owner", label=_("Waits for"), lookup="owner", kind="choice", choices=lambda: list(OWNERS.items())),
        Filter(name="account", label=_("Account"), lookup="agreement__account__number__startswith"),
    ),
    sort="account",
    empty=_("Everything due has been billed"),
)


def _invoice_columns(prefix: str) -> tuple[Column, ...]:
    """Return the columns that drafts and invoices share; `prefix` leads from the row to the invoice."""
    path = f"{prefix}." if prefix else ""
    orm = path.replace(".", "__")
    return (
        Column(name="account", label=_("Account"), value=f"{path}account.number", sort=f"{orm}account__number"),
        Column(name="holder", label=_("Holder"), value=f"{path}holder_name"),
        Column(name="address", label=_("Address"), value=f"{path}address"),
        Column(name="tax", label=_("Tax"), value=f"{path}tax_minor", kind=Kind.AMOUNT, total=f"{orm}tax_minor"),
        Column(
            name="total",
            label=_("Total"),
            value=f"{path}total_minor",
            kind=Kind.AMOUNT,
            sort=f"{orm}total_minor",
            total=f"{orm}total_minor",
        ),
    )


INVOICES = Listing(
    name="invoices",
    columns=(
        Column(
            name="code",
            label=_("Invoice"),
            value="code",
            link=lambda row: reverse("invoice", args=[row.invoice_id]),
            sort="code",
        ),
        Column(name="issued", label=_("Issued"), value="issue_date", kind=Kind.DATE, group="issue_date"),
        Column(name="due", label=_("Due"), value="due_date", kind=Kind.DATE, group="due_date"),
        *_invoice_columns("invoice"),
    ),
    filters=(
        Filter(name="code", label=_("Invoice"), lookup="code__startswith"),
        Filter(name="account", label=_("Account"), lookup="invoice__account__number__startswith"),
        Filter(name="since", label=_("Issued from"), lookup="issue_date__gte", kind="date"),
    ),
    sort="-code",
    empty=_("No invoice has been issued yet"),
    empty_hint=_("Confirming a run numbers its invoices."),
    totals_apart=True,
)

RUN_INVOICES = Listing(
    name="run-invoices",
    columns=(
        Column(
            name="draft", label=_("Document"), value="pk", link=lambda row: reverse("invoice", args=[row.pk]), sort="pk"
        ),
        *_invoice_columns(""),
    ),
    filters=(
        Filter(name="account", label=_("Account"), lookup="account__number__startswith"),
        Filter(name="holder", label=_("Holder"), lookup="holder_name__icontains"),
    ),
    sort="-total",
    empty=_("The run has no invoices"),
)
