"""Audit places and the lists they belong to."""

from django.db import migrations

from hydria.platform.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("premises", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        audited("premises_service"),
        audited("premises_category"),
        audited("premises_zone"),
        audited("premises_sector"),
        audited("premises_billingcycle"),
        audited("premises_route"),
        audited("premises_premise"),
        audited("premises_premiseparty"),
        audited("premises_servicepoint"),
        audited("premises_pointunits"),
    ]
