"""
Read what an input counts of an account's own past use: `average of months 12, 1, 2`, `same month last year`, `since month 7`.

The tariff says what to count; billing counts it from the final consumptions of the agreement (docs/algorithms/history.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_TEXT = re.compile(
    r"average of months? (?P<average>\d{1,2}(?:, ?\d{1,2})*)|(?P<last_year>same month last year)|since month (?P<since>\d{1,2})"
)


class Count(Enum):
    """What is counted."""

    AVERAGE = "average"
    LAST_YEAR = "last_year"
    SINCE = "since"


@dataclass(frozen=True, slots=True)
class History:
    """
    Say which past periods count, by the month of their last day.

    months  1 to 12: those of the average, or the one in which a running total starts; none for the same month
    """

    count: Count
    months: tuple[int, ...]
    text: str


def read_history(text: str) -> History | None:
    """
    Read the text of `history:`, or return None if it is not one.

    >>> read_history("average of months 12, 1, 2")
    History(count=<Count.AVERAGE: 'average'>, months=(12, 1, 2), text='average of months 12, 1, 2')
    >>> read_history("since month 13") is None
    True
    """
    found = _TEXT.fullmatch(text.strip())
    if found is None or found.lastgroup is None:
        return None
    count = Count(found.lastgroup)
    months = tuple(int(month) for month in re.findall(r"\d+", text))
    return History(count, months, text.strip()) if all(1 <= month <= 12 for month in months) else None
