"""Fill invoice cards from what was billed: the only place where the paper meets the tables."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils import translation
from django.utils.translation import gettext as _

from hydria.billing.documents import invoice as paper
from hydria.billing.documents.card import (
    CustomerBlock,
    DocumentKind,
    InvoiceCard,
    LineRow,
    MeterRow,
    MonthBar,
    PaymentSlip,
    SupplyBlock,
    TaxRow,
)
from hydria.billing.models import Invoice, Line, Segment
from hydria.kernel.money import Currency
from hydria.kernel.periods import Period, add_months
from hydria.metering import queries as metering
from hydria.metering.queries import ConsumptionCard, InstallationCard
from hydria.platform import queries as platform
from hydria.platform.documents import compiler
from hydria.platform.documents.formats import Formats, locale_name
from hydria.platform.documents.letterhead import Letterhead
from hydria.platform.queries import CompanyCard
from hydria.receivables.queries import get_balance_at
from hydria.tariffs import queries as tariffs
from hydria.tariffs.documents.explaining import Story, explain_line
from hydria.tariffs.queries import ChargeCard, VersionCard

CHART_MONTHS = 13


def print_invoices(*, invoice_ids: Sequence[int]) -> bytes:
    """
    Print invoices, or drafts of them, into one PDF file in the order given.

    The instant in the file is the day of issue, so that the same invoices give the same bytes on any day. Long lists
    are for the caller to cut: memory grows with the pages (`compiler.BATCH_SIZE`).
    """
    cards = build_cards(invoice_ids=invoice_ids)
    issued_at = datetime.datetime.combine(cards[0].issue_date, datetime.time(), tzinfo=datetime.UTC)
    documents = [paper.build_data(card) for card in cards]
    return compiler.render_together(template=paper.TEMPLATE, documents=documents, created_at=issued_at)


def build_cards(*, invoice_ids: Sequence[int]) -> list[InvoiceCard]:
    """Return the cards of invoices in the order given; queries do not grow with the lines of an invoice."""
    found = Invoice.objects.select_related("account", "number", "run__period", "credits__number").in_bulk(
        list(invoice_ids)
    )
    segments: dict[int, list[Segment]] = {invoice_id: [] for invoice_id in invoice_ids}
    related = ("service_point__service", "service_point__premise")
    for segment in (
        Segment.objects.filter(invoice_id__in=list(invoice_ids))
        .select_related(*related)
        .prefetch_related("lines")
        .order_by("id")
    ):
        segments[segment.invoice_id].append(segment)
    fees: dict[int, list[Line]] = {}
    charged = Line.objects.filter(invoice_id__in=list(invoice_ids), segment=None)
    for line in charged.select_related("instalment__quotation").order_by("id"):
        fees.setdefault(line.invoice_id, []).append(line)
    builder = _CardBuilder(
        segments=[segment for group in segments.values() for segment in group],
        fees=[line for group in fees.values() for line in group],
    )
    return [
        builder.build(found[invoice_id], segments[invoice_id], fees.get(invoice_id, [])) for invoice_id in invoice_ids
    ]


class _CardBuilder:
    """What the cards of one batch share: the company, the tariffs, the meters and their past."""

    def __init__(self, *, segments: Sequence[Segment], fees: Sequence[Line]) -> None:
        self.company: CompanyCard = platform.get_company()
        self.letterhead: Letterhead = platform.get_letterhead()
        self.versions: dict[int, VersionCard] = {
            version_id: tariffs.get_version(version_id=version_id)
            for version_id in {segment.tariff_version_id for segment in segments}
            | {line.instalment.quotation.tariff_version_id for line in fees}
        }
        metered = [segment for segment in segments if segment.consumption_id]
        points = sorted({segment.service_point_id for segment in metered})
        self.consumptions: dict[int, list[ConsumptionCard]] = {}
        self.installations: dict[int, list[InstallationCard]] = {}
        if metered:
            since = add_months(min(segment.start_date for segment in metered), -CHART_MONTHS)
            self.consumptions = metering.list_consumptions(service_point_ids=points, from_date=since)
            # Newest first from the query, oldest first on paper.
            for installation in reversed(metering.list_installations(service_point_ids=points)):
                self.installations.setdefault(installation.service_point_id, []).append(installation)

    def build(self, invoice: Invoice, segments: Sequence[Segment], fees: Sequence[Line]) -> InvoiceCard:
        """Fill one invoice's card in its account's language."""
        number = getattr(invoice, "number", None)
        dates = number or invoice.run.period
        issue_date = dates.issue_date
        language = invoice.account.language or self.company.language
        formats = Formats.of(locale_name(language=language, country=self.company.country), self.company.currency)
        metered = next((segment for segment in segments if segment.consumption_id), segments[0] if segments else None)
        is_credit = invoice.credits_id is not None
        with translation.override(formats.locale.language):
            told = [told for segment in segments for told in self._told(segment, formats)]
            told += self._told_fees(fees, formats)
            return InvoiceCard(
                letterhead=self.letterhead,
                locale=str(formats.locale),
                currency=self.company.currency,
                kind=DocumentKind.CREDIT_NOTE if is_credit else DocumentKind.INVOICE,
                is_draft=number is None,
                invoice_number=number.code if number else "",
                credits_number=invoice.credits.number.code if is_credit else "",
                account_number=invoice.account.number,
                customer=CustomerBlock(
                    name=invoice.holder_name,
                    tax_id=invoice.holder_tax_id,
                    address_lines=(invoice.account.delivery_address or invoice.address,),
                ),
                supply=self._supply(metered, formats) if metered else None,
                issue_date=issue_date,
                due_date=dates.due_date,
                period=Period(metered.start_date, metered.end_date) if metered else None,
                meters=tuple(row for segment in segments for row in self._meters(segment)),
                lines=tuple(_line(entry) for entry in told if not entry.charge.is_tax),
                taxes=tuple(_tax(entry, formats.currency) for entry in told if entry.charge.is_tax),
                rounding=tuple(dict.fromkeys(way for entry in told for way in entry.story.rounding[1:])),
                total_minor=invoice.total_minor,
                previous_balance_minor=get_balance_at(account_id=invoice.account_id, end_date=issue_date),
                history=self._history(metered) if metered else (),
                slip=PaymentSlip(reference=number.code, qr_text=number.code) if number and not is_credit else None,
            )

    def _supply(self, segment: Segment, formats: Formats) -> SupplyBlock:
        return SupplyBlock(
            service_point_number=segment.service_point.number,
            address=segment.service_point.premise.address,
            tariff_name=_titled(self.versions[segment.tariff_version_id], formats.locale.language),
            cadastral_code=segment.service_point.premise.cadastral_code or "",
        )

    def _told_fees(self, lines: Sequence[Line], formats: Formats) -> list[_Told]:
        """Return the lines of fees, or of what a credit note takes back of them, each with its story."""
        told = []
        for line in lines:
            version = self.versions[line.instalment.quotation.tariff_version_id]
            names = {charge.label: charge.name_in(formats.locale.language) for charge in version.charges}
            charge = next(charge for charge in version.charges if charge.id == line.charge_id)
            story = explain_line(
                line.explanation,
                name=names[charge.label],
                amount_minor=line.amount_minor,
                total_days=1,
                law=charge.source,
                names_by_label=names,
                formats=formats,
            )
            told.append(_Told(line=line, charge=charge, story=story))
        return told

    def _told(self, segment: Segment, formats: Formats) -> list[_Told]:
        """Return the lines of a segment that customers see, in the order of the tariff, each with its story."""
        version, language = self.versions[segment.tariff_version_id], formats.locale.language
        charges = {charge.id: charge for charge in version.charges}
        names = {charge.label: charge.name_in(language) for charge in version.charges}
        lines = sorted(segment.lines.all(), key=lambda line: charges[line.charge_id].position)
        return [
            _Told(
                line=line,
                charge=charges[line.charge_id],
                story=explain_line(
                    line.explanation,
                    name=names[charges[line.charge_id].label],
                    amount_minor=line.amount_minor,
                    total_days=(segment.end_date - segment.start_date).days,
                    law=charges[line.charge_id].source,
                    names_by_label=names,
                    formats=formats,
                ),
            )
            for line in lines
            if not charges[line.charge_id].is_memo
        ]

    def _meters(self, segment: Segment) -> list[MeterRow]:
        """Return one row for each dial that counted: those of a meter together, meters in the order they hung here."""
        used = next(
            (card for card in self.consumptions.get(segment.service_point_id, ()) if card.id == segment.consumption_id),
            None,
        )
        if used is None:
            return []
        here = [
            installation
            for installation in self.installations.get(segment.service_point_id, ())
            if installation.from_date < used.end_date
            and (installation.until_date is None or installation.until_date > used.start_date)
        ]
        if used.stretches:
            return [row for installation in here for row in _dial_rows(installation, used)]
        return [_meter_row(installation, used) for installation in here[-1:]]

    def _history(self, segment: Segment) -> tuple[MonthBar, ...]:
        bars = [
            MonthBar(
                period=Period(card.start_date, card.end_date),
                volume_l=card.quantity_milli,
                is_estimated=card.kind != "MEASURED",
            )
            for card in self.consumptions.get(segment.service_point_id, ())
            if card.quantity_milli is not None and card.end_date <= segment.end_date
        ]
        return tuple(bars[-CHART_MONTHS:])


def _titled(version: VersionCard, language: str) -> str:
    titles = version.compiled.form.title
    return titles.get(language) or next(iter(titles.values()), version.code)


def _dial_rows(installation: InstallationCard, used: ConsumptionCard) -> list[MeterRow]:
    """Return what each dial of a meter measured itself; an estimated part stays in the consumption."""
    return [
        MeterRow(
            serial=dial.name,
            previous_date=max(used.start_date, installation.from_date),
            previous_milli=dial.opening_milli,
            current_date=min(used.end_date, installation.until_date or used.end_date),
            current_milli=dial.closing_milli,
            volume_l=max(dial.quantity_milli, 0),
            is_current_estimated=not dial.is_removed and used.kind == "ESTIMATED",
        )
        for dial in used.stretches
        if dial.meter_id == installation.meter_id
    ]


def _meter_row(installation: InstallationCard, used: ConsumptionCard) -> MeterRow:
    return MeterRow(
        serial=installation.serial,
        previous_date=used.start_date,
        previous_milli=used.previous_milli,
        current_date=used.end_date,
        current_milli=used.current_milli,
        volume_l=used.quantity_milli or 0,
        is_current_estimated=used.kind == "ESTIMATED",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A stored line with its charge and its story."""

    line: Line
    charge: ChargeCard
    story: Story

    @property
    def is_part(self) -> bool:
        """Tell whether the line is one of several instalments, so that its steps make another amount."""
        return "part" in self.line.explanation

    @property
    def steps(self) -> list[dict[str, str]]:
        """Return the stored steps; a price that changed inside the period has several parts."""
        told = self.line.explanation
        return [step for part in told.get("parts", [told]) for step in part.get("steps", [])]


