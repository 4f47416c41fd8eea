"""
The shapes of requests and answers.

Money is whole minor units of the company's currency, quantities thousandths of their unit, days ISO dates; `end_date`
is the day after the last one.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema

BIGINT_MAX = 2**63 - 1
AMOUNT_MAX_MINOR = 10**15
NO_CONTROL_CHARACTERS = r"^[^\x00-\x1f]*$"

Id = Annotated[int, Field(ge=1, le=BIGINT_MAX, examples=[1234])]
AmountMinor = Annotated[int, Field(gt=0, le=AMOUNT_MAX_MINOR, description="Minor units", examples=[65419])]
QuantityMilli = Annotated[int, Field(ge=0, le=10**13, description="Thousandths of the unit", examples=[1222500])]


def text(length_max: int, *, length_min: int = 0, **more: Any) -> Any:  # pydantic's own type
    """Describe a line of text without control characters."""
    return Field(min_length=length_min, max_length=length_max, pattern=NO_CONTROL_CHARACTERS, **more)


Number = Annotated[str, text(30, description="Our own number; leave it empty to take the next one", examples=[""])]
Line = Annotated[str, text(200)]
LongLine = Annotated[str, text(300)]
Reason = Annotated[str, text(250, length_min=1, examples=["Requested by the holder"])]
Code = Annotated[str, text(60, length_min=1)]


class IdentifierIn(Schema):
    """An official number of a party."""

    kind: Literal["TAX", "NATIONAL", "PASSPORT", "OTHER"] = Field(examples=["NATIONAL"])
    country: Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["DO"])]
    value: Annotated[str, text(40, length_min=1, examples=["001-1234567-8"])]


class IdentifierOut(Schema):
    """An official number of a party, as kept."""

    kind: str = Field(examples=["NATIONAL"])
    country: str = Field(examples=["DO"])
    value: str = Field(examples=["00112345678"])


class PartyIn(Schema):
    """A person or an organization to register."""

    kind: Literal["PERSON", "ORGANIZATION"] = Field(examples=["PERSON"])
    name: Annotated[str, text(200, length_min=1, examples=["María Núñez"])]
    identifiers: Annotated[list[IdentifierIn], Field(max_length=10, examples=[[]])] = []
    number: Number = ""
    email: Annotated[str, text(254, examples=["maria@example.org"])] = ""
    phone: Annotated[str, text(50, examples=["809 555 0101"])] = ""
    address: LongLine = ""
    language: Literal["", "es", "en", "el"] = ""


OwnFields = Annotated[
    dict[str, Any],
    Field(
        default_factory=dict, description="What the company's own fields hold, by code", examples=[{"GATE_KEY": "A7"}]
    ),
]


class PartyOut(Schema):
    """A person or an organization."""

    id: int
    number: str
    kind: str
    name: str
    email: str
    phone: str
    address: str
    language: str
    is_protected: bool
    identifiers: list[IdentifierOut]
    own_fields: OwnFields

    @staticmethod
    def resolve_identifiers(party: Any) -> list[Any]:  # a row of another context
        """Return the identifiers that were loaded with the party."""
        return list(party.identifiers.all())


class PremiseIn(Schema):
    """A place to register."""

    address: Annotated[str, text(300, length_min=1, examples=["Calle del Sol 45"])]
    city: Annotated[str, text(100, examples=["Santiago"])] = ""
    cadastral_code: Annotated[str, text(60)] = ""
    number: Number = ""


class PremiseOut(Schema):
    """A place."""

    id: int
    number: str
    cadastral_code: str | None
    address: str
    city: str
    own_fields: OwnFields


class ServicePointIn(Schema):
    """A point to register: where one service is delivered, for how many units of which category."""

    premise_id: Id
    service_code: Annotated[Code, Field(examples=["water"])]
    route_code: Annotated[Code, Field(examples=["R-01"])]
    category_code: Annotated[Code, Field(examples=["household"])]
    unit_count: Annotated[int, Field(ge=1, le=100_000, examples=[1])] = 1
    is_metered: bool = True
    is_disconnectable: bool = True
    number: Number = ""


class UnitsOut(Schema):
    """Units of a category at a point, dated."""

    category: str
    unit_count: int
    start_date: datetime.date
    end_date: datetime.date | None


class ServicePointOut(Schema):
    """Where one service is delivered."""

    id: int
    number: str
    premise_id: int
    service: str
    route: str
    route_sequence: int
    is_metered: bool
    is_disconnectable: bool
    units: list[UnitsOut]
    own_fields: OwnFields


class AccountIn(Schema):
    """An account to open for a holder."""

    holder_id: Id
    delivery_mode: Literal["PAPER", "EMAIL"] = Field(default="PAPER")
    delivery_address: LongLine = ""
    language: Literal["", "es", "en", "el"] = ""
    number: Number = ""


class AccountOut(Schema):
    """The current account of a customer."""

    id: int
    number: str
    holder_name: str | None
    address: str | None
    delivery_mode: str
    delivery_address: str
    language: str
    opened_date: datetime.date
    closed_date: datetime.date | None
    own_fields: OwnFields


class AgreementIn(Schema):
    """A service agreement to begin."""

    account_id: Id
    service_point_id: Id
    start_date: datetime.date = Field(examples=["2026-11-01"])
    tariff_code: Annotated[Code, Field(examples=["agua_urbana"])]
    category_code: Annotated[Code, Field(examples=["household"])]
    number: Number = ""


class TermsOut(Schema):
    """What was agreed, from a day on."""

    tariff_code: str
    category: str
    inputs: dict[str, Any]
    start_date: datetime.date
    end_date: datetime.date | None


class AgreementOut(Schema):
    """What was agreed for one service at one point."""

    id: int
    number: str
    account_id: int
    service_point_id: int
    start_date: datetime.date
    end_date: datetime.date | None
    terms: list[TermsOut]


class RegisterOut(Schema):
    """One dial of a meter."""

    id: int
    channel: str
    unit: str
    digits: int
    multiplier: int


class InstallationOut(Schema):
    """A meter's time at a point."""

    service_point_id: int
    start_date: datetime.date
    end_date: datetime.date | None
    initial_milli: int
    final_milli: int | None


