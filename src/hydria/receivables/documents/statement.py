"""Put a statement of account into words and onto paper (REC-01)."""

from __future__ import annotations

import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from hydria.kernel.periods import Period
from hydria.platform.documents import compiler
from hydria.platform.documents.formats import Formats
from hydria.platform.documents.letterhead import Letterhead
from hydria.receivables.queries import Statement, StatementLine

TEMPLATE = "receivables/documents/statement.typ"


def render_statement(
    *, card: Statement, letterhead: Letterhead, formats: Formats, created_at: datetime.datetime
) -> bytes:
    """Render a statement as a PDF file; the same card and instant give the same bytes."""
    data = build_data(card=card, letterhead=letterhead, formats=formats, issue_date=created_at.date())
    return compiler.render_pdf(template=TEMPLATE, data=data, created_at=created_at)


def build_data(
    *, card: Statement, letterhead: Letterhead, formats: Formats, issue_date: datetime.date
) -> dict[str, object]:
    """Spell a statement in the language of the formats, as the plain data that the template lays out."""
    with translation.override(formats.locale.language):
        period = formats.period(Period(card.start_date, card.end_date))
        facts = [
            (_("Account"), card.account.number),
            (_("Period"), period),
            (_("Issued on"), formats.date(issue_date)),
            (_("Currency"), _currency(formats)),
        ]
        sums = [
            (_("Opening balance"), card.opening_minor),
            (_("Charged"), card.debit_minor),
            (_("Credited"), -card.credit_minor),
        ]
        header = [_("Day"), _("Document"), _("Due"), _("Charged"), _("Credited"), _("Balance")]
        return {
            "language": formats.locale.language,
            "country": formats.locale.territory,
            "letterhead": letterhead.to_data(),
            "title": _("Statement of account"),
            "subtitle": period,
            "recipient": [part for part in (card.account.holder_name, card.account.address) if part],
            "facts": [{"label": label, "value": value} for label, value in facts],
            "sums": [{"label": label, "amount": formats.amount(amount_minor)} for label, amount_minor in sums],
            "closing": {
                "label": _("Balance in your favor") if card.closing_minor < 0 else _("Balance"),
                "amount": formats.money(abs(card.closing_minor)),
            },
            "header": header,
            "opening": {"label": _("Balance carried forward"), "amount": formats.amount(card.opening_minor)},
            "lines": [_line(line, formats) for line in card.lines],
            "totals": {
                "label": _("Total"),
                "charged": formats.amount(card.debit_minor),
                "credited": formats.amount(card.credit_minor),
                "balance": formats.amount(card.closing_minor),
            },
            "notice": f"{letterhead.name}  ·  {_('Account')} {card.account.number}",
        }


def _currency(formats: Formats) -> str:
    """Name the currency by code and, where it has one of its own, symbol."""
    code, symbol = formats.currency.code, formats.symbol
    return code if symbol == code else f"{code} ({symbol})"


def _line(line: StatementLine, formats: Formats) -> list[str]:
    return [
        formats.date(line.effective_date),
        " ".join(part for part in (str(line.kind_label), line.document_code) if part),
        formats.date(line.due_date) if line.debit_minor else "",
        formats.amount(line.debit_minor) if line.debit_minor else "",
        formats.amount(line.credit_minor) if line.credit_minor else "",
        formats.amount(line.balance_minor),
    ]
