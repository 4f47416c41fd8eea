from __future__ import annotations

import io
import re

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

import billing_factories as given
import simulation_factories as story
from hydria.platform.access import SYSTEM, Permission
from hydria.platform.models import Role, User
from hydria.platform.operations import set_up_company
from hydria.simulation import operations
from hydria.simulation.domain.incomes import IncomeGroup, Incomes
from hydria.simulation.models import SimulatedAccount, Simulation

pytestmark = pytest.mark.django_db
SIMULATE = Permission.TARIFF_SIMULATE
PAGES = ("simulations", "simulation_new", "simulation", "simulation_accounts", "simulation_set_aside")
ACTS = ("simulation_cancel", "simulation_resume", "simulation_repeat", "simulation_workbook")


def browser_of(*permissions: Permission) -> Client:
    """Log somebody in who holds the permissions."""
    user = User.objects.create_user(username="hector", password="x", full_name="Héctor Polanco")
    role = Role.objects.create(code="test", name="Test", permissions=[str(permission) for permission in permissions])
    user.roles.add(role)
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def manager() -> Client:
    return browser_of(SIMULATE, Permission.TARIFF_VIEW, Permission.TARIFF_EDIT)


@pytest.fixture
def village() -> int:
    """Set up the village, and return a proposal for it."""
    set_up_company(actor=SYSTEM, name="Aguas", currency="DOP", country="DO", language="en")
    story.village_with_three_months((5, 10, 15), (30, 30, 30))
    return story.proposal()


def address(name: str, simulation: Simulation) -> str:
    if name in ("simulations", "simulation_new"):
        return reverse(name)
    return reverse(name, args=[simulation.pk, 1] if name == "simulation_accounts" else [simulation.pk])


