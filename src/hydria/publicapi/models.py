"""Tables of the API: keys, tokens, counted and repeatable requests, events, webhooks and their deliveries."""

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
    old_secret_hash = models.CharField(max_length=64, blank=True)
    old_secret_until = models.DateTimeField(
        null=True, blank=True, help_text=_("Until when the secret before the last change still opens")
    )
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
            models.CheckConstraint(
                condition=models.Q(old_secret_hash="", old_secret_until=None)
                | ~models.Q(old_secret_hash="") & models.Q(old_secret_until__isnull=False),
                name="old_secret_ends_some_day",
            ),
        ]

    # Properties

    def to_actor(self) -> Actor:
        """Return the actor that operations ask for permission."""
        return Actor(
            name=f"api:{self.name}",
            permissions=frozenset(Permission(scope) for scope in self.scopes),
            amount_limit_minor=self.amount_limit_minor,
        )


class AccessToken(models.Model):
    """A short-lived stand-in for a key, with some of its scopes (OAuth2 client credentials); kept as a hash only."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    secret_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=40))
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="access_token_by_end")]


class KeyMinute(models.Model):
    """How often a key asked in one minute; of past minutes the last one stays and says when the key was used."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="minutes")
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


class BulkRow(models.Model):
    """What became of one row of a bulk request; written with the row's own effect, so that a repeat goes on after it."""

    request = models.ForeignKey(RepeatableRequest, on_delete=models.CASCADE, related_name="rows")
    row = models.IntegerField()
    answer = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "row"], name="bulk_row_is_answered_once")]


class Event(models.Model):
    """What happened to an object, written with the act itself."""

    kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    data = models.JSONField(default=dict)
    actor = models.CharField(max_length=150)
    happened_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["happened_at"], name="event_by_time")]


class Webhook(models.Model):
    """Where events of some kinds are sent; its secret is made from the server's key and the salt."""

    name = models.CharField(max_length=100, help_text=_("The program that listens"))
    url = models.CharField(max_length=500)
    kinds = ArrayField(models.CharField(max_length=40), help_text=_("Kinds of events"))
    salt = models.CharField(max_length=64)
    old_salt = models.CharField(max_length=64, blank=True)
    old_salt_until = models.DateTimeField(
        null=True, blank=True, help_text=_("Until when messages are signed with the secret before, too")
    )
    is_active = models.BooleanField(default=True)
    failure_count = models.IntegerField(default=0, help_text=_("Attempts in a row that found nobody"))
    rests_until = models.DateTimeField(null=True, blank=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(kinds__len__gt=0), name="webhook_listens_to_something")
        ]


class DeliveryState(models.TextChoices):
    """How the delivery of an event to a webhook stands."""

    WAITING = "WAITING", _("Waiting")
    DELIVERED = "DELIVERED", _("Delivered")
    FAILED = "FAILED", _("Given up")


class Delivery(models.Model):
    """One event on its way to one webhook."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    subject = models.CharField(max_length=40, help_text=_("What the event is about; its events arrive in order"))
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempt_count = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    answered_status = models.SmallIntegerField(null=True, help_text=_("Of the last attempt; empty when none came"))
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event"], name="event_goes_to_a_webhook_once"),
            models.CheckConstraint(
                condition=models.Q(state="DELIVERED", delivered_at__isnull=False)
                | ~models.Q(state="DELIVERED") & models.Q(delivered_at=None),
                name="delivered_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["webhook", "event"], name="delivery_waiting", condition=models.Q(state="WAITING")),
            models.Index(
                fields=["webhook", "subject", "event"],
                name="delivery_waiting_by_subject",
                condition=models.Q(state="WAITING"),
            ),
        ]


class DeliveryAttempt(models.Model):
    """One try to deliver: when, how long it took, what came back."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    attempted_at = models.DateTimeField()
    duration_ms = models.IntegerField()
    status = models.SmallIntegerField(null=True)
    answer = models.CharField(max_length=1_000, blank=True, help_text=_("The beginning of what came back"))
    fault = models.CharField(max_length=40, blank=True, help_text=_("Why nothing came back"))
