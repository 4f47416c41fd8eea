"""
Money in whole minor units and its spelling for people.

An amount is an `int` whose name ends in `_minor`; how many decimals it has is the currency's `exponent`
(0, 2 or 3), never a literal 100. `Decimal` lives only at the edges: parsing, printing, files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

_EXPONENTS = {"CLP": 0, "PYG": 0, "JPY": 0, "KMF": 0, "TND": 3, "KWD": 3, "BHD": 3, "JOD": 3}
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")


@dataclass(frozen=True, slots=True)
class Currency:
    """
    Name a currency and its decimals.

    >>> Currency.of("DOP"), Currency.of("CLP").exponent, Currency.of("TND").minor_per_major
    (Currency(code='DOP', exponent=2), 0, 1000)
    """

    code: str
    exponent: int

    @classmethod
    def of(cls, code: str) -> Currency:
        """Return the currency of an ISO 4217 code."""
        if not re.fullmatch(r"[A-Z]{3}", code):
            raise ValueError(f"not a currency code: {code!r}")
        return cls(code, _EXPONENTS.get(code, 2))

    @property
    def minor_per_major(self) -> int:
        """Return how many minor units make one major unit."""
        return int(10**self.exponent)

    def to_decimal(self, amount_minor: int) -> Decimal:
        """
        Spell minor units as an exact decimal in major units.

        >>> Currency.of("DOP").to_decimal(-1234)
        Decimal('-12.34')
        """
        return Decimal(amount_minor).scaleb(-self.exponent)

    def to_minor(self, text: str | Decimal) -> int:
        """
        Read a plain decimal amount ("1234.50") as minor units; refuse what would need rounding.

        >>> Currency.of("DOP").to_minor("12.3")
        1230

        :raises ValueError: if the text is no plain number or has more decimals than the currency.
        """
        spelled = str(text).strip()
        if not _PLAIN_NUMBER.fullmatch(spelled):
            raise ValueError(f"not an amount: {text!r}")
        # A fraction, since `Decimal` would quietly round what has more than 28 digits.
        scaled = Fraction(spelled) * self.minor_per_major
        if scaled.denominator != 1:
            raise ValueError(f"{text} has more than {self.exponent} decimals")
        return scaled.numerator
