"""Nothing that a person or a program types makes a page fail: it is refused, or not understood and left out."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from desk_factories import at_the_desk
from hydria.platform import audit

pytestmark = pytest.mark.django_db

HOSTILE = {
    "nul": "a\0b",
    "huge": "9" * 400,
    "huge-exponent": "1E999999",
    "nan": "NaN",
    "superscript": "²",
    "quotes": "'; DROP TABLE platform_user; --",
    "pattern": "%_\\" * 30,
    "wide": "\u202e\U0001f4a7" * 100,
    "words": "ab " * 400,
}
KEYS = (
    "q",
    "sort",
    "after",
    "before",
    "day",
    "since",
    "until",
    "from",
    "page",
    "change",
    "row",
    "actor",
    "name",
    "export",
)


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


CURSORS = [cursor("x", 1), cursor(None, 1), cursor({"a": 1}, 1), cursor("2026-99-99", 10**30), cursor([1], "1"), "%%%"]


def addresses(number: str, word: str, resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """Yield every address of the desk, with what stands for its objects filled in."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            parts = (number if "<int:" in part else word if "<str:" in part else part for part in route.split("/"))
            yield "/".join(parts)
        elif not route.startswith("/api/"):
            yield from addresses(number, word, pattern, route)


@pytest.fixture
def client() -> Client:
    browser = at_the_desk("administrator")
    browser.raise_request_exception = False
    return browser


def failing(answers: Iterator[tuple[str, HttpResponse]]) -> list[str]:
    return [address for address, answer in answers if answer.status_code >= 500]


class TestAddress:
    @pytest.mark.parametrize("number", ["0", str(2**63), "9" * 60])
    def test_of_nothing_is_answered_without_failing(self, client: Client, number: str):
        assert failing((address, client.get(address)) for address in addresses(number, "%27%00")) == []

    @pytest.mark.parametrize("typed", HOSTILE.values(), ids=HOSTILE)
    def test_with_hostile_parameters_is_answered_without_failing(self, client: Client, typed: str):
        asked = dict.fromkeys(KEYS, typed)

        assert failing((address, client.get(address, asked)) for address in addresses("1", "x")) == []

    @pytest.mark.parametrize("place", CURSORS)
    @pytest.mark.parametrize("side", ["after", "before"])
    def test_with_a_forged_place_in_a_list_starts_over(self, client: Client, place: str, side: str):
        audit.record_access(actor_name="x", user_id=None, what="x", refused=True)
        for address, sort in (("/audit/", "-"), ("/jobs/", "-requested_at"), ("/users/", "username")):
            answer = client.get(address, {side: place, "sort": sort})

            assert answer.status_code == 200, address


class TestForm:
    @pytest.mark.parametrize("typed", HOSTILE.values(), ids=HOSTILE)
    def test_refuses_hostile_fields_without_failing(self, client: Client, typed: str):
        for address in (
            "/ledger/journals/new/",
            "/readings/thresholds/new/",
            "/readings/observations/new/",
            "/programs/new/",
            "/simulations/new/",
            "/users/new/",
            "/till/open/",
        ):
            names = client.get(address).context["form"].fields

            answer = client.post(address, dict.fromkeys(names, typed))

            assert answer.status_code == 422, address
