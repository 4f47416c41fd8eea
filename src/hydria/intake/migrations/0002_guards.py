"""Audit batches; staged rows come and go with them."""

from django.db import migrations

from hydria.platform.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial"), ("platform", "0003_guards")]
    operations = [audited("intake_loadbatch")]
