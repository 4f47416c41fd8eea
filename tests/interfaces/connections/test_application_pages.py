from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

import fee_factories as fees
from desk_factories import at_the_desk as first_at_the_desk
from hydria.agreements.models import ServiceAgreement
from hydria.connections import operations
from hydria.connections.domain.steps import Step
from hydria.connections.models import Application
from hydria.customers import operations as customers
from hydria.customers.domain.procedures import Procedure
from hydria.platform.access import SYSTEM
from hydria.platform.models import User

pytestmark = pytest.mark.django_db


def at_the_desk(role: str) -> Client:
    """Log a person of this role in, who may have been made before."""
    known = User.objects.filter(username=role).first()
    if known is None:
        return first_at_the_desk(role)
    client = Client()
    client.force_login(known, backend="django.contrib.auth.backends.ModelBackend")
    return client


PERSON = {"kind": "PERSON", "name": "Luisa Mejía", "identifier_kind": "NATIONAL", "identifier_country": "DO"}


def company() -> None:
    fees.household_with_prices()
    customers.save_document_type(actor=SYSTEM, code="deed", name="Title deed", procedures=[Procedure.CONNECTION])
    operations.save_step(actor=SYSTEM, step=Step.FEES, days_allowed=15, is_used=True, fee_codes=["certificate"])


def applied() -> int:
    typed = {
        **PERSON,
        "key": "k1",
        "address": "Calle Nueva 1",
        "service_code": "WATER",
        "category_code": "household",
        "unit_count": "1",
    }
    answer = at_the_desk("agent").post(reverse("application_new"), typed)
    assert answer.status_code == 302, answer.content.decode()
    return Application.objects.get().pk


def do(act: str, application_id: int, **typed: str):
    return at_the_desk("agent").post(reverse(act, args=[application_id]), typed)


class TestRoad:
    def test_is_walked_at_the_desk_from_application_to_customer(self):
        company()
        application_id = applied()
        page = reverse("application", args=[application_id])

        assert b"Check the documents" in at_the_desk("agent").get(page).content
        do("application_documents", application_id, documents="deed")
        do("application_feasibility", application_id, feasibility="Main in front")
        waiting = do("application_fees", application_id)
        assert waiting.status_code == 422
        operations.billing.cancel_quotation(
            actor=SYSTEM,
            quotation_id=Application.objects.get().account.quotations.get().pk,
            reason="Not for him",
            cancelled_at=fees.NOW,
            cancelled_date=fees.TODAY,
        )
        do("application_fees", application_id)
        connect = {
            "key": "c1",
            "address": "Calle Nueva 1",
            "service_code": "WATER",
            "route_code": "R1",
            "category_code": "household",
            "tariff_code": "village_water",
            "unit_count": "1",
            "is_disconnectable": "yes",
            "digits": "5",
            "initial_milli": "0",
            "delivery_mode": "PAPER",
            "start_date": "2026-02-01",
            **PERSON,
        }
        preview = do("application_connect", application_id, **connect)
        assert b"Luisa" in preview.content
        assert not ServiceAgreement.objects.filter(application__isnull=False).exists()
        done = do("application_connect", application_id, step="do", **connect)

        application = Application.objects.get()
        assert application.step == Step.CONNECTED
        assert done.headers["Location"] == reverse("account", args=[application.account_id])
        assert application.code in at_the_desk("agent").get(done.headers["Location"]).content.decode()
        assert b"Connected" in at_the_desk("agent").get(page).content

    def test_can_end_with_a_reason(self):
        company()
        application_id = applied()

        assert do("application_refuse", application_id, reason="").status_code == 422
        assert do("application_refuse", application_id, reason="No main").status_code == 302
        assert b"No main" in at_the_desk("agent").get(reverse("application", args=[application_id])).content


class TestBoard:
    def test_counts_by_step_and_filters(self):
        company()
        applied()
        client = at_the_desk("agent")

        everything = client.get(reverse("applications")).content.decode()
        fees_only = client.get(reverse("applications") + "?step=FEES").content.decode()

        assert "S-00000001" in everything
        assert "S-00000001" not in fees_only


class TestSteps:
    def test_are_set_by_the_administrator(self):
        company()
        client = at_the_desk("administrator")

        answer = client.post(reverse("application_step", args=["FEASIBILITY"]), {"days_allowed": "4"})

        assert answer.status_code == 302
        assert client.get(reverse("application_steps")).status_code == 200
        assert client.get(reverse("application_step", args=["CONNECTED"])).status_code == 404
        assert client.get(reverse("application_step", args=["FEES"])).status_code == 200
