"""
Gather what a cycle's points have to be measured by: their past, the spans to measure, the stretches of their dials.

The chain of consumptions of a point has no gap: a span starts where the last live consumption ended, or where the
first meter was installed. It ends at the newest reading up to the day asked for, or on that day when nobody read. A
change of customer on a day that has a reading splits it. How far estimates run ahead of the dials is kept with the last
consumption of the chain (`ahead_milli` of its detail) and carried into the next.

Every statement looks up a handful of rows for each point by an index, so a cycle costs the same however many years
the tables hold; what belongs together is then put together in columns.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from hydria.metering.domain.consumption import UNKNOWN_MILLI
from hydria.metering.domain.policy import Policy
from hydria.metering.domain.rules import RuleBook
from hydria.platform.bulk import read_numbers, to_array

Int64Array = npt.NDArray[np.int64]
HISTORY_DAYS = 500
"""The past that is looked back on: a year, a long period, and some days to spare."""
EPOCH, NEVER_DAYS = datetime.date(1970, 1, 1), 10**6

_PAST = """
SELECT past.service_point_id, past.start_date - '1970-01-01', past.end_date - '1970-01-01',
    coalesce(past.quantity_milli, 0), (past.state = 'FINAL')::int,
    -- A period that settles an estimate has the estimate in it, so it is no history (I11).
    (past.kind = 'MEASURED' AND coalesce((past.detail->'carried_milli')::bigint, 0) = 0)::int,
    (past.kind = 'ESTIMATED')::int, coalesce((past.detail->'ahead_milli')::bigint, 0)
FROM premises_servicepoint point JOIN premises_route route ON route.id = point.route_id
JOIN metering_consumption past ON past.service_point_id = point.id AND past.state <> 'SUPERSEDED'
    AND past.start_date >= %(history_from)s
WHERE {points}
"""

_PAST_NAMES = (
    "point_id", "start_days", "end_days", "quantity_milli", "is_final", "is_measured", "is_estimated", "ahead_milli"
)  # fmt: skip

_DIALS = """
SELECT installation.service_point_id, register.id, (register.channel = 'MAIN')::int, register.digits,
    register.multiplier, lower(installation.valid_during) - '1970-01-01',
    coalesce(upper(installation.valid_during) - '1970-01-01', {never}),
    coalesce(further.initial_milli, CASE WHEN register.channel = 'MAIN' THEN installation.initial_milli ELSE 0 END),
    coalesce(CASE WHEN register.channel = 'MAIN' THEN installation.final_milli ELSE further.final_milli END, -1)
FROM premises_servicepoint point JOIN premises_route route ON route.id = point.route_id
JOIN metering_installation installation ON installation.service_point_id = point.id
JOIN metering_register register ON register.meter_id = installation.meter_id AND register.is_counted
LEFT JOIN metering_furtherdial further ON further.installation_id = installation.id
    AND further.register_id = register.id
WHERE point.is_metered AND {points} AND lower(installation.valid_during) < %(until_date)s
"""

_DIAL_NAMES = (
    "point_id", "register_id", "is_main", "digits", "multiplier", "installed_days", "removed_days", "initial_milli",
    "final_milli",
)  # fmt: skip

# A point that was not measured for longer than the past that is looked back on.
_DORMANT = """
SELECT point.id, last.end_date - '1970-01-01', coalesce((last.detail->'ahead_milli')::bigint, 0)
FROM unnest(%(point_ids)s::bigint[]) AS point (id)
JOIN LATERAL (SELECT end_date, detail FROM metering_consumption WHERE service_point_id = point.id
    AND state <> 'SUPERSEDED' ORDER BY start_date DESC LIMIT 1) last ON true
"""

# OFFSET 0 and LIMIT keep both statements at one look-up for each dial, whatever the planner thinks of the tables.
_READINGS = """
SELECT dial.register_id, reading.read_date - '1970-01-01', reading.id, coalesce(reading.value_milli, -1),
    (reading.value_milli IS NOT NULL AND coalesce(seen.effect, 'KEEP') = 'KEEP')::int,
    coalesce(seen.effect = 'IGNORE' AND reading.value_milli IS NOT NULL, false)::int,
    coalesce(seen.follow_up = 'REREAD', false)::int, coalesce(seen.follow_up = 'WORK_ORDER', false)::int
FROM unnest(%(register_ids)s::bigint[], %(start_dates)s::date[]) AS dial (register_id, start_date)
CROSS JOIN LATERAL (SELECT id, read_date, value_milli, observation FROM metering_reading
    WHERE register_id = dial.register_id AND is_live
        AND read_date >= dial.start_date AND read_date <= %(until_date)s OFFSET 0) reading
