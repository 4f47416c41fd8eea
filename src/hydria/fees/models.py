"""Tables of fees. What was quoted is never priced again; a quotation only moves from state to state."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from hydria.fees.domain.states import BillingMode, QuotationState, may_move


class QuotationStateWord(models.TextChoices):
    """The states of a quotation in words; what may follow what is in `domain.states`."""

    QUOTED = QuotationState.QUOTED, _("Quoted")
    ACCEPTED = QuotationState.ACCEPTED, _("Accepted")
    CANCELLED = QuotationState.CANCELLED, _("Cancelled")


MODE_LABELS = {
    BillingMode.AT_ONCE: _("On an invoice of its own, at once"),
    BillingMode.NEXT_INVOICE: _("On the next invoices of the account"),
}


class Fee(models.Model):
    """Something that is charged outside a billing period; its price, taxes and accounts are those of a tariff's text."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    tariff_code = models.CharField(max_length=60, help_text=_("The tariff whose text says the price of each day"))
    valid_days = models.PositiveSmallIntegerField(default=30, help_text=_("How long a quotation holds"))
    due_days = models.PositiveSmallIntegerField(default=0, help_text=_("From the invoice of its own to its due date"))
    instalments_max = models.PositiveSmallIntegerField(default=1)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(instalments_max__gte=1, instalments_max__lte=60),
                name="fee_is_paid_in_one_to_sixty_instalments",
            ),
            models.CheckConstraint(condition=models.Q(valid_days__gte=1), name="quotation_holds_for_a_day_at_least"),
        ]


class Quotation(models.Model):
    """What a fee costs an account, as worked out on a day, and what became of it."""

    key = models.CharField(max_length=64, unique=True, help_text=_("Given by the caller; the same key quotes once"))
    code = models.CharField(max_length=30, unique=True)
    account = models.ForeignKey("agreements.Account", on_delete=models.PROTECT, related_name="quotations")
    fee = models.ForeignKey(Fee, on_delete=models.PROTECT, related_name="quotations")
    tariff_version = models.ForeignKey("tariffs.TariffVersion", on_delete=models.PROTECT, related_name="+")
    quoted_date = models.DateField(help_text=_("The day whose prices count"))
    until_date = models.DateField(help_text=_("The first day on which it can no longer be accepted"))
    quantity_milli = models.BigIntegerField(default=1000)
    inputs = models.JSONField(default=dict, help_text=_("Inputs of the tariff by name, besides the quantity"))
    note = models.CharField(max_length=200, blank=True)
    total_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=QuotationStateWord.choices, default=QuotationState.QUOTED)
    mode = models.CharField(max_length=15, choices=list(MODE_LABELS.items()), blank=True)
    instalment_count = models.PositiveSmallIntegerField(default=1)
    accepted_date = models.DateField(null=True)
    quoted_by = models.CharField(max_length=150)
    quoted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(total_minor__gt=0), name="quotation_is_of_an_amount"),
            models.CheckConstraint(
                condition=models.Q(until_date__gt=models.F("quoted_date")), name="quotation_holds_forward"
            ),
            models.CheckConstraint(
                condition=models.Q(state="QUOTED", mode="", accepted_date__isnull=True)
                | (models.Q(state="ACCEPTED", accepted_date__isnull=False) & ~models.Q(mode=""))
                | models.Q(state="CANCELLED"),
                name="accepted_quotation_says_how_and_when",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "quoted_at"], name="quotation_by_account"),
            # What a run looks through for each range of accounts
            models.Index(
                fields=["account"],
                condition=models.Q(state="ACCEPTED", mode="NEXT_INVOICE"),
                name="quotation_to_bill_by_account",
            ),
        ]

    # Mutators

    def set_state(self, state: QuotationState) -> None:
        """Move to another state; only the moves of `domain.states` exist."""
        assert may_move(from_state=QuotationState(self.state), to_state=state)
        self.state = state


class QuotedLine(models.Model):
    """One charge of a quotation: the amount that was rounded once, and everything that explains it."""

    quotation = models.ForeignKey(Quotation, on_delete=models.PROTECT, related_name="lines")
    charge = models.ForeignKey("tariffs.VersionCharge", on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    explanation = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quotation", "charge"], name="quotation_has_a_charge_once"),
        ]


class Instalment(models.Model):
    """The part of an accepted quotation that one invoice takes; which invoice did is told by its lines."""

    quotation = models.ForeignKey(Quotation, on_delete=models.PROTECT, related_name="instalments")
    position = models.PositiveSmallIntegerField(help_text=_("From 1; they are billed in this order"))
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quotation", "position"], name="instalments_are_numbered"),
        ]
