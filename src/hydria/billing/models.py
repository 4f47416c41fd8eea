"""
Tables of billing.

`Invoice`, `Segment` and `Line` are bulk tables: written by COPY as drafts, never updated. Confirming a run adds
`InvoiceNumber` rows; from then on a trigger refuses every change of what they number.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from hydria.billing.domain.states import RunState, may_move


class BillingPeriod(models.Model):
    """One turn of a cycle: the days supplied, and the days on which things happen."""

    cycle = models.ForeignKey("premises.BillingCycle", on_delete=models.PROTECT, related_name="billing_periods")
    start_date = models.DateField()
    end_date = models.DateField()
    issue_date = models.DateField()
    due_date = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "start_date"], name="cycle_has_one_period_from_a_day"),
            models.CheckConstraint(
                condition=models.Q(end_date__gt=models.F("start_date"), due_date__gte=models.F("issue_date")),
                name="period_and_due_date_run_forward",
            ),
        ]


class RunStateWord(models.TextChoices):
    """The states of a run in words; what may follow what is in `domain.states`."""

    PRICING = RunState.PRICING, _("Pricing")
    DRAFT = RunState.DRAFT, _("Draft")
    CONFIRMED = RunState.CONFIRMED, _("Confirmed")
    ABANDONED = RunState.ABANDONED, _("Abandoned")


class BillingRun(models.Model):
    """A batch that bills one period of a cycle."""

    period = models.ForeignKey(BillingPeriod, on_delete=models.PROTECT, related_name="runs")
    sequence = models.SmallIntegerField(
        default=1, help_text=_("1 bills everybody due; each later run bills what the one before left parked")
    )
    state = models.CharField(max_length=10, choices=RunStateWord.choices, default=RunState.PRICING)
    due_count = models.IntegerField(default=0, help_text=_("Agreements in force in the period, counted at the start"))
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    drafted_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=150, blank=True)
    confirmed_at = models.DateTimeField(null=True)
    proof = models.JSONField(null=True, help_text=_("The balance sheet of the run, stored when drafted and confirmed"))
    summary = models.JSONField(null=True, help_text=_("What was billed by charge, category and service"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["period", "sequence"],
                condition=~models.Q(state="ABANDONED"),
                name="period_is_billed_by_one_run",
            ),
            models.CheckConstraint(
                condition=models.Q(state="CONFIRMED", confirmed_at__isnull=False)
                | (~models.Q(state="CONFIRMED") & models.Q(confirmed_at__isnull=True)),
                name="confirmed_run_says_when",
            ),
        ]

    # Mutators

    def set_state(self, state: RunState) -> None:
        """Move to another state; only the moves of `domain.states` exist."""
        assert may_move(from_state=RunState(self.state), to_state=state)
        self.state = state


class ChunkState(models.TextChoices):
    """Whether a chunk's drafts are written."""

    WAITING = "WAITING", _("Waiting")
    DONE = "DONE", _("Done")


class RunChunk(models.Model):
    """The accounts of a run that one job prices in one transaction: ids in `[first_account_id, end_account_id)`."""

    run = models.ForeignKey(BillingRun, on_delete=models.CASCADE, related_name="chunks")
    position = models.IntegerField()
    first_account_id = models.BigIntegerField()
    end_account_id = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=ChunkState.choices, default=ChunkState.WAITING)
    due_count = models.IntegerField(default=0)
    invoice_count = models.IntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="chunks_of_a_run_are_numbered")]


class Invoice(models.Model):
    """
    The document to one account for one run; without a run it bills a fee at once, or takes lines of another one back.

    Customer's name and address are kept as they were.
    """

    run = models.ForeignKey(
        BillingRun, null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="invoices"
    )
    credits = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="credit_notes"
    )
    account = models.ForeignKey(
        "agreements.Account", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="invoices"
    )
    holder = models.ForeignKey(
        "parties.Party", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    holder_name = models.CharField(max_length=200)
    holder_tax_id = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300)
    total_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "account"], name="account_has_one_invoice_in_a_run"),
            models.CheckConstraint(
                condition=models.Q(credits=None) | models.Q(run=None), name="credit_note_belongs_to_no_run"
            ),
        ]
        indexes = [
            models.Index(fields=["account"], name="invoice_by_account"),
            models.Index(fields=["credits"], condition=~models.Q(credits=None), name="credit_note_by_invoice"),
        ]


