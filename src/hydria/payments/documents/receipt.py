"""Put a payment into the words of its receipt (PAY-05)."""

from __future__ import annotations

from babel.dates import format_datetime
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from hydria.payments.queries import PaymentCard
from hydria.platform.documents import barcodes, compiler
from hydria.platform.documents.formats import Formats
from hydria.platform.documents.letterhead import Letterhead

TEMPLATE = "payments/documents/receipt.typ"


def render_receipt(*, card: PaymentCard, letterhead: Letterhead, formats: Formats) -> bytes:
    """Render the receipt of a payment or of its reversal, 80 mm wide and as long as it needs."""
    data = build_data(card=card, letterhead=letterhead, formats=formats)
    return compiler.render_pdf(template=TEMPLATE, data=data, created_at=card.received_at)


def build_data(*, card: PaymentCard, letterhead: Letterhead, formats: Formats) -> dict[str, object]:
    """Spell a payment in the language of the formats, as the plain data that the template lays out."""
    with translation.override(formats.locale.language):
        received_at = format_datetime(timezone.localtime(card.received_at), "d MMM y HH:mm", locale=formats.locale)
        facts = [
            (_("Receipt"), card.receipt_code),
            (_("Date"), received_at),
            (_("Account"), card.account.number),
            (_("Customer"), card.account.holder_name),
            (_("Served by"), " · ".join(part for part in (card.taken_by_name, card.till_name) if part)),
            (_("Gives back"), card.reverses_code),
            (_("Reason"), card.reason),
        ]
        paid = [(document.document_code or document.kind_label, document.amount_minor) for document in card.paid]
        if card.held_minor:
            paid.append((_("Held for your next invoice"), card.held_minor))
        tenders = [
            (" ".join(filter(None, (tender.kind_label, tender.reference))), tender.amount_minor)
            for tender in card.tenders
        ]
        balance = _("Balance in your favor") if card.balance_after_minor < 0 else _("Balance after this payment")
        return {
            "language": formats.locale.language,
            "country": formats.locale.territory,
            "letterhead": letterhead.to_data(),
            "title": _("Payment given back") if card.reverses_id else _("Payment receipt"),
            "number": card.receipt_code,
            "facts": [{"label": label, "value": value} for label, value in facts if value],
            "amount": formats.money(-card.amount_minor if card.reverses_id else card.amount_minor),
            "paid": {"title": _("What you paid"), "rows": _rows(paid, formats)},
            "tenders": {"title": _("How you paid"), "rows": _rows(tenders, formats)},
            "balance": {"label": balance, "amount": formats.money(abs(card.balance_after_minor))},
            "qr": barcodes.qr_svg(card.receipt_code),
            "qr_alt": _("QR code of this receipt"),
            "thanks": _("Thank you. Keep this receipt: it proves your payment."),
        }


def _rows(amounts: list[tuple[str, int]], formats: Formats) -> list[dict[str, str]]:
    return [{"label": label, "amount": formats.amount(amount_minor)} for label, amount_minor in amounts]