LEFT JOIN metering_observation seen ON seen.code = reading.observation
"""

_EARLIER_READINGS = """
SELECT dial.register_id, reading.read_date - '1970-01-01', reading.id, reading.value_milli, 1, 0, 0, 0
FROM unnest(%(register_ids)s::bigint[], %(start_dates)s::date[]) AS dial (register_id, start_date)
CROSS JOIN LATERAL (SELECT id, read_date, value_milli FROM metering_reading
    WHERE register_id = dial.register_id AND is_live AND value_milli IS NOT NULL AND read_date < dial.start_date
        AND observation NOT IN (SELECT code FROM metering_observation WHERE effect <> 'KEEP')
    ORDER BY read_date DESC LIMIT 1) reading
"""

_NOTES = ("is_ignored", "is_reread_due", "is_work_due")
"""What readers noted that decides about a period or asks for something (MET-05)."""

_READING_NAMES = ("register_id", "read_days", "reading_id", "value_milli", "is_believed", *_NOTES)

_CHANGES = """
SELECT agreement.service_point_id, lower(agreement.valid_during) - '1970-01-01'
FROM agreements_serviceagreement agreement
JOIN premises_servicepoint point ON point.id = agreement.service_point_id
JOIN premises_route route ON route.id = point.route_id
WHERE {points} AND lower(agreement.valid_during) > %(history_from)s AND lower(agreement.valid_during) < %(until_date)s
"""

# A mixed building is of the category that most of its units have.
_TRAITS = """
SELECT point.id, point.service_id, coalesce((SELECT units.category_id FROM premises_pointunits units
    WHERE units.service_point_id = point.id AND units.valid_during @> %(until_date)s::date
    ORDER BY units.unit_count DESC, units.category_id LIMIT 1), 0)
