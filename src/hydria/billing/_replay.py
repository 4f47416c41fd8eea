"""
Work a run out again from what its segments store, and compare: by the same engine in full, by the second on a sample.

Nothing but the stored quantity, days and inputs of each segment and the text of its tariff version is used, so this
is the proof that any invoice can be derived again (BIL-15, I8). Source: docs/safety/replay.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
from django.db import connection

from hydria.billing._pricing import COMPUTED_INPUTS, rate_segments
from hydria.billing.models import BillingRun
from hydria.kernel.money import Currency
from hydria.kernel.rounding import Rounding
from hydria.tariffs import queries as tariffs
from hydria.tariffs.domain import oracle
from hydria.tariffs.queries import ROUNDING_LABEL, VersionCard

_SEGMENTS = """
    SELECT segment.id, segment.tariff_version_id, segment.start_date, segment.end_date, segment.quantity_milli,
           segment.inputs, agreement.number
    FROM billing_invoice invoice
    JOIN billing_segment segment ON segment.invoice_id = invoice.id
    JOIN agreements_serviceagreement agreement ON agreement.id = segment.agreement_id
    WHERE invoice.run_id = %(run_id)s AND invoice.account_id >= %(first_id)s AND invoice.account_id < %(end_id)s
    ORDER BY invoice.account_id, segment.agreement_id, segment.start_date
"""
_LINES = """
    SELECT line.segment_id, line.charge_id, line.amount_minor
    FROM billing_invoice invoice JOIN billing_line line ON line.invoice_id = invoice.id
    WHERE invoice.run_id = %(run_id)s AND invoice.account_id >= %(first_id)s AND invoice.account_id < %(end_id)s
