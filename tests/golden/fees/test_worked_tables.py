"""The tables of docs/algorithms/fees.md, read from the page and executed."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

import fee_factories as given
from docs_tables import read_tables
from hydria.fees.domain.instalments import split_lines
from hydria.kernel.exact import Exact
from hydria.tariffs.domain.compile import compile_tariff
from hydria.tariffs.domain.rating import rate

TRENCHES, PARTS = read_tables("algorithms/fees.md")


def minor(text: str) -> int:
    return int(Decimal(text) * 100)


@pytest.mark.parametrize("row", TRENCHES, ids=lambda row: row["length"])
def test_a_trench_is_rounded_once_and_then_taxed(row: dict[str, str]):
    tariff = compile_tariff(given.PRICES, name="fees")
    usage = Exact.of_integers(np.array([int(Decimal(row["length"]) * 1000)], dtype=np.int64), denominator=1000)

    batch = rate(tariff, inputs={"fee": ["trench"], "usage": usage}, as_of=given.TODAY)

    amounts = {line.charge.label: int(line.amount_minor[0]) for line in batch.lines if line.applies[0]}
    assert amounts == {"trench": minor(row["trench"]), "vat": minor(row["tax"])}
    assert int(batch.total_minor[0]) == minor(row["total"])


@pytest.mark.parametrize("row", PARTS, ids=lambda row: row["line"])
def test_parts_sum_to_their_line(row: dict[str, str]):
    parts = [part for (part,) in split_lines(lines_minor=[minor(row["line"])], count=int(row["parts"]))]

    assert parts[:3] == [minor(row[place]) for place in ("first", "second", "third")]
    assert parts[-1] == minor(row["last"])
    assert sum(parts) == minor(row["line"])
