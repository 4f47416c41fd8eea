"""Write the invented register into the tables of the register contexts, in sets."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from stdnum import luhn
from stdnum.do import rnc

from hydria.agreements import models as agreements
from hydria.demo.domain import words
from hydria.demo.domain.town import CATEGORIES, HOUSEHOLD, INDUSTRY, PUBLIC, SHOP, Town
from hydria.kernel.spelling import to_search_text
from hydria.metering import models as metering
from hydria.parties import models as parties
from hydria.platform.bulk import copy_columns, take_ids
from hydria.platform.transactions import in_transaction
from hydria.premises import models as premises

Int64Array = npt.NDArray[np.int64]

URBAN_TARIFF, LARGE_TARIFF = "agua_urbana", "agua_grandes"
ROUTES_PER_SECTOR = 12
OWN_MAKE, SPARE_MAKE = "Elster", "Itron"
DIGITS = 5
CAPACITY_MILLI = 10**DIGITS * 1000
TARIFF_OF = {HOUSEHOLD: URBAN_TARIFF, PUBLIC: URBAN_TARIFF, SHOP: LARGE_TARIFF, INDUSTRY: LARGE_TARIFF}


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """The ids that the town got: one value per point, in the town's order."""

    cycle_id: int
    point_ids: Int64Array
    meter_ids: Int64Array
    register_ids: Int64Array
    spare_register_ids: Int64Array
    spare_serials: dict[int, str]


@in_transaction
def write_register(*, town: Town) -> Register:
    """Write the whole register of the town and return the ids that readings need."""
    cycle, route_ids = _write_lists(town)
    category_ids = {category.code: category.pk for category in premises.Category.objects.all()}
    point_ids = _write_places(town, route_ids=route_ids, category_ids=category_ids)
    _write_agreements(town, point_ids=point_ids, category_ids=category_ids)
    meter_ids, register_ids, spare_register_ids, spare_serials = _write_meters(town, point_ids=point_ids)
    return Register(
        cycle_id=cycle.pk,
        point_ids=point_ids,
        meter_ids=meter_ids,
        register_ids=register_ids,
        spare_register_ids=spare_register_ids,
        spare_serials=spare_serials,
    )


