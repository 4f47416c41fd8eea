"""Lists of the administrator's pages."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hydria.platform.events import EventKind
from hydria.platform.web.listing import Column, Filter, Kind, Listing
from hydria.publicapi.models import ApiKey, Delivery, DeliveryState, Webhook
from hydria.publicapi.web.cards import key_state, key_state_label
from hydria.publicapi.web.words import kind_labels


def _state_of(key: ApiKey) -> str:
    return key_state_label(key_state(key, now=timezone.now()))


def _kind_of(delivery: Delivery) -> str:
    return kind_labels().get(delivery.event.kind, delivery.event.kind)


def _is_sent(webhook: Webhook) -> str:
    return str(_("Yes") if webhook.is_active else _("No"))


KEYS = Listing(
    name="api_keys",
    columns=(
        Column(
            name="name",
            label=_("Program"),
            value="name",
            sort="name",
            link=lambda row: reverse("api_key", args=[row.prefix]),
        ),
        Column(name="prefix", label=_("Begins with"), value=lambda row: f"hyd_{row.prefix}"),
        Column(name="state", label=_("State"), value=_state_of),
        Column(name="scopes", label=_("Scopes"), value=lambda row: len(row.scopes), kind=Kind.COUNT),
        Column(name="used", label=_("Last used"), value="used_at", kind=Kind.INSTANT),
        Column(name="expires", label=_("Expires"), value="expires_at", kind=Kind.INSTANT),
        Column(name="created", label=_("Made"), value="created_at", kind=Kind.INSTANT, sort="created_at"),
        Column(name="created_by", label=_("Made by"), value="created_by", kind=Kind.PERSON),
    ),
    filters=(Filter(name="name", label=_("Program"), lookup="name__icontains"),),
    sort="name",
    empty=_("No program has a key"),
    empty_hint=_("Make one for each program that works with Hydria, with the scopes that it needs and no more."),
)

WEBHOOKS = Listing(
    name="webhooks",
    columns=(
        Column(
            name="name",
            label=_("Program"),
            value="name",
            sort="name",
            link=lambda row: reverse("webhook", args=[row.pk]),
        ),
        Column(name="url", label=_("Address"), value="url"),
        Column(name="active", label=_("Is sent events"), value=_is_sent),
        Column(name="waiting", label=_("Waiting"), value="waiting_count", kind=Kind.COUNT),
        Column(name="failed", label=_("Given up"), value="failed_count", kind=Kind.COUNT),
    ),
    sort="name",
    empty=_("No program is told what happens"),
    empty_hint=_("A webhook sends events, such as payments and invoices, to another program as they happen."),
)

DELIVERIES = Listing(
    name="deliveries",
    columns=(
        Column(
            name="kind",
            label=_("Event"),
            value=_kind_of,
            link=lambda row: reverse("delivery", args=[row.webhook_id, row.pk]),
        ),
        Column(name="subject", label=_("About"), value="subject"),
        Column(name="happened", label=_("Happened"), value="event.happened_at", kind=Kind.INSTANT),
        Column(name="state", label=_("State"), value="state", kind=Kind.STATE, choices=DeliveryState),
        Column(name="attempts", label=_("Attempts"), value="attempt_count", kind=Kind.COUNT),
        Column(name="answered", label=_("Answered"), value="answered_status"),
        Column(name="delivered", label=_("Delivered"), value="delivered_at", kind=Kind.INSTANT),
    ),
    filters=(
        Filter(name="state", label=_("State"), lookup="state", kind="choice", choices=lambda: DeliveryState.choices),
        Filter(
            name="kind",
            label=_("Event"),
            lookup="event__kind",
            kind="choice",
            choices=lambda: [(kind.value, kind_labels()[kind.value]) for kind in EventKind],
        ),
        Filter(name="subject", label=_("About"), lookup="subject", placeholder="payment:12"),
    ),
    sort="-",
    empty=_("Nothing has been sent yet"),
    empty_hint=_("Send a test to see whether the program listens."),
)
