"""Tables of applications for a connection."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from hydria.connections.domain.steps import Step, may_move


class StepWord(models.TextChoices):
    """The steps in words; what may follow what is in `domain.steps`."""

    DOCUMENTS = Step.DOCUMENTS, _("Documents")
    FEASIBILITY = Step.FEASIBILITY, _("Technical feasibility")
    FEES = Step.FEES, _("Fees")
    ORDER = Step.ORDER, _("Connection order")
    CONNECTED = Step.CONNECTED, _("Connected")
    REFUSED = Step.REFUSED, _("Refused")
    WITHDRAWN = Step.WITHDRAWN, _("Withdrawn")


class StepRule(models.Model):
    """How the company does one step: in how many days, at all, and which fees it quotes; the history is the audit."""

    step = models.CharField(max_length=12, choices=StepWord.choices, unique=True)
    days_allowed = models.PositiveSmallIntegerField()
    is_used = models.BooleanField(default=True)
    fee_codes = models.JSONField(default=list, help_text=_("Fees that are quoted when the step begins"))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(days_allowed__gte=1), name="step_has_a_day_at_least"),
        ]


class Application(models.Model):
    """Somebody's wish to be connected at a place, and how far it has come."""

    key = models.CharField(max_length=64, unique=True, help_text=_("Made by the form, so that sending it twice is one"))
    code = models.CharField(max_length=30, unique=True)
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="+")
    service_point = models.ForeignKey(
        "premises.ServicePoint",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Empty: a new place"),
    )
    address = models.CharField(max_length=300)
    city = models.CharField(max_length=100, blank=True)
    cadastral_code = models.CharField(max_length=60, blank=True)
    service_code = models.CharField(max_length=40)
    category_code = models.CharField(max_length=40)
    unit_count = models.PositiveIntegerField(default=1)
    wished_date = models.DateField(null=True)
    step = models.CharField(max_length=12, choices=StepWord.choices)
    due_date = models.DateField(null=True, help_text=_("Until when the step should be done"))
    feasibility = models.CharField(max_length=250, blank=True)
    documents_missing = models.JSONField(default=list, help_text=_("Names of those that are to be handed in later"))
    assigned_to = models.CharField(max_length=150, blank=True)
    account = models.OneToOneField(
        "agreements.Account", null=True, on_delete=models.PROTECT, related_name="+", help_text=_("Opened for the fees")
    )
    agreement = models.OneToOneField(
        "agreements.ServiceAgreement", null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=250, blank=True, help_text=_("Why it was refused or withdrawn"))
    opened_by = models.CharField(max_length=150)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(step="CONNECTED", agreement__isnull=False)
                | (~models.Q(step="CONNECTED") & models.Q(agreement=None)),
                name="connected_application_names_its_agreement",
            ),
            models.CheckConstraint(
                condition=~models.Q(step__in=["REFUSED", "WITHDRAWN"]) | ~models.Q(reason=""),
                name="ended_application_says_why",
            ),
            models.CheckConstraint(
                condition=models.Q(step__in=["DOCUMENTS", "FEASIBILITY", "FEES", "ORDER"], due_date__isnull=False)
                | models.Q(step__in=["CONNECTED", "REFUSED", "WITHDRAWN"], due_date=None),
                name="open_application_has_a_due_date",
            ),
            models.UniqueConstraint(
                fields=["service_point"],
                condition=models.Q(step__in=["DOCUMENTS", "FEASIBILITY", "FEES", "ORDER"]),
                name="point_has_one_open_application",
            ),
        ]
        indexes = [models.Index(fields=["step", "due_date"], name="application_by_step")]

    # Mutators

    def set_step(self, step: Step) -> None:
        """Move to another step; only the moves of `domain.steps` exist."""
        assert may_move(from_step=Step(self.step), to_step=step)
        self.step = step


class SeenDocument(models.Model):
    """A paper that was checked for an application, with its file where one was kept."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="documents")
    type_code = models.CharField(max_length=40)
    name = models.CharField(max_length=100)
    attachment = models.ForeignKey("customers.Attachment", null=True, on_delete=models.PROTECT, related_name="+")
    seen_by = models.CharField(max_length=150)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "type_code"], name="document_is_seen_once"),
        ]
