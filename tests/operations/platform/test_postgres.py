"""The own server: shared, stopped by the last to leave, healed after a kill, clear when it cannot start."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from hydria.platform.postgres import EmbeddedServer, UnableToStartPostgres, find_binaries

TUNING = {"shared_buffers": "16MB", "wal_buffers": "1MB", "fsync": "off"}

HOLDER = """
import sys
from pathlib import Path
from hydria.platform.postgres import EmbeddedServer
with EmbeddedServer(data_dir=Path(sys.argv[1]), tuning={"shared_buffers": "16MB"}).lease():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    # pytest's own temporary folder is closed to the ordinary user who runs the server for root.
    folder = Path(tempfile.mkdtemp(prefix="hydria-postgres-"))
    folder.chmod(0o755)
    yield folder
    EmbeddedServer(data_dir=folder).stop()
    shutil.rmtree(folder)


@pytest.fixture
def server(data_dir: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(data_dir=data_dir, tuning=TUNING)
    yield server
    server.stop()


def postmaster_pid(server: EmbeddedServer) -> int:
    return int((server.cluster_dir / "postmaster.pid").read_text().splitlines()[0])


def ask(url: str, sql: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(sql).fetchone()
    return row and row[0]


class TestLease:
    def test_runs_the_server_just_as_long_as_it_is_held(self, server: EmbeddedServer) -> None:
        with server.lease() as url:
            version = ask(url, "SHOW server_version_num")

        assert int(str(version)) >= 150_000
        assert not server.is_running()

    def test_keeps_the_server_up_for_another_process_and_the_last_one_stops_it(self, server: EmbeddedServer) -> None:
        words = [sys.executable, "-c", HOLDER, str(server.data_dir)]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout
            assert other.stdout.readline() == "held\n"

            with server.lease():
                pass

            assert server.is_running()
            other.communicate()
        assert not server.is_running()

    def test_is_given_back_by_a_process_that_is_killed(self, server: EmbeddedServer) -> None:
        words = [sys.executable, "-c", HOLDER, str(server.data_dir)]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout
            other.stdout.readline()
            other.kill()
        assert server.is_running()

        with server.lease():
            pass

        assert not server.is_running()

    def test_is_cleared_away_after_its_last_holder_was_killed(self, server: EmbeddedServer) -> None:
        words = [sys.executable, "-c", HOLDER, str(server.data_dir)]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout
            other.stdout.readline()
            server.stop_unless_used()
            assert server.is_running()
            other.kill()

        server.stop_unless_used()

        assert not server.is_running()

    def test_leaves_alone_a_server_that_was_asked_to_stay(self, server: EmbeddedServer) -> None:
        server.start()

        with server.lease():
            pass

        assert server.is_running()
        assert server.stop()
        assert not server.is_running()

    def test_finds_its_data_after_the_server_was_killed(self, server: EmbeddedServer) -> None:
        url = server.start()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS seven")
        os.kill(postmaster_pid(server), signal.SIGKILL)

        with server.lease() as url:
            assert ask(url, "SELECT seven FROM kept") == 7

    def test_is_not_fooled_by_a_pid_file_that_names_a_stranger(self, server: EmbeddedServer) -> None:
        with server.lease():
            pass
        (server.cluster_dir / "postmaster.pid").write_text(f"{os.getpid()}\n{server.cluster_dir}\n")

        with server.lease() as url:
            assert ask(url, "SELECT 1") == 1

    def test_keeps_its_address(self, server: EmbeddedServer) -> None:
        with server.lease() as first_url:
            pass

        with server.lease() as second_url:
            assert second_url == first_url

    def test_asks_for_the_password(self, server: EmbeddedServer) -> None:
        with server.lease() as url, pytest.raises(psycopg.OperationalError, match="password"):
            ask(url.replace("hydria:", "hydria:x"), "SELECT 1")

    def test_changes_case_beyond_ascii(self, server: EmbeddedServer) -> None:
        with server.lease() as url:
            assert ask(url, "SELECT lower('ΑΘΉΝΑ ÑANDÚ')") == "αθήνα ñandú"

    def test_refuses_a_cluster_of_another_version(self, server: EmbeddedServer) -> None:
        with server.lease():
            pass
        version_path = server.cluster_dir / "PG_VERSION"
        version = version_path.read_text()
        version_path.write_text("9\n")

        try:
            with pytest.raises(UnableToStartPostgres) as refusal, server.lease():
                pass
        finally:
            version_path.write_text(version)

        assert refusal.value.code == "postgres_version_differs"


class TestFindBinaries:
    def test_refuses_a_folder_without_a_server(self, tmp_path: Path) -> None:
        with pytest.raises(UnableToStartPostgres) as refusal:
            find_binaries(preferred_dir=str(tmp_path))

        assert refusal.value.code == "postgres_missing"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as somebody else")
class TestForRoot:
    def test_refuses_a_folder_that_the_server_could_not_enter(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)

        with pytest.raises(UnableToStartPostgres) as refusal, EmbeddedServer(data_dir=tmp_path).lease():
            pass

        assert refusal.value.code == "data_dir_closed"


class TestServerOfTheOperator:
    def test_is_used_as_it_is_and_nothing_else_is_started(self, database_url: str, tmp_path: Path) -> None:
        with psycopg.connect(database_url, dbname="postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE operators_own")
        url = make_conninfo(database_url, dbname="operators_own")
        variables = {**os.environ, "HYDRIA_DATABASE_URL": url, "HYDRIA_DATA_DIR": str(tmp_path)}
        words = [sys.executable, "-m", "hydria", "migrate"]

        told = subprocess.run(words, env=variables, capture_output=True, text=True, check=False)

        assert told.returncode == 0, told.stderr
        assert ask(url, "SELECT to_regclass('ledger_journal')::text") == "ledger_journal"
        assert not list(tmp_path.glob("postgres*"))
        with psycopg.connect(database_url, dbname="postgres", autocommit=True) as connection:
            connection.execute("DROP DATABASE operators_own WITH (FORCE)")
