"""Kinds of own fields, and whether a value fits a field."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

MICRO = 1_000_000
NUMBER_MICRO_MAX = 10**18
TEXT_MAX = 500
Value = str | int | datetime.date | bool | tuple[str, ...]
"""A text or the code of an option, a number in millionths, a day, yes or no, or codes of options."""


class OwnKind(StrEnum):
    """What an own field holds."""

    TEXT = "TEXT"
    WHOLE = "WHOLE"
    DECIMAL = "DECIMAL"
    DATE = "DATE"
    YES_NO = "YES_NO"
    CHOICE = "CHOICE"
    MULTIPLE = "MULTIPLE"


NUMBERS = frozenset({OwnKind.WHOLE, OwnKind.DECIMAL})
LISTS = frozenset({OwnKind.CHOICE, OwnKind.MULTIPLE})


class Subject(StrEnum):
    """What own fields are added to."""

    ACCOUNT = "account"
    PARTY = "party"
    PREMISE = "premise"
    SERVICE_POINT = "service_point"
    METER = "meter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a value of a field has to be; bounds of numbers are in millionths."""

    kind: OwnKind
    options: Collection[str] = ()
    pattern: str = ""
    low_micro: int | None = None
    high_micro: int | None = None


def find_fault(value: Value, rule: Rule) -> str:
    """
    Return the code of what is wrong with a value, or "".

    >>> find_fault(5 * MICRO, Rule(kind=OwnKind.WHOLE, high_micro=4 * MICRO))
    'above_most'
    """
    if rule.kind in NUMBERS:
        assert isinstance(value, int)
        if rule.kind is OwnKind.WHOLE and value % MICRO:
            return "not_whole"
        if abs(value) > NUMBER_MICRO_MAX:
            return "above_most"
        if rule.low_micro is not None and value < rule.low_micro:
            return "below_least"
        return "above_most" if rule.high_micro is not None and value > rule.high_micro else ""
    if rule.kind is OwnKind.TEXT:
        assert isinstance(value, str)
        if len(value) > TEXT_MAX:
            return "too_long"
        return "" if not rule.pattern or re.fullmatch(rule.pattern, value) else "pattern_missed"
    if rule.kind in LISTS:
        chosen = {value} if isinstance(value, str) else set(value) if isinstance(value, tuple) else set()
        return "" if chosen and chosen <= set(rule.options) else "option_unknown"
    return ""
