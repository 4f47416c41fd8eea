"""
Turn an Open Water Rate Specification (OWRS) text into a Hydria tariff.

OWRS lists, for each customer class, fields that may use each other in any order; `bill` says which of them are on the
bill. Three readings are ours, because the specification leaves them to its programs: a tier start is the first unit
of its tier, so the tier before ends one unit earlier; starts given as budget percentages or by name are limits as
they stand, rounded half even to whole units; `usage_ccf` and `cust_class` become `usage` and `class`.
Source: github.com/California-Data-Collaborative/Open-Water-Rate-Specification.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hydria.tariffs.domain.document import Plain
from hydria.tariffs.domain.form import number_text
from hydria.tariffs.domain.formula import Arithmetic, Expression, FormulaError, Name, parse_formula, parse_number
from hydria.tariffs.domain.values import names_in_expression

_FREQUENCIES = {"monthly": "monthly", "bimonthly": "two-month", "bi-monthly": "two-month", "quarterly": "quarterly"}
_UNITS = {"ccf": "ccf", "hcf": "ccf", "kgal": "kgal", "gal": "gal", "gallons": "gal", "m3": "m3"}
_USAGE_NAMES = ("usage_ccf", "usage_hcf", "usage_kgal", "usage_gal", "usage_m3")
_USAGE = re.compile(r"\busage_(?:ccf|hcf|kgal|gal|m3)\b")
_BUDGET_PARTS = re.compile(r"\b(indoor|outdoor)\b")
_SPLIT_INCHES = re.compile(r"^(\d+)[|_ ]+(\d+/\d+)")
NOTES = """\
Converted from an Open Water Rate Specification file. A tier start is read as the first unit of its tier; budget
percentages and named limits count as they stand, rounded half even to whole units. Lines are rounded half up.
"""


def is_owrs(plain: Plain) -> bool:
    """Say whether a text is an OWRS file."""
    return isinstance(plain, dict) and isinstance(plain.get("rate_structure"), dict)


def convert_owrs(plain: dict[str, Any], *, name: str) -> tuple[dict[str, Plain], list[str]]:
    """
    Convert an OWRS text to the fields of a Hydria tariff.

    returns  the tariff, and what could not be expressed, one sentence each
    """
    metadata = plain.get("metadata") or {}
    classes = {key: _Class(key, _fields(value)) for key, value in plain["rate_structure"].items()}
    converted = {key: part.convert() for key, part in classes.items()}
    inputs: dict[str, Any] = {
        "class": {"values": list(classes), "also": ["cust_class"]},
        "usage": {"unit": _unit(metadata), "also": list(_USAGE_NAMES)},
    }
    for part in classes.values():
        for key, words in part.keys.items():
            known = inputs.setdefault(key, {"values": []})["values"]
            known += [word for word in words if word not in known]
        for number in part.numbers:
            inputs.setdefault(number, {})
    utility = metadata.get("utility_name") or name
    made: dict[str, Any] = {
        "tariff": re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"),
        "title": utility,
        "service": "water",
        "country": "US",
        "currency": "USD",
        "unit": _unit(metadata),
        "billing_period": _FREQUENCIES.get(str(metadata.get("bill_frequency", "")).lower(), "monthly"),
    }
    if date := _iso_date(str(metadata.get("effective_date", ""))):
        made["effective_from"] = date
    made |= {"source": "Open Water Rate Specification", "notes": NOTES}
    made |= {"rounding": {"line": {"places": "2", "mode": "half_up"}}, "inputs": inputs}
    made |= {"classes_by": "class", "classes": converted}
    return made, [problem for part in classes.values() for problem in part.problems]


def _unit(metadata: dict[str, Any]) -> str:
    return _UNITS.get(str(metadata.get("bill_unit", "ccf")).lower(), "ccf")


def _iso_date(text: str) -> str | None:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return text
    match = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    return f"{match[3]}-{int(match[1]):02d}-{int(match[2]):02d}" if match else None


def _fields(value: Any) -> dict[str, Any]:
    """Return the fields of a class; old files list them one by one."""
    fields = value if isinstance(value, dict) else {key: entry for row in value for key, entry in row.items()}
    return {key.removesuffix("_commodity") if key != "commodity" else key: entry for key, entry in fields.items()}


class _Class:
    """Convert one customer class, and remember which inputs it needs."""

    def __init__(self, name: str, fields: dict[str, Any]) -> None:
        self.name = name
        self.fields = fields
        self.problems: list[str] = []
        self.keys: dict[str, list[str]] = {}  # inputs that tables are looked up by, with their words
        self.numbers: dict[str, None] = {}  # inputs that formulas use
        self.derived: dict[str, Any] = {}

    def convert(self) -> dict[str, Any]:
        labels, is_sum = self.bill()
        charges = [charge for label in labels if (charge := self.charge(label)) is not None]
        if not is_sum:
            charges = [charge | {"memo": "true", "rounding": "none"} for charge in charges]
            charges.append({"charge": "bill", "shape": "formula", "formula": self.formula(self.fields["bill"])})
        made: dict[str, Any] = {"derived": self.derived} if self.derived else {}
        # A class without charges pays nothing; that is a bill of one empty line.
        made["charges"] = charges or [{"charge": "bill", "shape": "fixed", "amount": "0"}]
        return made

    def bill(self) -> tuple[list[str], bool]:
        """Return the names in the bill's formula, and whether it is their plain sum."""
        try:
            expression = parse_formula(_USAGE.sub("usage", str(self.fields.get("bill", "commodity_charge"))))
        except FormulaError as error:
            self.problems.append(f"{self.name}.bill cannot be expressed: {error.message}.")
            return [], True
        names = [name for name in dict.fromkeys(names_in_expression(expression)) if name in self.fields]
        return names, _is_sum(expression)

    def charge(self, label: str) -> dict[str, Any] | None:
        value = self.fields[label]
        if value in ("Tiered", "Budget"):
            return self.tiers(label, is_budget=value == "Budget")
        if isinstance(value, dict):
            return {"charge": label, "shape": "fixed", "amount": self.value(value)}
        text = str(value[0] if isinstance(value, list) else value)
        number = parse_number(text)
        if number is not None:
            return {"charge": label, "shape": "fixed", "amount": text} if number else None
        price = re.fullmatch(r"\s*([\w.]+)\s*\*\s*usage\s*", _USAGE.sub("usage", text))
        if price and (parse_number(price[1]) is not None or price[1] in self.fields):
            rate = price[1] if parse_number(price[1]) is not None else self.value(self.fields[price[1]])
            return {"charge": label, "shape": "uniform", "price": rate}
        return {"charge": label, "shape": "formula", "formula": self.formula(text)}

    def tiers(self, label: str, *, is_budget: bool) -> dict[str, Any] | None:
        stem = label.removesuffix("_charge").removesuffix("_surcharge").removeprefix("variable_")
        starts, prices = (
            next((self.fields[key] for key in (f"{part}_{stem}", f"{stem}_{part}", part) if key in self.fields), None)
            for part in ("tier_starts", "tier_prices")
        )
        if starts is None or prices is None:
            self.problems.append(f"{self.name}.{label} cannot be expressed: it has no tier starts or no tier prices.")
            return None
        edges = self.value(starts, edge="budget" if is_budget else "tier", wants_list=True)
        rates = self.value(prices, wants_list=True)
        if isinstance(edges, list) and isinstance(rates, list) and len(edges) == len(rates):
            blocks: Any = [{"from": edge, "price": rate} for edge, rate in zip(edges, rates, strict=True)]
        else:
            blocks = {"from": edges, "price": rates}
        return {"charge": label, "shape": "blocks", "blocks": blocks}

    def value(self, node: Any, *, edge: str = "", wants_list: bool = False) -> Any:
        """Convert a number, formula, list or map; `edge` tells that its parts are where tiers start."""
        if isinstance(node, dict):
            return self.table(node, edge, wants_list)
        if isinstance(node, list):
            if len(node) == 1 and not wants_list:
                return self.value(node[0])
            return [self.edge(str(item), edge) if edge else self.value(item) for item in node]
        if wants_list:
            return self.value([node], edge=edge, wants_list=True)
        text = str(node)
        return text if parse_number(text) is not None else self.formula(text)

    def table(self, node: dict[str, Any], edge: str, wants_list: bool) -> Any:
        by = node["depends_on"] if isinstance(node["depends_on"], list) else [node["depends_on"]]
        rows = []
        for key, value in node["values"].items():
            words = _split_key(key, len(by))
            if len(words) != len(by):
                self.problems.append(f"{self.name}: the key `{key}` does not name {', '.join(by)}.")
                continue
            for name, word in zip(by, words, strict=True):
                if name not in self.fields:
                    self.keys.setdefault(name, [])
                    self.keys[name] += [word] if word not in self.keys[name] else []
            rows.append([*words, self.value(value, edge=edge, wants_list=wants_list)])
        for name in by:
            if name in self.fields:
                self.need(name)
        if len(by) == 1:
            return {"by": by[0], "rows": dict(rows)}
        return {"by": by, "rows": rows}

    def edge(self, text: str, kind: str) -> str:
        number = parse_number(text)
        if number is not None:
            return number_text(number - 1) if kind == "tier" and number > 0 else number_text(number)
        if text.endswith("%") and (percent := parse_number(text[:-1])) is not None:
            self.need("budget")
            return f"round_half_even({number_text(percent)} * budget / 100)"
        formula = self.formula(text)
        return f"round_half_even({formula})" if kind == "budget" else formula

    def formula(self, text: Any) -> str:
        """Convert a formula and everything it uses."""
        converted = _USAGE.sub("usage", str(text))
        try:
            names = list(names_in_expression(parse_formula(converted)))
        except FormulaError as error:
            self.problems.append(f"{self.name}: `{text}` cannot be expressed: {error.message}.")
            return "0"
        for name in names:
            self.need(name)
        return converted

    def need(self, name: str) -> None:
        """Make sure that a name is worked out before it is used, or is an input."""
        if name == "usage" or name in self.derived:
            return
        if name not in self.fields:
            self.numbers.setdefault(name)
            return
        if self.fields[name] in ("Tiered", "Budget") or name in self.bill()[0]:
            return
        value = self.fields[name]
        if name == "budget":  # its parts count in whole units
            value = _BUDGET_PARTS.sub(r"round_half_even(\1)", str(value))
        self.fields[name], kept = "0", self.fields[name]  # a field that needs itself finds a number, not a circle
        made = self.value(value)
        self.fields[name] = kept
        self.derived[name] = made


def _is_sum(expression: Expression) -> bool:
    match expression:
        case Arithmetic("+", left, right):
            return _is_sum(left) and _is_sum(right)
        case Name():
            return True
    return False


def _split_key(key: str, count: int) -> list[str]:
    """
    Split a key of a map into its words; inches with a fraction are one word, however they are spelled.

    >>> _split_key('1|1/2"|INSIDE', 2), _split_key('1_1/2"', 1)
    (['1 1/2"', 'INSIDE'], ['1 1/2"'])
    """
    return list(_words(key)) if count > 1 else [_SPLIT_INCHES.sub(r"\1 \2", key)]


def _words(key: str) -> Iterator[str]:
    parts = key.split("|")
    while parts:
        word = parts.pop(0)
        if parts and re.fullmatch(r"\d+", word) and re.match(r"\d+/\d+", parts[0]):
            word = f"{word} {parts.pop(0)}"
        yield _SPLIT_INCHES.sub(r"\1 \2", word.strip())
