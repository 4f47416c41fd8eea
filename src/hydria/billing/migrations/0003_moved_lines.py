"""Refuse to move a draft's line or segment into an invoice that has its number (I6)."""

from django.db import migrations


def guard(table: str) -> migrations.RunSQL:
    """Return the step that judges updated rows of a table by what they have become, too."""
    name = "numbered_invoice_takes_nothing_over"
    return migrations.RunSQL(
        f"CREATE TRIGGER {name} AFTER UPDATE ON {table} REFERENCING NEW TABLE AS touched"
        " FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change_of_part()",
        f"DROP TRIGGER {name} ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_guards")]
    operations = [guard("billing_segment"), guard("billing_line")]
