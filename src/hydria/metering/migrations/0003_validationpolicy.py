"""Keep the company's thresholds of validation, audited."""

import django.db.models.functions.datetime
from django.db import migrations, models

from hydria.platform.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("metering", "0002_guards")]
    operations = [
        migrations.CreateModel(
            name="ValidationPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("thresholds", models.JSONField(default=dict)),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="a_company_validates_by_one_policy"
                    )
                ],
            },
        ),
        audited("metering_validationpolicy"),
    ]
