from __future__ import annotations

import pytest
from django.test import Client

import billing_factories as given
from hydria.platform.access import SYSTEM, Permission
from hydria.platform.models import Role, User
from hydria.platform.operations import set_up_company

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
    @pytest.mark.parametrize("address", ["/tariffs/", "/tariffs/village_water/"])
    def test_shows_the_page(self, browser, address):
        assert browser.get(address).status_code == 200
