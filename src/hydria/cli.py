"""
The `hydria` command line: one table of subcommands, each a Typer app in the `commands` module of its context.

A module is imported only when its subcommand is used: `hydria --help` is instant, and `hydria tariffs check`
starts neither Django nor a database.
"""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass

import typer

import hydria


@dataclass(frozen=True, slots=True, kw_only=True)
class Subcommand:
    """One word after `hydria`: where its Typer app is, what it does, and whether the database is started for it."""

    app: str
    help: str
    needs_database: bool = True

    def load(self) -> typer.Typer:
        """Import the module of the subcommand and return its app."""
        module, _, attribute = self.app.partition(":")
        app: typer.Typer = getattr(importlib.import_module(module), attribute)
        return app


SUBCOMMANDS = {
    "demo": Subcommand(
        app="hydria.demo.commands:app", help="Build a town, bill it before your eyes and open the desk."
    ),
    "serve": Subcommand(app="hydria.config.commands:serve_app", help="Serve the desk and the API."),
    "worker": Subcommand(app="hydria.config.commands:worker_app", help="Work off the queue of jobs."),
    "migrate": Subcommand(app="hydria.config.commands:migrate_app", help="Bring the database's tables up to date."),
    "load": Subcommand(app="hydria.intake.commands:app", help="Load files through a mapping."),
    "tariffs": Subcommand(app="hydria.tariffs.commands:app", help="Check and try tariff files.", needs_database=False),
    "bill": Subcommand(app="hydria.billing.commands:app", help="Run a billing cycle."),
    "simulate": Subcommand(app="hydria.simulation.commands:app", help="Price the register by proposed tariffs."),
    "verify": Subcommand(app="hydria.verification.commands:app", help="Check every invariant on the live database."),
    "bench": Subcommand(app="hydria.benchmarks.commands:app", help="Measure against the floor of this machine."),
    "apikey": Subcommand(app="hydria.publicapi.commands:app", help="Make and revoke the keys of programs."),
    "company": Subcommand(app="hydria.desk.commands:app", help="Set the company up, or change its particulars."),
    "user": Subcommand(app="hydria.platform.commands:user_app", help="Make users and give them roles."),
    "db": Subcommand(
        app="hydria.config.commands:db_app", help="Start, stop and find the own database server.", needs_database=False
    ),
    "django": Subcommand(app="hydria.config.commands:django_app", help="Run one of Django's management commands."),
}


def main() -> None:
    """Run the subcommand named on the command line; exit 0 on success, 1 on failure, 2 on wrong usage."""
    # A traceback is for the developers: complete and plain, without the values of variables.
    os.environ.setdefault("TYPER_STANDARD_TRACEBACK", "1")
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name in SUBCOMMANDS:
        run_subcommand(name, arguments=sys.argv[2:])
    else:
        overview()()


def run_subcommand(name: str, *, arguments: list[str]) -> None:
    """Bring up what the subcommand needs and hand it the arguments; it ends by `SystemExit`."""
    import contextlib

    from hydria.config import runtime
    from hydria.config.environment import EnvironmentInvalid
    from hydria.kernel.errors import UnableTo

    subcommand = SUBCOMMANDS[name]
    needs_database = subcommand.needs_database and "--help" not in arguments
    try:
        with contextlib.ExitStack() as stack:
            runtime.end_on_sigterm()
            if needs_database:
                stack.enter_context(runtime.running_database())
            if subcommand.needs_database:
                runtime.set_up_django()
            subcommand.load()(args=arguments, prog_name=f"hydria {name}")
    except (UnableTo, EnvironmentInvalid) as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        sys.exit(1)


def overview() -> typer.Typer:
    """Return the app that shows `hydria --help` and refuses unknown words; its commands are names only."""
    app = typer.Typer(
        name="hydria", help="Water utility billing and collection.", no_args_is_help=True, add_completion=False
    )

    @app.callback(invoke_without_command=True)
    def options(version: bool = typer.Option(False, "--version", help="Show the version and exit.")) -> None:
        if version:
            typer.echo(f"hydria {hydria.__version__}")
            raise typer.Exit

    for name, subcommand in SUBCOMMANDS.items():
        app.command(name, help=subcommand.help)(lambda: None)
    return app
