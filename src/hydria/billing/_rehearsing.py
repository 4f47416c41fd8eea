"""
Price what has been used by texts that need not be in force: what a run would bill, without a run (TAR-09).

The register is read by the statement that selects what a run has to price, and rated by the function that rates a run,
so a rehearsal by the texts in force comes to what was billed. Nothing is written.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from django.db import connection

from hydria.billing._pricing import Unbilled, find_unbilled, inputs_of, rate_segments, unbilled_by_fault
from hydria.billing._selection import AccountRange, load_due
from hydria.billing.models import BillingPeriod, BillingRun
from hydria.kernel.periods import Period, add_months
from hydria.tariffs.domain.rating import RatedBatch
from hydria.tariffs.queries import ROUNDING_LABEL, VersionCard

Int64Array = npt.NDArray[np.int64]
DateArray = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedScope:
    """
    Narrow a rehearsal to places and customers by their codes, and to accounts with ids in `[first, end)`.

    An empty collection does not narrow.
    """

    cycle_ids: tuple[int, ...] = ()
    sectors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    first_account_id: int = 0
    end_account_id: int = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedLine:
    """Hold one charge of one tariff for the rows that pay it: their places in the frame, and int64 amounts."""

    tariff_code: str
    charge: str
    rows: Int64Array
    amount_minor: Int64Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """
    Hold a frame of used quantities, priced.

    lines        charges that count towards the total; where a text rounds totals, one more labeled `rounding`
    total_minor  int64[n]  0 where a row is not priced
    is_priced    bool[n]
    unpriced     why, for each row that is not priced
    """

    lines: tuple[RehearsedLine, ...]
    total_minor: Int64Array
    is_priced: npt.NDArray[np.bool_]
    unpriced: tuple[Unbilled, ...]


# An agreement of the scope that was in force on some day of the months, with the place that it supplies.
_IN_SCOPE = """
    FROM agreements_serviceagreement agreement
    JOIN premises_servicepoint point ON point.id = agreement.service_point_id
    JOIN premises_route route ON route.id = point.route_id
    JOIN premises_sector sector ON sector.id = route.sector_id
    WHERE agreement.valid_during && daterange(%(start_date)s, %(end_date)s)
      AND agreement.account_id >= %(first_id)s AND agreement.account_id < %(end_id)s
      AND (%(cycle_ids)s::bigint[] = '{}' OR route.cycle_id = ANY(%(cycle_ids)s::bigint[]))
      AND (%(sectors)s::text[] = '{}' OR sector.code = ANY(%(sectors)s::text[]))
      AND (%(categories)s::text[] = '{}' OR EXISTS (
          SELECT FROM agreements_agreementterms terms JOIN premises_category category ON category.id = terms.category_id
          WHERE terms.agreement_id = agreement.id AND category.code = ANY(%(categories)s::text[])
            AND terms.valid_during && daterange(%(start_date)s, %(end_date)s)))
"""


def list_rehearsed_ranges(
    *, months: Period, scope: RehearsedScope, accounts_per_range: int
) -> list[tuple[int, int, int]]:
    """Cut the accounts of a scope into ranges of ids, in order: first, end, and how many accounts are inside."""
    statement = f"""
        WITH account AS (
            SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
            FROM (SELECT DISTINCT agreement.account_id AS id {_IN_SCOPE}) AS found
        )
        SELECT min(id), max(id) + 1, count(*) FROM account GROUP BY place / %(accounts_per_range)s ORDER BY 1
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, {**_parameters(months, scope), "accounts_per_range": accounts_per_range})
        return list(cursor.fetchall())


