from __future__ import annotations

import datetime

import pytest

from hydria.parties.models import IdentifierKind, PartyKind
from hydria.parties.operations import Identifier, UnableToSaveParty, add_identifier, change_party, register_party
from hydria.platform.access import SYSTEM

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 3, 1)


def register(name="Ana Pérez", *identifiers, **fields):
    return register_party(
        actor=SYSTEM, kind=PartyKind.PERSON, name=name, on_date=TODAY, identifiers=identifiers, **fields
    )


class TestRegisterParty:
    def test_gives_numbers_one_after_the_other(self):
        numbers = [register().number for _time in range(2)]

        assert numbers == ["C-00000001", "C-00000002"]

    def test_passes_over_a_number_that_was_loaded(self):
        register(number="C-00000001")

        assert register().number == "C-00000002"

    @pytest.mark.parametrize(
        ("kind", "country", "value", "kept"),
        [
            (IdentifierKind.TAX, "DO", "1-01-85004-3", "101850043"),
            (IdentifierKind.NATIONAL, "do", "001-1391820-5", "00113918205"),
            (IdentifierKind.TAX, "GR", "094259216", "094259216"),
            (IdentifierKind.PASSPORT, "AR", "aab 123", "AAB123"),
        ],
    )
    def test_keeps_official_numbers_compact(self, kind, country, value, kept):
        party = register("Ana", Identifier(kind=kind, country=country, value=value))

        assert party.identifiers.get().value == kept

    @pytest.mark.parametrize(
        ("kind", "country", "value"),
        [
            (IdentifierKind.TAX, "DO", "1-01-85004-2"),
            (IdentifierKind.NATIONAL, "DO", "123"),
            (IdentifierKind.PASSPORT, "AR", "--"),
        ],
    )
    def test_refuses_an_official_number_that_fails_its_check(self, kind, country, value):
        with pytest.raises(UnableToSaveParty) as refused:
            register("Ana", Identifier(kind=kind, country=country, value=value))

        assert refused.value.code == "identifier_invalid"

    def test_refuses_the_official_number_of_somebody_else(self):
        number = Identifier(kind=IdentifierKind.TAX, country="DO", value="101850043")
        register("Ana", number)

        with pytest.raises(UnableToSaveParty) as refused:
            register("Eva", number)

        assert refused.value.code == "official_number_names_one_party"

    @pytest.mark.parametrize(
        ("fields", "code"), [({"name": "  "}, "name_missing"), ({"email": "ana@"}, "email_invalid")]
    )
    def test_refuses_what_is_no_name_or_address(self, fields, code):
        with pytest.raises(UnableToSaveParty) as refused:
            register(**fields)

        assert refused.value.code == code


class TestChangeParty:
    def test_changes_the_name_and_how_it_is_searched(self):
        party = register()

        change_party(
            actor=SYSTEM,
            party_id=party.pk,
            name="Ana Ñáñez",
            email="",
            phone="",
            address="",
            language="es",
            reason="Married",
        )

        party.refresh_from_db()
        assert (party.name, party.search_name) == ("Ana Ñáñez", "ana nanez")


class TestAddIdentifier:
    def test_changes_nothing_when_the_party_has_it(self):
        party = register()
        number = Identifier(kind=IdentifierKind.TAX, country="DO", value="101850043")

        first = add_identifier(actor=SYSTEM, party_id=party.pk, identifier=number)
        second = add_identifier(actor=SYSTEM, party_id=party.pk, identifier=number)

        assert first == second
