"""Audit tariffs and their versions."""

from django.db import migrations

from hydria.platform.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("tariffs", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        audited("tariffs_tariff"),
        audited("tariffs_tariffversion"),
        audited("tariffs_versioncharge"),
    ]
