from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

import billing_factories as given
from hydria.platform.access import SYSTEM, Permission
from hydria.platform.models import Role, User
from hydria.platform.operations import set_up_company
from hydria.tariffs.models import TariffVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    set_up_company(actor=SYSTEM, name="Aguas", currency="DOP", country="DO", language="es")
    given.village()
    user = User.objects.create_user(username="tomas", password="x", full_name="Tomás")
    user.roles.add(
        Role.objects.create(
            code="test", name="Test", permissions=[str(Permission.TARIFF_VIEW), str(Permission.TARIFF_PUBLISH)]
        )
    )
    browser = Client()
    browser.force_login(user)
    return browser


class TestPages:
    @pytest.mark.parametrize("address", ["/tariffs/", "/tariffs/village_water/", "/tariffs/publish/"])
    def test_shows_the_page(self, browser, address):
        assert browser.get(address).status_code == 200


class TestPublishing:
    def test_puts_a_text_in_force_in_the_place_of_the_one_before(self, browser):
        text = given.TARIFF.replace("price: 10.00", "price: 11.00").replace("200.00", "210.00").replace("318", "328")

        answer = browser.post(reverse("tariff_publish"), {"text": text})

        assert answer.status_code == 302
        states = TariffVersion.objects.order_by("sequence").values_list("state", flat=True)
        assert list(states) == ["WITHDRAWN", "PUBLISHED"]

    def test_refuses_a_text_whose_own_case_does_not_come_out(self, browser):
        answer = browser.post(reverse("tariff_publish"), {"text": given.TARIFF.replace("price: 10.00", "price: 11.00")})

        assert answer.status_code == 422
        assert "Household, 15 m3" in answer.content.decode()
        assert TariffVersion.objects.count() == 1

    def test_names_the_line_of_what_is_wrong(self, browser):
        answer = browser.post(reverse("tariff_publish"), {"text": given.TARIFF.replace("shape: fixed", "shape: fxed")})

        assert answer.status_code == 422
        assert TariffVersion.objects.count() == 1
