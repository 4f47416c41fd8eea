"""Audit accounts, agreements and everything dated about them."""

from django.db import migrations

from hydria.platform.triggers import audited


class Migration(migrations.Migration):
    dependencies = [("agreements", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        audited("agreements_account"),
        audited("agreements_accountparty"),
        audited("agreements_serviceagreement"),
        audited("agreements_agreementterms"),
        audited("agreements_exemption"),
        audited("agreements_billingexclusion"),
    ]
