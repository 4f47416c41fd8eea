"""Webhooks: what is kept with the act, who is told in which order, and what happens when nobody listens."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

from hydria.parties.operations import PartyKind, change_party, register_party
from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.platform.events import EventKind
from hydria.platform.models import AuditEntry
from hydria.platform.outbox import announce_from_query
from hydria.platform.transactions import acting, rehearsing
from hydria.publicapi import operations, queries
from hydria.publicapi._delivering import deliver_due, list_due_webhooks
from hydria.publicapi._sending import post
from hydria.publicapi.models import Delivery, DeliveryAttempt, Event, Webhook
from receiver import Receiver, listening

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 3, 10)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        # Events fall due by the database's clock, so this one stands a little ahead of it.
        self.now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=1)

    def __call__(self) -> datetime.datetime:
        return self.now

    def move(self, **by: int) -> None:
        self.now += datetime.timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_TO_PRIVATE = True
    with listening() as found:
        yield found


def subscribe(url: str, *kinds: str) -> tuple[Webhook, str]:
    wanted = kinds or ("party.registered", "party.changed")
    return operations.create_webhook(actor=SYSTEM, name="ERP", url=url, kinds=wanted)


def person(name: str = "Ana"):
    return register_party(actor=SYSTEM, kind=PartyKind.PERSON, name=name, on_date=TODAY)


def rename(party, name: str) -> None:
    given = {"email": "", "phone": "", "address": "", "language": ""}
    change_party(actor=SYSTEM, party_id=party.pk, name=name, reason="Married", **given)


class TestEvent:
    def test_is_kept_with_the_act_and_goes_with_it(self):
        subscribe("https://erp.example.org/")

        with rehearsing(SYSTEM):
            person("Rehearsed")
        party = person()

        (event,) = Event.objects.all()
        assert (event.kind, event.subject_id, event.actor) == ("party.registered", party.pk, "system")
        assert Delivery.objects.get().subject == f"party:{party.pk}"

    def test_is_delivered_to_those_who_want_its_kind_and_are_active(self):
        other, _secret = subscribe("https://other.example.org/", "payment.taken")
        idle, _secret = subscribe("https://idle.example.org/")
        Webhook.objects.filter(pk=idle.pk).update(is_active=False)
        wanting, _secret = subscribe("https://erp.example.org/")

        person()

        assert [delivery.webhook_id for delivery in Delivery.objects.all()] == [wanting.pk]

    def test_of_a_bulk_kind_is_kept_only_while_somebody_wants_it(self):
        select = "SELECT number AS subject_id, jsonb_build_object('half', number / 2) AS data FROM generate_series(1, %s) AS number"

        with acting(SYSTEM):
            announce_from_query(EventKind.INVOICE_CONFIRMED, actor=SYSTEM, select=select, parameters=[5])
        subscribe("https://erp.example.org/", "invoice.confirmed")
        with acting(SYSTEM):
            announce_from_query(EventKind.INVOICE_CONFIRMED, actor=SYSTEM, select=select, parameters=[1_000])

        assert Event.objects.count() == Delivery.objects.count() == 1_000
        assert Event.objects.get(subject_id=10).data == {"half": 5}

    def test_is_listed_for_those_who_may_see_its_object(self):
        person()
        rights = {Permission.API_MANAGE, Permission.PAYMENT_VIEW}
        bank = Actor(name="bank", permissions=frozenset(rights))
        erp = Actor(name="erp", permissions=frozenset({*rights, Permission.REGISTER_VIEW}))

        assert [queries.list_events(actor=actor).count() for actor in (bank, erp)] == [0, 1]


class TestDelivery:
    def test_is_signed_and_written_down(self, receiver, clock):
        webhook, secret = subscribe(receiver.url)
        party = person()

        deliver_due(webhook_id=webhook.pk, clock=clock)

        delivery = Delivery.objects.get()
        (attempt,) = queries.list_attempts(actor=SYSTEM, delivery_id=delivery.pk)
        assert receiver.messages[0]["data"] == {"id": party.pk, "path": f"/parties/{party.pk}", "number": party.number}
        assert receiver.is_signed_by(secret)
        assert (delivery.state, attempt.status, attempt.answer) == ("DELIVERED", 200, "noted")

    def test_keeps_the_order_of_each_object_while_others_go_on(self, receiver, clock):
        webhook, _secret = subscribe(receiver.url)
        ana = person("Ana")
        rename(ana, "Ana M.")
        person("Luis")
        receiver.statuses = [500, 200]

        deliver_due(webhook_id=webhook.pk, clock=clock)
        first = receiver.types[:]
        clock.move(seconds=30)
        deliver_due(webhook_id=webhook.pk, clock=clock)

        assert first == ["party.registered", "party.registered"]
        assert receiver.types[2:] == ["party.registered", "party.changed"]
        assert receiver.messages[2]["data"]["id"] == ana.pk
        assert receiver.headers[2]["webhook-id"] == receiver.headers[0]["webhook-id"]

    def test_is_given_up_after_two_days_and_can_be_sent_again(self, receiver, clock):
        webhook, _secret = subscribe(receiver.url)
        person()
        receiver.statuses = [503]

        for _attempt in range(12):
            clock.move(days=1)
            deliver_due(webhook_id=webhook.pk, clock=clock)
        given_up = Delivery.objects.get()
        receiver.statuses = [204]
        operations.replay_delivery(actor=SYSTEM, delivery_id=given_up.pk, now=clock())
        deliver_due(webhook_id=webhook.pk, clock=clock)

        assert (given_up.state, given_up.attempt_count) == ("FAILED", 10)
        assert Delivery.objects.get().state == "DELIVERED"
        assert DeliveryAttempt.objects.count() == 11

    def test_lets_a_webhook_rest_that_nobody_answers(self, receiver, clock):
        webhook, _secret = subscribe(receiver.url)
        for name in ("Ana", "Luis", "Eva", "Leo", "Pía"):
            person(name)
        receiver.statuses = [500]

        deliver_due(webhook_id=webhook.pk, clock=clock)
        deliver_due(webhook_id=webhook.pk, clock=clock)

        assert len(receiver.messages) == 3
        assert list_due_webhooks(now=clock()) == []
        clock.move(minutes=1)
        assert list_due_webhooks(now=clock()) == [webhook.pk]

    def test_waits_for_a_slow_receiver_no_longer_than_it_may(self, receiver, clock):
        webhook, _secret = subscribe(receiver.url)
        person()
        receiver.seconds = 1.0

        deliver_due(webhook_id=webhook.pk, clock=clock, seconds_max=0.2)

        attempt = DeliveryAttempt.objects.get()
        assert (attempt.fault, attempt.status) == ("too_slow", None)
        assert attempt.duration_ms < 900

    def test_that_died_in_the_middle_is_made_again(self, receiver, clock, monkeypatch):
        webhook, _secret = subscribe(receiver.url)
        person()

        with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
            broken.setattr("hydria.publicapi._delivering._write_down", _die)
            deliver_due(webhook_id=webhook.pk, clock=clock)
        deliver_due(webhook_id=webhook.pk, clock=clock)

        assert len({headers["webhook-id"] for headers in receiver.headers}) == 1
        assert len(receiver.messages) == 2
        assert Delivery.objects.get().state == "DELIVERED"

    def test_follows_no_redirect(self, receiver, clock):
        webhook, _secret = subscribe(receiver.url)
        person()
        receiver.statuses, receiver.location = [302], receiver.url + "/elsewhere"

        deliver_due(webhook_id=webhook.pk, clock=clock)

        assert len(receiver.messages) == 1
        assert Delivery.objects.get().answered_status == 302

    def test_goes_to_no_private_address(self, receiver, clock, settings):
        webhook, _secret = subscribe(receiver.url)
        person()
        settings.WEBHOOKS_TO_PRIVATE = False
        Webhook.objects.update(url=receiver.url.replace("http:", "https:").replace("127.0.0.1", "localhost"))

        deliver_due(webhook_id=webhook.pk, clock=clock)

        assert DeliveryAttempt.objects.get().fault == "address_private"
        assert receiver.messages == []

    def test_to_a_plain_server_under_https_fails(self, receiver):
        answer = post(receiver.url.replace("http:", "https:"), headers={}, body="{}", allows_private=True)

        assert answer.fault == "certificate_wrong"


class TestWebhook:
    def test_signs_with_both_secrets_for_a_while(self, receiver, clock):
        webhook, old = subscribe(receiver.url)
        _webhook, new = operations.rotate_webhook(
            actor=SYSTEM, webhook_id=webhook.pk, grace_hours=1, rotated_at=clock()
        )

        signed = []
        for name in ("Ana", "Luis"):
            person(name)
            deliver_due(webhook_id=webhook.pk, clock=clock)
            signed.append((receiver.is_signed_by(old), receiver.is_signed_by(new)))
            clock.move(hours=2)

        assert signed == [(True, True), (False, True)]

    def test_gets_all_again_from_a_day_on(self, receiver, clock):
        person("Before anybody listened")
        webhook, _secret = subscribe(receiver.url)
        person()
        deliver_due(webhook_id=webhook.pk, clock=clock)

        since = clock() - datetime.timedelta(days=1)
        count = operations.replay_events(actor=SYSTEM, webhook_id=webhook.pk, since=since, now=clock())
        deliver_due(webhook_id=webhook.pk, clock=clock)

        assert count == 2
        assert len(receiver.messages) == 3

    def test_that_is_dropped_is_told_nothing_more(self, receiver, clock):
        webhook, _secret = subscribe(receiver.url)
        person()

        operations.drop_webhook(actor=SYSTEM, webhook_id=webhook.pk)
        operations.drop_webhook(actor=SYSTEM, webhook_id=webhook.pk)
        deliver_due(webhook_id=webhook.pk, clock=clock)

        assert receiver.messages == []
        assert not Delivery.objects.exists()

    @pytest.mark.parametrize(
        ("url", "code"),
        [
            ("", "url_unreadable"),
            ("ftp://erp.example.org/", "url_unreadable"),
            ("https://", "url_unreadable"),
            ("https://erp.example.org:99999/", "url_unreadable"),
            ("https://erp.example.org/a b", "url_unreadable"),
            ("http://erp.example.org/", "https_missing"),
            ("https://me:secret@erp.example.org/", "url_names_user"),
        ],
    )
    def test_is_refused_for_an_address_that_is_none(self, url, code):
        with pytest.raises(operations.UnableToSaveWebhook) as refused:
            subscribe(url)

        assert refused.value.code == code

    def test_tells_nobody_what_they_may_not_see(self):
        webhook, _secret = subscribe("https://erp.example.org/", "payment.taken")
        actor = Actor(name="maria", permissions=frozenset({Permission.API_MANAGE, Permission.REGISTER_VIEW}))
        given = {"name": "mine", "url": "https://mine.example.org/"}

        refusals = []
        for act in (
            lambda: operations.create_webhook(actor=actor, kinds=["payment.taken"], **given),
            lambda: operations.change_webhook(
                actor=actor, webhook_id=webhook.pk, kinds=["party.changed"], is_active=True, **given
            ),
            lambda: operations.rotate_webhook(
                actor=actor, webhook_id=webhook.pk, grace_hours=0, rotated_at=datetime.datetime.now(datetime.UTC)
            ),
        ):
            with pytest.raises(operations.UnableToSaveWebhook) as refused:
                act()
            refusals.append(refused.value.code)

        assert refusals == ["kind_not_allowed"] * 3

    def test_keeps_its_secret_out_of_database_and_audit(self):
        _webhook, secret = subscribe("https://erp.example.org/")

        kept = [*Webhook.objects.values_list(), *AuditEntry.objects.values_list()]
        assert secret.removeprefix("whsec_") not in str(kept)
        assert AuditEntry.objects.filter(table_name="publicapi_webhook", action="INSERT").exists()


class TestForgetThePast:
    def test_forgets_events_with_their_deliveries_after_a_month(self, clock):
        subscribe("https://erp.example.org/")
        person("Long ago")
        Event.objects.update(happened_at=clock() - datetime.timedelta(days=31))
        person("Now")

        operations.forget_the_past(now=clock())

        assert Event.objects.count() == Delivery.objects.count() == 1


def _die(*_arguments: object, **_keywords: object) -> None:
    raise KeyboardInterrupt
