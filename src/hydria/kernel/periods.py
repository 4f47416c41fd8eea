"""Half-open ranges of days, `[start, end)`: the only way Hydria says "from" and "until"."""

from __future__ import annotations

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

    def overlap_days(self, other: Period) -> int:
        """Count the days that both periods hold."""
        start, end = max(self.start_date, other.start_date), min(self.end_date, other.end_date)
        return max((end - start).days, 0)


def first_of_month(day: datetime.date) -> datetime.date:
    """Return the first day of the day's month."""
    return day.replace(day=1)


def add_months(day: datetime.date, months: int) -> datetime.date:
    """
    Move a day by whole months; a day that the month lacks becomes its last.

    >>> add_months(datetime.date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    """
    month_index = day.year * 12 + day.month - 1 + months
    year, month = divmod(month_index, 12)
    next_first = datetime.date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last_day = (next_first - datetime.timedelta(days=1)).day
    return datetime.date(year, month + 1, min(day.day, last_day))


def month_of(day: datetime.date) -> Period:
    """
    Return the calendar month that holds the day.

    >>> month_of(datetime.date(2024, 2, 10)).days
    29
    """
    start = first_of_month(day)
    return Period(start, add_months(start, 1))