def _line(told: _Told) -> LineRow:
    """Turn a line into a row: a quantity at a price, or one sub-row for each step."""
    story, amount_minor = told.story, told.line.amount_minor
    since = _("price since %(day)s") % {"day": story.steps[0].since} if story.steps and story.steps[0].since else ""
    if len(story.steps) != 1 or told.is_part:
        note = _note(story)
        parts, quantity = ((), "") if told.is_part else (story.parts, story.quantity)
        return LineRow(description=story.name, amount_minor=amount_minor, quantity=quantity, parts=parts, note=note)
    (step,) = story.steps
    note = _note(story, since)
    if "percent" in told.steps[0]:
        words = {"charge": story.name, "percent": step.price, "base": step.quantity}
        named = _("%(charge)s, %(percent)s of %(base)s") % words
        return LineRow(description=named, amount_minor=amount_minor, note=note)
    return LineRow(
        description=story.name, amount_minor=amount_minor, quantity=step.quantity, price=step.price, note=note
    )


def _note(story: Story, *more: str) -> str:
    return " · ".join(filter(None, (*more, " ".join(story.how), story.law)))


def _tax(told: _Told, currency: Currency) -> TaxRow:
    if len(told.steps) != 1 or "percent" not in told.steps[0] or told.is_part:
        return TaxRow(name=told.story.name, amount_minor=told.line.amount_minor, law=told.story.law)
    (step,) = told.steps
    return TaxRow(
        name=told.story.name,
        amount_minor=told.line.amount_minor,
        base_minor=round(Fraction(step["quantity"]) * currency.minor_per_major),
        rate_ppm=round(Fraction(step["percent"]) * 10_000),
        law=told.story.law,
    )
