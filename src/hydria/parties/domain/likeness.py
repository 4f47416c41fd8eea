"""How likely it is that somebody who is about to be registered is registered already (CUS-02, CUS-20)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from hydria.kernel.spelling import to_search_text

DIGITS_COMPARED = 8
"""The last digits of a telephone number, which are the same with and without the country's and the area's code."""
PERCENT_MIN = 55
"""Below this two parties merely share a family name or a street."""


class Trait(StrEnum):
    """What two parties have in common."""

    IDENTIFIER = "IDENTIFIER"
    NAME = "NAME"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    ADDRESS = "ADDRESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What a party is known by; `identifiers` are official numbers without spaces, dots and dashes."""

    name: str
    identifiers: frozenset[str] = frozenset()
    email: str = ""
    phone: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike two parties are, from 0 to 100, and in what."""

    percent: int
    traits: tuple[Trait, ...]


def compare(typed: Particulars, known: Particulars) -> Likeness:
    """
    Compare somebody who is being typed in with somebody who is known.

    An official number in common is certainty. Otherwise the names count, in any order of their words, and each of
    e-mail, telephone and address in common closes a part of what is missing to certainty.

    >>> ana = Particulars(name="Ana Pérez Núñez", phone="809-555-0101")
    >>> compare(Particulars(name="Perez Nuñes, Ana", phone="+1 809 555 0101"), ana).percent
    97
    """
    if typed.identifiers & known.identifiers:
        return Likeness(percent=100, traits=(Trait.IDENTIFIER,))
    name_ratio = _ratio(typed.name, known.name)
    shared = {
        Trait.NAME: name_ratio >= 0.75,
        Trait.EMAIL: bool(typed.email) and typed.email.casefold() == known.email.casefold(),
        Trait.PHONE: _digits(typed.phone) != "" and _digits(typed.phone) == _digits(known.phone),
        Trait.ADDRESS: bool(typed.address) and _ratio(typed.address, known.address) >= 0.85,
    }
    missing = 1 - name_ratio
    for trait in (Trait.EMAIL, Trait.PHONE, Trait.ADDRESS):
        missing *= 0.5 if shared[trait] else 1
    traits = tuple(trait for trait, is_shared in shared.items() if is_shared)
    return Likeness(percent=round(100 * (1 - missing)), traits=traits)


def _ratio(one: str, other: str) -> float:
    """Return how alike two texts are, whatever the order of their words."""
    first, second = (" ".join(sorted(re.findall(r"\w+", to_search_text(text)))) for text in (one, other))
    return SequenceMatcher(None, first, second).ratio() if first and second else 0.0


def _digits(phone: str) -> str:
    digits = re.sub(r"\D", "", phone)
    return digits[-DIGITS_COMPARED:] if len(digits) >= DIGITS_COMPARED else ""
