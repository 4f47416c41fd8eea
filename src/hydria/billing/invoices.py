"""Reads of single invoices: what they say, how each line came about, why they differ from the one before."""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hydria.billing._pricing import COMPUTED_INPUTS, rate_segments
from hydria.billing.domain.changes import Cause, Change, parts_of_change
from hydria.billing.models import Invoice, InvoiceNumber, Line, Segment
from hydria.kernel.errors import UnableTo
from hydria.platform.access import Actor, Permission
from hydria.tariffs import queries as tariffs
from hydria.tariffs.queries import ChargeCard, VersionCard


class UnableToFindInvoice(UnableTo):
    """There is no such invoice or line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCard:
    """One charge as shown."""

    line_id: int
    name: str
    is_tax: bool
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentCard:
    """
    One service of an invoice, with its charges in order; `[start_date, end_date)`.

    inputs  what else the price depended on, by name; yes-or-no inputs are left to the explanation
    """

    agreement_number: str
    service: str
    unit: str
    point_number: str
    address: str
    tariff_code: str
    tariff_sequence: int
    start_date: datetime.date
    end_date: datetime.date
    is_metered: bool
    quantity_milli: int
    inputs: tuple[tuple[str, str], ...]
    total_minor: int
    lines: tuple[LineCard, ...]

    @property
    def days(self) -> int:
        """Count the days billed."""
        return (self.end_date - self.start_date).days

    @property
    def last_date(self) -> datetime.date:
        """Return the last day billed."""
        return self.end_date - datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePage:
    """An invoice, or the draft of one: then it has neither code nor dates."""

    invoice_id: int
    run_id: int
    account_id: int
    account_number: str
    code: str
    issue_date: datetime.date | None
    due_date: datetime.date | None
    holder_name: str
    holder_tax_id: str
    address: str
    total_minor: int
    tax_minor: int
    segments: tuple[SegmentCard, ...]
    previous_id: int | None
    previous_total_minor: int
    changes: tuple[Change, ...]

    @property
    def difference_minor(self) -> int:
        """Return by how much it exceeds the invoice before."""
        return self.total_minor - self.previous_total_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class LineExplanation:
    """
    Everything that explains one line.

    told  the stored explanation: steps or parts with steps, the exact amount and the rounding
    """

    name: str
    amount_minor: int
    source: str
    tariff_code: str
    tariff_sequence: int
    version_hash: str
    start_date: datetime.date
    end_date: datetime.date
    told: dict[str, Any]
    names_by_label: dict[str, str]


def access_invoice(*, actor: Actor, invoice_id: int) -> Invoice:
    """
    Return an invoice that the actor may see.

    :raises UnableToPermit: if the actor may not see invoices.
    :raises UnableToFindInvoice: with code `invoice_unknown`.
    """
    actor.require(Permission.BILLING_VIEW)
    invoice = Invoice.objects.select_related("account", "number").filter(id=invoice_id).first()
    if invoice is None:
        raise UnableToFindInvoice("invoice_unknown", _("There is no such invoice."), invoice_id=invoice_id)
    return invoice


def list_numbered_invoices(*, actor: Actor) -> QuerySet[InvoiceNumber]:
    """
    Return the numbered invoices with their customers.

    :raises UnableToPermit: if the actor may not see invoices.
    """
    actor.require(Permission.BILLING_VIEW)
    return InvoiceNumber.objects.select_related("invoice__account")


def list_invoices_of_run(*, actor: Actor, run_id: int) -> QuerySet[Invoice]:
    """
    Return the invoices of a run, drafts or not.

    :raises UnableToPermit: if the actor may not see invoices.
    """
    actor.require(Permission.BILLING_VIEW)
    return Invoice.objects.filter(run=run_id).select_related("account", "number")


def get_invoice_page(*, actor: Actor, invoice_id: int) -> InvoicePage:
    """
    Return an invoice as its page shows it, compared with the account's invoice before.

    :raises UnableToPermit: if the actor may not see invoices.
    :raises UnableToFindInvoice: with code `invoice_unknown`.
    """
    invoice = access_invoice(actor=actor, invoice_id=invoice_id)
    number = getattr(invoice, "number", None)
    segments = _segments_of(invoice)
    previous = (
        Invoice.objects.filter(account=invoice.account_id, id__lt=invoice.pk, number__isnull=False)
        .order_by("-id")
        .first()
    )
    return InvoicePage(
        invoice_id=invoice.pk,
        run_id=invoice.run_id,
        account_id=invoice.account_id,
        account_number=invoice.account.number,
        code=number.code if number else "",
        issue_date=number.issue_date if number else None,
        due_date=number.due_date if number else None,
        holder_name=invoice.holder_name,
        holder_tax_id=invoice.holder_tax_id,
        address=invoice.address,
        total_minor=invoice.total_minor,
        tax_minor=invoice.tax_minor,
        segments=tuple(_segment_card(segment) for segment in segments),
        previous_id=previous.pk if previous else None,
        previous_total_minor=previous.total_minor if previous else 0,
        changes=_changes(segments, _segments_of(previous)) if previous else (),
    )


def get_line_explanation(*, actor: Actor, line_id: int) -> LineExplanation:
    """
    Return how a line came about.

    :raises UnableToPermit: if the actor may not see invoices.
    :raises UnableToFindInvoice: with code `line_unknown`.
    """
    actor.require(Permission.BILLING_VIEW)
    line = Line.objects.select_related("segment").filter(id=line_id).first()
    if line is None:
        raise UnableToFindInvoice("line_unknown", _("There is no such line."), line_id=line_id)
    version = tariffs.get_version(version_id=line.segment.tariff_version_id)
    charge = _charge(version, line.charge_id)
    return LineExplanation(
        name=_name(charge),
        amount_minor=line.amount_minor,
        source=charge.source or version.compiled.form.source,
        tariff_code=version.code,
        tariff_sequence=version.sequence,
        version_hash=version.version_hash,
        start_date=line.segment.start_date,
        end_date=line.segment.end_date,
        told=line.explanation,
        names_by_label={card.label: _name(card) for card in version.charges},
    )


def _segments_of(invoice: Invoice) -> list[Segment]:
    return list(
        invoice.segments.select_related("agreement", "service_point__service", "service_point__premise").order_by("id")
    )


def _segment_card(segment: Segment) -> SegmentCard:
    version = tariffs.get_version(version_id=segment.tariff_version_id)
    point = segment.service_point
    return SegmentCard(
        agreement_number=segment.agreement.number,
        service=point.service.name,
        unit=version.compiled.form.unit,
        point_number=point.number,
        address=point.premise.address,
        tariff_code=version.code,
        tariff_sequence=version.sequence,
        start_date=segment.start_date,
        end_date=segment.end_date,
        is_metered=segment.consumption_id is not None,
        quantity_milli=segment.quantity_milli,
        inputs=tuple((name, str(value)) for name, value in segment.inputs.items() if not isinstance(value, bool)),
        total_minor=segment.total_minor,
        lines=tuple(
            LineCard(
                line_id=line.pk,
                name=_name(_charge(version, line.charge_id)),
                is_tax=_charge(version, line.charge_id).is_tax,
                amount_minor=line.amount_minor,
            )
            for line in segment.lines.order_by("id")
        ),
    )


def _charge(version: VersionCard, charge_id: int) -> ChargeCard:
    return next(card for card in version.charges if card.id == charge_id)


def _name(charge: ChargeCard) -> str:
    return charge.name_in((get_language() or "en").split("-")[0])


def _changes(segments: list[Segment], before: list[Segment]) -> tuple[Change, ...]:
    """Return why the segments cost other than those before; services on one of the two only are one part."""
    earlier = {segment.agreement_id: segment for segment in before}
    sums: Counter[Cause] = Counter()
    for segment in segments:
        previous = earlier.pop(segment.agreement_id, None)
        if previous is None:
            sums[Cause.OTHER_SERVICES] += segment.total_minor
            continue
        for part in parts_of_change(totals_minor=_steps_between(previous, segment)):
            sums[part.cause] += part.amount_minor
    for ended in earlier.values():
        sums[Cause.OTHER_SERVICES] -= ended.total_minor
    return tuple(Change(cause=cause, amount_minor=sums[cause]) for cause in Cause if sums[cause])


def _steps_between(previous: Segment, segment: Segment) -> list[int]:
    """Return the totals on the way from one segment to the next, each step taking one more thing from the latter."""
    old_version = tariffs.get_version(version_id=previous.tariff_version_id)
    new_version = tariffs.get_version(version_id=segment.tariff_version_id)
    days = segment.end_date - segment.start_date
    quantity_milli = segment.quantity_milli
    return [
        previous.total_minor,
        _total(old_version, previous.inputs, quantity_milli, previous.start_date, previous.end_date),
        _total(old_version, previous.inputs, quantity_milli, previous.start_date, previous.start_date + days),
        _total(new_version, previous.inputs, quantity_milli, segment.start_date, segment.end_date),
        segment.total_minor,
    ]


def _total(
    version: VersionCard,
    inputs: dict[str, Any],
    quantity_milli: int,
    start_date: datetime.date,
    end_date: datetime.date,
) -> int:
    names = [declared.name for declared in version.compiled.inputs if declared.name not in COMPUTED_INPUTS]
    batch = rate_segments(
        version,
        quantity_milli=np.array([quantity_milli], dtype=np.int64),
        start_dates=np.array([start_date], dtype="datetime64[D]"),
        end_dates=np.array([end_date], dtype="datetime64[D]"),
        inputs={name: [inputs.get(name)] for name in names},
    )
    return int(batch.total_minor[0])
