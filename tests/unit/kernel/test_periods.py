from __future__ import annotations

import calendar
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.kernel.periods import Period, add_months, first_of_month, month_of

days = st.dates(datetime.date(1900, 1, 1), datetime.date(2150, 12, 31))
near_days = st.dates(datetime.date(2024, 1, 1), datetime.date(2024, 12, 31))
periods = st.builds(
    lambda start, length: Period(start, start + datetime.timedelta(days=length)), near_days, st.integers(1, 40)
)


def days_of(period: Period) -> set[datetime.date]:
    return {period.start_date + datetime.timedelta(days=place) for place in range(period.days)}


class TestPeriod:
    @pytest.mark.parametrize("length_days", [0, -1])
    def test_refuses_to_end_where_or_before_it_starts(self, length_days: int) -> None:
        start = datetime.date(2026, 3, 1)

        with pytest.raises(ValueError, match=r"^a period ends after it starts: 2026-03-01 \.\. 2026-0"):
            Period(start, start + datetime.timedelta(days=length_days))

    @given(period=periods, day=near_days)
    def test_contains_its_days_and_no_other(self, period: Period, day: datetime.date) -> None:
        assert period.contains(day) == (day in days_of(period))

    def test_contains_its_first_day_and_not_its_end(self) -> None:
        march = month_of(datetime.date(2026, 3, 15))

        assert march.contains(datetime.date(2026, 3, 1))
        assert not march.contains(datetime.date(2026, 4, 1))

    def test_counts_the_29th_of_february(self) -> None:
        assert [month_of(datetime.date(year, 2, 1)).days for year in (1900, 2000, 2023, 2024)] == [28, 29, 28, 29]


class TestAddMonths:
    @given(day=days, months=st.integers(-600, 600))
    def test_moves_the_month_and_keeps_the_day_as_far_as_it_exists(self, day: datetime.date, months: int) -> None:
        moved = add_months(day, months)

        assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
        assert moved.day == min(day.day, calendar.monthrange(moved.year, moved.month)[1])

    def test_reaches_the_ends_of_the_calendar(self) -> None:
        assert add_months(datetime.date(9999, 11, 30), 1) == datetime.date(9999, 12, 30)
        assert add_months(datetime.date(1, 2, 28), -1) == datetime.date(1, 1, 28)


class TestMonthOf:
    @given(day=days)
    def test_is_one_of_those_that_follow_one_another(self, day: datetime.date) -> None:
        month = month_of(day)

        assert month.contains(day)
        assert month.start_date == first_of_month(day) == day.replace(day=1)
        assert month_of(month.end_date).start_date == month.end_date
        assert {each.month for each in days_of(month)} == {day.month}
