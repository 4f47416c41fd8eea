"""Barcodes and QR codes as SVG, and the element strings that collectors scan from a payment slip."""

from __future__ import annotations

import zxingcpp

from hydria.kernel.money import Currency

# The plain symbol carries at most 48 characters of data (GS1 General Specifications, section 5.4).
GS1_CHARACTERS_MAX = 48


def payment_element_string(*, gln: str, reference: str, amount_minor: int, currency: Currency) -> str:
    """
    Spell what a payment slip's GS1-128 barcode says, with application identifiers in brackets.

    `(415)` is the company that invoices, `(8020)` the slip's reference, `(390n)` the amount with n decimals. A
    company without a location number may not use these; its slip says `(96)`, "internal to the company".

    >>> payment_element_string(gln="7709998000018", reference="42", amount_minor=123456, currency=Currency.of("DOP"))
    '(415)7709998000018(8020)42(3902)123456'
    >>> payment_element_string(gln="", reference="42", amount_minor=123456, currency=Currency.of("DOP"))
    '(96)42'

    Source: GS1 General Specifications, sections 3.6 and 3.8.
    """
    assert amount_minor >= 0
    if not gln:
        return f"(96){reference}"
    return f"(415){gln}(8020){reference}(390{currency.exponent}){amount_minor}"


def gs1_128_svg(element_string: str) -> str:
    """
    Draw a GS1-128 barcode one unit per module, without text or quiet zone.

    :raises ValueError: if an identifier or the length of what it says breaks the standard.
    """
    barcode = zxingcpp.create_barcode(element_string, zxingcpp.BarcodeFormat.Code128, gs1=True)
    if len(barcode.text.replace("(", "").replace(")", "")) > GS1_CHARACTERS_MAX:
        raise ValueError(f"too long for a GS1-128 barcode: {element_string}")
    return str(barcode.to_svg(add_quiet_zones=False))


def qr_svg(text: str) -> str:
    """Draw a QR code that survives 15 % of dirt (level M), without quiet zone."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return str(code.to_svg(add_quiet_zones=False))
