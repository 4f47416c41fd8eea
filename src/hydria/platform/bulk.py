"""
Write many rows at once: blocks of ids and COPY, inside Django's own transaction.

Bulk tables (readings, consumptions, invoices, lines, items) are written only through here. A column is a NumPy
array, a Polars series or a list; all columns of one call have the same length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import psycopg
from django.db import connection
from django.db.models import Model
from psycopg import sql
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format

from hydria.platform.transactions import in_transaction

Int64Array = npt.NDArray[np.int64]
ROWS_PER_WRITE = 50_000
ROWS_PER_ANALYZE = 1_000
SEPARATOR, QUOTE = "\x1f", "\x1e"
"""Characters that JSON and addresses do not hold: with commas and quotes every explanation would be escaped."""


@in_transaction
def take_ids(model: type[Model], *, count: int) -> Int64Array:
    """
    Reserve primary keys of a table.

    returns  int64[count]  rising, never handed out again whatever becomes of the transaction
    """
    if not count:
        return np.empty(0, dtype=np.int64)
    with connection.cursor() as cursor:
        # OFFSET 0 keeps the look-up of the sequence out of the loop over the rows.
        cursor.execute(
            "SELECT array_agg(nextval(sequence.name)) FROM"
            " (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name OFFSET 0) AS sequence,"
            " generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return np.sort(np.array(cursor.fetchone()[0], dtype=np.int64))


@in_transaction
def copy_columns(model: type[Model], columns: Mapping[str, Sequence[Any] | npt.NDArray[Any] | pl.Series]) -> int:
    """
    Append rows to a table by COPY and return how many.

    columns  column name of the table -> values; None, NaT and Polars nulls become NULL, an empty string stays one

    Guarantee: constraints and triggers of the table hold as for any INSERT; all rows or, with the transaction, none.
    """
    frame = pl.DataFrame(dict(columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, DELIMITER {}, QUOTE {})").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, frame.columns)), SEPARATOR, QUOTE
    )
    # Django translates the driver's errors for execute() alone.
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for chunk in frame.iter_slices(ROWS_PER_WRITE):
            copy.write(chunk.write_csv(include_header=False, separator=SEPARATOR, quote_char=QUOTE))
    keep_statistics_fit(model, added_count=frame.height)
    return frame.height


def keep_statistics_fit(model: type[Model], *, added_count: int) -> None:
    """
    Tell the planner about a table that has just grown to several times what it knows.

    Autovacuum comes a minute later, which is too late for the statements of the same run: they would be planned for
    an empty table, with nested loops over all of it.
    """
    if added_count < ROWS_PER_ANALYZE:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)", [model._meta.db_table])
        (known_count,) = cursor.fetchone()
        if known_count < added_count:
            cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(model._meta.db_table)))


def read_columns(query: str, parameters: Mapping[str, Any], *, schema: Mapping[str, Any]) -> pl.DataFrame:
    """
    Read many rows as columns, by COPY.

    schema  name -> Polars type, in the order of the query's columns
    """
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)", parameters) as copy:
        data = b"".join(bytes(part) for part in copy)
    if not data:
        return pl.DataFrame(schema=dict(schema))
    # PostgreSQL spells booleans t and f, which Polars reads as text.
    read_as = {name: pl.String if kind == pl.Boolean else kind for name, kind in schema.items()}
    frame = pl.read_csv(data, has_header=False, new_columns=list(read_as), schema_overrides=read_as)
    return frame.with_columns(pl.col(name) == "t" for name, kind in schema.items() if kind == pl.Boolean)


def read_numbers(query: str, parameters: Mapping[str, Any], *, names: Sequence[str]) -> pl.DataFrame:
    """
    Read many rows of whole numbers as columns of int64.

    query  its columns, in the order of `names`, are integers, booleans as 0 and 1, days since 1970, and never NULL

    One array a column comes back, so neither side handles rows: a third of the time that COPY and its parsing take.
    """
    columns = ", ".join(f"array_agg({name}::bigint)" for name in names)
    statement = f"SELECT {columns} FROM ({query}) AS found ({', '.join(names)})"
    with connection.cursor():  # Django's own connects, and begins the transaction
        cursor = psycopg.Cursor(connection.connection)
    cursor.adapters.register_loader(psycopg.postgres.types["int8"].array_oid, _NumbersLoader)
    with connection.wrap_database_errors, cursor:
        cursor.execute(statement.encode(), parameters, binary=True)
        (arrays,) = cursor.fetchall()
    empty = np.empty(0, dtype=np.int64)
    return pl.DataFrame({name: empty if array is None else array for name, array in zip(names, arrays, strict=True)})


def to_array(values: pl.Series) -> str:
    """
    Spell a column of numbers or days as a PostgreSQL array, for a statement's `%(name)s::bigint[]` or `::date[]`.

    >>> to_array(pl.Series([3, None, 5]))
    '{3,NULL,5}'
    """
    return "{" + ",".join(values.cast(pl.String).fill_null("NULL")) + "}"


class _NumbersLoader(Loader):
    """Take an array of int8 as it comes over the wire: a head of five words, then length and value of each element."""

    format = Format.BINARY

    def load(self, data: Buffer) -> Int64Array:
        """Return the values; an array with NULL has no fixed step, and none is ever asked for."""
        has_null = np.frombuffer(data, dtype=">i4", count=2)[1]
        assert not has_null
        return np.frombuffer(data, dtype=[("length", ">i4"), ("value", ">i8")], offset=20)["value"].astype(np.int64)
