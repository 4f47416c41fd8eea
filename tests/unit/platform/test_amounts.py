from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs_tables import read_tables
from hydria.kernel.money import Currency
from hydria.platform.documents.formats import Formats
from hydria.platform.documents.spelled import Marks, NotAnAmount

(ROWS,) = read_tables("algorithms/amounts.md")


def spell_reading(marks: Marks, typed: str) -> str:
    try:
        return str(marks.read(typed))
    except NotAnAmount as refusal:
        return "no amount" if refusal.meant_minor is None else f"unclear {refusal.meant_minor}"


class TestMarks:
    @pytest.mark.parametrize("row", ROWS, ids=lambda row: row["typed"])
    def test_reads_the_page_of_worked_examples(self, row):
        marks = Marks(group=row["group"], decimal=row["decimal"], exponent=int(row["decimals"]))

        assert spell_reading(marks, row["typed"]) == row["read"]

    @given(
        amount_minor=st.integers(0, 10**15),
        locale=st.sampled_from(["en", "es_DO", "es_ES", "es_AR", "el_GR", "fr_FR", "de_CH"]),
        currency=st.sampled_from(["DOP", "CLP", "TND"]),
    )
    def test_reads_back_what_the_locale_spells(self, amount_minor, locale, currency):
        formats = Formats.of(locale, Currency.of(currency))

        assert formats.marks.read(formats.amount(amount_minor)) == amount_minor
