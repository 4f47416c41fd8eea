"""
Tell how a line came about: the one place where stored explanations become words (TAR-10).

The desk, the API, the invoice on paper and the try-it form all tell `explain_line`'s story, so they cannot differ:
block by block, the price and since when, what it is a percentage of, the law, and the rounding.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Any

from babel.numbers import format_decimal
from django.utils.translation import gettext as _

from hydria.platform.documents.formats import Formats

_ENDLESS = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a line, spelled: so much at this price, since when, makes that."""

    name: str
    quantity: str
    price: str
    since: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The steps at the prices of one stretch of days; `days` is empty when the whole period has one price."""

    days: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """
    How a line came about, in words.

    sentences  what it is a percentage of, floors, caps and multiples, and last how it was rounded
    law        the article that the charge rests on
    """

    name: str
    amount: str
    parts: tuple[Part, ...]
    sentences: tuple[str, ...]
    law: str

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return the steps of all parts."""
        return tuple(step for part in self.parts for step in part.steps)


def explain_line(
    told: Mapping[str, Any],
    *,
    name: str,
    amount_minor: int,
    total_days: int,
    law: str,
    names_by_label: Mapping[str, str],
    formats: Formats,
) -> Story:
    """
    Put a stored explanation into the words of the active language.

    told            the explanation as `domain.explanation` writes it
    names_by_label  what customers read for each charge of the tariff
    """
    told_parts = told.get("parts") or ([told] if told.get("steps") else [])
    speller = _Speller(formats)
    return Story(
        name=name,
        amount=formats.amount(amount_minor),
        parts=tuple(speller.part(part, total_days) for part in told_parts),
        sentences=tuple(speller.sentences(told, amount_minor=amount_minor, names_by_label=names_by_label)),
        law=law,
    )


@dataclass(frozen=True, slots=True)
class _Speller:
    """Spell exact numbers and steps as one reader writes them."""

    formats: Formats

    def part(self, part: Mapping[str, Any], total_days: int) -> Part:
        days = ""
        if part.get("days") is not None:
            days = _("%(days)s of %(total)s days at these prices") % {"days": part["days"], "total": total_days}
        steps = part["steps"]
        is_ladder = sum("price" in step for step in steps) > 1
        return Part(
            days=days,
            steps=tuple(self.step(step, number if is_ladder else 0) for number, step in enumerate(steps, start=1)),
        )

    def step(self, step: Mapping[str, Any], number: int) -> Step:
        since = step.get("since")
        return Step(
            name=_step_name(step, number),
            quantity=self.quantity(step),
            price=self.price(step),
            since=self.formats.date(datetime.date.fromisoformat(since)) if since else "",
            amount=self.amount(step.get("amount", "")),
        )

    def quantity(self, step: Mapping[str, Any]) -> str:
        if not step.get("quantity"):
            return ""
        if "percent" in step:
            return self.amount(step["quantity"])
        return f"{self.number(step['quantity'])} {step.get('unit', '').replace('m3', 'm³')}".strip()

    def price(self, step: Mapping[str, Any]) -> str:
        if "percent" in step:
            return f"{self.number(step['percent'])} %"
        return self.amount(step.get("price") or step.get("amount_each") or "")

    def sentences(self, told: Mapping[str, Any], *, amount_minor: int, names_by_label: Mapping[str, str]) -> list[str]:
        sentences = []
        if told.get("of"):
            names = ", ".join(names_by_label.get(label, label) for label in told["of"])
            sentences.append(_("A percentage of: %(charges)s.") % {"charges": names})
        for name, sentence in (
            ("formula", _("Worked out as %(value)s.")),
            ("times", _("Multiplied by %(value)s.")),
            ("at_least", _("At least %(value)s.")),
            ("at_most", _("At most %(value)s.")),
        ):
            if told.get(name):
                sentences.append(sentence % {"value": told[name]})
        if not told.get("exact"):
            return [*sentences, _("What rounding the total to be paid adds.")]
        words = {"exact": self.amount(told["exact"]), "amount": self.formats.money(amount_minor)}
        sentences.append(_("Exactly %(exact)s, rounded once to %(amount)s.") % words)
        return [*sentences, *self.rounding(told.get("rounding", ""))]

    def rounding(self, told: str) -> list[str]:
        step, _space, mode = told.partition(" ")
        words = {
            "half_up": _("Rounded to the nearest %(step)s, a half away from zero."),
            "half_even": _("Rounded to the nearest %(step)s, a half to the even one."),
            "up": _("Rounded up to a multiple of %(step)s."),
            "ceiling": _("Rounded up to a multiple of %(step)s."),
            "down": _("Rounded down to a multiple of %(step)s."),
            "floor": _("Rounded down to a multiple of %(step)s."),
        }
        return [words[mode] % {"step": self.number(step)}] if mode in words else []

    def amount(self, text: str) -> str:
        """Spell an exact amount with at least the decimals of the currency."""
        return self.number(text, places_min=self.formats.currency.exponent)

    def number(self, text: str, *, places_min: int = 0) -> str:
        """Spell an exact number with all its decimals; one without end is cut after four and says so."""
        if not text:
            return ""
        exact = Fraction(text)
        is_endless = "/" in text
        number = Decimal(exact.numerator) / Decimal(exact.denominator)
        if is_endless:
            number = number.quantize(_ENDLESS, rounding=ROUND_DOWN)
        pattern = f"#,##0.{'0' * places_min}{'#' * (12 - places_min)}"
        spelled = str(format_decimal(number, format=pattern, locale=self.formats.locale, decimal_quantization=False))
        return f"{spelled}…" if is_endless else spelled


def _step_name(step: Mapping[str, Any], number: int) -> str:
    if "price" in step:
        return _("Block %(number)d") % {"number": number} if number else ""
    return _("Base amount") if number else ""
