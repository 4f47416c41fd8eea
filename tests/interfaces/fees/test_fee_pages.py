from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import billing_factories as village
import fee_factories as given
from desk_factories import at_the_desk as first_at_the_desk
from hydria.billing.models import Invoice
from hydria.fees.models import Fee, Quotation
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


def quoted_at_the_desk(agreement, code: str = "connection", **typed: str) -> Quotation:
    client = at_the_desk("agent")
    address = reverse("quotation_new", args=[agreement.account_id, code])
    answer = client.post(address, {"key": f"k-{code}", "note": "House 7", "input_vat_free": "false", **typed})
    assert answer.status_code == 302, answer.content.decode()
    return Quotation.objects.get(key=f"k-{code}")


class TestQuote:
    def test_asks_what_the_price_depends_on(self):
        agreement = given.household_with_prices()

        page = at_the_desk("agent").get(reverse("quotation_new", args=[agreement.account_id, "trench"]))

        assert b"Length of the trench" in page.content
        assert b"vat_free" in page.content

    def test_shows_what_it_costs_and_prints_it(self):
        agreement = given.household_with_prices()

        quotation = quoted_at_the_desk(agreement, "trench", input_usage="7.25")
        client = at_the_desk("cashier")
        page = client.get(reverse("quotation", args=[quotation.pk]))

        assert quotation.quantity_milli == 7_250
        assert "1,159.63" in page.content.decode()
        assert client.get(reverse("quotation_pdf", args=[quotation.pk])).content.startswith(b"%PDF")

    def test_says_beside_the_form_why_it_cannot(self):
        agreement = given.household_with_prices()

        answer = at_the_desk("agent").post(
            reverse("quotation_new", args=[agreement.account_id, "trench"]),
            {"key": "k", "input_usage": "no", "input_vat_free": "false"},
        )

        assert answer.status_code == 422
        assert not Quotation.objects.exists()


class TestAccept:
    def test_issues_the_invoice_and_goes_there(self):
        quotation = quoted_at_the_desk(given.household_with_prices())

        answer = at_the_desk("agent").post(
            reverse("quotation_accept", args=[quotation.pk]), {"mode": "AT_ONCE", "instalment_count": "1"}
        )

        invoice = Invoice.objects.get()
        assert answer.headers["Location"] == reverse("invoice", args=[invoice.pk])
        page = at_the_desk("agent").get(answer.headers["Location"])
        assert quotation.code in page.content.decode()
        account = at_the_desk("agent").get(reverse("account", args=[invoice.account_id]))
        assert "Fees outside a period of supply." in account.content.decode()

    def test_takes_parts_and_lists_them(self):
        quotation = quoted_at_the_desk(given.household_with_prices())

        at_the_desk("agent").post(
            reverse("quotation_accept", args=[quotation.pk]), {"mode": "NEXT_INVOICE", "instalment_count": "6"}
        )

        page = at_the_desk("agent").get(reverse("quotation", args=[quotation.pk])).content.decode()
        assert page.count("The next one") == 6


class TestCancel:
    def test_asks_an_agent_for_the_right_to_take_an_invoice_back(self):
        agreement = given.household_with_prices()
        quotation = given.quoted(agreement, quoted_date=timezone.localdate())
        given.accepted(quotation, accepted_date=timezone.localdate())
        address = reverse("quotation_cancel", args=[quotation.pk])

        refused = at_the_desk("agent").post(address, {"reason": "Mistake"})
        done = at_the_desk("billing_manager").post(address, {"reason": "Mistake"})

        assert refused.status_code == 422
        assert done.status_code == 302
        page = at_the_desk("agent").get(reverse("quotation", args=[quotation.pk])).content.decode()
        assert "NC-00000001" in page


class TestFees:
    def test_are_listed_and_changed(self):
        given.household_with_prices()
        client = at_the_desk("billing_manager")
        typed = {
            "code": "certificate",
            "name": "Certificate of no debt",
            "tariff_code": "fees",
            "valid_days": "15",
            "due_days": "0",
            "instalments_max": "1",
            "is_active": "on",
        }

        answer = client.post(reverse("fee", args=["certificate"]), typed)

        assert answer.status_code == 302
        assert Fee.objects.get(code="certificate").valid_days == 15
        assert b"Certificate of no debt" in client.get(reverse("fees")).content
        assert client.get(reverse("quotations")).status_code == 200
        assert client.get(reverse("fee", args=["nothing"])).status_code == 404
        assert village.household() is not None
