"""Tables of the ledger. A posted row is never changed; PostgreSQL refuses it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "billing_run": _("Invoices of %s"),
    "payment": _("Payment %s"),
    "payment_batch": _("Payments %s"),
    "payment_reversal": _("Reversal of payment %s"),
    "till_session": _("Difference of till %s"),
    "discount": _("Discount %s"),
    "discount_reversal": _("Discount %s taken back"),
    "opening_balance": _("Opening balances of %s"),
}
"""What journals are posted for, by source; the description names the document. Other descriptions are a person's words."""


class LedgerKind(models.TextChoices):
    """Which side of the statements an account of the chart belongs to."""

    ASSET = "ASSET", _("Asset")
    LIABILITY = "LIABILITY", _("Liability")
    EQUITY = "EQUITY", _("Equity")
    INCOME = "INCOME", _("Income")
    EXPENSE = "EXPENSE", _("Expense")


class LedgerAccount(models.Model):
    """
    One account of the chart.

    `route` is the word that tariffs and operations post by ("revenue.water", "receivable", "cash"), so that a company
    adapts its chart without touching a tariff.
    """

    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=150)
    kind = models.CharField(max_length=10, choices=LedgerKind.choices)
    route = models.CharField(max_length=60, null=True, blank=True, unique=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(route=""), name="posting_route_is_a_word_or_nothing")]


class AccountingPeriod(models.Model):
    """A month of the books. Documents that come late take the open month."""

    month = models.DateField(unique=True, help_text=_("First day of the month"))
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(month__day=1), name="accounting_period_starts_on_the_first"),
        ]


class Journal(models.Model):
    """A balanced set of entries from one source; posting the same source again changes nothing."""

    source_kind = models.CharField(max_length=40, help_text=_("What was posted: billing_run, payment, manual ..."))
    source_id = models.BigIntegerField()
    period = models.ForeignKey(AccountingPeriod, on_delete=models.PROTECT, related_name="journals")
    effective_date = models.DateField()
    description = models.CharField(max_length=250)
    posted_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source_kind", "source_id"], name="source_is_posted_once"),
        ]
        indexes = [models.Index(fields=["effective_date"], name="journal_by_date")]

    # Properties

    @property
    def purpose(self) -> str:
        """Return what it was posted for, in the reader's language."""
        sentence = SENTENCES.get(self.source_kind)
        return str(sentence) % self.description if sentence else self.description


class Entry(models.Model):
    """One debit or one credit of a journal."""

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="entries")
    ledger_account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="entries")
    debit_minor = models.BigIntegerField(default=0)
    credit_minor = models.BigIntegerField(default=0)
    description = models.CharField(max_length=250, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(debit_minor__gt=0, credit_minor=0) | models.Q(debit_minor=0, credit_minor__gt=0),
                name="entry_is_a_debit_or_a_credit",
            )
        ]
