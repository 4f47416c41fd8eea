"""Compare an invoice with the one before by rating it with one thing changed after the other."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

import numpy as np

from hydria.billing._pricing import COMPUTED_INPUTS, rate_segments
from hydria.billing.domain.changes import Cause, Change, parts_of_change
from hydria.billing.models import Segment
from hydria.tariffs import queries as tariffs
from hydria.tariffs.queries import VersionCard


def changes_between(
    segments: list[Segment], before: list[Segment], *, fees_difference_minor: int = 0
) -> tuple[Change, ...]:
    """
    Return why an invoice costs other than the one before; services on one of the two only are one part.

    fees_difference_minor  by how much the fees on the invoice exceed those on the one before
    """
    earlier = {segment.agreement_id: segment for segment in before}
    sums: Counter[Cause] = Counter({Cause.FEES: fees_difference_minor})
    for segment in segments:
        previous = earlier.pop(segment.agreement_id, None)
        if previous is None:
            sums[Cause.OTHER_SERVICES] += segment.total_minor
            continue
        for part in parts_of_change(totals_minor=_steps_between(previous, segment)):
            sums[part.cause] += part.amount_minor
    for ended in earlier.values():
        sums[Cause.OTHER_SERVICES] -= ended.total_minor
    return tuple(Change(cause=cause, amount_minor=sums[cause]) for cause in Cause if sums[cause])


def _steps_between(previous: Segment, segment: Segment) -> list[int]:
    """Return the totals on the way from one segment to the next, each step taking one more thing from the latter."""
    old_version = tariffs.get_version(version_id=previous.tariff_version_id)
    new_version = tariffs.get_version(version_id=segment.tariff_version_id)
    days = segment.end_date - segment.start_date
    quantity_milli = segment.quantity_milli
    return [
        previous.total_minor,
        _total(old_version, previous.inputs, quantity_milli, previous.start_date, previous.end_date),
        _total(old_version, previous.inputs, quantity_milli, previous.start_date, previous.start_date + days),
        _total(new_version, previous.inputs, quantity_milli, segment.start_date, segment.end_date),
        segment.total_minor,
    ]


def _total(
    version: VersionCard,
    inputs: dict[str, Any],
    quantity_milli: int,
    start_date: datetime.date,
    end_date: datetime.date,
) -> int:
    names = [declared.name for declared in version.compiled.inputs if declared.name not in COMPUTED_INPUTS]
    batch = rate_segments(
        version,
        quantity_milli=np.array([quantity_milli], dtype=np.int64),
        start_dates=np.array([start_date], dtype="datetime64[D]"),
        end_dates=np.array([end_date], dtype="datetime64[D]"),
        inputs={name: [inputs.get(name)] for name in names},
    )
    return int(batch.total_minor[0])
