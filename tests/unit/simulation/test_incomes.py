from __future__ import annotations

import pytest

from hydria.kernel.money import Currency
from hydria.simulation.domain.incomes import ROWS_MAX, IncomeGroup, read_incomes

PESO = Currency.of("DOP")


class TestReadIncomes:
    @pytest.mark.parametrize("text", ["DOM 24500.50", "DOM;24500.50", "  DOM, 24500.50  ", "\nDOM\t24500.50\n"])
    def test_takes_any_usual_way_to_write_a_table(self, text):
        incomes, issues = read_incomes(text, group=IncomeGroup.CATEGORY, currency=PESO)

        assert (incomes.income_minor, issues) == ({"DOM": 2_450_050}, [])

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("DOM", "income_line_unclear"),
            ("1 a lot", "income_line_unclear"),
            ("1 0", "income_no_amount"),
            ("1 10.001", "income_no_amount"),
            ("1 10..5", "income_no_amount"),
            ("1 10\n1 20", "income_given_twice"),
            ("11 10", "income_no_tenth"),
            ("1 10\n" * (ROWS_MAX + 1), "incomes_too_many"),
        ],
    )
    def test_says_of_each_line_what_is_wrong(self, text, code):
        _incomes, issues = read_incomes(text, group=IncomeGroup.TENTH, currency=PESO)

        assert [issue.code for issue in issues] == [code]

    def test_reads_nothing_as_no_incomes(self):
        incomes, issues = read_incomes(" \n", group=IncomeGroup.TENTH, currency=PESO)

        assert (incomes.income_minor, issues) == ({}, [])
