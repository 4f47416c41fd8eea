"""A tariff manager writes, a manager decides, each at the browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

import billing_factories as given
from hydria.platform.access import SYSTEM
from hydria.tariffs import operations
from hydria.tariffs.models import TariffVersion

DEARER = given.TARIFF.replace("price: 10.00", "price: 11.00").replace("200.00", "210.00").replace("318", "328")


def draft() -> TariffVersion:
    given.village()
    return operations.start_draft(actor=SYSTEM, text=DEARER, written_at=given.NOW)


def simulated() -> TariffVersion:
    version = draft()
    operations.check_draft(actor=SYSTEM, version_id=version.pk, checked_at=given.NOW)
    return operations.note_simulation(draft_id=version.pk, simulation_code="S", actor=SYSTEM, at=given.NOW)


class TestEditor:
    def test_checks_while_one_types_and_leads_to_the_line(self, desk):
        version = draft()
        desk.log_in("tariff_manager")
        desk.open(f"/tariffs/versions/{version.pk}/edit/")
        expect(desk.page.locator("#tariff-checked")).to_contain_text("comes out in both engines")

        text = desk.page.get_by_label("Text of the tariff")
        text.fill(DEARER.replace("shape: fixed", "shape: fxed"))
        finding = desk.page.locator("[data-finding-line='13']")
        expect(finding).to_contain_text("Did you mean fixed?")
        expect(desk.page.locator(".editor-mark").first).to_have_text("13")
        finding.get_by_role("link").click()

        expect(text).to_be_focused()
        selected = text.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)")
        assert selected == "    shape: fxed"
        desk.look("tariff-editor")
        assert desk.find_barriers() == []

    def test_saves_and_checks(self, desk):
        version = draft()
        desk.log_in("tariff_manager")
        desk.open(f"/tariffs/versions/{version.pk}/edit/")

        desk.page.get_by_label("What you changed, and why").fill("A trial")
        desk.page.get_by_role("button", name="Save").click()
        desk.page.wait_for_url(re.compile(rf"/tariffs/versions/{version.pk}/$"))
        desk.page.get_by_role("button", name="Check").click()

        expect(desk.page.get_by_role("status")).to_contain_text("Invented accounts on which both agree: 500")


class TestScreens:
    @pytest.mark.parametrize("width", [1440, 390])
    def test_can_be_used_by_everybody_and_fit_the_window(self, desk, width):
        version = simulated()
        desk.log_in("tariff_manager")
        desk.page.set_viewport_size({"width": width, "height": 900})
        screens = {
            "tariff": "/tariffs/village_water/",
            "tariff-version": f"/tariffs/versions/{version.pk}/",
            "tariff-compare": f"/tariffs/versions/{version.pk}/compare/",
            "tariff-try": f"/tariffs/versions/{version.pk}/try/?input-usage=15&input-units=1",
            "tariff-waiting": "/tariffs/waiting/",
            "tariff-new": "/tariffs/new/",
        }

        for name, path in screens.items():
            desk.open(path)
            desk.look(f"{name}-{width}")
            assert desk.find_barriers() == [], name
            assert not desk.is_wider_than_window(), name


class TestApproval:
    def test_is_given_and_published_by_the_manager(self, desk):
        version = simulated()
        desk.log_in("manager")

        desk.open("/tariffs/waiting/")
        desk.page.get_by_role("link", name="Water of the village, 2").click()
        desk.page.get_by_role("link", name="Approve").click()
        desk.page.get_by_label("Remark").fill("Council, item 4")
        desk.page.get_by_role("button", name="Approve").click()
        desk.page.get_by_role("link", name="Publish").click()
        desk.page.get_by_label("First day supplied that it prices").fill("2027-01-01")
        desk.page.get_by_role("button", name="Publish").click()

        expect(desk.page.get_by_role("status")).to_contain_text("The version is published.")
        version.refresh_from_db()
        assert version.state == "PUBLISHED"
