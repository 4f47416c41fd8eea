"""
kill -9 of a load, of the server and of PostgreSQL, once each: what was acknowledged is there, and nothing twice.

`make chaos` does the same at random moments, many times. Here the moment is when payments have begun to arrive.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from hydria.platform.postgres import find_binaries
from storm import Payments, Town, assert_nothing_lost_or_doubled, attempt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PAYER_COUNT, NEWCOMER_COUNT = 8, 2_000


@pytest.fixture
def town() -> Iterator[Town]:
    """A server of its own, which can be killed, with the tables of the tests'."""
    folder = Path(tempfile.mkdtemp(prefix="hydria-storm-"))
    folder.chmod(0o755)
    town = Town(data_dir=folder)
    copy_tables(to_url=town.server.start())
    town.set_up(payer_count=PAYER_COUNT)
    yield town
    town.server.stop()
    shutil.rmtree(folder)


def copy_tables(*, to_url: str) -> None:
    """Copy the tables without their rows, and which migrations made them: quicker than migrating again."""
    own = connection.settings_dict
    dump = [find_binaries().bin_dir / "pg_dump", "-h", own["HOST"], "-p", own["PORT"], "-U", own["USER"], own["NAME"]]
    variables = {**os.environ, "PGPASSWORD": own["PASSWORD"]}
    for part in (["--schema-only"], ["--data-only", "--table=django_migrations", "--inserts"]):
        told = subprocess.run([*dump, *part], env=variables, capture_output=True, text=True, check=True)
        statements = "\n".join(line for line in told.stdout.splitlines() if not line.startswith("\\"))
        with psycopg.connect(to_url) as target:
            target.execute(statements)


def test_what_was_acknowledged_survives_the_death_of_load_server_and_database(town):
    account_ids = [row[0] for row in town.ask("SELECT id FROM agreements_account ORDER BY id")]
    payments = Payments(town=town, account_ids=account_ids)
    work = town.load_words(town.write_load(first=10_000, count=NEWCOMER_COUNT))

    with town.serving() as server:
        for victims in (["database"], ["command", "server"]):
            asked = payments.ask_for(api_count=20, till_count=4)
            attempt(
                town,
                payments=payments,
                work=work,
                server=server,
                victims=victims,
                until_busy=lambda: wait_until(town.is_writing_a_load),
                moment=lambda asked=asked: wait_until(lambda: payments.count_acknowledged(asked) > 2),
            )
    town.let_two_minutes_pass()
    with town.serving() as server:
        assert attempt(town, payments=payments, work=work, server=server)

    assert_nothing_lost_or_doubled(town, payments=payments, customer_count=PAYER_COUNT + NEWCOMER_COUNT)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
