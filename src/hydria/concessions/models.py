"""Tables of concessions. Grants only ever get shorter, by an event; uses, events and discounts are written once."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from hydria.concessions.domain.kinds import EventKind, ProgramKind, UseKind

KIND_LABELS = {
    ProgramKind.SUBSIDY.value: _("Subsidy"),
    ProgramKind.DISCOUNT.value: _("Discount"),
    ProgramKind.CAMPAIGN.value: _("Campaign"),
}
EVENT_LABELS = {
    EventKind.WARNED.value: _("Warned"),
    EventKind.ENDED.value: _("Ended"),
}
USE_LABELS = {
    UseKind.RUN.value: _("Billing run"),
    UseKind.DISCOUNT.value: _("Discount"),
}


class Fund(models.Model):
    """Money set apart for concessions, and who provides it."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    provider = models.CharField(max_length=200, help_text=_("Who pays: the state, the city, the company"))


class FundBudget(models.Model):
    """What a fund may give in some days."""

    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="budgets")
    valid_during = DateRangeField()
    budget_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(budget_minor__gt=0), name="budget_is_positive"),
            ExclusionConstraint(
                name="fund_has_one_budget_at_a_time",
                expressions=[("fund", RangeOperators.EQUAL), ("valid_during", RangeOperators.OVERLAPS)],
            ),
        ]


class Program(models.Model):
    """A discount, subsidy or campaign: its dates, its conditions, who pays for it."""

    code = models.CharField(
        max_length=40, unique=True, help_text=_("Tariffs ask for it as concession_<code> and post to discount.<code>")
    )
    names = models.JSONField(default=dict, help_text=_("What it is called, by language"))
    kind = models.CharField(max_length=10, choices=KIND_LABELS)
    fund = models.ForeignKey(
        Fund, null=True, on_delete=models.PROTECT, related_name="programs", help_text=_("Empty: the company pays")
    )
    valid_during = DateRangeField()
    evidence = models.CharField(max_length=250, blank=True, help_text=_("What the customer has to show"))
    categories = ArrayField(
        models.CharField(max_length=60),
        default=list,
        help_text=_("Codes of the categories that have it without being granted it"),
    )
    months_max = models.SmallIntegerField(default=12, help_text=_("For how long it may be granted at a time"))
    percent_milli = models.IntegerField(
        null=True, help_text=_("Thousandths of a percent that a discount at the till takes off the chosen debts")
    )
    discount_max_minor = models.BigIntegerField(null=True, help_text=_("Largest discount at the till; empty: none"))
    ranks = ArrayField(
        models.SmallIntegerField(), default=list, help_text=_("Ranks of the debts it is for; empty: of any rank")
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^[a-z][a-z0-9_]*$"), name="program_code_is_a_word_of_tariffs"
            ),
            models.CheckConstraint(
                condition=models.Q(percent_milli=None) | models.Q(percent_milli__gt=0, percent_milli__lte=100_000),
                name="percentage_is_above_0_and_at_most_100",
            ),
            models.CheckConstraint(condition=models.Q(months_max__gt=0), name="program_lasts_a_month_at_least"),
        ]


class ProgramRule(models.Model):
    """What one role may do in a program, where that differs from what the program says for everybody."""

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="rules")
    role_code = models.CharField(max_length=40)
    months_max = models.SmallIntegerField(help_text=_("0: this role may not grant it"))
    discount_max_minor = models.BigIntegerField(help_text=_("0: this role may not give it at the till"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "role_code"], name="role_has_one_rule_in_a_program"),
        ]


