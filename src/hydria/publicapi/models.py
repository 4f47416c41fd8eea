"""Tables of the API: its keys, how often they were used in the running minute, and the answers to repeatable requests."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from hydria.platform.access import Actor, Permission


class ApiKey(models.Model):
    """What lets one program in; its secret is kept as a hash only."""

    name = models.CharField(max_length=100, help_text=_("The program, as the audit names it"))
    prefix = models.CharField(max_length=12, unique=True, help_text=_("Shown in lists; the rest of a key is secret"))
    secret_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=40), help_text=_("Permissions of the program"))
    amount_limit_minor = models.BigIntegerField(null=True, blank=True, help_text=_("Largest amount of one act"))
    requests_per_minute_count = models.IntegerField(default=600)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(requests_per_minute_count__gt=0), name="api_key_may_ask_at_least_once_a_minute"
            ),
            models.CheckConstraint(condition=models.Q(scopes__len__gt=0), name="api_key_has_a_scope"),
        ]

    # Properties

    def to_actor(self) -> Actor:
        """Return the actor that operations ask for permission."""
        return Actor(
            name=f"api:{self.name}",
            permissions=frozenset(Permission(scope) for scope in self.scopes),
            amount_limit_minor=self.amount_limit_minor,
        )


class KeyMinute(models.Model):
    """How often a key asked in one minute; rows of past minutes are swept away."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    minute_at = models.DateTimeField()
    request_count = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api_key", "minute_at"], name="api_key_is_counted_by_minute")]


class RepeatableRequest(models.Model):
    """A POST under its `Idempotency-Key`: claimed while it runs, then with the answer that a repeat gets."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    content_hash = models.CharField(max_length=64, help_text=_("Tells a repeated request from a changed one"))
    claimed_at = models.DateTimeField()
    status = models.SmallIntegerField(null=True)
    answer = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["api_key", "key"], name="idempotency_key_names_one_request_of_an_api_key"),
        ]
        indexes = [models.Index(fields=["claimed_at"], name="repeatable_request_by_time")]
