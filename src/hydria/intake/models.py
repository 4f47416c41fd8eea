"""Tables of loading: batches, their staged rows, their findings, and what each batch did."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class LoadState(models.TextChoices):
    """Where a batch stands. The allowed moves are in `domain.states`."""

    RECEIVED = "RECEIVED", _("Received")
    CHECKED = "CHECKED", _("Checked")
    REFUSED = "REFUSED", pgettext_lazy("load", "Refused")
    APPLIED = "APPLIED", _("Applied")
    REVERSED = "REVERSED", _("Reversed")


class LoadBatch(models.Model):
    """One file with one mapping: what was found in it, and what it did."""

    file = models.ForeignKey("platform.StoredFile", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=255)
    mapping_name = models.CharField(max_length=200)
    mapping_text = models.TextField()
    mapping_hash = models.CharField(max_length=64)
    scheme = models.CharField(max_length=60, help_text=_("The numbers of the file are kept as aliases of this scheme"))
    state = models.CharField(max_length=10, choices=LoadState.choices, default=LoadState.RECEIVED)
    is_staged = models.BooleanField(default=False, help_text=_("The rows have been read into the staging table"))
    row_count = models.IntegerField(default=0)
    counts = models.JSONField(
        default=dict, help_text=_("By kind of record: how many are created, changed and unchanged")
    )
    received_by = models.CharField(max_length=150)
    received_at = models.DateTimeField()
    applied_by = models.CharField(max_length=150, blank=True)
    applied_at = models.DateTimeField(null=True)
    applied_transaction_id = models.BigIntegerField(null=True)
    reversed_by = models.CharField(max_length=150, blank=True)
    reversed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=250, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["APPLIED", "REVERSED"], applied_at__isnull=False)
                | (~models.Q(state__in=["APPLIED", "REVERSED"]) & models.Q(applied_at__isnull=True)),
                name="applied_load_says_when",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="REVERSED") | (models.Q(reversed_at__isnull=False) & ~models.Q(reason="")),
                name="reversed_load_says_when_and_why",
            ),
        ]
        indexes = [models.Index(fields=["-received_at"], name="load_newest_first")]


class StagedRow(models.Model):
    """
    One record of a batch before it is applied; a bulk table written by COPY and emptied when the batch is applied.

    `rule` is the position of the mapping's record rule that made it.
    """

    batch = models.ForeignKey(
        LoadBatch, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="rows"
    )
    rule = models.SmallIntegerField()
    row_number = models.IntegerField(help_text=_("Row of the file as a spreadsheet counts"))
    fields = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["batch", "rule"], name="staged_row_by_rule")]


class FindingSeverity(models.TextChoices):
    """What a finding does to the batch."""

    BLOCK = "BLOCK", _("Stops the load")
    WARN = "WARN", _("Worth a look")


class LoadFinding(models.Model):
    """What is odd about a row: where, what, and how bad."""

    batch = models.ForeignKey(LoadBatch, on_delete=models.CASCADE, related_name="findings")
    row_number = models.IntegerField(help_text=_("0 when it is about the whole file"))
    column = models.CharField(max_length=400, blank=True)
    code = models.CharField(max_length=60)
    severity = models.CharField(max_length=5, choices=FindingSeverity.choices)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["batch", "row_number"], name="load_finding_by_row")]


class LoadEffectAction(models.TextChoices):
    """What a batch did to a row of the register."""

    CREATED = "CREATED", _("Created")
    CHANGED = "CHANGED", _("Changed")


class LoadEffect(models.Model):
    """
    Rows that a batch created, or one that it changed with what it held before: what undoing needs. A bulk table.

    Created rows take their ids in one go, so a year of readings is one range of ids, or a few.
    """

    batch = models.ForeignKey(
        LoadBatch, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="effects"
    )
    rule = models.SmallIntegerField()
    kind = models.CharField(max_length=30)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    action = models.CharField(max_length=10, choices=LoadEffectAction.choices)
    before = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(last_id__gte=models.F("first_id")), name="effect_covers_a_row")
        ]
        indexes = [models.Index(fields=["batch", "kind", "first_id"], name="load_effect_by_target")]
