"""Date the thresholds of validation, and let categories, services and seasons have their own."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
from django.db import migrations, models

from hydria.platform.triggers import audited

TAKE_OVER = """
INSERT INTO metering_thresholdrule (thresholds, valid_during, reason, recorded_by)
SELECT thresholds, daterange(NULL, NULL), 'Taken over', 'system' FROM metering_validationpolicy
"""


class Migration(migrations.Migration):

    dependencies = [
        ('metering', '0006_observations'),
        ('premises', '0002_guards'),
    ]

    operations = [
        migrations.CreateModel(
            name='ThresholdRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('months', django.contrib.postgres.fields.ranges.IntegerRangeField(help_text='Of every year, from 1 to 12; empty for the whole year', null=True)),
                ('thresholds', models.JSONField(default=dict)),
                ('valid_during', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('reason', models.CharField(max_length=250)),
                ('recorded_by', models.CharField(max_length=150)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('category', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='premises.category')),
                ('service', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='premises.service')),
            ],
        ),
        migrations.RunSQL(sql=TAKE_OVER, reverse_sql=migrations.RunSQL.noop),
        migrations.DeleteModel(
            name='ValidationPolicy',
        ),
        migrations.AddConstraint(
            model_name='thresholdrule',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('months__isnull', True)), expressions=[(django.db.models.functions.comparison.Coalesce('service_id', 0), '='), (django.db.models.functions.comparison.Coalesce('category_id', 0), '='), ('valid_during', '&&')], name='one_rule_holds_for_a_whole_year_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='thresholdrule',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('months__isnull', False)), expressions=[(django.db.models.functions.comparison.Coalesce('service_id', 0), '='), (django.db.models.functions.comparison.Coalesce('category_id', 0), '='), ('months', '&&'), ('valid_during', '&&')], name='seasons_of_a_rule_never_overlap'),
        ),
        audited("metering_thresholdrule"),
    ]
