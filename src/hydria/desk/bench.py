"""
Measure the desk on the live database: seconds of the server per page, and how many queries each takes.

Requests go through the whole product (session, permissions, queries, template) in this process, without a network.
Every page is asked for many different customers, so caches help no more than they do in an office. Method and figures
are in docs/performance.md.
"""

from __future__ import annotations

import datetime
import random
import statistics
import time
from collections.abc import Sequence
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from hydria.agreements import queries as agreements
from hydria.agreements.queries import AccountLine
from hydria.billing import queries as billing
from hydria.billing.bench import Figure
from hydria.kernel.errors import UnableTo
from hydria.kernel.spelling import to_search_text
from hydria.platform import queries as platform
from hydria.platform.access import SYSTEM, Permission

SEED = 20_260_101
WARM_UP_COUNT = 3
P95_TARGETS_MS = {
    "search": 100,
    "account": 150,
    "accounts_list": 200,
    "accounts_list_unfiltered": 200,
    "people_list": 200,
    "points_list": 200,
    "meters_list": 200,
    "debtors_list": 200,
    "balances_list": 200,
    "invoices_list": 200,
    "payments_list": 200,
    "board": 200,
    "run": 200,
    "home": 200,
}
"""What the screens promise with 200,000 connections; it stands where other benchmarks have a floor."""


class UnableToMeasureDesk(UnableTo):
    """There is nothing to measure, or nobody to measure as."""


def measure(*, request_count: int, today: datetime.date) -> list[Figure]:
    """
    Ask for each page many times and return the figures.

    :raises UnableToMeasureDesk: with code `nobody_may_see_all` or `no_accounts`.
    """
    lines = _sample_accounts(request_count, today=today)
    run_ids = list(billing.list_runs().order_by("-id").values_list("id", flat=True)[:12])
    pages = {
        "search": _search_addresses(lines),
        "account": [f"/accounts/{line.account_id}/" for line in lines],
        "accounts_list": [f"/accounts/?number={line.number[:-3]}" for line in lines],
        "accounts_list_unfiltered": ["/accounts/"] * 20,
        "people_list": ["/people/"] * 20,
        "points_list": ["/points/"] * 20,
        "meters_list": ["/meters/"] * 20,
        "debtors_list": ["/debtors/"] * 20,
        "balances_list": ["/balances/"] * 20,
        "invoices_list": ["/billing/invoices/"] * 20,
        "payments_list": ["/payments/"] * 20,
        "board": ["/billing/board/"] * 20,
        "run": [f"/billing/runs/{run_id}/" for run_id in run_ids for _again in range(12 // len(run_ids) + 1)],
        "home": ["/"] * 20,
    }
    with override_settings(ALLOWED_HOSTS=["localhost"]):
        client = _log_in()
        return [
            figure for name, addresses in pages.items() if addresses for figure in _measure(client, name, addresses)
        ]


def _log_in() -> Client:
    """Return a browser of somebody who may see every page that is asked for."""
    needed = {permission for permission in Permission if permission.value.endswith(".view")}
    for user in platform.list_users().filter(is_active=True):
        if user.to_actor().permissions >= needed:
            client = Client(SERVER_NAME="localhost")
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
            return client
    raise UnableToMeasureDesk("nobody_may_see_all", "Make a user first who may see everything.")


def _sample_accounts(count: int, *, today: datetime.date) -> list[AccountLine]:
    ids = list(agreements.list_accounts(actor=SYSTEM, today=today).values_list("id", flat=True))
    if not ids:
        raise UnableToMeasureDesk("no_accounts", "There are no accounts; build a town with `hydria demo` first.")
    chosen = random.Random(SEED).sample(ids, min(count, len(ids)))  # noqa: S311  # a sample, not a secret
    return agreements.list_account_lines(account_ids=chosen, today=today)


def _search_addresses(lines: Sequence[AccountLine]) -> list[str]:
    """Return what people type: a number, a whole name, a part of one, a name with two letters swapped, an address."""
    typed: list[str] = []
    for line in lines:
        name = to_search_text(line.holder_name)
        swapped = f"{name[:2]}{name[3:4]}{name[2:3]}{name[4:]}"
        typed += [line.number, line.holder_name, name[:4], swapped, line.address]
    return [f"/search/?{urlencode({'q': text})}" for text in typed if text]


def _measure(client: Client, name: str, addresses: Sequence[str]) -> list[Figure]:
    headers = {"HX-Request": "true", "HX-Target": "search-results"} if name == "search" else {}
    for address in addresses[:WARM_UP_COUNT]:
        client.get(address, headers=headers)
    milliseconds = []
    for address in addresses:
        started = time.perf_counter()
        answer = client.get(address, headers=headers)
        milliseconds.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200, (address, answer.status_code)
    with CaptureQueriesContext(connection) as queries:
        client.get(addresses[0], headers=headers)
    p95_ms, target_ms = statistics.quantiles(milliseconds, n=20)[-1], P95_TARGETS_MS[name]
    return [
        Figure(name=f"{name}_median", value=statistics.median(milliseconds), unit="ms"),
        Figure(name=f"{name}_p95", value=p95_ms, unit="ms", floor=target_ms, ratio_to_floor=p95_ms / target_ms),
        Figure(name=f"{name}_queries", value=len(queries), unit="queries"),
        Figure(name=f"{name}_weight", value=len(answer.content) / 1024, unit="KiB"),
    ]