def measure_use(*, months: Period, scope: RehearsedScope) -> pl.DataFrame:
    """
    Return what each account used: `account_id`, `quantity_milli`, `days`, from the final consumptions of the months.

    An account without any final consumption is left out.
    """
    statement = f"""
        SELECT agreement.account_id, sum(used.quantity_milli)::bigint, sum(used.end_date - used.start_date)::bigint
        FROM (SELECT agreement.id, agreement.account_id, agreement.service_point_id, agreement.valid_during
              {_IN_SCOPE}) agreement
        JOIN metering_consumption used ON used.service_point_id = agreement.service_point_id
         AND used.state = 'FINAL' AND used.start_date >= lower(agreement.valid_during)
         AND used.end_date <= coalesce(upper(agreement.valid_during), 'infinity')
         AND used.end_date > %(start_date)s AND used.end_date <= %(end_date)s
        GROUP BY agreement.account_id ORDER BY agreement.account_id
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, _parameters(months, scope))
        schema = {"account_id": pl.Int64, "quantity_milli": pl.Int64, "days": pl.Int64}
        return pl.DataFrame(cursor.fetchall(), schema=schema, orient="row")


def load_used(*, months: Period, scope: RehearsedScope) -> pl.DataFrame:
    """
    Return what a run of each period would have had to price, one row per agreement and period, in a stable order.

    columns  those of a run's frame, and `period_date`, the first day of the period
    """
    accounts = AccountRange(first_id=scope.first_account_id, end_id=scope.end_account_id)
    frames = []
    for period in _periods(months, _cycles_of(months, scope)):
        # A run that nobody saves: it stands for the first run of the period, which has found nothing billed yet.
        due = load_due(run=BillingRun(period=period), accounts=accounts, history_count=0)
        frames.append(due.with_columns(period_date=pl.lit(period.start_date)))
    if not frames:
        return pl.DataFrame()
    used = pl.concat(frames)
    for column, codes in (("sector", scope.sectors), ("category", scope.categories)):
        if codes:
            used = used.filter(pl.col(column).is_in(codes))
    return used.sort("account_id", "agreement_id", "start_date", "period_date")


def rehearse(
    used: pl.DataFrame, *, versions: Mapping[str, VersionCard], quantity_milli: Int64Array, months_later: int
) -> Rehearsal:
    """
    Price a frame of `load_used`.

    versions        the text to price with by the code of the tariff
    quantity_milli  int64[n]  what to price in place of what was used
    months_later    move the days supplied, so that other dated prices count; the number of days stays
    """
    numbers = {code: number for number, code in enumerate(sorted(versions))}
    due = used.with_columns(tariff_version_id=pl.col("tariff_code").replace_strict(numbers, default=None))
    unpriced = find_unbilled(due)
    is_priced = np.ones(due.height, dtype=bool)
    is_priced[[row.row for row in unpriced]] = False
    total_minor = np.zeros(due.height, dtype=np.int64)
    lines: list[RehearsedLine] = []
    for code, number in numbers.items():
        rows = np.flatnonzero(is_priced & (due["tariff_version_id"] == number).fill_null(value=False).to_numpy())
        if not len(rows):
            continue
        part = due[rows]
        starts, ends = move_days(part["start_date"].to_numpy(), part["end_date"].to_numpy(), months_later=months_later)
        version = versions[code]
        batch = rate_segments(
            version,
            quantity_milli=quantity_milli[rows],
            start_dates=starts,
            end_dates=ends,
            inputs=inputs_of(part, version),
        )
        total_minor[rows] = np.where(batch.is_priced, batch.total_minor, 0)
        is_priced[rows] = batch.is_priced
        lines.extend(_lines_of(code, rows, batch))
        unpriced.extend(_faults_of(rows, batch))
    return Rehearsal(lines=tuple(lines), total_minor=total_minor, is_priced=is_priced, unpriced=tuple(unpriced))


def move_days(starts: DateArray, ends: DateArray, *, months_later: int) -> tuple[DateArray, DateArray]:
    """
    Move periods by whole months and keep how many days each has.

    starts, ends  datetime64[D][n], half-open; a first day that the month lacks becomes its last

    >>> january = np.array(["2026-01-31"], dtype="datetime64[D]"), np.array(["2026-03-01"], dtype="datetime64[D]")
    >>> [str(dates[0]) for dates in move_days(*january, months_later=13)]
    ['2027-02-28', '2027-03-29']
    """
    if not months_later:
        return starts, ends
    days = starts.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    moved_months = months + months_later
    last_days = (moved_months + 1).astype("datetime64[D]") - 1
    moved = np.minimum(moved_months.astype("datetime64[D]") + (days - months.astype("datetime64[D]")), last_days)
    return moved, moved + (ends.astype("datetime64[D]") - days)


def _lines_of(code: str, rows: Int64Array, batch: RatedBatch) -> list[RehearsedLine]:
    lines = []
    for line in batch.lines:
        if not line.charge.is_memo:
            paying = np.flatnonzero(line.applies)
            lines.append((line.charge.label, paying, line.amount_minor))
    rounding_minor = batch.rounding_minor
    lines.append((ROUNDING_LABEL, np.flatnonzero(rounding_minor), rounding_minor))
    return [
        RehearsedLine(tariff_code=code, charge=label, rows=rows[paying], amount_minor=amounts_minor[paying])
        for label, paying, amounts_minor in lines
        if len(paying)
    ]


def _faults_of(rows: Int64Array, batch: RatedBatch) -> list[Unbilled]:
    found = []
    for place in np.flatnonzero(~batch.is_priced).tolist():
        fault = batch.fault_of(place)
        assert fault is not None
        found.append(unbilled_by_fault(int(rows[place]), fault))
    return found


def _parameters(months: Period, scope: RehearsedScope) -> dict[str, Any]:
    return {
        "start_date": months.start_date,
        "end_date": months.end_date,
        "cycle_ids": list(scope.cycle_ids),
        "sectors": list(scope.sectors),
        "categories": list(scope.categories),
        "first_id": scope.first_account_id,
        "end_id": scope.end_account_id,
    }


def _cycles_of(months: Period, scope: RehearsedScope) -> list[tuple[int, int]]:
    """Return the cycles that the accounts of a scope are in, each with the months of its period."""
    statement = f"""
        SELECT cycle.id, cycle.period_months FROM premises_billingcycle cycle
        WHERE cycle.id IN (SELECT route.cycle_id {_IN_SCOPE}) ORDER BY cycle.id
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, _parameters(months, scope))
        return list(cursor.fetchall())


def _periods(months: Period, cycles: Collection[tuple[int, int]]) -> list[BillingPeriod]:
    """Return the periods of the cycles that start in the months; calendar ones for a cycle that has opened none."""
    starts = {"start_date__gte": months.start_date, "start_date__lt": months.end_date}
    found: list[BillingPeriod] = []
    for cycle_id, period_months in cycles:
        opened = list(BillingPeriod.objects.filter(cycle_id=cycle_id, **starts).order_by("start_date"))
        found.extend(opened or _calendar_periods(months, cycle_id, period_months))
    return found


def _calendar_periods(months: Period, cycle_id: int, period_months: int) -> list[BillingPeriod]:
    found = []
    start_date: datetime.date = months.start_date
    while start_date < months.end_date:
        end_date = add_months(start_date, period_months)
        found.append(BillingPeriod(cycle_id=cycle_id, start_date=start_date, end_date=end_date))
        start_date = end_date
    return found
