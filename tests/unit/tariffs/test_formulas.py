from __future__ import annotations

from fractions import Fraction

import pytest

from hydria.tariffs.domain.formula import FormulaError, parse_formula, parse_number
from hydria.tariffs.domain.rating import rate
from tariff_factories import tariff_of


def value_of(formula: str, **inputs: str) -> Fraction:
    tariff = tariff_of({"charge": "a", "shape": "formula", "formula": formula, "rounding": "none"})
    batch = rate(tariff, inputs={name: [text] for name, text in inputs.items()})
    assert batch.is_priced.all(), batch.fault_of(0)
    return batch.lines[0].amount.to_fractions(1)[0]


class TestFormula:
    @pytest.mark.parametrize(
        ("formula", "value"),
        [
            ("1 + 2 * 3", 7),
            ("(1 + 2) * 3", 9),
            ("7 / 2 - -1", Fraction(9, 2)),
            ("1 / 3 * 3", 1),
            ("min(3, 1, 2) + max(4, 5) - abs(-2)", 4),
            ("ceil(1.2) + floor(-1.2) + truncate(-1.9)", -1),
            ("round_half_up(2.5) + round_half_even(2.5) + round_half_up(-2.5)", 2),
            ("round_half_up(1234.567, 2) + ceil(1234, -3)", Fraction("3234.57")),
            ("5 if usage > 10 else 3 if usage > 5 else 1", 3),
            ("10 * (usage == 8) + (not sewer)", 11),
            ("1 if 5 < usage <= 8 else 0", 1),
            ("1 if zone == 'north' and not sewer or units == 9 else 0", 1),
            ('1 if size in ["15", "20"] else 0', 1),
            ("1 if size not in [15.0] else 0", 0),
            ("1 if size == 15 else 0", 1),
            ("1 if usage in [7, 8] else 0", 1),
            ("1 if zone != 'south' else 0", 1),
            (".5 + 5. + 1e2", Fraction("105.5")),
        ],
    )
    def test_means_what_it_says(self, formula: str, value: Fraction) -> None:
        assert value_of(formula, usage="8", units="1", size="15", zone="north", sewer="false") == value

    @pytest.mark.parametrize(
        ("formula", "column", "message"),
        [
            ("usage = 3", 7, "`=` has no meaning"),
            ("usage 3", 7, "`3` is not expected"),
            ("2usage", 1, "`2` has no meaning"),
            ("max(1,", 7, "the formula ends"),
            ("sqrt(4)", 1, "there is no function `sqrt`"),
            ("round_half_up(1, usage)", 1, "the number of decimals"),
            ("a if b", 7, "`else` is expected"),
            ("usage in [days]", 15, "numbers and texts only"),
            ("__import__('os')", 1, "there is no function"),
            ("(" * 100 + "1" + ")" * 100, 61, "nested too deeply"),
            ("+".join(["1"] * 400), 1, "too long"),
            ("1" * 5000, 4000, "too long"),
            ("abs(1, 2)", 1, "takes 1 to 1"),
        ],
    )
    def test_says_where_and_what_is_wrong(self, formula: str, column: int, message: str) -> None:
        with pytest.raises(FormulaError, match=message.replace("(", r"\(")) as caught:
            parse_formula(formula)

        assert caught.value.column == column


class TestParseNumber:
    @pytest.mark.parametrize("text", ["", "1_000", "1,5", "٣", "0x10", "nan", "Infinity", "1e999", "--1", "1/2", "1 2"])
    def test_reads_plain_decimals_only(self, text: str) -> None:
        assert parse_number(text) is None
