"""
Writes of simulation: start one, price its chunks, cancel, go on, repeat (TAR-09).

Every operation may be repeated: a simulation and its chunks check the state that they find under a lock, so a retried
job and a second click change nothing. Nothing here touches what is billed, owed or posted.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from django.db import connection
from django.utils.translation import gettext as _

from hydria.billing import queries as billing
from hydria.kernel.errors import UnableTo
from hydria.kernel.periods import Period
from hydria.platform import jobs
from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.platform.audit import record_move
from hydria.platform.bulk import copy_columns
from hydria.platform.transactions import acting, in_transaction
from hydria.simulation import _pricing
from hydria.simulation.domain import tally as tallies
from hydria.simulation.domain.elasticity import ELASTICITY_MILLI_MAX, ELASTICITY_MILLI_MIN
from hydria.simulation.domain.incomes import Incomes
from hydria.simulation.domain.states import SimulationState
from hydria.simulation.domain.tally import CURRENT
from hydria.simulation.domain.tenths import TENTHS, edges_of, monthly_use
from hydria.simulation.models import (
    SetAside,
    SimulatedAccount,
    SimulatedVersion,
    Simulation,
    SimulationChunk,
    SimulationChunkState,
)
from hydria.tariffs import operations as tariffs_operations
from hydria.tariffs import queries as tariffs
from hydria.tariffs.queries import CheckedVersion

OBJECT_KIND = "simulation"
PLAN_JOB = "simulation.plan"
CHUNK_JOB = "simulation.chunk"
ACCOUNTS_PER_CHUNK = 2_000
PROPOSALS_MAX = 5
MONTHS_MAX = 36


class UnableToStartSimulation(UnableTo):
    """The simulation cannot be started as asked."""


class UnableToCancelSimulation(UnableTo):
    """The simulation cannot be cancelled."""


class UnableToResumeSimulation(UnableTo):
    """The simulation cannot go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    Say what to simulate.

    proposals         for each proposal the versions that it would put in force, at most one of a tariff
    months            whose consumption is priced; from the first of a month to the first of a month
    prices_date       first of the month that the first of these months is priced as; the others follow it
    elasticity_milli  how use answers to price: of unmeasured accounts and of each tenth; empty: not at all
    incomes           monthly incomes of a dwelling to weigh bills against, or None
    limit_ppm         share of the income above which a bill is too heavy
    """

    title: str
    proposals: Sequence[Sequence[int]]
    months: Period
    prices_date: datetime.date
    scope: billing.RehearsedScope
    elasticity_milli: Sequence[int] = ()
    incomes: Incomes | None = None
    limit_ppm: int = 30_000


def start_simulation(*, actor: Actor, wanted: Wanted, requested_at: datetime.datetime) -> Simulation:
    """
    Start a simulation of proposals beside what is in force on the day of the prices.

    The texts are kept as they are now, so a draft that is written further changes no simulation. A job plans the
    chunks; workers price them.

    :raises UnableToPermit: if the actor may not simulate tariffs.
    :raises UnableToStartSimulation: with code `title_missing`, `proposal_missing`, `proposals_too_many`,
        `months_unclear`, `elasticity_out_of_range`, `version_unknown`, `tariff_twice` or `tariff_not_in_force`.
    """
    actor.require(Permission.TARIFF_SIMULATE)
    _require_sense(wanted)
    checked = {version.version_id: version for version in tariffs.list_checked_versions(actor=actor)}
    scenarios = [_in_force(checked.values(), on_date=wanted.prices_date)]
    scenarios += [_proposal(checked, version_ids, current=scenarios[0]) for version_ids in wanted.proposals]
    with acting(actor, reason=wanted.title):
        simulation = Simulation.objects.create(
            title=wanted.title.strip()[:200],
            from_date=wanted.months.start_date,
            until_date=wanted.months.end_date,
            prices_date=wanted.prices_date,
            scope={
                "cycle_ids": list(wanted.scope.cycle_ids),
                "sectors": list(wanted.scope.sectors),
                "categories": list(wanted.scope.categories),
            },
            elasticity_milli=list(wanted.elasticity_milli),
            incomes=_plain_incomes(wanted),
            requested_by=actor.name,
            requested_at=requested_at,
        )
        SimulatedVersion.objects.bulk_create(
            SimulatedVersion(
                simulation=simulation,
                scenario=scenario,
                version_id=version.version_id,
                tariff_code=version.code,
                sequence=version.sequence,
                version_hash=version.version_hash,
                text=version.text,
            )
            for scenario, versions in enumerate(scenarios)
            for version in versions
        )
        _open(simulation, actor=actor, at=requested_at)
    return simulation


def repeat_simulation(*, actor: Actor, simulation_id: int, requested_at: datetime.datetime) -> Simulation:
    """
    Start the same simulation again, with the texts and settings that it kept, on the register as it is now.

    Where nothing in these months has been corrected since, both have one fingerprint.

    :raises UnableToPermit: if the actor may not simulate tariffs.
    :raises UnableToStartSimulation: with code `simulation_unknown`.
    """
    actor.require(Permission.TARIFF_SIMULATE)
    with acting(actor):
        first = Simulation.objects.filter(id=simulation_id).first()
        if first is None:
            raise UnableToStartSimulation("simulation_unknown", _("There is no such simulation."))
        again = Simulation.objects.create(
            title=first.title,
            from_date=first.from_date,
            until_date=first.until_date,
            prices_date=first.prices_date,
            scope=first.scope,
            elasticity_milli=first.elasticity_milli,
            incomes=first.incomes,
            requested_by=actor.name,
            requested_at=requested_at,
            repeats=first,
        )
        kept = list(first.versions.order_by("id"))
        for version in kept:
            version.pk, version.simulation = None, again
        SimulatedVersion.objects.bulk_create(kept)
        _open(again, actor=actor, at=requested_at)
    return again


def plan_simulation(*, simulation_id: int) -> None:
    """
    Count the accounts of a simulation, work out the edges of its tenths, and enqueue its chunks; once.

    :raises UnableToPermit: never; the simulation was permitted when it was started.
    """
    with acting(SYSTEM):
        simulation = _lock(simulation_id)
        if simulation is None or simulation.state != SimulationState.RUNNING or simulation.chunks.exists():
            return
        months, scope = _pricing.months_of(simulation), _pricing.scope_of(simulation)
        ranges = billing.list_rehearsed_ranges(months=months, scope=scope, accounts_per_range=ACCOUNTS_PER_CHUNK)
        use = billing.measure_use(months=months, scope=scope)
        use_milli = monthly_use(quantity_milli=use["quantity_milli"].to_numpy(), days=use["days"].to_numpy())
        simulation.tenth_edges_milli = edges_of(use_milli).tolist()
        simulation.account_count = sum(count for _first, _end, count in ranges)
        simulation.save(update_fields=["tenth_edges_milli", "account_count"])
        SimulationChunk.objects.bulk_create(
            SimulationChunk(
                simulation=simulation,
                position=position,
                first_account_id=first_id,
                end_account_id=end_id,
                account_count=count,
            )
            for position, (first_id, end_id, count) in enumerate(ranges)
        )
        _defer_chunks(simulation)


def simulate_chunk(*, simulation_id: int, position: int, now: datetime.datetime) -> None:
    """
    Price one chunk in one transaction, then end the simulation if it was the last.

    Guarantee: a chunk that is done stays as it is, so a job that is retried after a crash changes nothing; a chunk of
    a cancelled simulation is left waiting.

    :raises RuntimeError: as `end_simulation`.
    """
    with acting(SYSTEM):
        # Shared, so that chunks run side by side while nobody can cancel the simulation under them.
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM simulation_simulation WHERE id = %s FOR SHARE", [simulation_id])
        simulation = Simulation.objects.get(id=simulation_id)
        chunk = SimulationChunk.objects.select_for_update().get(simulation=simulation_id, position=position)
        if chunk.state == SimulationChunkState.WAITING and simulation.state == SimulationState.RUNNING:
            _write_outcome(simulation, chunk, _pricing.price_chunk(simulation, chunk), now=now)
    end_simulation(simulation_id=simulation_id, now=now)


def end_simulation(*, simulation_id: int, now: datetime.datetime) -> None:
    """
    Add up the chunks once all are done, keep the result with its fingerprint, and note it in the life of the drafts.

    Guarantee: a result whose breakdowns do not add up is never kept.

    :raises RuntimeError: if an equation of `domain.tally.find_faults` does not hold, which would be our mistake.
    """
    with acting(SYSTEM):
        simulation = _lock(simulation_id)
        if simulation is None or simulation.state != SimulationState.RUNNING or not simulation.tenth_edges_milli:
            return
        chunks = list(simulation.chunks.order_by("position"))
        if any(chunk.state == SimulationChunkState.WAITING for chunk in chunks):
            return
        versions = list(simulation.versions.order_by("scenario", "tariff_code"))
        tally = tallies.add_tallies([tallies.from_plain(chunk.tally or {}) for chunk in chunks])
        scenario_count = versions[-1].scenario + 1
        if faults := tallies.find_faults(tally, scenario_count=scenario_count):
            raise RuntimeError(f"simulation {simulation_id} does not add up: {', '.join(faults)}")
        simulation.result = tallies.to_plain(tally)
        simulation.register_hash = tallies.fingerprint([chunk.register_hash for chunk in chunks])
        simulation.result_hash = tallies.fingerprint(
            {
                "months": [simulation.from_date, simulation.until_date, simulation.prices_date],
                "settings": [simulation.scope, simulation.elasticity_milli, simulation.incomes],
                "texts": [[row.scenario, row.tariff_code, row.version_hash] for row in versions],
                "register": simulation.register_hash,
                "accounts": [chunk.accounts_hash for chunk in chunks],
                "result": simulation.result,
            }
        )
        simulation.ended_at = now
        _move(simulation, SimulationState.DONE, actor=SYSTEM, at=now, fields=["result", "register_hash", "result_hash", "ended_at"])  # fmt: skip
    _note(simulation, versions, at=now)


def run_simulation(
    *, simulation_id: int, now: datetime.datetime, on_progress: Callable[[int, int], None] | None = None
) -> None:
    """
    Plan a simulation and price every chunk that still waits, in this process, without waiting for a worker.

    on_progress  called with (chunks done, chunks in all) after each

    :raises RuntimeError: as `end_simulation`.
    """
    plan_simulation(simulation_id=simulation_id)
    chunks = SimulationChunk.objects.filter(simulation=simulation_id)
    positions = list(chunks.order_by("position").values_list("position", flat=True))
    for done, position in enumerate(positions, start=1):
        simulate_chunk(simulation_id=simulation_id, position=position, now=now)
        if on_progress is not None:
            on_progress(done, len(positions))
    end_simulation(simulation_id=simulation_id, now=now)


def cancel_simulation(*, actor: Actor, simulation_id: int, cancelled_at: datetime.datetime) -> Simulation:
    """
    Stop a simulation after the chunks that are being priced; it can go on later. Cancelling twice changes nothing.

    :raises UnableToPermit: if the actor may not simulate tariffs.
    :raises UnableToCancelSimulation: with code `simulation_unknown` or `simulation_done`.
    """
    actor.require(Permission.TARIFF_SIMULATE)
    with acting(actor):
        simulation = _lock(simulation_id)
        if simulation is None:
            raise UnableToCancelSimulation("simulation_unknown", _("There is no such simulation."))
        if simulation.state == SimulationState.DONE:
            raise UnableToCancelSimulation("simulation_done", _("The simulation is done."))
        if simulation.state == SimulationState.RUNNING:
            _move(simulation, SimulationState.CANCELLED, actor=actor, at=cancelled_at)
    return simulation


def resume_simulation(*, actor: Actor, simulation_id: int, resumed_at: datetime.datetime) -> Simulation:
    """
    Let a cancelled simulation go on where it stopped; one that runs gets its waiting chunks enqueued again.

    :raises UnableToPermit: if the actor may not simulate tariffs.
    :raises UnableToResumeSimulation: with code `simulation_unknown` or `simulation_done`.
    """
    actor.require(Permission.TARIFF_SIMULATE)
    with acting(actor):
        simulation = _lock(simulation_id)
        if simulation is None:
            raise UnableToResumeSimulation("simulation_unknown", _("There is no such simulation."))
        if simulation.state == SimulationState.DONE:
            raise UnableToResumeSimulation("simulation_done", _("The simulation is done."))
        if simulation.state == SimulationState.CANCELLED:
            _move(simulation, SimulationState.RUNNING, actor=actor, at=resumed_at)
        if simulation.chunks.exists():
            _defer_chunks(simulation)
        else:
            _defer_plan(simulation)
    return simulation


def _require_sense(wanted: Wanted) -> None:
    """Refuse settings that nothing can be simulated with."""
    if not wanted.title.strip():
        raise UnableToStartSimulation("title_missing", _("Give the simulation a title."))
    if not wanted.proposals or not all(wanted.proposals):
        raise UnableToStartSimulation("proposal_missing", _("Choose at least one version to compare."))
    if len(wanted.proposals) > PROPOSALS_MAX:
        words = {"count": PROPOSALS_MAX}
        raise UnableToStartSimulation("proposals_too_many", _("Compare at most %(count)s proposals.") % words)
    days = (wanted.months.start_date, wanted.months.end_date, wanted.prices_date)
    month_count = _pricing.months_between(wanted.months.start_date, wanted.months.end_date)
    if any(day.day != 1 for day in days) or not 1 <= month_count <= MONTHS_MAX:
        words = {"count": MONTHS_MAX}
        raise UnableToStartSimulation("months_unclear", _("Choose whole months, at most %(count)s.") % words)
    within = all(ELASTICITY_MILLI_MIN <= value <= ELASTICITY_MILLI_MAX for value in wanted.elasticity_milli)
    if len(wanted.elasticity_milli) not in (0, TENTHS + 1) or not within:
        raise UnableToStartSimulation("elasticity_out_of_range", _("An elasticity is between −2 and 0."))


def _in_force(checked: Iterable[CheckedVersion], *, on_date: datetime.date) -> list[CheckedVersion]:
    """Return the version of each tariff that prices a day."""
    found: dict[str, CheckedVersion] = {}
    for version in checked:
        if version.state == "PUBLISHED" and version.from_date is not None and version.from_date <= on_date:
            best = found.get(version.code)
            if best is None or best.from_date is None or best.from_date < version.from_date:
                found[version.code] = version
    return list(found.values())


def _proposal(
    checked: Mapping[int, CheckedVersion], version_ids: Sequence[int], *, current: Sequence[CheckedVersion]
) -> list[CheckedVersion]:
    """Return the versions of a proposal, or refuse it."""
    versions = [checked[version_id] for version_id in version_ids if version_id in checked]
    codes = [version.code for version in versions]
    if len(versions) < len(version_ids):
        raise UnableToStartSimulation("version_unknown", _("A version is unknown, or its text has not been checked."))
    if len(set(codes)) < len(codes):
        raise UnableToStartSimulation("tariff_twice", _("A proposal has one version of each tariff."), tariffs=codes)
    if missing := set(codes) - {version.code for version in current}:
        words = {"tariff": ", ".join(sorted(missing))}
        raise UnableToStartSimulation(
            "tariff_not_in_force", _("Nothing is in force to compare with: %(tariff)s") % words
        )
    return versions


def _plain_incomes(wanted: Wanted) -> dict[str, object]:
    if wanted.incomes is None or not wanted.incomes.income_minor:
        return {}
    incomes = wanted.incomes
    return {"group": incomes.group, "income_minor": incomes.income_minor, "limit_ppm": wanted.limit_ppm}


@in_transaction
def _open(simulation: Simulation, *, actor: Actor, at: datetime.datetime) -> None:
    record_move(
        object_kind=OBJECT_KIND,
        object_id=simulation.pk,
        from_state="",
        to_state=simulation.state,
        actor=actor,
        at=at,
    )
    _defer_plan(simulation)


def _defer_plan(simulation: Simulation) -> None:
    jobs.defer(PLAN_JOB, key=f"simulation:{simulation.pk}", simulation_id=simulation.pk)


def _defer_chunks(simulation: Simulation) -> None:
    waiting = simulation.chunks.filter(state=SimulationChunkState.WAITING).order_by("position")
    jobs.defer_many(
        CHUNK_JOB,
        jobs={
            f"simulation:{simulation.pk}:{position}": {"simulation_id": simulation.pk, "position": position}
            for position in waiting.values_list("position", flat=True)
        },
    )


def _write_outcome(
    simulation: Simulation, chunk: SimulationChunk, outcome: _pricing.Outcome, *, now: datetime.datetime
) -> None:
    """Write what became of a chunk: its accounts by proposal, what was set aside, and its sums."""
    accounts = outcome.accounts
    scenario_count = len({column for column in accounts.columns if column.startswith("total_")})
    for scenario in range(1, scenario_count):
        current, proposed = pl.col(f"total_{CURRENT}_minor"), pl.col(f"total_{scenario}_minor")
        columns = accounts.select(
            "account_id",
            "category",
            "sector",
            "social",
            "units",
            "tenth",
            "days",
            simulation_id=pl.lit(simulation.pk),
            scenario=pl.lit(scenario),
            quantity_milli=f"quantity_{CURRENT}_milli",
            answered_milli=f"quantity_{scenario}_milli",
            current_minor=current,
            proposed_minor=proposed,
            change_minor=proposed - current,
            impact_minor=(proposed - current).abs(),
        )
        copy_columns(SimulatedAccount, {series.name: series for series in columns})
    if not outcome.set_aside.is_empty():
        set_aside = outcome.set_aside.with_columns(simulation_id=pl.lit(simulation.pk))
        copy_columns(SetAside, {series.name: series for series in set_aside})
    chunk.tally = tallies.to_plain(outcome.tally)
    chunk.register_hash, chunk.accounts_hash = outcome.register_hash, outcome.accounts_hash
    chunk.state, chunk.done_at = SimulationChunkState.DONE, now
    chunk.save()


def _note(simulation: Simulation, versions: Sequence[SimulatedVersion], *, at: datetime.datetime) -> None:
    """Note the simulation in the life of each draft that it priced, where the draft still has that text."""
    actor = Actor(name=simulation.requested_by, permissions=frozenset({Permission.TARIFF_SIMULATE}))
    for row in versions:
        if row.scenario == CURRENT or tariffs.get_version(version_id=row.version_id).version_hash != row.version_hash:
            continue
        try:
            tariffs_operations.note_simulation(
                draft_id=row.version_id, simulation_code=simulation.code, actor=actor, at=at
            )
        except tariffs_operations.UnableToMoveVersion:
            continue  # published, withdrawn or approved: its life has no place for one more simulation


def _lock(simulation_id: int) -> Simulation | None:
    return Simulation.objects.select_for_update().filter(id=simulation_id).first()


def _move(
    simulation: Simulation,
    to_state: SimulationState,
    *,
    actor: Actor,
    at: datetime.datetime,
    fields: Sequence[str] = (),
) -> None:
    from_state = simulation.state
    simulation.set_state(to_state)
    simulation.save(update_fields=["state", *fields])
    record_move(
        object_kind=OBJECT_KIND,
        object_id=simulation.pk,
        from_state=from_state,
        to_state=simulation.state,
        actor=actor,
        at=at,
    )