def _write_lists(town: Town) -> tuple[premises.BillingCycle, Int64Array]:
    premises.Service.objects.create(code="WATER", name="Agua potable", unit="m3")
    premises.Category.objects.bulk_create(premises.Category(code=code, name=name) for code, name in CATEGORIES.items())
    cycle = premises.BillingCycle.objects.create(code="C1", name="Ciclo mensual", period_months=1)
    zones = premises.Zone.objects.bulk_create(
        premises.Zone(code=f"Z{number}", name=name) for number, name in enumerate(words.ZONES, start=1)
    )
    route_count = int(town.route_index.max()) + 1
    sectors = premises.Sector.objects.bulk_create(
        premises.Sector(
            code=f"S{number + 1:02d}",
            name=f"{words.SECTORS[number % len(words.SECTORS)]} {number // len(words.SECTORS) + 1}",
            zone=zones[number % len(zones)],
        )
        for number in range(-(-route_count // ROUTES_PER_SECTOR))
    )
    routes = premises.Route.objects.bulk_create(
        premises.Route(
            code=f"R{number + 1:04d}",
            name=f"Ruta {number + 1}",
            sector=sectors[number // ROUTES_PER_SECTOR],
            cycle=cycle,
        )
        for number in range(route_count)
    )
    return cycle, np.array([route.pk for route in routes])


def _write_places(town: Town, *, route_ids: Int64Array, category_ids: dict[str, int]) -> Int64Array:
    count = town.point_count
    numbers = np.arange(1, count + 1)
    addresses = [f"Calle {street} No. {house}" for street, house in zip(town.street, town.house_number, strict=True)]
    premise_ids = take_ids(premises.Premise, count=count)
    copy_columns(
        premises.Premise,
        {
            "id": premise_ids,
            "number": [f"I{number:07d}" for number in numbers],
            "cadastral_code": [f"21-{number // 1000:03d}-{number % 1000:03d}" for number in numbers],
            "address": addresses,
            "search_address": [to_search_text(address, words.CITY) for address in addresses],
            "city": [words.CITY] * count,
            "longitude": town.longitude,
            "latitude": town.latitude,
        },
    )
    point_ids = take_ids(premises.ServicePoint, count=count)
    copy_columns(
        premises.ServicePoint,
        {
            "id": point_ids,
            "number": [f"P{number:07d}" for number in numbers],
            "premise_id": premise_ids,
            "service_id": [premises.Service.objects.get().pk] * count,
            "route_id": route_ids[town.route_index],
            "route_sequence": town.route_sequence,
            "is_metered": town.is_metered,
            "is_disconnectable": town.category != PUBLIC,
        },
    )
    copy_columns(
        premises.PointUnits,
        {
            "service_point_id": point_ids,
            "category_id": [category_ids[code] for code in town.category],
            "unit_count": town.unit_count,
            "valid_during": [f"[{town.first_date},)"] * count,
        },
    )
    return point_ids


def _write_agreements(town: Town, *, point_ids: Int64Array, category_ids: dict[str, int]) -> None:
    """Write one party, account and agreement per holder: the first ones, then those who moved in later."""
    mover_index = town.mover_index
    point_index = np.concatenate([np.arange(town.point_count), mover_index])
    start_dates = np.concatenate(
        [np.full(town.point_count, np.datetime64(town.first_date, "D")), town.moved_date[mover_index]]
    )
    end_dates = np.concatenate([town.moved_date, np.full(len(mover_index), np.datetime64("NaT"))])
    during = [_range(start, end) for start, end in zip(start_dates, end_dates, strict=True)]
    count, numbers = len(point_index), town.holder_number
    party_ids = _write_parties(town)
    account_ids = take_ids(agreements.Account, count=count)
    copy_columns(
        agreements.Account,
        {
            "id": account_ids,
            "number": [f"{number:08d}" for number in numbers],
            "delivery_mode": ["EMAIL" if number % 3 == 0 else "PAPER" for number in numbers],
            "delivery_address": [""] * count,
            "language": [""] * count,
            "opened_date": start_dates,
            "closed_date": end_dates,
        },
    )
    copy_columns(
        agreements.AccountParty,
        {
            "account_id": account_ids,
            "party_id": party_ids,
            "role": ["HOLDER"] * count,
            "valid_during": [_range(start, None) for start in start_dates],
        },
    )
    agreement_ids = take_ids(agreements.ServiceAgreement, count=count)
    copy_columns(
        agreements.ServiceAgreement,
        {
            "id": agreement_ids,
            "number": [f"C{number:07d}" for number in numbers],
            "account_id": account_ids,
            "service_point_id": point_ids[point_index],
            "valid_during": during,
        },
    )
    category = town.category[point_index]
    copy_columns(
        agreements.AgreementTerms,
        {
            "agreement_id": agreement_ids,
            "tariff_code": [TARIFF_OF[code] for code in category],
            "category_id": [category_ids[code] for code in category],
            "inputs": ["{}"] * count,
            "valid_during": during,
        },
    )
    _write_exceptions(town, agreement_ids=agreement_ids, category=category, during=during)


def _write_parties(town: Town) -> Int64Array:
    count, numbers = len(town.holder_number), town.holder_number
    party_ids = take_ids(parties.Party, count=count)
    copy_columns(
        parties.Party,
        {
            "id": party_ids,
            "number": [f"T{number:07d}" for number in numbers],
            "kind": ["PERSON" if is_person else "ORGANIZATION" for is_person in town.holder_is_person],
            "name": town.holder_name.tolist(),
            "search_name": [to_search_text(name) for name in town.holder_name],
            "email": [f"cliente{number}@example.org" if number % 3 == 0 else "" for number in numbers],
            "phone": [f"809-555-{number % 10_000:04d}" if number % 4 else "" for number in numbers],
            "address": [""] * count,
            "language": ["el" if "α" in name or "η" in name else "" for name in town.holder_name],
            "notes": [""] * count,
            "is_protected": numbers % 211 == 0,
        },
    )
    identifiers = [
        _identifier(int(number), is_person=bool(is_person))
        for number, is_person in zip(numbers, town.holder_is_person, strict=True)
    ]
    copy_columns(
        parties.PartyIdentifier,
        {
            "party_id": party_ids,
            "kind": ["NATIONAL" if p else "TAX" for p in town.holder_is_person],
            "country": ["DO"] * count,
            "value": identifiers,
        },
    )
    return party_ids


def _identifier(number: int, *, is_person: bool) -> str:
    """Return a well-formed cédula or RNC that belongs to nobody: 402 and 430 followed by our own number."""
    if is_person:
        digits = f"402{number:07d}"
        return digits + luhn.calc_check_digit(digits)
    digits = f"4{number:07d}"
    return digits + rnc.calc_check_digit(digits)


def _write_exceptions(town: Town, *, agreement_ids: Int64Array, category: Any, during: list[str]) -> None:
    """Exempt public bodies from the tax, and leave the utility's own houses out of billing, each with its paper."""
    public = np.flatnonzero(category == PUBLIC)
    copy_columns(
        agreements.Exemption,
        {
            "agreement_id": agreement_ids[public],
            "code": ["itbis"] * len(public),
            "evidence": ["Certificación DGII 2025-118"] * len(public),
            "valid_during": [during[i] for i in public],
        },
    )
    own = np.flatnonzero(category == SHOP)[5::400]
    copy_columns(
        agreements.BillingExclusion,
        {
            "agreement_id": agreement_ids[own],
            "reason": ["Oficina propia del acueducto"] * len(own),
            "valid_during": [during[i] for i in own],
        },
    )


def _write_meters(town: Town, *, point_ids: Int64Array) -> tuple[Int64Array, Int64Array, Int64Array, dict[int, str]]:
    """Give every metered point its meter, and lay out a spare one for each exchange to come."""
    metered = np.flatnonzero(town.is_metered)
    exchanged = np.flatnonzero(~np.isnat(town.exchanged_date))
    count, spare = len(metered), len(exchanged)
    sizes = np.concatenate([town.size[metered], town.size[exchanged]])
    serials = [f"{'H' if i < count else 'N'}{i + 1:07d}" for i in range(count + spare)]
    meter_ids = take_ids(metering.Meter, count=count + spare)
    copy_columns(
        metering.Meter,
        {
            "id": meter_ids,
            "serial": serials,
            "make": [OWN_MAKE if i < count else SPARE_MAKE for i in range(count + spare)],
            "model": ["M120" if size == "15" else "M300" for size in sizes],
            "size": sizes.tolist(),
            "manufactured_date": [datetime.date(2012 + i % 12, 1, 1) for i in range(count + spare)],
        },
    )
    register_ids = take_ids(metering.Register, count=count + spare)
    copy_columns(
        metering.Register,
        {
            "id": register_ids,
            "meter_id": meter_ids,
            "channel": ["MAIN"] * (count + spare),
            "unit": ["m3"] * (count + spare),
            "digits": [DIGITS] * (count + spare),
            "multiplier": [1] * (count + spare),
        },
    )
    copy_columns(
        metering.Installation,
        {
            "meter_id": meter_ids[:count],
            "service_point_id": point_ids[metered],
            "valid_during": [f"[{town.first_date},)"] * count,
            "initial_milli": town.dial_start_milli[metered],
            "evidence": ["Acta de instalación"] * count,
        },
    )
    by_point = np.zeros(town.point_count, dtype=np.int64)
    registers, spares = by_point.copy(), by_point.copy()
    by_point[metered], registers[metered] = meter_ids[:count], register_ids[:count]
    spares[exchanged] = register_ids[count:]
    return by_point, registers, spares, dict(zip(exchanged.tolist(), serials[count:], strict=True))


def _range(start: np.datetime64 | datetime.date, end: np.datetime64 | None) -> str:
    return f"[{start},{'' if end is None or np.isnat(end) else end})"
