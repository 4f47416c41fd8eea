"""Run every real data set that a folder holds: load its register, bill it, and report."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from hydria.intake import operations, queries
from hydria.intake._real import (
    Oddity,
    SetReport,
    new_york,
    san_joan,
    san_joan_queue,
    santa_monica,
    village,
    village_chain,
)
from hydria.kernel.errors import UnableTo
from hydria.platform.access import Actor

SETS: tuple[ModuleType, ...] = (village, new_york, santa_monica, san_joan)


class UnableToFindRealData(UnableTo):
    """The folder holds none of the known data sets."""


def run_real_data(*, actor: Actor, folder: Path, now: datetime.datetime) -> Iterator[SetReport]:
    """
    Yield the report of each data set found in a folder; the folder may also be a data set itself.

    :raises UnableToFindRealData: with code `no_data_set`.
    """
    places = [(known, place) for known in SETS for place in (folder / known.FOLDER, folder) if _holds(place, known)]
    if not places:
        names = ", ".join(known.FOLDER for known in SETS)
        raise UnableToFindRealData("no_data_set", f"{folder} holds none of: {names}.", folder=str(folder))
    for known, place in places:
        report: SetReport = known.check(place)
        loads = {mapping: _load(actor, place / file, mapping, now) for file, mapping in known.LOADS}
        facts = {**report.facts, "loads": {name: counts for name, (counts, _findings) in loads.items()}}
        oddities = {
            **report.oddities,
            **{f"findings of {name}": findings for name, (_counts, findings) in loads.items() if findings},
        }
        if known is san_joan:
            facts["queue"], incidents = san_joan_queue.judge(actor=actor)
            oddities |= incidents
        if known is village:
            if obstacle := village_chain.prepare(actor=actor, now=now):
                facts["chain"] = f"not run: {obstacle}"
            else:
                facts["chain"], came_out = village_chain.bill_and_pay(actor=actor, folder=place, now=now)
                oddities |= came_out
        yield replace(report, facts=facts, oddities=oddities)


def _holds(place: Path, known: ModuleType) -> bool:
    return place.name == known.FOLDER and place.is_dir()


def _load(
    actor: Actor, file: Path, mapping: str, now: datetime.datetime
) -> tuple[dict[str, dict[str, int]], list[Oddity]]:
    """Load a file through a shipped mapping; return what it did and every finding."""
    batch = operations.receive_file(
        actor=actor,
        content=file.read_bytes(),
        file_name=file.name,
        mapping_text=queries.get_shipped_mapping(mapping),
        received_at=now,
    )
    operations.apply_load(actor=actor, batch_id=batch.pk, applied_at=now)
    card = queries.get_load(actor=actor, batch_id=batch.pk)
    findings = [
        Oddity(subject=f"row {finding.row}, {finding.column}", reason=finding.sentence)
        for finding in queries.iterate_explanations(actor=actor, batch_id=batch.pk)
    ]
    return queries.to_plain_counts(card), findings
