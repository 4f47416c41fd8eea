"""
Know what a tariff version would meet when it is published from a day: the days already billed, and what billing them
again would come to (TAR-11, pitfall 5).

The segments are rated again from what they store, by the engine and the code path that drafts and replays them.
"""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import polars as pl
from django.db import connection

from hydria.billing._pricing import COMPUTED_INPUTS, rate_segments
from hydria.billing.models import RebillProposal
from hydria.platform.access import Actor, Permission
from hydria.tariffs import queries as tariffs
from hydria.tariffs.queries import ROUNDING_LABEL, VersionCard

_SEGMENTS_AT_ONCE = 20_000

# A segment belongs to the version in force on its last day.
_BILLED = """
    FROM billing_segment segment JOIN tariffs_tariffversion billed ON billed.id = segment.tariff_version_id
   WHERE billed.tariff_id = %(tariff_id)s AND segment.end_date > %(from_date)s
     AND segment.end_date <= %(until_date)s AND billed.id <> %(version_id)s
"""
_PERIODS = f"""
    SELECT period.id, cycle.name, period.start_date, period.end_date, count(DISTINCT due.invoice_id)
    FROM (SELECT segment.run_id, segment.invoice_id {_BILLED}) due
    JOIN billing_billingrun run ON run.id = due.run_id
    JOIN billing_billingperiod period ON period.id = run.period_id
    JOIN premises_billingcycle cycle ON cycle.id = period.cycle_id
    GROUP BY period.id, cycle.name ORDER BY period.start_date, cycle.name
"""
_SEGMENTS = f"""
    SELECT segment.id, segment.invoice_id, segment.start_date, segment.end_date, segment.quantity_milli, segment.inputs
    {_BILLED} AND segment.id > %(after_id)s ORDER BY segment.id LIMIT {_SEGMENTS_AT_ONCE}
"""
_LINES = """
    SELECT charge.label, sum(line.amount_minor)::bigint
    FROM billing_line line JOIN tariffs_versioncharge charge ON charge.id = line.charge_id
    WHERE line.segment_id = ANY (%(segment_ids)s) GROUP BY charge.label
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledPeriod:
    """A period in which days from the wanted one on have been billed; `[start_date, end_date)`."""

    period_id: int
    cycle: str
    start_date: datetime.date
    end_date: datetime.date
    invoice_count: int

    @property
    def last_date(self) -> datetime.date:
        """Return the last day of the period."""
        return self.end_date - datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeDifference:
    """What a charge came to and would come to, over all segments that the new version can price."""

    label: str
    old_minor: int
    new_minor: int

    @property
    def difference_minor(self) -> int:
        """Return by how much it would grow."""
        return self.new_minor - self.old_minor


@dataclass(slots=True, kw_only=True)
class Rebilled:
    """
    Add up what billing again would come to.

    unpriced_count  segments that the new version cannot price; they are in none of the sums
    """

    segment_count: int = 0
    unpriced_count: int = 0
    dearer_count: int = 0
    cheaper_count: int = 0
    invoice_ids: set[int] = field(default_factory=set)
    old_minor: Counter[str] = field(default_factory=Counter)
    new_minor: Counter[str] = field(default_factory=Counter)

    @property
    def charges(self) -> list[ChargeDifference]:
        """Return the charges of either version."""
        labels = dict.fromkeys([*self.new_minor, *self.old_minor])
        return [
            ChargeDifference(label=label, old_minor=self.old_minor[label], new_minor=self.new_minor[label])
            for label in labels
        ]


def list_billed_periods(*, version_id: int, from_date: datetime.date) -> list[BilledPeriod]:
    """Return the periods with invoices, drafts included, that bill days which a version would price from a day on."""
    with connection.cursor() as cursor:
        cursor.execute(_PERIODS, _parameters(version_id, from_date))
        return [
            BilledPeriod(period_id=row[0], cycle=row[1], start_date=row[2], end_date=row[3], invoice_count=row[4])
            for row in cursor.fetchall()
        ]


def count_billed_by(*, version_id: int) -> int:
    """Count the segments that a version has billed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM billing_segment WHERE tariff_version_id = %s", [version_id])
        return int(cursor.fetchone()[0])


def rebill(*, version_id: int, from_date: datetime.date) -> Rebilled:
    """Rate everything billed from a day on again, by another version."""
    version = tariffs.get_version(version_id=version_id)
    found = Rebilled()
    for segments in _segments(version_id, from_date):
        _add(found, segments, version)
    return found


