"""Say how far long work has come, so that the screens can poll it. Call these outside the work's own transaction."""

from __future__ import annotations

import datetime

from hydria.platform.access import Actor
from hydria.platform.models import Progress, ProgressState
from hydria.platform.transactions import acting


def announce(
    *, key: str, title: str, total_count: int, unit: str, link: str, actor: Actor, requested_at: datetime.datetime
) -> Progress:
    """Announce work that is about to wait in the queue; announcing the same key again starts it over."""
    with acting(actor, reason=title):
        progress, _created = Progress.objects.update_or_create(
            key=key,
            defaults={
                "title": title[:200],
                "state": ProgressState.WAITING,
                "done_count": 0,
                "total_count": total_count,
                "unit": unit,
                "message": "",
                "link": link,
                "requested_by": actor.name,
                "requested_at": requested_at,
                "started_at": None,
                "ended_at": None,
            },
        )
    return progress


def advance(*, key: str, done_count: int, at: datetime.datetime) -> None:
    """Say that work has begun or gone on."""
    announced = Progress.objects.filter(key=key)
    announced.filter(started_at=None).update(started_at=at)
    announced.update(state=ProgressState.RUNNING, done_count=done_count)


def end(*, key: str, is_done: bool, message: str, at: datetime.datetime) -> None:
    """Say that work has ended: done, or failed with a message."""
    for progress in Progress.objects.filter(key=key):
        progress.state = ProgressState.DONE if is_done else ProgressState.FAILED
        progress.done_count = progress.total_count if is_done else progress.done_count
        progress.message, progress.ended_at = message, at
        progress.save()


def find_progress(*, key: str) -> Progress | None:
    """Return the work with a key, if it was ever announced."""
    return Progress.objects.filter(key=key).first()
