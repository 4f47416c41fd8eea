"""
Write the staged rows of one record rule into the tables of the register, set by set.

One path serves preview and loading: the preview runs it and rolls back, so the two cannot disagree. Per rule a
temporary table `intake_incoming` holds the typed rows with their references resolved; then one UPDATE, one INSERT.
When the INSERT offends a constraint, it is halved until the offending rows stand alone: each is refused by the
sentence that the constraint is named after, and the others go on.

These tables belong to other contexts, whose operations write one row for one person. A take-over of 200,000 points
needs sets, so the register's SQL lives here, in one place, behind the same constraints and audit triggers.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import ForeignObjectRel, Model

from hydria.intake.domain.kinds import KINDS, Field, FieldType, Kind
from hydria.kernel.issues import Issue
from hydria.ledger.domain.journals import Posting
from hydria.ledger.operations import post_journal
from hydria.platform.access import Actor
from hydria.receivables.operations import post_items_from_query

OWN_SCHEME = "own"
"""The scheme of files that use our own numbers: nothing is aliased, keys are looked up as numbers."""
REFUSED_ROWS_MAX = 200
"""Rows of one rule that are singled out when the database refuses them; one more ends the search."""
PAGES_AT_ONCE = 500
"""Pages of incoming rows, some thirty thousand rows, that are inserted by one statement."""

_CASTS = {
    FieldType.TEXT: "{}",
    FieldType.WHOLE: "({})::bigint",
    FieldType.QUANTITY: "({})::bigint",
    FieldType.MONEY: "({})::bigint",
    FieldType.DEGREES: "({})::numeric",
    FieldType.DATE: "({})::date",
    FieldType.TRUTH: "({})::boolean",
}
_FOLDED = {"party": ("search_name", "name"), "premise": ("search_address", "address")}
_OWN_NUMBER = {"meter": "serial"}
# What a new row of these kinds needs besides its fields.
_CONSTANTS = {
    "reading": {"source": "'MIGRATION'", "is_live": "true", "reason": "''", "recorded_by": "%(actor)s"},
    "consumption": {"state": "'FINAL'"},
}
# What a file says again that a person has corrected since is no contradiction: the raw reading is kept.
_SAID_BEFORE = {
    "reading": "EXISTS (SELECT FROM metering_reading raw WHERE raw.register_id = t.register_id"
    " AND raw.read_date = t.read_date AND raw.value_milli IS NOT DISTINCT FROM i.value_milli)"
}
_LIVE = {"reading": "t.is_live", "consumption": "t.state <> 'SUPERSEDED'"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCounts:
    """What became of the staged rows of one rule."""

    created: int
    changed: int
    unchanged: int
    refused: int


def get_model(kind: Kind) -> type[Model]:
    """Return the model whose table a kind fills."""
    return apps.get_model(kind.model)


def write_rule(
    *,
    batch_id: int,
    rule: int,
    kind: Kind,
    fed: frozenset[str],
    scheme: str,
    actor: Actor,
    received_date: datetime.date,
    advance: Callable[[int], None],
) -> tuple[RuleCounts, list[Issue]]:
    """
    Write the staged rows of one rule; call inside a transaction.

    fed            the fields that the mapping feeds; the columns of others are set on new rows only
    received_date  the day on which the file came: no fact in it is of a later one
    advance        is told of rows as they are written

    Guarantee: rows that are already as the file says are not touched.
    """
    return _RuleWriter(
        batch_id=batch_id,
        rule=rule,
        kind=kind,
        fed=fed,
        scheme=scheme,
        actor=actor,
        received_date=received_date,
        advance=advance,
    ).write()


@dataclass(frozen=True, slots=True, kw_only=True)
class _RuleWriter:
    batch_id: int
    rule: int
    kind: Kind
    fed: frozenset[str]
    scheme: str
    actor: Actor
    received_date: datetime.date
    advance: Callable[[int], None]

    def write(self) -> tuple[RuleCounts, list[Issue]]:
        table = get_model(self.kind)._meta.db_table
        self.execute("DROP TABLE IF EXISTS intake_incoming")
        total = self.execute(f"CREATE TEMP TABLE intake_incoming ON COMMIT DROP AS {self.incoming_sql(table)}")
        self.execute("ANALYZE intake_incoming")
        issues = [*self.unknown_references(), *self.future_facts(), *self.fact_conflicts(table)]
        changed = 0 if self.kind.is_fact else self.update(table)
        created, refusals = self.post() if self.kind.is_posted else self.insert(table)
        issues.extend(refusals)
        refused = len({issue.row for issue in issues})
        unchanged = max(total - created - changed - refused, 0)
        return RuleCounts(created=created, changed=changed, unchanged=unchanged, refused=refused), issues

    # Incoming rows

    def incoming_sql(self, table: str) -> str:
        references = [field for field in self.kind.fields if field.refers_to and field.name in self.fed]
        columns = [f"{expression} AS {column}" for column, expression in self.columns().items()]
        raw = [f"s.fields->>'{field.name}' AS raw_{field.name}" for field in references]
        joins = [self.reference_join(field) for field in references]
        sequence = f"pg_get_serial_sequence('{table}', 'id')"
        return (
            f"SELECT s.row_number, coalesce(existing.id, nextval({sequence})) AS target_id, existing.id IS NULL AS is_new,"
            f" s.fields->>'key' AS alias, {', '.join([*columns, *raw])}"
            f" FROM intake_stagedrow s {' '.join(joins)} {self.existing_join(table)}"
            " WHERE s.batch_id = %(batch_id)s AND s.rule = %(rule)s"
        )

    def columns(self) -> dict[str, str]:
        """Return the fed columns of the table with the SQL that reads each from a staged row."""
        columns = {}
        for field in self.kind.fields:
            if field.name not in self.fed or field.name == "key" or field.column in ("", "from", "until"):
                continue
            columns[field.column] = f"r_{field.name}.id" if field.refers_to else _typed(field)
        if self.kind.is_ranged:
            until = "(s.fields->>'until')::date" if "until" in self.fed else "NULL"
            columns["valid_during"] = f"daterange((s.fields->>'from')::date, {until})"
        if self.kind.is_posted:
            amount = columns["amount_minor"]
            columns["amount_minor"] = f"abs({amount})"
            columns["side"] = f"CASE WHEN {amount} < 0 THEN 'HELD' ELSE 'OWED' END"
        if self.kind.name in _FOLDED and _FOLDED[self.kind.name][1] in self.fed:
            columns[_FOLDED[self.kind.name][0]] = "s.fields->>'folded'"
        return columns

    def reference_join(self, field: Field) -> str:
        """Return the join that finds the row a field refers to, as `r_<field>.id`."""
        name, value = f"r_{field.name}", f"s.fields->>'{field.name}'"
        target = KINDS[field.refers_to]
        if not target.has_alias:
            return f"LEFT JOIN {get_model(target)._meta.db_table} {name} ON {name}.code = {value}"
        found = lookup(target, value, scheme=self.scheme)
        if self.kind.name == "reading":
            channel = "coalesce(s.fields->>'channel', 'MAIN')"
            found = (
                f"SELECT d.id FROM metering_register d JOIN ({found}) m ON m.id = d.meter_id AND d.channel = {channel}"
            )
        return f"LEFT JOIN LATERAL ({found}) {name} ON true"

    def existing_join(self, table: str) -> str:
        """Return the join that finds the row itself where it is there already, as `existing.id`."""
        if self.kind.has_alias:
            found = lookup(self.kind, "s.fields->>'key'", scheme=self.scheme)
            return f"LEFT JOIN LATERAL ({found}) existing ON true"
        columns = self.columns()
        conditions = [_LIVE.get(self.kind.name, "true")]
        for name in self.kind.identity:
            field = self.kind.field(name)
            assert field is not None
            if not field.column:
                continue
            if field.column == "from":
                conditions.append("lower(t.valid_during) = (s.fields->>'from')::date")
            else:
                conditions.append(f"t.{field.column} = {columns.get(field.column, _default(field))}")
        return f"LEFT JOIN LATERAL (SELECT t.id FROM {table} t WHERE {' AND '.join(conditions)}) existing ON true"

    # Findings

    def unknown_references(self) -> list[Issue]:
        """Take out the rows that refer to something unknown, and name each."""
        issues: list[Issue] = []
        for field in self.kind.fields:
            if not field.refers_to or field.name not in self.fed:
                continue
            gone = self.fetch(
                f"DELETE FROM intake_incoming WHERE {field.column} IS NULL AND raw_{field.name} IS NOT NULL"
                f" RETURNING row_number, raw_{field.name}"
            )
            data = {"kind": field.refers_to}
            issues.extend(
                Issue(code="reference_unknown", row=row, field=field.name, data={**data, "value": value})
                for row, value in sorted(gone)
            )
        return issues

    def future_facts(self) -> list[Issue]:
        """Take out facts of a day that had not come when the file came."""
        field = self.kind.field(self.kind.happened)
        if field is None:
            return []
        gone = self.fetch(
            f"DELETE FROM intake_incoming WHERE {field.column} > %(received_date)s RETURNING row_number, {field.column}",
            received_date=self.received_date,
        )
        return [
            Issue(code="date_in_future", row=row, field=field.name, data={"value": day.isoformat()})
            for row, day in sorted(gone)
        ]

    def fact_conflicts(self, table: str) -> list[Issue]:
        """Take out facts that contradict what is recorded: a fact is corrected with a reason, not overwritten."""
        if not self.kind.is_fact:
            return []
        gone = self.fetch(
            f"DELETE FROM intake_incoming i USING {table} t WHERE t.id = i.target_id AND {self.differs()}"
            f" AND NOT {_SAID_BEFORE.get(self.kind.name, 'false') if 'value' in self.fed else 'false'}"
            " RETURNING i.row_number"
        )
        return [
            Issue(code="fact_differs", row=row, field=self.kind.name, data={"kind": self.kind.name})
            for (row,) in sorted(gone)
        ]

    def differs(self) -> str:
        columns = list(self.columns())
        ours = ", ".join(f"t.{column}" for column in columns)
        theirs = ", ".join(f"i.{column}" for column in columns)
        return f"ROW({ours}) IS DISTINCT FROM ROW({theirs})"

    # Writing

    def update(self, table: str) -> int:
        columns = list(self.columns())
        before = ", ".join(f"'{column}', t.{column}" for column in columns)
        changed = self.execute(
            "INSERT INTO intake_loadeffect (batch_id, rule, kind, first_id, last_id, action, before)"
            f" SELECT %(batch_id)s, %(rule)s, %(kind)s, t.id, t.id, 'CHANGED', jsonb_build_object({before})"
            f" FROM {table} t JOIN intake_incoming i ON i.target_id = t.id WHERE NOT i.is_new AND {self.differs()}"
        )
        if changed:
            assigned = ", ".join(f"{column} = i.{column}" for column in columns)
            self.execute(
                f"UPDATE {table} t SET {assigned} FROM intake_incoming i"
                f" WHERE t.id = i.target_id AND NOT i.is_new AND {self.differs()}"
            )
        return changed

    def insert(self, table: str) -> tuple[int, list[Issue]]:
        columns = self.columns()
        unfed = {
            field.column: _default(field)
            for field in self.kind.fields
            if field.name not in self.fed and field.name != "key" and field.column not in ("", "from", "until")
        }
        more = {**unfed, **_CONSTANTS.get(self.kind.name, {})}
        names = ", ".join(["id", *columns, *more])
        values = ", ".join(["target_id", *columns, *more.values()])
        statement = f"INSERT INTO {table} ({names}) SELECT {values} FROM intake_incoming WHERE is_new"
        try:
            with transaction.atomic(), _overlaps_refused_afterwards(table):
                self.insert_in_parts(statement)
        except (IntegrityError, DataError):
            return self.insert_the_others(statement)
        return self.remember(), []

    def insert_in_parts(self, statement: str) -> None:
        """Insert some pages of rows after the other, so that people see it go on."""
        ((page_count,),) = self.fetch("SELECT pg_relation_size('intake_incoming') / current_setting('block_size')::int")
        for page in range(0, page_count, PAGES_AT_ONCE):
            part = f" AND ctid >= '({page},0)'::tid AND ctid < '({page + PAGES_AT_ONCE},0)'::tid"
            self.advance(self.execute(statement + part))

    def insert_the_others(self, statement: str) -> tuple[int, list[Issue]]:
        """Insert all rows but those that the database refuses, and name each of these."""
        self.execute("ALTER TABLE intake_incoming ADD position bigint")
        end = 1 + self.execute(
            "UPDATE intake_incoming i SET position = numbered.position FROM (SELECT ctid,"
            " row_number() OVER (ORDER BY row_number) AS position FROM intake_incoming) numbered"
            " WHERE i.ctid = numbered.ctid"
        )
        self.execute("CREATE UNIQUE INDEX ON intake_incoming (position)")
        statement += " AND position >= %(first)s AND position < %(end)s"
        refusals = list(self.insert_halving(statement, first=1, end=end, budget=[REFUSED_ROWS_MAX]))
        refused = [position for position, _issue in refusals]
        self.execute("DELETE FROM intake_incoming WHERE position = ANY(%(refused)s)", refused=refused)
        return self.remember(), [issue for _position, issue in refusals]

    def post(self) -> tuple[int, list[Issue]]:
        """Post opening items and, for each day that they count on, their journal."""
        self.execute("DELETE FROM intake_incoming WHERE is_new AND amount_minor = 0")
        document = "document_code" if "document" in self.fed else "''"
        post_items_from_query(
            select=f"SELECT account_id, side, 'OPENING', target_id, {document}, 50, amount_minor, effective_date,"
            " due_date FROM intake_incoming WHERE is_new"
        )
        days = self.fetch(
            "SELECT effective_date, min(target_id), sum(CASE side WHEN 'OWED' THEN amount_minor ELSE -amount_minor END)"
            " FROM intake_incoming WHERE is_new GROUP BY effective_date ORDER BY effective_date"
        )
        for effective_date, first_id, owed_minor in days:
            post_journal(
                source_kind="opening_balance",
                source_id=first_id,
                effective_date=effective_date,
                description=self.scheme,
                postings=[
                    Posting.of_balance(route="receivable", balance_minor=int(owed_minor)),
                    Posting.of_balance(route="opening_balance", balance_minor=-int(owed_minor)),
                ],
                posted_by=self.actor.name,
            )
        self.execute(
            "UPDATE intake_incoming i SET target_id = t.id FROM receivables_item t"
            " WHERE i.is_new AND t.kind = 'OPENING' AND t.source_id = i.target_id"
        )
        return self.remember(), []

    def remember(self) -> int:
        """Keep what was created, for undoing, and the numbers that the file gave; return how many rows it was."""
        created = remember_created(
            ids="SELECT target_id FROM intake_incoming WHERE is_new", parameters=self.parameters()
        )
        if self.kind.has_alias and self.scheme != OWN_SCHEME:
            self.execute(
                "INSERT INTO platform_externalalias (scheme, object_kind, object_id, value)"
                " SELECT %(scheme)s, %(object_kind)s, target_id, alias FROM intake_incoming WHERE is_new"
            )
            self.execute("ANALYZE platform_externalalias")
        return created

    def insert_halving(self, statement: str, *, first: int, end: int, budget: list[int]) -> Iterator[tuple[int, Issue]]:
        """Insert the rows of `[first, end)`; halve until each row that the database refuses stands alone."""
        if budget[0] <= 0:
            return
        try:
            with transaction.atomic():
                self.execute(statement, first=first, end=end)
        except (IntegrityError, DataError) as error:
            if end - first > 1:
                middle = (first + end) // 2
                yield from self.insert_halving(statement, first=first, end=middle, budget=budget)
                yield from self.insert_halving(statement, first=middle, end=end, budget=budget)
                return
            budget[0] -= 1
            code = "refused_by_rule" if budget[0] else "refused_by_rule_and_more"
            diagnosis = getattr(error.__cause__, "diag", None)
            rule = getattr(diagnosis, "constraint_name", None) or ""
            detail = getattr(diagnosis, "message_detail", None) or str(error)
            ((row,),) = self.fetch("SELECT row_number FROM intake_incoming WHERE position = %(first)s", first=first)
            yield first, Issue(code=code, row=row, field=self.kind.name, data={"rule": rule, "detail": detail[:200]})

    # SQL

    def execute(self, statement: str, **more: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, {**self.parameters(), **more})
            return int(cursor.rowcount)

    def fetch(self, statement: str, **more: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, {**self.parameters(), **more})
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def parameters(self) -> dict[str, Any]:
        return {
            "batch_id": self.batch_id,
            "rule": self.rule,
            "kind": self.kind.name,
            "scheme": self.scheme,
            "object_kind": self.kind.model.lower(),
            "actor": self.actor.name,
        }


def lookup(kind: Kind, value: str, *, scheme: str) -> str:
    """Return SQL that finds the one row that a number means, as `id`; it takes the parameter `scheme`."""
    if scheme == OWN_SCHEME:
        number = _OWN_NUMBER.get(kind.name, "number")
        table = get_model(kind)._meta.db_table
        return f"SELECT min(o.id) AS id FROM {table} o WHERE o.{number} = {value} HAVING count(*) = 1"
    return (
        "SELECT a.object_id AS id FROM platform_externalalias a WHERE a.scheme = %(scheme)s"
        f" AND a.object_kind = '{kind.model.lower()}' AND a.value = {value}"
    )


def remember_created(*, ids: str, parameters: dict[str, Any]) -> int:
    """
    Keep which rows a rule created, for undoing, and return how many.

    ids         SQL that gives one `target_id` a row
    parameters  batch_id, rule, kind, and what `ids` takes
    """
    with connection.cursor() as cursor:
        # Ids that follow one another without a gap share their distance to their place.
        cursor.execute(
            "INSERT INTO intake_loadeffect (batch_id, rule, kind, first_id, last_id, action)"
            " SELECT %(batch_id)s, %(rule)s, %(kind)s, min(target_id), max(target_id), 'CREATED'"
            " FROM (SELECT target_id, target_id - row_number() OVER (ORDER BY target_id) AS distance"
            f" FROM ({ids}) created) placed GROUP BY distance RETURNING last_id - first_id + 1",
            parameters,
        )
        return sum(count for (count,) in cursor.fetchall())


@contextmanager
def _overlaps_refused_afterwards(table: str) -> Iterator[None]:
    """
    Have the exclusion constraints of an empty table checked once over all rows that the block inserts.

    Row by row they cost several times what the rows do (docs/adr/0012). A table that holds rows keeps them as they are:
    taking them off would lock out whoever reads it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_has_role(c.relowner, 'USAGE') AND NOT EXISTS (SELECT FROM {table})"
            " FROM pg_class c WHERE c.oid = %s::regclass",
            [table],
        )
        (may_rebuild,) = cursor.fetchone()
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype = 'x' AND %s",
            [table, may_rebuild],
        )
        rules = cursor.fetchall()
        for name, _definition in rules:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        yield
        if rules:
            check_deferred()  # a table with checks outstanding is not altered
        for name, definition in rules:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def check_deferred() -> None:
    """Check now what PostgreSQL would check at the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _typed(field: Field) -> str:
    """Return the SQL that reads a field from a staged row; an empty cell becomes the field's default."""
    if field.column == "inputs":
        return "(s.fields->'inputs' #>> '{}')::jsonb"
    value = _CASTS[field.type].format(f"s.fields->>'{field.name}'")
    return value if field.default is None else f"coalesce({value}, {_default(field)})"


