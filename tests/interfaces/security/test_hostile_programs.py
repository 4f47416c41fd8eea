"""A program with a key gets no further than its key, whatever it sends."""

from __future__ import annotations

import re

import pytest

from api_factories import Program, new_key
from desk_factories import company
from hydria.platform.models import AuditEntry
from hydria.publicapi.web.v1 import api

pytestmark = pytest.mark.django_db

PATHS = sorted(api.get_openapi_schema()["paths"].items())
DATES = {"start_date": "2026-01-01", "end_date": "2026-02-01"}
NUMBERS = ["0", "-1", "9223372036854775808", "9" * 60, "NaN", "1e5", "%00", "..%2F..%2F"]
TEXTS = ["a\0b", "\ud800", "x" * 100_000, "'; DROP TABLE x; --", "\u202e", "=1+1"]
AMOUNTS = [0, -1, 10**15 + 1, 2**63, 10**400, 1.5, float("nan"), float("inf"), "1e3", None, True, [], {}]


@pytest.fixture(autouse=True)
def here() -> None:
    company()


def program(*scopes: str) -> Program:
    made = Program(*scopes)
    made.client.raise_request_exception = False
    return made


class TestAddress:
    @pytest.mark.parametrize("number", NUMBERS)
    def test_of_nothing_is_answered_without_failing(self, number: str):
        asking = program()

        for path, methods in PATHS:
            if "get" in methods and "{" in path:
                address = re.sub(r"{\w+}", number, path.removeprefix("/api/v1"))
                assert asking.get(address, **DATES).status_code < 500, address


class TestScope:
    def test_that_is_missing_leaves_a_trace(self):
        program("reading.view").get("/parties")

        entry = AuditEntry.objects.get(action="REFUSED")
        assert (entry.actor[:4], entry.table_name) == ("api:", "/api/v1/parties")


class TestBody:
    @pytest.mark.parametrize("amount", AMOUNTS, ids=repr)
    def test_with_a_hostile_amount_is_refused(self, amount: object):
        tender = {"kind": "CASH", "amount_minor": amount}

        answer = program().post("/payments", {"account_id": 1, "tenders": [tender]})

        assert 400 <= answer.status_code < 500

    @pytest.mark.parametrize("text", TEXTS, ids=[repr(text)[:20] for text in TEXTS])
    def test_with_a_hostile_name_is_kept_as_text_or_refused(self, text: str):
        asking = program()

        answer = asking.post("/parties", {"kind": "PERSON", "name": text})

        assert answer.status_code in (201, 422)
        assert answer.status_code == 422 or answer.json()["name"] == text

    @pytest.mark.parametrize("body", ["", "null", "[]", "[" * 100_000, '{"a":' * 20_000, "{", '"\\ud800"'])
    def test_that_is_no_object_is_refused(self, body: str):
        answer = program().client.post(
            "/api/v1/parties", body, content_type="application/json", headers={"Idempotency-Key": "request-1"}
        )

        assert 400 <= answer.status_code < 500


class TestKey:
    def test_of_another_program_answers_nothing_of_the_first(self):
        first, second = program(), program()
        made = first.post("/parties", {"kind": "PERSON", "name": "Ana"}, key="shared-key-1")

        other = second.post("/parties", {"kind": "PERSON", "name": "Luis"}, key="shared-key-1")

        assert (made.json()["name"], other.json()["name"]) == ("Ana", "Luis")

    @pytest.mark.parametrize(
        "sent",
        ["", "Bearer", "Bearer ", "Bearer hyd_x", "Bearer hyd_000000000000_" + "A" * 43, "Basic eDp5", "Bearer \0"],
    )
    def test_that_is_none_opens_nothing(self, sent: str):
        asking = program()
        asking.client.defaults["HTTP_AUTHORIZATION"] = sent

        assert asking.get("/parties").status_code == 401

    def test_is_nowhere_in_the_database(self):
        key, token = new_key()

        assert token.rpartition("_")[2] not in str(vars(key))
