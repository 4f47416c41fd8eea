from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction

import billing_factories as given
import simulation_factories as story
from hydria.billing.models import Invoice, Segment
from hydria.billing.queries import RehearsedScope
from hydria.metering.models import Consumption
from hydria.platform.access import SYSTEM, Actor, Permission, UnableToPermit
from hydria.simulation import _pricing, operations
from hydria.simulation.domain.incomes import IncomeGroup, Incomes
from hydria.simulation.models import SetAside, SimulatedAccount, Simulation
from hydria.tariffs.models import TariffVersion

pytestmark = pytest.mark.django_db


def amounts(simulation: Simulation, *, dimension: str = "total") -> dict[tuple[int, str, str], int]:
    table = simulation.result["charges"]
    rows = zip(*(table[name] for name in ("scenario", "dimension", "key", "charge", "amount_minor")), strict=True)
    return {(scenario, key, charge): minor for scenario, named, key, charge, minor in rows if named == dimension}


class TestRunSimulation:
    def test_prices_the_months_by_both_texts(self):
        story.village_with_three_months((5, 10, 15))

        simulation = story.done(story.proposal())

        # Now: 50 + 100 + 200; proposed: 40 + 80 + 210. Three months of 100.00 and its tax on top.
        assert simulation.state == "DONE"
        assert amounts(simulation) == {
            (0, "", "fixed"): 300_00,
            (0, "", "water"): 350_00,
            (0, "", "vat"): 54_00,
            (1, "", "fixed"): 300_00,
            (1, "", "water"): 330_00,
            (1, "", "vat"): 54_00,
        }
        account = SimulatedAccount.objects.get()
        assert (account.current_minor, account.proposed_minor, account.change_minor) == (704_00, 684_00, -20_00)
        assert (account.quantity_milli, account.days) == (30_000, 90)

    def test_comes_to_what_was_billed_where_the_current_text_billed(self):
        story.village_with_three_months((5, 10, 15), (40, 0, 3))
        for period in given.BillingPeriod.objects.order_by("start_date"):
            given.confirmed(period)

        simulation = story.done(story.proposal())

        billed_minor = sum(Invoice.objects.values_list("total_minor", flat=True))
        assert (
            sum(minor for (scenario, _key, _charge), minor in amounts(simulation).items() if scenario == 0)
            == billed_minor
        )
        assert Segment.objects.count() == 6

    def test_finds_no_difference_between_a_text_and_itself(self):
        story.village_with_three_months((5, 10, 15))

        simulation = story.done(story.proposal(given.TARIFF.replace("source: invented", "source: the same again")))

        impact = simulation.result["impact"]
        assert set(impact["winner_count"] + impact["loser_count"]) == {0}
        assert set(impact["unchanged_count"]) == {1}

    def test_is_the_same_to_the_cent_when_repeated(self, monkeypatch):
        story.village_with_three_months((5, 10, 15), (40, 0, 3), (1, 2, 3))
        first = story.done(story.proposal())

        again = operations.repeat_simulation(actor=SYSTEM, simulation_id=first.pk, requested_at=given.NOW)
        operations.run_simulation(simulation_id=again.pk, now=given.NOW)

        again.refresh_from_db()
        assert (again.result_hash, again.register_hash, again.repeats_id) == (
            first.result_hash,
            first.register_hash,
            first.pk,
        )

    def test_tells_a_register_that_was_corrected_since(self):
        story.village_with_three_months((5, 10, 15))
        first = story.done(story.proposal())
        Consumption.objects.filter(quantity_milli=5_000).update(quantity_milli=6_000)

        again = operations.repeat_simulation(actor=SYSTEM, simulation_id=first.pk, requested_at=given.NOW)
        operations.run_simulation(simulation_id=again.pk, now=given.NOW)

        again.refresh_from_db()
        assert again.register_hash != first.register_hash

    def test_adds_up_the_same_however_the_accounts_are_cut(self, monkeypatch):
        story.village_with_three_months((5, 10, 15), (40, 0, 3), (1, 2, 3))
        version_id = story.proposal()
        whole = story.done(version_id)
        monkeypatch.setattr(operations, "ACCOUNTS_PER_CHUNK", 1)

        cut = story.done(version_id)

        assert cut.chunks.count() == 3
        assert cut.result == whole.result

    def test_goes_on_where_it_stopped(self, monkeypatch):
        story.village_with_three_months((5, 10, 15), (40, 0, 3))
        monkeypatch.setattr(operations, "ACCOUNTS_PER_CHUNK", 1)
        simulation = story.started(story.proposal())
        operations.plan_simulation(simulation_id=simulation.pk)
        operations.simulate_chunk(simulation_id=simulation.pk, position=0, now=given.NOW)
        operations.simulate_chunk(simulation_id=simulation.pk, position=0, now=given.NOW)

        operations.run_simulation(simulation_id=simulation.pk, now=given.NOW)

        simulation.refresh_from_db()
        assert (simulation.state, SimulatedAccount.objects.count()) == ("DONE", 2)

    def test_sets_aside_with_its_reason_what_a_text_cannot_price(self):
        story.village_with_three_months((5, 10, 15))

        simulation = story.done(story.proposal(), story.proposal(story.FOR_RESIDENTS))

        aside = SetAside.objects.get()
        assert (aside.scenario, aside.code, aside.bill_count, aside.quantity_milli) == (2, "input_missing", 3, 30_000)
        assert simulation.result["bills"]["bill_count"] == []
        assert simulation.result["set_aside"]["account_count"] == [1]

    def test_sets_aside_what_a_run_would_park(self):
        (household,) = story.village_with_three_months((5, 10, 15))
        Consumption.objects.filter(quantity_milli=5_000).update(state="HELD")

        simulation = story.done(story.proposal())

        assert simulation.result["set_aside"]["code"] == ["consumption_held"]
        assert SimulatedAccount.objects.get().quantity_milli == 25_000

    def test_prices_the_months_as_if_they_began_on_another_day(self):
        story.village_with_three_months((5, 10, 15))
        village_2026 = datetime.date(2026, 1, 1)

        simulation = story.done(story.proposal(), prices_date=village_2026)

        # The fixed charge is 120.00 from March 2026.
        assert amounts(simulation)[0, "", "fixed"] == 320_00

    def test_lets_use_answer_to_price(self):
        story.village_with_three_months((15, 15, 15))

        story.done(story.proposal(), elasticity_milli=[0, *[-500] * 10])

        # 318.00 a month become 328.00 for the same: 3.1447 % more, so use falls by 1.5723 % to 14.764 m³.
        account = SimulatedAccount.objects.get()
        assert account.answered_milli == 3 * 14_764
        assert account.proposed_minor == 3 * (118_00 + 80_00 + 12_386)

    def test_weighs_bills_against_incomes(self):
        story.village_with_three_months((15, 15, 15), (1, 1, 1))
        incomes = Incomes(group=IncomeGroup.CATEGORY, income_minor={"household": 10_000_00})

        simulation = story.done(story.proposal(), incomes=incomes, limit_ppm=30_000)

        burden = simulation.result["burden"]
        assert burden["account_count"] == [2, 2]
        assert burden["above_count"] == [1, 1]

    def test_keeps_to_its_scope(self):
        story.village_with_three_months((15, 15, 15))

        simulation = story.done(story.proposal(), scope=RehearsedScope(sectors=("elsewhere",)))

        assert (simulation.state, simulation.account_count) == ("DONE", 0)

    def test_writes_itself_into_the_life_of_the_draft(self):
        story.village_with_three_months((15, 15, 15))
        version_id = story.proposal()

        simulation = story.done(version_id)

        version = TariffVersion.objects.get(id=version_id)
        assert version.state == "SIMULATED"
        assert version.events.get(act="SIMULATED").data == {"simulation": simulation.code}


