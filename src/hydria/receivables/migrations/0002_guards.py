"""Keep what is open of each item by trigger, and refuse every change of posted items and allocations."""

from django.db import migrations

from hydria.platform.triggers import audited, immutable

OPEN_FUNCTION = """
CREATE FUNCTION receivables_open_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO receivables_openitem (item_id, account_id, side, due_date, rank, open_minor)
    SELECT id, account_id, side, due_date, rank, amount_minor FROM added;
    RETURN NULL;
END $$;
"""

# Settling lowers, undoing raises. An item settled in full has no row, so undoing may have to bring it back; settling
# it once more would bring it back below zero, which the check constraint refuses.
SETTLE_FUNCTION = """
CREATE FUNCTION receivables_settle_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH change AS (
        SELECT side.item_id, sum(CASE WHEN added.reverses_id IS NULL THEN -added.amount_minor
                                 ELSE added.amount_minor END)::bigint AS change_minor
          FROM added CROSS JOIN LATERAL (VALUES (added.owed_item_id), (added.held_item_id)) AS side (item_id)
         GROUP BY side.item_id
    ), lowered AS (
        UPDATE receivables_openitem open_item SET open_minor = open_minor + change_minor
          FROM change WHERE change.item_id = open_item.item_id
        RETURNING open_item.item_id
    )
    INSERT INTO receivables_openitem (item_id, account_id, side, due_date, rank, open_minor)
    SELECT item.id, item.account_id, item.side, item.due_date, item.rank, change.change_minor
      FROM change JOIN receivables_item item ON item.id = change.item_id
     WHERE change.item_id NOT IN (SELECT item_id FROM lowered);
    DELETE FROM receivables_openitem
     WHERE open_minor = 0
       AND item_id IN (SELECT owed_item_id FROM added UNION ALL SELECT held_item_id FROM added);
    RETURN NULL;
END $$;
"""


def after_insert(table: str, function: str) -> migrations.RunSQL:
    """Return the step that calls a function once for all rows that a statement adds to a table."""
    return migrations.RunSQL(
        f"CREATE TRIGGER open_items_follow AFTER INSERT ON {table} REFERENCING NEW TABLE AS added"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
        f"DROP TRIGGER open_items_follow ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("receivables", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        migrations.RunSQL(OPEN_FUNCTION, "DROP FUNCTION receivables_open_items()"),
        migrations.RunSQL(SETTLE_FUNCTION, "DROP FUNCTION receivables_settle_items()"),
        after_insert("receivables_item", "receivables_open_items"),
        after_insert("receivables_allocation", "receivables_settle_items"),
        immutable("receivables_item"),
        immutable("receivables_allocation"),
        audited("receivables_allocationrule"),
    ]
