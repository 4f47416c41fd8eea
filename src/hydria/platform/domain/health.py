"""How well a deployment is: what was measured, and what is worth worrying about."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum

WORKER_SILENT_AFTER = datetime.timedelta(minutes=1)
JOB_WAITS_TOO_LONG = datetime.timedelta(minutes=15)
VERIFY_AGAIN_AFTER = datetime.timedelta(days=2)
BACKUP_AGAIN_AFTER = datetime.timedelta(days=1)
DISK_LOW_PERCENT, DISK_FULL_PERCENT = 15, 5


class Verdict(StrEnum):
    """What a sign means."""

    GOOD = "GOOD"
    WATCH = "WATCH"
    BAD = "BAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """
    What was measured of a deployment at one instant.

    archived_at    last piece of the database's log that was put into the archive, by which it is restored to any moment
    verified_at    last time that every invariant was checked; `broken_count` of them did not hold
    """

    at: datetime.datetime
    database_version: str
    database_bytes: int
    connection_count: int
    unapplied_count: int
    waiting_count: int
    failed_count: int
    oldest_waiting_at: datetime.datetime | None
    worker_seen_at: datetime.datetime | None
    worker_count: int
    disk_free_bytes: int
    disk_total_bytes: int
    is_archiving: bool
    archived_at: datetime.datetime | None
    archiving_failed_at: datetime.datetime | None
    sealed_at: datetime.datetime | None
    verified_at: datetime.datetime | None
    broken_count: int


def judge_worker(vitals: Vitals) -> Verdict:
    """Say whether work that waits will be done: no worker is bad once something waits."""
    is_alive = vitals.worker_seen_at is not None and vitals.at - vitals.worker_seen_at <= WORKER_SILENT_AFTER
    if is_alive:
        return Verdict.GOOD
    return Verdict.BAD if vitals.waiting_count else Verdict.WATCH


def judge_queue(vitals: Vitals) -> Verdict:
    """Say whether jobs are done in time."""
    is_late = vitals.oldest_waiting_at is not None and vitals.at - vitals.oldest_waiting_at > JOB_WAITS_TOO_LONG
    if is_late:
        return Verdict.BAD
    return Verdict.WATCH if vitals.failed_count else Verdict.GOOD


def judge_disk(vitals: Vitals) -> Verdict:
    """Say whether there is room."""
    free_percent = 100 * vitals.disk_free_bytes // max(vitals.disk_total_bytes, 1)
    if free_percent < DISK_FULL_PERCENT:
        return Verdict.BAD
    return Verdict.WATCH if free_percent < DISK_LOW_PERCENT else Verdict.GOOD


def judge_migrations(vitals: Vitals) -> Verdict:
    """Say whether the tables are those of this version."""
    return Verdict.BAD if vitals.unapplied_count else Verdict.GOOD


def judge_backup(vitals: Vitals) -> Verdict:
    """Say whether the database could be restored to a moment ago, as far as PostgreSQL itself knows."""
    if not vitals.is_archiving:
        return Verdict.WATCH
    failed, archived = vitals.archiving_failed_at, vitals.archived_at
    if failed is not None and (archived is None or failed > archived):
        return Verdict.BAD
    return Verdict.GOOD if archived and vitals.at - archived <= BACKUP_AGAIN_AFTER else Verdict.WATCH


def judge_verification(vitals: Vitals) -> Verdict:
    """Say whether the invariants are known to hold."""
    if vitals.verified_at is None:
        return Verdict.WATCH
    if vitals.broken_count:
        return Verdict.BAD
    return Verdict.GOOD if vitals.at - vitals.verified_at <= VERIFY_AGAIN_AFTER else Verdict.WATCH
