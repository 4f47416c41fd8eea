"""Tables of own fields: what the company adds, and the values; a value is a row, so that none costs a column."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from hydria.ownfields.domain.kinds import TEXT_MAX, OwnKind, Rule, Subject


class OwnKindWord(models.TextChoices):
    """What a field holds, in words."""

    TEXT = OwnKind.TEXT, _("Text")
    WHOLE = OwnKind.WHOLE, _("Whole number")
    DECIMAL = OwnKind.DECIMAL, _("Number with decimals")
    DATE = OwnKind.DATE, _("Day")
    YES_NO = OwnKind.YES_NO, _("Yes or no")
    CHOICE = OwnKind.CHOICE, _("One of a list")
    MULTIPLE = OwnKind.MULTIPLE, _("Several of a list")


class OwnSubjectWord(models.TextChoices):
    """What a field is added to, in words."""

    ACCOUNT = Subject.ACCOUNT, _("Accounts")
    PARTY = Subject.PARTY, _("People")
    PREMISE = Subject.PREMISE, _("Premises")
    SERVICE_POINT = Subject.SERVICE_POINT, _("Service points")
    METER = Subject.METER, _("Meters")


class OwnField(models.Model):
    """A field that the company added; what it is called and asks for may change, what it holds may not."""

    subject = models.CharField(max_length=15, choices=OwnSubjectWord.choices)
    code = models.CharField(max_length=30)
    kind = models.CharField(max_length=10, choices=OwnKindWord.choices)
    labels = models.JSONField(help_text=_("Name by language"))
    hints = models.JSONField(default=dict, help_text=_("Help by language"))
    options = models.JSONField(default=list, help_text=_("Code and name of each value of a list, in order"))
    is_required = models.BooleanField(default=False)
    pattern = models.CharField(max_length=200, blank=True, help_text=_("Regular expression that a text has to match"))
    low_micro = models.BigIntegerField(null=True)
    high_micro = models.BigIntegerField(null=True)
    position = models.IntegerField(default=100, help_text=_("Smaller comes first"))
    retired_date = models.DateField(null=True, help_text=_("From this day on nobody is asked for it"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "code"], name="code_names_one_own_field"),
            models.CheckConstraint(condition=models.Q(code__regex=r"^[A-Z][A-Z0-9_]*$"), name="own_code_is_plain"),
        ]

    # Properties

    @property
    def rule(self) -> Rule:
        """Return what its values have to be."""
        return Rule(
            kind=OwnKind(self.kind),
            options=tuple(option["code"] for option in self.options),
            pattern=self.pattern,
            low_micro=self.low_micro,
            high_micro=self.high_micro,
        )


class OwnValue(models.Model):
    """
    The value of an own field of one thing; exactly one of its columns is filled, the one for the field's kind.

    The thing is named by its id in the table of its subject, without a foreign key: what is registered is never
    deleted. The trigger `own_value_fits_its_field` judges the value whoever writes it.
    """

    field = models.ForeignKey(OwnField, on_delete=models.PROTECT, related_name="values", db_index=False)
    object_id = models.BigIntegerField()
    text = models.CharField(max_length=TEXT_MAX, null=True)  # noqa: DJ001  # empty and none are two things here
    number_micro = models.BigIntegerField(null=True)
    day = models.DateField(null=True)
    truth = models.BooleanField(null=True)
    codes = ArrayField(models.CharField(max_length=40), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["field", "object_id"], name="own_field_has_one_value"),
        ]
        indexes = [
            models.Index(fields=["field", "text"], condition=models.Q(text__isnull=False), name="own_text"),
            models.Index(
                fields=["field", "number_micro"], condition=models.Q(number_micro__isnull=False), name="own_number"
            ),
            models.Index(fields=["field", "day"], condition=models.Q(day__isnull=False), name="own_day"),
        ]


COLUMN_OF = {
    OwnKind.TEXT: "text",
    OwnKind.WHOLE: "number_micro",
    OwnKind.DECIMAL: "number_micro",
    OwnKind.DATE: "day",
    OwnKind.YES_NO: "truth",
    OwnKind.CHOICE: "text",
    OwnKind.MULTIPLE: "codes",
}
"""The column that holds the values of each kind."""
