"""An invoice as it is shown: its segments and fees with their charges, its credit notes, and how a line came about."""

from __future__ import annotations

import datetime
import itertools
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hydria.billing._comparing import changes_between
from hydria.billing.domain.changes import Change
from hydria.billing.models import Invoice, InvoiceNumber, Line, Segment
from hydria.fees.queries import QuotationCard
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
class InvoicedFee:
    """What an invoice takes of a quotation, or gives back of it."""

    quotation_id: int
    quotation_code: str
    name: str
    position: int
    instalment_count: int
    lines: tuple[LineCard, ...]

    @property
    def total_minor(self) -> int:
        """Sum its lines."""
        return sum(line.amount_minor for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePage:
    """
    An invoice, or the draft of one: then it has neither code nor dates.

    run_id       None for an invoice that bills fees alone, and for a credit note
    credits_id   the invoice that a credit note takes lines back from
    credited_by  the credit notes of an invoice: id and code
    """

    invoice_id: int
    run_id: int | None
    credits_id: int | None
    credits_code: str
    credited_by: tuple[tuple[int, str], ...]
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
    fees: tuple[InvoicedFee, ...]
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
    fees = _fees_of(invoice)
    before = Invoice.objects.filter(account=invoice.account_id, id__lt=invoice.pk, number__isnull=False)
    previous = before.exclude(run=None).order_by("-id").first() if invoice.run_id else None
    return InvoicePage(
        invoice_id=invoice.pk,
        run_id=invoice.run_id,
        credits_id=invoice.credits_id,
        credits_code=InvoiceNumber.objects.get(pk=invoice.credits_id).code if invoice.credits_id else "",
        credited_by=tuple(
            InvoiceNumber.objects.filter(invoice__credits=invoice.pk)
            .order_by("invoice_id")
            .values_list("invoice_id", "code")
        ),
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
        fees=tuple(fees),
        previous_id=previous.pk if previous else None,
        previous_total_minor=previous.total_minor if previous else 0,
        changes=changes_between(
            segments,
            _segments_of(previous),
            fees_difference_minor=sum(fee.total_minor for fee in fees) - _sum_fees(previous),
        )
        if previous
        else (),
    )


def get_line_explanation(*, actor: Actor, line_id: int) -> LineExplanation:
    """
    Return how a line came about.

    :raises UnableToPermit: if the actor may not see invoices.
    :raises UnableToFindInvoice: with code `line_unknown`.
    """
    actor.require(Permission.BILLING_VIEW)
    line = Line.objects.select_related("segment", "instalment__quotation").filter(id=line_id).first()
    if line is None:
        raise UnableToFindInvoice("line_unknown", _("There is no such line."), line_id=line_id)
    if line.segment is not None:
        version_id, start_date, end_date = (
            line.segment.tariff_version_id,
            line.segment.start_date,
            line.segment.end_date,
        )
    else:
        quotation = line.instalment.quotation
        version_id, start_date = quotation.tariff_version_id, quotation.quoted_date
        end_date = start_date + datetime.timedelta(days=1)
    version = tariffs.get_version(version_id=version_id)
    charge = _charge(version, line.charge_id)
    return LineExplanation(
        name=_name(charge),
        amount_minor=line.amount_minor,
        source=charge.source or version.compiled.form.source,
        tariff_code=version.code,
        tariff_sequence=version.sequence,
        version_hash=version.version_hash,
        start_date=start_date,
        end_date=end_date,
        told=line.explanation,
        names_by_label={card.label: _name(card) for card in version.charges},
    )


def _segments_of(invoice: Invoice) -> list[Segment]:
    return list(
        invoice.segments.select_related("agreement", "service_point__service", "service_point__premise").order_by("id")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentRow:
    """An instalment with the invoice that took it, whose code is empty while it is a draft, and its credit note."""

    position: int
    amount_minor: int
    invoice_id: int | None
    invoice_code: str
    credit_note_id: int | None
    credit_note_code: str


def list_instalment_rows(*, quotation: QuotationCard) -> list[InstalmentRow]:
    """Return the instalments of a quotation with what was billed of each; its reader may see its invoices."""
    lines = Line.objects.filter(instalment__quotation=quotation.quotation_id).select_related("invoice__number")
    billed: dict[tuple[int, bool], Invoice] = {
        (line.instalment_id, line.mirrors_id is not None): line.invoice for line in lines
    }
    rows = []
    for instalment in quotation.instalments:
        invoice = billed.get((instalment.instalment_id, False))
        note = billed.get((instalment.instalment_id, True))
        rows.append(
            InstalmentRow(
                position=instalment.position,
                amount_minor=instalment.amount_minor,
                invoice_id=invoice.pk if invoice else None,
                invoice_code=_code_of(invoice),
                credit_note_id=note.pk if note else None,
                credit_note_code=_code_of(note),
            )
        )
    return rows


def _code_of(invoice: Invoice | None) -> str:
    number = getattr(invoice, "number", None)
    return number.code if number else ""


def _sum_fees(invoice: Invoice) -> int:
    return int(invoice.lines.filter(segment=None).aggregate(sum=Sum("amount_minor"))["sum"] or 0)


def _fees_of(invoice: Invoice) -> list[InvoicedFee]:
    """Return what an invoice bills of quotations, one for each instalment."""
    found = invoice.lines.filter(segment=None).select_related("instalment__quotation__fee").order_by("id")
    cards = []
    for _instalment_id, grouped in itertools.groupby(found, key=attrgetter("instalment_id")):
        lines = list(grouped)
        quotation = lines[0].instalment.quotation
        version = tariffs.get_version(version_id=quotation.tariff_version_id)
        cards.append(
            InvoicedFee(
                quotation_id=quotation.pk,
                quotation_code=quotation.code,
                name=quotation.fee.name,
                position=lines[0].instalment.position,
                instalment_count=quotation.instalment_count,
                lines=tuple(_line_card(line, version) for line in lines),
            )
        )
    return cards


def _line_card(line: Line, version: VersionCard) -> LineCard:
    charge = _charge(version, line.charge_id)
    return LineCard(line_id=line.pk, name=_name(charge), is_tax=charge.is_tax, amount_minor=line.amount_minor)


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
        lines=tuple(_line_card(line, version) for line in segment.lines.order_by("id")),
    )


def _charge(version: VersionCard, charge_id: int) -> ChargeCard:
    return next(card for card in version.charges if card.id == charge_id)


def _name(charge: ChargeCard) -> str:
    return charge.name_in((get_language() or "en").split("-")[0])
