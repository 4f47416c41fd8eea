"""`hydria demo`: build a town, bill it before your eyes, and open the desk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from django.core.management import call_command
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hydria.config import commands as config
from hydria.config.environment import get_environment
from hydria.demo import operations, queries
from hydria.platform import schema

app = typer.Typer(add_completion=False)
PROOF_KEYS = (
    "due", "billed", "excluded", "parked", "quantity_read", "quantity_billed", "lines_minor", "invoices_minor",
    "items_minor", "journal_minor", "second_engine_checked", "second_engine_differences", "hash",
)  # fmt: skip
STAGE_TITLES = {"months": "Twelve months", "price": "Pricing the last month", "print": "Invoices as PDF"}


@app.command()
def demo(
    connections: Annotated[int, typer.Option(min=50, max=2_000_000, help="Service points of the town.")] = 3000,
    fresh: Annotated[bool, typer.Option("--fresh", help="Empty the database first; it has to be a demo.")] = False,
    serve: Annotated[bool, typer.Option(help="Serve the desk afterwards.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object: the proof and seconds.")] = False,
    port: Annotated[int, typer.Option(help="Port of the desk.")] = 8000,
) -> None:
    """Build the demo company (seconds when it is there already), print the proof of its last run, and serve it."""
    console = Console(stderr=as_json, highlight=False)
    if fresh:
        schema.empty_database()
    call_command("migrate", interactive=False, verbosity=0)
    if operations.is_built() and not queries.is_finished(months=operations.MONTHS):
        console.print("The last demo was interrupted; starting over.")
        schema.empty_database()
        call_command("migrate", interactive=False, verbosity=0)
    seconds: dict[str, float] = {}
    if not operations.is_built():
        seconds = _build(console, connections=connections)
    proof = queries.get_last_proof()
    if as_json:
        typer.echo(json.dumps({**{key: proof[key] for key in PROOF_KEYS}, "seconds": seconds}))
    else:
        _print_proof(console, proof, seconds)
    if serve:
        _serve(console, port=port)


def _build(console: Console, *, connections: int) -> dict[str, float]:
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, int] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(STAGE_TITLES.get(stage, stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        stages = operations.Stages(tell=tell)
        run = operations.build_demo(connections=connections, today=timezone.localdate(), stages=stages)
        operations.print_invoices(run_id=run.pk, folder=print_folder(), stages=stages)
    return stages.seconds


def print_folder() -> Path:
    """Return where the demo's printed invoices are."""
    return get_environment().data_dir / "prints"


def _print_proof(console: Console, proof: dict[str, object], seconds: dict[str, float]) -> None:
    table = Table("Proof of the last run", "", title="Acueducto de Villa Hidria")
    for key in PROOF_KEYS:
        value = proof[key]
        table.add_row(key.replace("_", " "), f"{value:,}" if isinstance(value, int) else str(value))
    console.print(table)
    if seconds:
        console.print("  ".join(f"{stage} {spent:.1f} s" for stage, spent in seconds.items()))
    console.print(f"Printed invoices: {print_folder()}")


def _serve(console: Console, *, port: int) -> None:
    table = Table("Log-in", "Who", "Role", title=f"http://127.0.0.1:{port}/   password: {operations.DEMO_PASSWORD}")
    for username, full_name, role, _language in operations.USERS:
        table.add_row(username, full_name, role)
    console.print(table)
    console.print("Ctrl-C stops everything.")
    worker = subprocess.Popen([sys.executable, "-c", "from hydria.cli import main; main()", "worker"])  # ourselves
    try:
        config.serve_web(host="127.0.0.1", port=port, workers=1, threads=4)
    finally:
        worker.terminate()
        worker.wait(timeout=10)
