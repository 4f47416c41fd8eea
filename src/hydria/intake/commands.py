"""The command `hydria load`: check, preview and load a file through a mapping, or the folder of real data."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hydria.intake import operations, queries
from hydria.intake._course import Step, Tell
from hydria.intake._real.running import run_real_data
from hydria.intake._wording import label_of_step
from hydria.intake.operations import UnableToApplyLoad
from hydria.kernel.issues import Severity
from hydria.platform.access import SYSTEM

SHOWN_FINDINGS_MAX = 50
SHOWN_ODDITIES_MAX = 5

app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="The file to load; or the word `real` and then a folder.")],
    folder: Annotated[Path | None, typer.Argument(help="After `real`: the folder of real data sets.")] = None,
    mapping: Annotated[str, typer.Option(help="A mapping file, or the name of one that comes with Hydria.")] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Load it; without this it is only checked.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """
    Check a file through a mapping and say what loading it would do; with --apply, load it as a whole.

    `hydria load real FOLDER` loads and bills the real data sets found in the folder and prints what came out.
    """
    if str(file) == "real":
        if folder is None:
            raise typer.BadParameter("name the folder of real data sets", param_hint="FOLDER")
        raise typer.Exit(_load_real(folder, as_json=as_json))
    if not mapping:
        shipped = ", ".join(queries.list_shipped_mappings())
        raise typer.BadParameter(f"name a mapping file, or one of: {shipped}", param_hint="--mapping")
    if not file.is_file():
        raise typer.BadParameter(f"{file} is no file", param_hint="FILE")
    raise typer.Exit(_load_file(file, mapping_text=_read_mapping_text(mapping), apply=apply, as_json=as_json))


def _read_mapping_text(mapping: str) -> str:
    if mapping in queries.list_shipped_mappings():
        return queries.get_shipped_mapping(mapping)
    try:
        return Path(mapping).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{mapping} cannot be read: {error}", param_hint="--mapping") from error


def _load_file(file: Path, *, mapping_text: str, apply: bool, as_json: bool) -> int:
    """Receive, then check or apply; return the exit code."""
    batch = operations.receive_file(
        actor=SYSTEM,
        content=file.read_bytes(),
        file_name=file.name,
        mapping_text=mapping_text,
        received_at=timezone.now(),
    )
    # A refusal to apply is said below, with every finding.
    with _bar() as tell, contextlib.suppress(UnableToApplyLoad):
        if apply:
            operations.apply_load(actor=SYSTEM, batch_id=batch.pk, applied_at=timezone.now(), tell=tell)
        else:
            operations.check_load(actor=SYSTEM, batch_id=batch.pk, checked_at=timezone.now(), tell=tell)
    card = queries.get_load(actor=SYSTEM, batch_id=batch.pk)
    findings = list(queries.iterate_explanations(actor=SYSTEM, batch_id=batch.pk))
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "load": card.id,
                    "file": card.file_name,
                    "state": card.state,
                    "rows": card.row_count,
                    "counts": queries.to_plain_counts(card),
                    "findings": [
                        {
                            "row": finding.row,
                            "column": finding.column,
                            "code": finding.code,
                            "severity": finding.severity,
                            "reason": finding.reason,
                            "cure": finding.cure,
                        }
                        for finding in findings
                    ],
                }
            )
        )
    else:
        for finding in findings[:SHOWN_FINDINGS_MAX]:
            color = typer.colors.RED if finding.severity is Severity.BLOCK else typer.colors.YELLOW
            typer.secho(finding.sentence_with_row, fg=color)
        if len(findings) > SHOWN_FINDINGS_MAX:
            typer.echo(f"... {len(findings) - SHOWN_FINDINGS_MAX} more findings (--json lists all)")
        for count in card.counts:
            typer.echo(
                f"{count.kind:<14} {count.created:>9} new {count.changed:>9} changed {count.unchanged:>9} as before"
            )
        typer.echo(f"Load {card.id}: {card.row_count} rows, {card.state_label}.")
    return 1 if card.state == "REFUSED" else 0


@contextlib.contextmanager
def _bar() -> Iterator[Tell]:
    """Show a bar on the terminal, if it is one, beside what programs read."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def tell(step: Step, done_count: int, total_count: int) -> None:
            bar.update(task, description=label_of_step(step), completed=done_count, total=total_count)

        yield tell


def _load_real(folder: Path, *, as_json: bool) -> int:
    """Run the real data sets; return the exit code."""
    reports = []
    for report in run_real_data(actor=SYSTEM, folder=folder, now=timezone.now()):
        reports.append(report.to_plain())
        if not as_json:
            typer.secho(report.name, bold=True)
            for name, value in report.facts.items():
                typer.echo(f"  {name}: {value}")
            for name, entries in report.oddities.items():
                typer.secho(f"  {name}: {len(entries)}", fg=typer.colors.YELLOW)
                for entry in entries[:SHOWN_ODDITIES_MAX]:
                    typer.echo(f"    {entry.subject}: {entry.reason}")
    if as_json:
        typer.echo(json.dumps({"sets": reports}, default=str))
    return 0
