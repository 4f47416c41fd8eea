"""Suspensions of supply and the day on which an exclusion is reviewed, audited."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from hydria.platform.triggers import audited


class Migration(migrations.Migration):

    dependencies = [
        ('agreements', '0002_guards'),
    ]

    operations = [
        migrations.AddField(
            model_name='billingexclusion',
            name='review_date',
            field=models.DateField(blank=True, help_text='When somebody looks again whether the reason still holds', null=True),
        ),
        migrations.CreateModel(
            name='Suspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=200)),
                ('valid_during', django.contrib.postgres.fields.ranges.DateRangeField()),
                ('agreement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suspensions', to='agreements.serviceagreement')),
                ('exclusion', models.OneToOneField(help_text='What keeps the agreement out of billing for as long; empty where the tariff goes on being due', null=True, on_delete=django.db.models.deletion.SET_NULL, to='agreements.billingexclusion')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='suspension_has_a_reason'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('agreement', '='), ('valid_during', '&&')], name='agreement_is_suspended_once_at_a_time')],
            },
        ),
        audited("agreements_suspension"),
    ]
