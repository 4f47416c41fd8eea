from __future__ import annotations

import datetime
import re

import pytest
from django.utils import timezone

import billing_factories as given
from desk_factories import at_the_desk
from hydria.agreements.models import AccountParty, BillingExclusion, ServiceAgreement, Suspension
from hydria.agreements.operations import open_account
from hydria.customers.domain.procedures import DebtRule
from hydria.customers.models import Application, DocumentType, Marker, Note
from hydria.customers.operations import set_debt_rule
from hydria.metering.models import Reading, Register
from hydria.parties.models import Party
from hydria.platform.access import SYSTEM
from hydria.premises.models import BillingCycle
from money_factories import post_invoice

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    client = at_the_desk("agent")
    given.village()
    return client


@pytest.fixture
def agreement(agent):
    made = given.household()
    Register.objects.create(meter=made.service_point.installations.get().meter)
    return made


def today() -> datetime.date:
    return timezone.localdate()


def dial_field() -> str:
    return f"dial_{Register.objects.get().pk}"


def walk(client, address: str, data: dict):
    """Send a form, see its preview, confirm it; return preview and answer."""
    preview = client.post(address, data)
    return preview, client.post(address, {**data, "step": "do"})


SOMEBODY = {"kind": "PERSON", "identifier_kind": "NATIONAL", "identifier_country": "DO"}
NEW_HOUSE = {
    **SOMEBODY,
    "key": "form-1",
    "name": "Eva Luna",
    "address": "Calle del Sol 7",
    "service_code": "WATER",
    "route_code": "R1",
    "unit_count": "1",
    "is_disconnectable": "yes",
    "serial": "H77",
    "digits": "5",
    "initial_milli": "12",
    "evidence": "Order 17",
    "category_code": "household",
    "tariff_code": "village_water",
    "delivery_mode": "PAPER",
    "feasibility": "Main in front",
}


def dated(**more):
    return {"from_date": today().isoformat(), "reason": "Asked for at the counter", **more}


class TestConnection:
    def test_shows_what_would_come_and_writes_only_when_confirmed(self, agent):
        data = NEW_HOUSE | {"start_date": today().isoformat()}
        count = Party.objects.count()

        preview = agent.post("/customers/new/", data)
        after_preview = Party.objects.count()
        answer = agent.post("/customers/new/", {**data, "step": "do"})

        assert "Eva Luna (new)" in preview.text
        assert "Nothing has been done yet" in preview.text
        assert after_preview == count
        made = ServiceAgreement.objects.get(service_point__premise__address="Calle del Sol 7")
        assert answer.headers["Location"] == f"/accounts/{made.account_id}/"

    def test_is_done_once_when_sent_twice(self, agent):
        data = NEW_HOUSE | {"start_date": today().isoformat(), "step": "do"}

        addresses = {agent.post("/customers/new/", data).headers["Location"] for _time in range(2)}

        assert len(addresses) == 1

    def test_says_in_the_preview_what_would_be_refused(self, agent):
        data = NEW_HOUSE | {"start_date": today().isoformat(), "identifier": "402-0000001-1"}

        answer = agent.post("/customers/new/", data)

        assert answer.status_code == 422
        assert "fails the check of its kind" in answer.text
        assert 'value="Calle del Sol 7"' in answer.text

    def test_goes_back_to_the_form_with_everything_typed(self, agent):
        data = NEW_HOUSE | {"start_date": today().isoformat(), "step": "edit"}

        answer = agent.post("/customers/new/", data)

        assert answer.status_code == 200
        assert 'value="Eva Luna"' in answer.text

    def test_warns_of_somebody_who_is_registered_already(self, agent, agreement):
        holder = agreement.account.parties.get().party

        found = agent.post("/customers/alike/", {"name": holder.name.upper()})

        assert f'value="{holder.pk}"' in found.text
        assert "100 % alike" in found.text

    def test_shows_the_points_at_the_address_and_who_holds_them(self, agent, agreement):
        found = agent.post("/customers/places/", {"address": agreement.service_point.premise.address})

        assert agreement.service_point.number in found.text
        assert "disabled" in found.text

    def test_keeps_the_documents_that_are_missing_on_the_account(self, agent):
        DocumentType.objects.create(code="id", name="Identity card", procedures=["CONNECTION"])
        DocumentType.objects.create(code="title", name="Title deed", procedures=["CONNECTION"])
        data = NEW_HOUSE | {"start_date": today().isoformat(), "documents": "id"}

        preview, answer = walk(agent, "/customers/new/", data)

        assert "Still to be handed in: Title deed." in preview.text
        assert Application.objects.get().documents_seen == ["Identity card"]
        assert "Still to be handed in: Title deed." in agent.get(answer.headers["Location"]).text


