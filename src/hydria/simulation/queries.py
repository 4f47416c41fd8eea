"""Reads of simulation: how one stands, and what it found as tables that screens, files and pictures share."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.simulation import _pricing
from hydria.simulation.domain import tally as tallies
from hydria.simulation.domain.incomes import Incomes
from hydria.simulation.domain.states import SimulationState
from hydria.simulation.domain.tables import Result, read_result
from hydria.simulation.models import SetAside, SimulatedAccount, Simulation, SimulationChunkState
from hydria.tariffs import queries as tariffs
from hydria.tariffs.domain.compile import CompiledTariff

MOST_AFFECTED_MAX = 100


class UnableToFindSimulation(UnableTo):
    """There is no such simulation, or no such part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFact:
    """A text that a scenario priced with."""

    tariff_code: str
    sequence: int
    version_id: int
    version_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationPage:
    """
    A simulation as its page shows it.

    scenarios         the texts in force, then those that each proposal replaces
    charge_texts      the name of each charge by language
    result            None until it is done
    elasticity_milli  empty where use does not answer to price
    """

    simulation_id: int
    code: str
    title: str
    state: str
    from_date: datetime.date
    until_date: datetime.date
    prices_date: datetime.date
    sectors: tuple[str, ...]
    categories: tuple[str, ...]
    cycle_ids: tuple[int, ...]
    elasticity_milli: tuple[int, ...]
    tenth_edges_milli: tuple[int, ...]
    incomes: Incomes
    limit_ppm: int
    requested_by: str
    requested_at: datetime.datetime
    ended_at: datetime.datetime | None
    account_count: int
    done_account_count: int
    is_planned: bool
    unit: str
    scenarios: tuple[tuple[VersionFact, ...], ...]
    charge_texts: dict[str, dict[str, str]]
    register_hash: str
    result_hash: str
    repeats_id: int | None
    is_same_as_repeated: bool
    result: Result | None


def list_simulations(*, actor: Actor) -> QuerySet[Simulation]:
    """
    Return the simulations.

    :raises UnableToPermit: if the actor may not simulate tariffs.
    """
    actor.require(Permission.TARIFF_SIMULATE)
    return Simulation.objects.defer("result")


def access_simulation(*, actor: Actor, simulation_id: int) -> Simulation:
    """
    Return a simulation that the actor may see.

    :raises UnableToPermit: if the actor may not simulate tariffs.
    :raises UnableToFindSimulation: with code `simulation_unknown`.
    """
    actor.require(Permission.TARIFF_SIMULATE)
    simulation = Simulation.objects.select_related("repeats").filter(id=simulation_id).first()
    if simulation is None:
        raise UnableToFindSimulation("simulation_unknown", _("There is no such simulation."))
    return simulation


def get_simulation_page(*, actor: Actor, simulation_id: int) -> SimulationPage:
    """
    Return a simulation as its page shows it.

    :raises UnableToPermit: if the actor may not simulate tariffs.
    :raises UnableToFindSimulation: with code `simulation_unknown`.
    """
    simulation = access_simulation(actor=actor, simulation_id=simulation_id)
    done = Sum("account_count", filter=Q(state=SimulationChunkState.DONE))
    chunks = simulation.chunks.aggregate(count=Count("id"), done=done)
    cards = _pricing.list_scenarios(simulation)
    kept = list(simulation.versions.order_by("scenario", "tariff_code"))
    scope = _pricing.scope_of(simulation)
    first = simulation.repeats
    return SimulationPage(
        simulation_id=simulation.pk,
        code=simulation.code,
        title=simulation.title,
        state=simulation.state,
        from_date=simulation.from_date,
        until_date=simulation.until_date,
        prices_date=simulation.prices_date,
        sectors=scope.sectors,
        categories=scope.categories,
        cycle_ids=scope.cycle_ids,
        elasticity_milli=tuple(simulation.elasticity_milli),
        tenth_edges_milli=tuple(simulation.tenth_edges_milli),
        incomes=_pricing.incomes_of(simulation),
        limit_ppm=simulation.incomes.get("limit_ppm", 0),
        requested_by=simulation.requested_by,
        requested_at=simulation.requested_at,
        ended_at=simulation.ended_at,
        account_count=simulation.account_count,
        done_account_count=chunks["done"] or 0,
        is_planned=chunks["count"] > 0,
        unit=next(iter(cards[0].values())).compiled.form.unit,
        scenarios=tuple(
            tuple(
                VersionFact(
                    tariff_code=row.tariff_code,
                    sequence=row.sequence,
                    version_id=row.version_id,
                    version_hash=row.version_hash,
                )
                for row in kept
                if row.scenario == scenario
            )
            for scenario in range(len(cards))
        ),
        charge_texts=_charge_texts([card.compiled for versions in cards for card in versions.values()]),
        register_hash=simulation.register_hash,
        result_hash=simulation.result_hash,
        repeats_id=simulation.repeats_id,
        is_same_as_repeated=first is not None and first.result_hash == simulation.result_hash,
        result=_result_of(simulation, scenario_count=len(cards)),
    )


