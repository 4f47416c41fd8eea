from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydria.kernel.money import Currency

EXPONENTS = {"CLP": 0, "PYG": 0, "JPY": 0, "KMF": 0, "DOP": 2, "EUR": 2, "TND": 3, "KWD": 3, "BHD": 3, "JOD": 3}
codes = st.sampled_from(sorted(EXPONENTS))


class TestCurrency:
    @pytest.mark.parametrize("code", EXPONENTS)
    def test_has_the_decimals_of_its_standard(self, code: str) -> None:
        currency = Currency.of(code)

        assert (currency.code, currency.exponent) == (code, EXPONENTS[code])
        assert currency.minor_per_major == int("1" + "0" * EXPONENTS[code])

    @pytest.mark.parametrize("code", ["", "DO", "DOPS", "dop", "D0P", "DOP\n", "ΔΟΠ"])
    def test_refuses_what_is_no_code_and_quotes_it(self, code: str) -> None:
        with pytest.raises(ValueError, match=r"^not a currency code: ") as caught:
            Currency.of(code)

        assert repr(code) in str(caught.value)


class TestToMinor:
    @given(code=codes, amount_minor=st.integers(-(10**40), 10**40))
    def test_reads_what_was_spelled_however_large(self, code: str, amount_minor: int) -> None:
        exponent = EXPONENTS[code]
        sign, digits = "-" * (amount_minor < 0), str(abs(amount_minor)).zfill(exponent + 1)
        text = f"{sign}{digits[: len(digits) - exponent]}.{digits[len(digits) - exponent :]}"

        assert Currency.of(code).to_minor(text) == amount_minor

    @given(code=codes, amount_minor=st.integers(-(2**63), 2**63))
    def test_reads_every_amount_that_a_row_can_hold_back(self, code: str, amount_minor: int) -> None:
        currency = Currency.of(code)

        assert currency.to_minor(currency.to_decimal(amount_minor)) == amount_minor

    @pytest.mark.parametrize(
        ("text", "amount_minor"),
        [("12", 1200), (" +12.5 ", 1250), ("5.", 500), (".05", 5), ("-.05", -5), ("12.3400", 1234), ("-0", 0)],
    )
    def test_reads_every_plain_way_to_write_a_number(self, text: str, amount_minor: int) -> None:
        assert Currency.of("DOP").to_minor(text) == amount_minor

    @pytest.mark.parametrize("text", ["", ".", "-", "1,5", "1 000", "1e3", "0x10", "NaN", "Infinity", "1.2.3", "--1"])
    def test_refuses_what_is_no_plain_number(self, text: str) -> None:
        with pytest.raises(ValueError, match=f"^not an amount: '{text.replace('.', '[.]')}'$"):
            Currency.of("DOP").to_minor(text)

    @pytest.mark.parametrize(
        ("code", "text"),
        [("DOP", "1.005"), ("CLP", "0.5"), ("TND", "0.0001"), ("DOP", f"{10**30}.001")],
    )
    def test_refuses_what_would_need_rounding(self, code: str, text: str) -> None:
        currency = Currency.of(code)

        with pytest.raises(ValueError, match=f"^{text} has more than {currency.exponent} decimals$"):
            currency.to_minor(text)


class TestToDecimal:
    def test_shows_every_decimal_of_the_currency(self) -> None:
        spelled = [str(Currency.of(code).to_decimal(-1200)) for code in ("CLP", "DOP", "TND")]

        assert spelled == ["-1200", "-12.00", "-1.200"]
        assert Currency.of("DOP").to_decimal(5) == Decimal("0.05")
