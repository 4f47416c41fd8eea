"""Reads of what points have used, and with which meters."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from hydria.metering.models import Consumption, ConsumptionKind, ConsumptionState, Finding, FindingState, Installation
from hydria.platform.access import Actor, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedQuantity:
    """The live consumption of a point in `[start_date, end_date)`; the quantity is None while it is held without one."""

    consumption_id: int
    service_point_id: int
    start_date: datetime.date
    end_date: datetime.date
    quantity_milli: int | None
    kind: str
    kind_label: str
    is_held: bool

    @property
    def is_measured(self) -> bool:
        """Tell whether two readings of a meter stand behind it."""
        return self.kind == ConsumptionKind.MEASURED


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledMeter:
    """A meter at a point, since when and until when."""

    meter_id: int
    service_point_id: int
    serial: str
    make: str
    size: str
    start_date: datetime.date
    end_date: datetime.date | None


def list_used_quantities(
    *, actor: Actor, service_point_ids: Sequence[int], since_date: datetime.date
) -> list[UsedQuantity]:
    """
    Return the live consumptions of points that end after a day, oldest first.

    :raises UnableToPermit: if the actor may not see readings.
    """
    actor.require(Permission.READING_VIEW)
    found = Consumption.objects.filter(service_point__in=list(service_point_ids), start_date__gte=since_date).exclude(
        state=ConsumptionState.SUPERSEDED
    )
    return [
        UsedQuantity(
            consumption_id=used.pk,
            service_point_id=used.service_point_id,
            start_date=used.start_date,
            end_date=used.end_date,
            quantity_milli=used.quantity_milli,
            kind=used.kind,
            kind_label=str(used.get_kind_display()),
            is_held=used.state == ConsumptionState.HELD,
        )
        for used in found.order_by("start_date")
    ]


def list_installed_meters(*, actor: Actor, service_point_ids: Sequence[int]) -> list[InstalledMeter]:
    """
    Return the meters that are or were at points, newest first.

    :raises UnableToPermit: if the actor may not see the register.
    """
    actor.require(Permission.REGISTER_VIEW)
    found = Installation.objects.filter(service_point__in=list(service_point_ids)).select_related("meter")
    return [
        InstalledMeter(
            meter_id=place.meter_id,
            service_point_id=place.service_point_id,
            serial=place.meter.serial,
            make=place.meter.make,
            size=place.meter.size,
            start_date=place.valid_during.lower,
            end_date=place.valid_during.upper,
        )
        for place in found.order_by("-valid_during")
    ]


def count_open_findings(*, service_point_ids: Sequence[int]) -> int:
    """Count the incidents of points that wait for a decision."""
    return Finding.objects.filter(service_point__in=list(service_point_ids), state=FindingState.OPEN).count()


def count_points_held() -> int:
    """Count the points with an incident that waits for a decision."""
    held = Finding.objects.filter(state=FindingState.OPEN).order_by().values("service_point_id").distinct()
    return held.count()