class MeterOut(Schema):
    """A device with its dials and where it has been."""

    id: int
    serial: str
    make: str
    model: str
    size: str
    registers: list[RegisterOut]
    installations: list[InstallationOut]
    own_fields: OwnFields


class ReadingIn(Schema):
    """One reading to record; it names its dial, or the serial of an installed meter and, if not the main one, the channel."""

    register_id: Id | None = None
    serial: Annotated[str, text(40, examples=["H0000146"])] = ""
    channel: Annotated[str, text(20, examples=["MAIN", "LOW"])] = "MAIN"
    read_date: datetime.date = Field(examples=["2026-11-01"])
    value_milli: QuantityMilli | None = None
    observation: Annotated[str, text(20, description="Why nothing could be read, or what was odd")] = ""


class ReadingsIn(Schema):
    """Readings to record; each is judged by itself."""

    readings: Annotated[list[ReadingIn], Field(min_length=1, max_length=20_000)]
    reader: Annotated[str, text(80, examples=["route 12"])] = ""


class RecordedOut(Schema):
    """What became of one reading, in the order sent."""

    status: str = Field(
        description="ACCEPTED, REPEATED (recorded before, the same), CONFLICT (another value that day), or why not",
        examples=["ACCEPTED"],
    )
    reading_id: int | None


class RecordedReadingsOut(Schema):
    """What became of each reading."""

    accepted_count: int
    rows: list[RecordedOut]


class ReadingOut(Schema):
    """What a dial showed on a day."""

    id: int
    register_id: int
    read_date: datetime.date
    value_milli: int | None
    observation: str
    source: str
    reader: str


class InvoiceOut(Schema):
    """A numbered invoice."""

    id: int
    code: str = Field(examples=["F-00001779"])
    account_id: int
    holder_name: str
    issue_date: datetime.date
    due_date: datetime.date
    total_minor: int = Field(examples=[65419])
    tax_minor: int
    currency: str = Field(examples=["DOP"])


class InvoiceLineOut(Schema):
    """One charge of an invoice."""

    id: int
    name: str
    is_tax: bool
    amount_minor: int


class InvoiceSegmentOut(Schema):
    """One service of an invoice."""

    agreement_number: str
    service: str
    point_number: str
    tariff_code: str
    start_date: datetime.date
    end_date: datetime.date
    quantity_milli: int
    unit: str
    total_minor: int
    lines: list[InvoiceLineOut]


