"""Reads of loading: batches with their preview, their findings, and the mappings that come with Hydria."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count, Q, QuerySet

from hydria.intake._wording import Explanation, explain, label_of_kind
from hydria.intake.domain.kinds import KINDS
from hydria.intake.models import LoadBatch, LoadFinding
from hydria.kernel.issues import Issue, Severity
from hydria.platform.access import Actor, Permission

SHIPPED_MAPPINGS_DIR = Path(__file__).parent / "mappings"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCount:
    """What a batch does, or did, to one kind of record."""

    kind: str
    label: str
    created: int
    changed: int
    unchanged: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCard:
    """A batch as pages and programs show it."""

    id: int
    file_name: str
    mapping_name: str
    state: str
    state_label: str
    row_count: int
    block_count: int
    warn_count: int
    counts: tuple[KindCount, ...]
    received_by: str
    received_at: datetime.datetime
    applied_by: str
    applied_at: datetime.datetime | None
    reversed_by: str
    reversed_at: datetime.datetime | None
    reason: str


def access_loads(*, actor: Actor) -> QuerySet[LoadBatch]:
    """
    Return the batches that the actor may see, newest first, with `block_count` and `warn_count`.

    :raises UnableToPermit: if the actor may not load files.
    """
    actor.require(Permission.INTAKE_LOAD)
    return LoadBatch.objects.annotate(
        block_count=Count("findings", filter=Q(findings__severity=Severity.BLOCK)),
        warn_count=Count("findings", filter=Q(findings__severity=Severity.WARN)),
    ).order_by("-received_at", "-id")


def get_load(*, actor: Actor, batch_id: int) -> LoadCard:
    """
    Return one batch.

    :raises UnableToPermit: if the actor may not load files.
    """
    return to_card(access_loads(actor=actor).get(id=batch_id))


def to_card(batch: LoadBatch) -> LoadCard:
    """Return the card of a batch that `access_loads` gave."""
    return LoadCard(
        id=batch.pk,
        file_name=batch.file_name,
        mapping_name=batch.mapping_name,
        state=batch.state,
        state_label=batch.get_state_display(),
        row_count=batch.row_count,
        block_count=batch.block_count,  # type: ignore[attr-defined]
        warn_count=batch.warn_count,  # type: ignore[attr-defined]
        counts=tuple(
            KindCount(kind=kind, label=label_of_kind(kind), **batch.counts[kind])
            for kind in KINDS
            if kind in batch.counts
        ),
        received_by=batch.received_by,
        received_at=batch.received_at,
        applied_by=batch.applied_by,
        applied_at=batch.applied_at,
        reversed_by=batch.reversed_by,
        reversed_at=batch.reversed_at,
        reason=batch.reason,
    )


def list_findings(*, actor: Actor, batch_id: int, severity: str = "") -> QuerySet[LoadFinding]:
    """
    Return the findings of a batch in the order of the file.

    :raises UnableToPermit: if the actor may not load files.
    """
    actor.require(Permission.INTAKE_LOAD)
    findings = LoadFinding.objects.filter(batch_id=batch_id).order_by("row_number", "id")
    return findings.filter(severity=severity) if severity else findings


def explain_finding(finding: LoadFinding) -> Explanation:
    """Put a kept finding into words."""
    data = {**finding.data, "kind": str(finding.data.get("kind", ""))}
    return explain(
        Issue(
            code=finding.code,
            severity=Severity(finding.severity),
            row=finding.row_number,
            field=finding.column,
            data=data,
        )
    )


def list_known_mappings() -> tuple[str, ...]:
    """Return the names of the mappings that came with Hydria or were used before."""
    used = LoadBatch.objects.order_by("mapping_name").values_list("mapping_name", flat=True).distinct()
    return tuple(sorted({*list_shipped_mappings(), *used}))


def get_known_mapping(name: str) -> str:
    """Return the text of a mapping: as it was used last, else as it came with Hydria."""
    last = LoadBatch.objects.filter(mapping_name=name).order_by("-received_at", "-id").first()
    return last.mapping_text if last and name not in list_shipped_mappings() else get_shipped_mapping(name)


def list_shipped_mappings() -> tuple[str, ...]:
    """Return the names of the mappings that come with Hydria."""
    return tuple(sorted(path.stem for path in SHIPPED_MAPPINGS_DIR.glob("*.yaml")))


def get_shipped_mapping(name: str) -> str:
    """Return the text of a mapping that comes with Hydria."""
    assert name in list_shipped_mappings()
    return (SHIPPED_MAPPINGS_DIR / f"{name}.yaml").read_text(encoding="utf-8")


def iterate_explanations(*, actor: Actor, batch_id: int) -> Iterator[Explanation]:
    """
    Yield every finding of a batch in words, in the order of the file.

    :raises UnableToPermit: if the actor may not load files.
    """
    for finding in list_findings(actor=actor, batch_id=batch_id).iterator(chunk_size=2_000):
        yield explain_finding(finding)


def to_plain_counts(card: LoadCard) -> dict[str, dict[str, int]]:
    """Return the counts of a batch by kind, as programs read them."""
    return {
        count.kind: {
            "created": count.created,
            "changed": count.changed,
            "unchanged": count.unchanged,
            "refused": count.refused,
        }
        for count in card.counts
    }
