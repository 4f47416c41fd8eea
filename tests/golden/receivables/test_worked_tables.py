"""The tables of docs/algorithms/allocation.md, read from the page and executed."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest

from hydria.receivables.domain.allocation import OpenItems, SortKey, allocate

PAGE = Path(__file__).parents[3] / "docs/algorithms/allocation.md"
RULES = (("due_date", "rank"), ("rank", "due_date"))


def tables_of(text):
    """Return the tables of a page as lists of rows, without their heads."""
    tables, rows = [], []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            tables.append(rows[2:])
            rows = []
    return tables


def day(text):
    return (datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days


def items(rows):
    columns = np.array(rows, dtype=np.int64).T
    return OpenItems(
        item_id=columns[0],
        account_id=np.ones(len(rows), dtype=np.int64),
        due_day=columns[1],
        rank=columns[2],
        open_minor=columns[3],
    )


class TestWorkedExample:
    @pytest.mark.parametrize("number", [0, 1])
    def test_comes_out_as_the_page_says(self, number):
        _rules, owed_rows, held_rows, *results = tables_of(PAGE.read_text())
        owed = items([[item, day(due), rank, amount] for item, due, rank, amount in owed_rows])
        held = items([[item, day(received), 50, amount] for item, received, amount in held_rows])

        made = allocate(owed=owed, held=held, rule=[SortKey(key) for key in RULES[number]])

        columns = zip(made.owed_item_id, made.held_item_id, made.amount_minor, strict=True)
        assert [[str(cell) for cell in row] for row in columns] == results[number]
