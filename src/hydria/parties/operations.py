"""Writes of parties: register and change persons and organizations (CUS-01)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

import stdnum
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from stdnum.exceptions import ValidationError as NumberInvalid

from hydria.kernel.errors import UnableTo
from hydria.kernel.spelling import to_search_text
from hydria.parties.models import IdentifierKind, Party, PartyIdentifier, PartyKind
from hydria.platform import numbering
from hydria.platform.access import Actor, Permission
from hydria.platform.events import EventKind
from hydria.platform.outbox import announce
from hydria.platform.refusals import refusing
from hydria.platform.transactions import acting

SERIES = "party"
# How python-stdnum calls the national identity number of a country; tax numbers are "vat" in all of them.
_NATIONAL_NUMBERS = {"AR": "dni", "CL": "rut", "DO": "cedula", "ES": "dni", "GR": "amka", "MX": "curp", "CO": "nit"}


class UnableToSaveParty(UnableTo):
    """The party cannot be registered or changed as asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """An official number as a person writes it."""

    kind: IdentifierKind
    country: str
    value: str


def register_party(
    *,
    actor: Actor,
    kind: PartyKind,
    name: str,
    on_date: datetime.date,
    identifiers: Sequence[Identifier] = (),
    number: str = "",
    email: str = "",
    phone: str = "",
    address: str = "",
    language: str = "",
) -> Party:
    """
    Register a person or an organization, with official numbers that pass the check of their country.

    number  our own number for the party; empty takes the next one

    :raises UnableToPermit: if the actor may not edit the register.
    :raises UnableToSaveParty: with code `name_missing`, `email_invalid`, `identifier_invalid`,
        `official_number_names_one_party` (it belongs to somebody else) or `number_taken`.
    """
    actor.require(Permission.REGISTER_EDIT)
    name = _checked_name(name)
    _check_email(email)
    checked = [_checked(identifier) for identifier in identifiers]
    with acting(actor, reason="register party"):
        if number and Party.objects.filter(number=number).exists():
            raise UnableToSaveParty("number_taken", _("Another party has this number."), number=number)
        party = Party.objects.create(
            number=number or _next_number(on_date),
            kind=kind,
            name=name,
            search_name=to_search_text(name)[:250],
            email=email,
            phone=phone,
            address=address,
            language=language,
        )
        _add_identifiers(party, checked)
        announce(EventKind.PARTY_REGISTERED, party.pk, actor=actor, number=party.number)
    return party


def change_party(
    *, actor: Actor, party_id: int, name: str, email: str, phone: str, address: str, language: str, reason: str
) -> Party:
    """
    Change how a party is called and reached; its official numbers stay.

    :raises UnableToPermit: if the actor may not edit the register.
    :raises UnableToSaveParty: with code `party_unknown`, `name_missing`, `email_invalid` or `reason_missing`.
    """
    actor.require(Permission.REGISTER_EDIT)
    if not reason.strip():
        raise UnableToSaveParty("reason_missing", _("Say why the party is changed."))
    name = _checked_name(name)
    _check_email(email)
    with acting(actor, reason=reason):
        party = Party.objects.select_for_update().filter(id=party_id).first()
        if party is None:
            raise UnableToSaveParty("party_unknown", _("There is no such party."), party_id=party_id)
        party.name, party.search_name = name, to_search_text(name)[:250]
        party.email, party.phone, party.address, party.language = email, phone, address, language
        party.save()
        announce(EventKind.PARTY_CHANGED, party.pk, actor=actor, number=party.number)
    return party


def add_identifier(*, actor: Actor, party_id: int, identifier: Identifier) -> PartyIdentifier:
    """
    Add an official number to a party; adding the one it has changes nothing.

    :raises UnableToPermit: if the actor may not edit the register.
    :raises UnableToSaveParty: with code `party_unknown`, `identifier_invalid` or `official_number_names_one_party`.
    """
    actor.require(Permission.REGISTER_EDIT)
    checked = _checked(identifier)
    with acting(actor, reason="add identifier"):
        party = Party.objects.filter(id=party_id).first()
        if party is None:
            raise UnableToSaveParty("party_unknown", _("There is no such party."), party_id=party_id)
        own = party.identifiers.filter(kind=checked.kind, country=checked.country, value=checked.value).first()
        if own is None:
            own = _add_identifiers(party, [checked])[0]
            announce(EventKind.PARTY_CHANGED, party.pk, actor=actor, number=party.number)
        return own


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise UnableToSaveParty("name_missing", _("A party has a name."))
    return name


def _check_email(email: str) -> None:
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise UnableToSaveParty("email_invalid", _("This is no e-mail address."), email=email) from error


def _checked(identifier: Identifier) -> Identifier:
    """Return the identifier compact, after the check of its country where there is one."""
    country = identifier.country.upper()
    value = re.sub(r"[^0-9A-Z]", "", identifier.value.upper())
    name = {IdentifierKind.TAX: "vat", IdentifierKind.NATIONAL: _NATIONAL_NUMBERS.get(country)}.get(identifier.kind)
    module = stdnum.get_cc_module(country.lower(), name) if name else None
    try:
        if module is not None:
            module.validate(value)
        elif not value:
            raise NumberInvalid
    except NumberInvalid as error:
        raise UnableToSaveParty(
            "identifier_invalid",
            _("The number “%s” fails the check of its kind.") % identifier.value,
            value=identifier.value,
            kind=str(identifier.kind),
            country=country,
        ) from error
    return Identifier(kind=identifier.kind, country=country, value=value)


def _add_identifiers(party: Party, identifiers: Sequence[Identifier]) -> list[PartyIdentifier]:
    with refusing(
        UnableToSaveParty,
        {"official_number_names_one_party": _("Another party is registered with this official number.")},
    ):
        return PartyIdentifier.objects.bulk_create(
            PartyIdentifier(party=party, kind=found.kind, country=found.country, value=found.value)
            for found in identifiers
        )


def _next_number(on_date: datetime.date) -> str:
    return numbering.take_free_code(
        code=SERIES, prefix="C-", on_date=on_date, is_taken=lambda number: Party.objects.filter(number=number).exists()
    )
