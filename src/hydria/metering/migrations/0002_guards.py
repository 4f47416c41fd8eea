"""Audit meters and decisions; readings and consumptions keep their own history."""

from django.db import migrations

from hydria.platform.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("metering", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        audited("metering_meter"),
        audited("metering_register"),
        audited("metering_installation"),
        audited("metering_finding"),
    ]
