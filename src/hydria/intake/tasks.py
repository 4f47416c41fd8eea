"""Jobs of loading: check or apply a batch; both may run any number of times."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from hydria.intake import operations
from hydria.intake._course import Tell
from hydria.intake._wording import label_of_step
from hydria.intake.models import LoadBatch
from hydria.kernel.errors import UnableTo
from hydria.platform import progress
from hydria.platform.access import Actor, Permission
from hydria.platform.jobs import job


@job(name=operations.CHECK_JOB, queue="intake")
def check_load(
    *, batch_id: int, actor_name: str, actor_user_id: int | None, amount_limit_minor: int | None = None
) -> None:
    """Check a batch for whoever asked for it."""
    actor = _actor(actor_name, actor_user_id, amount_limit_minor)

    def work(tell: Tell) -> LoadBatch:
        return operations.check_load(actor=actor, batch_id=batch_id, checked_at=timezone.now(), tell=tell)

    _follow(batch_id, work)


@job(name=operations.APPLY_JOB, queue="intake")
def apply_load(
    *, batch_id: int, actor_name: str, actor_user_id: int | None, amount_limit_minor: int | None = None
) -> None:
    """Apply a batch for whoever asked for it."""
    actor = _actor(actor_name, actor_user_id, amount_limit_minor)

    def work(tell: Tell) -> LoadBatch:
        return operations.apply_load(actor=actor, batch_id=batch_id, applied_at=timezone.now(), tell=tell)

    _follow(batch_id, work)


def _actor(name: str, user_id: int | None, amount_limit_minor: int | None) -> Actor:
    """Return who asked, with the one permission that was checked at the door and the limit that held there."""
    return Actor(
        name=name,
        user_id=user_id,
        permissions=frozenset({Permission.INTAKE_LOAD}),
        amount_limit_minor=amount_limit_minor,
    )


def _follow(batch_id: int, work: Callable[[Tell], LoadBatch]) -> None:
    """Do the work; a refusal ends it for good and is shown, any other failure is tried again by the queue."""
    key = operations.progress_key(batch_id)
    progress.advance(key=key, done_count=0, at=timezone.now())
    try:
        with progress.aside(key=key) as tell:
            batch = work(lambda step, done_count, total_count: tell(done_count, total_count, label_of_step(step)))
    except UnableTo as refusal:
        progress.end(key=key, is_done=False, message=refusal.message, at=timezone.now())
    else:
        progress.end(key=key, is_done=True, message=batch.file_name, at=timezone.now())
