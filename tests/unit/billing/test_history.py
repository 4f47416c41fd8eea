"""What agreements used before: each for itself, by the month of the last day, and never the days being billed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.billing.domain.history import PastUse, count_history
from hydria.tariffs.domain.history import History, read_history

AVERAGE, LAST_YEAR, SINCE = "average of months 12, 1, 2", "same month last year", "since month 7"
MARCH = ("2026-03-01", "2026-04-01")


def history_of(text: str) -> History:
    history = read_history(text)
    assert history is not None
    return history


def days(texts: list[str]) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def counted(
    text: str, past: list[tuple[int, str, str, int]], *, billed: list[tuple[str, str]]
) -> list[tuple[int, bool]]:
    """Count (row, start, end, quantity) of the past for the billed days of each row."""
    quantities, known = count_history(
        history_of(text),
        PastUse(
            rows=np.array([row for row, _, _, _ in past], dtype=np.int64),
            starts=days([start for _, start, _, _ in past]),
            ends=days([end for _, _, end, _ in past]),
            quantity_milli=np.array([quantity for _, _, _, quantity in past], dtype=np.int64),
        ),
        starts=days([start for start, _ in billed]),
        ends=days([end for _, end in billed]),
    )
    return list(zip(quantities.tolist(), known.tolist(), strict=True))


class TestCountHistory:
    @pytest.mark.parametrize(
        ("text", "start", "end", "is_counted"),
        [
            # the twelve months before March 2026, by the last day
            (AVERAGE, "2025-02-01", "2025-03-01", False),
            (AVERAGE, "2025-02-02", "2025-03-02", False),
            ("average of months 3", "2025-02-02", "2025-03-02", True),
            ("average of months 3", "2026-02-02", "2026-03-02", False),
            (AVERAGE, "2025-11-02", "2025-12-02", True),
            (AVERAGE, "2025-11-01", "2025-12-01", False),
            (AVERAGE, "2026-02-01", "2026-03-01", True),
            (LAST_YEAR, "2025-02-02", "2025-03-02", True),
            (LAST_YEAR, "2025-02-01", "2025-03-01", False),
            (LAST_YEAR, "2025-03-02", "2025-04-01", True),
            (LAST_YEAR, "2025-03-02", "2025-04-02", False),
            (LAST_YEAR, "2024-03-01", "2024-04-01", False),
            # the year that began last July
            (SINCE, "2025-07-01", "2025-08-01", True),
            (SINCE, "2025-06-30", "2025-07-30", False),
            (SINCE, "2026-02-01", "2026-03-01", True),
            (SINCE, "2026-02-02", "2026-03-02", False),
            ("since month 3", "2026-02-01", "2026-03-01", False),
            ("since month 2", "2026-02-01", "2026-03-01", True),
            ("since month 4", "2025-04-01", "2025-05-01", True),
            ("since month 4", "2025-03-31", "2025-04-30", False),
        ],
    )
    def test_counts_what_belongs_to_its_months(self, text, start, end, is_counted):
        [(quantity_milli, is_known)] = counted(text, [(0, start, end, 5)], billed=[MARCH])

        assert quantity_milli == 5 * is_counted
        assert is_known == (is_counted or text.startswith("since"))

    def test_goes_by_the_month_of_the_last_day_that_is_billed_and_of_the_first_for_the_rest(self):
        across = [("2026-02-20", "2026-03-20")]
        past = [
            (0, "2025-02-20", "2025-03-20", 7),
            (0, "2025-01-20", "2025-02-20", 9),
            (0, "2026-01-20", "2026-02-20", 4),
        ]

        assert counted(LAST_YEAR, past, billed=across) == [(7, True)]
        assert counted("average of months 2", past, billed=across) == [(7, True)]
        assert counted("since month 2", past, billed=across) == [(0, True)]
        assert counted("since month 1", past, billed=across) == [(4, True)]

    def test_sums_the_periods_of_one_month_and_rounds_an_average_half_up(self):
        past = [(0, "2025-12-01", "2025-12-16", 10), (0, "2025-12-16", "2026-01-01", 5)]

        assert counted(AVERAGE, past, billed=[MARCH]) == [(8, True)]
        assert counted("same month last year", [(0, "2025-03-01", "2025-03-10", 1), (0, "2025-03-10", "2025-03-20", 2)],
                       billed=[MARCH]) == [(3, True)]  # fmt: skip

    def test_gives_each_agreement_its_own(self):
        past = [
            (2, "2026-01-01", "2026-02-01", 8),
            (0, "2026-01-01", "2026-02-01", 6),
            (2, "2025-12-01", "2026-01-01", 2),
        ]
        billed = [MARCH, MARCH, ("2026-01-15", "2026-02-15")]

        assert counted(AVERAGE, past, billed=billed) == [(6, True), (0, False), (2, True)]

    @given(
        text=st.sampled_from([AVERAGE, LAST_YEAR, SINCE]),
        lengths=st.lists(st.integers(1, 60), min_size=1, max_size=30),
        last=st.integers(0, 40),
    )
    def test_never_counts_more_than_what_was_used_before(self, text, lengths, last):
        ends = np.datetime64("2026-03-01") + last - np.cumsum([0, *lengths[:-1]])
        past = [(0, str(end - length), str(end), 10) for end, length in zip(ends, lengths, strict=True)]

        [(quantity_milli, _)] = counted(text, past, billed=[MARCH])

        before = sum(10 for _, _, end, _ in past if end <= MARCH[0])
        assert 0 <= quantity_milli <= before
