"""`hydria bench NAME`: measure, and show the figures to a person or a program."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(add_completion=False, no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


@app.command()
def billing(
    connections: Annotated[str, typer.Option(help="Sizes of the register, separated by commas.")] = "20000,200000",
    as_json: AsJson = False,
) -> None:
    """Bill a register of each size, and COPY exactly the same rows as the floor."""
    from hydria.billing import bench

    show_figures(bench.measure(connections=[int(size) for size in connections.split(",")]), as_json=as_json)


@app.command()
def rate(
    accounts: Annotated[int, typer.Option(min=1000, help="Accounts rated in one batch.")] = 1_000_000,
    as_json: AsJson = False,
) -> None:
    """Rate a column of accounts, and the same tariff in bare NumPy as the floor."""
    from hydria.tariffs import bench

    show_figures(bench.measure(account_count=accounts)["figures"], as_json=as_json)


@app.command()
def pdf(
    pages: Annotated[int, typer.Option(min=10, help="Invoices printed in one measurement.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Print invoices, and the same pages by bare Typst as the floor."""
    from hydria.billing.documents import bench

    show_figures(bench.measure(page_count=pages), as_json=as_json)


@app.command()
def load(
    points: Annotated[int, typer.Option(min=1000, help="Points with meters and a year of readings.")] = 200_000,
    as_json: AsJson = False,
) -> None:
    """Load a register and a year of readings from files, and COPY exactly the same rows as the floor."""
    from hydria.intake import bench

    show_figures(bench.measure(points=points), as_json=as_json)


@app.command()
def readings(
    points: Annotated[
        int, typer.Option(min=1000, help="Points of a town with a year of readings behind it.")
    ] = 200_000,
    as_json: AsJson = False,
) -> None:
    """Record and judge a month of readings, and COPY exactly the same rows as the floor."""
    from hydria.demo import bench

    show_figures(bench.measure(points=points), as_json=as_json)


@app.command()
def desk(
    requests: Annotated[int, typer.Option(min=20, help="Customers that pages are asked for.")] = 200,
    connections: Annotated[
        int, typer.Option(help="Measure in a scratch town of so many connections; 0 measures the live database.")
    ] = 0,
    months: Annotated[int, typer.Option(min=2, help="Months of history of the scratch town.")] = 24,
    as_json: AsJson = False,
) -> None:
    """Ask for the pages of the desk: time of the server, queries, weight."""
    from django.utils import timezone

    from hydria.demo import desk_bench
    from hydria.desk import bench

    if connections:
        figures = desk_bench.measure(connections=connections, months=months, request_count=requests)
    else:
        figures = bench.measure(request_count=requests, today=timezone.localdate())
    show_figures(figures, as_json=as_json)


def show_figures(figures: Sequence[Any], *, as_json: bool) -> None:
    """Print figures as a table, or as one JSON object together with the machine that made them."""
    rows: list[Mapping[str, Any]] = [asdict(figure) if is_dataclass(figure) else figure for figure in figures]  # type: ignore[arg-type]
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    if as_json:
        typer.echo(json.dumps({"figures": rows, "machine": machine}))
        return
    table = Table("figure", "value", "unit", "floor", "ratio to floor")
    for row in rows:
        numbers = [row.get(key) for key in ("floor", "ratio_to_floor")]
        shown = ["" if number is None else f"{number:,.3g}" for number in numbers]
        table.add_row(row["name"], f"{row['value']:,.6g}", row["unit"], *shown)
    Console().print(table)
