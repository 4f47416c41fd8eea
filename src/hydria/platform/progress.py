"""
Say how far long work has come, so that the screens can poll it.

Call these outside the work's own transaction, which nobody can look into; work that is one long transaction tells it
`aside`, over a connection of its own.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection, transaction

from hydria.platform import outbox
from hydria.platform.access import SYSTEM, Actor
from hydria.platform.events import EventKind
from hydria.platform.models import Progress, ProgressState
from hydria.platform.transactions import acting

SECONDS_BETWEEN = 1.0
"""How often a transaction says how far it has come; pages ask once a second."""


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


@contextmanager
def aside(*, key: str) -> Iterator[Callable[[int, int, str], None]]:
    """
    Yield a function that says how much of how much is done, and at what step, while a transaction is open.

    It takes done, total and the step in words; it is meant to be called often and writes once a second. The work
    has begun before (`advance`) and ends after.
    """
    last_told = 0.0

    def tell(done_count: int, total_count: int, step: str) -> None:
        nonlocal last_told
        if time.monotonic() - last_told >= SECONDS_BETWEEN:
            last_told = time.monotonic()
            written = Progress.objects.filter(key=key).update
            teller.submit(written, done_count=done_count, total_count=total_count, message=step)

    with ThreadPoolExecutor(1, thread_name_prefix="progress") as teller:
        try:
            yield tell
        finally:
            teller.submit(_close_connection)


def _close_connection() -> None:
    """Close the connection of the thread that calls this."""
    connection.close()


def end(*, key: str, is_done: bool, message: str, at: datetime.datetime) -> None:
    """Say that work has ended: done, or failed with a message."""
    for progress in Progress.objects.filter(key=key):
        progress.state = ProgressState.DONE if is_done else ProgressState.FAILED
        progress.done_count = progress.total_count if is_done else progress.done_count
        progress.message, progress.ended_at = message, at
        with transaction.atomic():
            progress.save()
            told = {"key": key, "title": progress.title, "state": progress.state, "message": message}
            outbox.announce(EventKind.JOB_ENDED, progress.pk, actor=SYSTEM, **told)


def cancel(*, key: str, at: datetime.datetime) -> None:
    """Say that work will not be done after all; work that has ended stays as it is."""
    Progress.objects.filter(key=key, ended_at=None).update(state=ProgressState.CANCELED, ended_at=at)


def find_progress(*, key: str) -> Progress | None:
    """Return the work with a key, if it was ever announced."""
    return Progress.objects.filter(key=key).first()
