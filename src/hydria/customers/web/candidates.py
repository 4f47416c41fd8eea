"""Who and what may be registered already, while somebody types."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.agreements import queries as agreements
from hydria.parties import queries as parties
from hydria.parties.domain.likeness import Particulars, Trait
from hydria.parties.queries import DuplicateCard
from hydria.platform.web.asking import number_asked
from hydria.premises import queries as premises

SHOWN_MAX = 5
TYPED_MIN = 4
"""Fewer letters are alike to everybody."""
TYPED_MAX = 200
"""As long as the longest name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCandidate:
    """Somebody registered, how likely the same, and because of what."""

    party_id: int
    name: str
    number: str
    identifiers: str
    percent: int
    reasons: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCandidate:
    """A registered point at such an address, and who holds it; a vacant one can be chosen."""

    service_point_id: int
    number: str
    service: str
    address: str
    holder: str


def of_person(request: HttpRequest) -> dict[str, Any]:
    """Return who is like the person in the form, and who of them was chosen."""
    chosen_id = number_asked(request, "party_id")
    found: list[DuplicateCard] = []
    if len(_typed(request, "name")) >= TYPED_MIN or len(_typed(request, "identifier")) >= TYPED_MIN:
        found = parties.find_duplicates(typed=_particulars(request), count_max=SHOWN_MAX)
    people = [_person(card) for card in found]
    if chosen_id and chosen_id not in {person.party_id for person in people}:
        people += [_chosen(card) for card in parties.get_party_cards(party_ids=[chosen_id]).values()]
    return {"people": people, "chosen_party_id": chosen_id}


def of_place(request: HttpRequest) -> dict[str, Any]:
    """Return the points at the address in the form, and which of them was chosen."""
    chosen_id, typed = number_asked(request, "service_point_id"), _typed(request, "address")
    ids: list[int] = []
    if len(typed) >= TYPED_MIN:
        ids = premises.find_service_points(typed=typed, count_max=SHOWN_MAX)
        ids = ids or premises.find_service_points_alike(typed=typed, count_max=SHOWN_MAX)
    ids = list(dict.fromkeys([*filter(None, [chosen_id]), *ids]))
    holders = agreements.list_holders_of_points(service_point_ids=ids, on_date=timezone.localdate())
    places = [
        PlaceCandidate(
            service_point_id=line.service_point_id,
            number=line.number,
            service=line.service,
            address=line.address,
            holder=holders.get(line.service_point_id, ""),
        )
        for line in premises.list_point_lines(service_point_ids=ids)
    ]
    return {"places": places, "chosen_point_id": chosen_id}


def _typed(request: HttpRequest, name: str) -> str:
    """Return what was typed, as far as it can be looked for: unchecked so far, because the form is not sent yet."""
    return (request.POST.get(name) or request.GET.get(name, "")).replace("\0", "").strip()[:TYPED_MAX]


def _particulars(request: HttpRequest) -> Particulars:
    compact = re.sub(r"[^0-9A-Z]", "", _typed(request, "identifier").upper())
    return Particulars(
        name=_typed(request, "name"),
        identifiers=frozenset(filter(None, [compact])),
        email=_typed(request, "email"),
        phone=_typed(request, "phone"),
        address=_typed(request, "person_address") or _typed(request, "address"),
    )


def _person(card: DuplicateCard) -> PersonCandidate:
    words = {
        Trait.IDENTIFIER: _("same official number"),
        Trait.NAME: _("name"),
        Trait.EMAIL: _("e-mail"),
        Trait.PHONE: _("phone"),
        Trait.ADDRESS: _("address"),
    }
    return _candidate(card.party, percent=card.percent, reasons=", ".join(words[trait] for trait in card.traits))


def _chosen(party: parties.PartyCard) -> PersonCandidate:
    return _candidate(party, percent=100, reasons=_("chosen by you"))


def _candidate(party: parties.PartyCard, *, percent: int, reasons: str) -> PersonCandidate:
    return PersonCandidate(
        party_id=party.party_id,
        name=party.name,
        number=party.number,
        identifiers=", ".join(identifier.value for identifier in party.identifiers),
        percent=percent,
        reasons=reasons,
    )
