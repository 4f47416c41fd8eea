"""How a quotation moves, and the two ways in which it is billed."""

from __future__ import annotations

from enum import StrEnum


class QuotationState(StrEnum):
    """Say what became of a quotation."""

    QUOTED = "QUOTED"
    ACCEPTED = "ACCEPTED"
    CANCELLED = "CANCELLED"


class BillingMode(StrEnum):
    """Say on which document an accepted quotation is billed."""

    AT_ONCE = "AT_ONCE"  # an invoice of its own
    NEXT_INVOICE = "NEXT_INVOICE"  # the next invoices of the account, one instalment on each


MOVES: frozenset[tuple[QuotationState, QuotationState]] = frozenset(
    {
        (QuotationState.QUOTED, QuotationState.ACCEPTED),
        (QuotationState.QUOTED, QuotationState.CANCELLED),
        (QuotationState.ACCEPTED, QuotationState.CANCELLED),
    }
)


def may_move(*, from_state: QuotationState, to_state: QuotationState) -> bool:
    """
    Tell whether a quotation may go from one state to another.

    >>> may_move(from_state=QuotationState.CANCELLED, to_state=QuotationState.ACCEPTED)
    False
    """
    return (from_state, to_state) in MOVES