FROM premises_servicepoint point JOIN premises_route route ON route.id = point.route_id
WHERE {points}
"""

_CYCLE_POINTS = "route.cycle_id = %(cycle_id)s"
_CHOSEN_POINTS = "point.id = ANY(%(point_ids)s)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which points to gather: those of a cycle, or chosen ones, up to a day."""

    until_date: datetime.date
    cycle_id: int | None = None
    point_ids: tuple[int, ...] = ()

    @property
    def parameters(self) -> dict[str, object]:
        """Return the parameters of the statements."""
        chosen: dict[str, object] = (
            {"point_ids": list(self.point_ids)} if self.point_ids else {"cycle_id": self.cycle_id}
        )
        return {
            "until_date": self.until_date,
            "history_from": self.until_date - datetime.timedelta(days=HISTORY_DAYS),
            **chosen,
        }

    def restrict(self, statement: str) -> str:
        """Return the statement for these points."""
        return statement.replace("{points}", _CHOSEN_POINTS if self.point_ids else _CYCLE_POINTS)

    def read(self, statement: str, *, names: Sequence[str]) -> pl.DataFrame:
        """Return what a statement finds for these points."""
        return read_numbers(self.restrict(statement), self.parameters, names=names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """
    Hold the stretches, ordered by span (the main dial's first), and each span's place.

    stretches       frame[s]
    span_index      int64[s]  which span each stretch belongs to
    first_index     int64[n]  first stretch of each span
    last_index      int64[n]  newest stretch of the main dial of each span
    place_in_point  int64[n]  0 for the first span of a point, 1 for the one that follows it ...
    """

    stretches: pl.DataFrame
    span_index: Int64Array
    first_index: Int64Array
    last_index: Int64Array
    place_in_point: Int64Array

    @property
    def span_count(self) -> int:
        """Count the spans."""
        return len(self.first_index)

    def spans_in_order(self) -> Iterator[Int64Array]:
        """Yield the first spans of all points, then the second ones, and so on."""
        for place in range(int(self.place_in_point.max(initial=-1)) + 1):
            yield np.flatnonzero(self.place_in_point == place)

    def column(self, name: str) -> Int64Array:
        """Return a column of the stretches; what is missing is `UNKNOWN_MILLI`."""
        return self.stretches[name].fill_null(UNKNOWN_MILLI).to_numpy()

    def of_first(self, name: str) -> pl.Series:
        """Return the value that each span's first stretch has."""
        return self.stretches[name].gather(self.first_index)

    def of_last(self, name: str) -> pl.Series:
        """Return the value that the newest stretch of each span's main dial has."""
        return self.stretches[name].gather(self.last_index)


def gather_past(*, scope: Scope) -> pl.DataFrame:
    """Return the live consumptions of the last `HISTORY_DAYS` of the points in scope, by point, oldest first."""
    return scope.read(_PAST, names=_PAST_NAMES).sort("point_id", "start_days")


def gather_policy(*, scope: Scope, rules: RuleBook, point_ids: Int64Array, end_days: Int64Array) -> Policy:
    """
    Return the thresholds of spans: each by its point's service and category and by its own last day.

    point_ids, end_days  int64[n]
    """
    service_ids, category_ids = np.zeros((2, len(point_ids)), dtype=np.int64)
    if rules.is_particular:
        traits = scope.read(_TRAITS, names=("point_id", "service_id", "category_id"))
        spans = pl.DataFrame({"point_id": point_ids}).join(traits, on="point_id", how="left", maintain_order="left")
        service_ids, category_ids = spans["service_id"].to_numpy(), spans["category_id"].to_numpy()
    return rules.for_spans(service_ids=service_ids, category_ids=category_ids, last_days=end_days - 1)


def gather_stretches(*, scope: Scope, past: pl.DataFrame) -> Gathered:
    """Return the stretches of all spans that end up to the day and have no consumption yet."""
    until_days = (scope.until_date - EPOCH).days
    dials = scope.read(_DIALS.replace("{never}", str(NEVER_DAYS)), names=_DIAL_NAMES)
    dials = dials.sort(["point_id", "is_main", "installed_days", "register_id"], descending=[False, True, False, False])
    dials = dials.join(_chains(dials, past=past, until_days=until_days), on="point_id", maintain_order="left")
    noted = _readings(dials, until_date=scope.until_date)
    readings = noted.filter(pl.col("is_believed") == 1).drop("is_believed", *_NOTES)
    spans = _spans(scope=scope, dials=dials, readings=readings, until_days=until_days)
    spans = _with_notes(spans, dials=dials, noted=noted)
    stretches = _stretches(spans, dials=dials, readings=readings)
    key = stretches["point_id"].to_numpy() * 100_000 + stretches["start_days"].to_numpy()
    is_first = np.append(True, key[1:] != key[:-1])[: len(key)]
    first_index = np.flatnonzero(is_first)
    point_ids = stretches["point_id"].to_numpy()[first_index]
    starts_point = np.append(True, point_ids[1:] != point_ids[:-1])[: len(point_ids)]
    places = np.arange(len(point_ids))
    main_index = np.where(stretches["is_main"].to_numpy() == 1, np.arange(len(key)), -1)
    return Gathered(
        stretches=stretches,
        span_index=np.cumsum(is_first) - 1,
        first_index=first_index,
        last_index=np.maximum(np.maximum.reduceat(main_index, first_index), first_index) if len(key) else first_index,
        place_in_point=places - np.maximum.accumulate(np.where(starts_point, places, 0)),
    )


def _chains(dials: pl.DataFrame, *, past: pl.DataFrame, until_days: int) -> pl.DataFrame:
    """Return where each point's chain goes on, and how far estimates run ahead of its dials there."""
    names = ["point_id", "chain_days", "carried_milli"]
    last = past.unique("point_id", keep="last", maintain_order=True).select(
        "point_id", chain_days="end_days", carried_milli="ahead_milli"
    )
    first = dials.group_by("point_id").agg(chain_days=pl.col("installed_days").min(), carried_milli=pl.lit(0))
    new = first.join(last, on="point_id", how="anti")
    if new.height:
        dormant = read_numbers(_DORMANT, {"point_ids": to_array(new["point_id"])}, names=names)
        new = pl.concat([dormant, new.join(dormant, on="point_id", how="anti").cast(pl.Int64)])
    return pl.concat([last.join(first, on="point_id", how="semi"), new.select(names).cast(pl.Int64)]).filter(
        pl.col("chain_days") < until_days
    )


def _readings(dials: pl.DataFrame, *, until_date: datetime.date) -> pl.DataFrame:
    """Return what each dial showed where its chain starts, and what was read after that."""
    # A meter that moved from one point to another has a chain at both.
    starts = dials.group_by("register_id").agg(read_days=pl.col("chain_days").min())
    readings = _read(_READINGS, starts=starts, until_date=until_date)
    # Most chains start on a day that has a reading; the others go back to the one before.
    believed = readings.filter(pl.col("is_believed") == 1)
    unopened = starts.join(believed, on=["register_id", "read_days"], how="anti")
    return pl.concat([_read(_EARLIER_READINGS, starts=unopened, until_date=until_date), readings])


def _read(statement: str, *, starts: pl.DataFrame, until_date: datetime.date) -> pl.DataFrame:
    start_dates = starts["read_days"].cast(pl.Int32).cast(pl.Date)
    dials = {"register_ids": to_array(starts["register_id"]), "start_dates": to_array(start_dates)}
    return read_numbers(statement, {**dials, "until_date": until_date}, names=_READING_NAMES)


def _spans(*, scope: Scope, dials: pl.DataFrame, readings: pl.DataFrame, until_days: int) -> pl.DataFrame:
    """Return the spans of each point: up to its newest reading, split where a customer changed on a day of reading."""
    read = dials.join(readings, on="register_id").filter(pl.col("read_days") > pl.col("chain_days"))
    is_there = (pl.col("removed_days") == NEVER_DAYS) & (pl.col("read_days") > pl.col("installed_days"))
    newest = read.filter(is_there).group_by("point_id").agg(end_days=pl.col("read_days").max())
    points = dials.group_by("point_id").agg(pl.col("chain_days").first(), pl.col("carried_milli").first())
    ends = points.select("point_id").join(newest, on="point_id", how="left")
    ends = ends.with_columns(pl.col("end_days").fill_null(until_days))
    changes = scope.read(_CHANGES, names=("point_id", "read_days"))
    splits = read.join(changes, on=["point_id", "read_days"], how="semi").filter(pl.col("read_days") < until_days)
    ends = pl.concat([ends, splits.select("point_id", end_days="read_days")]).unique().sort("point_id", "end_days")
    return ends.join(points, on="point_id", maintain_order="left").select(
        "point_id",
        "carried_milli",
        "end_days",
        start_days=pl.coalesce(pl.col("end_days").shift(1).over("point_id"), "chain_days"),
    )


def _with_notes(spans: pl.DataFrame, *, dials: pl.DataFrame, noted: pl.DataFrame) -> pl.DataFrame:
    """Add to each span whether its readers noted anything that decides about it or asks for something."""
    notes = noted.filter(pl.any_horizontal(pl.col(_NOTES) == 1)).join(
        dials.select("point_id", "register_id").unique(), on="register_id"
    )
    is_inside = (pl.col("read_days") > pl.col("start_days")) & (pl.col("read_days") <= pl.col("end_days"))
    of_span = (
        notes.join(spans.select("point_id", "start_days", "end_days"), on="point_id")
        .filter(is_inside)
        .group_by("point_id", "start_days")
        .agg(pl.col(_NOTES).max())
    )
    spans = spans.join(of_span, on=["point_id", "start_days"], how="left", maintain_order="left")
    return spans.with_columns(pl.col(_NOTES).fill_null(0))


def _stretches(spans: pl.DataFrame, *, dials: pl.DataFrame, readings: pl.DataFrame) -> pl.DataFrame:
    """Return the time of each dial inside each span, with what it showed at both ends."""
    opening = readings.rename({"reading_id": "opening_id", "value_milli": "opening_milli", "read_days": "opening_days"})
    closing = readings.rename({"reading_id": "closing_id", "value_milli": "closing_milli", "read_days": "end_days"})
    is_inside = (pl.col("installed_days") < pl.col("end_days")) & (pl.col("removed_days") > pl.col("start_days"))
    stretches = (
        spans.join(dials.drop("chain_days", "carried_milli"), on="point_id", maintain_order="left_right")
        .filter(is_inside)
        .with_row_index("place")
        .sort("start_days")
        .join_asof(
            opening.sort("opening_days"),
            left_on="start_days",
            right_on="opening_days",
            by="register_id",
            strategy="backward",
            check_sortedness=False,
        )
        .join(closing, on=["register_id", "end_days"], how="left")
        .sort("place")
    )
    is_opened = (pl.col("opening_days") >= pl.col("installed_days")).fill_null(False)
    is_removed = pl.col("removed_days") <= pl.col("end_days")
    return stretches.with_columns(
        start_date=pl.col("start_days").cast(pl.Int32).cast(pl.Date),
        end_date=pl.col("end_days").cast(pl.Int32).cast(pl.Date),
        is_new_dial=(pl.col("installed_days") > pl.col("start_days")) | ~is_opened,
        is_removed=is_removed,
        opening_id=pl.when(is_opened).then("opening_id"),
        opening_milli=pl.when(is_opened).then("opening_milli").otherwise("initial_milli"),
        closing_id=pl.when(~is_removed).then("closing_id"),
        closing_milli=pl.when(is_removed)
        .then(pl.col("final_milli").replace(UNKNOWN_MILLI, None))
        .otherwise("closing_milli"),
    )
