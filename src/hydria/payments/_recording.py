"""Record payments as columns: rows, items, settlements and journal. One payment is a batch of one."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from hydria.ledger.domain.journals import Posting
from hydria.payments.domain.tenders import ROUTES, Tendered, content_hash
from hydria.payments.models import Payment, Tender
from hydria.platform.bulk import copy_columns, take_ids
from hydria.platform.numbering import take_numbers
from hydria.platform.transactions import in_transaction
from hydria.receivables import operations as receivables
from hydria.receivables.domain.items import ItemKind, ItemSide

RECEIPT_SERIES = "receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """
    Describe money that has been received, or, with `reverses_id`, given back.

    tenders   one or more, each > 0
    item_ids  the debts that were chosen; None settles by the company's rule
    """

    key: str
    account_id: int
    tenders: Sequence[Tendered]
    received_at: datetime.datetime
    effective_date: datetime.date
    taken_by: str
    session_id: int | None = None
    batch_id: int | None = None
    reverses_id: int | None = None
    reason: str = ""
    item_ids: Sequence[int] | None = None

    @property
    def content_hash(self) -> str:
        """Return what tells this payment from another one under the same key."""
        return content_hash(
            account_id=self.account_id,
            tenders=self.tenders,
            effective_date=self.effective_date,
            item_ids=self.item_ids,
        )

    @property
    def amount_minor(self) -> int:
        """Return the sum of the tenders."""
        return sum(tender.amount_minor for tender in self.tenders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Name what a payment became."""

    payment_id: int
    item_id: int
    receipt_code: str


@in_transaction
def record(*, received: Sequence[Received]) -> list[Recorded]:
    """
    Write payments with their tenders, receipt numbers and items; return them in the same order.

    A payment becomes an item held for the customer, a reversal an item owed by them.

    :raises UnableToTakeNumbers: if the receipt series is used up.
    """
    payment_ids = take_ids(Payment, count=len(received)).tolist()
    codes = _take_receipt_codes(received)
    copy_columns(
        Payment,
        {
            "id": payment_ids,
            "receipt_code": codes,
            **{
                column: [getattr(payment, column) for payment in received]
                for column in (
                    *("key", "content_hash", "account_id", "session_id", "batch_id", "amount_minor"),
                    *("received_at", "effective_date", "reverses_id", "reason", "taken_by"),
                )
            },
        },
    )
    tenders = [
        (payment_id, tender)
        for payment_id, payment in zip(payment_ids, received, strict=True)
        for tender in payment.tenders
    ]
    copy_columns(
        Tender,
        {
            "payment_id": [payment_id for payment_id, _tender in tenders],
            "kind": [str(tender.kind) for _payment_id, tender in tenders],
            "amount_minor": [tender.amount_minor for _payment_id, tender in tenders],
            "reference": [tender.reference for _payment_id, tender in tenders],
        },
    )
    item_ids = receivables.post_items(
        items=[
            receivables.NewItem(
                account_id=payment.account_id,
                side=ItemSide.HELD if payment.reverses_id is None else ItemSide.OWED,
                kind=ItemKind.PAYMENT if payment.reverses_id is None else ItemKind.PAYMENT_REVERSAL,
                source_id=payment_id,
                document_code=code,
                amount_minor=payment.amount_minor,
                effective_date=payment.effective_date,
                due_date=payment.effective_date,
            )
            for payment_id, code, payment in zip(payment_ids, codes, received, strict=True)
        ]
    )
    return [
        Recorded(payment_id=payment_id, item_id=item_id, receipt_code=code)
        for payment_id, item_id, code in zip(payment_ids, item_ids, codes, strict=True)
    ]


def postings_of(received: Sequence[Received]) -> list[Posting]:
    """Return the postings of money received: each form's account against the customers', summed."""
    sums_minor: dict[str, int] = defaultdict(int)
    for payment in received:
        for tender in payment.tenders:
            sums_minor[ROUTES[tender.kind]] += tender.amount_minor
    return [
        *(Posting(route=route, debit_minor=amount_minor) for route, amount_minor in sorted(sums_minor.items())),
        Posting(route="receivable", credit_minor=sum(sums_minor.values())),
    ]


def _take_receipt_codes(received: Sequence[Received]) -> list[str]:
    blocks = take_numbers(code=RECEIPT_SERIES, count=len(received), on_date=received[0].effective_date)
    return [
        block.code_of(number)
        for block in blocks
        for number in range(block.first_number, block.first_number + block.count)
    ]
