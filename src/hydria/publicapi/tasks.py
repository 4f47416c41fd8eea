"""Jobs of the API: serve a webhook, and look every minute who is to be served."""

from __future__ import annotations

from django.utils import timezone

from hydria.platform.jobs import defer, job, periodic
from hydria.publicapi import _delivering, operations
from hydria.publicapi._listening import DELIVER_JOB


@job(name=DELIVER_JOB, queue="webhooks")
def deliver(*, webhook_id: int) -> None:
    """Deliver what is due to one webhook; what is left is the next job's."""
    if _delivering.deliver_due(webhook_id=webhook_id, clock=timezone.now):
        defer(DELIVER_JOB, key=f"webhook:{webhook_id}", webhook_id=webhook_id)


@periodic(name="publicapi.look_around", queue="webhooks", cron="* * * * *")
def look_around() -> None:
    """Serve the webhooks that have something due, and forget what is too old."""
    for webhook_id in _delivering.list_due_webhooks(now=timezone.now()):
        defer(DELIVER_JOB, key=f"webhook:{webhook_id}", webhook_id=webhook_id)
    operations.forget_the_past(now=timezone.now())
