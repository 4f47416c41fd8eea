"""What waits for somebody, counted for those who may see to it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum

from django.utils import timezone

from hydria.billing import queries as billing
from hydria.billing.domain.states import RunState
from hydria.connections import queries as connections
from hydria.metering import queries as metering
from hydria.payments import queries as payments
from hydria.platform import queries as platform
from hydria.platform.access import Actor, Permission


class Concern(StrEnum):
    """What the home page counts."""

    INCIDENTS = "incidents"
    RUNS_TO_CONFIRM = "runs_to_confirm"
    RUNS_PRICING = "runs_pricing"
    PAYMENTS_TODAY = "payments_today"
    WORK_GOING_ON = "work_going_on"
    JOBS_FAILED = "jobs_failed"
    APPLICATIONS = "applications"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many of a concern there are now."""

    concern: Concern
    count: int


def get_waiting(*, actor: Actor, today: datetime.date) -> list[Waiting]:
    """Count what waits, for each concern that the actor may see."""
    counts: dict[Concern, int] = {}
    if actor.may(Permission.READING_DECIDE):
        counts[Concern.INCIDENTS] = metering.count_incidents()
    if actor.may(Permission.BILLING_VIEW):
        runs = billing.list_runs()
        counts[Concern.RUNS_TO_CONFIRM] = runs.filter(state=RunState.DRAFT).count()
        counts[Concern.RUNS_PRICING] = runs.filter(state=RunState.PRICING).count()
    if actor.may(Permission.AGREEMENT_EDIT):
        counts[Concern.APPLICATIONS] = connections.count_open(actor=actor)
    if actor.may(Permission.PAYMENT_VIEW):
        # By the instant, which is indexed: this is asked with every visit to the home page.
        midnight = timezone.make_aware(datetime.datetime.combine(today, datetime.time.min))
        taken = payments.list_payments(actor=actor).filter(received_at__gte=midnight, reverses__isnull=True)
        counts[Concern.PAYMENTS_TODAY] = taken.count()
    if actor.may(Permission.JOB_VIEW):
        counts[Concern.WORK_GOING_ON] = platform.list_progress_going().count()
        counts[Concern.JOBS_FAILED] = platform.count_queue().failed
    return [Waiting(concern=concern, count=count) for concern, count in counts.items()]
