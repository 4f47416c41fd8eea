"""Tables of the front office: applications, types of document, attachments, notes, alerts, texts of contracts."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from hydria.customers.domain.procedures import DebtRule, MarkerKind, Procedure

PROCEDURE_LABELS = {
    Procedure.CONNECTION: _("New connection"),
    Procedure.MOVE: _("Change of customer"),
}
MARKER_LABELS = {
    MarkerKind.FRAUD: _("Fraud on record"),
    MarkerKind.LEGAL: _("In the hands of the lawyers"),
    MarkerKind.DEBT: _("Debt from elsewhere"),
    MarkerKind.PROTECTED: _("Protected customer: never cut off"),
}
DEBT_RULE_LABELS = {
    DebtRule.WARN: _("Warn: the debt stays with the one who leaves"),
    DebtRule.REFUSE: _("Refuse: it is paid first"),
}


class FrontOfficePolicy(models.Model):
    """How the company wants acts on its customers done; one row, whose history is the audit."""

    debt_rule = models.CharField(max_length=10, choices=list(DEBT_RULE_LABELS.items()), default=DebtRule.WARN)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="company_has_one_front_office_policy")]


class DocumentType(models.Model):
    """A kind of paper that customers hand in, and the acts that ask for it (CUS-13)."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    procedures = models.JSONField(default=list, help_text=_("The acts that ask for it"))
    is_active = models.BooleanField(default=True)


class Application(models.Model):
    """What was seen before somebody became the customer of a place: documents, feasibility; written once (CUS-07)."""

    key = models.CharField(max_length=64, unique=True, help_text=_("Made by the form, so that sending it twice is one"))
    procedure = models.CharField(max_length=20, choices=list(PROCEDURE_LABELS.items()))
    agreement = models.OneToOneField("agreements.ServiceAgreement", on_delete=models.PROTECT)
    documents_seen = models.JSONField(default=list, help_text=_("Names of the documents that were seen"))
    documents_missing = models.JSONField(default=list, help_text=_("Names of those that are to be handed in later"))
    feasibility = models.CharField(max_length=250, help_text=_("What the technical check found, and who made it"))
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(procedure=Procedure.CONNECTION, feasibility=""),
                name="connection_was_found_feasible",
            ),
        ]


class ContractTemplate(models.Model):
    """The text of a printed contract, in which `{{names}}` stand for what is agreed; its history is the audit."""

    name = models.CharField(max_length=100, unique=True)
    language = models.CharField(max_length=5)
    text = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(text=""), name="contract_says_something")]


class AboutCustomer(models.Model):
    """Something about an account or about a party: one of both."""

    account = models.ForeignKey("agreements.Account", null=True, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey("parties.Party", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(account__isnull=False, party__isnull=True)
                | models.Q(account__isnull=True, party__isnull=False),
                name="%(class)s_is_about_one_account_or_party",
            )
        ]


class Note(AboutCustomer):
    """What somebody wrote down; never changed, as many as there are (CUS-14)."""

    text = models.TextField()
    written_by = models.CharField(max_length=150)
    written_at = models.DateTimeField()

    class Meta(AboutCustomer.Meta):
        constraints = [
            *AboutCustomer.Meta.constraints,
            models.CheckConstraint(condition=~models.Q(text=""), name="note_says_something"),
        ]


class Attachment(AboutCustomer):
    """A file kept with an account or a party (CUS-13); one added by mistake is withdrawn with the reason."""

    file = models.ForeignKey("platform.StoredFile", on_delete=models.PROTECT, related_name="+")
    document_type = models.ForeignKey(DocumentType, null=True, on_delete=models.PROTECT)
    title = models.CharField(max_length=200)
    expires_date = models.DateField(null=True, help_text=_("The day from which it no longer counts"))
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField()
    withdrawn_reason = models.CharField(max_length=200, blank=True)


class Marker(AboutCustomer):
    """An alert that everybody sees who opens the account, dated and with its reason (CUS-12)."""

    kind = models.CharField(max_length=10, choices=list(MARKER_LABELS.items()))
    reason = models.CharField(max_length=200)
    valid_during = DateRangeField()

    class Meta(AboutCustomer.Meta):
        constraints = [
            *AboutCustomer.Meta.constraints,
            models.CheckConstraint(condition=~models.Q(reason=""), name="alert_has_a_reason"),
            *(
                ExclusionConstraint(
                    name=f"{about}_has_one_alert_of_a_kind_at_a_time",
                    expressions=[
                        (about, RangeOperators.EQUAL),
                        ("kind", RangeOperators.EQUAL),
                        ("valid_during", RangeOperators.OVERLAPS),
                    ],
                )
                for about in ("account", "party")
            ),
        ]
