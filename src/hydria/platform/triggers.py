"""
Database triggers that contexts put on their tables from their migrations: audit and immutability.

`audited` writes one `AuditEntry` for each row that any statement changes, set-based, so a bulk load pays one insert
per table. `immutable` refuses UPDATE, DELETE and TRUNCATE on tables of posted rows (I6).
"""

from __future__ import annotations

from django.db import migrations

AUDIT_FUNCTION = """
CREATE FUNCTION platform_write_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who text := coalesce(nullif(current_setting('hydria.actor', true), ''), 'sql:' || session_user);
    who_id bigint := nullif(current_setting('hydria.actor_id', true), '')::bigint;
    why text := coalesce(current_setting('hydria.reason', true), '');
    tx bigint := pg_current_xact_id()::text::bigint;
    hidden text[] := coalesce(TG_ARGV, '{}');
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO platform_auditentry (table_name, row_id, action, actor, actor_user_id, reason, transaction_id)
        SELECT TG_TABLE_NAME, id, 'INSERT', who, who_id, why, tx FROM added;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO platform_auditentry
            (table_name, row_id, action, before, actor, actor_user_id, reason, transaction_id)
        SELECT TG_TABLE_NAME, id, 'DELETE', to_jsonb(gone) - hidden, who, who_id, why, tx FROM gone;
    ELSE
        INSERT INTO platform_auditentry
            (table_name, row_id, action, before, after, actor, actor_user_id, reason, transaction_id)
        SELECT TG_TABLE_NAME, changed.id, 'UPDATE', changed.before, changed.after, who, who_id, why, tx
        FROM (
            SELECT new_row.id,
                (SELECT jsonb_object_agg(o.key, o.value) FROM jsonb_each(to_jsonb(old_row) - hidden) o
                  WHERE o.value IS DISTINCT FROM to_jsonb(new_row) -> o.key) AS before,
                (SELECT jsonb_object_agg(n.key, n.value) FROM jsonb_each(to_jsonb(new_row) - hidden) n
                  WHERE n.value IS DISTINCT FROM to_jsonb(old_row) -> n.key) AS after
            FROM gone old_row JOIN added new_row ON new_row.id = old_row.id
        ) changed
        WHERE changed.after IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
"""

REFUSAL_FUNCTION = """
CREATE FUNCTION platform_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never changed: correct it by adding a row', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'posted_row_is_never_changed';
END $$;
"""


def audited(table: str, *, hidden: tuple[str, ...] = ()) -> migrations.RunSQL:
    """
    Return the migration step that audits a table with an `id` column.

    hidden  columns whose values never reach the audit, such as password hashes
    """
    arguments = ", ".join(f"'{column}'" for column in hidden)
    events = {
        "INSERT": "NEW TABLE AS added",
        "UPDATE": "OLD TABLE AS gone NEW TABLE AS added",
        "DELETE": "OLD TABLE AS gone",
    }
    return migrations.RunSQL(
        sql="".join(
            f"CREATE TRIGGER every_{event.lower()}_is_audited AFTER {event} ON {table} REFERENCING {tables}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION platform_write_audit({arguments});\n"
            for event, tables in events.items()
        ),
        reverse_sql="".join(f"DROP TRIGGER every_{event.lower()}_is_audited ON {table};\n" for event in events),
    )


def immutable(table: str) -> migrations.RunSQL:
    """Return the migration step that refuses every change of a table's rows."""
    return migrations.RunSQL(
        sql=(
            f"CREATE TRIGGER posted_row_is_never_changed BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION platform_refuse_change();\n"
            f"CREATE TRIGGER posted_table_is_never_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();\n"
        ),
        reverse_sql=(
            f"DROP TRIGGER posted_row_is_never_changed ON {table};\n"
            f"DROP TRIGGER posted_table_is_never_emptied ON {table};\n"
        ),
    )