class InvoiceFeeOut(Schema):
    """What an invoice takes of a quotation; a credit note gives it back below zero."""

    quotation_id: int
    quotation_code: str
    name: str
    position: int
    instalment_count: int
    total_minor: int
    lines: list[InvoiceLineOut]


class InvoiceDetailOut(InvoiceOut):
    """A numbered invoice with what it bills; `credits_id` is the invoice that a credit note takes lines back from."""

    credits_id: int | None
    segments: list[InvoiceSegmentOut]
    fees: list[InvoiceFeeOut]


class StoryStepOut(Schema):
    """One step of a line: so much at this price, since when, makes that."""

    name: str
    quantity: str = Field(examples=["10 m³"])
    price: str = Field(examples=["18.50"])
    since: str = Field(examples=["1 Jan 2026"])
    amount: str = Field(examples=["185.00"])


class StoryPartOut(Schema):
    """The steps at the prices of one stretch of days."""

    days: str
    steps: list[StoryStepOut]


class StoryOut(Schema):
    """How a line came about, in the words and numbers of `Accept-Language`: what the desk and the invoice say."""

    name: str
    amount: str
    quantity: str
    parts: list[StoryPartOut]
    how: list[str]
    rounding: list[str]
    law: str


class LineExplanationOut(Schema):
    """How a line came about: quantities, prices, the exact amount and its rounding; for programs and in words."""

    name: str
    amount_minor: int
    source: str
    tariff_code: str
    tariff_sequence: int
    version_hash: str
    start_date: datetime.date
    end_date: datetime.date
    told: dict[str, Any] = Field(
        examples=[{"steps": [{"quantity": "10", "unit": "m3", "price": "18.5", "amount": "185"}], "exact": "185"}]
    )
    story: StoryOut


class BalanceOut(Schema):
    """How an account stands now."""

    account_id: int
    currency: str = Field(examples=["DOP"])
    balance_minor: int = Field(description="Owed less held; negative is in the customer's favor")
    owed_minor: int
    overdue_minor: int
    held_minor: int
    oldest_due_date: datetime.date | None


class OpenItemOut(Schema):
    """A debt that is not settled in full."""

    id: int
    kind: str
    document_code: str
    effective_date: datetime.date
    due_date: datetime.date
    amount_minor: int
    open_minor: int
    is_overdue: bool


class StatementLineOut(Schema):
    """One movement of a statement."""

    kind: str
    document_code: str
    effective_date: datetime.date
    due_date: datetime.date
    debit_minor: int
    credit_minor: int
    balance_minor: int


class StatementOut(Schema):
    """The movements of an account in some days, from opening to closing balance."""

    account_id: int
    currency: str
    start_date: datetime.date
    end_date: datetime.date
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int
    lines: list[StatementLineOut]


class TenderIn(Schema):
    """One form of the money."""

    kind: Literal["CASH", "CARD", "CHECK", "TRANSFER"] = Field(examples=["TRANSFER"])
    amount_minor: AmountMinor
    reference: Annotated[str, text(60, examples=["TRX-88213"])] = ""


class PaymentIn(Schema):
    """Money received for an account."""

    account_id: Id
    tenders: Annotated[list[TenderIn], Field(min_length=1, max_length=20)]
    effective_date: datetime.date | None = Field(
        default=None, description="The day the money counts; today when left out", examples=["2026-11-03"]
    )
    item_ids: Annotated[list[Id], Field(min_length=1, max_length=500)] | None = Field(
        default=None, description="Debts to settle; the company's rule decides when left out", examples=[None]
    )


class PaymentReverse(Schema):
    """Why a payment is given back."""

    reason: Reason


class TenderOut(Schema):
    """One form of the money."""

    kind: str
    amount_minor: int
    reference: str


class PaymentOut(Schema):
    """Money received for an account, or given back when it reverses another payment."""

    id: int
    receipt_code: str = Field(examples=["R-00000042"])
    account_id: int
    amount_minor: int
    currency: str
    received_at: datetime.datetime
    effective_date: datetime.date
    reverses_id: int | None
    reason: str


class SettlementOut(Schema):
    """Part of a debt that the payment settles now."""

    kind: str
    document_code: str
    amount_minor: int


class PaymentDetailOut(PaymentOut):
    """A payment with its tenders and what it settles."""

    tenders: list[TenderOut]
    settlements: list[SettlementOut]
    held_minor: int = Field(description="What of it is held for the customer")
    reversed_by_id: int | None
