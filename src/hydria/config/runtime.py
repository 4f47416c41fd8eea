"""Bring up what a command stands on: the database and Django."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

from hydria.config.environment import get_environment
from hydria.platform.postgres import EmbeddedServer


def embedded_server() -> EmbeddedServer:
    """Return the server of the data folder, running or not."""
    environment = get_environment()
    return EmbeddedServer(data_dir=environment.data_dir, preferred_bin_dir=environment.postgres_bin_dir)


@contextlib.contextmanager
def running_database() -> Iterator[str]:
    """
    Yield the address of the database: the one named in the environment, else the own server, kept up meanwhile.

    Child processes find the address in their environment, so they start nothing.

    :raises UnableToStartPostgres: if the own server cannot be started.
    """
    if url := get_environment().database_url:
        yield url
        return
    with embedded_server().lease() as url:
        os.environ["HYDRIA_DATABASE_URL"] = url
        get_environment.cache_clear()
        yield url


def set_up_django() -> None:
    """Load Django's settings and contexts."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hydria.config.settings")
    django.setup()


def end_on_sigterm() -> None:
    """Turn SIGTERM into an ordinary exit, so that leases are given back and the own server is stopped."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)
