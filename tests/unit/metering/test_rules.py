"""Rules laid over each other: the more particular over the more general, each in its days and months."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from hydria.metering.domain.consumption import RollOverPolicy
from hydria.metering.domain.policy import DEFAULT_POLICY
from hydria.metering.domain.rules import FIRST_DAY, Rule, RuleBook, of_rows

WATER, POWER, HOME, SHOP = 1, 2, 10, 20


def day(text: str) -> int:
    return (datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days


def holds(rule: Rule, *, service: int = WATER, category: int = HOME, on: str = "2026-07-15") -> bool:
    return bool(
        rule.holds(
            service_ids=np.array([service]), category_ids=np.array([category]), last_days=np.array([day(on)])
        ).tolist()[0]
    )


class TestRule:
    def test_holds_for_all_where_it_names_nobody(self):
        rule = Rule(thresholds={})

        assert rule.is_general
        assert holds(rule, service=0, category=0, on="1970-01-01")
        assert holds(rule, service=POWER, category=SHOP)

    def test_holds_for_its_service_and_its_category_only(self):
        rule = Rule(thresholds={}, service_id=WATER, category_id=HOME)

        assert [holds(rule), holds(rule, service=POWER), holds(rule, category=SHOP)] == [True, False, False]

    @pytest.mark.parametrize(
        ("on", "expected"),
        [
            ("2026-05-31", False),
            ("2026-06-01", True),
            ("2026-08-31", True),
            ("2026-09-01", False),
            ("2026-12-31", False),
        ],
    )
    def test_holds_in_its_season(self, on, expected):
        assert holds(Rule(thresholds={}, from_month=6, until_month=9), on=on) is expected

    @pytest.mark.parametrize("on", ["2026-01-31", "2025-12-31"])
    def test_reaches_january_and_december(self, on):
        assert holds(Rule(thresholds={}), on=on)
        assert holds(Rule(thresholds={}, from_month=12), on=on) is (on == "2025-12-31")
        assert holds(Rule(thresholds={}, until_month=2), on=on) is (on == "2026-01-31")

    @pytest.mark.parametrize(
        ("on", "expected"), [("2025-12-31", False), ("2026-01-01", True), ("2026-03-31", True), ("2026-04-01", False)]
    )
    def test_holds_from_its_first_day_until_before_its_last(self, on, expected):
        rule = Rule(thresholds={}, start_days=day("2026-01-01"), end_days=day("2026-04-01"))

        assert holds(rule, on=on) is expected

    def test_marks_each_span_for_itself(self):
        marked = Rule(thresholds={}, category_id=HOME).holds(
            service_ids=np.array([WATER, WATER]),
            category_ids=np.array([HOME, SHOP]),
            last_days=np.array([day("2026-01-01")] * 2),
        )

        assert marked.tolist() == [True, False]


class TestRuleBook:
    def test_lays_season_over_year_service_over_season_and_category_over_service(self):
        season = {"from_month": 6, "until_month": 9}
        rules = (
            Rule(thresholds={"high_percent": 700}, category_id=HOME, service_id=WATER),
            Rule(thresholds={"high_percent": 400}, **season),
            Rule(thresholds={"high_percent": 600}, category_id=HOME),
            Rule(thresholds={"high_percent": 310, "low_percent": 11}),
            Rule(thresholds={"high_percent": 500}, service_id=WATER),
        )
        spans = [(POWER, SHOP, "2026-01-31"), (POWER, SHOP, "2026-07-31"), (WATER, SHOP, "2026-07-31"),
                 (POWER, HOME, "2026-07-31"), (WATER, HOME, "2026-07-31")]  # fmt: skip

        policy = RuleBook(rules=rules).for_spans(
            service_ids=np.array([service for service, _, _ in spans]),
            category_ids=np.array([category for _, category, _ in spans]),
            last_days=np.array([day(last) for _, _, last in spans]),
        )

        assert policy.high_percent.tolist() == [310, 400, 500, 600, 700]
        assert policy.low_percent.tolist() == [11] * 5
        assert policy.spread_times.tolist() == [DEFAULT_POLICY.spread_times] * 5

    def test_sets_when_a_roll_over_is_believed_but_not_how_to_estimate(self):
        rules = (
            Rule(thresholds={"step_milli": 100}),
            Rule(thresholds={"opening_ppm_min": 900_000, "step_milli": 5}, service_id=WATER),
        )

        policy = RuleBook(rules=rules).for_spans(
            service_ids=np.array([WATER, POWER]), category_ids=np.array([0, 0]), last_days=np.array([1, 1])
        )

        assert policy.roll_over.opening_ppm_min.tolist() == [900_000, 950_000]
        assert policy.roll_over.usual_percent_max.tolist() == [200, 200]
        assert policy.estimation.step_milli == 100

    def test_estimates_by_the_general_rule_of_the_newest_day(self):
        rules = (
            Rule(thresholds={"step_milli": 100}, end_days=100),
            Rule(thresholds={"step_milli": 200}, start_days=100, end_days=200),
        )
        book = RuleBook(rules=rules)

        def step(*last_days: int) -> int:
            return book.for_spans(
                service_ids=np.zeros(len(last_days), dtype=np.int64),
                category_ids=np.zeros(len(last_days), dtype=np.int64),
                last_days=np.array(last_days, dtype=np.int64),
            ).estimation.step_milli

        assert [step(99), step(100), step(1, 150, 2), step(200), step()] == [100, 200, 200, 1000, 100]

    def test_has_one_general_policy_for_each_day(self):
        book = RuleBook(
            rules=(
                Rule(thresholds={"high_percent": 250}, start_days=10, end_days=20),
                Rule(thresholds={"high_percent": 999}, start_days=10, end_days=20, category_id=HOME),
            )
        )

        assert [book.general_on(on).high_percent for on in (9, 10, 19, 20)] == [300, 250, 250, 300]
        assert RuleBook().general_on(FIRST_DAY) == DEFAULT_POLICY

    def test_tells_whether_it_asks_for_service_or_category(self):
        asks = [
            RuleBook(rules=(Rule(thresholds={}, **whom),)).is_particular
            for whom in ({}, {"from_month": 6}, {"service_id": WATER}, {"category_id": HOME})
        ]

        assert asks == [False, False, True, True]


class TestOfRows:
    def test_spreads_columns_and_leaves_one_number_for_all_alone(self):
        policy = RollOverPolicy(
            opening_ppm_min=np.array([1, 2]), usual_percent_max=7, quantity_milli_min=np.array([30, 40])
        )

        spread = of_rows(policy, np.array([1, 1, 0]))

        assert spread.opening_ppm_min.tolist() == [2, 2, 1]
        assert spread.usual_percent_max == 7
        assert spread.quantity_milli_min.tolist() == [40, 40, 30]
