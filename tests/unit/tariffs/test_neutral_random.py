"""Whatever the neutral form can say, its converted tariff bills the same, line by line, as the form's own meaning."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import neutral_reference as neutral
from hydria.tariffs.domain.cases import Bill, bills_of
from hydria.tariffs.domain.compile import compile_tariff
from hydria.tariffs.domain.conversion import convert_text
from hydria.tariffs.domain.formatting import write_plain
from hydria.tariffs.domain.rating import rate


class TestConversion:
    @settings(max_examples=60, deadline=None)
    @given(plain=neutral.tariffs(), rows=st.lists(neutral.accounts, min_size=1, max_size=4))
    def test_keeps_the_meaning_of_random_tariffs(self, plain: dict[str, Any], rows: list[dict[str, str]]) -> None:
        text, problems = convert_text(write_plain(plain), name="random")
        assert problems == []
        assert text is not None
        tariff = compile_tariff(text, name="random")

        bills = bills_of(rate(tariff, inputs={name: [row[name] for row in rows] for name in rows[0]}))

        for row, bill in zip(rows, bills, strict=True):
            try:
                lines, total = neutral.bill(plain, row)
            except neutral.NoBillError:
                continue  # a table or division that no charge needs stops this reading, and not the product
            assert isinstance(bill, Bill), (row, bill)
            assert {label: amount for label, amount in bill.lines.items() if amount} == {
                label: amount for label, amount in lines.items() if amount
            }
            assert Fraction(bill.total) == total
