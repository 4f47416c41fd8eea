"""A waiting job can be taken out of the queue, a failed or canceled one put back."""

from __future__ import annotations

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from hydria.platform import jobs, progress
from hydria.platform.access import SYSTEM, Actor, Permission, UnableToPermit
from hydria.platform.models import StateChange
from hydria.platform.operations import UnableToManageJob, cancel_job, retry_job
from money_factories import NOW

pytestmark = pytest.mark.django_db

TASK = "intake.check_load"


@pytest.fixture
def job_id() -> int:
    assert jobs.defer(TASK, key="load-7", batch_id=7, actor_name="eva", actor_user_id=None)
    return ProcrastinateJob.objects.get().id


def put(job_id: int, status: str) -> None:
    """Let the queue say so, as a worker would."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [status, job_id])


def states() -> list[str]:
    return list(ProcrastinateJob.objects.order_by("id").values_list("status", flat=True))


def cancel(job_id: int, *, actor: Actor = SYSTEM) -> None:
    cancel_job(actor=actor, job_id=job_id, canceled_at=NOW)


def retry(job_id: int, *, actor: Actor = SYSTEM) -> None:
    retry_job(actor=actor, job_id=job_id, retried_at=NOW)


class TestCancelJob:
    def test_takes_it_out_of_the_queue_and_says_so(self, job_id):
        progress.announce(key="load-7", title="t", total_count=1, unit="", link="", actor=SYSTEM, requested_at=NOW)

        cancel(job_id)

        assert states() == ["cancelled"]
        assert progress.find_progress(key="load-7").state == "CANCELED"
        assert StateChange.objects.get(object_kind="platform.job").to_state == "cancelled"

    def test_changes_nothing_the_second_time(self, job_id):
        cancel(job_id)
        cancel(job_id)

        assert StateChange.objects.filter(object_kind="platform.job").count() == 1

    @pytest.mark.parametrize("status", ["doing", "failed"])
    def test_is_refused_once_it_no_longer_waits(self, job_id, status):
        put(job_id, status)

        with pytest.raises(UnableToManageJob) as refusal:
            cancel(job_id)

        assert (refusal.value.code, states()) == ("job_not_waiting", [status])

    def test_needs_the_permission(self, job_id):
        with pytest.raises(UnableToPermit):
            cancel(job_id, actor=Actor(name="looker", permissions=frozenset({Permission.JOB_VIEW})))


class TestRetryJob:
    def test_puts_a_failed_job_back(self, job_id):
        put(job_id, "failed")

        retry(job_id)

        assert states() == ["todo"]

    def test_asks_for_the_work_of_a_canceled_job_anew(self, job_id):
        cancel(job_id)

        retry(job_id)

        assert states() == ["cancelled", "todo"]
        assert ProcrastinateJob.objects.get(status="todo").args["batch_id"] == 7

    def test_is_refused_when_the_same_work_waits_already(self, job_id):
        put(job_id, "failed")
        jobs.defer(TASK, key="load-7", batch_id=7, actor_name="eva", actor_user_id=None)

        with pytest.raises(UnableToManageJob) as refusal:
            retry(job_id)

        assert refusal.value.code == "job_waits_already"

    def test_leaves_a_running_job_alone(self, job_id):
        put(job_id, "doing")

        with pytest.raises(UnableToManageJob) as refusal:
            retry(job_id)

        assert refusal.value.code == "job_running"

    def test_says_when_there_is_no_such_job(self, db):
        with pytest.raises(UnableToManageJob) as refusal:
            retry(1)

        assert refusal.value.code == "job_unknown"
