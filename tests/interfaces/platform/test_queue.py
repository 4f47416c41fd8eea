"""The queue is seen, and who manages jobs cancels them and tries them again."""

from __future__ import annotations

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from desk_factories import at_the_desk
from hydria.platform import jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def address() -> str:
    jobs.defer("intake.check_load", key="load-7", batch_id=7, actor_name="eva", actor_user_id=None)
    return f"/jobs/queue/{ProcrastinateJob.objects.latest('id').id}/"


class TestQueue:
    def test_lists_the_jobs(self, address):
        assert "load-7" in at_the_desk("billing_manager").get("/jobs/queue/").text

    def test_cancels_and_tries_again(self, address):
        client = at_the_desk("billing_manager")

        client.post(f"{address}cancel/")
        canceled = client.get(address).text
        client.post(f"{address}retry/")

        assert f"{address}retry/" in canceled
        last_two = ProcrastinateJob.objects.order_by("-id").values_list("status", flat=True)[:2]
        assert list(last_two) == ["todo", "cancelled"]

    def test_tells_why_not(self, address):
        client = at_the_desk("billing_manager")

        answer = client.post("/jobs/queue/999999999/retry/", follow=True)

        assert "There is no such job" in answer.text

    def test_offers_nothing_to_those_who_only_look(self, address):
        page = at_the_desk("reading_supervisor").get(address).text

        assert f"{address}cancel/" not in page
