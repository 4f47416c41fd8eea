"""The reader's formats during one request: set by the middleware, used by template filters and lists."""

from __future__ import annotations

import dataclasses
import datetime
import functools
from contextvars import ContextVar

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from django.utils import timezone, translation

from hydria.kernel.money import Currency
from hydria.platform.documents.formats import MINUS, Formats

_currency: ContextVar[Currency] = ContextVar("currency")
_country: ContextVar[str] = ContextVar("country", default="")


def set_company_formats(*, currency: Currency, country: str) -> None:
    """Say which currency amounts are in and whose habits numbers follow, for the rest of this request."""
    _currency.set(currency)
    _country.set(country)


def get_formats() -> Formats:
    """Return the formats of the active language as the company's country writes it."""
    language = (translation.get_language() or "en").replace("-", "_")
    return _find_formats(language, _country.get(), get_currency())


@functools.lru_cache(maxsize=32)
def _find_formats(language: str, country: str, currency: Currency) -> Formats:
    """Return the formats of a language in a country, or of the language alone where nobody has noted its habits."""
    for name in (f"{language}_{country}", language):
        try:
            return Formats.of(str(Locale.parse(name)), currency)
        except (UnknownLocaleError, ValueError):
            continue
    return Formats.of("en", currency)


def get_currency() -> Currency:
    """Return the company's currency; XXX, as ISO 4217 has it, before there is a company."""
    return _currency.get(Currency.of("XXX"))


def read_micro(typed: str) -> int:
    """
    Return the millionths that somebody typed as a number in the spelling of their country, with up to six decimals.

    :raises ValueError: if it is no number, or can be read in two ways.
    """
    marks = dataclasses.replace(get_formats().marks, exponent=6)
    is_negative = typed.startswith(("-", MINUS))
    micro = marks.read(typed[1:] if is_negative else typed)
    return -micro if is_negative else micro


def spell_instant(instant: datetime.datetime) -> str:
    """Spell an instant in the company's time zone, month in letters, to the minute."""
    local = timezone.localtime(instant)
    return str(format_datetime(local, format="d MMM y HH:mm", locale=get_formats().locale))


def spell_unit(unit: str) -> str:
    """
    Return how people write a unit of the register.

    >>> spell_unit("m3"), spell_unit("kWh")
    ('m³', 'kWh')
    """
    return unit.replace("m3", "m³")