def list_simulated_accounts(*, actor: Actor, simulation_id: int, scenario: int) -> QuerySet[SimulatedAccount]:
    """
    Return what each account would pay by a proposal.

    :raises UnableToPermit: if the actor may not simulate tariffs.
    """
    actor.require(Permission.TARIFF_SIMULATE)
    rows = SimulatedAccount.objects.filter(simulation=simulation_id, scenario=scenario)
    return rows.select_related("account")


def list_most_affected(*, actor: Actor, simulation_id: int, scenario: int) -> list[SimulatedAccount]:
    """
    Return the hundred accounts whose bill changes most, up or down, the largest change first.

    :raises UnableToPermit: if the actor may not simulate tariffs.
    """
    rows = list_simulated_accounts(actor=actor, simulation_id=simulation_id, scenario=scenario)
    return list(rows.filter(impact_minor__gt=0).order_by("-impact_minor", "id")[:MOST_AFFECTED_MAX])


def list_set_aside(*, actor: Actor, simulation_id: int) -> QuerySet[SetAside]:
    """
    Return the accounts with bills that some scenario could not price.

    :raises UnableToPermit: if the actor may not simulate tariffs.
    """
    actor.require(Permission.TARIFF_SIMULATE)
    return SetAside.objects.filter(simulation=simulation_id).select_related("account")


def find_version_ids(*, names: Sequence[str]) -> list[int]:
    """
    Return versions by tariff and number, such as `urban:3`.

    :raises UnableToFindSimulation: with code `version_unknown`.
    """
    known = {f"{row.code}:{row.sequence}": row.version_id for row in tariffs.list_checked_versions(actor=SYSTEM)}
    found = [known.get(name.strip(), 0) for name in names]
    if not all(found):
        raise UnableToFindSimulation(
            "version_unknown", _("No such version has been checked: %(names)s") % {"names": ", ".join(names)}
        )
    return found


def get_facts(*, simulation_id: int) -> dict[str, Any]:
    """
    Return what the command line prints about a simulation.

    :raises UnableToFindSimulation: with code `simulation_unknown`.
    """
    page = get_simulation_page(actor=SYSTEM, simulation_id=simulation_id)
    facts: dict[str, Any] = {
        "simulation": page.simulation_id,
        "state": page.state,
        "accounts": page.account_count,
        "done": page.done_account_count,
        "hash": page.result_hash,
        "register_hash": page.register_hash,
    }
    if page.result is not None:
        facts["total_minor"] = list(page.result.total.amounts_minor)
        facts["set_aside"] = {row.code: row.bill_count for row in page.result.set_aside}
        for scenario, impact in enumerate(page.result.impact, start=1):
            counts = (impact.total.winner_count, impact.total.loser_count, impact.total.unchanged_count)
            facts[f"proposal_{scenario}"] = dict(zip(("winners", "losers", "unchanged"), counts, strict=True))
    return facts


def _result_of(simulation: Simulation, *, scenario_count: int) -> Result | None:
    if simulation.state != SimulationState.DONE or simulation.result is None:
        return None
    return read_result(
        tallies.from_plain(simulation.result), scenario_count=scenario_count, incomes=_pricing.incomes_of(simulation)
    )


def _charge_texts(tariffs_used: Sequence[CompiledTariff]) -> dict[str, dict[str, str]]:
    """Return the names of charges; a proposal's words win over those in force."""
    texts: dict[str, dict[str, str]] = {}
    for compiled in tariffs_used:
        for charge in compiled.charges:
            texts[charge.label] = texts.get(charge.label, {}) | dict(charge.text)
    return texts
