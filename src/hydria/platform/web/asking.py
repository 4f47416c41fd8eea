"""What an address, or a form that repeats it, asks for; read with care: people edit addresses by hand."""

from __future__ import annotations

import datetime

from django.http import HttpRequest

YEARS = range(1900, 2200)
DIGITS_MAX = 15  # enough for any amount, and far from the end of the database's integers


def day_asked(request: HttpRequest, name: str, *, default: datetime.date) -> datetime.date:
    """Return the day (`YYYY-MM-DD`) that a parameter names, or the default when it names none."""
    try:
        day = datetime.date.fromisoformat(_typed(request, name))
    except ValueError:
        return default
    return day if day.year in YEARS else default


def number_asked(request: HttpRequest, name: str) -> int | None:
    """Return the whole number, zero or more, that a parameter names, or None when it names none."""
    typed = _typed(request, name)
    return int(typed) if typed.isdecimal() and len(typed) <= DIGITS_MAX else None


def _typed(request: HttpRequest, name: str) -> str:
    return request.POST.get(name) or request.GET.get(name, "")
