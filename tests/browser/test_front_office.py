"""The front office by keyboard alone: a new connection, a change of customer, a note; and its pages without barriers."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import expect

import billing_factories as given
from hydria.agreements.models import ServiceAgreement
from hydria.customers.models import DocumentType, Note
from hydria.metering.models import Register
from money_factories import post_invoice


@pytest.fixture
def agreement() -> ServiceAgreement:
    given.village()
    DocumentType.objects.create(code="id", name="Identity card", procedures=["CONNECTION", "MOVE"])
    made = given.household()
    Register.objects.create(meter=made.service_point.installations.get().meter)
    return made


def press(desk, *keys: str) -> None:
    for key in keys:
        desk.page.keyboard.press(key)


def fill(desk, **typed: str) -> None:
    """Go to fields by their label, as a screen reader does, and type."""
    for name, text in typed.items():
        desk.page.locator(f"#id_{name}").focus()
        desk.page.keyboard.type(text)


class TestConnection:
    def test_is_made_by_keyboard_with_a_warning_about_who_is_known(self, desk, agreement):
        desk.log_in("agent")
        press(desk, "g", "n")
        desk.page.wait_for_url(re.compile(r"/customers/new/$"))

        desk.page.keyboard.type(agreement.account.parties.get().party.name)
        known = desk.page.get_by_role("group", name="Registered already?")
        expect(known).to_contain_text("100 % alike")
        desk.look("connection-known")
        known.get_by_role("radio").first.focus()
        press(desk, "Space")
        fill(desk, address="Calle del Sol 7", is_disconnectable="Y", serial="H77", evidence="Order 17")
        fill(desk, feasibility="Main in front")
        press(desk, "Enter")
        expect(desk.page.get_by_text("Nothing has been done yet.")).to_be_visible()
        expect(desk.page.get_by_text("Still to be handed in: Identity card.")).to_be_visible()
        desk.look("connection-preview")
        press(desk, "Enter")

        expect(desk.page.get_by_text("The customer is connected.")).to_be_visible()
        party = agreement.account.parties.get().party
        assert party.account_roles.count() == 2


class TestMove:
    def test_is_previewed_changed_and_confirmed_by_keyboard(self, desk, agreement):
        post_invoice(agreement.account_id, 123_400)
        desk.log_in("agent")
        desk.open(f"/accounts/{agreement.account_id}/")
        press(desk, "e")
        desk.page.wait_for_url(re.compile(r"/acts/$"))
        desk.look("acts")
        press(desk, "m")
        desk.page.wait_for_url(re.compile(r"/customer/$"))

        desk.page.keyboard.type("Juan Mora")
        fill(desk, reason="Sold the house")
        desk.page.locator("input[name^=dial_]").focus()
        desk.page.keyboard.type("25")
        press(desk, "Enter")
        expect(desk.page.get_by_text("stays with the account of the one who leaves")).to_be_visible()
        desk.look("move-preview")
        press(desk, "c")
        expect(desk.page.locator("#id_name")).to_have_value("Juan Mora")
        desk.page.locator("#id_reason").focus()
        press(desk, "Enter")
        expect(desk.page.get_by_text("Nothing has been done yet.")).to_be_visible()
        press(desk, "Enter")

        expect(desk.page.get_by_text("The place has its new customer.")).to_be_visible()
        expect(desk.page.get_by_role("heading", name="Juan Mora")).to_be_visible()


class TestNote:
    def test_is_written_from_the_account(self, desk, agreement):
        desk.log_in("agent")
        desk.open(f"/accounts/{agreement.account_id}/")
        press(desk, "e")
        desk.page.wait_for_url(re.compile(r"/acts/$"))
        press(desk, "n")
        desk.page.wait_for_url(re.compile(r"/notes/new/$"))

        desk.page.keyboard.type("Called about the bill")
        press(desk, "Tab", "Tab", "Enter")

        expect(desk.page.get_by_text("The note is kept.")).to_be_visible()
        assert Note.objects.get().text == "Called about the bill"


class TestLook:
    def test_has_no_barriers_and_fits_narrow_windows_in_the_longest_language(self, desk, agreement):
        desk.log_in("administrator", language="el")
        account, number = f"/accounts/{agreement.account_id}", agreement.pk
        paths = (
            "/customers/new/",
            "/agreements/excluded/",
            f"{account}/acts/",
            f"{account}/alerts/new/",
            f"{account}/files/new/",
            f"{account}/particulars/",
            f"/agreements/{number}/customer/",
            f"/agreements/{number}/end/",
            "/documents/types/",
            "/documents/contracts/new/",
        )

        trouble = []
        for width, path in itertools.product((1440, 390), paths):
            desk.page.set_viewport_size({"width": width, "height": 800})
            desk.open(path)
            trouble += [(width, path, "too wide")] * desk.is_wider_than_window()
            trouble += [(width, path, barrier) for barrier in desk.find_barriers() if width == 1440]

        assert trouble == []
