"""Let PostgreSQL promise that journals balance when their transaction commits, and that none is ever changed."""

from django.db import migrations

from hydria.platform.triggers import audited, immutable

BALANCE_FUNCTION = """
CREATE FUNCTION ledger_check_journal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked_id bigint := CASE TG_TABLE_NAME WHEN 'ledger_journal' THEN (to_jsonb(NEW) ->> 'id')::bigint
                         ELSE (to_jsonb(NEW) ->> 'journal_id')::bigint END;
    difference numeric;
    entry_count bigint;
BEGIN
    SELECT coalesce(sum(debit_minor) - sum(credit_minor), 0), count(*) INTO difference, entry_count
      FROM ledger_entry WHERE journal_id = checked_id;
    IF difference <> 0 OR entry_count < 2 THEN
        RAISE EXCEPTION 'journal % has % entries and is out by %', checked_id, entry_count, difference
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'journal_balances';
    END IF;
    RETURN NULL;
END $$;
"""


def balanced(table: str) -> migrations.RunSQL:
    """Return the step that checks the journals behind a table's new rows when their transaction commits."""
    return migrations.RunSQL(
        f"CREATE CONSTRAINT TRIGGER journal_balances AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION ledger_check_journal()",
        f"DROP TRIGGER journal_balances ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        migrations.RunSQL(BALANCE_FUNCTION, "DROP FUNCTION ledger_check_journal()"),
        balanced("ledger_journal"),
        balanced("ledger_entry"),
        immutable("ledger_journal"),
        immutable("ledger_entry"),
        audited("ledger_ledgeraccount"),
        audited("ledger_accountingperiod"),
    ]
