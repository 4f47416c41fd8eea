"""The commands `hydria simulate ...`: start a simulation, price it here and now, and show what it found."""

from __future__ import annotations

import datetime
import json
from typing import Annotated, Any

import typer
from django.utils import timezone
from rich.progress import Progress

from hydria.billing.queries import RehearsedScope
from hydria.kernel.periods import Period, add_months
from hydria.platform.access import SYSTEM
from hydria.simulation import operations, queries
from hydria.simulation.domain.tenths import TENTHS

app = typer.Typer(help="Price the register by proposed tariffs.", no_args_is_help=True)

SimulationId = Annotated[int, typer.Argument(help="Number of the simulation.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Day = Annotated[datetime.datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First of the first month.")]


@app.command()
def start(
    title: Annotated[str, typer.Argument(help="What the simulation is about.")],
    first: Day,
    proposal: Annotated[list[str], typer.Option(help="Versions to put in force: `urban:3` or `urban:3,large:2`.")],
    months: Annotated[int, typer.Option(min=1, help="How many months.")] = 12,
    prices: Annotated[
        datetime.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First of the month to price them as.")
    ] = None,
    elasticity: Annotated[int, typer.Option(help="Answer of use to price, in thousandths: -300.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Start a simulation of one or several proposals; workers price it, or `hydria simulate run`."""
    from_date = first.date()
    wanted = operations.Wanted(
        title=title,
        proposals=[queries.find_version_ids(names=names.split(",")) for names in proposal],
        months=Period(from_date, add_months(from_date, months)),
        prices_date=prices.date() if prices else from_date,
        scope=RehearsedScope(),
        elasticity_milli=[elasticity] * (TENTHS + 1) if elasticity else [],
    )
    simulation = operations.start_simulation(actor=SYSTEM, wanted=wanted, requested_at=timezone.now())
    _show(simulation.pk, as_json=as_json)


@app.command()
def run(simulation_id: SimulationId, as_json: AsJson = False) -> None:
    """Price what still waits, here and now; a simulation that was interrupted goes on where it stopped."""
    with Progress(disable=as_json) as progress:
        bar = progress.add_task("Chunks", total=None)
        operations.run_simulation(
            simulation_id=simulation_id,
            now=timezone.now(),
            on_progress=lambda done, total: progress.update(bar, completed=done, total=total),
        )
    _show(simulation_id, as_json=as_json)


@app.command()
def repeat(simulation_id: SimulationId, as_json: AsJson = False) -> None:
    """Do a simulation again on the register as it is now; fail unless it comes out to the cent."""
    first = queries.get_facts(simulation_id=simulation_id)
    again = operations.repeat_simulation(actor=SYSTEM, simulation_id=simulation_id, requested_at=timezone.now())
    operations.run_simulation(simulation_id=again.pk, now=timezone.now())
    _show(again.pk, as_json=as_json)
    if queries.get_facts(simulation_id=again.pk)["hash"] != first["hash"]:
        raise typer.Exit(1)


@app.command()
def cancel(simulation_id: SimulationId, as_json: AsJson = False) -> None:
    """Stop a simulation; `resume` lets it go on."""
    operations.cancel_simulation(actor=SYSTEM, simulation_id=simulation_id, cancelled_at=timezone.now())
    _show(simulation_id, as_json=as_json)


@app.command()
def resume(simulation_id: SimulationId, as_json: AsJson = False) -> None:
    """Let a cancelled simulation go on where it stopped."""
    operations.resume_simulation(actor=SYSTEM, simulation_id=simulation_id, resumed_at=timezone.now())
    _show(simulation_id, as_json=as_json)


@app.command()
def status(simulation_id: SimulationId, as_json: AsJson = False) -> None:
    """Show where a simulation stands, and what it found."""
    _show(simulation_id, as_json=as_json)


def _show(simulation_id: int, *, as_json: bool) -> None:
    facts: dict[str, Any] = queries.get_facts(simulation_id=simulation_id)
    if as_json:
        typer.echo(json.dumps(facts, default=str))
    else:
        for name, value in facts.items():
            typer.echo(f"{name:>16}  {value}")
