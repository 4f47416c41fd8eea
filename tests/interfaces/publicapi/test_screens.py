"""The administrator's pages: keys and webhooks, with secrets on one page and no other."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

import pytest
from django.urls import reverse

from api_factories import Program
from desk_factories import at_the_desk
from hydria.platform.access import SYSTEM
from hydria.publicapi import operations
from hydria.publicapi._delivering import deliver_due
from hydria.publicapi.models import ApiKey, Delivery, Webhook
from receiver import Receiver, listening

pytestmark = pytest.mark.django_db

KEY = {"name": "Bank", "scopes": ["payment.view"], "requests_per_minute_count": "60", "days": "30"}
WEBHOOK = {"name": "ERP", "url": "https://erp.example.org/hydria", "kinds": ["payment.taken"]}


def secret_in(page: str) -> str:
    found = re.search(r'id="secret" readonly value="([^"]+)"', page)
    assert found is not None
    return found[1]


@pytest.fixture
def client():
    return at_the_desk("administrator")


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_TO_PRIVATE = True
    with listening() as found:
        yield found


class TestKeys:
    def test_are_made_shown_once_rotated_and_revoked(self, client):
        made = client.post(reverse("api_key_new"), KEY)
        secret = secret_in(made.text)
        key = ApiKey.objects.get()
        page = client.get(reverse("api_key", args=[key.prefix]))
        another = secret_in(client.post(reverse("api_key_rotate", args=[key.prefix]), {"grace_hours": "0"}).text)
        statuses = [Program(token=token).get("/payments").status_code for token in (secret, another)]
        client.post(reverse("api_key_revoke", args=[key.prefix]))

        assert made["Cache-Control"] == "no-store"
        assert secret not in page.text
        assert statuses == [401, 200]
        assert Program(token=another).get("/payments").status_code == 401
        assert "Bank" in client.get(reverse("api_keys")).text

    def test_are_refused_beside_the_field(self, client):
        refused = client.post(reverse("api_key_new"), {**KEY, "name": " ", "scopes": []})

        assert refused.status_code == 422
        assert not ApiKey.objects.exists()

    def test_of_nobody_are_not_found(self, client):
        assert client.get(reverse("api_key", args=["0" * 12])).status_code == 404


class TestWebhooks:
    def test_are_made_tested_and_sent_again(self, client, receiver):
        secret = secret_in(client.post(reverse("webhook_new"), {**WEBHOOK, "url": receiver.url}).text)
        webhook = Webhook.objects.get()
        client.post(reverse("webhook_test", args=[webhook.pk]))
        delivery = Delivery.objects.get()
        deliver_due(webhook_id=webhook.pk, clock=lambda: datetime.datetime.now(datetime.UTC))
        page = client.get(reverse("delivery", args=[webhook.pk, delivery.pk])).text
        client.post(reverse("delivery_replay", args=[webhook.pk, delivery.pk]))

        assert receiver.is_signed_by(secret)
        assert receiver.types == ["webhook.tested"]
        assert "noted" in page
        assert Delivery.objects.get().state == "WAITING"

    def test_are_changed_replayed_rotated_and_dropped(self, client):
        client.post(reverse("webhook_new"), WEBHOOK)
        webhook = Webhook.objects.get()
        place = {"args": [webhook.pk]}

        client.post(reverse("webhook_edit", **place), {**WEBHOOK, "name": "SAP", "is_active": ""})
        pages = [
            client.get(reverse(name, **place)).status_code for name in ("webhook", "webhook_edit", "webhook_rotate")
        ]
        replayed = client.post(reverse("webhook_replay", **place), {"since": "2026-01-01"})
        secret_in(client.post(reverse("webhook_rotate", **place), {"grace_hours": "24"}).text)
        changed = Webhook.objects.get()
        client.post(reverse("webhook_drop", **place))

        assert pages == [200, 200, 200]
        assert replayed.status_code == 302
        assert (changed.name, changed.is_active) == ("SAP", False)
        assert not Webhook.objects.exists()

    def test_are_refused_for_an_address_inside(self, client):
        refused = client.post(reverse("webhook_new"), {**WEBHOOK, "url": "http://10.0.0.1/"})

        assert refused.status_code == 422
        assert "HTTPS" in refused.text

    def test_are_listed_with_what_waits(self, client):
        operations.create_webhook(actor=SYSTEM, **WEBHOOK)

        assert "https://erp.example.org/hydria" in client.get(reverse("webhooks")).text
