"""Tables of parties: persons and organisations with their identifiers."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class PartyKind(models.TextChoices):
    """Whether a party is a person or an organisation."""

    PERSON = "PERSON", _("Person")
    ORGANIZATION = "ORGANIZATION", _("Organization")


class Party(models.Model):
    """A person or an organisation, in whatever roles."""

    number = models.CharField(max_length=30, unique=True, help_text=_("Our own number, given once"))
    kind = models.CharField(max_length=12, choices=PartyKind.choices)
    name = models.CharField(max_length=200)
    search_name = models.CharField(
        max_length=250, help_text=_("Name without accents, in Latin script and lower case, for searching")
    )
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=50, blank=True)
    address = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=5, blank=True)
    notes = models.TextField(blank=True)
    is_protected = models.BooleanField(default=False, help_text=_("Protected customer: never cut off"))
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(name=""), name="party_has_a_name")]
        indexes = [
            GinIndex(fields=["search_name"], opclasses=["gin_trgm_ops"], name="party_name_like"),
        ]


class IdentifierKind(models.TextChoices):
    """Which register gave an identifier; each has its own check rule."""

    TAX = "TAX", _("Tax number")
    NATIONAL = "NATIONAL", _("National identity number")
    PASSPORT = "PASSPORT", _("Passport")
    OTHER = "OTHER", _("Other")


class PartyIdentifier(models.Model):
    """An official number of a party, stored compact (no spaces, dots or dashes)."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=10, choices=IdentifierKind.choices)
    country = models.CharField(max_length=2)
    value = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["country", "kind", "value"], name="official_number_names_one_party"),
            models.CheckConstraint(condition=models.Q(value__regex=r"^[0-9A-Z]+$"), name="official_number_is_compact"),
        ]
