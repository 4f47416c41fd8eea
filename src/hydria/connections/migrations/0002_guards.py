"""Audit applications, what was seen for them, and how the company does their steps."""

from django.db import migrations

from hydria.platform.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("connections", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        audited("connections_steprule"),
        audited("connections_application"),
        audited("connections_seendocument"),
    ]
