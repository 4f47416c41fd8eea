"""One spelling for searching: without accents, in Latin script, in lower case, with single spaces."""

from __future__ import annotations

import unicodedata

# ELOT 743 as people write it in e-mails, so that Αθήνα is found as Athina and Παπαδόπουλος as Papadopoulos.
_GREEK_PAIRS = {"ου": "ou", "αυ": "av", "ευ": "ev", "γγ": "ng", "γκ": "gk", "μπ": "b", "ντ": "nt", "τσ": "ts"}
_GREEK_LETTERS = str.maketrans(
    dict(
        zip(
            "αβγδεζηικλμνξοπρσςτυφω",
            [
                "a",
                "v",
                "g",
                "d",
                "e",
                "z",
                "i",
                "i",
                "k",
                "l",
                "m",
                "n",
                "x",
                "o",
                "p",
                "r",
                "s",
                "s",
                "t",
                "y",
                "f",
                "o",
            ],
            strict=True,
        )
    )
    | {"θ": "th", "χ": "ch", "ψ": "ps", "ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe"}
)


def to_search_text(*parts: str) -> str:
    """
    Spell words the way they are searched.

    >>> to_search_text("Ñáñez  de la Ó", "Αθήνα"), to_search_text("ΠΑΠΑΔΟΠΟΥΛΟΣ")
    ('nanez de la o athina', 'papadopoulos')
    """
    decomposed = unicodedata.normalize("NFD", " ".join(parts).lower())
    text = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    for pair, latin in _GREEK_PAIRS.items():
        text = text.replace(pair, latin)
    return " ".join(text.translate(_GREEK_LETTERS).split())
