"""Jobs of the directory."""

from __future__ import annotations

from django.utils import timezone

from hydria.directory import operations
from hydria.platform.jobs import job


@job(name=operations.JOB)
def work_on_act(*, act_id: int) -> None:
    """Rehearse an act on many rows, or do it."""
    operations.work_on(act_id=act_id, now=timezone.now())
