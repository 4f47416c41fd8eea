"""Reads of premises and service points."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from hydria.platform.access import Actor, Permission
from hydria.platform.searching import find_alike, find_by_words
from hydria.premises.models import (
    BillingCycle,
    Category,
    PointUnits,
    Premise,
    PremiseParty,
    Route,
    Sector,
    Service,
    ServicePoint,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PointLine:
    """A service point in one line, as pickers show it."""

    service_point_id: int
    number: str
    service: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsCard:
    """How many units of a category a point serves."""

    category_code: str
    category: str
    unit_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PremisePartyCard:
    """A party's role at a premise; `end_date` is the day after the last."""

    premise_id: int
    address: str
    party_id: int
    name: str
    role_label: str
    start_date: datetime.date
    end_date: datetime.date | None


def access_premise(*, actor: Actor, premise_id: int) -> Premise:
    """
    Return a premise that the actor may see.

    :raises UnableToPermit: if the actor may not see the register.
    :raises Premise.DoesNotExist: if there is no such premise.
    """
    actor.require(Permission.REGISTER_VIEW)
    return Premise.objects.get(pk=premise_id)


def list_premise_parties(**where: int) -> list[PremisePartyCard]:
    """Return who owns or rents premises, those of today first: of one premise (`premise`) or of one party (`party`)."""
    found = PremiseParty.objects.filter(**where).select_related("premise", "party").order_by("-valid_during", "id")
    cards = [
        PremisePartyCard(
            premise_id=link.premise_id,
            address=link.premise.address,
            party_id=link.party_id,
            name=link.party.name,
            role_label=str(link.get_role_display()),
            start_date=link.valid_during.lower,
            end_date=link.valid_during.upper,
        )
        for link in found
    ]
    return sorted(cards, key=lambda card: card.end_date is not None)


def get_route_place(*, service_point_id: int) -> tuple[str, int]:
    """
    Return the code of the route that a point is on, and its place there.

    :raises ServicePoint.DoesNotExist: if there is no such point.
    """
    return ServicePoint.objects.values_list("route__code", "route_sequence").get(pk=service_point_id)


def point_count_of(premise: str) -> Coalesce:
    """Return, as a part of a query of rows that lead to a premise by this path, how many service points it has."""
    points = ServicePoint.objects.filter(premise=OuterRef(premise)).order_by().values("premise")
    return Coalesce(Subquery(points.annotate(point_count=Count("pk")).values("point_count")), 0)


def premises_where(**conditions: Any) -> QuerySet[ServicePoint, Any]:
    """Return the ids of the premises with a service point of which all this is true, as a part of a query."""
    return ServicePoint.objects.filter(**conditions).values("premise_id")


def list_premises(*, actor: Actor) -> QuerySet[Premise]:
    """
    Return the premises.

    :raises UnableToPermit: if the actor may not see the register.
    """
    actor.require(Permission.REGISTER_VIEW)
    return Premise.objects.all()


def list_service_points(*, actor: Actor) -> QuerySet[ServicePoint]:
    """
    Return the service points with their service, route and units.

    :raises UnableToPermit: if the actor may not see the register.
    """
    actor.require(Permission.REGISTER_VIEW)
    return ServicePoint.objects.select_related("service", "route").prefetch_related("units__category")


def access_service_point(*, actor: Actor, service_point_id: int) -> ServicePoint:
    """
    Return a service point that the actor may see, with its premise, service and route.

    :raises UnableToPermit: if the actor may not see the register.
    :raises ServicePoint.DoesNotExist: if there is no such point.
    """
    actor.require(Permission.REGISTER_VIEW)
    return ServicePoint.objects.select_related("premise", "service", "route__sector__zone").get(pk=service_point_id)


def find_service_points(*, typed: str, count_max: int) -> list[int]:
    """Return service points by their number, their premise's number or cadastral code, or the address (CUS-19)."""
    text = typed.strip()
    points = ServicePoint.objects.order_by("number").values_list("id", flat=True)
    numbered: list[int] = []
    if any(letter.isdigit() for letter in text):
        numbered = list(points.filter(number__startswith=text)[:count_max])
        numbered += points.filter(premise__number__startswith=text)[:count_max]
        numbered += points.filter(premise__cadastral_code__startswith=text)[:count_max]
    premise_ids = find_by_words(Premise, column="search_address", typed=typed, count_max=count_max)
    return list(dict.fromkeys([*numbered, *_points_of(premise_ids)]))[:count_max]


def find_service_points_alike(*, typed: str, count_max: int) -> list[int]:
    """Return service points at addresses like the typed one, for when no address has its words (CUS-19)."""
    return _points_of(find_alike(Premise, column="search_address", typed=typed, count_max=count_max))


def _points_of(premise_ids: list[int]) -> list[int]:
    by_premise = dict(ServicePoint.objects.filter(premise__in=premise_ids).values_list("premise_id", "id"))
    return [by_premise[premise_id] for premise_id in premise_ids if premise_id in by_premise]


def has_service_point(*, service_point_id: int) -> bool:
    """Tell whether there is such a service point."""
    return ServicePoint.objects.filter(id=service_point_id).exists()


def find_category_id(*, code: str) -> int | None:
    """Return the id of a tariff category, or None."""
    return Category.objects.filter(code=code).values_list("id", flat=True).first()


def find_cycle_id(*, code: str) -> int | None:
    """Return the id of a billing cycle, or None."""
    return BillingCycle.objects.filter(code=code).values_list("id", flat=True).first()


def list_cycles() -> QuerySet[BillingCycle]:
    """Return the billing cycles by name."""
    return BillingCycle.objects.order_by("name")


def list_routes() -> QuerySet[Route]:
    """Return the routes with their cycle and sector, by code."""
    return Route.objects.select_related("cycle", "sector").order_by("code")


def list_categories() -> QuerySet[Category]:
    """Return the tariff categories by code."""
    return Category.objects.order_by("code")


def list_sectors() -> QuerySet[Sector]:
    """Return the commercial sectors by code."""
    return Sector.objects.order_by("code")


def list_services() -> list[tuple[str, str]]:
    """Return the services of the company as (code, name)."""
    return list(Service.objects.order_by("name").values_list("code", "name"))


def list_service_ids() -> list[tuple[int, str]]:
    """Return the services of the company as (id, name)."""
    return list(Service.objects.order_by("name").values_list("id", "name"))


def list_point_lines(*, service_point_ids: Sequence[int]) -> list[PointLine]:
    """Return service points in one line each, in the order asked for."""
    found = ServicePoint.objects.select_related("premise", "service").in_bulk(list(service_point_ids))
    return [
        PointLine(
            service_point_id=point.pk, number=point.number, service=point.service.name, address=point.premise.address
        )
        for point in (found[point_id] for point_id in service_point_ids if point_id in found)
    ]


def list_units(*, service_point_id: int, on_date: datetime.date) -> list[UnitsCard]:
    """Return the units that a point serves on a day, by category."""
    counted = PointUnits.objects.filter(service_point=service_point_id, valid_during__contains=on_date)
    return [
        UnitsCard(category_code=units.category.code, category=units.category.name, unit_count=units.unit_count)
        for units in counted.select_related("category").order_by("category__name")
    ]
