"""The forms that money takes, the change given back, and the accounts they go to."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType


class TenderKind(StrEnum):
    """Name the form that money takes."""

    CASH = "CASH"
    CARD = "CARD"
    CHECK = "CHECK"
    TRANSFER = "TRANSFER"


ROUTES: Mapping[TenderKind, str] = MappingProxyType(
    {
        TenderKind.CASH: "cash",
        TenderKind.CARD: "card_clearing",
        TenderKind.CHECK: "check",
        TenderKind.TRANSFER: "bank",
    }
)
"""The posting route of each form; which account of the chart that is, the company decides."""


class ChangeNotCovered(ValueError):
    """More change would have to be given than there is cash, or less was handed over than is to be paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tendered:
    """
    Hold one form of the money of a payment.

    amount_minor  > 0
    reference     of the check, card slip or transfer
    """

    kind: TenderKind
    amount_minor: int
    reference: str = ""


def give_change(*, tendered: Sequence[Tendered], due_minor: int) -> tuple[list[Tendered], int]:
    """
    Take the change off the cash and return what is kept, and the change.

    >>> kept, change = give_change(tendered=[Tendered(kind=TenderKind.CASH, amount_minor=500)], due_minor=420)
    >>> kept[0].amount_minor, change
    (420, 80)

    :raises ChangeNotCovered: if too little was handed over, or the change exceeds the cash.
    """
    change_minor = sum(tender.amount_minor for tender in tendered) - due_minor
    cash_minor = sum(tender.amount_minor for tender in tendered if tender.kind is TenderKind.CASH)
    if not 0 <= change_minor <= cash_minor:
        raise ChangeNotCovered(change_minor)
    left_minor = change_minor
    kept = []
    for tender in tendered:
        given_back_minor = min(left_minor, tender.amount_minor) if tender.kind is TenderKind.CASH else 0
        left_minor -= given_back_minor
        if tender.amount_minor > given_back_minor:
            kept.append(replace(tender, amount_minor=tender.amount_minor - given_back_minor))
    return kept, change_minor


def content_hash(
    *,
    account_id: int,
    tenders: Sequence[Tendered],
    effective_date: datetime.date,
    item_ids: Sequence[int] | None = None,
) -> str:
    """
    Return what tells a repeated request from a changed one under the same key, as 64 hexadecimal digits.

    The order of tenders and items does not count, nor does the instant at which the request came.
    """
    content = [
        account_id,
        sorted([str(tender.kind), tender.amount_minor, tender.reference] for tender in tenders),
        effective_date.isoformat(),
        None if item_ids is None else sorted(item_ids),
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def batch_hash(*, content_hashes: Sequence[str], keys: Sequence[str]) -> str:
    """Return what tells a repeated batch from a changed one."""
    return hashlib.sha256(json.dumps(sorted(zip(keys, content_hashes, strict=True))).encode()).hexdigest()
