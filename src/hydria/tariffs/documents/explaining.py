"""
Tell how a line came about: the one place where stored explanations become words (TAR-10).

The desk, the API, the invoice on paper and the try-it form all tell `explain_line`'s story, so they cannot differ:
block by block, the price and since when, what it is a percentage of, the law, and the rounding.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from babel.numbers import format_decimal
from django.utils.translation import gettext as _

from hydria.platform.documents.formats import Formats
from hydria.tariffs.domain.form import number_text

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

    quantity  what its prices were applied to, all steps together; empty where there is no such thing
    how       what it is a percentage of, floors, caps and multiples
    rounding  the exact amount and what it was rounded to; the way of rounding
    law       the article that the charge rests on
    """

    name: str
    amount: str
    quantity: str
    parts: tuple[Part, ...]
    how: tuple[str, ...]
    rounding: tuple[str, ...]
    law: str

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return all that is said besides the steps and the law."""
        return self.how + self.rounding

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
        quantity=speller.whole(told_parts),
        parts=tuple(speller.part(part, total_days) for part in told_parts),
        how=tuple(speller.how(told, names_by_label)),
        rounding=tuple(speller.rounding(told, amount_minor)),
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

    def whole(self, parts: Sequence[Mapping[str, Any]]) -> str:
        """Spell what the prices were applied to; each part of a period prices the whole of it."""
        priced = [step for step in parts[0]["steps"] if "quantity" in step and "price" in step] if parts else []
        if not priced:
            return ""
        together = sum((Fraction(step["quantity"]) for step in priced), Fraction(0))
        return self.quantity({"quantity": number_text(together), "unit": priced[0].get("unit", "")})

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

    def how(self, told: Mapping[str, Any], names_by_label: Mapping[str, str]) -> list[str]:
        sentences = []
        if told.get("of"):
            names = ", ".join(names_by_label.get(label, label) for label in told["of"])
            sentences.append(_("A percentage of: %(charges)s.") % {"charges": names})
        if told.get("part"):
            words = {**told["part"], "whole": self.formats.money(told["part"]["whole_minor"])}
            sentences.append(_("Part %(position)d of %(count)d of %(whole)s, without interest.") % words)
        if told.get("credits"):
            sentences.append(_("Takes back what invoice %s charged.") % told["credits"])
        for name, sentence in (
            ("formula", _("Worked out as %(value)s.")),
            ("times", _("Multiplied by %(value)s.")),
            ("at_least", _("At least %(value)s.")),
            ("at_most", _("At most %(value)s.")),
        ):
            if told.get(name):
                sentences.append(sentence % {"value": told[name]})
        return sentences

    def rounding(self, told: Mapping[str, Any], amount_minor: int) -> list[str]:
        if told.get("credits"):
            return []
        amount_minor = told["part"]["whole_minor"] if told.get("part") else amount_minor
        if not told.get("exact"):
            return [_("What rounding the total to be paid adds.")]
        words = {"exact": self.amount(told["exact"]), "amount": self.formats.money(amount_minor)}
        exactly = _("Exactly %(exact)s, rounded once to %(amount)s.") % words
        step, _space, mode = told.get("rounding", "").partition(" ")
        modes = {
            "half_up": _("Rounded to the nearest %(step)s, a half away from zero."),
            "half_even": _("Rounded to the nearest %(step)s, a half to the even one."),
            "up": _("Rounded up to a multiple of %(step)s."),
            "ceiling": _("Rounded up to a multiple of %(step)s."),
            "down": _("Rounded down to a multiple of %(step)s."),
            "floor": _("Rounded down to a multiple of %(step)s."),
        }
        return [exactly, modes[mode] % {"step": self.number(step)}] if mode in modes else [exactly]

    def amount(self, text: str) -> str:
        """Spell an exact amount with at least the decimals of the currency."""
        return self.number(text, places_min=self.formats.currency.exponent)

    def number(self, text: str, *, places_min: int = 0) -> str:
        return _spell_number(text, places_min, str(self.formats.locale))


@lru_cache(maxsize=16_384)
def _spell_number(text: str, places_min: int, locale: str) -> str:
    """Spell an exact number with all its decimals; one without end is cut after four and says so."""
    if not text:
        return ""
    exact = Fraction(text)
    is_endless = "/" in text
    number = Decimal(exact.numerator) / Decimal(exact.denominator)
    if is_endless:
        number = number.quantize(_ENDLESS, rounding=ROUND_DOWN)
    pattern = f"#,##0.{'0' * places_min}{'#' * (12 - places_min)}"
    spelled = str(format_decimal(number, format=pattern, locale=locale, decimal_quantization=False))
    return f"{spelled}…" if is_endless else spelled


def _step_name(step: Mapping[str, Any], number: int) -> str:
    if "price" in step:
        return _("Block %(number)d") % {"number": number} if number else ""
    return _("Base amount") if number else ""
