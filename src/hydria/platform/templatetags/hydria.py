"""Template filters and tags that spell values as the reader writes them."""

from __future__ import annotations

import datetime
import json
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hydria.platform.people import name_person
from hydria.platform.web.formats import get_formats, spell_instant, spell_unit
from hydria.platform.web.states import tone_of

register = template.Library()


@register.filter
def amount(amount_minor: int | None) -> str:
    """Spell minor units without the currency."""
    return "" if amount_minor is None else get_formats().amount(amount_minor)


@register.filter
def money(amount_minor: int | None) -> str:
    """Spell minor units with the currency."""
    return "" if amount_minor is None else get_formats().money(amount_minor)


@register.filter
def quantity(quantity_milli: int | None, unit: str = "") -> str:
    """Spell thousandths of a unit."""
    return "" if quantity_milli is None else get_formats().quantity(quantity_milli, unit_sign(unit))


@register.filter
def unit_sign(unit: str) -> str:
    """Return how people write a unit: m³ for m3."""
    return spell_unit(unit)


@register.filter
def count(number: int | None) -> str:
    """Spell a whole number with its groups."""
    return "" if number is None else get_formats().quantity(number * 1000)


@register.filter
def day(value: datetime.date | None) -> str:
    """Spell a day with its month in letters."""
    return "" if value is None else get_formats().date(value)


@register.filter
def month(value: datetime.date | None) -> str:
    """Spell the month of a day with its year."""
    return "" if value is None else get_formats().month_of_year(value)


@register.filter
def instant(value: datetime.datetime | None) -> str:
    """Spell an instant to the minute."""
    return "" if value is None else spell_instant(value)


@register.filter
def person(login: str) -> str:
    """Return the name of the person behind a log-in."""
    return name_person(login)


@register.filter
def tone(code: str) -> str:
    """Return the tone in which a state is shown."""
    return tone_of(code)


@register.filter
def as_json(value: Any) -> str:
    """Spell a chart's data for its data-attribute; the template escapes it."""
    return json.dumps(value, default=str)


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """Draw an icon of the sprite; it says nothing to a screen reader, the word beside it does."""
    return format_html(
        '<svg class="icon {}" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round" '
        'aria-hidden="true"><use href="{}#{}"/></svg>',
        css_class,
        static("hydria/icons.svg"),
        name,
    )
