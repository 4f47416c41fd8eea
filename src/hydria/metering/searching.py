"""Find meters by what is printed on them and by where they are: for the search box, and parts of queries for lists."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import Case, CharField, Exists, OuterRef, Q, Subquery, TextChoices, Value, When
from django.utils.translation import gettext_lazy as _

from hydria.metering.models import Installation, Meter

SERIAL_LENGTH_MIN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterLine:
    """A meter in one line, with the point where it is or was last; None for one that was never installed."""

    meter_id: int
    serial: str
    make: str
    service_point_id: int | None


def find_meters(*, typed: str, count_max: int) -> list[MeterLine]:
    """Return the meters whose serial starts with what was typed (CUS-19)."""
    text = typed.strip()
    if len(text) < SERIAL_LENGTH_MIN or not any(letter.isdigit() for letter in text):
        return []
    last_place = Installation.objects.filter(meter=OuterRef("pk")).order_by("-valid_during")
    found = Meter.objects.filter(serial__startswith=text).order_by("serial")
    placed = found.annotate(point_id=Subquery(last_place.values("service_point_id")[:1]))[:count_max]
    return [
        MeterLine(meter_id=meter.pk, serial=meter.serial, make=meter.make, service_point_id=meter.point_id)
        for meter in placed
    ]


class MeterState(TextChoices):
    """Where a meter is on a day; worked out from its installations, never stored."""

    INSTALLED = "INSTALLED", _("Installed")
    REMOVED = "REMOVED", _("Removed")
    STORED = "STORED", _("Never installed")


def meter_is(state: MeterState, *, on_date: datetime.date) -> Q:
    """Return the condition that a meter is so on a day."""
    ever = Installation.objects.filter(meter=OuterRef("pk"))
    installed = ever.filter(valid_during__contains=on_date)
    return {
        MeterState.INSTALLED: Q(Exists(installed)),
        MeterState.REMOVED: Q(Exists(ever), ~Exists(installed)),
        MeterState.STORED: Q(~Exists(ever)),
    }[state]


def meter_state_on(on_date: datetime.date) -> Case:
    """Return, as a part of a query of meters, where each is on a day."""
    whens = [When(meter_is(state, on_date=on_date), then=Value(state.value)) for state in MeterState]
    return Case(*whens, output_field=CharField())


def place_of(meter: str, field: str) -> Subquery:
    """
    Return, as a part of a query of rows that lead to a meter by this path, a field of where it is or was last.

    field  ORM path from the installation: "service_point__number"
    """
    places = Installation.objects.filter(meter=OuterRef(meter)).order_by("-valid_during")
    return Subquery(places.values(field)[:1])


def meter_at(point: str, field: str, *, on_date: datetime.date) -> Subquery:
    """
    Return, as a part of a query of rows that lead to a service point by this path, a field of its meter on a day.

    field  ORM path from the installation: "meter__serial"
    """
    places = Installation.objects.filter(service_point=OuterRef(point), valid_during__contains=on_date)
    return Subquery(places.values(field)[:1])
