"""Keep what a load created as ranges of ids, and find staged rows by their rule."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0002_guards")]

    operations = [
        migrations.RemoveIndex("loadeffect", "load_effect_by_target"),
        migrations.RenameField("loadeffect", "target_id", "first_id"),
        migrations.AddField(
            "loadeffect",
            "last_id",
            models.BigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.RunSQL("UPDATE intake_loadeffect SET last_id = first_id", migrations.RunSQL.noop),
        migrations.AlterField(
            "loadeffect",
            "batch",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="effects",
                to="intake.loadbatch",
            ),
        ),
        migrations.AlterField(
            "stagedrow",
            "batch",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="rows",
                to="intake.loadbatch",
            ),
        ),
        migrations.AddIndex(
            "loadeffect", models.Index(fields=["batch", "kind", "first_id"], name="load_effect_by_target")
        ),
        migrations.AddConstraint(
            "loadeffect",
            models.CheckConstraint(condition=models.Q(("last_id__gte", models.F("first_id"))), name="effect_covers_a_row"),
        ),
        migrations.AddIndex("stagedrow", models.Index(fields=["batch", "rule"], name="staged_row_by_rule")),
    ]
