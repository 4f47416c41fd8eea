from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

import billing_factories as given
from desk_factories import at_the_desk, person
from hydria.agreements.models import ServiceAgreement
from hydria.customers import queries
from hydria.customers.domain.procedures import DebtRule
from hydria.customers.models import Attachment, ContractTemplate, DocumentType
from hydria.platform.files import read_file

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


@pytest.fixture
def agent():
    client = at_the_desk("agent")
    given.village()
    return client


@pytest.fixture
def agreement(agent) -> ServiceAgreement:
    return given.household()


@pytest.fixture
def administrator(agent):
    agent.force_login(person("administrator"), backend="django.contrib.auth.backends.ModelBackend")
    return agent


def upload(client, agreement, content: bytes, *, name: str = "deed.png"):
    file = SimpleUploadedFile(name, content, content_type="image/png")
    return client.post(f"/accounts/{agreement.account_id}/files/new/", {"file": file, "about": "account"})


class TestFiles:
    def test_are_shown_in_place_for_what_they_are(self, agent, agreement):
        upload(agent, agreement, PNG)
        kept = Attachment.objects.get()

        page = agent.get(f"/accounts/{agreement.account_id}/").text
        answer = agent.get(f"/files/{kept.pk}/")

        assert f'<img src="/files/{kept.pk}/"' in page
        assert answer.content == PNG
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    def test_are_told_by_their_content_not_by_their_name(self, agent, agreement):
        answer = upload(agent, agreement, b"<svg onload='alert(1)'>", name="deed.png")

        assert answer.status_code == 422
        assert "Only PDF files and pictures" in answer.text
        assert not Attachment.objects.exists()

    def test_added_by_mistake_are_withdrawn(self, agent, agreement):
        upload(agent, agreement, PNG)

        place = f"/accounts/{agreement.account_id}/files/{Attachment.objects.get().pk}/withdraw/"
        agent.post(place, {"reason": "Another customer's"})

        assert "No file is kept." in agent.get(f"/accounts/{agreement.account_id}/").text

    def test_have_a_page_that_says_when_there_is_none(self, agent):
        assert agent.get("/files/999999/").status_code == 404


class TestContract:
    TEXT = "# Contract of {{holder_name}}\n\nFor **{{service}}** at {{supply_address}}."

    def test_is_printed_and_archived_with_the_account(self, agent, agreement):
        template = ContractTemplate.objects.create(name="Service", language="en", text=self.TEXT)

        answer = agent.post(f"/agreements/{agreement.pk}/contract/", {"template_id": template.pk})

        kept = Attachment.objects.get(account=agreement.account)
        assert "archived with the account" in answer.text
        assert kept.title == f"Service {agreement.number}"
        assert read_file(kept.file).startswith(b"%PDF-")

    def test_says_who_writes_it_when_there_is_none(self, agent, agreement):
        assert "No contract yet" in agent.get(f"/agreements/{agreement.pk}/contract/").text

    def test_is_written_by_the_administrator_with_names_that_are_known(self, administrator):
        place = "/documents/contracts/new/"
        wrong = administrator.post(place, {"name": "Service", "language": "en", "text": "{{shoe_size}}"})
        administrator.post(place, {"name": "Service", "language": "en", "text": self.TEXT})

        assert wrong.status_code == 422
        assert "No contract knows “shoe_size”" in wrong.text
        assert ContractTemplate.objects.get().name == "Service"


class TestSettings:
    def test_list_and_change_types_of_document(self, administrator):
        place = "/documents/types/new/"
        administrator.post(place, {"code": "id", "name": "Identity", "procedures": ["MOVE"], "is_active": "on"})
        administrator.post("/documents/types/id/", {"code": "id", "name": "Identity card", "is_active": "on"})

        assert DocumentType.objects.get().name == "Identity card"
        assert "Identity card" in administrator.get("/documents/types/").text

    def test_say_what_debt_means_for_a_change_of_customer(self, administrator):
        administrator.post("/documents/debt-rule/", {"debt_rule": "REFUSE", "reason": "Board of March"})

        assert queries.get_debt_rule() is DebtRule.REFUSE


class TestHostileInput:
    @pytest.mark.parametrize(
        "typed", ["\0\0\0\0\0", "a" * 10_000, "%%%%", "' OR 1=1 --", "=cmd|' /C calc'!A0", "أحمد علي"]
    )
    def test_is_looked_for_and_breaks_nothing(self, agent, typed):
        for place, name in (("/customers/alike/", "name"), ("/customers/places/", "address")):
            assert agent.post(place, {name: typed, "party_id": "9" * 40}).status_code == 200

    def test_finds_no_exemption_of_another_agreement(self, agent, agreement):
        assert agent.get(f"/agreements/{agreement.pk}/exemptions/999/end/").status_code == 404

    def test_refuses_a_party_and_a_point_that_do_not_exist(self, agent, agreement):
        data = {"party_id": 10**30, "from_date": "2026-03-01", "reason": "x", "kind": "PERSON"}
        data |= {"identifier_kind": "NATIONAL", "identifier_country": "DO"}

        answer = agent.post(f"/accounts/{agreement.account_id}/holder/", data)

        assert answer.status_code == 422
