"""Stories that the tests of the API share: keys, and a client that sends one with every request."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.test import Client

from hydria.platform.access import SYSTEM
from hydria.publicapi.domain.keys import SCOPES
from hydria.publicapi.models import ApiKey
from hydria.publicapi.operations import create_key

_numbers = itertools.count(1)


def new_key(*scopes: str, **more: Any) -> tuple[ApiKey, str]:
    """Make a key with some scopes, all of them when none is named, and return it with its token."""
    key, token = create_key(actor=SYSTEM, name=f"program {next(_numbers)}", scopes=scopes or SCOPES, **more)
    return key, str(token)


class Program:
    """A program with a key."""

    def __init__(self, *scopes: str, token: str = "", language: str = "en") -> None:
        token = token or new_key(*scopes)[1]
        self.client = Client(headers={"Authorization": f"Bearer {token}", "Accept-Language": language})

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self.client.get(f"/api/v1{path}", query)

    def post(self, path: str, body: Any, *, key: str = "", if_match: str = "") -> HttpResponse:
        headers = {"Idempotency-Key": key or f"request-{next(_numbers):06d}"}
        headers |= {"If-Match": if_match} if if_match else {}
        return self.client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=headers)

    def walk(self, path: str, *, limit: int, **query: Any) -> list[dict[str, Any]]:
        """Return the rows of a list, page by page."""
        rows: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.get(path, limit=limit, **{**query, **({"cursor": cursor} if cursor else {})}).json()
            rows += page["items"]
            cursor = page["next_cursor"]
        return rows


def codes_of(responses: Sequence[HttpResponse]) -> list[str]:
    return [response.json()["code"] for response in responses]
