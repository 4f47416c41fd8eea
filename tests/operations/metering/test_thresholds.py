"""Thresholds hold from a day on, for all or for a category, a service or a season (MET-06)."""

from __future__ import annotations

import datetime

import pytest

from hydria.metering import operations, queries
from hydria.metering.models import ThresholdRule
from hydria.metering.operations import AppliesTo, UnableToSetPolicy
from hydria.platform.access import SYSTEM
from hydria.premises.models import Category
from metering_factories import consumptions, dial, live_through, told, village

pytestmark = pytest.mark.django_db
YEAR = [20, 41, 60, 82, 101]
SIX_TIMES_AS_MUCH = [*YEAR, 225]
"""124 m3 in June, which ends on the first of July; usual are about 20."""


def day(month: int, number: int = 1) -> datetime.date:
    return datetime.date(2025, month, number)


NEW_YEAR = day(1)


class TestSetThresholds:
    @pytest.fixture(autouse=True)
    def setting(self):
        self.cycle = village()
        self.household = Category.objects.get(code="household").pk

    def set(self, *, from_date: datetime.date = NEW_YEAR, reason: str = "test", **given) -> ThresholdRule:
        thresholds = given.pop("thresholds", {"high_percent": 1000})
        return operations.set_thresholds(
            actor=SYSTEM, thresholds=thresholds, from_date=from_date, reason=reason, applies_to=AppliesTo(**given)
        )

    def state_of_june(self) -> str:
        register = dial()
        live_through(self.cycle, register, SIX_TIMES_AS_MUCH)
        return told(consumptions(register)[-1])[2]

    def test_holds_by_the_first_thresholds_until_something_is_set(self):
        assert self.state_of_june() == "HELD"

    def test_judges_all_by_the_company_s_own(self):
        self.set()

        assert self.state_of_june() == "FINAL"
        assert queries.get_policy(on_date=day(6)).high_percent == 1000

    def test_judges_a_category_by_its_own(self):
        self.set(category_id=self.household)

        assert self.state_of_june() == "FINAL"

    def test_leaves_other_categories_alone(self):
        self.set(category_id=Category.objects.create(code="shop", name="Shop").pk)

        assert self.state_of_june() == "HELD"

    @pytest.mark.parametrize(("months", "state"), [((6, 7), "FINAL"), ((7, 10), "HELD"), ((5, 6), "HELD")])
    def test_counts_a_period_to_the_season_of_its_last_day(self, months, state):
        self.set(months=months)

        assert self.state_of_june() == state

    def test_lets_the_more_particular_rule_win(self):
        self.set()
        self.set(category_id=self.household, thresholds={"high_percent": 300})

        assert self.state_of_june() == "HELD"

    def test_begins_on_its_day_and_keeps_what_held_before(self):
        self.set(from_date=day(7))
        first = self.set(from_date=day(8), thresholds={"high_percent": 200})

        assert self.state_of_june() == "HELD"
        assert [rule.valid_during.upper for rule in ThresholdRule.objects.order_by("id")] == [day(8), None]
        assert queries.get_policy(on_date=day(7, 15)).high_percent == 1000
        assert first.thresholds == {"high_percent": 200}

    def test_takes_the_last_word_of_a_day(self):
        self.set()
        self.set(thresholds={"high_percent": 200})

        assert ThresholdRule.objects.get().thresholds == {"high_percent": 200}

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({"reason": " "}, "reason_missing"),
            ({"thresholds": {"high_percent": -1}}, "threshold_unfit"),
            ({"thresholds": {"fixed_per_day_milli": 5}, "months": (1, 3)}, "threshold_unfit"),
            ({"from_date": datetime.date(2024, 12, 1)}, "date_unfit"),
            ({"months": (11, 3)}, "season_unfit"),
            ({"months": (3, 8)}, "season_unfit"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, given, code):
        self.set()
        self.set(months=(6, 10))

        with pytest.raises(UnableToSetPolicy) as refusal:
            self.set(**given)

        assert refusal.value.code == code
