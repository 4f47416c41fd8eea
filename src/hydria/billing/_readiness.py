"""What a period looks like before its run: odd dates, and how many readings are there, route by route (BIL-01)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

from hydria.billing._selection import DUE_AGREEMENTS
from hydria.billing.models import BillingPeriod
from hydria.kernel.periods import add_months
from hydria.platform.access import Actor, Permission


class Doubt(StrEnum):
    """What is odd about the dates of a period, though nothing forbids it."""

    SHORT = "short"
    LONG = "long"
    GAP = "gap"
    ISSUED_EARLY = "issued_early"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteReadiness:
    """
    The metered agreements due on a route.

    ready_count    their consumption is final
    held_count     waits in the review of readings
    missing_count  nobody has read
    """

    route_code: str
    route_name: str
    due_count: int
    ready_count: int
    held_count: int

    @property
    def missing_count(self) -> int:
        """Return how many have no consumption of the period."""
        return self.due_count - self.ready_count - self.held_count


def list_doubts(
    *, cycle_id: int, start_date: datetime.date, end_date: datetime.date, issue_date: datetime.date
) -> list[Doubt]:
    """Return what whoever opens the period `[start_date, end_date)` should look at twice."""
    before = BillingPeriod.objects.filter(cycle_id=cycle_id, end_date__lte=start_date).order_by("-end_date")
    last = before.select_related("cycle").first()
    doubts = []
    if last is not None:
        usual_end_date = add_months(start_date, last.cycle.period_months)
        # Months differ by three days; readers come a few days earlier or later.
        tolerance = datetime.timedelta(days=5)
        if end_date < usual_end_date - tolerance:
            doubts.append(Doubt.SHORT)
        if end_date > usual_end_date + tolerance:
            doubts.append(Doubt.LONG)
        if last.end_date < start_date:
            doubts.append(Doubt.GAP)
    if issue_date < end_date:
        doubts.append(Doubt.ISSUED_EARLY)
    return doubts


def list_readiness(*, actor: Actor, period_id: int) -> list[RouteReadiness]:
    """
    Return how far the readings of a period have come, by route.

    :raises UnableToPermit: if the actor may not see billing.
    :raises BillingPeriod.DoesNotExist: if there is no such period.
    """
    actor.require(Permission.BILLING_VIEW)
    period = BillingPeriod.objects.get(pk=period_id)
    dates = {"cycle_id": period.cycle_id, "start_date": period.start_date, "end_date": period.end_date}
    with connection.cursor() as cursor:
        cursor.execute(_BY_ROUTE, {**dates, "sequence": 1, "run_id": 0})
        return [
            RouteReadiness(route_code=code, route_name=name, due_count=due, ready_count=ready, held_count=held)
            for code, name, due, ready, held in cursor.fetchall()
        ]


_BY_ROUTE = f"""
WITH due AS (
    SELECT agreement.id, agreement.service_point_id, route.code, route.name,
           lower(agreement.valid_during) AS first_day,
           greatest(lower(agreement.valid_during), %(start_date)s) AS start_date,
           least(upper(agreement.valid_during), %(end_date)s) AS end_date
    {DUE_AGREEMENTS} AND point.is_metered
)
SELECT due.code, due.name, count(*), count(*) FILTER (WHERE used.is_final), count(*) FILTER (WHERE NOT used.is_final)
FROM due
LEFT JOIN LATERAL (
    SELECT bool_and(state = 'FINAL') AS is_final FROM metering_consumption
    WHERE service_point_id = due.service_point_id AND state <> 'SUPERSEDED'
      AND start_date >= due.first_day AND end_date > due.start_date AND end_date <= due.end_date
    HAVING count(*) > 0
) used ON true
GROUP BY due.code, due.name ORDER BY due.code
"""
