from __future__ import annotations

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

import billing_factories as given
from hydria.platform.access import SYSTEM, Permission
from hydria.platform.models import Role, User
from hydria.platform.operations import set_up_company
from hydria.tariffs import operations
from hydria.tariffs.models import TariffVersion

pytestmark = pytest.mark.django_db

DEARER = given.TARIFF.replace("price: 10.00", "price: 11.00").replace("200.00", "210.00").replace("318", "328")
WRONG = given.TARIFF.replace("shape: fixed", "shape: fxed")
WRITES = (Permission.TARIFF_VIEW, Permission.TARIFF_EDIT)
DECIDES = (Permission.TARIFF_VIEW, Permission.TARIFF_APPROVE, Permission.TARIFF_PUBLISH, Permission.BILLING_VIEW)


def browser_of(username: str, *permissions: Permission, language: str = "en") -> Client:
    user = User.objects.create_user(username=username, password="x", full_name=username.title(), language=language)
    user.roles.add(Role.objects.create(code=username, name=username, permissions=[str(held) for held in permissions]))
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture(autouse=True)
def _village() -> None:
    set_up_company(actor=SYSTEM, name="Aguas", currency="DOP", country="DO", language="en")
    given.village()


@pytest.fixture
def writer() -> Client:
    return browser_of("hector", *WRITES)


@pytest.fixture
def manager() -> Client:
    return browser_of("ana", *DECIDES)


def draft(text: str = DEARER) -> TariffVersion:
    return operations.start_draft(actor=SYSTEM, text=text, written_at=given.NOW)


def simulated() -> TariffVersion:
    version = draft()
    operations.check_draft(actor=SYSTEM, version_id=version.pk, checked_at=given.NOW)
    return operations.note_simulation(draft_id=version.pk, simulation_code="S", actor=SYSTEM, at=given.NOW)


class TestPages:
    def test_show_a_tariff_and_its_versions(self, writer):
        version = simulated()
        pages = [
            "/tariffs/",
            "/tariffs/village_water/",
            "/tariffs/waiting/",
            "/tariffs/new/",
            *(
                reverse(name, args=[version.pk])
                for name in ("tariff_version", "tariff_edit", "tariff_try", "tariff_compare")
            ),
        ]

        assert {page: writer.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)

    @pytest.mark.parametrize("language", ["es", "el"])
    def test_speak_the_language_of_their_reader(self, language):
        page = browser_of("reader", *WRITES, language=language).get(reverse("tariff_edit", args=[draft(WRONG).pk]))

        with translation.override(language):
            assert translation.gettext("`{text}` is not known as {field}.").format(text="fxed", field="shape") in (
                page.content.decode().replace("&#x27;", "'")
            )


class TestEditor:
    def test_names_line_fault_and_cure_while_one_types(self, writer):
        answer = writer.post(reverse("tariff_check_text"), {"text": WRONG}).content.decode()

        assert 'data-finding-line="13"' in answer
        assert "`fxed` is not known as shape." in answer
        assert "Did you mean fixed?" in answer

    def test_runs_the_cases_and_draws_the_picture(self, writer):
        answer = writer.post(reverse("tariff_check_text"), {"text": given.TARIFF}).content.decode()

        assert "its 1 case comes out in both engines" in answer
        assert "<svg" in answer

    def test_shows_what_a_failing_case_gets(self, writer):
        text = given.TARIFF.replace("price: 10.00", "price: 11.00")

        answer = writer.post(reverse("tariff_check_text"), {"text": text}).content.decode()

        assert "water should be 200.00, but comes out as 210.00." in answer

    def test_saves_and_goes_to_the_version(self, writer):
        version = draft()

        answer = writer.post(
            reverse("tariff_edit", args=[version.pk]),
            {"text": given.TARIFF.replace("\n", "\r\n"), "known_hash": version.text_hash, "reason": "back"},
        )

        version.refresh_from_db()
        assert (answer.status_code, version.text) == (302, given.TARIFF)

    def test_loses_nothing_when_somebody_else_has_saved(self, writer):
        version = draft()

        answer = writer.post(
            reverse("tariff_edit", args=[version.pk]), {"text": given.TARIFF, "known_hash": "0", "reason": ""}
        )

        assert answer.status_code == 422
        assert "price: 10.00" in answer.content.decode()

    def test_tidies_the_layout(self, writer):
        answer = writer.post(reverse("tariff_format_text"), {"text": "currency:   DOP\ntariff: x\n"})

        assert "tariff: x\ncurrency: DOP" in answer.content.decode()

    def test_starts_from_the_gallery_under_a_name_of_ones_own(self, writer):
        answer = writer.post(reverse("tariff_new"), {"name": "nairobi_like", "start": "ke-nairobi-2015-11"})

        version = TariffVersion.objects.get(tariff__code="nairobi_like")
        assert answer["Location"] == reverse("tariff_edit", args=[version.pk])
        assert version.text.startswith("tariff: nairobi_like\n")

    def test_starts_from_an_example_that_is_right(self, writer):
        writer.post(reverse("tariff_new"), {"name": "small", "start": ""})

        text = TariffVersion.objects.get(tariff__code="small").text
        assert "comes out in both engines" in writer.post(reverse("tariff_check_text"), {"text": text}).content.decode()

    def test_starts_the_next_version_from_the_one_shown(self, writer):
        shown = TariffVersion.objects.get(state="PUBLISHED")

        writer.post(reverse("tariff_copy", args=[shown.pk]))

        assert TariffVersion.objects.get(sequence=2).text == shown.text


