"""
Give a billed and paid month its past, in sets: every row that it made is written again for each month before.

For measuring only: it takes minutes where living the months one by one takes hours. The copies keep their accounts,
lines and explanations; ids move by as much for each month, dates by a month. Guards, references and the ledger are
left out, so a database that was made so is thrown away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

_DATES = ("start_date", "end_date", "issue_date", "due_date", "effective_date")
_INSTANTS = ("requested_at", "drafted_at", "confirmed_at", "received_at", "recorded_at")
_TABLES: Mapping[str, Mapping[str, str]] = {
    "billing_billingperiod": {},
    "billing_billingrun": {"period_id": "billing_billingperiod"},
    "billing_invoice": {"run_id": "billing_billingrun"},
    "billing_segment": {"invoice_id": "billing_invoice", "run_id": "billing_billingrun"},
    "billing_line": {"invoice_id": "billing_invoice", "segment_id": "billing_segment"},
    "billing_invoicenumber": {"invoice_id": "billing_invoice", "run_id": "billing_billingrun"},
    "payments_paymentbatch": {},
    "payments_payment": {"batch_id": "payments_paymentbatch"},
    "payments_tender": {"payment_id": "payments_payment"},
    "receivables_item": {},
    "receivables_allocation": {"owed_item_id": "receivables_item", "held_item_id": "receivables_item"},
    "receivables_openitem": {"item_id": "receivables_item"},
}
"""The tables of a month in the order of their references, with the columns that refer to another of them."""
_SOURCES = {"INVOICE": "billing_invoice", "PAYMENT": "payments_payment"}
_CODES = ("code", "receipt_code", "document_code", "key")
"""Numbers on paper and keys, which the copies of a month spell with its place in front."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """The ids of a table's rows of the month; a copy's ids are `width` further for each month."""

    first_id: int
    last_id: int

    @property
    def width(self) -> int:
        return self.last_id - self.first_id + 1


def copy_back(*, month_count: int) -> None:
    """
    Write the only month of this database again for each of the months before it.

    Consumptions are there already, one a month and point, and are only referred to.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # neither guards nor triggers: these rows are made up
        try:
            rows = {table: _rows_of(cursor, table) for table in _TABLES}
            statements = {table: _statement(cursor, table, rows=rows) for table in _TABLES}
            for months_ago in range(1, month_count + 1):
                for statement in statements.values():
                    cursor.execute(statement, {"months": months_ago})
        finally:
            cursor.execute("SET session_replication_role = origin")
        for table in _TABLES:
            if _key_of(table) == "id":
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 1) FROM {table}))"
                )
        cursor.execute("VACUUM ANALYZE")


def _key_of(table: str) -> str:
    return {"billing_invoicenumber": "invoice_id", "receivables_openitem": "item_id"}.get(table, "id")


def _rows_of(cursor, table: str) -> _Rows:  # type: ignore[no-untyped-def]
    key = _key_of(table)
    cursor.execute(f"SELECT coalesce(min({key}), 0), coalesce(max({key}), -1) FROM {table}")
    return _Rows(*cursor.fetchone())


def _statement(cursor, table: str, *, rows: Mapping[str, _Rows]) -> str:  # type: ignore[no-untyped-def]
    """Return the SQL that writes the table's rows again, `%(months)s` months earlier."""
    key = _key_of(table)
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", [table]
    )
    columns = [name for (name,) in cursor.fetchall()]
    values = dict.fromkeys(columns, "")
    for name in columns:
        values[name] = name
        if name in _DATES:
            values[name] = f"({name} - make_interval(months => %(months)s))::date"
        elif name in _INSTANTS:
            values[name] = f"{name} - make_interval(months => %(months)s)"
        elif name in _CODES:
            values[name] = f"CASE WHEN {name} = '' THEN '' ELSE %(months)s || '/' || {name} END"
        elif name == "number":
            values[name] = f"number + %(months)s * {rows[table].width}"
    for name, target in {"id": table, **_TABLES[table]}.items():
        if name in values:
            values[name] = f"{name} + %(months)s * {rows[target].width}"
    if "source_id" in values:
        widths = " ".join(f"WHEN '{kind}' THEN {rows[target].width}" for kind, target in _SOURCES.items())
        values["source_id"] = f"source_id + %(months)s * CASE kind {widths} END"
    if "consumption_id" in values:
        values["consumption_id"] = (
            "(SELECT past.id FROM metering_consumption past WHERE past.service_point_id = t.service_point_id"
            " AND past.start_date = (t.start_date - make_interval(months => %(months)s))::date"
            " AND past.state <> 'SUPERSEDED')"
        )
    return (
        f"INSERT INTO {table} ({', '.join(values)}) OVERRIDING SYSTEM VALUE SELECT {', '.join(values.values())}"
        f" FROM {table} t WHERE {key} BETWEEN {rows[table].first_id} AND {rows[table].last_id}"
    )
