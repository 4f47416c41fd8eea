"""Audit persons, organisations and their identifiers."""

from django.db import migrations

from hydria.platform.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        audited("parties_party"),
        audited("parties_partyidentifier"),
    ]