def text_of(answer) -> str:
    """Return the words of a page, with one blank between them."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


class TestPages:
    @pytest.mark.parametrize("name", PAGES)
    def test_shows_the_page_to_who_may_simulate(self, village, manager, name):
        simulation = story.done(village)

        answer = manager.get(address(name, simulation))

        assert answer.status_code == 200

    @pytest.mark.parametrize("name", [*PAGES, *ACTS])
    def test_refuses_whoever_lacks_the_permission(self, village, name):
        simulation = story.done(village)
        others = [permission for permission in Permission if permission is not SIMULATE]

        answer = browser_of(*others).get(address(name, simulation))

        assert answer.status_code == 403

    def test_shows_the_progress_of_one_that_runs(self, village, manager):
        simulation = story.started(village)
        operations.plan_simulation(simulation_id=simulation.pk)

        answer = manager.get(address("simulation", simulation))

        assert "0 / 2 accounts" in text_of(answer)
        assert 'hx-trigger="every 1s"' in answer.content.decode()

    def test_loads_anew_once_it_is_done(self, village, manager):
        simulation = story.done(village)

        answer = manager.get(
            address("simulation", simulation), headers={"HX-Request": "true", "HX-Target": "simulation-live"}
        )

        assert answer.headers["HX-Refresh"] == "true"

    def test_tells_who_pays_less_and_who_more(self, village, manager):
        simulation = story.done(village)

        text = text_of(manager.get(address("simulation", simulation)))

        # Water now: 350.00 and 3 x 500.00; proposed: 330.00 and 3 x 600.00.
        assert "Revenue now 2,558.00" in text
        assert "Revenue proposed 2,838.00" in text
        assert "+280.00 · +10.9 %" in text.replace("\xa0", " ")
        assert "Pay less 1" in text
        assert "Pay more 1" in text

    def test_shows_each_proposal_by_itself(self, village, manager):
        simulation = story.done(
            village, story.proposal(given.TARIFF.replace("price: 10.00}", "price: 10.00}  # as now"))
        )

        text = text_of(manager.get(address("simulation", simulation) + "?proposal=2"))

        assert "Proposal B and what is in force" in text
        assert "No bill changes" in text

    def test_weighs_bills_against_incomes(self, village, manager):
        incomes = Incomes(group=IncomeGroup.TENTH, income_minor={"10": 20_000_00, "6": 20_000_00})
        simulation = story.done(village, incomes=incomes)

        text = text_of(manager.get(address("simulation", simulation)))

        assert "What bills weigh against incomes" in text
        assert "pay more than 3 %" in text.replace("\xa0", " ")

    def test_leads_to_the_accounts_behind_a_tenth(self, village, manager):
        simulation = story.done(village)
        tenth = SimulatedAccount.objects.order_by("tenth")[0].tenth

        answer = manager.get(address("simulation_accounts", simulation), {"tenth": tenth})

        assert "1 row" in text_of(answer)

    def test_asks_for_what_changes_a_fixed_number_of_times(self, village, manager, django_assert_max_num_queries):
        simulation = story.done(village)

        with django_assert_max_num_queries(20):
            manager.get(address("simulation", simulation))


class TestWorkbook:
    def test_holds_every_table_with_numbers_that_add_up(self, village, manager):
        simulation = story.done(village)

        answer = manager.get(address("simulation_workbook", simulation))

        book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        assert book.sheetnames[:6] == ["Settings", "Charges", "Month", "Category", "Sector", "Tariff"]
        assert {"Tenth A", "Spread A", "Set aside", "Most affected A"} <= set(book.sheetnames)
        charges = list(book["Charges"].iter_rows(min_row=2, values_only=True))
        assert charges[-1][:4] == ("Total", 2558, 2838, 280)
        assert sum(row[1] for row in charges[:-1]) == 2558

    def test_refuses_one_that_is_not_done(self, village, manager):
        simulation = story.started(village)

        answer = manager.get(address("simulation_workbook", simulation))

        assert answer.status_code in (404, 409, 422)


class TestStart:
    def form(self, village: int, **changes: str) -> dict[str, str]:
        return {
            "title": "Dearer above ten",
            "proposal_1_village_water": str(village),
            "from_date": "2025-01-01",
            "month_count": "3",
            "prices_date": "2025-01-01",
            "incomes_group": "category",
            "limit_percent": "3",
            **changes,
        }

    def test_starts_what_was_asked_for(self, village, manager):
        answer = manager.post(
            reverse("simulation_new"), self.form(village, elasticity="−0,25", incomes="household 30000.00")
        )

        simulation = Simulation.objects.get()
        assert answer.headers["Location"] == reverse("simulation", args=[simulation.pk])
        assert simulation.elasticity_milli == [-250] * 11
        assert simulation.incomes == {
            "group": "category",
            "income_minor": {"household": 3_000_000},
            "limit_ppm": 30_000,
        }

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"proposal_1_village_water": ""}, "Choose at least one version"),
            ({"from_date": "2025-01-02"}, "Choose whole months"),
            ({"elasticity": "a lot"}, "Give one number or ten"),
            ({"elasticity": "0.5"}, "An elasticity is between"),
            ({"incomes": "household"}, "Line 1 is not a group and an amount"),
        ],
    )
    def test_says_what_is_wrong_with_the_form(self, village, manager, changes, sentence):
        answer = manager.post(reverse("simulation_new"), self.form(village, **changes))

        assert answer.status_code == 422
        assert sentence in text_of(answer)

    def test_begins_with_the_version_that_it_was_asked_for(self, village, manager):
        other = story.proposal(story.FOR_RESIDENTS)

        form = manager.get(reverse("simulation_new"), {"version": other}).context["form"]

        assert form["proposal_1_village_water"].value() == other


class TestActs:
    def test_cancels_resumes_and_repeats(self, village, manager):
        simulation = story.started(village)

        manager.post(address("simulation_cancel", simulation))
        assert Simulation.objects.get().state == "CANCELLED"
        manager.post(address("simulation_resume", simulation))
        assert Simulation.objects.get().state == "RUNNING"
        answer = manager.post(address("simulation_repeat", simulation))

        assert answer.headers["Location"] == reverse("simulation", args=[Simulation.objects.latest("id").pk])
        assert Simulation.objects.latest("id").repeats_id == simulation.pk

    def test_says_why_one_that_is_done_cannot_be_cancelled(self, village, manager):
        simulation = story.done(village)

        answer = manager.post(address("simulation_cancel", simulation))

        assert answer.status_code == 422
        assert "The simulation is done" in text_of(answer)
