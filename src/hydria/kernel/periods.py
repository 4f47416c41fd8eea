"""Half-open ranges of days, `[start, end)`: the only way Hydria says "from" and "until"."""

from __future__ import annotations

import calendar
import datetime
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """
    Hold the days from `start_date` up to, and without, `end_date`.

    >>> january = Period(datetime.date(2026, 1, 1), datetime.date(2026, 2, 1))
    >>> january.days, january.contains(datetime.date(2026, 2, 1))
    (31, False)
    """

    start_date: datetime.date
    end_date: datetime.date

    def __post_init__(self) -> None:
        if self.end_date <= self.start_date:
            raise ValueError(f"a period ends after it starts: {self.start_date} .. {self.end_date}")

    @property
    def days(self) -> int:
        """Count the days inside."""
        return (self.end_date - self.start_date).days

    def contains(self, day: datetime.date) -> bool:
        """Tell whether the day is inside."""
        return self.start_date <= day < self.end_date


def first_of_month(day: datetime.date) -> datetime.date:
    """Return the first day of the day's month."""
    return day.replace(day=1)


def add_months(day: datetime.date, months: int) -> datetime.date:
    """
    Move a day by whole months; a day that the month lacks becomes its last.

    >>> add_months(datetime.date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    """
    year, month_index = divmod(day.year * 12 + day.month - 1 + months, 12)
    _, last_day = calendar.monthrange(year, month_index + 1)
    return datetime.date(year, month_index + 1, min(day.day, last_day))


def month_of(day: datetime.date) -> Period:
    """
    Return the calendar month that holds the day.

    >>> month_of(datetime.date(2024, 2, 10)).days
    29
    """
    start = first_of_month(day)
    return Period(start, add_months(start, 1))
