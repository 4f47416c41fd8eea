"""
What every test stands on: one PostgreSQL server for all workers, a database per worker, and the marks.

The server starts when the first test asks for a database and ends with the last worker; unit tests start none.
`HYDRIA_DATABASE_URL` names another server to test on (its role must be allowed to create databases).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.test import override_settings
from psycopg.conninfo import conninfo_to_dict
from pytest_django import DjangoDbBlocker

from hydria.config.environment import get_environment
from hydria.platform.postgres import EmbeddedServer

# Tests may lose everything at any moment; the product never runs like this.
TEST_TUNING = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
}

TURNS = ["unit", "golden", "architecture", "operations", "invariants", "scenarios", "interfaces", "browser"]
TEST_SERVERS = Path(tempfile.gettempdir())
PREFIX = f"hydria-tests-{os.getuid()}-"

# A busy machine is no failure; and a failure is shown as soon as it is small enough to read.
hypothesis.settings.register_profile(
    "hydria",
    deadline=None,
    max_examples=60,
    phases=set(hypothesis.Phase) - {hypothesis.Phase.explain},
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
# A mutant is met by most examples or by none, so a few do, and the same ones for every mutant.
hypothesis.settings.register_profile(
    "mutation", hypothesis.settings.get_profile("hydria"), max_examples=10, derandomize=True
)
hypothesis.settings.load_profile("hydria")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """
    Run the quick tests first, and skip those marked `real` where the folder of real data is not named.

    They are skipped one by one, so that the closing line counts them.
    """
    items.sort(key=lambda item: _turn_of(item.path))
    if get_environment().real_data:
        return
    without_data = pytest.mark.skip(reason="HYDRIA_REAL_DATA does not name the folder of real data")
    for item in items:
        if "real" in item.keywords:
            item.add_marker(without_data)


def _turn_of(path: Path) -> int:
    """Return when the tests of a file have their turn; doctests of the package come with the unit tests."""
    return next((turn for turn, folder in enumerate(TURNS) if f"/tests/{folder}/" in path.as_posix()), 0)


@pytest.fixture(scope="session")
def real_data_dir() -> Path:
    """Return the folder of real data; only tests marked `real` may ask."""
    return Path(get_environment().real_data).resolve(strict=True)


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """Yield the address of the server that all workers of this run share."""
    if url := get_environment().database_url:
        yield url
        return
    _clear_away_killed_runs()
    run_dir = tmp_path_factory.getbasetemp()
    run_name = (run_dir if worker_id == "master" else run_dir.parent).name
    # Not in pytest's own folder: that is closed to the ordinary user who runs the server for root.
    data_dir = TEST_SERVERS / f"{PREFIX}{run_name}"
    server = EmbeddedServer(data_dir=data_dir, tuning=TEST_TUNING)
    with server.lease() as url:
        yield url
    if not server.is_running():
        shutil.rmtree(data_dir, ignore_errors=True)


def _clear_away_killed_runs() -> None:
    """Stop and remove the servers of runs that were killed an hour ago or more."""
    for data_dir in TEST_SERVERS.glob(f"{PREFIX}*"):
        if time.time() - data_dir.stat().st_mtime > 3600:
            server = EmbeddedServer(data_dir=data_dir)
            server.stop_unless_used()
            if not server.is_running():
                shutil.rmtree(data_dir, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def settings_for_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep files in a folder of the run, name assets plainly, and hash passwords quickly."""
    plainly = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        MEDIA_ROOT=tmp_path_factory.mktemp("files"),
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STORAGES={**settings.STORAGES, "staticfiles": plainly},
    ):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_url: str, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Point Django at the shared server before the worker's database is made."""
    from django.db import connection

    named = {"USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    parameters = conninfo_to_dict(database_url)
    for key, name in named.items():
        connection.settings_dict[key] = str(parameters.get(name) or "")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Close what killed processes and web threads left open, so that the worker's database can be dropped."""
    yield
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_guards() -> Iterator[None]:
    """Let the tests that commit empty the tables afterwards, though posted rows refuse to be emptied."""
    from django.db.backends.postgresql.operations import DatabaseOperations

    flush = DatabaseOperations.execute_sql_flush

    def execute_sql_flush(self: DatabaseOperations, statements: list[str]) -> None:
        flush(self, ["SET session_replication_role = replica", *statements, "SET session_replication_role = origin"])

    DatabaseOperations.execute_sql_flush = execute_sql_flush  # type: ignore[method-assign]
    yield
    DatabaseOperations.execute_sql_flush = flush  # type: ignore[method-assign]
