"""Switch on the PostgreSQL extensions that the tables of every context use."""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension, UnaccentExtension
from django.db import migrations


class Migration(migrations.Migration):
    run_before = [
        ("parties", "0001_initial"),
        ("premises", "0001_initial"),
        ("agreements", "0001_initial"),
        ("metering", "0001_initial"),
    ]
    dependencies = []
    operations = [TrigramExtension(), BtreeGistExtension(), UnaccentExtension()]
