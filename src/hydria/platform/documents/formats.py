"""Spell numbers, money, quantities and dates as the reader's country writes them."""

from __future__ import annotations

import datetime
import functools
from dataclasses import dataclass

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.numbers import get_currency_symbol

from hydria.kernel.money import Currency
from hydria.kernel.periods import Period
from hydria.platform.documents.spelled import Marks

MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"


def locale_name(*, language: str, country: str) -> str:
    """
    Name the locale of a language in a country, or of the language alone where nobody has described the pair.

    >>> locale_name(language="es", country="DO"), locale_name(language="en", country="DO")
    ('es_DO', 'en')
    """
    name = f"{language.split('-', maxsplit=1)[0]}_{country}"
    try:
        return str(Locale.parse(name))
    except (UnknownLocaleError, ValueError):
        return language.split("-", maxsplit=1)[0]


@dataclass(frozen=True, slots=True)
class Formats:
    """
    Spell values for one locale, such as `es_DO` or `el_GR`, and one currency.

    >>> formats = Formats.of("el_GR", Currency.of("EUR"))
    >>> formats.amount(-123456789), formats.quantity(12_500, "m³"), formats.price(1_850_000)
    ('−1.234.567,89', '12,5\\xa0m³', '1,85')
    """

    locale: Locale
    currency: Currency

    @classmethod
    @functools.cache
    def of(cls, locale: str, currency: Currency) -> Formats:
        """Return the formats of a locale; the same ones for the same arguments."""
        return cls(Locale.parse(locale), currency)

    @property
    def symbol(self) -> str:
        """Return the currency's local symbol."""
        return str(get_currency_symbol(self.currency.code, locale=self.locale))

    @property
    def marks(self) -> Marks:
        """Return the marks by which amounts that people type are read."""
        symbols = self.locale.number_symbols["latn"]
        return Marks(group=symbols["group"], decimal=symbols["decimal"], exponent=self.currency.exponent)

    def amount(self, amount_minor: int) -> str:
        """Spell an amount without its currency, with all of the currency's decimals."""
        return self._spell(amount_minor, scale=self.currency.exponent, decimals_min=self.currency.exponent)

    def money(self, amount_minor: int) -> str:
        """Spell an amount with its currency, on the side where the locale writes it."""
        spelled, symbol = self.amount(abs(amount_minor)), self.symbol
        pattern = self.locale.currency_formats["standard"].pattern
        sides = (symbol, spelled) if pattern.startswith("¤") else (spelled, symbol)
        return (MINUS if amount_minor < 0 else "") + NO_BREAK.join(sides)

    def exact(self, amount_nano: int) -> str:
        """Spell an amount in billionths with as many decimals as it needs, at least the currency's."""
        return self._spell(amount_nano, scale=9, decimals_min=self.currency.exponent)

    def price(self, price_micro: int) -> str:
        """Spell a price in millionths with as many decimals as it needs, at least the currency's."""
        return self._spell(price_micro, scale=6, decimals_min=self.currency.exponent)

    def quantity(self, quantity_milli: int, unit: str = "") -> str:
        """Spell thousandths of a unit with as many decimals as they need."""
        spelled = self._spell(quantity_milli, scale=3, decimals_min=0)
        return f"{spelled}{NO_BREAK}{unit}" if unit else spelled

    def percent(self, rate_ppm: int) -> str:
        """Spell millionths as a percentage with as many decimals as it needs."""
        return f"{self._spell(rate_ppm, scale=4, decimals_min=0)}{NO_BREAK}%"

    def date(self, day: datetime.date) -> str:
        """Spell a day with the month in letters, so that nobody takes the day for the month."""
        return str(format_date(day, format="d MMM y", locale=self.locale))

    def period(self, period: Period) -> str:
        """Spell a period by its first and last day."""
        last_day = period.end_date - datetime.timedelta(days=1)
        return f"{self.date(period.start_date)} – {self.date(last_day)}"

    def month(self, day: datetime.date) -> str:
        """Spell a month in as few letters as a chart has room for."""
        return str(format_date(day, format="LLL", locale=self.locale)).rstrip(".")

    def month_of_year(self, day: datetime.date) -> str:
        """Spell a month with its year."""
        return str(format_skeleton("yMMM", day, locale=self.locale))

    def _spell(self, value: int, *, scale: int, decimals_min: int) -> str:
        symbols = self.locale.number_symbols["latn"]
        whole, fraction = divmod(abs(value), 10**scale)
        decimals = str(fraction).zfill(scale).rstrip("0").ljust(decimals_min, "0") if scale else ""
        spelled = f"{whole:,}".replace(",", symbols["group"])
        sign = MINUS if value < 0 else ""
        return f"{sign}{spelled}{symbols['decimal']}{decimals}" if decimals else f"{sign}{spelled}"
