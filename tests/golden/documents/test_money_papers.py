"""The receipt and the statement on paper."""

from __future__ import annotations

import datetime
import re

from hydria.agreements.queries import AccountLine
from hydria.kernel.money import Currency
from hydria.payments.documents import receipt
from hydria.payments.queries import PaidDocument, PaymentCard, TenderCard
from hydria.platform.documents.formats import Formats
from hydria.platform.documents.letterhead import Letterhead
from hydria.receivables.documents import statement
from hydria.receivables.queries import Settlement, Statement, StatementLine

NOW = datetime.datetime(2026, 11, 3, 12, tzinfo=datetime.UTC)
LETTERHEAD = Letterhead(name="Aguas del Valle")
PESOS = Formats.of("es_DO", Currency.of("DOP"))
ACCOUNT = AccountLine(
    account_id=1, number="0045-22871", holder_name="María Núñez", address="Calle del Sol 45", is_open=True
)


def payment(*, reverses_code: str = "") -> PaymentCard:
    """Return a payment of 1,500.00 in cash and by card that settles one invoice and leaves 845.81."""
    return PaymentCard(
        payment_id=1,
        receipt_code="R-00000042",
        account=ACCOUNT,
        amount_minor=150_000,
        received_at=NOW,
        effective_date=NOW.date(),
        taken_by="cajera",
        taken_by_name="Yolanda Mejía",
        till_name="Caja 1",
        journal_id=None,
        tenders=(
            TenderCard(kind="CASH", kind_label="Efectivo", amount_minor=100_000, reference=""),
            TenderCard(kind="CARD", kind_label="Tarjeta", amount_minor=50_000, reference="4242"),
        ),
        settlements=paid_items(),
        paid=(
            PaidDocument(
                kind_label="Factura",
                document_code="B-000123456",
                invoice_id=1,
                due_date=NOW.date(),
                charges=("Agua", "Saneamiento"),
                amount_minor=65_419,
            ),
        ),
        held_minor=84_581,
        balance_after_minor=-84_581,
        reason="Cheque devuelto" if reverses_code else "",
        reverses_id=7 if reverses_code else None,
        reverses_code=reverses_code,
        reversed_by_id=None,
        reversed_by_code="",
        reversal_reason="",
    )


def paid_items() -> tuple[Settlement, ...]:
    """Return what paid an invoice whose charges have two ranks."""
    return tuple(
        Settlement(
            held_item_id=1,
            kind="INVOICE",
            kind_label="Factura",
            source_id=1,
            document_code="B-000123456",
            due_date=NOW.date(),
            rank=rank,
            amount_minor=amount_minor,
        )
        for rank, amount_minor in ((10, 60_000), (50, 5_419))
    )


def statement_of(line_count: int) -> Statement:
    """Return a statement with an invoice of 10.00 every day."""
    first_date = datetime.date(2026, 1, 1)
    days = [first_date + datetime.timedelta(days=number) for number in range(line_count)]
    lines = tuple(
        StatementLine(
            kind="INVOICE",
            kind_label="Factura",
            source_id=number,
            document_code=f"B-{number:09d}",
            effective_date=day,
            due_date=day,
            debit_minor=1_000,
            credit_minor=0,
            open_minor=0,
            balance_minor=1_000 * (number + 1),
        )
        for number, day in enumerate(days)
    )
    return Statement(
        account=ACCOUNT,
        start_date=first_date,
        end_date=datetime.date(2027, 1, 1),
        opening_minor=0,
        debit_minor=1_000 * line_count,
        credit_minor=0,
        closing_minor=1_000 * line_count,
        lines=lines,
    )


class TestReceipt:
    def test_tells_what_was_paid_and_how(self):
        data = receipt.build_data(card=payment(), letterhead=LETTERHEAD, formats=PESOS)

        assert [row["amount"] for row in data["paid"]["rows"]] == ["654.19", "845.81"]
        assert [row["label"] for row in data["tenders"]["rows"]] == ["Efectivo", "Tarjeta 4242"]
        assert data["balance"]["label"] == "Saldo a su favor"

    def test_of_a_reversal_names_the_payment_and_the_reason(self):
        data = receipt.build_data(card=payment(reverses_code="R-00000041"), letterhead=LETTERHEAD, formats=PESOS)

        values = [fact["value"] for fact in data["facts"]]
        assert {"R-00000041", "Cheque devuelto"} <= set(values)
        assert data["amount"].startswith("\N{MINUS SIGN}")

    def test_is_eighty_millimeters_wide(self):
        pdf = receipt.render_receipt(card=payment(), letterhead=LETTERHEAD, formats=PESOS)

        (width_pt,) = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ", pdf)
        assert round(float(width_pt) / 72 * 25.4) == 80


class TestStatement:
    def test_carries_the_balance_from_opening_to_closing(self):
        data = statement.build_data(card=statement_of(3), letterhead=LETTERHEAD, formats=PESOS, issue_date=NOW.date())

        assert [line[-1] for line in data["lines"]] == ["10.00", "20.00", "30.00"]
        assert data["totals"]["balance"] == "30.00"

    def test_goes_on_over_as_many_pages_as_it_needs(self):
        pdf = statement.render_statement(card=statement_of(150), letterhead=LETTERHEAD, formats=PESOS, created_at=NOW)

        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 3
