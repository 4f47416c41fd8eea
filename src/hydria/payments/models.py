"""Tables of payments. A payment is never changed; a reversal is a mirror row that names it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from hydria.payments.domain.tenders import TenderKind


class Till(models.Model):
    """A place where money is taken."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    office = models.ForeignKey("platform.Office", null=True, on_delete=models.PROTECT)


class TillSession(models.Model):
    """A cashier's time at a till: opened with a float, closed with a count."""

    till = models.ForeignKey(Till, on_delete=models.PROTECT, related_name="sessions")
    cashier = models.ForeignKey("platform.User", on_delete=models.PROTECT, related_name="till_sessions")
    opened_at = models.DateTimeField()
    float_minor = models.BigIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)
    counted_minor = models.BigIntegerField(null=True, blank=True)
    expected_minor = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["till"], condition=models.Q(closed_at__isnull=True), name="till_has_one_open_session"
            ),
            models.UniqueConstraint(
                fields=["cashier"], condition=models.Q(closed_at__isnull=True), name="cashier_has_one_open_session"
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=True, counted_minor__isnull=True)
                | models.Q(closed_at__isnull=False, counted_minor__isnull=False, expected_minor__isnull=False),
                name="closed_session_has_been_counted",
            ),
        ]


class PaymentBatch(models.Model):
    """Payments of one day recorded together and posted by one journal: a collector's file, a demo's day."""

    key = models.CharField(max_length=120, unique=True)
    content_hash = models.CharField(max_length=64)
    effective_date = models.DateField()
    taken_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(db_default=Now())


class Payment(models.Model):
    """Money received for an account, or its mirror."""

    key = models.CharField(max_length=120, unique=True, help_text=_("Given by the caller; the same key pays once"))
    account = models.ForeignKey("agreements.Account", on_delete=models.PROTECT, related_name="payments")
    content_hash = models.CharField(max_length=64, help_text=_("Tells a repeated request from a changed one"))
    batch = models.ForeignKey(PaymentBatch, null=True, on_delete=models.PROTECT, related_name="payments")
    session = models.ForeignKey(TillSession, null=True, on_delete=models.PROTECT, related_name="payments")
    receipt_code = models.CharField(max_length=30, unique=True)
    amount_minor = models.BigIntegerField()
    received_at = models.DateTimeField()
    effective_date = models.DateField()
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    reason = models.CharField(max_length=250, blank=True)
    taken_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="payment_amount_is_positive"),
            models.CheckConstraint(
                condition=models.Q(reverses__isnull=True) | ~models.Q(reason=""), name="reversal_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "received_at"], name="payment_by_account"),
            models.Index(fields=["received_at"], name="payment_by_time"),
        ]


TENDER_LABELS = {
    TenderKind.CASH.value: _("Cash"),
    TenderKind.CARD.value: _("Card"),
    TenderKind.CHECK.value: _("Check"),
    TenderKind.TRANSFER.value: _("Transfer"),
}


class Tender(models.Model):
    """One form of the money of a payment; change given back is already taken off cash."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="tenders")
    kind = models.CharField(max_length=10, choices=TENDER_LABELS)
    amount_minor = models.BigIntegerField()
    reference = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="tender_amount_is_positive")]
