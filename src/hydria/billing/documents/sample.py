"""An invoice that uses everything the page can hold: for trying a layout, for the bench and for the golden tests."""

from __future__ import annotations

import datetime

from hydria.billing.documents.card import (
    CustomerBlock,
    InvoiceCard,
    LineRow,
    MeterRow,
    MonthBar,
    PaymentSlip,
    SupplyBlock,
    TaxRow,
)
from hydria.kernel.money import Currency
from hydria.kernel.periods import Period, add_months
from hydria.platform.documents.formats import Formats
from hydria.platform.documents.letterhead import Letterhead
from hydria.tariffs.documents.explaining import Part, Step

LOGO_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">'
    '<path d="M24 3C15 15 8 22 8 31a16 16 0 0 0 32 0C40 22 33 15 24 3Z" fill="#0b5f8a"/>'
    '<path d="M14 32c4-4 7-4 10 0s6 4 10 0" fill="none" stroke="#fff" stroke-width="3.4" stroke-linecap="round"/>'
    "</svg>"
)
MONTHLY_L = (17_000, 15_200, 14_300, 16_100, 18_800, 21_400, 22_050, 0, 19_800, 20_100, 17_600, 16_900)
ESTIMATED_MONTHS = {6, 10}

LETTERHEAD = Letterhead(
    name="Aguas del Valle",
    tax_id="RNC 4-01-00768-2",
    address_lines=("Av. Hermanas Mirabal 12", "Santiago de los Caballeros"),
    phone="809 555 0100",
    email="atencion@aguasdelvalle.example",
    website="aguasdelvalle.example",
    logo_svg=LOGO_SVG,
    gln="7709998000018",
)


def sample_card(index: int = 123456, *, locale: str = "es_DO", currency: str = "DOP", factor: int = 1) -> InvoiceCard:
    """
    Return the invoice number `index` of a household with 18.2 m³ in October 2026.

    factor  multiplies every amount, to try how large figures stand on the page
    """
    start_date = datetime.date(2026, 10, 1)
    months = [add_months(start_date, count - len(MONTHLY_L)) for count in range(len(MONTHLY_L))]
    bars = [
        MonthBar(period=Period(month, add_months(month, 1)), volume_l=volume_l, is_estimated=number in ESTIMATED_MONTHS)
        for number, (month, volume_l) in enumerate(zip(months, MONTHLY_L, strict=True))
    ]
    period = Period(start_date, add_months(start_date, 1))
    return InvoiceCard(
        letterhead=LETTERHEAD,
        locale=locale,
        currency=Currency.of(currency),
        invoice_number=f"B-{index:09d}",
        account_number=f"0045-{index % 100_000:05d}",
        customer=CustomerBlock(
            name="María Altagracia Núñez de la Rosa",
            tax_id="031-0482913-5",
            address_lines=("Calle del Sol 45, apto. 3B", "Los Pepines", "Santiago de los Caballeros 51000"),
        ),
        supply=SupplyBlock(
            service_point_number="P-0098123",
            address="Calle del Sol 45, apto. 3B",
            tariff_name="Residencial 2026",
            category_name="Residencial, 1 vivienda",
            cadastral_code="31-045-22-118",
        ),
        issue_date=datetime.date(2026, 11, 3),
        due_date=datetime.date(2026, 11, 20),
        period=period,
        meters=(
            MeterRow(
                serial="EL-22A0871",
                previous_date=period.start_date,
                previous_milli=1_204_300,
                current_date=period.end_date,
                current_milli=1_222_500,
                volume_l=18_200,
            ),
        ),
        lines=_lines(factor, Formats.of(locale, Currency.of(currency))),
        taxes=(TaxRow(name="ITBIS", base_minor=55_440 * factor, rate_ppm=180_000, amount_minor=9_979 * factor),),
        total_minor=65_419 * factor,
        previous_balance_minor=25_000 * factor,
        history=(*bars, MonthBar(period=period, volume_l=18_200)),
        slip=PaymentSlip(reference=f"{index:09d}", qr_text=f"https://portal.aguasdelvalle.example/pay/{index:09d}"),
        messages=(
            "El 15 de diciembre haremos mantenimiento en su sector entre las 9:00 y las 13:00.",
            "¿Su consumo subió? Revise el flotador del inodoro: una fuga pequeña pierde hasta 200 L por día.",
        ),
    )


def _lines(factor: int, formats: Formats) -> tuple[LineRow, ...]:
    steps = (
        _step("0 – 10 m³", 10_000, 18_500_000, 185_000_000_000 * factor, formats),
        _step("10 – 30 m³", 8_200, 24_125_000, 197_825_000_000 * factor, formats),
    )
    return (
        LineRow(
            description="Agua potable, residencial",
            quantity=formats.quantity(18_200, "m³"),
            amount_minor=38_283 * factor,
            parts=(Part(days="", steps=steps),),
            note="Resolución 014-2025, art. 3",
        ),
        LineRow(description="Alcantarillado, 20 % del agua", amount_minor=7_657 * factor),
        LineRow(
            description='Cargo fijo, medidor 1/2"',
            quantity=formats.quantity(1_000),
            price=formats.price(95_000_000),
            amount_minor=9_500 * factor,
        ),
    )


def _step(name: str, quantity_milli: int, price_micro: int, amount_nano: int, formats: Formats) -> Step:
    return Step(
        name=name,
        quantity=formats.quantity(quantity_milli, "m³"),
        price=formats.price(price_micro),
        since="",
        amount=formats.exact(amount_nano),
    )
