"""
Tables of metering.

Quantities are thousandths of the unit of the register or service (litres where the unit is m3) and end in `_milli`.
`Reading` and `Consumption` are bulk tables: they are written by COPY, carry no row-wise foreign keys in the database,
and are checked by set-based anti-joins in the writing transaction and in `hydria verify`.
"""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, IntegerRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Meter(models.Model):
    """A device, wherever it is."""

    serial = models.CharField(max_length=40)
    make = models.CharField(max_length=60, blank=True)
    model = models.CharField(max_length=60, blank=True)
    size = models.CharField(max_length=20, blank=True, help_text=_('Nominal size as tariffs name it: 15, 5/8"'))
    manufactured_date = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["make", "serial"], name="serial_names_one_meter_of_a_make"),
        ]
        indexes = [models.Index(fields=["serial"], name="meter_by_serial")]


MAIN = "MAIN"
"""The channel of a meter's first dial. Further ones are named for what they count: LOW, OFF_PEAK."""


class Register(models.Model):
    """
    One dial or channel of a meter. What its counted dials went forward adds up to the quantity of its point.

    The trigger `counted_dials_of_a_meter_share_a_unit` keeps litres from being added to cubic metres.
    """

    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="registers")
    channel = models.CharField(max_length=20, default=MAIN)
    unit = models.CharField(max_length=10, default="m3")
    digits = models.SmallIntegerField(default=5, help_text=_("Whole digits of the dial; it rolls over at 10^digits"))
    multiplier = models.IntegerField(default=1, help_text=_("Units per dial step"))
    is_counted = models.BooleanField(
        default=True,
        db_default=True,
        help_text=_("Adds to the quantity; a dial for checking, such as a total, does not"),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meter", "channel"], name="channel_is_one_dial_of_its_meter"),
            models.CheckConstraint(condition=models.Q(digits__range=(3, 9)), name="dial_has_three_to_nine_digits"),
            models.CheckConstraint(condition=models.Q(multiplier__gt=0), name="multiplier_is_positive"),
        ]


class Installation(models.Model):
    """A meter's time at a service point, with what its main register showed at both ends."""

    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="installations")
    service_point = models.ForeignKey("premises.ServicePoint", on_delete=models.PROTECT, related_name="installations")
    valid_during = DateRangeField()
    initial_milli = models.BigIntegerField(default=0)
    final_milli = models.BigIntegerField(
        null=True, blank=True, help_text=_("Empty while installed or when not recorded")
    )
    evidence = models.CharField(max_length=250, blank=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="meter_is_at_one_point_at_a_time",
                expressions=[("meter", RangeOperators.EQUAL), ("valid_during", RangeOperators.OVERLAPS)],
            ),
            ExclusionConstraint(
                name="service_point_has_one_meter_at_a_time",
                expressions=[("service_point", RangeOperators.EQUAL), ("valid_during", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(
                condition=models.Q(initial_milli__gte=0)
                & (models.Q(final_milli__isnull=True) | models.Q(final_milli__gte=0)),
                name="dial_never_shows_less_than_zero",
            ),
        ]


class FurtherDial(models.Model):
    """What a further dial of a meter showed at both ends of its time at a point."""

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="further_dials")
    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="+")
    initial_milli = models.BigIntegerField(default=0)
    final_milli = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["installation", "register"], name="dial_has_one_beginning_at_a_point"),
            models.CheckConstraint(
                condition=models.Q(initial_milli__gte=0)
                & (models.Q(final_milli__isnull=True) | models.Q(final_milli__gte=0)),
                name="further_dial_never_shows_less_than_zero",
            ),
        ]


class ReadingEffect(models.TextChoices):
    """What an observation does to the value that was read with it."""

    KEEP = "KEEP", _("Counts as read")
    ESTIMATE = "ESTIMATE", _("Does not count; the period is estimated")
    IGNORE = "IGNORE", _("Does not count; a person decides")


class FollowUp(models.TextChoices):
    """What has to follow an observation."""

    NONE = "NONE", _("Nothing")
    REREAD = "REREAD", _("Read again")
    WORK_ORDER = "WORK_ORDER", _("Work order")


class Observation(models.Model):
    """What a reader may note about a dial, and what that does (MET-05). A company keeps its own list."""

    code = models.CharField(max_length=20, unique=True)
    names = models.JSONField(help_text=_("Name by language"))
    effect = models.CharField(max_length=10, choices=ReadingEffect.choices)
    follow_up = models.CharField(max_length=10, choices=FollowUp.choices, default=FollowUp.NONE)
    valid_during = DateRangeField(help_text=_("When readers may choose it"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(code__regex=r"^[A-Z0-9_]+$") & ~models.Q(code="SET_ASIDE"),
                name="observation_code_is_plain_and_free",
            ),
        ]


class ReadingSource(models.TextChoices):
    """How a reading reached us."""

    FILE = "FILE", _("File")
    DESK = "DESK", _("Desk")
    API = "API", _("API")
    MIGRATION = "MIGRATION", _("Migration")


