"""The tables of docs/algorithms/history.md, read from the page and executed."""

from __future__ import annotations

import numpy as np
import pytest

from docs_tables import read_tables
from hydria.billing.domain.history import PastUse, count_history
from hydria.tariffs.domain.history import read_history

PAST, COUNTED = read_tables("algorithms/history.md")


class TestCountHistory:
    @pytest.mark.parametrize("row", COUNTED, ids=[row["history"] for row in COUNTED])
    def test_counts_as_the_page_says(self, row):
        history = read_history(row["history"])
        assert history is not None

        counted_milli, is_known = count_history(
            history,
            PastUse(
                rows=np.zeros(len(PAST), dtype=np.int64),
                starts=np.array([past["from"] for past in PAST], dtype="datetime64[D]"),
                ends=np.array([past["until"] for past in PAST], dtype="datetime64[D]"),
                quantity_milli=np.array([int(past["m³"]) * 1000 for past in PAST]),
            ),
            starts=np.array(["2026-03-01"], dtype="datetime64[D]"),
            ends=np.array(["2026-04-01"], dtype="datetime64[D]"),
        )

        shown = f"{counted_milli[0] / 1000:.3f}".rstrip("0").rstrip(".") if is_known[0] else "-"
        assert shown == row["counted"]
