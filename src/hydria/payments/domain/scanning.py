"""Read what a scanner types when it sees the barcode or the QR code of a payment slip."""

from __future__ import annotations

import re

# A scanner may announce the symbol ("]C1") and send the separator that ends a field of variable length (FNC1 as GS).
_GS1 = re.compile(
    r"(?:\]C1)?(?:415\d{13})?(?:8020(?P<slip>[^\x1d]{1,25}?)|96(?P<own>[^\x1d]{1,90}?))(?:\x1d?390\d\d{1,15})?"
)


def reference_in(scanned: str) -> str:
    """
    Return the payment reference in what was scanned, or the text itself when it is no GS1 payment slip.

    >>> reference_in("]C14157709998000018802042\\x1d3902123456"), reference_in("(415)7709998000018(8020)42(3902)1234")
    ('42', '42')
    >>> reference_in("F-000123")
    'F-000123'

    Source: GS1 General Specifications, sections 3.6 and 3.8; the slip is drawn by `platform.documents.barcodes`.
    """
    text = scanned.strip()
    bracketed = re.search(r"\((?:8020|96)\)([^(]+)", text)
    if bracketed:
        return bracketed[1].strip()
    if text.startswith(("]C1", "415", "8020")) and (found := _GS1.fullmatch(text)):
        return found["slip"] or found["own"]
    return text