class TestMove:
    def data(self, **changed):
        day = today().isoformat()
        return {
            "key": "move-1",
            "name": "Juan Mora",
            **SOMEBODY,
            "from_date": day,
            "reason": "Sold",
            dial_field(): "20",
            **changed,
        }

    def test_warns_of_the_debt_and_gives_the_place_to_a_new_account(self, agent, agreement):
        post_invoice(agreement.account_id, 123_400)

        preview, answer = walk(agent, f"/agreements/{agreement.pk}/customer/", self.data())

        assert "1,234.00" in preview.text
        assert "stays with the account of the one who leaves" in preview.text
        new = ServiceAgreement.objects.get(valid_during__endswith=None)
        assert new.account.parties.get().party.name == "Juan Mora"
        assert answer.headers["Location"] == f"/accounts/{new.account_id}/"
        assert Reading.objects.get().value_milli == 20_000

    def test_is_refused_in_the_preview_where_debt_is_paid_first(self, agent, agreement):
        post_invoice(agreement.account_id, 123_400)
        set_debt_rule(actor=SYSTEM, debt_rule=DebtRule.REFUSE, reason="Board")

        answer = agent.post(f"/agreements/{agreement.pk}/customer/", self.data())

        assert answer.status_code == 422
        assert "is paid first" in answer.text

    def test_asks_for_the_final_reading(self, agent, agreement):
        answer = agent.post(f"/agreements/{agreement.pk}/customer/", self.data(**{dial_field(): ""}))

        assert answer.status_code == 422


class TestActs:
    def test_each_opens_its_page_by_a_key_of_its_own(self, agent, agreement):
        page = agent.get(f"/accounts/{agreement.account_id}/acts/").text
        acts = page[page.index('class="columns"') :]

        links = re.findall(r'<a href="(/[^"]+)" data-key="(.)"', acts)

        assert len({key for _link, key in links}) == len(links) == 15
        assert {agent.get(link).status_code for link, _key in links} == {200}

    def test_offers_what_undoes_what_is_in_force(self, agent, agreement):
        walk(agent, f"/agreements/{agreement.pk}/suspension/", dated(is_billed="no"))

        page = agent.get(f"/accounts/{agreement.account_id}/acts/").text

        assert "Resume the supply" in page
        assert "Suspend the supply" not in page


