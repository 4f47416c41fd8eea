"""
Turn an Open Water Rate Specification (OWRS) file into a Hydria tariff: its heading, its inputs, its classes.

What one customer class says is read by `owrs_class`. A file that leaves something open, contradicts itself or uses
what Hydria does not have is converted as far as it goes, and the rest is listed.
Source: github.com/California-Data-Collaborative/Open-Water-Rate-Specification; docs/guide/tariffs.md.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

from hydria.tariffs.domain.document import Plain
from hydria.tariffs.domain.owrs_class import NAMES, ClassConverter

_PERIODS = {
    "monthly": "monthly", "bimonthly": "two-month", "quarterly": "quarterly", "semiannually": "semiannual",
    "semiannual": "semiannual", "annually": "annual", "annual": "annual", "yearly": "annual",
}  # fmt: skip
_UNITS = {
    "ccf": "ccf", "hcf": "ccf", "kgal": "kgal", "gal": "gal", "gallon": "gal", "gallons": "gal", "m3": "m3", "kl": "m3",
    "kiloliter": "m3", "kilolitre": "m3", "kiloliters": "m3", "kilolitres": "m3", "l": "l", "liter": "l", "litre": "l",
}  # fmt: skip
_PARTS_OF_FILE = ("author_info", "metadata", "rate_structure")
NOTES = """\
Converted from an Open Water Rate Specification file. A whole number where a tier starts is the first unit of the
tier, so the tier before ends one unit earlier; one with decimals is the edge itself. Budget percentages and limits
given by a formula count as they stand, rounded half even to whole units. Lines are rounded half up. The form does not
name a currency: the dollar is assumed.
"""


def is_owrs(plain: Plain) -> bool:
    """Say whether a text is an OWRS file."""
    return isinstance(plain, dict) and isinstance(plain.get("rate_structure"), dict)


def convert_owrs(plain: dict[str, Any], *, name: str) -> tuple[dict[str, Plain], list[str]]:
    """
    Convert an OWRS text to the fields of a Hydria tariff.

    returns  the tariff, and what could not be expressed, one sentence each
    """
    metadata = plain.get("metadata")
    made, problems = _heading(metadata if isinstance(metadata, dict) else {}, name)
    converters = {}
    for key, value in plain["rate_structure"].items():
        if not isinstance(value, dict | list):
            problems.append(f"The class {key} holds no fields.")
            continue
        for word in key.split("|"):  # one structure for several classes
            converters[word.strip()] = ClassConverter(word.strip(), value)
    classes = _converted(converters)
    made["notes"] = NOTES + _left_out(plain, converters)
    made |= {"rounding": {"line": {"places": "2", "mode": "half_up"}}, "inputs": _inputs(converters, made["unit"])}
    made |= {"classes_by": "class", "classes": classes}
    return made, problems + [problem for part in converters.values() for problem in part.problems]


def _heading(metadata: dict[str, Any], name: str) -> tuple[dict[str, Any], list[str]]:
    """Return the header fields, and what the metadata say that Hydria does not know."""
    problems = []
    said = {key: str(value).strip() for key, value in metadata.items() if value not in (None, "")}
    unit_text = said.get("bill_unit") or said.get("unit_type") or "ccf"
    unit = _UNITS.get(unit_text.lower())
    if unit is None:
        problems.append(f"The unit of water `{unit_text}` is not known; the volumes of the file are taken as they are.")
    period_text = said.get("bill_frequency") or "monthly"
    period = _PERIODS.get(period_text.lower().replace("-", "").replace(" ", ""))
    if period is None:
        problems.append(f"The bill frequency `{period_text}` is not known; the tariff is left without one.")
    date_text = said.get("effective_date", "")
    date = _iso_date(date_text)
    if date_text and date is None:
        problems.append(f"The effective date `{date_text}` is not a date; the tariff is left without one.")
    link = said.get("prop_218_link")
    made = {
        "tariff": re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"),
        "title": " ".join(said.get("utility_name", name).split()),
        "service": "water",
        "country": "US",
        "currency": "USD",
        "unit": unit or unit_text,
        "source": f"Open Water Rate Specification; {link}" if link else "Open Water Rate Specification",
    }
    return made | ({"billing_period": period} if period else {}) | ({"effective_from": date} if date else {}), problems


def _iso_date(text: str) -> str | None:
    """
    Read year-month-day or the American month/day/year, whatever stands between.

    >>> _iso_date("7-3-2017"), _iso_date("2016-03-01"), _iso_date("25/12/2017")
    ('2017-07-03', '2016-03-01', None)
    """
    parts = re.split(r"[-/.]", text)
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        return None
    year, month, day = parts if len(parts[0]) == 4 else (parts[2], parts[0], parts[1])
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat() if len(year) == 4 else None
    except ValueError:
        return None


def _converted(converters: dict[str, ClassConverter]) -> dict[str, Any]:
    """Convert every class; what one class works out and another one asks for gets a name of its own in the first."""
    made = {key: part.convert() for key, part in converters.items()}
    asked = {name for part in converters.values() for name in (*part.keys, *part.numbers)}
    for key, part in converters.items():
        if own := asked & part.derived.keys():
            converters[key] = ClassConverter(key, part.source, own=frozenset(own))
            made[key] = converters[key].convert()
    return made


def _inputs(converters: dict[str, ClassConverter], unit: str) -> dict[str, Any]:
    inputs: dict[str, Any] = {"class": {"values": list(converters)}, "usage": {"unit": unit}}
    for part in converters.values():
        for key, words in part.keys.items():
            known = inputs.setdefault(key, {"values": []})["values"]
            known += [word for word in words if word not in known]
    for part in converters.values():
        for number in part.numbers:
            inputs.setdefault(number, {})
    for theirs, ours in NAMES.items():
        if ours in inputs:
            inputs[ours].setdefault("also", []).append(theirs)
    return inputs


def _left_out(plain: dict[str, Any], converters: dict[str, ClassConverter]) -> str:
    """Name the charges that the file states and its bills leave out, such as a surcharge kept for droughts."""
    classes: dict[str, list[str]] = {}
    for key, part in converters.items():
        for label in part.left_out:
            classes.setdefault(label, []).append(key)
    text = "".join(f"Stated but not on the bill: {label} ({', '.join(keys)}).\n" for label, keys in classes.items())
    return text + "".join(f"Stated outside the classes: {key}.\n" for key in plain if key not in _PARTS_OF_FILE)
