"""Tell which command of the desk somebody means by what they typed: whole words, beginnings, or words with a mistake."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from enum import IntEnum

from hydria.kernel.spelling import to_search_text

LIKENESS_MIN = 0.75
"""One letter wrong, missing or swapped in a word of four letters or more still counts as the word."""
ALIKE_LENGTH_MIN = 4
BEGINNING_LENGTH_MIN = 3
"""Shorter beginnings of a word do not begin a command that is followed by whom it is for."""
LINKING_WORDS = frozenset(
    "of for to from at the a an de del la el los las para por en un una tou tis ton ti to i o gia se".split()
)
"""English, Spanish and Greek words, as searches spell them, that nobody needs to type."""


class Match(IntEnum):
    """How well a name is met; less is better."""

    WHOLE = 1
    BEGINNING = 2
    ALIKE = 3


def match_commands(typed: str, names: Mapping[str, Sequence[str]]) -> dict[str, Match]:
    """
    Return the commands that are meant, best first.

    names  command -> what people call it, as searches spell it

    >>> names = {"till_open": ["open a till", "abrir una caja"], "till": ["till", "caja"]}
    >>> list(match_commands("caja", names))
    ['till', 'till_open']
    >>> match_commands("opne til", names)
    {'till_open': <Match.ALIKE: 3>}
    """
    words = _needed(to_search_text(typed).split())
    if not words:
        return {}
    found = {
        command: min(matches)
        for command, called in names.items()
        if (matches := [match for name in called if (match := _match(words, _needed(name.split())))])
    }
    if any(match is not Match.ALIKE for match in found.values()):
        found = {command: match for command, match in found.items() if match is not Match.ALIKE}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def split_command(typed: str, names: Mapping[str, Sequence[str]]) -> tuple[str, str] | None:
    """
    Return the command that the first words name and the words that say whom it is for; None where there are not both.

    >>> split_command("take payment of José Peña", {"pay": ["take a payment"]})
    ('pay', 'José Peña')
    """
    words = typed.split()
    for count in range(len(words) - 1, 0, -1):
        head = " ".join(words[:count])
        if any(len(word) < BEGINNING_LENGTH_MIN for word in _needed(to_search_text(head).split())):
            continue
        found = match_commands(head, names)
        rest = words[count:]
        while rest and to_search_text(rest[0]) in LINKING_WORDS:
            rest = rest[1:]
        if found and rest:
            return next(iter(found)), " ".join(rest)
    return None


def _needed(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in LINKING_WORDS] or list(words)


def _match(words: Sequence[str], name: Sequence[str]) -> Match | None:
    if list(words) == list(name):
        return Match.WHOLE
    if all(any(own.startswith(word) for own in name) for word in words):
        return Match.BEGINNING
    if all(_is_in(word, name) for word in words):
        return Match.ALIKE
    return None


def _is_in(word: str, name: Sequence[str]) -> bool:
    if any(own.startswith(word) for own in name):
        return True
    if len(word) < ALIKE_LENGTH_MIN - 1:
        return False
    candidates = [own for own in name if len(own) >= ALIKE_LENGTH_MIN]
    return bool(difflib.get_close_matches(word, candidates, n=1, cutoff=LIKENESS_MIN))
