"""
Respell formulas of the Open Water Rate Specification, which are written in the manner of R, as Hydria's.

    >>> from_r("pmax(indoor, 5) + ifelse(hhsize > 4 & season == 'Summer', round(extra, 1), 0)")
    "max(indoor, 5) + (round_half_even(extra, 1) if hhsize > 4 and season == 'Summer' else 0)"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_FUNCTIONS = {"pmin": "min", "pmax": "max", "ceiling": "ceil", "trunc": "truncate", "round": "round_half_even"}
_SIGNS = {"&&": "and", "&": "and", "||": "or", "|": "or", "TRUE": "true", "FALSE": "false"}
_TOKEN = re.compile(
    r"""(?P<text>"[^"]*"|'[^']*')|(?P<function>[A-Za-z_]\w*)(?=\s*\()|(?P<name>[A-Za-z_]\w*)|(?P<sign>&&?|\|\|?)"""
)
_COMPARED = re.compile(r"""\b([A-Za-z_]\w*)\s*[!=]=\s*(?:"([^"]*)"|'([^']*)')""")
_KEYWORDS = frozenset({"if", "else", "and", "or", "not", "in", "true", "false"})


def from_r(text: str) -> str:
    """Return a formula with Hydria's functions and conditions in place of R's; what has no counterpart stays."""
    return _choices(_TOKEN.sub(_token_from_r, text))


def rename(text: str, new_name: Callable[[str], str]) -> str:
    """Give the names of a formula other names; its functions, words and texts stay."""
    return _TOKEN.sub(
        lambda match: new_name(match[0]) if match["name"] and match[0] not in _KEYWORDS else match[0], text
    )


def words_compared(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names that a formula compares with a text, and the text."""
    for match in _COMPARED.finditer(text):
        yield match[1], match[2] if match[2] is not None else match[3]


def _token_from_r(match: re.Match[str]) -> str:
    if match["text"]:
        return match[0]
    return _FUNCTIONS.get(match[0], match[0]) if match["function"] else _SIGNS.get(match[0], match[0])


def _choices(text: str) -> str:
    """Turn each `ifelse(condition, then, otherwise)` into a choice, the innermost first."""
    while (start := text.rfind("ifelse(")) >= 0:
        parts, depth, end = [""], 0, len(text)
        for index in range(start + len("ifelse("), len(text)):
            sign = text[index]
            depth += (sign == "(") - (sign == ")")
            if depth < 0:
                end = index + 1
                break
            if sign == "," and depth == 0:
                parts.append("")
            else:
                parts[-1] += sign
        if len(parts) != 3:
            return text
        condition, then, otherwise = (part.strip() for part in parts)
        text = f"{text[:start]}({then} if {condition} else {otherwise}){text[end:]}"
    return text
