"""Audit periods and runs; refuse every change of an invoice that has its number (I6)."""

from django.db import migrations

from hydria.platform.triggers import audited, immutable

# One check for each statement: the rows it touches are joined to the numbers once, so COPY of drafts stays quick.
REFUSE_FUNCTION = """
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM touched JOIN billing_invoicenumber number ON number.invoice_id = touched.{column}) THEN
        RAISE EXCEPTION 'a numbered invoice is never changed: correct it by a credit note'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'numbered_invoice_is_never_changed';
    END IF;
    RETURN NULL;
END $$;
"""
TABLES = {
    "billing_invoice": ("billing_refuse_change_of_invoice", ("UPDATE", "DELETE")),
    "billing_segment": ("billing_refuse_change_of_part", ("INSERT", "UPDATE", "DELETE")),
    "billing_line": ("billing_refuse_change_of_part", ("INSERT", "UPDATE", "DELETE")),
}


def guard(table: str) -> migrations.RunSQL:
    """Return the step that guards one table; a statement that changes rows is judged by what they were."""
    function, events = TABLES[table]
    statements = [
        f"CREATE TRIGGER numbered_invoice_is_never_changed_by_{event.lower()} AFTER {event} ON {table}"
        f" REFERENCING {'NEW' if event == 'INSERT' else 'OLD'} TABLE AS touched"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        for event in events
    ]
    statements.append(
        f"CREATE TRIGGER posted_table_is_never_emptied BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change()"
    )
    drops = [f"DROP TRIGGER numbered_invoice_is_never_changed_by_{event.lower()} ON {table}" for event in events]
    return migrations.RunSQL(statements, [*drops, f"DROP TRIGGER posted_table_is_never_emptied ON {table}"])


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        audited("billing_billingperiod"),
        audited("billing_billingrun"),
        immutable("billing_invoicenumber"),
        migrations.RunSQL(
            REFUSE_FUNCTION.format(function="billing_refuse_change_of_invoice", column="id"),
            "DROP FUNCTION billing_refuse_change_of_invoice()",
        ),
        migrations.RunSQL(
            REFUSE_FUNCTION.format(function="billing_refuse_change_of_part", column="invoice_id"),
            "DROP FUNCTION billing_refuse_change_of_part()",
        ),
        *(guard(table) for table in TABLES),
    ]
