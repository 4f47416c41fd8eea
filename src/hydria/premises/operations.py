"""Writes of places: premises, service points, the units that a point serves (CUS-02, CUS-03)."""

from __future__ import annotations

import datetime
from decimal import Decimal

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.kernel.spelling import to_search_text
from hydria.platform import numbering
from hydria.platform.access import Actor, Permission
from hydria.platform.refusals import refusing
from hydria.platform.transactions import acting
from hydria.premises.models import Category, PointUnits, Premise, Route, Service, ServicePoint


class UnableToSavePremise(UnableTo):
    """The premise cannot be registered as asked."""


class UnableToSaveServicePoint(UnableTo):
    """The service point cannot be registered or changed as asked."""


def register_premise(
    *,
    actor: Actor,
    address: str,
    on_date: datetime.date,
    city: str = "",
    cadastral_code: str = "",
    number: str = "",
    longitude: Decimal | None = None,
    latitude: Decimal | None = None,
) -> Premise:
    """
    Register a place.

    number  our own number for the premise; empty takes the next one

    :raises UnableToPermit: if the actor may not edit the register.
    :raises UnableToSavePremise: with code `address_missing`, `number_taken`, `cadastral_code_taken` or
        `premise_lies_on_the_earth` (the coordinates are none).
    """
    actor.require(Permission.REGISTER_EDIT)
    if not address.strip():
        raise UnableToSavePremise("address_missing", _("A premise has an address."))
    with acting(actor, reason="register premise"):
        if number and Premise.objects.filter(number=number).exists():
            raise UnableToSavePremise("number_taken", _("Another premise has this number."), number=number)
        if cadastral_code and Premise.objects.filter(cadastral_code=cadastral_code).exists():
            raise UnableToSavePremise("cadastral_code_taken", _("Another premise has this cadastral code."))
        with refusing(
            UnableToSavePremise, {"premise_lies_on_the_earth": _("Give both coordinates, in degrees, or none.")}
        ):
            return Premise.objects.create(
                number=number or _next_number(Premise, "premise", "I-", on_date),
                cadastral_code=cadastral_code or None,
                address=address.strip(),
                search_address=to_search_text(address, city)[:350],
                city=city.strip(),
                longitude=longitude,
                latitude=latitude,
            )


def register_service_point(
    *,
    actor: Actor,
    premise_id: int,
    service_code: str,
    route_code: str,
    is_metered: bool,
    is_disconnectable: bool,
    category_code: str,
    unit_count: int,
    on_date: datetime.date,
    route_sequence: int | None = None,
    number: str = "",
) -> ServicePoint:
    """
    Register where a service is delivered, and for how many units of which category from the day on.

    route_sequence  place on the route; None puts the point at its end
    number          our own number for the point; empty takes the next one

    :raises UnableToPermit: if the actor may not edit the register.
    :raises UnableToSaveServicePoint: with code `premise_unknown`, `service_unknown`, `route_unknown`,
        `category_unknown`, `unit_count_invalid`, `number_taken` or `route_position_belongs_to_one_point`.
    """
    actor.require(Permission.REGISTER_EDIT)
    if unit_count < 1:
        raise UnableToSaveServicePoint("unit_count_invalid", _("A point serves at least one unit."))
    with acting(actor, reason="register service point"):
        premise = Premise.objects.filter(id=premise_id).first()
        service = Service.objects.filter(code=service_code).first()
        # Locked, so that two points put at the end of a route get two places.
        route = Route.objects.select_for_update().filter(code=route_code).first()
        if premise is None:
            raise UnableToSaveServicePoint("premise_unknown", _("There is no such premise."), premise_id=premise_id)
        if service is None:
            raise UnableToSaveServicePoint("service_unknown", _("There is no such service."), service=service_code)
        if route is None:
            raise UnableToSaveServicePoint("route_unknown", _("There is no such route."), route=route_code)
        if number and ServicePoint.objects.filter(number=number).exists():
            raise UnableToSaveServicePoint("number_taken", _("Another service point has this number."), number=number)
        if route_sequence is None:
            last = route.service_points.order_by("-route_sequence").values_list("route_sequence", flat=True).first()
            route_sequence = (last or 0) + 1
        with refusing(
            UnableToSaveServicePoint,
            {"route_position_belongs_to_one_point": _("Another point has this place on the route.")},
        ):
            point = ServicePoint.objects.create(
                number=number or _next_number(ServicePoint, "service_point", "P-", on_date),
                premise=premise,
                service=service,
                route=route,
                route_sequence=route_sequence,
                is_metered=is_metered,
                is_disconnectable=is_disconnectable,
            )
        PointUnits.objects.create(
            service_point=point,
            category=_category(category_code),
            unit_count=unit_count,
            valid_during=DateRange(on_date, None),
        )
    return point