class Segment(models.Model):
    """The part of an invoice that bills one agreement for one period, with every input that the price depended on."""

    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="segments"
    )
    run = models.ForeignKey(BillingRun, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    agreement = models.ForeignKey(
        "agreements.ServiceAgreement",
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="segments",
    )
    service_point = models.ForeignKey(
        "premises.ServicePoint", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    consumption = models.ForeignKey(
        "metering.Consumption",
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    tariff_version = models.ForeignKey(
        "tariffs.TariffVersion", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    start_date = models.DateField()
    end_date = models.DateField()
    quantity_milli = models.BigIntegerField()
    inputs = models.JSONField(help_text=_("Inputs of the tariff by name, besides the quantity and the days"))
    total_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agreement", "start_date"], name="agreement_is_billed_once_for_a_period"),
            models.UniqueConstraint(fields=["consumption"], name="consumption_is_billed_once"),
        ]
        indexes = [models.Index(fields=["invoice"], name="segment_by_invoice")]


class Line(models.Model):
    """
    One charge of a segment or of a fee's instalment: the amount that was rounded once, and what explains it.

    A line of a credit note names the line that it mirrors, and the same instalment.
    """

    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="lines"
    )
    segment = models.ForeignKey(
        Segment, null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="lines"
    )
    instalment = models.ForeignKey(
        "fees.Instalment", null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    mirrors = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="mirrored_by"
    )
    charge = models.ForeignKey(
        "tariffs.VersionCharge", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    amount_minor = models.BigIntegerField()
    explanation = models.JSONField(help_text=_("Quantities, prices, exact amount and rounding of the line"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(segment__isnull=False, instalment=None)
                | models.Q(segment=None, instalment__isnull=False),
                name="line_bills_a_segment_or_an_instalment",
            ),
            models.UniqueConstraint(
                fields=["instalment", "charge"],
                condition=models.Q(mirrors=None, instalment__isnull=False),
                name="instalment_is_billed_once",
            ),
            models.UniqueConstraint(
                fields=["mirrors"], condition=models.Q(mirrors__isnull=False), name="line_is_taken_back_once"
            ),
        ]
        indexes = [models.Index(fields=["invoice"], name="line_by_invoice")]


class InvoiceNumber(models.Model):
    """What makes a draft an invoice: its number, its dates and the journal that posted it."""

    invoice = models.OneToOneField(
        Invoice, primary_key=True, on_delete=models.PROTECT, db_constraint=False, related_name="number"
    )
    run = models.ForeignKey(
        BillingRun, null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    series = models.ForeignKey(
        "platform.NumberSeries", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    number = models.BigIntegerField()
    code = models.CharField(max_length=30, help_text=_("Prefix and number as printed"))
    issue_date = models.DateField()
    due_date = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="invoice_number_is_given_once"),
            models.UniqueConstraint(fields=["code"], name="invoice_code_is_given_once"),
        ]


class ExceptionKind(models.TextChoices):
    """Why an agreement that was due has no invoice."""

    EXCLUDED = "EXCLUDED", _("Excluded")
    PARKED = "PARKED", _("Parked")


class RunException(models.Model):
    """An agreement that was due and is not billed: excluded with a reason, or parked with an owner and an age."""

    run = models.ForeignKey(BillingRun, on_delete=models.CASCADE, related_name="exceptions")
    agreement = models.ForeignKey(
        "agreements.ServiceAgreement", on_delete=models.PROTECT, related_name="run_exceptions"
    )
    kind = models.CharField(max_length=10, choices=ExceptionKind.choices)
    code = models.CharField(max_length=60)
    data = models.JSONField(default=dict)
    quantity_milli = models.BigIntegerField(default=0, help_text=_("Quantity read that this run does not bill"))
    owner = models.CharField(max_length=150, blank=True)
    raised_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "agreement"], name="agreement_has_one_exception_in_a_run"),
            models.CheckConstraint(
                condition=models.Q(kind="EXCLUDED") | ~models.Q(owner=""), name="parked_agreement_has_an_owner"
            ),
        ]


class RebillProposal(models.Model):
    """
    What billing again would come to, if a tariff version were published from a day that has been billed.

    It is worked out, stored and shown; nothing is billed by it. What it says was true at `proposed_at`.
    """

    tariff_version = models.ForeignKey("tariffs.TariffVersion", on_delete=models.PROTECT, related_name="+")
    from_date = models.DateField()
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField()
    invoice_count = models.IntegerField()
    segment_count = models.IntegerField()
    unpriced_count = models.IntegerField(help_text=_("Segments that the version cannot price; in none of the sums"))
    dearer_count = models.IntegerField()
    cheaper_count = models.IntegerField()
    old_minor = models.BigIntegerField()
    new_minor = models.BigIntegerField()
    charges = models.JSONField(help_text=_("Old and new amount by charge"))
    periods = models.JSONField(help_text=_("The billed periods with their numbers of invoices"))