class Grant(models.Model):
    """
    A concession that an agreement was granted for some time, with its evidence.

    `granted_during` stays as it was granted; `valid_during` is what is left of it after an event ended it.
    """

    agreement = models.ForeignKey("agreements.ServiceAgreement", on_delete=models.PROTECT, related_name="concessions")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="grants")
    granted_during = DateRangeField()
    valid_during = DateRangeField()
    evidence = models.CharField(max_length=250)
    evidence_sha256 = models.CharField(
        max_length=64, blank=True, help_text=_("Hash of the paper's file, if one is kept")
    )
    reason = models.CharField(max_length=250)
    granted_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(evidence=""), name="grant_names_its_evidence"),
            models.CheckConstraint(
                condition=models.Q(granted_during__startswith__isnull=False, granted_during__endswith__isnull=False),
                name="grant_has_a_first_and_a_last_day",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_during__contained_by=models.F("granted_during")),
                name="concession_never_outlasts_its_grant",
            ),
            ExclusionConstraint(
                name="agreement_has_a_concession_once_at_a_time",
                expressions=[
                    ("agreement", RangeOperators.EQUAL),
                    ("program", RangeOperators.EQUAL),
                    ("valid_during", RangeOperators.OVERLAPS),
                ],
            ),
        ]


class GrantEvent(models.Model):
    """Something that happened to a concession; without a grant where the program gives it to whole categories."""

    agreement = models.ForeignKey("agreements.ServiceAgreement", on_delete=models.PROTECT, related_name="+")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="events")
    grant = models.ForeignKey(Grant, null=True, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=10, choices=EVENT_LABELS)
    effective_date = models.DateField(help_text=_("The first day without the concession"))
    reason = models.CharField(max_length=250)
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="event_of_a_concession_has_a_reason"),
            models.UniqueConstraint(fields=["grant"], condition=models.Q(kind="ENDED"), name="grant_ends_once"),
        ]
        indexes = [models.Index(fields=["agreement", "program"], name="grant_event_by_agreement")]


class Enjoyment(models.Model):
    """
    Up to which day an agreement has last been billed with a concession.

    One row for each that has one, however long; an event that ends what nobody granted takes it away. It is how a run
    notices that a concession is gone without anybody having said so.
    """

    agreement = models.ForeignKey("agreements.ServiceAgreement", on_delete=models.PROTECT, related_name="+")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+")
    until_date = models.DateField(help_text=_("The day after the last one billed with it"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agreement", "program"], name="agreement_enjoys_a_program_once"),
        ]


class Commitment(models.Model):
    """What a draft would take from who pays for a program; it goes when the run is confirmed or abandoned."""

    run_id = models.BigIntegerField()
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="+")
    fund = models.ForeignKey(Fund, null=True, on_delete=models.PROTECT, related_name="commitments")
    on_date = models.DateField()
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run_id", "program"], name="run_commits_to_a_program_once")]


class Use(models.Model):
    """What a document took from who pays for a program; negative where it was given back."""

    source_kind = models.CharField(max_length=20, choices=USE_LABELS)
    source_id = models.BigIntegerField()
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="uses")
    fund = models.ForeignKey(Fund, null=True, on_delete=models.PROTECT, related_name="uses")
    on_date = models.DateField(help_text=_("The day whose budget pays: the last day billed, or that of the discount"))
    amount_minor = models.BigIntegerField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source_kind", "source_id", "program"], name="document_uses_a_program_once")
        ]
        indexes = [models.Index(fields=["fund", "on_date"], name="use_by_fund")]


class Discount(models.Model):
    """Money taken off the debts of an account once, at the desk or the till, or its mirror."""

    key = models.CharField(max_length=120, unique=True, help_text=_("Given by the caller; the same key gives once"))
    code = models.CharField(max_length=30, unique=True)
    account = models.ForeignKey("agreements.Account", on_delete=models.PROTECT, related_name="discounts")
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="discounts")
    amount_minor = models.BigIntegerField()
    item_ids = ArrayField(models.BigIntegerField(), help_text=_("The debts that it was given on"))
    effective_date = models.DateField()
    reason = models.CharField(max_length=250)
    given_by = models.CharField(max_length=150)
    given_at = models.DateTimeField()
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="discount_is_positive"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="discount_has_a_reason"),
        ]
        indexes = [models.Index(fields=["account", "given_at"], name="discount_by_account")]
