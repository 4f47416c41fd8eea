"""Put an invoice's card into the words of its reader, and the words onto paper (BIL-08)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from django.utils import translation
from django.utils.translation import gettext as _

from hydria.billing.documents.card import DocumentKind, InvoiceCard, LineRow, MeterRow, MonthBar, TaxRow
from hydria.kernel.periods import Period
from hydria.platform.documents import barcodes, compiler
from hydria.platform.documents.formats import Formats
from hydria.tariffs.documents.explaining import Step

TEMPLATE = "billing/documents/invoice.typ"


def render_invoice(*, card: InvoiceCard, created_at: datetime.datetime) -> bytes:
    """Render one invoice as a PDF file; the same card and instant give the same bytes."""
    return compiler.render_pdf(template=TEMPLATE, data=build_data(card), created_at=created_at)


def render_invoices(*, cards: Iterable[InvoiceCard], created_at: datetime.datetime) -> Iterator[bytes]:
    """Yield print files of up to `compiler.BATCH_SIZE` invoices each."""
    return compiler.render_batch(template=TEMPLATE, documents=map(build_data, cards), created_at=created_at)


def build_data(card: InvoiceCard) -> dict[str, object]:
    """
    Spell a card in its own language, as the plain data that the template lays out.

    :raises ValueError: if the payment slip's reference does not fit a barcode.
    """
    formats = Formats.of(card.locale, card.currency)
    with translation.override(formats.locale.language):
        return {
            "language": formats.locale.language,
            "country": formats.locale.territory,
            "letterhead": card.letterhead.to_data(),
            "title": _title(card),
            "number": card.invoice_number,
            "watermark": _("DRAFT") if card.is_draft else "",
            "recipient": [card.customer.name, *card.customer.address_lines],
            "due": _due(card, formats),
            "facts": _facts(card, formats),
            "meters": _meters(card.meters, formats),
            "chart": _chart(card, formats),
            "charges": _charges(card, formats),
            "messages": {"title": _("For your information"), "texts": list(card.messages)},
            "slip": _slip(card, formats),
            "notice": _notice(card),
        }


def _title(card: InvoiceCard) -> str:
    titles = {
        DocumentKind.INVOICE: _("Invoice"),
        DocumentKind.CREDIT_NOTE: _("Credit note"),
        DocumentKind.DEBIT_NOTE: _("Debit note"),
    }
    return titles[card.kind]


def _notice(card: InvoiceCard) -> str:
    if card.is_draft:
        return _("This draft shows how the invoice will look. It is not a fiscal document and nothing is owed on it.")
    invoice, account = f"{_('Invoice no.')} {card.invoice_number}", f"{_('Account no.')} {card.account_number}"
    return f"{card.letterhead.name}  ·  {invoice}  ·  {account}"


def _due(card: InvoiceCard, formats: Formats) -> dict[str, str]:
    if card.due_minor <= 0:
        label, note = _("Your balance is in credit"), _("Nothing to pay. It lowers your next invoice.")
        return {"label": label, "amount": formats.money(-card.due_minor), "note": note}
    note = _("Pay by %(date)s") % {"date": formats.date(card.due_date)}
    return {"label": _("Total to pay"), "amount": formats.money(card.due_minor), "note": note}


def _facts(card: InvoiceCard, formats: Formats) -> list[dict[str, str]]:
    rows = [
        (_("Account no."), card.account_number),
        (_("Issued on"), formats.date(card.issue_date)),
        (_("Takes back from invoice"), card.credits_number),
    ]
    if card.period is not None:
        days = translation.ngettext("%(days)d day", "%(days)d days", card.period.days) % {"days": card.period.days}
        rows += [(_("Period"), formats.period(card.period)), (_("Days"), days)]
    rows.append((_("Customer tax number"), card.customer.tax_id))
    if card.supply is not None:
        rows[-1:-1] = [(_("Service point"), card.supply.service_point_number)]
        rows += [
            (_("Supply address"), card.supply.address),
            (_("Tariff"), card.supply.tariff_name),
            (_("Category"), card.supply.category_name),
            (_("Cadastral code"), card.supply.cadastral_code),
        ]
    return [{"label": label, "value": value} for label, value in rows if value]


def _meters(meters: tuple[MeterRow, ...], formats: Formats) -> dict[str, object]:
    mark = _("estimated")
    rows = [
        {
            "serial": meter.serial,
            "previous": _shown(meter.previous_milli, formats),
            "previous_date": formats.date(meter.previous_date),
            "previous_mark": mark if meter.is_previous_estimated else "",
            "current": _shown(meter.current_milli, formats),
            "current_date": formats.date(meter.current_date),
            "current_mark": mark if meter.is_current_estimated else "",
            "volume": formats.quantity(meter.volume_l, "m³"),
        }
        for meter in meters
    ]
    header = [_("Meter"), _("Previous reading"), _("Current reading"), _("Consumption")]
    return {"title": _("Your meter"), "header": header, "rows": rows}


def _shown(value_milli: int | None, formats: Formats) -> str:
    return "–" if value_milli is None else formats.quantity(value_milli)


def _chart(card: InvoiceCard, formats: Formats) -> dict[str, object]:
    if not card.history:
        return {"bars": []}
    bars = card.history[-13:]
    highest = max(1, *(bar.per_day_l for bar in bars))
    columns = [
        {
            "share": max(bar.per_day_l, 0) / highest,
            "value": formats.quantity(bar.volume_l),
            "month": formats.month(_month_of(bar.period)),
            "year": f"{_month_of(bar.period):%y}",
            "is_estimated": bar.is_estimated,
        }
        for bar in bars
    ]
    spoken = "; ".join(f"{column['month']} {column['year']}: {column['value']} m³" for column in columns)
    return {
        "title": _("Your consumption, m³ per invoice"),
        "note": _compare(bars, formats),
        "estimated": _("estimated") if any(bar.is_estimated for bar in bars) else "",
        "height": _("Column height: average per day"),
        "spoken": spoken,
        "bars": columns,
    }


def _month_of(period: Period) -> datetime.date:
    """Return a day of the month in which most of the period lies."""
    return period.start_date + datetime.timedelta(days=period.days // 2)


def _compare(bars: tuple[MonthBar, ...], formats: Formats) -> str:
    volume = formats.quantity(bars[-1].per_day_l * 1000, "L")
    now = _("This period you used %(volume)s on average per day.") % {"volume": volume}
    if len(bars) < 13 or not bars[0].per_day_l:
        return now
    change = bars[-1].per_day_l - bars[0].per_day_l
    percent = {"percent": f"{abs(change) * 100 // bars[0].per_day_l}{formats.percent(0)[1:]}"}
    if change > 0:
        return f"{now} " + _("That is %(percent)s more than a year ago.") % percent
    if change < 0:
        return f"{now} " + _("That is %(percent)s less than a year ago.") % percent
    return f"{now} " + _("That is the same as a year ago.")


def _charges(card: InvoiceCard, formats: Formats) -> dict[str, object]:
    amount_header = _("Amount (%(currency)s)") % {"currency": formats.symbol}
    return {
        "title": _("What you pay for"),
        "header": [_("Description"), _("Quantity"), _("Unit price"), amount_header],
        "lines": [_line(line, formats) for line in card.lines],
        "rounding": " ".join(card.rounding),
        "taxed": [_subtotal(card, formats), *(_tax(tax, formats) for tax in card.taxes)] if card.taxes else [],
        "sums": [
            {"label": _("This invoice"), "amount": formats.amount(card.total_minor)},
            {"label": _("Previous balance"), "amount": formats.amount(card.previous_balance_minor)},
        ],
        "due": {
            "label": _("Balance due") if card.due_minor > 0 else _("Balance"),
            "amount": formats.money(card.due_minor),
        },
    }


def _subtotal(card: InvoiceCard, formats: Formats) -> dict[str, str]:
    amount_minor = sum(line.amount_minor for line in card.lines)
    return {"label": _("Subtotal"), "amount": formats.amount(amount_minor), "note": ""}


def _tax(tax: TaxRow, formats: Formats) -> dict[str, str]:
    label = tax.name if tax.rate_ppm is None else f"{tax.name} {formats.percent(tax.rate_ppm)}"
    base = "" if tax.base_minor is None else _("on %(base)s") % {"base": formats.amount(tax.base_minor)}
    note = " · ".join(filter(None, (base, tax.law)))
    return {"label": label, "amount": formats.amount(tax.amount_minor), "note": note}


def _line(line: LineRow, formats: Formats) -> dict[str, object]:
    rows = []
    for part in line.parts:
        if part.days:
            rows.append({"description": part.days, "quantity": "", "price": "", "amount": ""})
        rows += [
            {
                "description": _step_name(step),
                "quantity": step.quantity,
                "price": step.price,
                "amount": step.amount,
            }
            for step in part.steps
        ]
    return {
        "description": line.description,
        "quantity": line.quantity,
        "price": line.price,
        "amount": formats.amount(line.amount_minor),
        "steps": rows,
        "note": line.note,
    }


def _step_name(step: Step) -> str:
    since = _("price since %(day)s") % {"day": step.since} if step.since else ""
    return ", ".join(filter(None, (step.name, since)))


def _slip(card: InvoiceCard, formats: Formats) -> dict[str, object] | None:
    if card.slip is None or card.due_minor <= 0 or card.is_draft:
        return None
    element_string = barcodes.payment_element_string(
        gln=card.letterhead.gln,
        reference=card.slip.reference,
        amount_minor=card.due_minor,
        currency=card.currency,
    )
    rows = [
        (_("Account no."), card.account_number),
        (_("Invoice no."), card.invoice_number),
        (_("Pay by"), formats.date(card.due_date)),
        (_("To pay"), formats.money(card.due_minor)),
    ]
    return {
        "title": _("Payment slip"),
        "facts": [{"label": label, "value": value} for label, value in rows],
        "name": card.customer.name,
        "barcode": barcodes.gs1_128_svg(element_string),
        "barcode_text": element_string,
        "barcode_alt": _("Barcode to pay this invoice"),
        "qr": barcodes.qr_svg(card.slip.qr_text),
        "qr_alt": _("QR code to pay this invoice"),
        "qr_text": _("Scan to pay"),
    }
