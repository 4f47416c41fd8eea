from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import simulation_factories as story
from hydria.metering.models import Consumption
from hydria.simulation import queries, tasks
from hydria.simulation.commands import app
from hydria.simulation.models import Simulation
from hydria.tariffs.models import TariffVersion

pytestmark = pytest.mark.django_db


def run(*arguments: str, exit_code: int = 0) -> dict:
    answer = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert answer.exit_code == exit_code, answer.output
    return json.loads(answer.stdout)


def start() -> dict:
    story.village_with_three_months((5, 10, 15), (30, 30, 30))
    sequence = TariffVersion.objects.get(id=story.proposal()).sequence
    return run(
        "start", "Dearer above ten", "--from", "2025-01-01", "--months", "3", "--proposal", f"village_water:{sequence}"
    )


class TestCommands:
    def test_start_run_and_show_a_simulation(self):
        started = start()

        assert started["state"] == "RUNNING"
        done = run("run", str(started["simulation"]))
        assert (done["state"], done["accounts"], done["done"]) == ("DONE", 2, 2)
        assert done["total_minor"] == [255_800, 283_800]
        assert done["proposal_1"] == {"winners": 1, "losers": 1, "unchanged": 0}
        assert run("status", str(started["simulation"])) == done

    def test_cancel_and_resume_one(self):
        simulation_id = str(start()["simulation"])

        assert run("cancel", simulation_id)["state"] == "CANCELLED"
        assert run("resume", simulation_id)["state"] == "RUNNING"

    def test_fail_to_repeat_what_does_not_come_out_the_same(self):
        simulation_id = str(start()["simulation"])
        first = run("run", simulation_id)

        assert run("repeat", simulation_id)["hash"] == first["hash"]
        Consumption.objects.filter(quantity_milli=5_000).update(quantity_milli=6_000)
        assert run("repeat", simulation_id, exit_code=1)["register_hash"] != first["register_hash"]

    def test_refuse_a_version_that_nobody_has_checked(self):
        with pytest.raises(queries.UnableToFindSimulation):
            run("start", "Dearer", "--from", "2025-01-01", "--proposal", "village_water:9")


class TestJobs:
    def test_plan_and_price_a_simulation(self):
        simulation_id = start()["simulation"]

        tasks.plan_simulation(simulation_id=simulation_id)
        tasks.plan_simulation(simulation_id=simulation_id)
        tasks.simulate_chunk(simulation_id=simulation_id, position=0)
        tasks.simulate_chunk(simulation_id=simulation_id, position=0)

        assert Simulation.objects.get().state == "DONE"
