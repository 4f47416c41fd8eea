"""Jobs of billing: each prices one chunk and may run any number of times."""

from __future__ import annotations

from django.utils import timezone

from hydria.billing import operations
from hydria.platform.jobs import job


@job(name=operations.PRICE_CHUNK_JOB, queue="billing")
def price_chunk(*, run_id: int, position: int) -> None:
    """Price one chunk of a run; the job that finishes the last chunk drafts the run."""
    operations.price_chunk(run_id=run_id, position=position, now=timezone.now())
