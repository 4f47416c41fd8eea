"""Reads of the desk: what the search box finds, how far somebody is in the first steps. Facts stay with the contexts; the desk asks them all."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum

from hydria.agreements import queries as agreements
from hydria.billing import searching as billing
from hydria.desk.models import Tour
from hydria.metering import searching as metering
from hydria.parties import queries as parties
from hydria.payments import queries as payments
from hydria.payments.domain.scanning import reference_in
from hydria.platform.access import Actor, Permission
from hydria.premises import queries as premises

HITS_PER_KIND_MAX = 8
TYPED_LENGTH_MAX = 80


class HitKind(StrEnum):
    """What a search found; the order is the order in which people look for things."""

    ACCOUNT = "account"
    METER = "meter"
    INVOICE = "invoice"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing found, and the id of the page that shows it."""

    kind: HitKind
    object_id: int
    account_id: int
    name: str
    detail: str


def is_scanned(typed: str) -> bool:
    """Tell whether the text came from the barcode or the QR code of a payment slip."""
    return reference_in(typed) != typed.strip()


def find_accounts(*, actor: Actor, typed: str, today: datetime.date) -> list[Hit]:
    """Return only the accounts that the text means, best first."""
    text = reference_in(typed)[:TYPED_LENGTH_MAX]
    if not text or not actor.may(Permission.REGISTER_VIEW):
        return []
    return _account_hits(_find_account_ids(text) or _find_account_ids_alike(text), today=today)


def search(*, actor: Actor, typed: str, today: datetime.date, with_alike: bool = True) -> list[Hit]:
    """
    Return what the typed or scanned text means, best first (CUS-19).

    with_alike  whether words like the typed ones count when nothing has the words themselves

    Any number of an account, agreement, person, premise, service point, meter, invoice or receipt is found by how it
    starts; names and addresses by parts of their words, in any order, without accents, in Greek or Latin script, with
    small mistakes. Kinds that the actor may not see are not searched.
    """
    text = reference_in(typed)[:TYPED_LENGTH_MAX]
    if not text:
        return []
    hits: list[Hit] = []
    if actor.may(Permission.REGISTER_VIEW):
        hits += _account_hits(_find_account_ids(text), today=today)
        hits += _meter_hits(text, today=today)
    if actor.may(Permission.BILLING_VIEW):
        hits += _invoice_hits(text)
    if actor.may(Permission.PAYMENT_VIEW):
        hits += _receipt_hits(text, actor=actor)
    if not hits and with_alike and actor.may(Permission.REGISTER_VIEW):
        # Looking for likenesses costs more, so only a search that found nothing pays for it.
        hits = _account_hits(_find_account_ids_alike(text), today=today)
    return hits


def _find_account_ids(text: str) -> list[int]:
    by_number = agreements.find_accounts(typed=text, count_max=HITS_PER_KIND_MAX)
    party_ids = parties.find_parties(typed=text, count_max=HITS_PER_KIND_MAX)
    point_ids = premises.find_service_points(typed=text, count_max=HITS_PER_KIND_MAX)
    return list(dict.fromkeys([*by_number, *_accounts_of(party_ids, point_ids)]))[: 2 * HITS_PER_KIND_MAX]


def _find_account_ids_alike(text: str) -> list[int]:
    party_ids = parties.find_parties_alike(typed=text, count_max=HITS_PER_KIND_MAX)
    if party_ids:
        return _accounts_of(party_ids, [])
    return _accounts_of([], premises.find_service_points_alike(typed=text, count_max=HITS_PER_KIND_MAX))


def _accounts_of(party_ids: list[int], point_ids: list[int]) -> list[int]:
    by_party = agreements.list_accounts_of_parties(party_ids=party_ids)
    by_point = agreements.list_accounts_of_points(service_point_ids=point_ids)
    return list(dict.fromkeys([*by_party, *(by_point[point] for point in point_ids if point in by_point)]))


def _account_hits(account_ids: list[int], *, today: datetime.date) -> list[Hit]:
    return [
        Hit(
            kind=HitKind.ACCOUNT,
            object_id=line.account_id,
            account_id=line.account_id,
            name=f"{line.number}  {line.holder_name}",
            detail=line.address,
        )
        for line in agreements.list_account_lines(account_ids=account_ids, today=today)
    ]


def _meter_hits(text: str, *, today: datetime.date) -> list[Hit]:
    meters = metering.find_meters(typed=text, count_max=HITS_PER_KIND_MAX)
    points = [meter.service_point_id for meter in meters if meter.service_point_id is not None]
    account_of = agreements.list_accounts_of_points(service_point_ids=points)
    lines = {
        line.account_id: line
        for line in agreements.list_account_lines(account_ids=list(account_of.values()), today=today)
    }
    hits = []
    for meter in meters:
        line = lines.get(account_of.get(meter.service_point_id or 0, 0))
        if line:
            detail = f"{line.number}  {line.holder_name}, {line.address}"
            found = Hit(
                kind=HitKind.METER,
                object_id=line.account_id,
                account_id=line.account_id,
                name=meter.serial,
                detail=detail,
            )
            hits.append(found)
    return hits


def _invoice_hits(text: str) -> list[Hit]:
    found = billing.find_invoices(typed=text, count_max=HITS_PER_KIND_MAX)
    return [
        Hit(
            kind=HitKind.INVOICE,
            object_id=line.invoice_id,
            account_id=line.account_id,
            name=line.code,
            detail=line.holder_name,
        )
        for line in found
    ]


def _receipt_hits(text: str, *, actor: Actor) -> list[Hit]:
    if not any(letter.isdigit() for letter in text):
        return []
    found = payments.list_payments(actor=actor).filter(receipt_code__startswith=text.upper()).order_by("receipt_code")
    return [
        Hit(
            kind=HitKind.RECEIPT,
            object_id=payment.pk,
            account_id=payment.account_id,
            name=payment.receipt_code,
            detail=payment.account.number,
        )
        for payment in found[:HITS_PER_KIND_MAX]
    ]


def get_tour(*, user_id: int | None) -> Tour:
    """Return how far somebody is in the first steps; nothing is done yet by those who have never seen them."""
    return Tour.objects.filter(pk=user_id).first() or Tour(user_id=user_id)
