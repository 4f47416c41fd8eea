"""Count what is held for review without reading the history."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metering", "0003_validationpolicy")]
    operations = [
        migrations.AddIndex(
            model_name="consumption",
            index=models.Index(condition=models.Q(("state", "HELD")), fields=["end_date"], name="consumption_held"),
        ),
    ]
