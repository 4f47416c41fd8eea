"""Audit who makes and revokes API keys; the hash of a secret stays out of the audit."""

from django.db import migrations

from hydria.platform.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("publicapi", "0001_initial"), ("platform", "0003_guards")]
    operations = [audited("publicapi_apikey", hidden=("secret_hash",))]
