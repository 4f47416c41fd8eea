"""Audit what decides on access. Keys and codes stay out of the audit, and so does each use of them: that is logged as access."""

from django.db import migrations

from hydria.platform.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("platform", "0006_access")]
    operations = [
        audited("platform_secondfactor", hidden=("enciphered_key", "last_step", "failure_count")),
        audited("platform_recoverycode", hidden=("code_hash",)),
        audited("platform_toxiccombination"),
        audited("platform_exemption"),
    ]
