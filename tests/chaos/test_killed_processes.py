"""
`make chaos`: kill -9 of load, worker, server and PostgreSQL at random moments while files are loaded and paid for.

The seed is printed with a failure, so that it can be had again.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storm import REQUEST_LOAD, Payments, Town, assert_nothing_lost_or_doubled, attempt

pytestmark = pytest.mark.chaos

PAYER_COUNT = 50
SIZES = (200, 2_000, 20_000)
KILLS_PER_SIZE = 4
VICTIMS = ("command", "server", "database")
WORKER_WAITS_SECONDS = 35
"""A job whose worker died is given to the next one when that worker has been silent for half a minute."""


@pytest.fixture
def town() -> Iterator[Town]:
    folder = Path(tempfile.mkdtemp(prefix="hydria-storm-"))
    folder.chmod(0o755)
    town = Town(data_dir=folder)
    town.server.start()
    town.run("migrate")
    town.set_up(payer_count=PAYER_COUNT)
    yield town
    town.server.stop()
    shutil.rmtree(folder)


@pytest.mark.parametrize("by_worker", [False, True], ids=["by the command", "by a worker"])
def test_a_stormy_day_ends_like_a_quiet_one(town: Town, by_worker: bool) -> None:
    seed = int(os.environ.get("CHAOS_SEED", random.randrange(10**6)))
    print(f"seed {seed}")
    chance = random.Random(seed)
    account_ids = [row[0] for row in town.ask("SELECT id FROM agreements_account ORDER BY id")]
    payments = Payments(town=town, account_ids=account_ids)
    first = 10_000

    for size in SIZES:
        newcomers = town.write_load(first=first, count=size)
        first += size
        work = ["worker", "--until-empty"] if by_worker else town.load_words(newcomers)
        if by_worker:
            town.tell(REQUEST_LOAD, path=newcomers)
        for _kill in range(KILLS_PER_SIZE):
            payments.ask_for(api_count=60, till_count=10)
            victims = chance.sample(VICTIMS, chance.randint(1, len(VICTIMS)))
            seconds = chance.uniform(0.5, 6 + size / 2_000)
            with town.serving() as server:
                attempt(
                    town,
                    payments=payments,
                    work=work,
                    server=server,
                    victims=victims,
                    moment=lambda seconds=seconds: time.sleep(seconds),
                )
        town.let_two_minutes_pass()
        if by_worker:
            time.sleep(WORKER_WAITS_SECONDS)
        with town.serving() as server:
            assert attempt(town, payments=payments, work=work, server=server)

    newcomer_count = sum(SIZES)
    assert_nothing_lost_or_doubled(town, payments=payments, customer_count=PAYER_COUNT + newcomer_count)
