"""Audit selections and acts on many rows; what was listed for an act is never exchanged for something else."""

from django.db import migrations

from hydria.platform.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("directory", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        audited("directory_selection"),
        audited("directory_bulkact"),
        migrations.RunSQL(
            "CREATE TRIGGER listed_row_stays_the_same BEFORE UPDATE OF act_id, object_id, label ON directory_bulkactrow"
            " FOR EACH ROW WHEN ((OLD.act_id, OLD.object_id) IS DISTINCT FROM (NEW.act_id, NEW.object_id))"
            " EXECUTE FUNCTION platform_refuse_change()",
            "DROP TRIGGER listed_row_stays_the_same ON directory_bulkactrow",
        ),
    ]
