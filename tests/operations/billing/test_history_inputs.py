"""Tariffs that look back are given what each customer used before."""

from __future__ import annotations

import datetime

import pytest

import billing_factories as given
from hydria.agreements.operations import change_terms
from hydria.billing.models import Line, RunException, Segment
from hydria.platform.access import SYSTEM
from hydria.tariffs.operations import publish_version

pytestmark = pytest.mark.django_db

SEWER = """
tariff: village_water
title: {en: Water of the village, with sewerage by the winter}
currency: DOP
unit: m3
source: invented
inputs:
  usage: {unit: m3}
  month: {}
  winter: {unit: m3, history: "average of months 12, 1, 2"}
charges:
  - charge: water
    shape: uniform
    price: 10.00
    ledger: revenue.water
  - charge: sewer
    shape: uniform
    quantity: min(usage, winter)
    price: 5.00
    only_if: month in [6, 7, 8]
    ledger: revenue.water
cases:
  - case: Summer, 30 m3
    inputs: {usage: 30, month: 7, winter: 12}
    lines: {water: 300.00, sewer: 60.00}
    total: 360.00
"""


def sewer_of(agreement_id: int) -> int:
    return Line.objects.get(segment__agreement_id=agreement_id, charge__label="sewer").amount_minor


@pytest.fixture
def july():
    cycle = given.village()
    publish_version(actor=SYSTEM, text=SEWER, published_at=given.NOW)
    return given.month(cycle, 7)


class TestHistoryInputs:
    def test_bill_by_the_winter_that_the_customer_used(self, july):
        old = given.household()
        for month, quantity_m3 in ((1, 10), (2, 15), (6, 40)):
            given.consume(old, given.month(july.cycle, month), quantity_m3)
        given.consume(old, july, 30)

        given.drafted(july)

        assert sewer_of(old.pk) == 12_500 // 2
        assert Segment.objects.get(agreement=old).inputs == {"month": 7, "winter": "12.5"}

    def test_prefer_the_number_in_the_terms(self, july):
        moved = given.household()
        given.consume(moved, given.month(july.cycle, 1), 10)
        given.consume(moved, july, 30)
        change_terms(
            actor=SYSTEM,
            agreement_id=moved.pk,
            from_date=datetime.date(2026, 6, 1),
            tariff_code="village_water",
            category_code="household",
            inputs={"winter": "20"},
            reason="Carried over",
        )

        given.drafted(july)

        assert sewer_of(moved.pk) == 10_000

    def test_park_a_new_customer_where_the_tariff_has_no_default(self, july):
        new = given.household()
        given.consume(new, july, 30)

        given.drafted(july)

        parked = RunException.objects.get(agreement=new)
        assert (parked.code, parked.data["fault"]) == ("input_missing", "missing_input")
