"""Pages of the administrator: keys of programs and webhooks; a secret is on the page that made it and on no other."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hydria.platform.access import Permission
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.forms import go_to, handle_form
from hydria.platform.web.listing import build_list, show_list
from hydria.publicapi import operations, queries
from hydria.publicapi.web import cards, forms, lists

Data = dict[str, Any]


@needs(Permission.API_MANAGE)
def show_keys(request: HttpRequest) -> HttpResponseBase:
    """List the keys of programs."""
    rows = queries.list_keys(actor=actor_of(request))
    return show_list(
        request, listing=lists.KEYS, rows=rows, title=_("Keys of programs"), template="publicapi/keys.html"
    )


@needs(Permission.API_MANAGE)
def add_key(request: HttpRequest) -> HttpResponseBase:
    """Make a key and show it, this once."""
    made: list[HttpResponse] = []

    def act(data: Data) -> str:
        days = data.pop("days")
        expires_at = None if days is None else timezone.now() + datetime.timedelta(days=days)
        key, token = operations.create_key(actor=actor_of(request), expires_at=expires_at, **data)
        made.append(
            _show_secret(request, title=key.name, secret=str(token), back=reverse("api_key", args=[key.prefix]))
        )
        return reverse("api_keys")

    context = {"title": _("New key"), "submit": _("Make the key"), "cancel": reverse("api_keys")}
    answer = handle_form(request, form=forms.KeyForm(request.POST or None), act=act, context=context)
    return made[0] if made else answer


@needs(Permission.API_MANAGE)
def show_key(request: HttpRequest, prefix: str) -> HttpResponseBase:
    """Show what a key may do and when it was used."""
    key = queries.list_keys(actor=actor_of(request)).get(prefix=prefix)
    context = {"title": key.name, "key": cards.key_card(key, now=timezone.now())}
    return render_page(request, "publicapi/key.html", context)


@needs(Permission.API_MANAGE)
def rotate_key(request: HttpRequest, prefix: str) -> HttpResponseBase:
    """Give a key another secret and show it, this once."""
    actor, back = actor_of(request), reverse("api_key", args=[prefix])
    key = queries.list_keys(actor=actor).get(prefix=prefix)
    made: list[HttpResponse] = []

    def act(data: Data) -> str:
        _key, token = operations.rotate_key(actor=actor, prefix=prefix, rotated_at=timezone.now(), **data)
        made.append(_show_secret(request, title=key.name, secret=str(token), back=back))
        return back

    context = {"title": _("Another secret for %s") % key.name, "submit": _("Change the secret"), "cancel": back}
    answer = handle_form(request, form=forms.RotateForm(request.POST or None), act=act, context=context)
    return made[0] if made else answer


@needs(Permission.API_MANAGE)
@require_POST
def revoke_key(request: HttpRequest, prefix: str) -> HttpResponse:
    """Close a key for good."""
    key = operations.revoke_key(actor=actor_of(request), prefix=prefix, revoked_at=timezone.now())
    messages.success(request, _("The key of %s opens nothing any more.") % key.name)
    return go_to(request, reverse("api_key", args=[prefix]))


@needs(Permission.API_MANAGE)
def show_webhooks(request: HttpRequest) -> HttpResponseBase:
    """List where events are sent."""
    rows = queries.list_webhooks(actor=actor_of(request))
    return show_list(
        request, listing=lists.WEBHOOKS, rows=rows, title=_("Webhooks"), template="publicapi/webhooks.html"
    )


@needs(Permission.API_MANAGE)
def add_webhook(request: HttpRequest) -> HttpResponseBase:
    """Have events sent to a program, and show the secret that they are signed with, this once."""
    made: list[HttpResponse] = []

    def act(data: Data) -> str:
        webhook, secret = operations.create_webhook(actor=actor_of(request), **data)
        back = reverse("webhook", args=[webhook.pk])
        made.append(_show_secret(request, title=webhook.name, secret=secret, back=back))
        return back

    context = {"title": _("New webhook"), "submit": _("Make the webhook"), "cancel": reverse("webhooks")}
    answer = handle_form(request, form=forms.NewWebhookForm(request.POST or None), act=act, context=context)
    return made[0] if made else answer


@needs(Permission.API_MANAGE)
def show_webhook(request: HttpRequest, webhook_id: int) -> HttpResponseBase:
    """Show a webhook with what was sent to it."""
    actor = actor_of(request)
    webhook = queries.list_webhooks(actor=actor).get(pk=webhook_id)
    context = {
        "title": webhook.name,
        "webhook": cards.webhook_card(webhook, now=timezone.now()),
        "list": build_list(
            request, listing=lists.DELIVERIES, rows=queries.list_deliveries(actor=actor, webhook_id=webhook_id)
        ),
    }
    fragments = {"list-deliveries": "platform/_list.html"}
    return render_page(request, "publicapi/webhook.html", context, fragments=fragments)


@needs(Permission.API_MANAGE)
def edit_webhook(request: HttpRequest, webhook_id: int) -> HttpResponseBase:
    """Change where events go, and which."""
    actor, back = actor_of(request), reverse("webhook", args=[webhook_id])
    webhook = queries.list_webhooks(actor=actor).get(pk=webhook_id)
    initial = {name: getattr(webhook, name) for name in ("name", "url", "kinds", "is_active")}

    def act(data: Data) -> str:
        operations.change_webhook(actor=actor, webhook_id=webhook_id, **data)
        messages.success(request, _("Saved."))
        return back

    context = {"title": webhook.name, "cancel": back}
    form = forms.WebhookForm(request.POST or None, initial=initial)
    return handle_form(request, form=form, act=act, context=context)


@needs(Permission.API_MANAGE)
def rotate_webhook(request: HttpRequest, webhook_id: int) -> HttpResponseBase:
    """Give a webhook another secret and show it, this once."""
    actor, back = actor_of(request), reverse("webhook", args=[webhook_id])
    webhook = queries.list_webhooks(actor=actor).get(pk=webhook_id)
    made: list[HttpResponse] = []

    def act(data: Data) -> str:
        _webhook, secret = operations.rotate_webhook(
            actor=actor, webhook_id=webhook_id, rotated_at=timezone.now(), **data
        )
        made.append(_show_secret(request, title=webhook.name, secret=secret, back=back))
        return back

    context = {"title": _("Another secret for %s") % webhook.name, "submit": _("Change the secret"), "cancel": back}
    answer = handle_form(request, form=forms.RotateForm(request.POST or None), act=act, context=context)
    return made[0] if made else answer


@needs(Permission.API_MANAGE)
def replay_events(request: HttpRequest, webhook_id: int) -> HttpResponseBase:
    """Send a webhook all events of its kinds since a day."""
    actor, back = actor_of(request), reverse("webhook", args=[webhook_id])
    webhook = queries.list_webhooks(actor=actor).get(pk=webhook_id)

    def act(data: Data) -> str:
        since = timezone.make_aware(datetime.datetime.combine(data["since"], datetime.time()))
        count = operations.replay_events(actor=actor, webhook_id=webhook_id, since=since, now=timezone.now())
        messages.success(request, _("Events that are sent again: %d.") % count)
        return back

    form = forms.ReplayForm(request.POST or None, initial={"since": timezone.localdate()})
    context = {"title": _("Send again to %s") % webhook.name, "submit": _("Send again"), "cancel": back}
    return handle_form(request, form=form, act=act, context=context)


@needs(Permission.API_MANAGE)
@require_POST
def test_webhook(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Send a webhook an event about itself."""
    delivery = operations.test_webhook(actor=actor_of(request), webhook_id=webhook_id)
    return go_to(request, reverse("delivery", args=[webhook_id, delivery.pk]))


