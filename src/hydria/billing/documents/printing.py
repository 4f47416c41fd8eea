"""Fill invoice cards from what was billed: the only place where the paper meets the tables."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from hydria.billing.documents import invoice as paper
from hydria.billing.documents.card import (
    BlockRow,
    CustomerBlock,
    InvoiceCard,
    LineRow,
    MeterRow,
    MonthBar,
    PaymentSlip,
    SupplyBlock,
    TaxRow,
)
from hydria.billing.models import Invoice, Segment
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
from hydria.tariffs.queries import VersionCard

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
    found = Invoice.objects.select_related("account", "number", "run__period").in_bulk(list(invoice_ids))
    segments: dict[int, list[Segment]] = {invoice_id: [] for invoice_id in invoice_ids}
    related = ("service_point__service", "service_point__premise")
    for segment in (
        Segment.objects.filter(invoice_id__in=list(invoice_ids))
        .select_related(*related)
        .prefetch_related("lines")
        .order_by("id")
    ):
        segments[segment.invoice_id].append(segment)
    builder = _CardBuilder(segments=[segment for group in segments.values() for segment in group])
    return [builder.build(found[invoice_id], segments[invoice_id]) for invoice_id in invoice_ids]


class _CardBuilder:
    """What the cards of one batch share: the company, the tariffs, the meters and their past."""

    def __init__(self, *, segments: Sequence[Segment]) -> None:
        self.company: CompanyCard = platform.get_company()
        self.letterhead: Letterhead = platform.get_letterhead()
        self.versions: dict[int, VersionCard] = {
            version_id: tariffs.get_version(version_id=version_id)
            for version_id in {segment.tariff_version_id for segment in segments}
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

    def build(self, invoice: Invoice, segments: Sequence[Segment]) -> InvoiceCard:
        """Fill one invoice's card in its account's language."""
        number = getattr(invoice, "number", None)
        period = invoice.run.period
        issue_date = number.issue_date if number else period.issue_date
        language = invoice.account.language or self.company.language
        formats = Formats.of(locale_name(language=language, country=self.company.country), self.company.currency)
        metered = next((segment for segment in segments if segment.consumption_id), segments[0])
        with translation.override(formats.locale.language):
            return InvoiceCard(
                letterhead=self.letterhead,
                locale=str(formats.locale),
                currency=self.company.currency,
                is_draft=number is None,
                invoice_number=number.code if number else "",
                account_number=invoice.account.number,
                customer=CustomerBlock(
                    name=invoice.holder_name,
                    tax_id=invoice.holder_tax_id,
                    address_lines=(invoice.account.delivery_address or invoice.address,),
                ),
                supply=SupplyBlock(
                    service_point_number=metered.service_point.number,
                    address=metered.service_point.premise.address,
                    tariff_name=_titled(self.versions[metered.tariff_version_id], formats.locale.language),
                    cadastral_code=metered.service_point.premise.cadastral_code or "",
                ),
                issue_date=issue_date,
                due_date=number.due_date if number else period.due_date,
                period=Period(metered.start_date, metered.end_date),
                meters=tuple(row for segment in segments for row in self._meters(segment)),
                lines=tuple(row for segment in segments for row in self._lines(segment, formats)),
                taxes=tuple(row for segment in segments for row in self._taxes(segment, formats)),
                total_minor=invoice.total_minor,
                previous_balance_minor=get_balance_at(account_id=invoice.account_id, end_date=issue_date),
                history=self._history(metered),
                slip=PaymentSlip(reference=number.code, qr_text=number.code) if number else None,
            )

    def _lines(self, segment: Segment, formats: Formats) -> list[LineRow]:
        version = self.versions[segment.tariff_version_id]
        charges = {charge.id: charge for charge in version.charges}
        unit = version.compiled.form.unit.replace("m3", "m³")
        lines = sorted(segment.lines.all(), key=lambda line: charges[line.charge_id].position)
        return [
            _line(
                charges[line.charge_id].name_in(formats.locale.language),
                line.amount_minor,
                line.explanation,
                unit,
                formats,
            )
            for line in lines
            if not (charges[line.charge_id].is_tax or charges[line.charge_id].is_memo)
        ]

    def _taxes(self, segment: Segment, formats: Formats) -> list[TaxRow]:
        charges = {charge.id: charge for charge in self.versions[segment.tariff_version_id].charges}
        return [
            _tax(
                charges[line.charge_id].name_in(formats.locale.language),
                line.amount_minor,
                line.explanation,
                formats.currency,
            )
            for line in segment.lines.all()
            if charges[line.charge_id].is_tax and not charges[line.charge_id].is_memo
        ]

    def _meters(self, segment: Segment) -> list[MeterRow]:
        """Return one row for each meter that measured, in the order in which they hung at the point."""
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
        return [
            _meter_row(installation, used, is_first=index == 0, is_last=index == len(here) - 1)
            for index, installation in enumerate(here)
        ]

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


def _meter_row(installation: InstallationCard, used: ConsumptionCard, *, is_first: bool, is_last: bool) -> MeterRow:
    previous_milli = used.previous_milli if is_first else installation.initial_milli
    current_milli = used.current_milli if is_last else installation.final_milli
    volume_l = used.quantity_milli or 0
    if not (is_first and is_last):
        # A meter that was exchanged shows what it measured itself; the estimated part stays in the consumption.
        volume_l = current_milli - previous_milli if current_milli is not None and previous_milli is not None else 0
    return MeterRow(
        serial=installation.serial,
        previous_date=used.start_date if is_first else installation.from_date,
        previous_milli=previous_milli,
        current_date=used.end_date if is_last else installation.until_date or used.end_date,
        current_milli=current_milli,
        volume_l=volume_l,
        is_current_estimated=is_last and used.kind == "ESTIMATED",
    )


def _line(name: str, amount_minor: int, told: dict[str, Any], unit: str, formats: Formats) -> LineRow:
    """Turn a stored explanation into a row: a quantity at a price, or one sub-row for each step."""
    steps = _steps(told)
    if len(steps) == 1 and "percent" in steps[0]:
        percent = formats.percent(round(Fraction(steps[0]["percent"]) * 10_000))
        base = formats.amount(round(Fraction(steps[0]["quantity"]) * formats.currency.minor_per_major))
        named = _("%(charge)s, %(percent)s of %(base)s") % {"charge": name, "percent": percent, "base": base}
        return LineRow(description=named, amount_minor=amount_minor)
    rows = [_block(index, step) for index, step in enumerate(steps, start=1)]
    if len(rows) == 1 and rows[0].price_micro is not None:
        (row,) = rows
        return LineRow(
            description=name, amount_minor=amount_minor, unit=unit,
            quantity_milli=row.quantity_milli, price_micro=row.price_micro,
        )  # fmt: skip
    return LineRow(
        description=name, amount_minor=amount_minor, unit=unit, steps=tuple(rows) if len(rows) > 1 else (),
        quantity_milli=_whole_quantity(steps),
    )  # fmt: skip


def _steps(told: dict[str, Any]) -> list[dict[str, str]]:
    """Return the steps of an explanation; a price that changed inside the period has several parts."""
    return [step for part in told.get("parts", [told]) for step in part.get("steps", [])]


def _whole_quantity(steps: list[dict[str, str]]) -> int | None:
    """Return what the priced steps come to together, added up before rounding."""
    priced = [Fraction(step["quantity"]) for step in steps if "quantity" in step and "price" in step]
    return round(sum(priced) * 1000) if priced else None


def _block(number: int, step: dict[str, str]) -> BlockRow:
    # Steps of a price that changed inside the period can be endless decimals; the paper shows them rounded.
    is_priced = "quantity" in step and "price" in step
    return BlockRow(
        description=_("Block %(number)d") % {"number": number} if is_priced else _("Base amount"),
        quantity_milli=round(Fraction(step["quantity"]) * 1000) if is_priced else None,
        price_micro=round(Fraction(step["price"]) * 1_000_000) if is_priced else None,
        amount_nano=round(Fraction(step["amount"]) * 1_000_000_000),
    )


def _tax(name: str, amount_minor: int, told: dict[str, Any], currency: Currency) -> TaxRow:
    steps = _steps(told)
    if len(steps) != 1 or "percent" not in steps[0]:
        return TaxRow(name=name, amount_minor=amount_minor)
    return TaxRow(
        name=name,
        amount_minor=amount_minor,
        base_minor=round(Fraction(steps[0]["quantity"]) * currency.minor_per_major),
        rate_ppm=round(Fraction(steps[0]["percent"]) * 10_000),
    )
