"""The screens of concessions, and the API: grant, end, warn, budgets, discounts, who may do what."""

from __future__ import annotations

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

import concession_factories as story
from api_factories import Program, codes_of
from billing_factories import household
from concession_factories import subsidized_village as village
from desk_factories import at_the_desk
from hydria.concessions import operations, queries
from hydria.concessions.domain.kinds import ProgramKind
from hydria.concessions.models import Discount, Enjoyment, Grant, GrantEvent
from hydria.kernel.periods import add_months
from hydria.platform.access import SYSTEM
from money_factories import NOW, chart_of_accounts, post_invoice

pytestmark = pytest.mark.django_db


def today() -> datetime.date:
    return timezone.localdate()


def granted_until(days: int) -> Grant:
    village(), story.program(months_max=24)
    end_date = today() + datetime.timedelta(days=days)
    return story.granted(household(), from_date=add_months(end_date, -12), until_date=end_date)


def lost() -> Grant:
    """Return a grant that has run out, of an agreement that was billed with it."""
    grant = granted_until(-5)
    Enjoyment.objects.create(
        agreement=grant.agreement, program=grant.program, until_date=today() - datetime.timedelta(days=10)
    )
    return grant


class TestConcessionsOfAnAccount:
    def test_are_granted_there(self):
        client = at_the_desk("agent")
        village(), story.program()
        agreement = household()
        asked = {
            "program_code": "social",
            "from_date": today().isoformat(),
            "until_date": add_months(today(), 6).isoformat(),
            "evidence": "Card 9",
            "reason": "Low income",
        }

        answer = client.post(f"/agreements/{agreement.pk}/concessions/new/", asked, follow=True)

        assert "The concession is granted." in answer.text
        assert "Card 9" in answer.text
        assert Grant.objects.get().granted_by == "agent"

    def test_keep_the_scan_of_their_evidence_and_nothing_that_could_run(self, tmp_path, settings):
        settings.MEDIA_ROOT = tmp_path
        client = at_the_desk("agent")
        village(), story.program()
        agreement = household()
        asked = {
            "program_code": "social",
            "from_date": today().isoformat(),
            "until_date": add_months(today(), 6).isoformat(),
            "evidence": "Card 9",
            "reason": "Low income",
        }
        page, scan = f"/agreements/{agreement.pk}/concessions/new/", b"%PDF-1.7 card"

        refused = client.post(page, asked | {"evidence_file": SimpleUploadedFile("card.pdf", b"<svg onload=x>")})
        client.post(page, asked | {"evidence_file": SimpleUploadedFile("card.pdf", scan)})

        assert "Only PDF files and pictures" in refused.text
        shown = client.get(f"/concessions/{Grant.objects.get().pk}/evidence/")
        assert (shown.content, shown["Content-Type"]) == (scan, "application/pdf")

    def test_say_beside_the_form_why_they_are_refused(self):
        client = at_the_desk("agent")
        village(), story.program(months_max=1)
        agreement = household()
        asked = {
            "program_code": "social",
            "from_date": today().isoformat(),
            "until_date": add_months(today(), 6).isoformat(),
            "evidence": "Card 9",
            "reason": "Low income",
        }

        answer = client.post(f"/agreements/{agreement.pk}/concessions/new/", asked)

        assert answer.status_code == 422
        assert "1 months at most" in answer.text

    def test_that_were_lost_are_renewed_or_explained(self):
        client = at_the_desk("agent")
        grant = lost()
        page = client.get(f"/accounts/{grant.agreement.account_id}/concessions/").text

        client.post(
            f"/agreements/{grant.agreement_id}/concessions/social/end/",
            {"end_date": today().isoformat(), "reason": "Did not come"},
        )

        assert "nobody has said why" in page
        assert "Say why it ended" in page
        assert GrantEvent.objects.get().reason == "Did not come"
        assert not queries.list_losses(actor=SYSTEM, on_date=today()).exists()

    def test_stand_on_the_page_of_the_account(self):
        client = at_the_desk("agent")
        grant = lost()

        answer = client.get(f"/accounts/{grant.agreement.account_id}/")

        assert "billing waits for a word" in answer.text


class TestEndingConcessions:
    def test_are_listed_and_their_holders_told_at_once(self):
        client = at_the_desk("agent")
        granted_until(30)
        listed = client.get("/concessions/ending/").text

        answer = client.post("/concessions/ending/told/", {"reason": "Letter 7"}, follow=True)

        assert "Ana Pérez" in listed
        assert "1 holder was told." in answer.text
        assert GrantEvent.objects.get().reason == "Letter 7"

    def test_are_exported(self):
        client = at_the_desk("agent")
        granted_until(30)

        answer = client.get("/concessions/ending/?export=csv")

        assert b"Card 12-345" in b"".join(answer.streaming_content)

    def test_are_not_those_that_end_later(self):
        client = at_the_desk("agent")
        granted_until(61)

        assert "Nothing ends within 60 days" in client.get("/concessions/ending/").text


