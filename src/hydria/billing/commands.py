"""The commands `hydria bill ...`: run a cycle from the command line, and work a past run out again."""

from __future__ import annotations

import datetime
import json
from typing import Annotated, Any

import typer
from django.utils import timezone
from rich.progress import Progress

from hydria.billing import operations, queries
from hydria.billing.models import BillingRun
from hydria.platform.access import SYSTEM

app = typer.Typer(help="Run a billing cycle.", no_args_is_help=True)

RunId = Annotated[int, typer.Argument(help="Number of the run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def start(
    cycle: Annotated[str, typer.Argument(help="Code of the cycle.")],
    first: Annotated[datetime.datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day supplied.")],
    until: Annotated[datetime.datetime, typer.Option(formats=["%Y-%m-%d"], help="Day after the last one supplied.")],
    issue: Annotated[datetime.datetime, typer.Option(formats=["%Y-%m-%d"], help="Date of the invoices.")],
    due: Annotated[datetime.datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day to pay.")],
    as_json: AsJson = False,
) -> None:
    """Open the period if need be and start its run; workers price it, or `hydria bill price`."""
    period = operations.open_period(
        actor=SYSTEM,
        cycle_id=queries.get_cycle_id(code=cycle),
        start_date=first.date(),
        end_date=until.date(),
        issue_date=issue.date(),
        due_date=due.date(),
    )
    operations.measure_period(actor=SYSTEM, period_id=period.pk)
    run = operations.start_run(actor=SYSTEM, period_id=period.pk, requested_at=timezone.now())
    _show(run, as_json=as_json)


@app.command()
def price(run_id: RunId, as_json: AsJson = False) -> None:
    """Price what still waits, here and now; a run that was interrupted goes on where it stopped."""
    with Progress(disable=as_json) as progress:
        bar = progress.add_task("Chunks")
        operations.price_run(
            run_id=run_id,
            now=timezone.now(),
            on_progress=lambda done, total: progress.update(bar, completed=done, total=total),
        )
    _show(queries.get_run(run_id=run_id), as_json=as_json)


@app.command()
def confirm(run_id: RunId, as_json: AsJson = False) -> None:
    """Confirm a draft: number its invoices and post them."""
    _show(operations.confirm_run(actor=SYSTEM, run_id=run_id, confirmed_at=timezone.now()), as_json=as_json)


@app.command()
def retry(run_id: RunId, as_json: AsJson = False) -> None:
    """Price the parked agreements of a draft again."""
    _show(operations.retry_parked(actor=SYSTEM, run_id=run_id, now=timezone.now()), as_json=as_json)


@app.command()
def abandon(run_id: RunId, reason: Annotated[str, typer.Option(help="Why.")], as_json: AsJson = False) -> None:
    """Give a run up that is not confirmed."""
    run = operations.abandon_run(actor=SYSTEM, run_id=run_id, reason=reason, abandoned_at=timezone.now())
    _show(run, as_json=as_json)


@app.command()
def status(run_id: RunId, as_json: AsJson = False) -> None:
    """Show where a run stands, and its proof."""
    _show(queries.get_run(run_id=run_id), as_json=as_json)


@app.command()
def replay(
    run_id: RunId,
    sample: Annotated[int, typer.Option(help="Segments for the second engine; -1 means all.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Work a run out again from its stored inputs; fail unless every line comes out to the cent."""
    run = queries.get_run(run_id=run_id)
    proof = queries.prove_run(run=run, sample_count=None if sample < 0 else sample)
    faults = list(proof.faults)
    if run.proof and run.proof["hash"] != proof.hash:
        faults.append("hash_differs")
    _print({"run": run.pk, "faults": faults, **proof.to_json()}, as_json=as_json)
    if faults:
        raise typer.Exit(1)


def _show(run: BillingRun, *, as_json: bool) -> None:
    facts = {"run": run.pk, "state": run.state, "due": run.due_count, **(run.proof or {})}
    _print(facts, as_json=as_json)


def _print(facts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(facts))
    else:
        for name, value in facts.items():
            typer.echo(f"{name:>26}  {value}")
