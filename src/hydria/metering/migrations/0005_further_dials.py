"""Let a meter have further dials that count: what each showed at both ends, and one unit for all that add up."""

import django.db.models.deletion
from django.db import migrations, models

from hydria.platform.triggers import audited

# Nearly every meter has one dial, which is never looked at here: only what could differ from another is.
ONE_UNIT = """
CREATE FUNCTION metering_share_a_unit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM metering_register other WHERE other.meter_id = NEW.meter_id AND other.id <> NEW.id
               AND other.is_counted AND NEW.is_counted AND other.unit <> NEW.unit) THEN
        RAISE EXCEPTION 'The counted dials of meter % would add up different units', NEW.meter_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'counted_dials_of_a_meter_share_a_unit';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER counted_dials_of_a_meter_share_a_unit AFTER INSERT ON metering_register
    FOR EACH ROW WHEN (NEW.channel <> 'MAIN') EXECUTE FUNCTION metering_share_a_unit();
CREATE TRIGGER counted_dials_of_a_meter_keep_one_unit AFTER UPDATE OF unit, is_counted ON metering_register
    FOR EACH ROW EXECUTE FUNCTION metering_share_a_unit();
"""


class Migration(migrations.Migration):
    dependencies = [("metering", "0004_held_index")]
    operations = [
        migrations.AddField(
            model_name="register",
            name="is_counted",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Adds to the quantity; a dial for checking, such as a total, does not",
            ),
        ),
        migrations.CreateModel(
            name="FurtherDial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("initial_milli", models.BigIntegerField(default=0)),
                ("final_milli", models.BigIntegerField(blank=True, null=True)),
                (
                    "installation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="further_dials",
                        to="metering.installation",
                    ),
                ),
                (
                    "register",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="metering.register"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("installation", "register"), name="dial_has_one_beginning_at_a_point"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("initial_milli__gte", 0),
                            models.Q(("final_milli__isnull", True), ("final_milli__gte", 0), _connector="OR"),
                        ),
                        name="further_dial_never_shows_less_than_zero",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            sql=ONE_UNIT,
            reverse_sql="DROP TRIGGER counted_dials_of_a_meter_share_a_unit ON metering_register;"
            "DROP TRIGGER counted_dials_of_a_meter_keep_one_unit ON metering_register;"
            "DROP FUNCTION metering_share_a_unit();",
        ),
        audited("metering_furtherdial"),
    ]