class TestPrograms:
    def test_are_made_changed_limited_and_ended(self):
        client = at_the_desk("billing_manager")
        village()
        terms = {
            "code": "school",
            "name_en": "Schools",
            "kind": "DISCOUNT",
            "from_date": "2026-01-01",
            "months_max": "12",
            "percent_milli": "12.5",
            "discount_max_minor": "150.00",
            "ranks": "20, 30",
        }

        made = client.post("/programs/new/", terms, follow=True)
        program_id = queries.list_program_cards()[0].program_id
        client.post(f"/programs/{program_id}/change/", terms | {"name_en": "Schools and libraries"})
        client.post(f"/programs/{program_id}/rules/", {"months_agent": "3", "discount_agent": "20.00"})
        ended = client.post(
            f"/programs/{program_id}/end/", {"end_date": "2026-10-01", "reason": "Decree 8"}, follow=True
        )

        (card,) = queries.list_program_cards()
        assert "Schools" in made.text
        assert (card.name, card.percent_milli, card.discount_max_minor, card.ranks) == (
            "Schools and libraries",
            12_500,
            15_000,
            (20, 30),
        )
        assert queries.list_role_rules(program_id=program_id) == [("agent", 3, 2_000)]
        assert "0 grants end with it." in ended.text
        assert card.end_date == datetime.date(2026, 10, 1)

    def test_are_not_made_by_agents(self):
        assert at_the_desk("agent").get("/programs/new/").status_code == 403


class TestFunds:
    def test_show_what_is_left_and_warn(self):
        client = at_the_desk("billing_manager")
        client.post("/funds/new/", {"code": "state", "name": "State fund", "provider": "The state"})
        fund_id = queries.list_fund_cards(actor=SYSTEM, on_date=today())[0].fund_id
        year = today().year
        days = {"from_date": f"{year}-01-01", "until_date": f"{year + 1}-01-01", "reason": "Decree"}

        answer = client.post(f"/funds/{fund_id}/budget/", days | {"budget_minor": "1,000.00"}, follow=True)
        program = story.program(fund_code="state")
        program.uses.create(
            source_kind="discount", source_id=1, fund=program.fund, on_date=today(), amount_minor=85_000
        )

        assert "Enough is left" in answer.text
        page = client.get("/funds/").text
        assert "80 % or more is taken" in page
        assert "150.00" in page

    def test_are_seen_but_not_changed_by_agents(self):
        client = at_the_desk("agent")
        fund = story.fund()

        assert client.get(f"/funds/{fund.pk}/").status_code == 200
        assert client.get(f"/funds/{fund.pk}/budget/").status_code == 403


class TestDiscounts:
    @staticmethod
    def debtor() -> tuple[int, int]:
        village(), chart_of_accounts()
        story.program("goodwill", names={"en": "Goodwill"}, kind=ProgramKind.DISCOUNT, discount_max_minor=2_000)
        account_id = household().account_id
        return account_id, post_invoice(account_id, 10_000, due_date=today())

    def test_are_given_at_the_till_and_taken_back(self):
        client = at_the_desk("cashier")
        account_id, item_id = self.debtor()
        asked = {
            "key": "k1",
            "program_code": "goodwill",
            "item_ids": [item_id],
            "amount_minor": "15.00",
            "reason": "Cut by mistake",
        }

        page = client.get(f"/accounts/{account_id}/discount/").text
        answer = client.post(f"/accounts/{account_id}/discount/?till", asked)
        given = Discount.objects.get()
        client.post(f"/discounts/{given.pk}/reverse/", {"reason": "Wrong account"})

        assert "Goodwill" in page
        assert answer.headers["Location"] == f"/till/accounts/{account_id}/"
        assert (given.amount_minor, given.given_by) == (1_500, "cashier")
        assert Discount.objects.filter(reverses=given).exists()

    def test_above_the_limit_of_the_program_are_refused(self):
        client = at_the_desk("cashier")
        account_id, item_id = self.debtor()
        asked = {
            "key": "k1",
            "program_code": "goodwill",
            "item_ids": [item_id],
            "amount_minor": "20.01",
            "reason": "Cut by mistake",
        }

        answer = client.post(f"/accounts/{account_id}/discount/", asked)

        assert answer.status_code == 422
        assert "above your limit" in answer.text

    def test_are_seen_on_the_account(self):
        client = at_the_desk("head_cashier")
        account_id, item_id = self.debtor()
        operations.give_discount(
            actor=SYSTEM,
            account_id=account_id,
            program_code="goodwill",
            item_ids=[item_id],
            amount_minor=500,
            reason="Cut by mistake",
            key="k",
            given_at=NOW,
            effective_date=today(),
        )

        assert "Cut by mistake" in client.get(f"/accounts/{account_id}/concessions/").text


class TestApi:
    def test_grants_lists_and_ends(self):
        village(), story.program()
        agreement = household()
        program = Program("concession.view", "concession.grant")
        asked = {
            "program": "social",
            "from_date": "2026-03-01",
            "until_date": "2027-03-01",
            "evidence": "Card 7",
            "evidence_sha256": "ab" * 32,
            "reason": "Poor",
        }

        made = program.post(f"/agreements/{agreement.pk}/concessions", asked)
        path = f"/agreements/{agreement.pk}/concessions/social/end"
        ended = program.post(path, {"end_date": "2026-08-01", "reason": "Income rose"})
        listed = program.get("/concessions", agreement_id=agreement.pk).json()["items"]

        assert made.status_code == 201
        assert ended.json() == {"is_ended": True}
        assert [(row["granted_until"], row["end_date"]) for row in listed] == [("2027-03-01", "2026-08-01")]
        assert listed[0]["evidence_sha256"] == "ab" * 32

    def test_refuses_with_the_code_of_the_operation(self):
        village(), story.program(until_date=datetime.date(2026, 6, 1))
        agreement = household()
        asked = {
            "program": "social",
            "from_date": "2026-03-01",
            "until_date": "2027-03-01",
            "evidence": "Card 7",
            "reason": "Poor",
        }

        answer = Program().post(f"/agreements/{agreement.pk}/concessions", asked)

        assert answer.status_code == 422
        assert codes_of([answer]) == ["program_not_in_force"]


class TestRolesWithoutConcessions:
    def test_do_not_see_them(self):
        client: Client = at_the_desk("reading_supervisor")

        assert client.get("/concessions/").status_code == 403
