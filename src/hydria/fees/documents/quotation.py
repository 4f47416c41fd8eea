"""Put a quotation into words and onto paper (BIL-13)."""

from __future__ import annotations

import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from hydria.agreements.queries import AccountCard
from hydria.fees.queries import QuotationCard, QuotedLineCard
from hydria.platform.documents import compiler
from hydria.platform.documents.formats import Formats
from hydria.platform.documents.letterhead import Letterhead
from hydria.tariffs.documents.explaining import Story, explain_line

TEMPLATE = "fees/documents/quotation.typ"


def tell_line(card: QuotationCard, line: QuotedLineCard, *, formats: Formats) -> Story:
    """Return how a quoted line came about, in the active language."""
    return explain_line(
        line.told,
        name=line.name,
        amount_minor=line.amount_minor,
        total_days=1,
        law=line.source,
        names_by_label=card.names_by_label,
        formats=formats,
    )


def render_quotation(*, card: QuotationCard, account: AccountCard, letterhead: Letterhead, formats: Formats) -> bytes:
    """
    Render a quotation as a PDF file in the language of the formats, which is also that of the card.

    The instant in the file is that of the quotation, so the same one gives the same bytes on any day.
    """
    data = build_data(card=card, account=account, letterhead=letterhead, formats=formats)
    created_at = datetime.datetime.combine(card.quoted_date, datetime.time(), tzinfo=datetime.UTC)
    return compiler.render_pdf(template=TEMPLATE, data=data, created_at=created_at)


def build_data(
    *, card: QuotationCard, account: AccountCard, letterhead: Letterhead, formats: Formats
) -> dict[str, object]:
    """Spell a quotation as the plain data that the template lays out."""
    with translation.override(formats.locale.language):
        holder = account.holder.name if account.holder else account.number
        addresses = [agreement.address for agreement in account.agreements[:1]]
        sentences = [
            _("This quotation holds up to %s. Nothing is owed until it is accepted.") % formats.date(card.expires_date)
        ]
        if card.instalments_max > 1:
            sentences.append(
                _("It can be paid in up to %d equal parts without interest, one on each of the next invoices.")
                % card.instalments_max
            )
        facts = [
            (_("Account no."), account.number),
            (_("Quoted on"), formats.date(card.quoted_date)),
            (_("Holds up to"), formats.date(card.expires_date)),
            (_("For"), card.note),
            *card.inputs,
        ]
        return {
            "language": formats.locale.language,
            "country": formats.locale.territory,
            "letterhead": letterhead.to_data(),
            "title": _("Quotation"),
            "subtitle": card.code,
            "recipient": [holder, *filter(None, addresses)],
            "facts": [{"label": label, "value": value} for label, value in facts if value],
            "header": [card.fee_name, formats.currency.code],
            "lines": [_line(card, line, formats) for line in card.lines],
            "total": {"label": _("Total"), "amount": formats.money(card.total_minor)},
            "sentences": sentences,
            "signatures": [
                {"name": holder, "role": _("Accepted by the customer")},
                {"name": letterhead.name, "role": _("The company")},
            ],
            "notice": f"{letterhead.name}  ·  {_('Quotation')} {card.code}",
        }


def _line(card: QuotationCard, line: QuotedLineCard, formats: Formats) -> dict[str, str]:
    story = tell_line(card, line, formats=formats)
    steps = [f"{step.quantity} × {step.price}" for step in story.steps if step.quantity and step.price]
    return {
        "name": line.name,
        "amount": formats.amount(line.amount_minor),
        "note": " · ".join(filter(None, (*steps, " ".join(story.how), story.law))),
    }
