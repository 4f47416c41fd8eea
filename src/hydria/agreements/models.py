"""Tables of agreements: accounts, their parties, service agreements and their dated terms."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class DeliveryMode(models.TextChoices):
    """How invoices reach the customer."""

    PAPER = "PAPER", _("Paper")
    EMAIL = "EMAIL", _("E-mail")


class Account(models.Model):
    """The customer's current account: what is dunned and pays."""

    number = models.CharField(max_length=30, unique=True)
    delivery_mode = models.CharField(max_length=10, choices=DeliveryMode.choices, default=DeliveryMode.PAPER)
    delivery_address = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=5, blank=True)
    opened_date = models.DateField()
    closed_date = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closed_date__isnull=True) | models.Q(closed_date__gte=models.F("opened_date")),
                name="account_closes_after_it_opens",
            )
        ]


class AccountRole(models.TextChoices):
    """What a party is to an account."""

    HOLDER = "HOLDER", _("Holder")
    PAYER = "PAYER", _("Payer")
    GUARANTOR = "GUARANTOR", _("Guarantor")
    MEMBER = "MEMBER", _("Cooperative member")


class AccountParty(models.Model):
    """A party's role on an account, dated."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="parties")
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="account_roles")
    role = models.CharField(max_length=10, choices=AccountRole.choices)
    valid_during = DateRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="account_has_one_holder_at_a_time",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("valid_during", RangeOperators.OVERLAPS),
                ],
                condition=models.Q(role="HOLDER"),
            )
        ]


class ServiceAgreement(models.Model):
    """What was agreed for one service at one point with one account, for as long as it lasts."""

    number = models.CharField(max_length=30, unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="agreements")
    service_point = models.ForeignKey("premises.ServicePoint", on_delete=models.PROTECT, related_name="agreements")
    valid_during = DateRangeField(help_text=_("From the first day of supply up to, and without, the last"))
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_during__startswith__isnull=False), name="agreement_has_a_first_day"
            ),
            ExclusionConstraint(
                name="service_point_has_one_agreement_at_a_time",
                expressions=[
                    ("service_point", RangeOperators.EQUAL),
                    ("valid_during", RangeOperators.OVERLAPS),
                ],
            ),
        ]


class AgreementTerms(models.Model):
    """The terms of an agreement that its invoices depend on, dated: tariff, category, extra inputs of the tariff."""

    agreement = models.ForeignKey(ServiceAgreement, on_delete=models.PROTECT, related_name="terms")
    tariff_code = models.CharField(max_length=60)
    category = models.ForeignKey("premises.Category", on_delete=models.PROTECT)
    inputs = models.JSONField(
        default=dict, help_text=_("Further inputs of the tariff by name, such as residents or a return factor")
    )
    valid_during = DateRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="agreement_has_one_set_of_terms_at_a_time",
                expressions=[
                    ("agreement", RangeOperators.EQUAL),
                    ("valid_during", RangeOperators.OVERLAPS),
                ],
            )
        ]


class Exemption(models.Model):
    """A tax or charge that an agreement does not owe, dated and with its evidence."""

    agreement = models.ForeignKey(ServiceAgreement, on_delete=models.PROTECT, related_name="exemptions")
    code = models.CharField(max_length=60, help_text=_("The tariff's input without its prefix: itbis, sewer"))
    evidence = models.CharField(max_length=200)
    valid_during = DateRangeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(evidence=""), name="exemption_names_its_evidence"),
            ExclusionConstraint(
                name="exemption_is_granted_once_at_a_time",
                expressions=[
                    ("agreement", RangeOperators.EQUAL),
                    ("code", RangeOperators.EQUAL),
                    ("valid_during", RangeOperators.OVERLAPS),
                ],
            ),
        ]


class BillingExclusion(models.Model):
    """A reason why an active agreement is not billed, dated and owned (CUS-11)."""

    agreement = models.ForeignKey(ServiceAgreement, on_delete=models.PROTECT, related_name="billing_exclusions")
    reason = models.CharField(max_length=200)
    valid_during = DateRangeField()
    review_date = models.DateField(
        null=True, blank=True, help_text=_("When somebody looks again whether the reason still holds")
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="exclusion_from_billing_has_a_reason"),
            ExclusionConstraint(
                name="agreement_is_excluded_once_at_a_time",
                expressions=[
                    ("agreement", RangeOperators.EQUAL),
                    ("valid_during", RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Suspension(models.Model):
    """A time without supply that leaves the agreement in force, dated and with its reason (CUS-07)."""

    agreement = models.ForeignKey(ServiceAgreement, on_delete=models.PROTECT, related_name="suspensions")
    reason = models.CharField(max_length=200)
    valid_during = DateRangeField()
    exclusion = models.OneToOneField(
        BillingExclusion,
        null=True,
        on_delete=models.SET_NULL,
        help_text=_("What keeps the agreement out of billing for as long; empty where the tariff goes on being due"),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="suspension_has_a_reason"),
            ExclusionConstraint(
                name="agreement_is_suspended_once_at_a_time",
                expressions=[
                    ("agreement", RangeOperators.EQUAL),
                    ("valid_during", RangeOperators.OVERLAPS),
                ],
            ),
        ]
