"""Let a company keep its own list of what readers note; a reading names nothing that is not on it."""

import django.contrib.postgres.fields.ranges
from django.db import migrations, models

from hydria.platform.triggers import audited

# Few readings come with an observation, and only those are looked at.
ON_THE_LIST = """
CREATE FUNCTION metering_know_observation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM metering_observation WHERE code = NEW.observation) THEN
        RAISE EXCEPTION 'No observation has the code %', NEW.observation
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'observation_is_on_the_list';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER observation_is_on_the_list AFTER INSERT ON metering_reading
    FOR EACH ROW WHEN (NEW.observation NOT IN ('', 'SET_ASIDE')) EXECUTE FUNCTION metering_know_observation();
"""


class Migration(migrations.Migration):
    dependencies = [("metering", "0005_further_dials")]
    operations = [
        migrations.CreateModel(
            name="Observation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=20, unique=True)),
                ("names", models.JSONField(help_text="Name by language")),
                (
                    "effect",
                    models.CharField(
                        choices=[
                            ("KEEP", "Counts as read"),
                            ("ESTIMATE", "Does not count; the period is estimated"),
                            ("IGNORE", "Does not count; a person decides"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "follow_up",
                    models.CharField(
                        choices=[("NONE", "Nothing"), ("REREAD", "Read again"), ("WORK_ORDER", "Work order")],
                        default="NONE",
                        max_length=10,
                    ),
                ),
                (
                    "valid_during",
                    django.contrib.postgres.fields.ranges.DateRangeField(help_text="When readers may choose it"),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[A-Z0-9_]+$"), models.Q(("code", "SET_ASIDE"), _negated=True)),
                        name="observation_code_is_plain_and_free",
                    )
                ],
            },
        ),
        audited("metering_observation"),
        migrations.RunSQL(
            sql=ON_THE_LIST,
            reverse_sql="DROP TRIGGER observation_is_on_the_list ON metering_reading;"
            "DROP FUNCTION metering_know_observation();",
        ),
    ]
