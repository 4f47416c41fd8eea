"""Debts and what paid them, by document: an invoice has one item for each rank in which its charges are settled."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hydria.billing.searching import name_charges
from hydria.receivables.domain.items import ItemKind
from hydria.receivables.queries import OpenItemCard, Settlement, sum_documents

Part = TypeVar("Part", OpenItemCard, Settlement)
Names = Mapping[tuple[int, int], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtPart:
    """The charges of a document that are settled together; `name` is empty where nothing tells them apart."""

    item_id: int
    name: str
    open_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """
    A document that is not settled in full, with its parts in the order in which they are settled.

    invoice_id    where it can be read, None for what is no invoice
    amount_minor  of the whole document, its settled parts too
    """

    kind_label: str
    document_code: str
    invoice_id: int | None
    due_date: datetime.date
    is_overdue: bool
    amount_minor: int
    open_minor: int
    parts: tuple[DebtPart, ...]

    @property
    def item_ids(self) -> tuple[int, ...]:
        """Return the items of all its parts."""
        return tuple(part.item_id for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidDocument:
    """What a payment settled of one document, with the charges that it reached."""

    kind_label: str
    document_code: str
    invoice_id: int | None
    due_date: datetime.date
    charges: tuple[str, ...]
    amount_minor: int


def group_debts(*, items: Sequence[OpenItemCard]) -> tuple[Debt, ...]:
    """Return open items by document, each document where its first item stood."""
    names, totals = _names_of(items), sum_documents(kind=ItemKind.INVOICE, source_ids=_invoices_of(items))
    debts = []
    for together in _by_document(items):
        first, invoice_id = together[0], _invoice_of(together[0])
        debts.append(
            Debt(
                kind_label=first.kind_label,
                document_code=first.document_code,
                invoice_id=invoice_id,
                due_date=first.due_date,
                is_overdue=first.is_overdue,
                amount_minor=totals.get(invoice_id or 0) or sum(item.amount_minor for item in together),
                open_minor=sum(item.open_minor for item in together),
                parts=tuple(
                    DebtPart(item_id=item.item_id, name=", ".join(_charges_of(item, names)), open_minor=item.open_minor)
                    for item in together
                ),
            )
        )
    return tuple(debts)


def group_paid(*, items: Sequence[Settlement]) -> tuple[PaidDocument, ...]:
    """Return settled parts by document, each document where its first part stood."""
    names = _names_of(items)
    return tuple(
        PaidDocument(
            kind_label=together[0].kind_label,
            document_code=together[0].document_code,
            invoice_id=_invoice_of(together[0]),
            due_date=together[0].due_date,
            charges=tuple(itertools.chain.from_iterable(_charges_of(item, names) for item in together)),
            amount_minor=sum(item.amount_minor for item in together),
        )
        for together in _by_document(items)
    )


def _by_document(items: Iterable[Part]) -> Iterable[list[Part]]:
    found: dict[tuple[str, int], list[Part]] = {}
    for item in items:
        found.setdefault((item.kind, item.source_id), []).append(item)
    return found.values()


def _invoices_of(items: Iterable[OpenItemCard] | Iterable[Settlement]) -> set[int]:
    return {item.source_id for item in items if item.kind == ItemKind.INVOICE}


def _names_of(items: Iterable[OpenItemCard] | Iterable[Settlement]) -> Names:
    return name_charges(invoice_ids=_invoices_of(items))


def _charges_of(item: OpenItemCard | Settlement, names: Names) -> tuple[str, ...]:
    return names.get((item.source_id, item.rank), ()) if item.kind == ItemKind.INVOICE else ()


def _invoice_of(item: OpenItemCard | Settlement) -> int | None:
    return item.source_id if item.kind == ItemKind.INVOICE else None
