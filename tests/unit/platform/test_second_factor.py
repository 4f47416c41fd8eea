"""Codes of authenticator apps and recovery codes, as RFC 6238 and the house want them."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.platform.domain.second_factor import (
    STEP_SECONDS,
    code_at,
    find_step,
    read_recovery_code,
    spell_recovery_code,
    waiting_time,
)

# RFC 6238, appendix B: the key, and the last six of the eight digits that it prints.
RFC_KEY = b"12345678901234567890"
RFC_CODES = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


def instant(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)


class TestFindStep:
    @pytest.mark.parametrize(("seconds", "code"), RFC_CODES)
    def test_accepts_the_codes_of_the_standard(self, seconds: int, code: str):
        assert find_step(key=RFC_KEY, typed=code, at=instant(seconds), last_step=0) == seconds // STEP_SECONDS

    @pytest.mark.parametrize("late_seconds", [-30, 0, 29, 30])
    def test_forgives_a_clock_that_is_half_a_minute_off(self, late_seconds: int):
        shown_at = 1_200_000_000

        step = find_step(
            key=RFC_KEY,
            typed=code_at(key=RFC_KEY, at=instant(shown_at)),
            at=instant(shown_at + late_seconds),
            last_step=0,
        )

        assert step == shown_at // STEP_SECONDS

    @pytest.mark.parametrize("late_seconds", [-90, 60, 3600])
    def test_forgives_no_more_than_that(self, late_seconds: int):
        shown_at = 1_200_000_000

        typed = code_at(key=RFC_KEY, at=instant(shown_at))

        assert find_step(key=RFC_KEY, typed=typed, at=instant(shown_at + late_seconds), last_step=0) is None

    def test_accepts_no_code_twice(self):
        at = instant(59)

        assert find_step(key=RFC_KEY, typed="287082", at=at, last_step=59 // STEP_SECONDS) is None

    @pytest.mark.parametrize("typed", ["", "28708", "2870820", "28708a", "２８７０８２", "-87082", "287 082 1"])
    def test_takes_nothing_else_for_a_code(self, typed: str):
        assert find_step(key=RFC_KEY, typed=typed, at=instant(59), last_step=0) is None

    def test_reads_a_code_with_the_gap_that_apps_show(self):
        assert find_step(key=RFC_KEY, typed=" 287 082 ", at=instant(59), last_step=0) == 1


class TestRecoveryCode:
    @given(random=st.binary(min_size=10, max_size=10))
    def test_is_read_as_it_was_spelled(self, random: bytes):
        spelled = spell_recovery_code(random)

        assert read_recovery_code(spelled) == read_recovery_code(spelled.upper().replace("-", " ")) is not None

    @pytest.mark.parametrize("typed", ["", "123456", "aaaa-bbbb-cccc", "ä" * 16])
    def test_is_not_mistaken_for_something_else(self, typed: str):
        assert read_recovery_code(typed) is None


class TestWaitingTime:
    def test_lets_a_guesser_try_a_thousandth_of_all_codes_in_a_year_at_most(self):
        waited, tries = datetime.timedelta(), 0
        while waited < datetime.timedelta(days=365):
            tries += 1
            waited += waiting_time(failure_count=tries) or datetime.timedelta()

        assert tries * 3 / 10**6 < 0.01
