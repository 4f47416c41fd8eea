"""`hydria verify`: check every invariant on the live database."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hydria.platform import audit, health
from hydria.platform.access import SYSTEM
from hydria.platform.transactions import acting
from hydria.verification import queries

app = typer.Typer(help="Check every invariant on the live database.")


@app.command()
def verify(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array and nothing else.")] = False,
) -> None:
    """Check every invariant and exit 0 only when none is broken."""
    with acting(SYSTEM, reason="seal before verifying"):
        audit.seal_audit()
    outcomes = list(queries.verify())
    health.record_verification(
        broken_count=sum(outcome.violations > 0 for outcome in outcomes), checked_count=len(outcomes)
    )
    if as_json:
        typer.echo(json.dumps([asdict(outcome) for outcome in outcomes], ensure_ascii=False))
    else:
        _print(outcomes)
    raise typer.Exit(1 if any(outcome.violations for outcome in outcomes) else 0)


def _print(outcomes: list[queries.Outcome]) -> None:
    table = Table("Invariant", "Checked", "Broken", title="Invariants of the live database")
    for outcome in outcomes:
        style = "red" if outcome.violations else None
        table.add_row(outcome.invariant, f"{outcome.checked:,}", f"{outcome.violations:,}", style=style)
        for example in outcome.examples:
            table.add_row(f"  {json.dumps(example, ensure_ascii=False)}", "", "", style="red")
    Console().print(table)
