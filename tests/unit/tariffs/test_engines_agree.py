"""The vector engine and the second engine agree on random tariffs, inputs and periods; a batch equals its rows."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hydria.tariffs.domain import oracle
from hydria.tariffs.domain.cases import Bill, bills_of
from hydria.tariffs.domain.compile import CompiledTariff, compile_tariff
from hydria.tariffs.domain.evaluation import Fault
from hydria.tariffs.domain.formatting import write_plain
from hydria.tariffs.domain.rating import rate
from tariff_factories import accounts, tariffs

starts = st.dates(datetime.date(2024, 12, 1), datetime.date(2026, 2, 1))
lengths = st.sampled_from([0, 1, 30, 31, 61, 400])


def bills(tariff: CompiledTariff, rows: list[dict[str, Any]], periods: list[Any] | None) -> list[Bill | Fault]:
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    if periods is None:
        return bills_of(rate(tariff, inputs=columns))
    starts_, ends = zip(*periods, strict=True)
    return bills_of(rate(tariff, inputs=columns, period_start=list(starts_), period_end=list(ends)))


def second(tariff: CompiledTariff, row: dict[str, Any], period: Any) -> Bill | None:
    start, end = period or (None, None)
    try:
        found = oracle.bill(tariff.plain, row, start=start, end=end)
    except oracle.CannotPrice:
        return None
    return Bill(lines=found.lines, total=found.total)


def periods_of(drawn: list[tuple[datetime.date, int]]) -> list[Any]:
    return [(start, start + datetime.timedelta(days=length)) for start, length in drawn]


class TestTwoEngines:
    @given(plain=tariffs(), rows=st.lists(accounts(), min_size=1, max_size=6), data=st.data())
    def test_agree_on_every_line_of_random_tariffs(self, plain: Any, rows: Any, data: st.DataObject) -> None:
        tariff = compile_tariff(write_plain(plain), name="random")
        drawn = data.draw(
            st.one_of(st.none(), st.lists(st.tuples(starts, lengths), min_size=len(rows), max_size=len(rows)))
        )
        periods = periods_of(drawn) if drawn is not None else None

        found = bills(tariff, rows, periods)

        for index, (row, bill) in enumerate(zip(rows, found, strict=True)):
            expected = second(tariff, row, periods[index] if periods else None)
            assert (bill if isinstance(bill, Bill) else None) == expected, (row, bill)


class TestBatch:
    @settings(max_examples=settings.default.max_examples // 3)
    @given(plain=tariffs(), rows=st.lists(accounts(), min_size=2, max_size=6), seed=st.integers(0, 99))
    def test_equals_its_rows_one_by_one_in_any_order(self, plain: Any, rows: Any, seed: int) -> None:
        tariff = compile_tariff(write_plain(plain), name="random")
        order = np.random.default_rng(seed).permutation(len(rows)).tolist()

        together = bills(tariff, rows, None)
        shuffled = bills(tariff, [rows[i] for i in order], None)
        alone = [bills(tariff, [row], None)[0] for row in rows]

        assert together == alone
        assert [together[i] for i in order] == shuffled
