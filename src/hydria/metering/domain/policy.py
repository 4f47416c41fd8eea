"""The thresholds by which a company validates and estimates: one frozen value, kept as plain numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from hydria.metering.domain.consumption import DEFAULT_ROLL_OVER, RollOverPolicy, Whole
from hydria.metering.domain.estimation import DEFAULT_ESTIMATION, EstimationPolicy, Method


class PolicyUnfit(ValueError):
    """A threshold has an unknown name or a value that makes no sense; `args` holds the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    The thresholds that spans are judged by: one number for all of them, or int64[n] with one for each.

    high_percent          above this much of the usual quantity a consumption is high
    spread_times          ... if it is also this many times the usual spread away from the usual quantity
    high_milli_min        ... but never below this quantity
    low_percent           below this much of the usual quantity it is low, with the same regard to the spread
    peers_percent         above this much of what peers use, a point without enough history is held
    peers_low_percent     ... and below this much it is marked
    zero_periods_max      zeros in a row after which the meter counts as stopped
    estimates_max         estimates in a row after which the next one is escalated
    history_periods_min   measured periods that a judgement against history needs
    roll_over             when a drop of a dial is believed to be a roll-over
    estimation            how what was not read is estimated
    """

    high_percent: Whole = 300
    spread_times: Whole = 5
    high_milli_min: Whole = 30_000
    low_percent: Whole = 20
    peers_percent: Whole = 500
    peers_low_percent: Whole = 5
    zero_periods_max: Whole = 3
    estimates_max: Whole = 3
    history_periods_min: Whole = 3
    roll_over: RollOverPolicy = DEFAULT_ROLL_OVER
    estimation: EstimationPolicy = DEFAULT_ESTIMATION


DEFAULT_POLICY = Policy()


_PARTS = {"roll_over": RollOverPolicy, "estimation": EstimationPolicy}


def to_thresholds(policy: Policy) -> dict[str, object]:
    """
    Spell a policy as plain names and numbers.

    >>> to_thresholds(Policy(high_percent=250))["high_percent"]
    250
    """
    plain: dict[str, object] = {}
    for part in (policy, policy.roll_over, policy.estimation):
        plain |= {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
    methods = [str(method) for method in policy.estimation.methods]
    return {name: value for name, value in plain.items() if name not in _PARTS} | {"methods": methods}


def to_policy(thresholds: Mapping[str, object]) -> Policy:
    """
    Read a policy from plain names and numbers; what is not named keeps the value a new company starts with.

    >>> to_policy({"low_percent": 10, "own_periods_max": 3}).estimation.own_periods_max
    3

    :raises PolicyUnfit: if a name is unknown, a number is negative, or a method is unknown or named twice.
    """
    known = to_thresholds(DEFAULT_POLICY)
    for name, value in thresholds.items():
        if name not in known or not _is_fit(name, value):
            raise PolicyUnfit(name)
    given: dict[str, object] = {**known, **thresholds}
    methods = given["methods"]
    assert isinstance(methods, list)
    given["methods"] = tuple(Method(method) for method in methods)
    parts = {
        name: part(**{field.name: given.pop(field.name) for field in dataclasses.fields(part)})
        for name, part in _PARTS.items()
    }
    return Policy(**parts, **given)  # type: ignore[arg-type]  # every value has been looked at by _is_fit


def _is_fit(name: str, value: object) -> bool:
    if name == "methods":
        return isinstance(value, list) and len(set(value)) == len(value) and set(value) <= set(Method)
    # Steps and counts of nothing would divide by zero or judge everybody by no history at all.
    smallest = 1 if name in ("step_milli", "history_periods_min", "own_periods_max", "zero_periods_max") else 0
    return isinstance(value, int) and not isinstance(value, bool) and value >= smallest
