"""Stories that the tests of billing share: a village with a tariff, its points and what they used."""

from __future__ import annotations

import datetime
import itertools

from django.db.backends.postgresql.psycopg_any import DateRange

from hydria.agreements.models import Account, ServiceAgreement
from hydria.agreements.operations import open_account, start_service
from hydria.billing import operations
from hydria.billing.models import BillingPeriod, BillingRun
from hydria.kernel.periods import add_months
from hydria.ledger.operations import create_chart
from hydria.metering.models import Consumption, ConsumptionKind, ConsumptionState, Installation, Meter
from hydria.parties.models import PartyKind
from hydria.parties.operations import register_party
from hydria.platform.access import SYSTEM
from hydria.platform.numbering import open_range
from hydria.premises import models as premises
from hydria.premises.operations import register_premise, register_service_point
from hydria.tariffs.operations import publish_version

FIRST_DAY = datetime.date(2020, 1, 1)
NOW = datetime.datetime(2026, 2, 2, 8, 0, tzinfo=datetime.UTC)
_numbers = itertools.count(1)

TARIFF = """
tariff: village_water
title: {en: Water of the village}
currency: DOP
unit: m3
source: invented
inputs:
  usage: {unit: m3}
  units: {unit: units}
  exempt_vat: {values: ["true", "false"], default: "false"}
charges:
  - charge: fixed
    shape: fixed
    amount: {2020-01-01: 100.00, 2026-03-01: 120.00}
    text: {en: Fixed charge, es: Cargo fijo}
    ledger: revenue.fixed
    rank: 40
  - charge: water
    shape: blocks
    edges_times: units
    blocks:
      - {from: 0, price: 10.00}
      - {from: 10, price: 20.00}
    text: {en: Water, es: Agua}
    ledger: revenue.water
    rank: 50
  - charge: vat
    shape: percent
    percent: 18
    of: [fixed]
    only_if: not exempt_vat
    tax: vat
    ledger: tax
    rank: 30
cases:
  - case: Household, 15 m3
    inputs: {usage: 15, units: 1}
    from: 2026-01-01
    until: 2026-02-01
    lines: {fixed: 100.00, water: 200.00, vat: 18.00}
    total: 318.00
"""


def village() -> premises.BillingCycle:
    """Set up a cycle with a route, a published tariff, the chart and a number range."""
    create_chart(actor=SYSTEM, language="en")
    open_range(code="invoice", prefix="F-")
    publish_version(actor=SYSTEM, text=TARIFF, published_at=NOW)
    premises.Service.objects.get_or_create(code="WATER", defaults={"name": "Water"})
    premises.Category.objects.get_or_create(code="household", defaults={"name": "Household"})
    zone = premises.Zone.objects.create(code="Z", name="Zone")
    sector = premises.Sector.objects.create(code="S", name="Sector", zone=zone)
    cycle = premises.BillingCycle.objects.create(code="C1", name="Village")
    premises.Route.objects.create(code="R1", name="Route", sector=sector, cycle=cycle)
    return cycle


def point(*, is_metered: bool = True, units: int = 1, start_date: datetime.date = FIRST_DAY) -> premises.ServicePoint:
    """Register a place with a service point, and a meter in it."""
    number = next(_numbers)
    premise = register_premise(actor=SYSTEM, address=f"Calle Real {number}", on_date=start_date)
    made = register_service_point(
        actor=SYSTEM,
        premise_id=premise.pk,
        service_code="WATER",
        route_code="R1",
        is_metered=is_metered,
        is_disconnectable=True,
        category_code="household",
        unit_count=units,
        on_date=start_date,
    )
    if is_metered:
        meter = Meter.objects.create(serial=f"M{number}", size="15")
        Installation.objects.create(meter=meter, service_point=made, valid_during=DateRange(start_date, None))
    return made


def account(*, start_date: datetime.date = FIRST_DAY) -> Account:
    name = f"Ana Pérez {next(_numbers)}"
    party = register_party(actor=SYSTEM, kind=PartyKind.PERSON, name=name, on_date=start_date)
    return open_account(actor=SYSTEM, holder_id=party.pk, opened_date=start_date)


def household(*, is_metered: bool = True, units: int = 1, start_date: datetime.date = FIRST_DAY) -> ServiceAgreement:
    """Register a customer with an account, a point and an agreement."""
    place = point(is_metered=is_metered, units=units, start_date=start_date)
    return agree(account=account(start_date=start_date), service_point_id=place.pk, start_date=start_date)


def agree(*, account: Account, service_point_id: int, start_date: datetime.date = FIRST_DAY) -> ServiceAgreement:
    return start_service(
        actor=SYSTEM,
        account_id=account.pk,
        service_point_id=service_point_id,
        start_date=start_date,
        tariff_code="village_water",
        category_code="household",
    )


def month(cycle: premises.BillingCycle, number: int = 1, *, year: int = 2026) -> BillingPeriod:
    start_date = datetime.date(year, number, 1)
    end_date = add_months(start_date, 1)
    return operations.open_period(
        actor=SYSTEM,
        cycle_id=cycle.pk,
        start_date=start_date,
        end_date=end_date,
        issue_date=end_date + datetime.timedelta(days=2),
        due_date=end_date + datetime.timedelta(days=22),
    )


def consume(
    agreement: ServiceAgreement,
    period: BillingPeriod,
    quantity_m3: int,
    *,
    state: ConsumptionState = ConsumptionState.FINAL,
    start_date: datetime.date | None = None,
    end_date: datetime.date | None = None,
) -> Consumption:
    return Consumption.objects.create(
        service_point_id=agreement.service_point_id,
        start_date=start_date or period.start_date,
        end_date=end_date or period.end_date,
        quantity_milli=quantity_m3 * 1000,
        kind=ConsumptionKind.MEASURED,
        state=state,
    )


def drafted(period: BillingPeriod) -> BillingRun:
    """Start and price a run in this process."""
    run = operations.start_run(actor=SYSTEM, period_id=period.pk, requested_at=NOW)
    operations.price_run(run_id=run.pk, now=NOW)
    run.refresh_from_db()
    return run


def confirmed(period: BillingPeriod) -> BillingRun:
    return operations.confirm_run(actor=SYSTEM, run_id=drafted(period).pk, confirmed_at=NOW)
