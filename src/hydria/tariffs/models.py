"""Tables of tariffs: the list, its published texts, and the charges that invoice lines point at."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Tariff(models.Model):
    """A price list for one service."""

    code = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)


class TariffVersionState(models.TextChoices):
    """Where a tariff text stands."""

    DRAFT = "DRAFT", _("Draft")
    PUBLISHED = "PUBLISHED", _("Published")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")


class TariffVersion(models.Model):
    """One text of a tariff. Its prices are dated inside; a newer published version replaces the whole text."""

    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="versions")
    sequence = models.IntegerField()
    text = models.TextField()
    version_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=TariffVersionState.choices, default=TariffVersionState.DRAFT)
    written_by = models.CharField(max_length=150)
    published_by = models.CharField(max_length=150, blank=True)
    published_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tariff", "sequence"], name="tariff_versions_are_numbered"),
            models.UniqueConstraint(fields=["tariff", "version_hash"], name="tariff_text_is_kept_once"),
            models.UniqueConstraint(
                fields=["tariff"], condition=models.Q(state="PUBLISHED"), name="tariff_has_one_published_version"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="PUBLISHED") | models.Q(published_at__isnull=False),
                name="published_version_says_when",
            ),
        ]


class VersionCharge(models.Model):
    """One charge of a version, in its order of calculation: where its money is posted and how it is allocated."""

    version = models.ForeignKey(TariffVersion, on_delete=models.PROTECT, related_name="charges")
    position = models.SmallIntegerField()
    label = models.CharField(max_length=60)
    route = models.CharField(max_length=60, help_text=_("Posting route of the ledger: revenue.water"))
    rank = models.SmallIntegerField(help_text=_("Allocation rank: lower is settled first"))
    is_tax = models.BooleanField(default=False)
    is_memo = models.BooleanField(default=False)
    texts = models.JSONField(default=dict, help_text=_("Name of the charge by language"))
    source = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="charges_of_a_version_are_ordered"),
        ]
