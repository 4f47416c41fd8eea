"""Write a batch of readings with a status for each row, in sets."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from hydria.metering import models
from hydria.metering.domain.consumption import UNKNOWN_MILLI
from hydria.platform.bulk import copy_columns, read_numbers, take_ids, to_array
from hydria.platform.transactions import in_transaction


class RecordedStatus(StrEnum):
    """Say what became of a reading of a batch."""

    ACCEPTED = "ACCEPTED"
    REPEATED = "REPEATED"
    CONFLICT = "CONFLICT"
    UNKNOWN_REGISTER = "UNKNOWN_REGISTER"
    NOT_INSTALLED = "NOT_INSTALLED"
    DATE_IN_FUTURE = "DATE_IN_FUTURE"
    BEYOND_DIAL = "BEYOND_DIAL"
    WITHOUT_VALUE = "WITHOUT_VALUE"
    UNKNOWN_OBSERVATION = "UNKNOWN_OBSERVATION"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReadings:
    """
    Readings to record; all columns have the same length.

    register_ids   which dial
    read_dates     the day it was read
    values_milli   what it showed, in thousandths; None when it could not be read
    observations   the reader's code of the company's list, "" for none; it must say why where there is no value
    """

    register_ids: Sequence[int]
    read_dates: Sequence[datetime.date]
    values_milli: Sequence[int | None]
    observations: Sequence[str]
    source: models.ReadingSource
    reader: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRow:
    """What became of one row; `reading_id` is set when it was accepted."""

    status: RecordedStatus
    reading_id: int | None = None


_KNOWN = """
WITH wanted AS (
    SELECT * FROM unnest(%(register_ids)s::bigint[], %(read_dates)s::date[]) WITH ORDINALITY
        AS wanted(register_id, read_date, place)
), installed AS (
    -- A meter is read on the day it is taken out, too. On the day of an exchange it was there twice.
    SELECT DISTINCT wanted.place FROM wanted
    JOIN metering_register register ON register.id = wanted.register_id
    JOIN metering_installation installation ON installation.meter_id = register.meter_id
        AND lower(installation.valid_during) <= wanted.read_date
        AND coalesce(upper(installation.valid_during), wanted.read_date) >= wanted.read_date
)
SELECT wanted.place, (register.id IS NOT NULL)::int, coalesce(register.digits, 0), (installed.place IS NOT NULL)::int,
    (existing.id IS NOT NULL)::int, coalesce(existing.value_milli, -1)
FROM wanted
LEFT JOIN installed ON installed.place = wanted.place
LEFT JOIN metering_register register ON register.id = wanted.register_id
-- OFFSET 0 keeps this a look-up for each row: the table of readings grows for ever, a batch does not.
LEFT JOIN LATERAL (SELECT id, value_milli FROM metering_reading WHERE register_id = wanted.register_id
    AND read_date = wanted.read_date AND is_live OFFSET 0) existing ON true
"""

_KNOWN_NAMES = ("place", "is_known", "digits", "is_installed", "is_stored", "stored_milli")


@in_transaction
def write_readings(*, readings: NewReadings, today: datetime.date, recorded_by: str) -> list[RecordedRow]:
    """Write the acceptable rows and return one status per row, in order."""
    frame = _with_status(_frame(readings), today=today)
    accepted = frame.filter(pl.col("status") == RecordedStatus.ACCEPTED.value)
    count = accepted.height
    ids = take_ids(models.Reading, count=count)
    if count:
        copy_columns(
            models.Reading,
            {
                "id": ids,
                "register_id": accepted["register_id"],
                "read_date": accepted["read_date"],
                "value_milli": accepted["value_milli"],
                "observation": accepted["observation"],
                "source": [str(readings.source)] * count,
                "reader": [readings.reader] * count,
                "is_live": [True] * count,
                "reason": [""] * count,
                "recorded_by": [recorded_by] * count,
            },
        )
    given = iter(ids.tolist())
    refused = {status.value: RecordedRow(status=status) for status in RecordedStatus}
    return [
        RecordedRow(status=RecordedStatus.ACCEPTED, reading_id=next(given))
        if status == RecordedStatus.ACCEPTED.value
        else refused[status]
        for status in frame["status"]
    ]


def _frame(readings: NewReadings) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "register_id": readings.register_ids,
            "read_date": readings.read_dates,
            "value_milli": readings.values_milli,
            "observation": readings.observations,
        },
        schema_overrides={"register_id": pl.Int64, "read_date": pl.Date, "value_milli": pl.Int64},
    )


def _with_status(frame: pl.DataFrame, *, today: datetime.date) -> pl.DataFrame:
    """Judge each row by itself, against what is stored, and against the rows before it in the batch."""
    wanted = {"register_ids": to_array(frame["register_id"]), "read_dates": to_array(frame["read_date"])}
    known = read_numbers(_KNOWN, wanted, names=_KNOWN_NAMES).sort("place")
    frame = frame.hstack(known.with_columns(pl.col("is_known", "is_installed", "is_stored") == 1))
    codes = ["", *models.Observation.objects.values_list("code", flat=True)]
    of_day = ["register_id", "read_date"]
    first_milli = pl.col("value_milli").first().over(of_day)
    is_again = pl.int_range(pl.len()).over(of_day) > 0
    value = pl.col("value_milli")
    return frame.with_columns(
        pl.when(~pl.col("is_known"))
        .then(pl.lit(RecordedStatus.UNKNOWN_REGISTER.value))
        .when(pl.col("read_date") > today)
        .then(pl.lit(RecordedStatus.DATE_IN_FUTURE.value))
        .when(~pl.col("is_installed"))
        .then(pl.lit(RecordedStatus.NOT_INSTALLED.value))
        .when(~pl.col("observation").is_in(codes))
        .then(pl.lit(RecordedStatus.UNKNOWN_OBSERVATION.value))
        .when(value.is_null() & (pl.col("observation") == ""))
        .then(pl.lit(RecordedStatus.WITHOUT_VALUE.value))
        .when(value.is_not_null() & ((value < 0) | (value >= pl.lit(10).pow(pl.col("digits")) * 1000)))
        .then(pl.lit(RecordedStatus.BEYOND_DIAL.value))
        .when(pl.col("is_stored") & (pl.col("stored_milli") == value.fill_null(UNKNOWN_MILLI)))
        .then(pl.lit(RecordedStatus.REPEATED.value))
        .when(pl.col("is_stored"))
        .then(pl.lit(RecordedStatus.CONFLICT.value))
        .when(is_again & first_milli.eq_missing(value))
        .then(pl.lit(RecordedStatus.REPEATED.value))
        .when(is_again)
        .then(pl.lit(RecordedStatus.CONFLICT.value))
        .otherwise(pl.lit(RecordedStatus.ACCEPTED.value))
        .alias("status")
    )