"""
_LINE_SCHEMA = {"segment_id": pl.Int64, "charge_id": pl.Int64, "amount_minor": pl.Int64}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSegment:
    """What is kept of one segment to rate it again."""

    id: int
    version_id: int
    start_date: Any
    end_date: Any
    quantity_milli: int
    inputs: dict[str, Any]
    agreement_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """
    Say how a replay went.

    difference_count  lines that are stored and not derived, or derived and not stored, with their amount
    hash              sha256 over all derived lines in the order of accounts, agreements and charges
    """

    segment_count: int
    difference_count: int
    hash: str
    second_engine_checked: int
    second_engine_differences: int


def replay_run(*, run: BillingRun, sample_count: int | None) -> Replay:
    """
    Rate every segment of a run again and compare it with its stored lines.

    sample_count  how many segments the second engine prices as well, evenly spread; None means all
    """
    total = run.invoices.count()
    step = 1 if sample_count is None else max(total // max(sample_count, 1), 1)
    digest = hashlib.sha256()
    segment_count = difference_count = checked = differing = 0
    versions: dict[int, VersionCard] = {}
    for segments, stored in _batches(run):
        derived = _derive(segments, versions)
        digest.update(_spelled(segments, derived, versions).encode())
        difference_count += _count_differences(derived, stored)
        sample = [] if sample_count == 0 else segments[-segment_count % step :: step]
        differing += _count_second_engine_differences(sample, derived, versions)
        checked += len(sample)
        segment_count += len(segments)
    return Replay(
        segment_count=segment_count,
        difference_count=difference_count,
        hash=digest.hexdigest(),
        second_engine_checked=checked,
        second_engine_differences=differing,
    )


def _batches(run: BillingRun) -> Iterator[tuple[list[StoredSegment], pl.DataFrame]]:
    """Yield the segments and stored lines of the run, a chunk of accounts at a time."""
    chunks = run.chunks.order_by("position").values_list("first_account_id", "end_account_id")
    for first_id, end_id in chunks:
        parameters = {"run_id": run.pk, "first_id": first_id, "end_id": end_id}
        with connection.cursor() as cursor:
            cursor.execute(_SEGMENTS, parameters)
            segments = [
                StoredSegment(
                    id=row[0],
                    version_id=row[1],
                    start_date=row[2],
                    end_date=row[3],
                    quantity_milli=row[4],
                    inputs=json.loads(row[5]),
                    agreement_number=row[6],
                )
                for row in cursor.fetchall()
            ]
            cursor.execute(_LINES, parameters)
            stored = pl.DataFrame(cursor.fetchall(), schema=_LINE_SCHEMA, orient="row")
        yield segments, stored


def _derive(segments: list[StoredSegment], versions: dict[int, VersionCard]) -> pl.DataFrame:
    """Return the lines of the segments as rated now: segment_id, charge_id, amount_minor and order."""
    parts = []
    places_of: dict[int, list[int]] = {}
    for place, segment in enumerate(segments):
        places_of.setdefault(segment.version_id, []).append(place)
    for version_id, places in places_of.items():
        if version_id not in versions:
            versions[version_id] = tariffs.get_version(version_id=version_id)
        parts.extend(_derive_group(segments, places, versions[version_id]))
    if not parts:
        return pl.DataFrame(schema={**_LINE_SCHEMA, "place": pl.Int64, "position": pl.Int64})
    return pl.concat(parts).sort("place", "position")


def _derive_group(segments: list[StoredSegment], places: list[int], version: VersionCard) -> Iterator[pl.DataFrame]:
    chosen = [segments[place] for place in places]
    names = [declared.name for declared in version.compiled.inputs if declared.name not in COMPUTED_INPUTS]
    batch = rate_segments(
        version,
        quantity_milli=np.array([segment.quantity_milli for segment in chosen], dtype=np.int64),
        start_dates=np.array([segment.start_date for segment in chosen], dtype="datetime64[D]"),
        end_dates=np.array([segment.end_date for segment in chosen], dtype="datetime64[D]"),
        inputs={name: [segment.inputs.get(name) for segment in chosen] for name in names},
    )
    place_of_row = np.array(places, dtype=np.int64)
    id_of_row = np.array([segment.id for segment in chosen], dtype=np.int64)
    charged = [
        (version.charges[index], line.applies, line.amount_minor)
        for index, line in enumerate(batch.lines)
        if not line.charge.is_memo
    ]
    rounding_minor = batch.rounding_minor
    if rounding_minor.any():
        card = next(card for card in version.charges if card.label == ROUNDING_LABEL)
        charged.append((card, rounding_minor != 0, rounding_minor))
    for card, applies, amount_minor in charged:
        rows = np.flatnonzero(applies)
        yield pl.DataFrame(
            {
                "segment_id": id_of_row[rows],
                "charge_id": np.full(len(rows), card.id, dtype=np.int64),
                "amount_minor": amount_minor[rows],
                "place": place_of_row[rows],
                "position": np.full(len(rows), card.position, dtype=np.int64),
            }
        )


def _spelled(segments: list[StoredSegment], derived: pl.DataFrame, versions: dict[int, VersionCard]) -> str:
    """Write each derived line by names that mean the same in every database."""
    heads = [
        f"{segment.agreement_number} {segment.start_date} {versions[segment.version_id].version_hash}"
        for segment in segments
    ]
    labels = {card.id: f"{card.position} {card.label}" for version in versions.values() for card in version.charges}
    return "".join(
        f"{heads[place]} {labels[charge_id]} {amount_minor}\n"
        for _segment, charge_id, amount_minor, place, _position in derived.iter_rows()
    )


def _count_differences(derived: pl.DataFrame, stored: pl.DataFrame) -> int:
    names = list(_LINE_SCHEMA)
    here = derived.select(names)
    return here.join(stored, on=names, how="anti").height + stored.join(here, on=names, how="anti").height


def _count_second_engine_differences(
    sample: list[StoredSegment], derived: pl.DataFrame, versions: dict[int, VersionCard]
) -> int:
    """Count the sampled segments whose lines the slow, separate engine works out otherwise."""
    if not sample:
        return 0
    labels = {card.id: card.label for version in versions.values() for card in version.charges}
    amounts_of: dict[int, dict[str, int]] = {segment.id: {} for segment in sample}
    wanted = derived.filter(pl.col("segment_id").is_in(list(amounts_of)))
    for segment_id, charge_id, amount_minor, _place, _position in wanted.iter_rows():
        amounts = amounts_of[segment_id]
        amounts[labels[charge_id]] = amounts.get(labels[charge_id], 0) + amount_minor
    return sum(
        _second_opinion(segment, versions[segment.version_id])
        != {label: amount_minor for label, amount_minor in amounts_of[segment.id].items() if amount_minor}
        for segment in sample
    )


def _second_opinion(segment: StoredSegment, version: VersionCard) -> dict[str, int]:
    """Return the amounts that the second engine finds, by label, those of zero left out."""
    inputs = {
        **segment.inputs,
        "usage": Fraction(segment.quantity_milli, 1000),
        "days": (segment.end_date - segment.start_date).days,
    }
    asked = {declared.name for declared in version.compiled.inputs}
    try:
        bill = oracle.bill(
            version.compiled.plain,
            {name: value for name, value in inputs.items() if name in asked},
            start=segment.start_date,
            end=segment.end_date,
        )
    except oracle.CannotPrice:
        return {"": 0}  # unlike any amounts, so it counts as a difference
    currency = Currency.of(version.compiled.form.currency)
    cents = Rounding.to_places(currency.exponent)
    memos = {card.label for card in version.charges if card.is_memo}
    amounts = {
        label: int(cents.apply(amount) * currency.minor_per_major)
        for label, amount in bill.lines.items()
        if label not in memos
    }
    amounts[ROUNDING_LABEL] = int(cents.apply(bill.total) * currency.minor_per_major) - sum(amounts.values())
    return {label: amount_minor for label, amount_minor in amounts.items() if amount_minor}