class Reading(models.Model):
    """What a dial showed on a day. A correction supersedes it with a new row and a reason; the raw value stays."""

    register = models.ForeignKey(
        Register, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="readings"
    )
    read_date = models.DateField()
    value_milli = models.BigIntegerField(null=True, help_text=_("Empty when the reader could not read"))
    observation = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=10, choices=ReadingSource.choices)
    reader = models.CharField(max_length=80, blank=True)
    supersedes = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="superseded_by"
    )
    is_live = models.BooleanField(default=True, help_text=_("False once another reading has superseded it"))
    reason = models.CharField(max_length=250, blank=True)
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["register", "read_date"],
                condition=models.Q(is_live=True),
                name="register_shows_one_live_reading_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(value_milli__isnull=True) | models.Q(value_milli__gte=0),
                name="reading_is_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(value_milli__isnull=False) | ~models.Q(observation=""),
                name="missing_reading_says_why",
            ),
        ]


class ConsumptionKind(models.TextChoices):
    """How a quantity came about."""

    MEASURED = "MEASURED", _("Measured")
    ESTIMATED = "ESTIMATED", _("Estimated")
    ADJUSTED = "ADJUSTED", _("Adjusted")
    ASSUMED = "ASSUMED", _("Assumed")


class ConsumptionState(models.TextChoices):
    """Whether a consumption may be billed."""

    HELD = "HELD", _("Held for review")
    FINAL = "FINAL", _("Final")
    SUPERSEDED = "SUPERSEDED", _("Superseded")


class Consumption(models.Model):
    """The quantity that one point used in `[start_date, end_date)`."""

    service_point = models.ForeignKey(
        "premises.ServicePoint",
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="consumptions",
    )
    start_date = models.DateField()
    end_date = models.DateField()
    quantity_milli = models.BigIntegerField(null=True, help_text=_("Empty while held without a proposal"))
    kind = models.CharField(max_length=10, choices=ConsumptionKind.choices)
    state = models.CharField(max_length=10, choices=ConsumptionState.choices)
    previous_reading = models.ForeignKey(
        Reading, null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    current_reading = models.ForeignKey(
        Reading, null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    detail = models.JSONField(
        null=True, help_text=_("How the quantity was worked out when it is not one plain difference")
    )
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service_point", "start_date"],
                condition=~models.Q(state="SUPERSEDED"),
                name="point_has_one_live_consumption_from_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(end_date__gt=models.F("start_date")), name="consumption_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="FINAL") | models.Q(quantity_milli__gte=0),
                name="final_consumption_has_a_quantity",
            ),
        ]
        indexes = [
            # Few rows are ever held, so what waits is counted without reading the history.
            models.Index(fields=["end_date"], condition=models.Q(state="HELD"), name="consumption_held"),
        ]


class FindingState(models.TextChoices):
    """Whether somebody has decided on a finding."""

    OPEN = "OPEN", pgettext_lazy("finding", "Open")
    DECIDED = "DECIDED", _("Decided")


class Decision(models.TextChoices):
    """What was decided on a finding."""

    ACCEPTED = "ACCEPTED", _("Accepted as read")
    CORRECTED = "CORRECTED", _("Reading corrected")
    ESTIMATED = "ESTIMATED", _("Estimated")


class Finding(models.Model):
    """An incident of validation: what is odd about a consumption, and what a person decided about it."""

    consumption = models.ForeignKey(
        Consumption, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="findings"
    )
    service_point = models.ForeignKey(
        "premises.ServicePoint", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="findings"
    )
    code = models.CharField(max_length=40)
    severity = models.CharField(max_length=5)
    data = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=FindingState.choices, default=FindingState.OPEN)
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=250, blank=True)
    raised_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consumption", "code"], name="finding_is_raised_once"),
            models.CheckConstraint(
                condition=models.Q(state="OPEN", decided_at__isnull=True)
                | (
                    models.Q(state="DECIDED", decided_at__isnull=False)
                    & ~models.Q(decided_by="")
                    & ~models.Q(decision="")
                ),
                name="decision_names_who_and_when",
            ),
        ]
        indexes = [
            models.Index(fields=["code"], condition=models.Q(state="OPEN"), name="finding_open_by_code"),
            models.Index(fields=["service_point"], name="finding_by_point"),
        ]


class ThresholdRule(models.Model):
    """
    Thresholds of validation that hold for a time: the company's, or those of a category, a service or a season (MET-06).

    A rule holds for a period by the last day of the period. What it does not name stays as the rules before it say.
    """

    service = models.ForeignKey("premises.Service", null=True, on_delete=models.PROTECT, related_name="+")
    category = models.ForeignKey("premises.Category", null=True, on_delete=models.PROTECT, related_name="+")
    months = IntegerRangeField(null=True, help_text=_("Of every year, from 1 to 12; empty for the whole year"))
    thresholds = models.JSONField(default=dict)
    valid_during = DateRangeField()
    reason = models.CharField(max_length=250)
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_rule_holds_for_a_whole_year_at_a_time",
                expressions=[
                    (Coalesce("service_id", 0), RangeOperators.EQUAL),
                    (Coalesce("category_id", 0), RangeOperators.EQUAL),
                    ("valid_during", RangeOperators.OVERLAPS),
                ],
                condition=models.Q(months__isnull=True),
            ),
            ExclusionConstraint(
                name="seasons_of_a_rule_never_overlap",
                expressions=[
                    (Coalesce("service_id", 0), RangeOperators.EQUAL),
                    (Coalesce("category_id", 0), RangeOperators.EQUAL),
                    ("months", RangeOperators.OVERLAPS),
                    ("valid_during", RangeOperators.OVERLAPS),
                ],
                condition=models.Q(months__isnull=False),
            ),
        ]
