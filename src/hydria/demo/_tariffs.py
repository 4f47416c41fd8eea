"""Tariffs of the demo that are on their way: one version in each state, with believable reasons."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from importlib import resources

from hydria.billing.queries import RehearsedScope
from hydria.demo._register import LARGE_TARIFF, URBAN_TARIFF
from hydria.demo.domain.town import HOUSEHOLD
from hydria.kernel.periods import Period, add_months, first_of_month
from hydria.platform.access import Actor
from hydria.simulation import operations as simulation
from hydria.simulation.domain.incomes import IncomeGroup, Incomes
from hydria.tariffs import operations as tariffs
from hydria.tariffs import queries

_RURAL = """\
tariff: agua_rural
title: {es: Agua, comunidades rurales, en: Water, rural communities, el: Ύδρευση, αγροτικοί οικισμοί}
service: water
currency: DOP
unit: m3
source: Propuesta de la gerencia comercial

inputs:
  usage: {unit: m3}

charges:
  - charge: fixed_charge
    text: {es: Cargo fijo, en: Fixed charge, el: Πάγιο}
    shape: fixed
    amount: 55.00
    ledger: revenue.fixed
  - charge: water
    text: {es: Consumo de agua, en: Water, el: Κατανάλωση νερού}
    shape: blocks
    blocks:
      - {from: 0, price: 8.00}
      - {from: 15, price: 12.50}
    only_if: is_metered
    ledger: revenue.water

cases:
  - {case: Una familia, inputs: {usage: 20}, lines: {fixed_charge: 55.00, water: 182.50}, total: 237.50}
"""


def get_text(name: str) -> str:
    """Return the text of one of the company's tariffs in force."""
    return resources.files("hydria.tariffs").joinpath(f"demo/{name}.yaml").read_text(encoding="utf-8")


def propose_tariffs(*, writer: Actor, manager: Actor, today: datetime.date) -> None:
    """Leave a draft, a checked, a simulated, an approved and a withdrawn version behind, written over two weeks."""
    next_year = datetime.date(today.year + 1, 1, 1)

    def at(days_ago: int, hour: int) -> datetime.datetime:
        day = today - datetime.timedelta(days=days_ago)
        return datetime.datetime.combine(day, datetime.time(hour, 20), tzinfo=datetime.UTC)

    def checked(name: str, *, percent: str, days_ago: int, reason: str) -> int:
        text = raised(get_text(name), percent=Decimal(percent), from_date=next_year)
        version = tariffs.start_draft(actor=writer, text=text, written_at=at(days_ago, 9), reason=reason)
        tariffs.check_draft(actor=writer, version_id=version.pk, checked_at=at(days_ago, 10))
        return version.pk

    refused = checked(LARGE_TARIFF, percent="14", days_ago=15, reason="Indexación completa de la energía")
    tariffs.send_back(actor=manager, version_id=refused, reason="Supera lo que la ley permite", refused_at=at(13, 11))
    tariffs.withdraw_draft(
        actor=writer, version_id=refused, reason="Se sustituye por la propuesta del 6 %", withdrawn_at=at(12, 9)
    )
    approved, simulated = (
        checked(name, percent="6", days_ago=11, reason="Indexación 2027 según resolución")
        for name in (LARGE_TARIFF, URBAN_TARIFF)
    )
    _simulate(writer, [approved, simulated], prices_date=next_year, today=today, now=at(10, 15))
    tariffs.approve_version(
        actor=manager, version_id=approved, approved_at=at(8, 12), reason="Acta del consejo, punto 4"
    )
    checked(URBAN_TARIFF, percent="4.5", days_ago=3, reason="Alternativa más suave para el consejo")
    tariffs.start_draft(actor=writer, text=_RURAL, written_at=at(1, 16), reason="Primer borrador")
    assert len(queries.list_waiting(actor=manager)) == 4


def _simulate(
    actor: Actor,
    version_ids: list[int],
    *,
    prices_date: datetime.date,
    today: datetime.date,
    now: datetime.datetime,
) -> None:
    """Price the town's last twelve months by both tariffs of the proposal at once, and weigh households' bills."""
    last_month = first_of_month(today)
    wanted = simulation.Wanted(
        title="Indexación 2027: 6 % en ambas tarifas",
        proposals=[version_ids],
        months=Period(add_months(last_month, -12), last_month),
        prices_date=prices_date,
        scope=RehearsedScope(),
        incomes=Incomes(group=IncomeGroup.CATEGORY, income_minor={HOUSEHOLD: 24_500_00}),
    )
    started = simulation.start_simulation(actor=actor, wanted=wanted, requested_at=now)
    simulation.run_simulation(simulation_id=started.pk, now=now)


def raised(text: str, *, percent: Decimal, from_date: datetime.date) -> str:
    """
    Return a tariff text whose dated prices rise from a day on; its cases, which are older, still come out.

    >>> raised("price: {2026-01-01: 10.00}", percent=Decimal(6), from_date=datetime.date(2027, 1, 1))
    'price: {2026-01-01: 10.00, 2027-01-01: 10.60}'
    """
    factor = 1 + percent / 100

    def dearer(price: str) -> str:
        return f"{Decimal(price) * factor:.2f}"

    def single(found: re.Match[str]) -> str:
        return f"{found.group()}, {from_date}: {dearer(found.group('price'))}"

    def table(found: re.Match[str]) -> str:
        rows = re.sub(r"(?<=: )\d+\.\d+", lambda price: dearer(price.group()), found.group("rows"))
        return f"{found.group()}{found.group('indent')}{from_date}: {rows}"

    text = re.sub(r"\d{4}-\d\d-\d\d: (?P<price>\d+\.\d+)(?=\})", single, text)
    return re.sub(r"(?P<indent>\n +)\d{4}-\d\d-\d\d: (?P<rows>\{by: .*\}\})(?=\n +[a-z])", table, text)