class TestAgreement:
    @pytest.mark.parametrize(
        ("act", "data", "shown"),
        [
            ("terms", dated(category_code="household", tariff_code="village_water"), "What changes"),
            ("units", dated(category_code="household", unit_count="3"), "<td>1</td><td>3</td>"),
            (
                "exemptions/new",
                {"code": "vat", "evidence": "Certificate 5", "from_date": today().isoformat()},
                "until further notice",
            ),
            ("exclusion", dated(review_date="2030-01-01"), "Left out"),
            ("suspension", dated(is_billed="no"), "Suspended"),
        ],
    )
    def test_previews_and_does_each_act(self, agent, agreement, act, data, shown):
        preview, answer = walk(agent, f"/agreements/{agreement.pk}/{act}/", data)

        assert shown in preview.text
        assert answer.headers["Location"] == f"/accounts/{agreement.account_id}/"

    def test_names_the_invoices_that_bill_the_days_already(self, agent, agreement):
        period = given.month(BillingCycle.objects.get())
        given.consume(agreement, period, 10)
        given.confirmed(period)
        asked = {"category_code": "household", "tariff_code": "village_water", "reason": "Shop closed"}

        touched = agent.post(f"/agreements/{agreement.pk}/terms/", asked | {"from_date": "2026-01-15"})
        untouched = agent.post(f"/agreements/{agreement.pk}/terms/", asked | {"from_date": "2026-02-01"})

        assert "1 issued invoice covers days from then on (F-" in touched.text
        assert "No issued invoice covers these days." in untouched.text

    def test_suspends_and_resumes(self, agent, agreement):
        walk(agent, f"/agreements/{agreement.pk}/suspension/", dated(is_billed="no"))
        page = agent.get(f"/accounts/{agreement.account_id}/").text

        walk(agent, f"/agreements/{agreement.pk}/resumption/", dated())

        assert "The supply is suspended." in page
        assert not Suspension.objects.exists()

    def test_lists_what_is_left_out_until_it_is_billed_again(self, agent, agreement):
        walk(agent, f"/agreements/{agreement.pk}/exclusion/", dated(review_date="2030-01-01"))
        listed = agent.get("/agreements/excluded/").text

        walk(agent, f"/agreements/{agreement.pk}/inclusion/", dated())

        assert "Asked for at the counter" in listed
        assert not BillingExclusion.objects.exists()

    def test_ends_the_supply_with_its_final_reading(self, agent, agreement):
        walk(agent, f"/agreements/{agreement.pk}/end/", dated(**{dial_field(): "31"}))

        agreement.refresh_from_db()
        assert agreement.valid_during.upper == today()
        assert Reading.objects.get().value_milli == 31_000


class TestHolder:
    def test_hands_the_account_over_with_its_debt(self, agent, agreement):
        post_invoice(agreement.account_id, 5_000)

        preview, _answer = walk(agent, f"/accounts/{agreement.account_id}/holder/", dated(name="Eva Pérez", **SOMEBODY))

        assert "takes over a debt" in preview.text
        assert AccountParty.objects.get(valid_during__endswith=None).party.name == "Eva Pérez"

    def test_changes_the_particulars_and_shows_only_what_changes(self, agent, agreement):
        holder = agreement.account.parties.get().party

        preview, _answer = walk(
            agent,
            f"/accounts/{agreement.account_id}/particulars/",
            {"name": holder.name, "phone": "809-555-0100", "reason": "New telephone"},
        )

        assert "809-555-0100" in preview.text
        assert "Postal address" not in preview.text
        holder.refresh_from_db()
        assert holder.phone == "809-555-0100"

    def test_adds_an_official_number_after_its_check(self, agent, agreement):
        address = f"/accounts/{agreement.account_id}/identifiers/new/"

        wrong = agent.post(address, {"kind": "TAX", "country": "GR", "value": "023456789"})
        walk(agent, address, {"kind": "TAX", "country": "GR", "value": "094259216"})

        assert wrong.status_code == 422
        assert agreement.account.parties.get().party.identifiers.get().value == "094259216"


class TestPapers:
    def test_keeps_notes_and_shows_them_on_the_account(self, agent, agreement):
        address = f"/accounts/{agreement.account_id}/notes/new/"
        for _time in range(2):
            agent.post(address, {"text": "Called <b>twice</b>", "about": "account"})

        page = agent.get(f"/accounts/{agreement.account_id}/").text

        assert Note.objects.count() == 1
        assert "Called &lt;b&gt;twice&lt;/b&gt;" in page

    def test_raises_an_alert_and_lifts_it(self, agent, agreement):
        home = f"/accounts/{agreement.account_id}/"
        agent.post(f"{home}alerts/new/", dated(kind="FRAUD", about="account"))
        page = agent.get(home).text

        agent.post(f"{home}alerts/{Marker.objects.get().pk}/lift/", {"reason": "Cleared"})

        assert "Fraud on record: Asked for at the counter" in page
        assert "Fraud on record" not in agent.get(home).text

    def test_keeps_what_is_about_the_customer_on_every_account(self, agent, agreement):
        holder_id = agreement.account.parties.get().party_id
        other = open_account(actor=SYSTEM, holder_id=holder_id, opened_date=given.FIRST_DAY)

        agent.post(f"/accounts/{agreement.account_id}/notes/new/", {"text": "Hard of hearing", "about": "party"})

        assert "Hard of hearing" in agent.get(f"/accounts/{other.pk}/").text
