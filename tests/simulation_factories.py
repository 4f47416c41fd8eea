"""Stories that the tests of simulation share: a village with three months behind it, and proposals for its tariff."""

from __future__ import annotations

import datetime
from typing import Any

import billing_factories as given
from hydria.agreements.models import ServiceAgreement
from hydria.billing.queries import RehearsedScope
from hydria.kernel.periods import Period
from hydria.platform.access import SYSTEM
from hydria.simulation import operations
from hydria.simulation.models import Simulation
from hydria.tariffs import operations as tariffs

JANUARY, APRIL = datetime.date(2025, 1, 1), datetime.date(2025, 4, 1)
QUARTER = Period(JANUARY, APRIL)
# 100.00 fixed with 18 % tax; 10.00 a m³ up to 10 m³, 20.00 above.

DEARER = given.TARIFF.replace("{from: 0, price: 10.00}", "{from: 0, price: 8.00}").replace(
    "{from: 10, price: 20.00}", "{from: 10, price: 26.00}"
)
DEARER = DEARER.replace("water: 200.00", "water: 210.00").replace("total: 318.00", "total: 328.00")
FOR_RESIDENTS = given.TARIFF.replace("  units: {unit: units}\n", "  units: {unit: units}\n  residents: {}\n").replace(
    "inputs: {usage: 15, units: 1}", "inputs: {usage: 15, units: 1, residents: 2}"
)
FOR_RESIDENTS = FOR_RESIDENTS.replace(
    "charges:\n", "charges:\n  - charge: head\n    shape: fixed\n    amount: 5.00\n    times: residents\n", 1
)
FOR_RESIDENTS = FOR_RESIDENTS.replace("lines: {fixed", "lines: {head: 10.00, fixed").replace("318.00", "328.00")


def village_with_three_months(*uses_m3: tuple[int, int, int]) -> list[ServiceAgreement]:
    """Let households use so much in January, February and March of 2025."""
    cycle = given.village()
    households = [given.household() for _ in uses_m3]
    for place in range(3):
        period = given.month(cycle, place + 1, year=2025)
        for household, uses in zip(households, uses_m3, strict=True):
            given.consume(household, period, uses[place])
    return households


def proposal(text: str = DEARER) -> int:
    """Write and check a version of the village's tariff."""
    draft = tariffs.start_draft(actor=SYSTEM, text=text, written_at=given.NOW)
    return tariffs.check_draft(actor=SYSTEM, version_id=draft.pk, checked_at=given.NOW).pk


def wanted(*version_ids: int, **changes: Any) -> operations.Wanted:
    """Ask for each version as a proposal of its own, over the quarter as it was."""
    return operations.Wanted(
        **{
            "title": "Dearer above ten",
            "proposals": [[version_id] for version_id in version_ids],
            "months": QUARTER,
            "prices_date": JANUARY,
            "scope": RehearsedScope(),
            **changes,
        }
    )


def started(*version_ids: int, **changes: Any) -> Simulation:
    return operations.start_simulation(actor=SYSTEM, wanted=wanted(*version_ids, **changes), requested_at=given.NOW)


def done(*version_ids: int, **changes: Any) -> Simulation:
    """Simulate in this process."""
    simulation = started(*version_ids, **changes)
    operations.run_simulation(simulation_id=simulation.pk, now=given.NOW)
    simulation.refresh_from_db()
    return simulation
