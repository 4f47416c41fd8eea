"""The commands that run a deployment: serve, worker, migrate, db, and the way through to Django's own."""

from __future__ import annotations

import multiprocessing
import os
import socket
from typing import Annotated

import typer

from hydria.config import runtime
from hydria.config.environment import get_environment
from hydria.kernel.errors import UnableTo

serve_app = typer.Typer(add_completion=False)
worker_app = typer.Typer(add_completion=False)
migrate_app = typer.Typer(add_completion=False)
db_app = typer.Typer(add_completion=False, no_args_is_help=True)
django_app = typer.Typer(add_completion=False)


@serve_app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes; as many as the machine has cores.")] = 2,
    threads: Annotated[int, typer.Option(min=1, help="Requests that one process answers at once.")] = 2,
) -> None:
    """Serve the desk and the API until Ctrl-C."""
    serve_web(host=host, port=port, workers=workers, threads=threads)


class UnableToServe(UnableTo):
    """The web server cannot listen."""


def serve_web(*, host: str, port: int, workers: int, threads: int) -> None:
    """
    Run the web server in this process until it is told to end.

    :raises UnableToServe: if another program listens on the port already.
    """
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UnableToServe(
                "port_taken", f"Port {port} of {host} cannot be used ({error.strerror}); choose another by --port."
            ) from error
    # A forked worker would inherit locks of threads that it does not have (Polars, the connection pool) and wait for
    # ever in its first COPY; ours start from nothing, as on every other system.
    multiprocessing.set_start_method("spawn", force=True)
    # The workers load their settings anew from here; each thread may hold a connection, with some to spare.
    os.environ.setdefault("HYDRIA_DATABASE_POOL_SIZE", str(threads + 2))
    Granian(
        "hydria.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        url_path_prefix=get_environment().url_prefix or None,
        log_access=False,
        log_level=LogLevels.warning,
        process_name="hydria serve",
        workers_kill_timeout=5,  # a worker caught while starting does not listen
    ).serve()


@worker_app.command()
def worker(
    concurrency: Annotated[int | None, typer.Option(min=1, help="Jobs worked at once; two if not told.")] = None,
    until_empty: Annotated[bool, typer.Option("--until-empty", help="End when no job waits.")] = False,
) -> None:
    """Work off the queue of jobs until Ctrl-C."""
    from hydria.platform import jobs

    jobs.work(until_empty=until_empty, concurrency=concurrency or jobs.JOBS_AT_ONCE)


@migrate_app.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=1)


@db_app.command("start")
def start_server() -> None:
    """Start the own server to stay until `hydria db stop`."""
    typer.echo(runtime.embedded_server().start())


@db_app.command("stop")
def stop_server() -> None:
    """Stop the own server, whoever uses it."""
    typer.echo("stopped" if runtime.embedded_server().stop() else "was not running")


@db_app.command("status")
def show_status() -> None:
    """Tell whether the own server runs; exit 1 when it does not."""
    if not runtime.embedded_server().is_running():
        typer.echo("not running")
        raise typer.Exit(1)
    typer.echo("running")


@db_app.command("url")
def show_url() -> None:
    """Print the address of the database, for psql and other programs."""
    typer.echo(get_environment().database_url or runtime.embedded_server().url())


@django_app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False)
def django_command(context: typer.Context) -> None:
    """Run one of Django's management commands, as `hydria django makemigrations`."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["hydria django", *context.args])
