"""Find meters by what is printed on them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, Subquery

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
