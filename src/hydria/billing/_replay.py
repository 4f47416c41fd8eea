"""
Work a run out again from what its segments store, and compare: by the same engine in full, by the second on a sample.

Nothing but the stored quantity, days and inputs of each segment and the text of its tariff version is used, so this
is the proof that any invoice can be derived again (BIL-15, I8). Source: docs/safety/replay.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl

from hydria.billing._pricing import COMPUTED_INPUTS, rate_segments
from hydria.billing.models import BillingRun
from hydria.kernel.money import Currency
from hydria.kernel.rounding import Rounding
from hydria.platform.bulk import read_columns, read_numbers
from hydria.tariffs import queries as tariffs
from hydria.tariffs.domain import oracle
from hydria.tariffs.queries import ROUNDING_LABEL, VersionCard

_SEGMENTS = """
    SELECT segment.id, segment.tariff_version_id, segment.start_date, segment.end_date, segment.quantity_milli,
           segment.inputs::text, agreement.number
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
      AND line.segment_id IS NOT NULL
"""
_SEGMENT_SCHEMA = {
    "segment_id": pl.Int64,
    "version_id": pl.Int64,
    "start_date": pl.Date,
    "end_date": pl.Date,
    "quantity_milli": pl.Int64,
    "inputs": pl.String,
    "agreement_number": pl.String,
}
_LINE_SCHEMA = {"segment_id": pl.Int64, "charge_id": pl.Int64, "amount_minor": pl.Int64}
_DERIVED_SCHEMA = {**_LINE_SCHEMA, "place": pl.Int64, "position": pl.Int64}


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
        sample = segments.clear() if sample_count == 0 else segments[-segment_count % step :: step]
        differing += _count_second_engine_differences(sample, derived, versions)
        checked += sample.height
        segment_count += segments.height
    return Replay(
        segment_count=segment_count,
        difference_count=difference_count,
        hash=digest.hexdigest(),
        second_engine_checked=checked,
        second_engine_differences=differing,
    )


def _batches(run: BillingRun) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Yield what is kept of the segments to rate them again, and their stored lines, a chunk of accounts at a time."""
    chunks = run.chunks.order_by("position").values_list("first_account_id", "end_account_id")
    for first_id, end_id in chunks:
        parameters = {"run_id": run.pk, "first_id": first_id, "end_id": end_id}
        yield (
            read_columns(_SEGMENTS, parameters, schema=_SEGMENT_SCHEMA),
            read_numbers(_LINES, parameters, names=list(_LINE_SCHEMA)),
        )


def _derive(segments: pl.DataFrame, versions: dict[int, VersionCard]) -> pl.DataFrame:
    """Return the lines of the segments as rated now, in the order of the segments and of their charges."""
    parts = []
    for (version_id,), chosen in segments.with_row_index("place").group_by("version_id", maintain_order=True):
        if version_id not in versions:
            versions[version_id] = tariffs.get_version(version_id=version_id)
        parts.extend(_derive_group(chosen, versions[version_id]))
    if not parts:
        return pl.DataFrame(schema=_DERIVED_SCHEMA)
    return pl.concat(parts).sort("place", "position")


def _derive_group(chosen: pl.DataFrame, version: VersionCard) -> Iterator[pl.DataFrame]:
    names = [declared.name for declared in version.compiled.inputs if declared.name not in COMPUTED_INPUTS]
    batch = rate_segments(
        version,
        quantity_milli=chosen["quantity_milli"].to_numpy(),
        start_dates=chosen["start_date"].to_numpy(),
        end_dates=chosen["end_date"].to_numpy(),
        inputs=_parsed(chosen["inputs"], names),
    )
    places, ids = chosen["place"].cast(pl.Int64).to_numpy(), chosen["segment_id"].to_numpy()
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
                "segment_id": ids[rows],
                "charge_id": np.full(len(rows), card.id, dtype=np.int64),
                "amount_minor": amount_minor[rows],
                "place": places[rows],
                "position": np.full(len(rows), card.position, dtype=np.int64),
            }
        )


def _parsed(texts: pl.Series, names: Sequence[str]) -> dict[str, list[Any]]:
    """Return the stored inputs as columns; each distinct text is read once."""
    known = {text: json.loads(text) for text in texts.unique()}
    return {name: [known[text].get(name) for text in texts] for name in names}


def _spelled(segments: pl.DataFrame, derived: pl.DataFrame, versions: dict[int, VersionCard]) -> str:
    """Write each derived line by names that mean the same in every database."""
    hashes = {version_id: version.version_hash for version_id, version in versions.items()}
    labels = {card.id: f"{card.position} {card.label}" for version in versions.values() for card in version.charges}
    heads = segments.select(
        "segment_id",
        head=pl.format(
            "{} {} {}", "agreement_number", "start_date", pl.col("version_id").replace_strict(hashes, default="")
        ),
    )
    spelled = derived.join(heads, on="segment_id", maintain_order="left").select(
        pl.format("{} {} {}\n", "head", pl.col("charge_id").replace_strict(labels, default=""), "amount_minor")
    )
    return "".join(spelled.to_series())


def _count_differences(derived: pl.DataFrame, stored: pl.DataFrame) -> int:
    names = list(_LINE_SCHEMA)
    here = derived.select(names)
    return here.join(stored, on=names, how="anti").height + stored.join(here, on=names, how="anti").height


def _count_second_engine_differences(
    sample: pl.DataFrame, derived: pl.DataFrame, versions: dict[int, VersionCard]
) -> int:
    """Count the sampled segments whose lines the slow, separate engine works out otherwise."""
    labels = {card.id: card.label for version in versions.values() for card in version.charges}
    amounts_of: dict[int, dict[str, int]] = {segment_id: {} for segment_id in sample["segment_id"]}
    wanted = derived.filter(pl.col("segment_id").is_in(list(amounts_of)))
    for segment_id, charge_id, amount_minor, _place, _position in wanted.iter_rows():
        amounts = amounts_of[segment_id]
        amounts[labels[charge_id]] = amounts.get(labels[charge_id], 0) + amount_minor
    return sum(
        _second_opinion(segment, versions[segment["version_id"]])
        != {label: amount_minor for label, amount_minor in amounts_of[segment["segment_id"]].items() if amount_minor}
        for segment in sample.iter_rows(named=True)
    )


def _second_opinion(segment: Mapping[str, Any], version: VersionCard) -> dict[str, int]:
    """Return the amounts that the second engine finds, by label, those of zero left out."""
    inputs = {
        **json.loads(segment["inputs"]),
        "usage": Fraction(segment["quantity_milli"], 1000),
        "days": (segment["end_date"] - segment["start_date"]).days,
    }
    asked = {declared.name for declared in version.compiled.inputs}
    try:
        bill = oracle.bill(
            version.compiled.plain,
            {name: value for name, value in inputs.items() if name in asked},
            start=segment["start_date"],
            end=segment["end_date"],
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