class TestEndSimulation:
    def test_keeps_no_result_that_does_not_add_up(self, monkeypatch):
        story.village_with_three_months((15, 15, 15))
        simulation = story.started(story.proposal())
        operations.plan_simulation(simulation_id=simulation.pk)
        priced = _pricing.price_chunk

        def lose_a_cent(simulation, chunk):
            outcome = priced(simulation, chunk)
            charges = outcome.tally["charges"]
            outcome.tally["charges"] = charges.with_columns(amount_minor=charges["amount_minor"] - 1)
            return outcome

        monkeypatch.setattr(_pricing, "price_chunk", lose_a_cent)

        with pytest.raises(RuntimeError, match="charges_differ"):
            operations.simulate_chunk(simulation_id=simulation.pk, position=0, now=given.NOW)

    def test_leaves_a_result_that_nothing_can_change(self):
        story.village_with_three_months((15, 15, 15))
        simulation = story.done(story.proposal())

        for change in (
            lambda: Simulation.objects.filter(id=simulation.pk).update(title="another"),
            lambda: simulation.versions.update(text=""),
            lambda: simulation.chunks.all().delete(),
            lambda: SimulatedAccount.objects.update(units=2),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                change()


class TestStartSimulation:
    def test_refuses_somebody_who_may_only_see_tariffs(self):
        viewer = Actor(name="viewer", permissions=frozenset({Permission.TARIFF_VIEW}))

        with pytest.raises(UnableToPermit):
            operations.start_simulation(actor=viewer, wanted=story.wanted(1), requested_at=given.NOW)

    @pytest.mark.parametrize(
        ("code", "changes"),
        [
            ("title_missing", {"title": " "}),
            ("proposal_missing", {"proposals": []}),
            ("proposals_too_many", {"proposals": [[1]] * 6}),
            ("months_unclear", {"prices_date": datetime.date(2025, 1, 2)}),
            ("elasticity_out_of_range", {"elasticity_milli": [100] * 11}),
            ("elasticity_out_of_range", {"elasticity_milli": [-100]}),
            ("version_unknown", {"proposals": [[0]]}),
        ],
    )
    def test_refuses_what_cannot_be_simulated(self, code, changes):
        with pytest.raises(operations.UnableToStartSimulation) as refused:
            story.started(1, **changes)

        assert refused.value.code == code

    def test_refuses_two_versions_of_one_tariff_in_a_proposal(self):
        given.village()
        both = [story.proposal(), story.proposal(story.FOR_RESIDENTS)]

        with pytest.raises(operations.UnableToStartSimulation) as refused:
            story.started(proposals=[both])

        assert refused.value.code == "tariff_twice"

    def test_refuses_a_tariff_that_is_not_in_force(self):
        version_id = story.proposal()

        with pytest.raises(operations.UnableToStartSimulation) as refused:
            story.started(version_id)

        assert refused.value.code == "tariff_not_in_force"


class TestCancelSimulation:
    def test_stops_it_until_it_is_resumed(self):
        story.village_with_three_months((15, 15, 15))
        simulation = story.started(story.proposal())
        operations.plan_simulation(simulation_id=simulation.pk)

        operations.cancel_simulation(actor=SYSTEM, simulation_id=simulation.pk, cancelled_at=given.NOW)
        operations.cancel_simulation(actor=SYSTEM, simulation_id=simulation.pk, cancelled_at=given.NOW)
        operations.simulate_chunk(simulation_id=simulation.pk, position=0, now=given.NOW)

        assert not SimulatedAccount.objects.exists()
        operations.resume_simulation(actor=SYSTEM, simulation_id=simulation.pk, resumed_at=given.NOW)
        operations.run_simulation(simulation_id=simulation.pk, now=given.NOW)
        assert Simulation.objects.get().state == "DONE"

    @pytest.mark.parametrize(
        ("act", "error"),
        [
            (operations.cancel_simulation, operations.UnableToCancelSimulation),
            (operations.resume_simulation, operations.UnableToResumeSimulation),
        ],
    )
    def test_refuses_one_that_is_done_or_unknown(self, act, error):
        story.village_with_three_months((15, 15, 15))
        simulation = story.done(story.proposal())
        at = {"cancelled_at" if act is operations.cancel_simulation else "resumed_at": given.NOW}

        for simulation_id, code in ((simulation.pk, "simulation_done"), (0, "simulation_unknown")):
            with pytest.raises(error) as refused:
                act(actor=SYSTEM, simulation_id=simulation_id, **at)
            assert refused.value.code == code