def _default(field: Field) -> str:
    if field.default is None:
        return "NULL"
    literal = f"'{field.default}'"
    return f"{literal}::jsonb" if field.column == "inputs" else _CASTS[field.type].format(literal)


def delete_created(*, batch_id: int, kind: Kind) -> int:
    """Delete the rows of a kind that a batch created, with their aliases; call inside a transaction."""
    table = get_model(kind)._meta.db_table
    created = "intake_loadeffect e WHERE e.batch_id = %(batch_id)s AND e.kind = %(kind)s AND e.action = 'CREATED'"
    parameters: dict[str, Any] = {"batch_id": batch_id, "kind": kind.name, "object_kind": kind.model.lower()}
    with connection.cursor() as cursor:
        if kind.has_alias:
            cursor.execute(
                f"DELETE FROM platform_externalalias a USING {created} AND a.object_kind = %(object_kind)s"
                " AND a.object_id BETWEEN e.first_id AND e.last_id",
                parameters,
            )
        cursor.execute(f"DELETE FROM {table} t USING {created} AND t.id BETWEEN e.first_id AND e.last_id", parameters)
        return int(cursor.rowcount)


def restore_changed(*, batch_id: int, kind: Kind) -> None:
    """Give the rows of a kind that a batch changed what they held before; call inside a transaction."""
    table = get_model(kind)._meta.db_table
    changed = "FROM intake_loadeffect e WHERE e.batch_id = %(batch_id)s AND e.kind = %(kind)s AND e.action = 'CHANGED'"
    parameters: dict[str, Any] = {"batch_id": batch_id, "kind": kind.name}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT jsonb_object_keys(e.before) {changed}", parameters)
        columns = [column for (column,) in cursor.fetchall()]
        if columns:
            assigned = ", ".join(f"{column} = was.{column}" for column in columns)
            cursor.execute(
                f"UPDATE {table} t SET {assigned} FROM (SELECT e.first_id AS target_id, (jsonb_populate_record("
                f"NULL::{table}, e.before)).* {changed}) was WHERE t.id = was.target_id",
                parameters,
            )


