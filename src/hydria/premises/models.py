"""Tables of places: premises, service points, routes and the lists they belong to."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Service(models.Model):
    """A service that the company delivers: water, sewer, irrigation, electricity."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    unit = models.CharField(max_length=10, default="m3", help_text=_("Unit that the service is measured in"))


class Category(models.Model):
    """A tariff category such as household, shop, industry, public body."""

    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=100)


class Zone(models.Model):
    """A geographic zone."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)


class Sector(models.Model):
    """A commercial sector inside a zone."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT)


class BillingCycle(models.Model):
    """A group of routes that is read and billed together."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    period_months = models.SmallIntegerField(default=1)


class Route(models.Model):
    """A walk of a reader; its points have a sequence."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    sector = models.ForeignKey(Sector, on_delete=models.PROTECT)
    cycle = models.ForeignKey(BillingCycle, on_delete=models.PROTECT, related_name="routes")


class Premise(models.Model):
    """A place: building, flat or plot."""

    number = models.CharField(max_length=30, unique=True)
    cadastral_code = models.CharField(max_length=60, null=True, blank=True, unique=True)
    address = models.CharField(max_length=300)
    search_address = models.CharField(max_length=350)
    city = models.CharField(max_length=100, blank=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(longitude__isnull=True, latitude__isnull=True)
                | models.Q(
                    longitude__isnull=False,
                    latitude__isnull=False,
                    longitude__range=(-180, 180),
                    latitude__range=(-90, 90),
                ),
                name="premise_lies_on_the_earth",
            )
        ]
        indexes = [GinIndex(fields=["search_address"], opclasses=["gin_trgm_ops"], name="premise_address_like")]


class PremiseRole(models.TextChoices):
    """What a party is to a premise."""

    OWNER = "OWNER", _("Owner")
    TENANT = "TENANT", _("Tenant")


class PremiseParty(models.Model):
    """A party's role at a premise, dated."""

    premise = models.ForeignKey(Premise, on_delete=models.PROTECT, related_name="parties")
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT)
    role = models.CharField(max_length=10, choices=PremiseRole.choices)
    valid_during = DateRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="party_holds_a_premise_role_once_at_a_time",
                expressions=[
                    ("premise", RangeOperators.EQUAL),
                    ("party", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("valid_during", RangeOperators.OVERLAPS),
                ],
            )
        ]


class ServicePoint(models.Model):
    """Where one service is delivered; it may have no meter."""

    number = models.CharField(max_length=30, unique=True)
    premise = models.ForeignKey(Premise, on_delete=models.PROTECT, related_name="service_points")
    service = models.ForeignKey(Service, on_delete=models.PROTECT)
    route = models.ForeignKey(Route, on_delete=models.PROTECT, related_name="service_points")
    route_sequence = models.IntegerField()
    is_metered = models.BooleanField(default=True)
    is_disconnectable = models.BooleanField(
        help_text=_("False for hospitals, schools and protected users; asked at creation, no default")
    )
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["route", "route_sequence"], name="route_position_belongs_to_one_point"),
        ]


class PointUnits(models.Model):
    """How many dwelling or business units of a category a point serves, dated."""

    service_point = models.ForeignKey(ServicePoint, on_delete=models.PROTECT, related_name="units")
    category = models.ForeignKey(Category, on_delete=models.PROTECT)
    unit_count = models.IntegerField()
    valid_during = DateRangeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(unit_count__gt=0), name="point_serves_at_least_one_unit"),
            ExclusionConstraint(
                name="units_of_a_category_are_counted_once_at_a_time",
                expressions=[
                    ("service_point", RangeOperators.EQUAL),
                    ("category", RangeOperators.EQUAL),
                    ("valid_during", RangeOperators.OVERLAPS),
                ],
            ),
        ]
