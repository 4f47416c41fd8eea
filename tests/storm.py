"""A town whose processes are killed -9 while they load files and take payments, and what has to hold afterwards."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import psycopg

from hydria.platform.postgres import EmbeddedServer

HYDRIA = [sys.executable, "-m", "hydria"]
PASSWORD = "agua-clara-2026"
AMOUNT_MINOR = 250
PAYERS = 3
PATIENCE_SECONDS = 60
START_SECONDS_MAX = 300  # on a busy machine
LOST = (OSError, urllib.error.URLError, TimeoutError, ConnectionError)
"""What a caller sees of a server that died; whether it had done what was asked, it cannot know."""

REGISTER = """mapping: storm
scheme: storm
records:
- {kind: party, fields: {key: no, number: no, name: name}}
- {kind: premise, fields: {key: no, number: no, address: address}}
- {kind: account, fields: {key: no, number: no, opened_date: since}}
- {kind: account_party, fields: {account: no, party: no, from: since}}
- {kind: opening, fields: {key: no, account: no, amount: owes, effective: since, due: since}}
"""

SET_UP = """
import datetime, json
from django.utils import timezone
from hydria.desk.operations import open_company
from hydria.intake import operations as intake
from hydria.payments.operations import create_till
from hydria.platform import operations, queries
from hydria.platform.access import SYSTEM
from hydria.publicapi.operations import create_key

open_company(actor=SYSTEM, name="Storm", currency="DOP", country="DO", language="en")
roles = {role.code: role.pk for role in queries.list_roles()}
operations.create_user(actor=SYSTEM, username="carla", full_name="Carla", password="agua-clara-2026", language="en",
    role_ids=[roles["administrator"], roles["cashier"]], today=timezone.localdate())
create_till(actor=SYSTEM, code="T", name="Till")
_key, token = create_key(actor=SYSTEM, name="storm", scopes=["payment.take"], amount_limit_minor=None,
    requests_per_minute_count=100_000, expires_at=None)
batch = intake.receive_file(actor=SYSTEM, content=open("%(path)s", "rb").read(), file_name="payers.csv",
    mapping_text=open("%(mapping)s").read(), received_at=timezone.now())
intake.apply_load(actor=SYSTEM, batch_id=batch.pk, applied_at=timezone.now())
print(json.dumps(str(token)))
"""

REQUEST_LOAD = """
from django.utils import timezone
from hydria.intake import operations
from hydria.platform.access import SYSTEM

batch = operations.receive_file(actor=SYSTEM, content=open("%(path)s", "rb").read(), file_name="newcomers.csv",
    mapping_text=open("%(mapping)s").read(), received_at=timezone.now())
operations.request_work(actor=SYSTEM, batch_id=batch.pk, job_name=operations.APPLY_JOB, link="", title="storm",
    requested_at=timezone.now())