def count_dependents(*, batch_id: int, kind: Kind) -> Iterator[tuple[str, int]]:
    """
    Yield the tables, with how many rows, that refer to what a batch created and that it did not create itself.

    Every relation that Django knows counts, also those that bulk tables keep without a foreign key.
    """
    kinds_by_model = {entry.model.lower(): entry.name for entry in KINDS.values()}
    for relation in get_model(kind)._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.many_to_many:
            continue
        meta = relation.related_model._meta
        parameters: dict[str, Any] = {
            "batch_id": batch_id,
            "kind": kind.name,
            "own_kind": kinds_by_model.get(meta.label_lower, ""),
        }
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM {meta.db_table} d"
                " JOIN intake_loadeffect e ON e.batch_id = %(batch_id)s AND e.kind = %(kind)s AND e.action = 'CREATED'"
                f" AND d.{relation.field.column} BETWEEN e.first_id AND e.last_id"
                " WHERE NOT EXISTS (SELECT FROM intake_loadeffect o WHERE o.batch_id = %(batch_id)s"
                " AND o.kind = %(own_kind)s AND o.action = 'CREATED'"
                f" AND d.{meta.pk.column} BETWEEN o.first_id AND o.last_id)",
                parameters,
            )
            (count,) = cursor.fetchone()
        if count:
            yield str(meta.verbose_name), count
