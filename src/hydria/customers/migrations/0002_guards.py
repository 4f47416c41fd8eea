"""Audit the front office's tables; applications and notes are written once."""

from django.db import migrations

from hydria.platform.triggers import audited, immutable


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial")]
    operations = [
        audited("customers_frontofficepolicy"),
        audited("customers_documenttype"),
        audited("customers_contracttemplate"),
        audited("customers_application"),
        audited("customers_attachment"),
        audited("customers_marker"),
        audited("customers_note"),
        immutable("customers_application"),
        immutable("customers_note"),
    ]
