"""Audit webhooks; secrets, and what deliveries change by the minute, stay out of the audit."""

from django.db import migrations

from hydria.platform.triggers import audited

_BEFORE = audited("publicapi_apikey", hidden=("secret_hash",))


class Migration(migrations.Migration):
    dependencies = [("publicapi", "0003_secrets_tokens_events")]
    operations = [
        migrations.RunSQL(sql=_BEFORE.reverse_sql, reverse_sql=_BEFORE.sql),
        audited("publicapi_apikey", hidden=("secret_hash", "old_secret_hash")),
        audited("publicapi_webhook", hidden=("salt", "old_salt", "failure_count", "rests_until")),
    ]