@needs(Permission.API_MANAGE)
@require_POST
def drop_webhook(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Send nothing more to a webhook."""
    operations.drop_webhook(actor=actor_of(request), webhook_id=webhook_id)
    messages.success(request, _("Nothing more is sent there."))
    return go_to(request, reverse("webhooks"))


@needs(Permission.API_MANAGE)
def show_delivery(request: HttpRequest, webhook_id: int, delivery_id: int) -> HttpResponseBase:
    """Show an event on its way to a webhook: what is sent, and every attempt with its answer."""
    actor = actor_of(request)
    webhook = queries.list_webhooks(actor=actor).get(pk=webhook_id)
    delivery = queries.list_deliveries(actor=actor, webhook_id=webhook_id).get(pk=delivery_id)
    attempts = queries.list_attempts(actor=actor, delivery_id=delivery_id)
    card = cards.delivery_card(delivery, attempts)
    context = {"title": card.kind, "card": card, "webhook": {"id": webhook.pk, "name": webhook.name}}
    return render_page(request, "publicapi/delivery.html", context)


@needs(Permission.API_MANAGE)
@require_POST
def replay_delivery(request: HttpRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    """Send an event to its webhook once more."""
    operations.replay_delivery(actor=actor_of(request), delivery_id=delivery_id, now=timezone.now())
    return go_to(request, reverse("delivery", args=[webhook_id, delivery_id]))


def _show_secret(request: HttpRequest, *, title: str, secret: str, back: str) -> HttpResponse:
    answer = render_page(request, "publicapi/secret.html", {"title": title, "secret": secret, "back": back})
    answer["Cache-Control"] = "no-store"
    return answer
