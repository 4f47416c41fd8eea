"""Kill -9 in the middle of pricing and confirming, two confirmations at once: the outcome is the same, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest
from django.db import connection

import billing_factories as given
from hydria.billing import operations, queries
from hydria.billing.models import Invoice, InvoiceNumber, Line, Segment
from hydria.platform.access import SYSTEM
from hydria.platform.models import NumberSeries
from hydria.receivables.models import Item
from hydria.verification.queries import verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# Runs one act in a process of its own that kills itself when a function is called for the n-th time.
DYING = """
import datetime, os, signal, sys
from hydria.config import runtime
runtime.set_up_django()
import importlib
from hydria.billing import operations
from hydria.platform.access import SYSTEM

module_name, function_name, calls_left, act, run_id = sys.argv[1:]
module, calls_left = importlib.import_module(module_name), int(calls_left)
original = getattr(module, function_name)

def dying(*arguments, **named):
    global calls_left
    calls_left -= 1
    if calls_left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **named)

setattr(module, function_name, dying)
now = datetime.datetime(2026, 2, 2, 8, 0, tzinfo=datetime.UTC)
if act == "price":
    operations.price_run(run_id=int(run_id), now=now)
else:
    operations.confirm_run(actor=SYSTEM, run_id=int(run_id), confirmed_at=now)
"""


def die(*, module: str, function: str, call: int, act: str, run_id: int) -> None:
    """Run an act on this test's database and see the process killed on the way."""
    parameters = connection.get_connection_params()
    user, host = parameters.get("user", ""), parameters.get("host", "")
    password = f":{parameters['password']}" if parameters.get("password") else ""
    address = f"postgresql://{user}{password}@{host}:{parameters['port']}/{parameters['dbname']}"
    finished = subprocess.run(  # our own interpreter and text
        [sys.executable, "-c", DYING, module, function, str(call), act, str(run_id)],
        env={**os.environ, "HYDRIA_DATABASE_URL": address},
        capture_output=True,
        check=False,
    )
    assert finished.returncode == -signal.SIGKILL, finished.stderr.decode()


def started_run(monkeypatch, *, households: int = 5):
    monkeypatch.setattr(operations, "ACCOUNTS_PER_CHUNK", 2)
    cycle = given.village()
    january = given.month(cycle)
    for usage_m3 in range(households):
        given.consume(given.household(), january, usage_m3 * 7)
    return operations.start_run(actor=SYSTEM, period_id=january.pk, requested_at=given.NOW)


def finish(run) -> None:
    operations.price_run(run_id=run.pk, now=given.NOW)
    operations.confirm_run(actor=SYSTEM, run_id=run.pk, confirmed_at=given.NOW)


def violations() -> list[str]:
    return [outcome.invariant for outcome in verify() if outcome.violations]


class TestKilledProcess:
    @pytest.mark.parametrize("call", [1, 3, 5])
    def test_prices_the_rest_once_when_it_was_killed_while_writing(self, monkeypatch, call):
        run = started_run(monkeypatch)
        die(module="hydria.billing._drafting", function="copy_columns", call=call, act="price", run_id=run.pk)
        assert Line.objects.count() == Segment.objects.count() * 3  # whole chunks or nothing

        finish(run)

        assert (Invoice.objects.count(), InvoiceNumber.objects.count()) == (5, 5)
        assert violations() == []

    @pytest.mark.parametrize(
        ("module", "function"),
        [
            ("hydria.ledger.operations", "post_journal"),
            ("hydria.receivables.operations", "post_items_from_query"),
            ("hydria.billing.queries", "prove_posted_run"),
        ],
    )
    def test_confirms_once_when_it_was_killed_while_confirming(self, monkeypatch, module, function):
        run = started_run(monkeypatch)
        operations.price_run(run_id=run.pk, now=given.NOW)
        die(module=module, function=function, call=1, act="confirm", run_id=run.pk)
        assert not InvoiceNumber.objects.exists()

        finish(run)

        assert NumberSeries.objects.get(code="invoice").next_number == 6
        assert violations() == []

    def test_comes_to_the_same_hash_as_an_undisturbed_run(self, monkeypatch):
        run = started_run(monkeypatch)
        die(module="hydria.billing._drafting", function="copy_columns", call=5, act="price", run_id=run.pk)
        finish(run)
        run.refresh_from_db()

        again = queries.prove_run(run=run, sample_count=None)

        assert again.hash == run.proof["hash"]
        assert again.faults == ()


class TestTwoAtOnce:
    def test_confirms_once_when_two_people_confirm(self, monkeypatch):
        run = started_run(monkeypatch)
        operations.price_run(run_id=run.pk, now=given.NOW)
        states: list[str] = []

        def confirm() -> None:
            confirmed = operations.confirm_run(actor=SYSTEM, run_id=run.pk, confirmed_at=given.NOW)
            states.append(confirmed.state)
            connection.close()

        in_two_threads(confirm)

        assert states == ["CONFIRMED", "CONFIRMED"]
        assert InvoiceNumber.objects.count() == 5
        assert Item.objects.filter(kind="INVOICE").values("source_id").distinct().count() == 5
        assert violations() == []

    def test_starts_one_run_when_two_people_start_it(self, monkeypatch):
        cycle = given.village()
        given.household(is_metered=False)
        period = given.month(cycle)
        runs: list[int] = []

        def start() -> None:
            runs.append(operations.start_run(actor=SYSTEM, period_id=period.pk, requested_at=given.NOW).pk)
            connection.close()

        in_two_threads(start)

        assert len(set(runs)) == 1

    def test_drafts_the_run_when_the_last_two_chunks_end_together(self, monkeypatch):
        run = started_run(monkeypatch, households=4)
        positions = iter([0, 1])

        def price() -> None:
            operations.price_chunk(run_id=run.pk, position=next(positions), now=given.NOW)
            connection.close()

        in_two_threads(price)

        run.refresh_from_db()
        assert run.state == "DRAFT"


def in_two_threads(act) -> None:
    threads = [threading.Thread(target=act) for _place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
