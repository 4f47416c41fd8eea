"""The invoice on paper: what it says, that it says it in every language, and that a scanner reads it."""

from __future__ import annotations

import dataclasses
import datetime
import re

import pytest
import zxingcpp

from hydria.billing.documents import invoice
from hydria.billing.documents.card import InvoiceCard, LineRow
from hydria.billing.documents.sample import sample_card
from hydria.payments.domain.scanning import reference_in
from hydria.platform.documents import barcodes, compiler

PRINTED_AT = datetime.datetime(2026, 11, 3, 12, tzinfo=datetime.UTC)
LONG_GREEK_NAME = (
    "Παπαδοπούλου-Χατζηκωνσταντίνου Αικατερίνη-Βασιλική του Κωνσταντίνου και ΣΙΑ Ομόρρυθμη Εταιρεία Υδρεύσεων"
)


def page_count(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def crowded(card: InvoiceCard) -> InvoiceCard:
    """Return the card with the longest name and fourteen lines."""
    charges = tuple(LineRow(description=f"Χρέωση {number}", amount_minor=0) for number in range(11))
    return dataclasses.replace(
        card, customer=dataclasses.replace(card.customer, name=LONG_GREEK_NAME), lines=(*card.lines, *charges)
    )


class TestInvoiceData:
    def test_speaks_the_language_and_writes_the_numbers_of_its_locale(self):
        spanish = invoice.build_data(sample_card(locale="es_DO", factor=1000))
        greek = invoice.build_data(sample_card(locale="el_GR", currency="EUR", factor=1000))

        assert spanish["title"] == "Factura"
        assert spanish["due"]["amount"] == "RD$\N{NO-BREAK SPACE}904,190.00"
        assert greek["title"] == "Λογαριασμός"
        assert greek["due"]["amount"] == "904.190,00\N{NO-BREAK SPACE}€"

    @pytest.mark.parametrize(("currency", "spelled"), [("CLP", "90.419"), ("USD", "904,19"), ("TND", "90,419")])
    def test_writes_as_many_decimals_as_the_currency_has(self, currency, spelled):
        data = invoice.build_data(sample_card(locale="es_AR", currency=currency))

        assert spelled in data["due"]["amount"]

    def test_marks_what_was_estimated(self):
        chart = invoice.build_data(sample_card())["chart"]

        assert [bar["is_estimated"] for bar in chart["bars"]].count(True) == 2
        assert chart["estimated"]

    def test_compares_with_the_same_period_a_year_ago(self):
        assert "7\N{NO-BREAK SPACE}%" in invoice.build_data(sample_card())["chart"]["note"]

    def test_asks_for_nothing_when_the_balance_is_in_credit(self):
        data = invoice.build_data(dataclasses.replace(sample_card(), previous_balance_minor=-100_000))

        assert data["slip"] is None
        assert data["due"]["amount"] == "RD$\N{NO-BREAK SPACE}345.81"

    def test_offers_no_way_to_pay_a_draft(self):
        data = invoice.build_data(dataclasses.replace(sample_card(), is_draft=True))

        assert data["slip"] is None
        assert data["watermark"] == "BORRADOR"

    def test_refuses_a_card_whose_lines_do_not_make_its_total(self):
        with pytest.raises(AssertionError):
            dataclasses.replace(sample_card(), total_minor=1)


class TestInvoicePdf:
    def test_is_an_archivable_and_accessible_file(self):
        pdf = invoice.render_invoice(card=sample_card(), created_at=PRINTED_AT)

        assert pdf.startswith(b"%PDF-1.7")
        assert b"pdfaid:part>3" in pdf
        assert b"pdfaid:conformance>A" in pdf
        assert b"pdfuaid:part>1" in pdf

    def test_is_the_same_bytes_for_the_same_card(self):
        first = invoice.render_invoice(card=sample_card(), created_at=PRINTED_AT)
        second = invoice.render_invoice(card=sample_card(), created_at=PRINTED_AT)

        assert first == second

    @pytest.mark.parametrize("locale", ["es_DO", "en_US", "el_GR"])
    def test_stands_on_one_page(self, locale):
        assert page_count(invoice.render_invoice(card=sample_card(locale=locale), created_at=PRINTED_AT)) == 1

    def test_goes_on_over_two_pages_when_crowded(self):
        card = crowded(sample_card(locale="el_GR", currency="EUR", factor=15_000_000))

        assert page_count(invoice.render_invoice(card=card, created_at=PRINTED_AT)) == 2

    def test_prints_a_batch_into_files_of_the_size_asked(self):
        documents = [invoice.build_data(sample_card(number)) for number in range(5)]

        files = list(
            compiler.render_batch(template=invoice.TEMPLATE, documents=documents, created_at=PRINTED_AT, size=2)
        )

        assert [page_count(pdf) for pdf in files] == [2, 2, 1]


class TestPaymentSlip:
    def test_says_company_reference_and_amount_to_a_scanner(self):
        data = invoice.build_data(sample_card())

        assert data["slip"]["barcode_text"] == "(415)7709998000018(8020)000123456(3902)90419"

    def test_draws_bars_that_a_scanner_reads(self):
        element_string = "(415)7709998000018(8020)42(3902)90419"
        drawn = zxingcpp.create_barcode(element_string, zxingcpp.BarcodeFormat.Code128, gs1=True)

        read = zxingcpp.read_barcode(drawn.to_image(scale=2))

        assert drawn.to_svg(add_quiet_zones=False) == barcodes.gs1_128_svg(element_string)
        assert read.content_type == zxingcpp.ContentType.GS1
        assert reference_in(read.text) == "42"

    def test_refuses_more_than_a_barcode_can_hold(self):
        with pytest.raises(ValueError, match="too long"):
            barcodes.gs1_128_svg(f"(415)7709998000018(8020){'7' * 25}(3902)123456")

    def test_refuses_a_location_number_of_the_wrong_length(self):
        with pytest.raises(ValueError, match="Error"):
            barcodes.gs1_128_svg("(415)77099980(8020)42")
