"""Sum up what each account owes as a view on its open items."""

import django.db.models.deletion
from django.db import migrations, models

VIEW = """
CREATE VIEW receivables_debtor AS
SELECT account_id,
       sum(open_minor) FILTER (WHERE side = 'OWED')::bigint AS owed_minor,
       coalesce(sum(open_minor) FILTER (WHERE side = 'HELD'), 0)::bigint AS held_minor,
       min(due_date) FILTER (WHERE side = 'OWED') AS oldest_due_date
  FROM receivables_openitem
 GROUP BY account_id
HAVING bool_or(side = 'OWED')
"""


class Migration(migrations.Migration):
    dependencies = [("receivables", "0003_discounts"), ("agreements", "0001_initial")]
    operations = [
        migrations.RunSQL(VIEW, "DROP VIEW receivables_debtor"),
        migrations.CreateModel(
            name="Debtor",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="debt",
                        serialize=False,
                        to="agreements.account",
                    ),
                ),
                ("owed_minor", models.BigIntegerField()),
                ("held_minor", models.BigIntegerField()),
                ("oldest_due_date", models.DateField()),
            ],
            options={"db_table": "receivables_debtor", "managed": False},
        ),
    ]