def _parameters(version_id: int, from_date: datetime.date) -> dict[str, Any]:
    placed = tariffs.get_place(version_id=version_id, from_date=from_date)
    return {
        "tariff_id": placed.tariff_id,
        "version_id": version_id,
        "from_date": from_date,
        "until_date": placed.until_date or datetime.date.max,
    }


def _segments(version_id: int, from_date: datetime.date) -> Iterator[pl.DataFrame]:
    after_id = 0
    schema = {
        "id": pl.Int64, "invoice_id": pl.Int64, "start_date": pl.Date, "end_date": pl.Date,
        "quantity_milli": pl.Int64, "inputs": pl.Object,
    }  # fmt: skip
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_SEGMENTS, {**_parameters(version_id, from_date), "after_id": after_id})
            rows = cursor.fetchall()
        if not rows:
            return
        yield pl.DataFrame(rows, schema=schema, orient="row")
        after_id = rows[-1][0]


def _add(found: Rebilled, segments: pl.DataFrame, version: VersionCard) -> None:
    stored = [_parsed(inputs) for inputs in segments["inputs"].to_list()]
    names = [declared.name for declared in version.compiled.inputs if declared.name not in COMPUTED_INPUTS]
    batch = rate_segments(
        version,
        quantity_milli=segments["quantity_milli"].to_numpy(),
        start_dates=segments["start_date"].to_numpy(),
        end_dates=segments["end_date"].to_numpy(),
        inputs={name: [inputs.get(name) for inputs in stored] for name in names},
    )
    priced = batch.is_priced
    segment_ids = segments["id"].to_numpy()[priced].tolist()
    found.segment_count += len(segment_ids)
    found.unpriced_count += int((~priced).sum())
    found.invoice_ids.update(segments["invoice_id"].to_numpy()[priced].tolist())
    with connection.cursor() as cursor:
        cursor.execute(_LINES, {"segment_ids": segment_ids})
        found.old_minor.update({label: int(amount) for label, amount in cursor.fetchall()})
        cursor.execute("SELECT id, total_minor FROM billing_segment WHERE id = ANY (%s)", [segment_ids])
        totals = dict(cursor.fetchall())
    for line in batch.lines:
        if not line.charge.is_memo:
            found.new_minor[line.charge.label] += int(line.amount_minor[priced].sum())
    if batch.rounding_minor.any():
        found.new_minor[ROUNDING_LABEL] += int(batch.rounding_minor[priced].sum())
    old_totals = np.array([totals[segment_id] for segment_id in segment_ids], dtype=np.int64)
    differences = batch.total_minor[priced] - old_totals
    found.dearer_count += int((differences > 0).sum())
    found.cheaper_count += int((differences < 0).sum())


def _parsed(inputs: Any) -> dict[str, Any]:
    return dict(json.loads(inputs)) if isinstance(inputs, str) else dict(inputs)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalCard:
    """What billing again would come to, as it was worked out and stored."""

    id: int
    from_date: datetime.date
    proposed_by: str
    proposed_at: datetime.datetime
    invoice_count: int
    segment_count: int
    unpriced_count: int
    dearer_count: int
    cheaper_count: int
    old_minor: int
    new_minor: int
    charges: tuple[ChargeDifference, ...]
    periods: tuple[BilledPeriod, ...]

    @property
    def difference_minor(self) -> int:
        """Return what the customers would owe more."""
        return self.new_minor - self.old_minor


def list_proposals(*, actor: Actor, version_id: int) -> list[ProposalCard]:
    """
    Return the proposals that were worked out for a version, newest first.

    :raises UnableToPermit: if the actor may not see invoices.
    """
    actor.require(Permission.BILLING_VIEW)
    return [
        ProposalCard(
            id=row.pk,
            from_date=row.from_date,
            proposed_by=row.proposed_by,
            proposed_at=row.proposed_at,
            invoice_count=row.invoice_count,
            segment_count=row.segment_count,
            unpriced_count=row.unpriced_count,
            dearer_count=row.dearer_count,
            cheaper_count=row.cheaper_count,
            old_minor=row.old_minor,
            new_minor=row.new_minor,
            charges=tuple(ChargeDifference(**charge) for charge in row.charges),
            periods=tuple(_stored_period(period) for period in row.periods),
        )
        for row in RebillProposal.objects.filter(tariff_version=version_id).order_by("-id")
    ]


def spell_period(period: BilledPeriod) -> dict[str, Any]:
    """Return a period as a proposal stores it."""
    return {name: str(value) if isinstance(value, datetime.date) else value for name, value in asdict(period).items()}


def _stored_period(period: dict[str, Any]) -> BilledPeriod:
    dates = {name: datetime.date.fromisoformat(period[name]) for name in ("start_date", "end_date")}
    return BilledPeriod(**{**period, **dates})
