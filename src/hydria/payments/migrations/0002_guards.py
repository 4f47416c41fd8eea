"""Refuse every change of payments and tenders, and audit tills and their sessions."""

from django.db import migrations

from hydria.platform.triggers import audited, immutable


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        immutable("payments_paymentbatch"),
        immutable("payments_payment"),
        immutable("payments_tender"),
        audited("payments_till"),
        audited("payments_tillsession"),
    ]
