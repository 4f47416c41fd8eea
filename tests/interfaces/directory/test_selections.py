"""Selections and acts on many, as a person does them."""

from __future__ import annotations

import re

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from billing_factories import confirmed, consume, household, month, village
from desk_factories import at_the_desk
from hydria.agreements.models import BillingExclusion
from hydria.directory.models import Selection
from hydria.directory.tasks import work_on_act

pytestmark = pytest.mark.django_db


def link(page: str, start: str) -> str:
    return re.search(rf'href="({start}[^"]*)"', page)[1].replace("&amp;", "&")


def keep(client, list_address: str, *, holds: str) -> Selection:
    form = link(client.get(list_address).text, "/selections/new/")
    client.post(form, {"name": f"Those {holds}", "purpose": "Letters", "holds": holds})
    return Selection.objects.get(name=f"Those {holds}")


def let_the_worker_work() -> None:
    """Do the jobs that wait in the queue, each once."""
    waiting = ProcrastinateJob.objects.filter(status="todo", task_name="directory.act")
    assert waiting.exists()
    for act_id in [job.args["act_id"] for job in waiting]:
        work_on_act(act_id=act_id)


class TestSelection:
    def test_narrows_other_lists_to_whom_it_finds_now_or_to_whom_it_found_then(self):
        client = at_the_desk("agent")
        cycle, first = village(), household()
        kept = {holds: keep(client, "/accounts/?sector=S&state=open", holds=holds) for holds in ("live", "frozen")}
        second = household()
        period = month(cycle)
        for home in (first, second):
            consume(home, period, 15)
        confirmed(period)

        live = client.get(f"/debtors/?selection={kept['live'].pk}").text
        frozen = client.get(f"/debtors/?selection={kept['frozen'].pk}").text

        assert (first.account.number in live, second.account.number in live) == (True, True)
        assert (first.account.number in frozen, second.account.number in frozen) == (True, False)

    def test_keeps_only_filters_that_were_understood(self):
        client = at_the_desk("agent")
        village()

        kept = keep(client, "/accounts/?sector=S&evil=1&selection=999&since=x", holds="live")

        assert kept.query == "sector=S"

    def test_of_debts_is_not_offered_to_those_who_may_not_see_them(self):
        client = at_the_desk("agent")
        village()
        kept = keep(client, "/debtors/?owed=100", holds="live")
        supervisor = at_the_desk("reading_supervisor")

        assert kept.name not in supervisor.get("/selections/").text
        assert supervisor.get(f"/selections/{kept.pk}/").status_code == 403
        assert kept.name not in supervisor.get("/accounts/").text

    def test_is_offered_no_more_when_it_is_retired(self):
        client = at_the_desk("agent")
        village()
        kept = keep(client, "/accounts/", holds="live")

        client.post(f"/selections/{kept.pk}/retire/")
        client.get("/selections/")  # where the notices of both acts are shown

        assert kept.name not in client.get("/accounts/").text
        assert "Out of use" in client.get(f"/selections/{kept.pk}/").text


class TestActOnMany:
    def test_is_checked_agreed_to_and_done_by_the_worker(self):
        client = at_the_desk("administrator")
        village()
        household()
        choice = link(client.get("/accounts/?sector=S").text, "/acts/new/")
        form = link(client.get(choice).text, "/acts/new/exclude/")

        page = client.post(form, {"from_date": "2026-02-01", "reason": "Flood"}).headers["Location"]
        let_the_worker_work()
        checked = client.get(page).text
        client.post(f"{page}begin/")
        let_the_worker_work()
        done = client.get(page).text

        assert "Do it with 1 row" in checked
        assert "Take back" in done
        assert BillingExclusion.objects.count() == 1

    def test_is_polled_while_it_goes_on_and_shown_whole_when_it_has_ended(self):
        client = at_the_desk("administrator")
        village()
        household()
        form = link(client.get("/accounts/").text, "/acts/new/").replace("/acts/new/", "/acts/new/raise_alert/")
        page = client.post(form, {"from_date": "2026-02-01", "reason": "Court", "marker": "LEGAL"}).headers["Location"]
        polled = {"HX-Request": "true", "HX-Target": "act-live"}

        going = client.get(page, headers=polled)
        let_the_worker_work()
        ended = client.get(page, headers=polled)

        assert "hx-trigger" in going.text
        assert ended.headers["HX-Refresh"] == "true"

    @pytest.mark.parametrize("address", ["/acts/new/?listing=x", "/acts/new/x/?listing=accounts", "/selections/new/"])
    def test_of_nothing_is_not_found(self, address):
        assert at_the_desk("administrator").get(address).status_code == 404
