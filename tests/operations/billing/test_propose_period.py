"""The period that comes next is proposed by the last one."""

from __future__ import annotations

import datetime

import pytest

import billing_factories as given
from hydria.billing import queries
from hydria.platform.access import SYSTEM

pytestmark = pytest.mark.django_db


class TestProposePeriod:
    def test_goes_on_where_the_last_one_ends(self):
        cycle = given.village()
        given.month(cycle, 1)
        last = given.month(cycle, 2)

        proposed = queries.propose_period(actor=SYSTEM)

        assert proposed is not None
        assert (proposed.cycle_id, proposed.start_date, proposed.end_date) == (
            cycle.pk,
            last.end_date,
            datetime.date(2026, 4, 1),
        )
        assert proposed.issue_date == datetime.date(2026, 4, 3)
        assert proposed.due_date == datetime.date(2026, 4, 23)

    def test_proposes_nothing_before_the_first_one(self):
        given.village()

        assert queries.propose_period(actor=SYSTEM) is None
