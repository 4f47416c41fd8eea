"""Lists as lines, rows in bulk, and objects that changed meanwhile."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

import billing_factories as billing
from api_factories import Program
from desk_factories import company
from hydria.parties.models import Party
from hydria.payments.models import Payment
from hydria.payments.operations import open_receipt_series
from hydria.platform.access import SYSTEM
from hydria.publicapi import _bulk
from hydria.publicapi.models import BulkRow, RepeatableRequest
from hydria.publicapi.web import bulk
from money_factories import chart_of_accounts, household_with_two_overdue_invoices

pytestmark = pytest.mark.django_db

NDJSON = "application/x-ndjson"


def people(*names: str) -> list[dict[str, Any]]:
    return [{"kind": "PERSON", "name": name} for name in names]


def send(program: Program, path: str, rows: list[Any], *, key: str = "bulk-request-1") -> Any:
    lines = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    headers = {"Idempotency-Key": key}
    return program.client.post(f"/api/v1/bulk{path}", lines, content_type=NDJSON, headers=headers)


def lines_of(response: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in response.getvalue().decode().splitlines()]


@pytest.fixture(autouse=True)
def here() -> None:
    company()


class TestListAsLines:
    def test_gives_every_row_that_its_filters_leave(self, monkeypatch):
        monkeypatch.setattr("hydria.publicapi.web.paging.PAGE_SIZE_MAX", 2)
        program = Program()
        send(program, "/parties", people("Ana", "Luis", "Eva", "Leo", "Pía")).getvalue()
        number = program.get("/parties").json()["items"][1]["number"]

        whole, some = (
            program.client.get("/api/v1/parties", query, headers={"Accept": NDJSON})
            for query in ({}, {"number": number})
        )

        assert [row["name"] for row in lines_of(whole)] == ["Ana", "Luis", "Eva", "Leo", "Pía"]
        assert [row["name"] for row in lines_of(some)] == ["Luis"]
        assert whole["Content-Type"] == NDJSON


class TestRows:
    def test_have_each_their_own_outcome(self):
        answer = send(Program(), "/parties", [*people("Ana", ""), "{", *people("Luis"), "", "[]"])

        outcomes = lines_of(answer)
        assert [(row["row"], row["status"], row["code"]) for row in outcomes] == [
            (1, "DONE", ""),
            (2, "REFUSED", "input_invalid"),
            (3, "REFUSED", "input_invalid"),
            (4, "DONE", ""),
            (5, "REFUSED", "input_invalid"),
        ]
        assert outcomes[1]["errors"][0]["field"] == "name"
        assert Party.objects.get(pk=outcomes[3]["id"]).name == "Luis"

    def test_sent_again_are_answered_again(self):
        program, rows = Program(), people("Ana", "Luis")
        first = lines_of(send(program, "/parties", rows))

        again = send(program, "/parties", rows)
        changed = send(program, "/parties", people("Ana", "Eva"))

        assert lines_of(again) == first
        assert again["Idempotent-Replayed"] == "true"
        assert changed.json()["code"] == "idempotency_key_reused"
        assert Party.objects.count() == 2

    def test_go_on_where_the_request_died(self, monkeypatch):
        monkeypatch.setattr(bulk, "ROWS_PER_TRANSACTION", 2)
        program, rows = Program(), people("Ana", "Luis", "Eva", "Leo", "Pía")
        broken = send(program, "/parties", rows)
        assert len(next(iter(broken.streaming_content)).splitlines()) == 2
        broken._iterator.close()  # as the server does when the reader hangs up; `close()` would end our connection

        with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
            dying.setattr(BulkRow.objects, "bulk_create", _die)
            send(program, "/parties", rows).getvalue()
        outcomes = lines_of(send(program, "/parties", rows))

        assert [row["row"] for row in outcomes] == [1, 2, 3, 4, 5]
        assert [party.name for party in Party.objects.order_by("pk")] == ["Ana", "Luis", "Eva", "Leo", "Pía"]

    def test_are_gone_on_with_by_one_request_at_a_time(self):
        program = Program()
        stream = send(program, "/parties", people("Ana"))
        claim = RepeatableRequest.objects.get()
        RepeatableRequest.objects.update(claimed_at=claim.claimed_at + datetime.timedelta(seconds=5))

        with pytest.raises(_bulk.UnableToGoOn):
            stream.getvalue()

        assert not Party.objects.exists()

    def test_that_break_a_promise_of_the_database_stop_no_other(self):
        billing.village()
        point = billing.point()
        program = Program()
        party = program.post("/parties", people("Ana")[0]).json()
        account = program.post("/accounts", {"holder_id": party["id"]}).json()
        row = {
            "account_id": account["id"], "service_point_id": point.pk, "start_date": "2026-01-01",
            "tariff_code": "village_water", "category_code": "household",
        }  # fmt: skip

        outcomes = lines_of(send(program, "/agreements", [row, row, {**row, "account_id": 999}]))

        assert [row["status"] for row in outcomes] == ["DONE", "REFUSED", "REFUSED"]
        assert outcomes[1]["code"] == "service_point_has_one_agreement_at_a_time"

    def test_of_another_media_type_or_too_many_are_refused(self, monkeypatch):
        monkeypatch.setattr(bulk, "ROWS_MAX", 2)
        program = Program()

        statuses = [
            program.post("/bulk/parties", {}).status_code,
            send(program, "/parties", people("Ana", "Luis", "Eva")).status_code,
        ]

        assert statuses == [415, 413]


class TestReadings:
    def test_are_recorded_or_say_why_not(self):
        billing.village()
        meter = billing.Installation.objects.get(service_point=billing.point()).meter
        meter.registers.create(digits=5)
        row = {"serial": meter.serial, "read_date": "2025-06-01", "value_milli": 12_000}

        outcomes = lines_of(send(Program(), "/readings", [row, row, {**row, "value_milli": 13_000}, {"serial": "x"}]))

        assert [(row["status"], row["code"]) for row in outcomes] == [
            ("DONE", ""), ("REPEATED", ""), ("REFUSED", "conflict"), ("REFUSED", "input_invalid"),
        ]  # fmt: skip


class TestPayments:
    def test_settle_debts_once(self):
        chart_of_accounts()
        open_receipt_series(actor=SYSTEM)
        account, _items = household_with_two_overdue_invoices()
        program = Program()
        row = {"account_id": account.pk, "amount_minor": 3_000, "effective_date": "2026-03-01"}
        rows = [row, {**row, "effective_date": None}, {**row, "account_id": 999_999}, {**row, "amount_minor": 0}]

        outcomes = lines_of(send(program, "/payments", rows))
        send(program, "/payments", rows).getvalue()

        assert [(row["status"], row["code"]) for row in outcomes] == [
            ("DONE", ""), ("DONE", ""), ("REFUSED", "account_unknown"), ("REFUSED", "input_invalid"),
        ]  # fmt: skip
        assert Payment.objects.count() == 2
        assert program.get(f"/accounts/{account.pk}/balance").json()["owed_minor"] == 6_000


class TestEntityTag:
    @pytest.fixture
    def program(self) -> Program:
        return Program()

    @pytest.fixture
    def place(self, program: Program) -> str:
        return f"/parties/{program.post('/parties', people('Ana')[0]).json()['id']}"

    def test_spares_sending_what_is_known(self, program, place):
        first = program.get(place)

        again = program.client.get(f"/api/v1{place}", headers={"If-None-Match": first["ETag"]})

        assert (again.status_code, again.content) == (304, b"")

    def test_stops_a_change_of_what_has_changed(self, program, place):
        known = program.get(place)["ETag"]
        change = {"name": "Ana M.", "reason": "Married"}

        first = program.post(f"{place}/particulars", change, if_match=known)
        late = program.post(f"{place}/particulars", {**change, "name": "Anna"}, if_match=known)
        again = program.post(f"{place}/particulars", {**change, "name": "Anna"}, if_match=program.get(place)["ETag"])

        assert (first.status_code, late.status_code, again.status_code) == (200, 412, 200)
        assert late.json()["code"] == "changed_meanwhile"
        assert program.get(place).json()["name"] == "Anna"


def _die(*_arguments: object, **_keywords: object) -> None:
    raise KeyboardInterrupt