"""


def register_file(*, first: int, count: int) -> str:
    """Return a file of customers who owe 100.00 each."""
    rows = (f"S{n:06d},Customer {n},Street {n % 90} no. {n},2025-01-01,100.00\n" for n in range(first, first + count))
    return "no,name,address,since,owes\n" + "".join(rows)


@dataclass(slots=True)
class Town:
    """One data folder with its own server; every `hydria` command below is a process of its own."""

    data_dir: Path
    token: str = ""
    port: int = 0

    @property
    def server(self) -> EmbeddedServer:
        return EmbeddedServer(data_dir=self.data_dir, tuning={"shared_buffers": "64MB", "wal_buffers": "4MB"})

    # Commands

    def start(self, *words: str, output: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        environment = {**os.environ, "HYDRIA_DATA_DIR": str(self.data_dir)}
        environment.pop("HYDRIA_DATABASE_URL", None)
        return subprocess.Popen(
            [*HYDRIA, *words],
            env=environment,
            stdout=output,
            stderr=output,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str) -> str:
        """Return the last line of what a command prints."""
        command = self.start(*words, output=subprocess.PIPE)
        told, complained = command.communicate(timeout=600)
        assert command.returncode == 0, complained
        return told.strip().rpartition("\n")[2]

    def set_up(self, *, payer_count: int) -> None:
        """Open the company and load the customers who are going to pay."""
        (self.data_dir / "storm.yaml").write_text(REGISTER)
        self.token = self.tell(SET_UP, path=self.write_load(first=0, count=payer_count))

    def tell(self, script: str, *, path: Path) -> Any:
        """Run a script inside the product, in a process of its own, and return what it printed."""
        words = script % {"path": path, "mapping": self.data_dir / "storm.yaml"}
        return json.loads(self.run("django", "shell", "--no-imports", "--command", words) or "null")

    def write_load(self, *, first: int, count: int) -> Path:
        path = self.data_dir / f"customers-{first}.csv"
        path.write_text(register_file(first=first, count=count))
        return path

    def load_words(self, path: Path) -> list[str]:
        return ["load", str(path), "--mapping", str(self.data_dir / "storm.yaml"), "--apply", "--json"]

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[str]]:
        """Serve the desk and the API until the block ends, or somebody kills the server."""
        if not self.port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        command = self.start("serve", "--port", str(self.port), "--workers", "1")
        self._wait_for(command)
        try:
            yield command
        finally:
            kill(command)

    def _wait_for(self, command: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            assert command.poll() is None, "the server has ended"
            with suppress(*LOST):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/log-in/", timeout=PATIENCE_SECONDS).close()
                return
            time.sleep(0.2)
        raise AssertionError("the server does not answer")

    # Victims

    def kill_database(self) -> None:
        """End the postmaster and all its children at once, as a power cut does."""
        with suppress(OSError, ValueError):
            pid = int((self.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            for victim in [pid, *map(int, children)]:
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)

    # What is there

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.server.url()) as connection:
            return connection.execute(sql).fetchall()

    def is_writing_a_load(self) -> bool:
        return bool(self.ask("SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 7203114"))

    def let_two_minutes_pass(self) -> None:
        """Age the claims of requests: one that died with its server is given back after two minutes."""
        self.ask("UPDATE publicapi_repeatablerequest SET claimed_at = claimed_at - interval '2 minutes' RETURNING id")

    def broken_invariants(self) -> list[Any]:
        return [outcome for outcome in json.loads(self.run("verify", "--json")) if outcome["violations"]]


def kill(command: subprocess.Popen[str]) -> None:
    """End a command and the processes that it started, without a word."""
    with suppress(ProcessLookupError):
        os.killpg(command.pid, signal.SIGKILL)
    command.communicate()


@dataclass(slots=True)
class Payments:
    """
    Payments that callers keep sending until they are acknowledged, by API and at the till.

    acknowledged  key -> the payment's id, which every repeat has to give again
    lost          key -> what the caller saw the last time that it got no answer
    """

    town: Town
    account_ids: list[int]
    keys: list[str] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    _browser: Any = None

    def ask_for(self, *, api_count: int, till_count: int) -> list[str]:
        """Have more payments sent, and return their keys."""
        start = len(self.keys)
        asked = [f"{'till' if n < till_count else 'api'}-key-{start + n}" for n in range(api_count + till_count)]
        self.keys += asked
        return asked

    def count_acknowledged(self, keys: Sequence[str]) -> int:
        return sum(key in self.acknowledged for key in keys)

    def send_all(self) -> None:
        """Send what is not acknowledged yet, and one that is, until each was sent once or the server is gone."""
        waiting = [key for key in self.keys if key not in self.acknowledged]
        repeated = list(self.acknowledged)[-1:]
        with ThreadPoolExecutor(PAYERS) as pool:
            list(pool.map(self._send, [*repeated, *waiting]))

    def _send(self, key: str) -> None:
        take = self._pay_at_the_till if key.startswith("till") else self._pay_by_api
        try:
            payment_id = take(key, self.account_ids[self.keys.index(key) % len(self.account_ids)])
        except LOST as loss:
            self.lost[key] = (
                f"{loss!r} {loss.read()[:500]!r}" if isinstance(loss, urllib.error.HTTPError) else repr(loss)
            )
        else:
            assert payment_id == self.acknowledged.setdefault(key, payment_id)

    def _pay_by_api(self, key: str, account_id: int) -> int:
        body = {"account_id": account_id, "tenders": [{"kind": "TRANSFER", "amount_minor": AMOUNT_MINOR}]}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.town.port}/api/v1/payments",
            data=json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.town.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": key,
            },
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return int(json.loads(answer.read())["id"])

    def _pay_at_the_till(self, key: str, account_id: int) -> int:
        with _ONE_CASHIER:
            if self._browser is None:
                self._browser = self._log_in()
            form = {"key": key, "amount_minor": "2.50", "cash_minor": "2.50"}
            address = self._post(self._browser, f"/till/accounts/{account_id}/", form)
            return int(re.search(r"/payments/(\d+)/", address)[1])

    def _log_in(self) -> urllib.request.OpenerDirector:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._post(browser, "/log-in/", {"username": "carla", "password": PASSWORD})
        till = self.town.ask("SELECT id FROM payments_till")[0][0]
        self._post(browser, "/till/open/", {"till_id": str(till), "float_minor": "0"})
        return browser

    def _post(self, browser: urllib.request.OpenerDirector, path: str, form: dict[str, str]) -> str:
        """Send a form as the page gave it and return where it led."""
        address = f"http://127.0.0.1:{self.town.port}{path}"
        with browser.open(address, timeout=PATIENCE_SECONDS) as page:
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())[1]
        data = urllib.parse.urlencode({**form, "csrfmiddlewaretoken": token}).encode()
        with browser.open(address, data=data, timeout=PATIENCE_SECONDS) as answer:
            return str(answer.url)


_ONE_CASHIER = threading.Lock()


def attempt(
    town: Town,
    *,
    payments: Payments,
    work: Sequence[str],
    server: subprocess.Popen[str],
    victims: Collection[str] = (),
    until_busy: Callable[[], None] = lambda: None,
    moment: Callable[[], None] = lambda: None,
) -> bool:
    """
    Do a command's work and take payments at the same time, and kill the victims at the moment.

    victims     of "command", "server" and "database", which is started again at once
    until_busy  waits for the command to be in the middle of its work; payments begin then
    moment      waits for the moment of the kill
    returns     whether the command did its work
    """
    with ThreadPoolExecutor(1) as pool:
        command = town.start(*work)
        until_busy()
        sending = pool.submit(payments.send_all)
        moment()
        if "database" in victims:
            town.kill_database()
            town.server.start()
        if "server" in victims:
            kill(server)
        if "command" in victims:
            kill(command)
        sending.result()
        command.communicate(timeout=600)
    return command.returncode == 0


def assert_nothing_lost_or_doubled(town: Town, *, payments: Payments, customer_count: int) -> None:
    """Look at the books: every payment and every customer is there, once, and every invariant holds."""
    recorded = town.ask("SELECT id, amount_minor FROM payments_payment")
    assert sorted(payment_id for payment_id, _amount in recorded) == sorted(payments.acknowledged.values())
    unanswered = {key: payments.lost.get(key) for key in payments.keys if key not in payments.acknowledged}
    assert unanswered == {}
    assert {amount_minor for _id, amount_minor in recorded} == {AMOUNT_MINOR}
    assert town.ask("SELECT count(*), count(DISTINCT number) FROM parties_party") == [(customer_count,) * 2]
    assert town.ask("SELECT count(*) FROM receivables_item WHERE kind = 'OPENING'") == [(customer_count,)]
    assert town.broken_invariants() == []
