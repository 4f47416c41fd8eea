"""Jobs of simulation: plan one, price one chunk; both may run any number of times."""

from __future__ import annotations

from django.utils import timezone

from hydria.platform.jobs import job
from hydria.simulation import operations


@job(name=operations.PLAN_JOB, queue="simulation")
def plan_simulation(*, simulation_id: int) -> None:
    """Cut a simulation into chunks; one without any account is done at once."""
    operations.plan_simulation(simulation_id=simulation_id)
    operations.end_simulation(simulation_id=simulation_id, now=timezone.now())


@job(name=operations.CHUNK_JOB, queue="simulation")
def simulate_chunk(*, simulation_id: int, position: int) -> None:
    """Price one chunk; the job that finishes the last one ends the simulation."""
    operations.simulate_chunk(simulation_id=simulation_id, position=position, now=timezone.now())
