"""Work out every row of docs/algorithms/simulation.md."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from django.utils import translation

from docs_tables import read_tables
from hydria.billing._rehearsing import move_days
from hydria.kernel.money import Currency
from hydria.platform.web.formats import set_company_formats
from hydria.simulation.domain.comparison import tally_burden
from hydria.simulation.domain.elasticity import answer_to_price
from hydria.simulation.domain.incomes import IncomeGroup, Incomes
from hydria.simulation.domain.spread import bin_of
from hydria.simulation.domain.tables import read_result
from hydria.simulation.domain.tally import SHAPES, empty_table
from hydria.simulation.domain.tenths import edges_of, monthly_use, tenth_of
from hydria.simulation.web.wording import bin_label

MOVED, USED, TENTHS, ANSWERED, SPREAD, BURDEN = read_tables("algorithms/simulation.md")
TWENTY = np.arange(20) * 1000


def milli(text: str) -> np.ndarray:
    return np.array([int(Decimal(text) * 1000)])


def minor(text: str) -> np.ndarray:
    return np.array([int(Decimal(text) * 100)])


def name_of(row: dict[str, str]) -> str:
    return " ".join(row.values())


@pytest.fixture(autouse=True)
def english():
    set_company_formats(currency=Currency.of("DOP"), country="")
    with translation.override("en"):
        yield


@pytest.mark.parametrize("row", MOVED, ids=name_of)
def test_moves_the_days(row):
    starts, ends = (np.array([row[name]], dtype="datetime64[D]") for name in ("start", "end"))

    moved = move_days(starts, ends, months_later=int(row["months later"]))

    assert [str(dates[0]) for dates in moved] == [row["priced from"], row["priced until"]]


@pytest.mark.parametrize("row", USED, ids=name_of)
def test_works_out_the_use_of_thirty_days(row):
    use_milli = monthly_use(quantity_milli=milli(row["quantity"]), days=np.array([int(row["days"])]))

    assert use_milli.tolist() == milli(row["use in 30 days"]).tolist()


@pytest.mark.parametrize("row", TENTHS, ids=name_of)
def test_finds_the_tenth(row):
    tenth = tenth_of(milli(row["use in 30 days"]), edges_milli=edges_of(TWENTY))

    assert tenth.tolist() == [int(row["tenth"])]


@pytest.mark.parametrize("row", ANSWERED, ids=name_of)
def test_answers_to_the_price(row):
    answered = answer_to_price(
        quantity_milli=milli(row["quantity"]),
        current_minor=minor(row["current"]),
        proposed_minor=minor(row["proposed"]),
        elasticity_milli=milli(row["elasticity"]),
    )

    assert answered.tolist() == milli(row["answered"]).tolist()


@pytest.mark.parametrize("row", SPREAD, ids=name_of)
def test_finds_the_bin(row):
    place = bin_of(current_minor=minor(row["current"]), proposed_minor=minor(row["proposed"]))

    assert bin_label(int(place[0])).replace("\xa0", " ") == row["bin"]


@pytest.mark.parametrize("row", BURDEN, ids=name_of)
def test_weighs_a_bill_against_the_income(row):
    incomes = Incomes(group=IncomeGroup.CATEGORY, income_minor={"DOM": int(minor(row["income"])[0])})
    accounts = pl.DataFrame(
        {
            "category": ["DOM"],
            "days": [int(row["days"])],
            "units": [int(row["units"])],
            "total_0_minor": minor(row["paid"]),
        }
    )

    burden = tally_burden(accounts, scenario_count=1, incomes=incomes, limit_ppm=30_000)["burden"]

    tally = {name: empty_table(name) for name in SHAPES} | {"burden": burden}
    (found,) = read_result(tally, scenario_count=1, incomes=incomes).burden
    assert found.monthly_minor == (int(minor(row["monthly bill"])[0]),)
    assert round(Decimal(found.shares_ppm[0]) / 10_000, 4) == Decimal(row["share"])
    assert found.above_counts == (1 if row["above 3 %"] == "yes" else 0,)
