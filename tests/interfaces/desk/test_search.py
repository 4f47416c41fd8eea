import datetime

import pytest
from django.urls import reverse

from billing_factories import FIRST_DAY, confirmed, consume, household, month, point, village
from desk_factories import at_the_desk
from hydria.agreements.models import Account
from hydria.agreements.operations import open_account, start_service
from hydria.billing.models import InvoiceNumber
from hydria.desk.queries import HitKind, search
from hydria.desk.web import commands
from hydria.metering.models import Meter
from hydria.parties.models import PartyKind
from hydria.parties.operations import register_party
from hydria.platform.access import SYSTEM, Actor, Permission

pytestmark = pytest.mark.django_db
BOX = {"HX-Request": "true", "HX-Target": "search-results"}
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

    @pytest.mark.parametrize("typed", ["pay nanez", "take payment of José Ñáñez", "payment jose"])
    def test_begins_an_act_on_the_account_that_the_further_words_mean(self, typed):
        client = at_the_desk("cashier")
        village()
        account = customer("José Ñáñez")

        assert client.get("/search/", {"q": typed}).headers["Location"] == f"/till/accounts/{account.pk}/"

    def test_offers_acts_with_the_only_account(self):
        client = at_the_desk("agent")
        village()
        account = customer("José Ñáñez")

        text = client.get("/search/", {"q": "nanez"}, headers=BOX).text

        assert f'href="/accounts/{account.pk}/acts/"' in text
        assert f'href="/till/accounts/{account.pk}/"' not in text

    @pytest.mark.parametrize(
        ("role", "place"), [("cashier", "/till/accounts/{account}/"), ("accountant", "/billing/invoices/{invoice}/")]
    )
    def test_goes_from_a_scanned_slip_to_the_till_or_the_invoice(self, role, place):
        client = at_the_desk(role)
        cycle = village()
        agreement = household()
        period = month(cycle)
        consume(agreement, period, 10)
        confirmed(period)
        number = InvoiceNumber.objects.get()

        answer = client.get("/search/", {"q": f"]C196{number.code}"})

        assert answer.headers["Location"] == place.format(account=agreement.account_id, invoice=number.invoice_id)

    @pytest.mark.parametrize(
        ("role", "typed", "href"),
        [
            ("agent", "new customer", "/customers/new/"),
            ("cashier", "opne a til", "/till/open/"),
            ("cashier", "cash desk", "/till/"),
            ("billing_manager", "open period", "/billing/cycles/open/"),
            ("administrator", "usres", "/users/"),
        ],
    )
    def test_finds_acts_by_name_with_mistakes(self, role, typed, href):
        assert f'href="{href}"' in at_the_desk(role).get("/search/", {"q": typed}, headers=BOX).text

    @pytest.mark.parametrize(
        ("language", "typed"), [("es", "nueva conexion"), ("el", "νέα σύνδεση"), ("el", "nea syndesi")]
    )
    def test_finds_acts_in_the_readers_language(self, language, typed):
        text = at_the_desk("agent", language=language).get("/search/", {"q": typed}, headers=BOX).text

        assert 'href="/customers/new/"' in text

    def test_offers_no_act_that_the_reader_may_not_do(self):
        assert "/users/new/" not in at_the_desk("agent").get("/search/", {"q": "new user"}, headers=BOX).text

    def test_every_command_leads_to_a_screen_that_opens_for_an_administrator(self):
        client = at_the_desk("administrator")

        answers = {command.name: client.get(reverse(command.name)) for command in commands.ACTS}

        assert {
            name: answer.status_code for name, answer in answers.items() if answer.status_code not in {200, 302}
        } == {}

    def test_finds_screens_by_name(self):
        client = at_the_desk("administrator")

        answer = client.get("/search/", {"q": "audit"}, headers={"HX-Request": "true", "HX-Target": "search-results"})

        assert 'href="/audit/"' in answer.text
