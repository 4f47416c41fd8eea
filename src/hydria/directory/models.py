"""
Tables of the directory: selections that were kept of lists, and acts on many rows with a result for each.

`SelectionMember` and `BulkActRow` are bulk tables, written in sets. They name rows of several contexts by id, without
foreign keys: what is registered is never deleted, so a member always leads to somebody.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from hydria.directory.domain.acts import ActKind, ActState, RowState, Subject, may_move


class SubjectWord(models.TextChoices):
    """What selections are about, in words."""

    ACCOUNT = Subject.ACCOUNT, _("Accounts")
    PARTY = Subject.PARTY, _("People")
    PREMISE = Subject.PREMISE, _("Premises")
    SERVICE_POINT = Subject.SERVICE_POINT, _("Service points")
    METER = Subject.METER, _("Meters")


class ActWord(models.TextChoices):
    """The acts in words."""

    RAISE_ALERT = ActKind.RAISE_ALERT, _("Raise an alert")
    LIFT_ALERT = ActKind.LIFT_ALERT, _("Lift an alert")
    EXCLUDE = ActKind.EXCLUDE, _("Leave out of billing")
    INCLUDE = ActKind.INCLUDE, _("Bill again")
    CHANGE_TERMS = ActKind.CHANGE_TERMS, _("Change category or tariff")
    CHANGE_ROUTE = ActKind.CHANGE_ROUTE, _("Move to another route")
    ADD_TO_SELECTION = ActKind.ADD_TO_SELECTION, _("Add to a selection")


class ActStateWord(models.TextChoices):
    """How an act stands, in words."""

    CHECKING = ActState.CHECKING, _("Being checked")
    READY = ActState.READY, _("Waits for you")
    RUNNING = ActState.RUNNING, _("Running")
    DONE = ActState.DONE, _("Done")
    ABANDONED = ActState.ABANDONED, _("Left")


class RowStateWord(models.TextChoices):
    """What becomes of a row, in words."""

    WAITING = RowState.WAITING, _("Waiting")
    READY = RowState.READY, _("Will be done")
    UNCHANGED = RowState.UNCHANGED, _("Is so already")
    REFUSED = RowState.REFUSED, _("Refused")
    DONE = RowState.DONE, _("Done")


class Selection(models.Model):
    """
    A list that is needed again: its filters, which find whom they find each day, or the members of one moment.

    A selection is never changed but by adding members to a frozen one; another need is another selection.
    """

    name = models.CharField(max_length=80)
    subject = models.CharField(max_length=15, choices=SubjectWord.choices)
    listing = models.CharField(max_length=40, help_text=_("The list that it was kept of"))
    query = models.CharField(max_length=2_000, blank=True, help_text=_("The filters, as the address holds them"))
    is_frozen = models.BooleanField(help_text=_("Whether its members stay as they were, whatever becomes of them"))
    member_count = models.IntegerField(null=True, help_text=_("Of a frozen one"))
    purpose = models.CharField(max_length=200)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, help_text=_("Since when nobody chooses it any more"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(name="") & ~models.Q(purpose=""), name="selection_says_what_for"
            ),
            models.CheckConstraint(
                condition=models.Q(is_frozen=True, member_count__isnull=False)
                | models.Q(is_frozen=False, member_count__isnull=True),
                name="frozen_selection_is_counted",
            ),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(retired_at=None), name="name_means_one_selection"
            ),
        ]


class SelectionMember(models.Model):
    """A member of a frozen selection, by the id of what the selection is about."""

    selection = models.ForeignKey(Selection, on_delete=models.CASCADE, related_name="members", db_index=False)
    object_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["selection", "object_id"], name="member_is_chosen_once")]


class BulkAct(models.Model):
    """An act on many rows: asked for, rehearsed row by row, agreed to, and done row by row."""

    kind = models.CharField(max_length=20, choices=ActWord.choices)
    subject = models.CharField(max_length=15, choices=SubjectWord.choices)
    arguments = models.JSONField(help_text=_("What the act is to do, as the form took it"))
    reason = models.CharField(max_length=200)
    listing = models.CharField(max_length=40)
    query = models.CharField(max_length=2_000, blank=True)
    state = models.CharField(max_length=10, choices=ActStateWord.choices, default=ActState.CHECKING)
    row_count = models.IntegerField(default=0)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    requested_by = models.CharField(max_length=150)
    requested_by_user_id = models.BigIntegerField()
    requested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="act_on_many_has_a_reason"),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=False, state__in=["DONE", "ABANDONED"])
                | models.Q(ended_at__isnull=True, state__in=["CHECKING", "READY", "RUNNING"]),
                name="act_has_ended_when_it_is_done_or_left",
            ),
        ]

    # Mutators

    def set_state(self, state: ActState) -> None:
        """Move to another state; only the moves of `domain.acts` exist."""
        assert may_move(from_state=ActState(self.state), to_state=state)
        self.state = state


class BulkActRow(models.Model):
    """One row of an act with what becomes of it; `detail` is what taking it back needs."""

    act = models.ForeignKey(BulkAct, on_delete=models.CASCADE, related_name="rows", db_index=False)
    object_id = models.BigIntegerField()
    label = models.CharField(max_length=60, help_text=_("Number that people know it by"))
    state = models.CharField(max_length=10, choices=RowStateWord.choices, default=RowState.WAITING)
    code = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["act", "object_id"], name="act_meets_a_row_once"),
            models.CheckConstraint(
                condition=~models.Q(state="REFUSED") | ~models.Q(code=""), name="refused_row_says_why"
            ),
        ]
        indexes = [models.Index(fields=["act", "state", "id"], name="bulk_row_by_state")]
