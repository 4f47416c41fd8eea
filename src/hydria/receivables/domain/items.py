"""What items are: their two sides and where they come from."""

from __future__ import annotations

from enum import StrEnum


class ItemSide(StrEnum):
    """Say who owes whom."""

    OWED = "OWED"  # by the customer
    HELD = "HELD"  # for the customer


class ItemKind(StrEnum):
    """Say which kind of document an item comes from; `source_id` names the document."""

    INVOICE = "INVOICE"
    OPENING = "OPENING"
    PAYMENT = "PAYMENT"
    PAYMENT_REVERSAL = "PAYMENT_REVERSAL"
    DISCOUNT = "DISCOUNT"
    DISCOUNT_REVERSAL = "DISCOUNT_REVERSAL"
