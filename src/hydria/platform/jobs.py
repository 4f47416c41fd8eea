"""
Work that runs apart from the request: one module between Hydria and its job queue.

A job is enqueued in the transaction that needs it and lives in the same database as the money. It carries a key:
while one with the same key waits, another is not enqueued. Every job can run twice; the operations that it calls
see to that. A worker that died leaves its job behind; the next one takes it up within a minute.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

RETRIES = RetryStrategy(max_attempts=5, exponential_wait=3)
JOBS_AT_ONCE = 2
"""What a worker takes on by default: while the server works for one job, the process works for the other."""
STALLED_AFTER_SECONDS = 30.0


def job(*, name: str, queue: str = "default") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function of a context's `tasks.py` as a job that is tried up to five times."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        app.task(name=name, queue=queue, retry=RETRIES)(function)
        return function

    return register


def periodic(*, name: str, cron: str, queue: str = "default") -> Callable[[Callable[[], None]], Callable[[], None]]:
    """
    Register a function of a context's `tasks.py` as a job that is due again and again, while a worker runs.

    cron  minute, hour, day, month, weekday; it is enqueued once however many workers there are
    """

    def register(function: Callable[[], None]) -> Callable[[], None]:
        def run(timestamp: int) -> None:
            function()

        task = app.task(name=name, queue=queue, queueing_lock=name, lock=name)(run)
        app.periodic(cron=cron)(task)
        return function

    return register


def defer(name: str, *, key: str, **arguments: Any) -> bool:
    """Enqueue a job with the current transaction; return False if one with the same key is waiting already."""
    return defer_many(name, jobs={key: arguments}) == 1


def defer_many(name: str, *, jobs: Mapping[str, Mapping[str, Any]]) -> int:
    """
    Enqueue jobs by key, skipping the keys that wait already, and return how many were added.

    Guarantee: nothing is enqueued if the transaction rolls back.
    """
    from django.db import transaction  # Django's models are not ready when tasks are registered

    added = 0
    for key, arguments in jobs.items():
        try:
            with transaction.atomic():
                app.configure_task(name, queueing_lock=key, lock=key).defer(**arguments)
            added += 1
        except AlreadyEnqueued:
            continue
    return added


def cancel(job_id: int) -> bool:
    """Take a waiting job out of the queue with the current transaction; return False if it no longer waits."""
    return app.job_manager.cancel_job_by_id(job_id)


def try_again(job_id: int, *, at: datetime.datetime) -> None:
    """Put a failed job back into the queue with the current transaction."""
    app.job_manager.retry_job_by_id(job_id, retry_at=at)


def work(*, queues: Sequence[str] | None = None, until_empty: bool = False, concurrency: int = 1) -> None:
    """Work off jobs in this process until it is told to stop, or until the queues are empty."""
    with app.replace_connector(app.connector.get_worker_connector()) as worker_app:
        asyncio.run(
            _work(
                worker_app,
                queues=queues,
                wait=not until_empty,
                concurrency=concurrency,
                install_signal_handlers=not until_empty,
                delete_jobs="successful",
            )
        )


async def _work(worker_app: Any, **options: Any) -> None:
    async with worker_app.open_async():
        await _requeue_stalled(worker_app)
        # A worker may start a moment after another died, too early to tell: look again while working.
        keeper = asyncio.create_task(_keep_requeueing(worker_app))
        try:
            await worker_app.run_worker_async(**options)
        finally:
            keeper.cancel()


async def _keep_requeueing(worker_app: Any) -> None:
    while True:
        await asyncio.sleep(STALLED_AFTER_SECONDS / 2)
        await _requeue_stalled(worker_app)


async def _requeue_stalled(worker_app: Any) -> None:
    """Give the jobs of workers that stopped beating back to the queue."""
    for stalled_job in await worker_app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
        await worker_app.job_manager.retry_job(stalled_job)
