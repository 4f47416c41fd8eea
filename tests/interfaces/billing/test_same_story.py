"""The desk, the API and the paper tell the same story of a line, in three languages (TAR-10)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

import billing_factories as given
from api_factories import new_key
from hydria.billing import queries
from hydria.billing.documents import invoice
from hydria.billing.documents.printing import build_cards
from hydria.billing.documents.telling import tell_line
from hydria.billing.models import Invoice, Line
from hydria.kernel.money import Currency
from hydria.platform.access import SYSTEM
from hydria.platform.documents.formats import Formats, locale_name
from hydria.platform.models import Role, User
from hydria.platform.operations import set_up_company
from hydria.tariffs.documents.explaining import Story
from hydria.tariffs.operations import publish_version

pytestmark = pytest.mark.django_db

TARIFF = """
tariff: village_water
title: {en: Water, es: Agua, el: Νερό}
currency: DOP
unit: m3
inputs:
  usage: {unit: m3}
charges:
  - charge: fixed
    shape: fixed
    amount: {2020-01-01: 100.00, 2026-01-11: 120.00}
    text: {en: Fixed charge, es: Cargo fijo, el: Πάγιο}
    source: art. 3
    ledger: revenue.fixed
  - charge: water
    shape: blocks
    blocks:
      - {from: 0, price: {2020-01-01: 10.125}}
      - {from: 10, price: {2020-01-01: 20.00}}
    text: {en: Water, es: Agua, el: Νερό}
    source: art. 4
    ledger: revenue.water
  - charge: sewer
    shape: percent
    percent: 20
    of: [water]
    at_most: 1500.00
    text: {en: Sewerage, es: Alcantarillado, el: Αποχέτευση}
    source: art. 5
    ledger: revenue.water
  - charge: vat
    shape: percent
    percent: 18
    of: [fixed, sewer]
    text: {en: VAT, es: ITBIS, el: ΦΠΑ}
    source: art. 341
    tax: vat
    ledger: tax
cases: []
"""


@pytest.fixture(params=["en", "es", "el"])
def language(request) -> str:
    return request.param


@pytest.fixture
def billed(language) -> Invoice:
    set_up_company(actor=SYSTEM, name="Aguas", currency="DOP", country="DO", language=language)
    cycle = given.village()
    publish_version(actor=SYSTEM, text=TARIFF, published_at=given.NOW)
    household = given.household()
    given.consume(household, given.month(cycle), 15)
    return given.confirmed(household.service_point.route.cycle.billing_periods.get()).invoices.get()


def stories(billed: Invoice, language: str) -> dict[int, Story]:
    formats = Formats.of(locale_name(language=language, country="DO"), Currency.of("DOP"))
    with translation.override(language):
        return {
            line.pk: tell_line(queries.get_line_explanation(actor=SYSTEM, line_id=line.pk), formats=formats)
            for line in Line.objects.filter(invoice=billed).order_by("id")
        }


def said_in(story: Story) -> list[str]:
    """Return everything that a story says, piece by piece."""
    steps = [piece for step in story.steps for piece in (step.quantity, step.price, step.since, step.amount)]
    days = [part.days for part in story.parts]
    return [piece for piece in (story.name, story.amount, *days, *steps, *story.how, story.law) if piece]


def without_blanks(text: str) -> str:
    return "".join(text.split())


class TestStory:
    def test_is_the_same_on_the_desk(self, billed, language):
        user = User.objects.create_user(username="rosa", password="x", language=language)
        user.roles.add(Role.objects.create(code="all", name="all", permissions=["billing.view"]))
        browser = Client()
        browser.force_login(user)

        for line_id, story in stories(billed, language).items():
            page = without_blanks(browser.get(reverse("invoice_line", args=[line_id])).content.decode())
            for piece in (*said_in(story), *story.rounding):
                assert without_blanks(piece) in page

    def test_is_the_same_in_the_api(self, billed, language):
        _key, token = new_key()
        client = Client(headers={"Authorization": f"Bearer {token}", "Accept-Language": language})

        for line_id, story in stories(billed, language).items():
            told = client.get(f"/api/v1/invoice-lines/{line_id}").json()["story"]
            assert (told["name"], told["amount"], told["law"]) == (story.name, story.amount, story.law)
            assert [(part["days"], len(part["steps"])) for part in told["parts"]] == [
                (part.days, len(part.steps)) for part in story.parts
            ]
            assert [tuple(step.values()) for part in told["parts"] for step in part["steps"]] == [
                (step.name, step.quantity, step.price, step.since, step.amount) for step in story.steps
            ]
            assert (tuple(told["how"]), tuple(told["rounding"])) == (story.how, story.rounding)

    def test_is_the_same_on_paper(self, billed, language):
        (card,) = build_cards(invoice_ids=[billed.pk])

        charges = invoice.build_data(card)["charges"]
        paper = without_blanks(str(charges))

        for story in stories(billed, language).values():
            is_tax = story.name in {"VAT", "ITBIS", "ΦΠΑ"}
            pieces = [story.name, story.amount, story.law] if is_tax else said_in(story)
            if len(story.steps) == 1:
                pieces = [piece for piece in pieces if piece != story.steps[0].amount]
            for piece in pieces:
                assert without_blanks(piece) in paper
            assert story.rounding[1] in charges["rounding"]

    def test_tells_a_price_that_changed_within_the_month(self, billed, language):
        fixed, *_others = stories(billed, language).values()

        prices = [step.price.replace(",", ".") for step in fixed.steps]
        assert prices == ["100.00", "120.00"]
        assert all(part.days for part in fixed.parts)
