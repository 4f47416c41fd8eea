import datetime

import pytest

from billing_factories import FIRST_DAY, point, village
from desk_factories import at_the_desk
from hydria.agreements.models import Account
from hydria.agreements.operations import open_account, start_service
from hydria.desk.queries import HitKind, search
from hydria.metering.models import Meter
from hydria.parties.models import PartyKind
from hydria.parties.operations import register_party
from hydria.platform.access import SYSTEM, Actor, Permission

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 3, 1)


def customer(name: str) -> Account:
    """Register a customer with an account, an agreement, a point and a meter."""
    party = register_party(actor=SYSTEM, kind=PartyKind.PERSON, name=name, on_date=FIRST_DAY)
    account = open_account(actor=SYSTEM, holder_id=party.pk, opened_date=FIRST_DAY)
    start_service(
        actor=SYSTEM,
        account_id=account.pk,
        service_point_id=point().pk,
        start_date=FIRST_DAY,
        tariff_code="village_water",
        category_code="household",
    )
    return account


def accounts_found(typed: str) -> list[int]:
    hits = search(actor=SYSTEM, typed=typed, today=TODAY)
    return [hit.object_id for hit in hits if hit.kind is HitKind.ACCOUNT]


class TestSearch:
    @pytest.mark.parametrize("typed", ["Papadopoulou", "παπαδοπουλου", "ΕΛΈΝΗ", "eleni papad", "papad eleni"])
    def test_finds_a_greek_name_in_either_script_without_accents_and_in_any_order(self, typed: str):
        village()
        account = customer("Ελένη Παπαδοπούλου")
        customer("José Ñáñez")

        assert accounts_found(typed) == [account.pk]

    @pytest.mark.parametrize("typed", ["Papadopuolou", "Papadopoulu", "Papapoulou"])
    def test_forgives_small_mistakes(self, typed: str):
        village()
        account = customer("Ελένη Παπαδοπούλου")
        customer("José Ñáñez")

        assert accounts_found(typed) == [account.pk]

    def test_finds_an_account_by_how_its_number_starts(self):
        village()
        account = customer("José Ñáñez")

        assert accounts_found(account.number[:-1]) == [account.pk]

    def test_finds_an_account_by_its_number_without_the_leading_zeros(self):
        village()
        account = customer("José Ñáñez")
        Account.objects.filter(pk=account.pk).update(number="00000608")

        assert accounts_found("608") == [account.pk]

    def test_finds_an_account_by_its_address(self):
        village()
        account = customer("José Ñáñez")
        address = account.agreements.get().service_point.premise.address

        assert accounts_found(address) == [account.pk]

    def test_finds_the_account_that_a_meter_serves(self):
        village()
        account = customer("José Ñáñez")
        serial = Meter.objects.get().serial + "1"
        Meter.objects.update(serial=serial)

        hits = search(actor=SYSTEM, typed=serial, today=TODAY)

        assert [(hit.kind, hit.object_id, hit.name) for hit in hits] == [(HitKind.METER, account.pk, serial)]

    @pytest.mark.parametrize(
        "typed", ["", "   ", "%", "_", "\\", "'; DROP TABLE parties_party; --", "x" * 10_000, "😀"]
    )
    def test_finds_nothing_in_what_is_no_search(self, typed: str):
        village()
        customer("José Ñáñez")

        assert search(actor=SYSTEM, typed=typed, today=TODAY) == []

    def test_searches_only_what_the_actor_may_see(self):
        village()
        customer("José Ñáñez")
        tariffs_only = Actor(name="x", permissions=frozenset({Permission.TARIFF_VIEW}))

        assert search(actor=tariffs_only, typed="nanez", today=TODAY) == []


class TestSearchPage:
    def test_answers_the_box_with_a_fragment(self):
        client = at_the_desk("agent")
        village()
        customer("José Ñáñez")

        answer = client.get("/search/", {"q": "nanez"}, headers={"HX-Request": "true", "HX-Target": "search-results"})

        assert "José Ñáñez" in answer.text
        assert "<html" not in answer.text

    def test_goes_straight_to_the_only_hit(self):
        client = at_the_desk("agent")
        village()
        account = customer("José Ñáñez")

        answer = client.get("/search/", {"q": "nanez"})

        assert answer.headers["Location"] == f"/accounts/{account.pk}/"

    def test_finds_screens_by_name(self):
        client = at_the_desk("administrator")

        answer = client.get("/search/", {"q": "audit"}, headers={"HX-Request": "true", "HX-Target": "search-results"})

        assert 'href="/audit/"' in answer.text