def change_units(
    *, actor: Actor, service_point_id: int, category_code: str, unit_count: int, from_date: datetime.date, reason: str
) -> PointUnits | None:
    """
    Change how many units of a category a point serves, from a day on; 0 ends the category there.

    The count before stays for the days before. Asking for the count in force changes nothing.

    :raises UnableToPermit: if the actor may not edit the register.
    :raises UnableToSaveServicePoint: with code `service_point_unknown`, `category_unknown`, `unit_count_invalid`,
        `reason_missing` or `later_change_exists`.
    """
    actor.require(Permission.REGISTER_EDIT)
    if unit_count < 0:
        raise UnableToSaveServicePoint("unit_count_invalid", _("The number of units is not negative."))
    if not reason.strip():
        raise UnableToSaveServicePoint("reason_missing", _("Say why the units change."))
    with acting(actor, reason=reason):
        point = ServicePoint.objects.select_for_update().filter(id=service_point_id).first()
        if point is None:
            raise UnableToSaveServicePoint("service_point_unknown", _("There is no such service point."))
        counted = point.units.filter(category=_category(category_code))
        if counted.filter(valid_during__startswith__gt=from_date).exists():
            raise UnableToSaveServicePoint("later_change_exists", _("The units change again on a later day already."))
        current = counted.filter(valid_during__contains=from_date).first()
        if current is not None and current.unit_count == unit_count:
            return current
        if current is not None and current.valid_during.lower == from_date:
            current.delete()
        elif current is not None:
            current.valid_during = DateRange(current.valid_during.lower, from_date)
            current.save(update_fields=["valid_during"])
        if unit_count == 0:
            return None
        return PointUnits.objects.create(
            service_point=point,
            category=_category(category_code),
            unit_count=unit_count,
            valid_during=DateRange(from_date, None),
        )


def change_route(
    *, actor: Actor, service_point_id: int, route_code: str, reason: str, route_sequence: int | None = None
) -> ServicePoint:
    """
    Move a service point to another route, and so to its sector and cycle. One that is there already stays as it is.

    route_sequence  place on the route; None, or a place that is taken, puts the point at its end

    :raises UnableToPermit: if the actor may not edit the register.
    :raises UnableToSaveServicePoint: with code `service_point_unknown`, `route_unknown` or `reason_missing`.
    """
    actor.require(Permission.REGISTER_EDIT)
    if not reason.strip():
        raise UnableToSaveServicePoint("reason_missing", _("Say why the point moves to another route."))
    with acting(actor, reason=reason):
        point = ServicePoint.objects.select_for_update().filter(id=service_point_id).first()
        if point is None:
            raise UnableToSaveServicePoint("service_point_unknown", _("There is no such service point."))
        # Locked, so that two points put at the end of a route get two places.
        route = Route.objects.select_for_update().filter(code=route_code).first()
        if route is None:
            raise UnableToSaveServicePoint("route_unknown", _("There is no such route."), route=route_code)
        if point.route_id == route.pk:
            return point
        if route_sequence is None or route.service_points.filter(route_sequence=route_sequence).exists():
            last = route.service_points.order_by("-route_sequence").values_list("route_sequence", flat=True).first()
            route_sequence = (last or 0) + 1
        point.route, point.route_sequence = route, route_sequence
        point.save(update_fields=["route", "route_sequence"])
    return point


def _category(code: str) -> Category:
    category = Category.objects.filter(code=code).first()
    if category is None:
        raise UnableToSaveServicePoint("category_unknown", _("There is no such category."), category=code)
    return category


def _next_number(model: type[Premise | ServicePoint], series: str, prefix: str, on_date: datetime.date) -> str:
    return numbering.take_free_code(
        code=series,
        prefix=prefix,
        on_date=on_date,
        is_taken=lambda number: model.objects.filter(number=number).exists(),
    )
