"""
What an invoice on paper holds: frozen cards without a word of any language in them, except names, descriptions and
the stories of the lines, which tariffs tell in the customer's language.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum

from hydria.kernel.money import Currency
from hydria.kernel.periods import Period
from hydria.platform.documents.letterhead import Letterhead
from hydria.tariffs.documents.explaining import Part


class DocumentKind(StrEnum):
    """Name what the paper is; its heading follows."""

    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"
    DEBIT_NOTE = "DEBIT_NOTE"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerBlock:
    """Say who receives the invoice and where the letter goes."""

    name: str
    tax_id: str = ""
    address_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyBlock:
    """Say where the service is delivered and on which tariff."""

    service_point_number: str
    address: str
    tariff_name: str = ""
    category_name: str = ""
    cadastral_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterRow:
    """
    Show one meter's two readings and what passed between them.

    Values are thousandths of the meter's unit, as read on the dial; `volume_l` is what they come to after roll-over
    and multiplier. A value that was never recorded is None.
    """

    serial: str
    previous_date: datetime.date
    previous_milli: int | None
    current_date: datetime.date
    current_milli: int | None
    volume_l: int
    is_previous_estimated: bool = False
    is_current_estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """
    Show one line of the invoice; `quantity` and `price` are spelled, and empty where the charge has no single one.

    parts  the steps that explain the amount, spelled; a line of a single step needs none
    note   how the line came about besides its steps, and the law
    """

    description: str
    amount_minor: int
    quantity: str = ""
    price: str = ""
    parts: tuple[Part, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRow:
    """Sum one tax; base and rate are None where it is not a percentage; `law` names the article it rests on."""

    name: str
    amount_minor: int
    base_minor: int | None = None
    rate_ppm: int | None = None
    law: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthBar:
    """Hold one column of the consumption chart."""

    period: Period
    volume_l: int
    is_estimated: bool = False

    @property
    def per_day_l(self) -> int:
        """Return the average per day, so that long and short periods can be compared."""
        return round(self.volume_l / self.period.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSlip:
    """
    Hold what a till, a bank or a telephone scans to pay.

    reference  up to 25 characters; the number that a collector sends back
    qr_text    what the QR code opens: the portal's payment page or the country's payment string
    """

    reference: str
    qr_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceCard:
    """
    Hold everything an invoice says on paper.

    locale    language and country, such as `es_DO`: decides words, dates and separators
    supply, period  None on an invoice that bills fees alone, and on a credit note
    history   up to 13 periods, oldest first, the invoice's own last
    slip      None where there is nothing to pay or another way to pay was agreed
    rounding  the ways in which its lines were rounded
    Guarantee: lines and taxes sum to `total_minor`; the amount due is that plus the previous balance.
    """

    letterhead: Letterhead
    locale: str
    currency: Currency
    kind: DocumentKind = DocumentKind.INVOICE
    is_draft: bool = False
    invoice_number: str = ""
    credits_number: str = ""
    account_number: str
    customer: CustomerBlock
    supply: SupplyBlock | None
    issue_date: datetime.date
    due_date: datetime.date
    period: Period | None
    meters: tuple[MeterRow, ...] = ()
    lines: tuple[LineRow, ...]
    taxes: tuple[TaxRow, ...] = ()
    total_minor: int
    previous_balance_minor: int = 0
    history: tuple[MonthBar, ...] = ()
    slip: PaymentSlip | None = None
    messages: tuple[str, ...] = ()
    rounding: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lines_minor = sum(line.amount_minor for line in self.lines)
        taxes_minor = sum(tax.amount_minor for tax in self.taxes)
        assert lines_minor + taxes_minor == self.total_minor

    @property
    def due_minor(self) -> int:
        """Return what the account owes after this document; below zero it is the customer's credit."""
        return self.total_minor + self.previous_balance_minor
