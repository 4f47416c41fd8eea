"""
Say which thresholds hold for whom and when: a company's own, and those of a category, a service or a season (MET-06).

Rules are laid over each other, the more particular over the more general: a season over the whole year, a service over
all services, a category over all categories, in this order. Each names only what differs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hydria.metering.domain.consumption import BoolArray, Int64Array, RollOverPolicy, Whole
from hydria.metering.domain.policy import Policy, to_policy, to_thresholds

FIRST_DAY, LAST_DAY = -(10**6), 10**6
JUDGING = tuple(
    field.name
    for part in (Policy, RollOverPolicy)
    for field in dataclasses.fields(part)
    if field.name not in ("roll_over", "estimation")
)
"""Thresholds that a rule for some may set; how to estimate is the company's for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    Thresholds with whom and when they hold for; None and 0 stand for all.

    from_month, until_month  half-open, 1 to 13
    start_days, end_days     half-open, days since 1970
    """

    thresholds: Mapping[str, object]
    service_id: int = 0
    category_id: int = 0
    from_month: int = 1
    until_month: int = 13
    start_days: int = FIRST_DAY
    end_days: int = LAST_DAY

    @property
    def is_general(self) -> bool:
        """Tell whether it holds for all, the whole year."""
        return not self.rank

    @property
    def rank(self) -> int:
        """Return how particular it is."""
        is_season = (self.from_month, self.until_month) != (1, 13)
        return 4 * bool(self.category_id) + 2 * bool(self.service_id) + is_season

    def holds(self, *, service_ids: Int64Array, category_ids: Int64Array, last_days: Int64Array) -> BoolArray:
        """Mark the spans that it holds for, by their last days."""
        months = last_days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
        return np.asarray(
            (not self.service_id or service_ids == self.service_id)
            & (not self.category_id or category_ids == self.category_id)
            & (months >= self.from_month)
            & (months < self.until_month)
            & (last_days >= self.start_days)
            & (last_days < self.end_days)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """All rules of a company, past and present."""

    rules: tuple[Rule, ...] = ()

    @property
    def is_particular(self) -> bool:
        """Tell whether any rule asks for service or category."""
        return any(rule.service_id or rule.category_id for rule in self.rules)

    def general_on(self, day: int) -> Policy:
        """Return what holds for all on a day; how to estimate is taken from it."""
        general = [rule for rule in self.rules if rule.is_general and rule.start_days <= day < rule.end_days]
        return to_policy(general[0].thresholds if general else {})

    def for_spans(self, *, service_ids: Int64Array, category_ids: Int64Array, last_days: Int64Array) -> Policy:
        """
        Return the thresholds of each span.

        service_ids, category_ids  int64[n]  0 where unknown
        last_days                  int64[n]  the last day of each span; its rules are those of that day
        """
        general = self.general_on(int(last_days.max(initial=FIRST_DAY)))
        columns = {
            name: np.full(len(last_days), value) for name, value in to_thresholds(Policy()).items() if name in JUDGING
        }
        for rule in sorted(self.rules, key=lambda rule: rule.rank):
            mask = rule.holds(service_ids=service_ids, category_ids=category_ids, last_days=last_days)
            for name, value in rule.thresholds.items():
                if name in columns:
                    columns[name][mask] = value
        of_roll_over = {field.name: columns.pop(field.name) for field in dataclasses.fields(RollOverPolicy)}
        return Policy(**columns, roll_over=RollOverPolicy(**of_roll_over), estimation=general.estimation)


def of_rows(policy: RollOverPolicy, index: Int64Array) -> RollOverPolicy:
    """Return a policy of spans as one of their stretches; `index` says which span each belongs to."""

    def pick(value: Whole) -> Whole:
        return value if isinstance(value, int) else value[index]

    return RollOverPolicy(
        opening_ppm_min=pick(policy.opening_ppm_min),
        usual_percent_max=pick(policy.usual_percent_max),
        quantity_milli_min=pick(policy.quantity_milli_min),
    )