class TestCheck:
    def test_says_what_was_checked(self, writer):
        answer = writer.post(reverse("tariff_check", args=[draft().pk]), follow=True)

        assert "Invented accounts on which both agree: 500." in answer.content.decode()

    def test_shows_every_finding_when_it_refuses(self, writer):
        answer = writer.post(reverse("tariff_check", args=[draft(WRONG).pk]))

        assert answer.status_code == 422
        assert "line 13" in answer.content.decode()


class TestTry:
    def test_explains_every_line_of_the_invoice(self, writer):
        asked = {
            "input-usage": "15",
            "input-units": "1",
            "input-exempt_vat": "false",
            "start_date": "2026-01-01",
            "end_date": "2026-02-01",
        }

        page = writer.get(reverse("tariff_try", args=[draft(given.TARIFF).pk]), asked).content.decode()

        assert "318.00" in page
        assert "Block 2" in page
        assert "A percentage of: Fixed charge." in page

    def test_says_what_is_missing(self, writer):
        page = writer.get(reverse("tariff_try", args=[draft().pk]), {"input-usage": ""})

        assert page.status_code == 422

    def test_prices_invented_accounts_in_both_engines(self, writer):
        answer = writer.get(reverse("tariff_try_invented", args=[draft().pk])).content.decode()

        assert "Both engines agree on all 100 accounts" in answer


class TestCompare:
    def test_says_what_changes_for_whom_and_on_the_worked_bills(self, writer):
        page = writer.get(reverse("tariff_compare", args=[draft().pk])).content.decode()

        assert "the price above 0 rises from 10 to 11 (+10.0 %)." in page
        assert "318.00" in page
        assert "328.00" in page


class TestDecisions:
    def test_wait_for_whoever_may_take_them(self, manager, writer):
        version = simulated()

        assert reverse("tariff_version", args=[version.pk]) in manager.get("/tariffs/waiting/").content.decode()
        assert "Nothing waits for you" in writer.get("/tariffs/waiting/").content.decode()

    def test_lead_to_publication_from_a_day(self, manager):
        version = simulated()

        manager.post(reverse("tariff_approve", args=[version.pk]), {"reason": "Council, item 4"})
        manager.post(reverse("tariff_publish", args=[version.pk]), {"from_date": "2027-01-01"})

        version.refresh_from_db()
        assert (version.state, version.from_date) == ("PUBLISHED", datetime.date(2027, 1, 1))

    def test_send_back_with_a_reason(self, manager):
        version = simulated()

        manager.post(reverse("tariff_send_back", args=[version.pk]), {"reason": "The poor pay more"})

        version.refresh_from_db()
        assert version.state == "DRAFT"
        page = manager.get(reverse("tariff_version", args=[version.pk])).content.decode()
        assert "The poor pay more" in page


class TestPublishing:
    def test_shows_the_billed_periods_and_what_billing_again_would_come_to(self, manager):
        household = given.household()
        period = given.month(household.service_point.route.cycle)
        given.consume(household, period, 15)
        given.confirmed(period)
        version = simulated()
        manager.post(reverse("tariff_approve", args=[version.pk]), {"reason": ""})

        refused = manager.post(reverse("tariff_publish", args=[version.pk]), {"from_date": "2026-01-15"})
        proposed = manager.post(
            reverse("tariff_rebill", args=[version.pk]), {"from_date": "2026-01-15"}, follow=True
        ).content.decode()

        assert refused.status_code == 422
        assert "invoices concerned: 1" in refused.content.decode()
        assert "328.00" in proposed
        assert "If it had priced from" in proposed
