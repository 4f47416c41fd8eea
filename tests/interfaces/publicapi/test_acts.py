"""Acts of the back office by a program: billing, ledger, tariffs, meters, alerts, jobs and users."""

from __future__ import annotations

import datetime

import pytest

import billing_factories as billing
from api_factories import Program, new_key
from desk_factories import at_the_desk, company
from hydria.billing.operations import price_run
from hydria.platform import jobs, progress
from hydria.platform.access import SYSTEM
from hydria.premises.models import BillingCycle
from money_factories import chart_of_accounts

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 3, 10, 9, 30, tzinfo=datetime.UTC)


class TestBilling:
    def test_goes_from_the_period_to_the_invoice(self):
        company()
        cycle = billing.village()
        program = Program()
        dates = {
            "start_date": "2026-01-01", "end_date": "2026-02-01", "issue_date": "2026-02-03", "due_date": "2026-02-23",
        }  # fmt: skip
        code = BillingCycle.objects.get(pk=getattr(cycle, "pk", cycle)).code

        period = program.post("/billing-periods", {"cycle": code, **dates})
        again = program.post("/billing-periods", {"cycle": code, **dates}, key="another-request")
        agreement = billing.household()
        billing.consume(agreement, billing.month(cycle), 15)
        run = program.post(f"/billing-periods/{period.json()['id']}/runs", {}).json()
        early = program.post(f"/billing-runs/{run['id']}/confirmation", {})
        price_run(run_id=run["id"], now=NOW)
        draft = program.get(f"/billing-runs/{run['id']}").json()
        confirmed = program.post(f"/billing-runs/{run['id']}/confirmation", {}).json()

        assert (period.status_code, again.json()["id"]) == (201, period.json()["id"])
        assert early.json()["code"] == "run_not_draft"
        assert (draft["state"], draft["invoice_count"], draft["exceptions"]) == ("DRAFT", 1, [])
        assert confirmed["state"] == "CONFIRMED"
        assert program.get("/billing-periods", cycle=code).json()["items"][0]["run_state"] == "CONFIRMED"
        assert [row["id"] for row in program.get("/billing-runs").json()["items"]] == [run["id"]]
        assert program.get(f"/billing-runs/{run['id']}/exceptions").json()["items"] == []

    def test_gives_a_run_up(self):
        company()
        cycle = billing.village()
        billing.consume(billing.household(), period := billing.month(cycle), 15)
        program = Program()
        run = program.post(f"/billing-periods/{period.pk}/runs", {}).json()

        abandoned = program.post(f"/billing-runs/{run['id']}/abandonment", {"reason": "Wrong dates"}).json()

        assert abandoned["state"] == "ABANDONED"


class TestLedger:
    def test_posts_by_hand_once_and_undoes_it(self):
        company()
        chart_of_accounts()
        program = Program()
        codes = [row["code"] for row in program.get("/ledger-accounts").json()["items"] if not row["route"]][:2]
        if len(codes) < 2:
            codes = [row["code"] for row in program.get("/ledger-accounts").json()["items"]][-2:]
        entries = [{"code": codes[0], "debit_minor": 500}, {"code": codes[1], "credit_minor": 500}]
        body = {"effective_date": "2026-03-03", "description": "Bank charges", "entries": entries}

        journal = program.post("/journals", body, key="journal-0001").json()
        mirror = program.post(
            f"/journals/{journal['id']}/reversal", {"reason": "Typed twice", "effective_date": "2026-03-03"}
        ).json()
        balance = program.get("/trial-balance", start_date="2026-01-01", end_date="2027-01-01").json()

        assert journal["amount_minor"] == 500
        assert [entry["credit_minor"] for entry in mirror["entries"]] in ([500, 0], [0, 500])
        assert balance["is_balanced"]
        assert program.get(f"/journals/{journal['id']}").json()["entries"] == journal["entries"]
        assert len(program.get("/journals", source_kind="manual").json()["items"]) == 1
        assert program.get("/accounting-months").json()[0]["journal_count"] == 2


class TestTariffs:
    def test_are_written_checked_and_withdrawn(self):
        company()
        billing.village()
        program = Program()

        draft = program.post("/tariff-versions", {"text": billing.TARIFF.replace("village_water", "town_water")}).json()
        checked = program.post(f"/tariff-versions/{draft['id']}/check", {})
        early = program.post(f"/tariff-versions/{draft['id']}/publication", {"from_date": "2026-06-01"})
        withdrawn = program.post(f"/tariff-versions/{draft['id']}/withdrawal", {"reason": "Not needed"}).json()

        assert (draft["code"], draft["state"]) == ("town_water", "DRAFT")
        assert checked.status_code in (200, 422)
        assert early.status_code == 422
        assert withdrawn["state"] == "WITHDRAWN"


class TestAccount:
    def test_carries_an_alert_until_it_is_ended(self):
        company()
        program = Program()
        party = program.post("/parties", {"kind": "PERSON", "name": "Ana"}).json()
        account = program.post("/accounts", {"holder_id": party["id"]}).json()
        alert = {"kind": "FRAUD", "reason": "Broken seal", "from_date": "2026-03-01"}

        raised = program.post(f"/accounts/{account['id']}/alerts", alert).json()
        again = program.post(f"/accounts/{account['id']}/alerts", alert, key="another-request").json()
        ended = program.post(f"/alerts/{raised['id']}/end", {"end_date": "2026-04-01", "reason": "Mended"})

        assert raised == again
        assert ended.status_code == 204


class TestMeter:
    def test_is_exchanged_with_both_readings(self):
        billing.village()
        place = billing.point()
        body = {
            "serial": "NEW-1", "evidence": "Order 17", "exchanged_date": "2025-06-01", "final_milli": 12_000,
        }  # fmt: skip
        program = Program()

        exchanged = program.post(f"/service-points/{place.pk}/meter-exchange", body)
        second = program.post(
            f"/service-points/{place.pk}/meter", {**body, "installed_date": "2025-07-01", "serial": "N2"}
        )

        assert exchanged.status_code == 201
        assert program.get(f"/meters/{exchanged.json()['meter_id']}").json()["serial"] == "NEW-1"
        assert second.json()["code"] == "service_point_has_one_meter_at_a_time"


class TestWork:
    def test_is_followed_and_users_are_listed(self):
        at_the_desk("administrator")
        announced = progress.announce(
            key="x", title="Load", total_count=2, unit="rows", link="", actor=SYSTEM, requested_at=NOW
        )
        progress.end(key="x", is_done=True, message="done", at=NOW)
        program = Program()

        job = program.get(f"/jobs/{announced.pk}").json()
        users = program.get("/users").json()["items"]

        assert (job["state"], job["message"]) == ("DONE", "done")
        assert users[0]["roles"] == ["administrator"]
        assert program.get(f"/users/{users[0]['id']}").json() == users[0]
        assert "administrator" in [role["code"] for role in program.get("/roles").json()]
        assert program.get("/events", type="job.ended").json()["items"][0]["subject_id"] == announced.pk
        jobs.defer("intake.check_load", key="load-7", batch_id=7, actor_name="eva", actor_user_id=None)
        assert "load-7" in program.get("/queue").text

    def test_of_others_is_seen_in_the_audit(self):
        company()
        key, _token = new_key()

        rows = Program().get("/audit", table_name="publicapi_apikey", row_id=key.pk).json()["items"]

        assert [row["action"] for row in rows] == ["INSERT"]
