"""
`make chaos`: kill -9 of command and database at random moments; afterwards the books tell the same story.

Not part of `make test`: it builds the demo town twice and takes minutes. The seed is printed, so a failure can be
had again.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hydria.platform.postgres import EmbeddedServer

pytestmark = pytest.mark.chaos

CONNECTIONS = 200
KILLS = 4
HYDRIA = [sys.executable, "-m", "hydria"]
DEMO = [*HYDRIA, "demo", "--connections", str(CONNECTIONS), "--no-serve", "--json"]


@pytest.fixture
def data_dirs() -> Iterator[tuple[Path, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="hydria-chaos-"))
    folder.chmod(0o755)
    yield folder / "quiet", folder / "stormy"
    for data_dir in folder.iterdir():
        EmbeddedServer(data_dir=data_dir).stop()
    shutil.rmtree(folder)


def run(words: list[str], *, data_dir: Path) -> Any:
    variables = {**os.environ, "HYDRIA_DATA_DIR": str(data_dir)}
    told = subprocess.run(words, env=variables, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def start_and_kill(*, data_dir: Path, after_seconds: float, victim: str) -> None:
    variables = {**os.environ, "HYDRIA_DATA_DIR": str(data_dir)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    with subprocess.Popen(DEMO, env=variables, **quiet) as command:  # type: ignore[call-overload]
        time.sleep(after_seconds)
        if command.poll() is None and victim == "command":
            os.killpg(command.pid, signal.SIGKILL)
        pid_path = data_dir / "postgres" / "postmaster.pid"
        if command.poll() is None and victim == "database" and pid_path.exists():
            os.kill(int(pid_path.read_text().splitlines()[0]), signal.SIGKILL)


def test_a_demo_killed_again_and_again_ends_like_one_left_alone(data_dirs: tuple[Path, Path]) -> None:
    quiet_dir, stormy_dir = data_dirs
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    started = time.monotonic()
    undisturbed = run(DEMO, data_dir=quiet_dir)
    whole_seconds = time.monotonic() - started

    for number in range(KILLS):
        victim = ("command", "database")[number % 2]
        start_and_kill(data_dir=stormy_dir, after_seconds=chance.uniform(0.05, 0.6) * whole_seconds, victim=victim)
    disturbed = run(DEMO, data_dir=stormy_dir)
    outcomes = run([*HYDRIA, "verify", "--json"], data_dir=stormy_dir)

    kept_apart = {"seconds", "hash"}  # ids, which the hash covers, are not taken twice
    assert {key: undisturbed[key] for key in undisturbed.keys() - kept_apart} == {
        key: disturbed[key] for key in disturbed.keys() - kept_apart
    }, f"seed {seed}"
    assert [outcome for outcome in outcomes if outcome["violations"]] == [], f"seed {seed}"
