"""
Tables of tariffs: the list, its versions with what was done to each, and the charges that invoice lines point at.

What is done to a version is a `VersionEvent`, added and never edited. A trigger checks each event (who writes never
approves, the text is the one that was checked) and carries it over to the version; nothing else changes a version.
"""

from __future__ import annotations

import datetime

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from hydria.tariffs.domain.states import Act, VersionState

BEGINNING = datetime.date.min
"""The day from which a version holds that holds from the beginning of time."""


class Tariff(models.Model):
    """A price list for one service."""

    code = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    titles = models.JSONField(
        default=dict, help_text=_("The title by language, as the newest text that is right has it")
    )
    currency = models.CharField(max_length=3)


class TariffVersionState(models.TextChoices):
    """The states of a version in words; what may follow what is in `domain.states`."""

    DRAFT = VersionState.DRAFT, _("Draft")
    CHECKED = VersionState.CHECKED, _("Checked")
    SIMULATED = VersionState.SIMULATED, _("Simulated")
    APPROVED = VersionState.APPROVED, _("Approved")
    PUBLISHED = VersionState.PUBLISHED, _("Published")
    WITHDRAWN = VersionState.WITHDRAWN, _("Withdrawn")


class TariffVersion(models.Model):
    """One text of a tariff on its way to the customers. Published, it prices what is supplied from a day on."""

    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="versions")
    sequence = models.IntegerField()
    text = models.TextField(blank=True)
    text_hash = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of the text, letter by letter"))
    version_hash = models.CharField(
        max_length=64,
        blank=True,
        help_text=_("SHA-256 of what the text says, whatever its layout; empty until checked"),
    )
    state = models.CharField(max_length=10, choices=TariffVersionState.choices, default=TariffVersionState.DRAFT)
    from_date = models.DateField(
        null=True, help_text=_("First day supplied that it prices; the next published version ends it")
    )
    written_by = models.CharField(max_length=150, blank=True)
    published_by = models.CharField(max_length=150, blank=True)
    published_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tariff", "sequence"], name="tariff_versions_are_numbered"),
            models.UniqueConstraint(
                fields=["tariff", "from_date"],
                condition=models.Q(state="PUBLISHED"),
                name="published_versions_do_not_overlap",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="PUBLISHED")
                | models.Q(published_at__isnull=False, from_date__isnull=False, version_hash__gt=""),
                name="published_version_says_when_and_what",
            ),
        ]


class ActWord(models.TextChoices):
    """What may be done to a version, in words."""

    WRITTEN = Act.WRITTEN, _("Written")
    CHECKED = Act.CHECKED, _("Checked")
    SIMULATED = Act.SIMULATED, _("Simulated")
    REFUSED = Act.REFUSED, _("Sent back")
    APPROVED = Act.APPROVED, _("Approved")
    PUBLISHED = Act.PUBLISHED, _("Published")
    INSTALLED = Act.INSTALLED, pgettext_lazy("tariff", "Installed")
    WITHDRAWN = Act.WITHDRAWN, _("Withdrawn")


class VersionEvent(models.Model):
    """What somebody did to a version: who, when, why, and the text it was about."""

    version = models.ForeignKey(TariffVersion, on_delete=models.PROTECT, related_name="events")
    act = models.CharField(max_length=10, choices=ActWord.choices)
    actor = models.CharField(max_length=150)
    actor_user_id = models.BigIntegerField(null=True, help_text=_("The log-in; empty for the system and for API keys"))
    happened_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True, help_text=_("The whole text, where it was written or installed"))
    text_hash = models.CharField(max_length=64)
    version_hash = models.CharField(max_length=64, blank=True)
    from_date = models.DateField(null=True)
    data = models.JSONField(default=dict, help_text=_("What the act found: counts of cases, code of the simulation"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(act__in=["REFUSED", "WITHDRAWN"]) | models.Q(reason__gt=""),
                name="sending_back_and_withdrawing_say_why",
            ),
            models.CheckConstraint(
                condition=models.Q(act__in=["PUBLISHED", "INSTALLED"], from_date__isnull=False)
                | (~models.Q(act__in=["PUBLISHED", "INSTALLED"]) & models.Q(from_date__isnull=True)),
                name="publishing_says_from_when",
            ),
            models.CheckConstraint(
                condition=~models.Q(act="INSTALLED") | models.Q(actor_user_id__isnull=True),
                name="persons_do_not_install",
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
