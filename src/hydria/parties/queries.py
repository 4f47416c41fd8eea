"""Reads of parties."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from hydria.parties.domain.likeness import PERCENT_MIN, Particulars, Trait, compare
from hydria.parties.models import IdentifierKind, Party, PartyIdentifier
from hydria.platform.access import Actor, Permission
from hydria.platform.searching import find_alike, find_by_words

_CANDIDATES_MAX = 50
"""Enough to hold everybody who is really alike, and few enough to compare while somebody types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierCard:
    """An official number as shown."""

    kind: str
    label: str
    country: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyCard:
    """A person or an organization as every screen shows it."""

    party_id: int
    number: str
    kind: str
    kind_label: str
    name: str
    email: str
    phone: str
    address: str
    language: str
    is_protected: bool
    identifiers: tuple[IdentifierCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateCard:
    """Somebody who may be the same as whoever is being typed in: how likely, and because of what."""

    party: PartyCard
    percent: int
    traits: tuple[Trait, ...]


def access_party(*, actor: Actor, party_id: int) -> Party:
    """
    Return a party that the actor may see.

    :raises UnableToPermit: if the actor may not see the register.
    :raises Party.DoesNotExist: if there is no such party.
    """
    actor.require(Permission.REGISTER_VIEW)
    return Party.objects.get(pk=party_id)


def list_parties(*, actor: Actor) -> QuerySet[Party]:
    """
    Return the parties with their identifiers.

    :raises UnableToPermit: if the actor may not see the register.
    """
    actor.require(Permission.REGISTER_VIEW)
    return Party.objects.prefetch_related("identifiers")


def get_party_cards(*, party_ids: Sequence[int]) -> dict[int, PartyCard]:
    """Return the cards of parties by id."""
    found = Party.objects.filter(id__in=list(party_ids)).prefetch_related("identifiers")
    return {party.pk: _card(party) for party in found}


def find_parties(*, typed: str, count_max: int) -> list[int]:
    """Return parties by number, by official number or by name, best first (CUS-19)."""
    compact = re.sub(r"[^0-9A-Za-z]", "", typed).upper()
    numbered: list[int] = []
    if any(letter.isdigit() for letter in compact):
        numbered = list(Party.objects.filter(number=typed.strip()).values_list("id", flat=True))
        official = PartyIdentifier.objects.filter(value__startswith=compact).order_by("value")
        numbered += official.values_list("party_id", flat=True)[:count_max]
    named = find_by_words(Party, column="search_name", typed=typed, count_max=count_max)
    return list(dict.fromkeys([*numbered, *named]))[:count_max]


def find_parties_alike(*, typed: str, count_max: int) -> list[int]:
    """Return parties with names like the typed one, for when no name has its words (CUS-19)."""
    return find_alike(Party, column="search_name", typed=typed, count_max=count_max)


def find_duplicates(*, typed: Particulars, count_max: int) -> list[DuplicateCard]:
    """Return who may be registered already under these particulars, likeliest first (CUS-02)."""
    matches = Q(identifiers__value__in=typed.identifiers)
    if typed.email:
        matches |= Q(email__iexact=typed.email)
    ids = set(Party.objects.filter(matches).values_list("id", flat=True)[:_CANDIDATES_MAX])
    ids.update(find_parties_alike(typed=typed.name, count_max=_CANDIDATES_MAX))
    found = Party.objects.filter(id__in=ids).prefetch_related("identifiers")
    cards = [_duplicate_card(party, typed=typed) for party in found]
    likely = [card for card in cards if card.percent >= PERCENT_MIN]
    return sorted(likely, key=lambda card: (-card.percent, card.party.party_id))[:count_max]


def _duplicate_card(party: Party, *, typed: Particulars) -> DuplicateCard:
    known = Particulars(
        name=party.name,
        identifiers=frozenset(identifier.value for identifier in party.identifiers.all()),
        email=party.email,
        phone=party.phone,
        address=party.address,
    )
    likeness = compare(typed, known)
    return DuplicateCard(party=_card(party), percent=likeness.percent, traits=likeness.traits)


def _card(party: Party) -> PartyCard:
    return PartyCard(
        party_id=party.pk,
        number=party.number,
        kind=party.kind,
        kind_label=str(party.get_kind_display()),
        name=party.name,
        email=party.email,
        phone=party.phone,
        address=party.address,
        language=party.language,
        is_protected=party.is_protected,
        identifiers=tuple(
            IdentifierCard(
                kind=found.kind,
                label=str(IdentifierKind(found.kind).label),
                country=found.country,
                value=found.value,
            )
            for found in party.identifiers.all()
        ),
    )


def has_party(*, party_id: int) -> bool:
    """Tell whether there is such a party."""
    return Party.objects.filter(id=party_id).exists()
