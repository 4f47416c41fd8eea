"""A house changes hands in mid-month: each customer pays for what went through the meter in their days."""

from __future__ import annotations

import datetime

import pytest

import billing_factories as given
from hydria.agreements.models import ServiceAgreement
from hydria.billing.models import Segment
from hydria.customers.operations import Checked, NewCustomer, move_customer
from hydria.metering.models import Register
from hydria.metering.operations import NewReadings, ReadingSource, compute_consumption, record_readings
from hydria.parties.operations import PartyKind
from hydria.platform.access import SYSTEM

pytestmark = pytest.mark.django_db

JANUARY, MOVED, FEBRUARY = datetime.date(2026, 1, 1), datetime.date(2026, 1, 11), datetime.date(2026, 2, 1)


def test_each_customer_is_billed_for_their_own_days_and_water() -> None:
    cycle = given.village()
    old = given.household(start_date=JANUARY)
    dial = Register.objects.create(meter=old.service_point.installations.get().meter)

    new_id = move_customer(
        actor=SYSTEM,
        key="move",
        agreement_id=old.pk,
        customer=NewCustomer(kind=PartyKind.PERSON, name="Juan Mora"),
        from_date=MOVED,
        shown_milli={dial.pk: 8_000},
        reason="Sold the house",
        checked=Checked(),
        today=MOVED,
    )
    walk = NewReadings(
        register_ids=[dial.pk],
        read_dates=[FEBRUARY],
        values_milli=[20_000],
        observations=[""],
        source=ReadingSource.DESK,
    )
    record_readings(actor=SYSTEM, readings=walk, today=FEBRUARY)
    compute_consumption(actor=SYSTEM, cycle_id=cycle.pk, until_date=FEBRUARY)
    given.confirmed(given.month(cycle))

    new = ServiceAgreement.objects.get(pk=new_id)
    billed = Segment.objects.order_by("start_date").values_list("agreement_id", "start_date", "quantity_milli")
    assert list(billed) == [(old.pk, JANUARY, 8_000), (new.pk, MOVED, 12_000)]
    assert new.account_id != old.account_id
