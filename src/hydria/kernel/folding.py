"""Fold names and addresses into the one plain spelling that searches compare: Latin, lower case, no accents."""

from __future__ import annotations

import re
import unicodedata

_PAIRS = {"ου": "ou", "αυ": "av", "ευ": "ev", "μπ": "mp", "ντ": "nt", "γγ": "ng", "γκ": "gk", "τσ": "ts", "τζ": "tz"}
_LETTERS = str.maketrans(
    dict(zip("αβγδεζηικλμνξοπρσςτυφχω", "avgdeziiklmnxoprsstyfho", strict=True))
    | {"θ": "th", "ψ": "ps", "ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"}
)


def fold(text: str) -> str:
    """
    Return the spelling for searching; Greek is written as Greeks write it in Latin letters.

    >>> fold("  José ÑÁÑEZ "), fold("Παπαδόπουλος Γιώργος"), fold("Θεσσαλονίκη")
    ('jose nanez', 'papadopoulos giorgos', 'thessaloniki')
    """
    lowered = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(letter for letter in lowered if not unicodedata.combining(letter))
    for greek, latin in _PAIRS.items():
        plain = plain.replace(greek, latin)
    return re.sub(r"\s+", " ", plain.translate(_LETTERS)).strip()
