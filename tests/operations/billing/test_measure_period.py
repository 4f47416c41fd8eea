"""The readings of a cycle become what its period bills."""

from __future__ import annotations

import pytest

import billing_factories as given
from hydria.billing import operations
from hydria.metering.models import Consumption
from hydria.platform.access import SYSTEM, Actor, UnableToPermit

pytestmark = pytest.mark.django_db


class TestMeasurePeriod:
    def test_refuses_an_unknown_period(self):
        with pytest.raises(operations.UnableToStartRun) as refusal:
            operations.measure_period(actor=SYSTEM, period_id=404)

        assert refusal.value.code == "period_unknown"

    def test_is_for_those_who_run_billing(self):
        with pytest.raises(UnableToPermit):
            operations.measure_period(actor=Actor(name="nobody", permissions=frozenset()), period_id=1)

    def test_leaves_alone_what_is_measured(self):
        cycle = given.village()
        home = given.household()
        january = given.month(cycle)
        given.consume(home, january, 15)

        operations.measure_period(actor=SYSTEM, period_id=january.pk)
        operations.measure_period(actor=SYSTEM, period_id=january.pk)

        assert Consumption.objects.get().quantity_milli == 15_000
