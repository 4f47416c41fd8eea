"""Measure how the deployment is: its database, queue, workers, disk, archive and last verification (ADM-03)."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.platform.audit import record_access
from hydria.platform.domain.health import Vitals
from hydria.platform.models import AccessKind, AuditAction, AuditEntry, AuditSeal, JobState

VERIFIED = "verify"
"""What an entry of the audit is called that tells how a verification ended."""

_DATABASE_SQL = """
SELECT current_setting('server_version'), pg_database_size(current_database()),
    (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
    current_setting('archive_mode') <> 'off',
    (SELECT last_archived_time FROM pg_stat_archiver), (SELECT last_failed_time FROM pg_stat_archiver)
"""


def measure(*, actor: Actor, at: datetime.datetime, folder: Path) -> Vitals:
    """
    Return how the deployment is now.

    folder  on the disk whose room is looked at

    :raises UnableToPermit: if the actor may not change settings.
    """
    actor.require(Permission.SETTING_MANAGE)
    with connection.cursor() as cursor:
        cursor.execute(_DATABASE_SQL)
        version, size, connection_count, is_archiving, archived_at, failed_at = cursor.fetchone()
    executor = MigrationExecutor(connection)
    waiting = ProcrastinateJob.objects.filter(
        Q(scheduled_at__isnull=True) | Q(scheduled_at__lte=at), status=JobState.TODO
    )
    oldest = (
        waiting.filter(procrastinateevent__type="deferred")
        .order_by("procrastinateevent__at")
        .values_list("procrastinateevent__at", flat=True)
        .first()
    )
    beats = list(ProcrastinateWorker.objects.order_by("-last_heartbeat").values_list("last_heartbeat", flat=True))
    disk = shutil.disk_usage(next(parent for parent in (folder, *folder.parents) if parent.exists()))
    seal = AuditSeal.objects.order_by("-id").first()
    verified = (
        AuditEntry.objects.filter(table_name=VERIFIED, action__in=[AuditAction.ACCESS, AuditAction.REFUSED])
        .order_by("-id")
        .first()
    )
    return Vitals(
        at=at,
        database_version=version,
        database_bytes=size,
        connection_count=connection_count,
        unapplied_count=len(executor.migration_plan(executor.loader.graph.leaf_nodes())),
        waiting_count=waiting.count(),
        failed_count=ProcrastinateJob.objects.filter(status=JobState.FAILED).count(),
        oldest_waiting_at=oldest,
        worker_seen_at=beats[0] if beats else None,
        worker_count=len(beats),
        disk_free_bytes=disk.free,
        disk_total_bytes=disk.total,
        is_archiving=is_archiving,
        archived_at=archived_at,
        archiving_failed_at=failed_at,
        sealed_at=seal.sealed_at if seal else None,
        verified_at=verified.at if verified else None,
        broken_count=int(verified.reason.split()[0]) if verified else 0,
    )


def record_verification(*, broken_count: int, checked_count: int) -> None:
    """Write into the audit how a verification ended, so that the health page can tell."""
    record_access(
        actor_name=SYSTEM.name,
        user_id=None,
        what=VERIFIED,
        refused=broken_count > 0,
        reason=f"{broken_count} / {checked_count}",
        kind=AccessKind.VERIFIED,
    )
