"""What is worth worrying about."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from hydria.platform.domain import health
from hydria.platform.domain.health import Verdict, Vitals

NOW = datetime.datetime(2026, 5, 4, 9, tzinfo=datetime.UTC)
MINUTE, DAY = datetime.timedelta(minutes=1), datetime.timedelta(days=1)
WELL = Vitals(
    at=NOW,
    database_version="18.6",
    database_bytes=10**9,
    connection_count=4,
    unapplied_count=0,
    waiting_count=0,
    failed_count=0,
    oldest_waiting_at=None,
    worker_seen_at=NOW,
    worker_count=1,
    disk_free_bytes=50,
    disk_total_bytes=100,
    is_archiving=True,
    archived_at=NOW,
    archiving_failed_at=None,
    sealed_at=NOW,
    verified_at=NOW,
    broken_count=0,
)
CASES = [
    ("judge_worker", {}, Verdict.GOOD),
    ("judge_worker", {"worker_seen_at": None}, Verdict.WATCH),
    ("judge_worker", {"worker_seen_at": NOW - 2 * MINUTE, "waiting_count": 1}, Verdict.BAD),
    ("judge_queue", {}, Verdict.GOOD),
    ("judge_queue", {"failed_count": 1}, Verdict.WATCH),
    ("judge_queue", {"oldest_waiting_at": NOW - MINUTE}, Verdict.GOOD),
    ("judge_queue", {"oldest_waiting_at": NOW - 16 * MINUTE}, Verdict.BAD),
    ("judge_disk", {}, Verdict.GOOD),
    ("judge_disk", {"disk_free_bytes": 14}, Verdict.WATCH),
    ("judge_disk", {"disk_free_bytes": 4}, Verdict.BAD),
    ("judge_migrations", {"unapplied_count": 1}, Verdict.BAD),
    ("judge_backup", {}, Verdict.GOOD),
    ("judge_backup", {"is_archiving": False}, Verdict.WATCH),
    ("judge_backup", {"archived_at": NOW - 2 * DAY}, Verdict.WATCH),
    ("judge_backup", {"archiving_failed_at": NOW + MINUTE}, Verdict.BAD),
    ("judge_backup", {"archiving_failed_at": NOW - DAY}, Verdict.GOOD),
    ("judge_verification", {}, Verdict.GOOD),
    ("judge_verification", {"verified_at": None}, Verdict.WATCH),
    ("judge_verification", {"verified_at": NOW - 3 * DAY}, Verdict.WATCH),
    ("judge_verification", {"broken_count": 1}, Verdict.BAD),
]


class TestVitals:
    @pytest.mark.parametrize(("judge", "changes", "verdict"), CASES)
    def test_are_judged(self, judge: str, changes: dict[str, object], verdict: Verdict):
        assert getattr(health, judge)(dataclasses.replace(WELL, **changes)) is verdict
