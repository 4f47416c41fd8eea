"""
Read what an Open Water Rate Specification file says about one customer class.

A class lists fields that may use each other in any order; `bill` says which of them are on the bill. A field is a
number, a formula in the manner of R, a list (tiers), or a table (`depends_on`, `values`). The fields of a charge may
carry its name: the `tier_starts_drought` of `variable_drought_surcharge`, the `sewer_budget` of `sewer_charge`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hydria.tariffs.domain.form import number_text
from hydria.tariffs.domain.formula import (
    Arithmetic,
    Expression,
    FormulaError,
    Name,
    Number,
    parse_formula,
    parse_number,
)
from hydria.tariffs.domain.owrs_formula import from_r, rename, words_compared
from hydria.tariffs.domain.values import names_in_expression

NAMES = {  # of the form, for what billing knows by a name of its own
    "usage_ccf": "usage", "usage_hcf": "usage", "usage_kgal": "usage", "usage_gal": "usage", "usage_m3": "usage",
    "cust_class": "class", "days_in_period": "days", "number_dwelling_units": "units",
}  # fmt: skip
_TIERED = ("tiered", "budget")
_BUDGET_PARTS = re.compile(r"\b((?:indoor|outdoor)(?:_\w+)?)\b")
_INCHES = re.compile(r"^(\d+)[|_ ]+(\d+/\d+)")
_STATED_BY_FILE = frozenset({"rate", "price", "charge", "surcharge", "fee"})  # parts of names that no account can give
_EMPTY = (None, "", "null", "~")
_ZERO = {"shape": "fixed", "amount": "0"}


class ClassConverter:
    """
    Convert one customer class, and remember which inputs it needs.

    keys      inputs that tables are looked up by, with their words
    numbers   inputs that formulas use
    own       derived amounts whose name is an input of another class; here they are called `own_...`
    problems  what cannot be expressed, one sentence each
    """

    def __init__(self, name: str, source: dict[str, Any] | list[Any], *, own: frozenset[str] = frozenset()) -> None:
        self.name, self.source, self.own = name, source, own
        self.fields = _fields(source)
        self.problems: list[str] = []
        self.keys: dict[str, list[str]] = {}
        self.numbers: dict[str, None] = {}
        self.derived: dict[str, Any] = {}
        self.charges: dict[str, dict[str, Any]] = {}
        self.used: set[str] = set()  # charges that a formula names
        self.open: set[str] = set()  # fields that are being worked out, to notice circles
        self.label, self.stem = "bill", "commodity"
        self.on_bill, self.is_sum = self.bill()

    def convert(self) -> dict[str, Any]:
        for label in self.on_bill:
            self.add(label, is_memo=not self.is_sum)
        if not self.is_sum:
            self.label, self.stem = "bill", "commodity"
            self.charges["bill"] = {"charge": "bill", **self.priced(self.fields["bill"])}
        charges = [
            charge
            for label, charge in self.charges.items()
            if label in self.used or not _ZERO.items() <= charge.items()
        ]
        made: dict[str, Any] = {"derived": self.derived} if self.derived else {}
        # A class without charges pays nothing; that is a bill of one empty line.
        return made | {"charges": charges or [{"charge": "bill", **_ZERO}]}

    @property
    def left_out(self) -> list[str]:
        """Return the charges that are stated with a price and appear nowhere."""
        return [
            name
            for name, value in self.fields.items()
            if name.endswith("charge") and name not in self.charges and parse_number(str(value)) != 0
        ]

    def bill(self) -> tuple[list[str], bool]:
        """Return the charges that the bill names, and whether it is their plain sum."""
        if not self.fields.get("bill"):
            self.problem("bill", "is missing: nothing says which charges are due")
            return [], True
        try:
            expression = parse_formula(self.respelled(str(self.fields["bill"])))
        except FormulaError:
            return [], False  # said where the bill is converted
        names = [name for name in dict.fromkeys(names_in_expression(expression)) if name != "usage"]
        for name in names:
            if name.endswith("charge") and name not in self.fields:
                self.problem("bill", f"names {name}, which the class does not state; it is taken as 0")
                self.fields[name] = "0"
        return [name for name in names if name in self.fields], _is_sum(expression, self.fields)

    # Charges

    def add(self, label: str, *, is_memo: bool) -> None:
        """Work a charge out, after those that its formula names."""
        if label in self.charges or label in self.open:
            return
        outer = self.label, self.stem
        self.label, self.stem = label, _stem(label)
        self.open.add(label)
        charge = {"charge": label, **self.priced(self.fields[label])}
        self.open.discard(label)
        self.charges[label] = charge | ({"memo": "true", "rounding": "none"} if is_memo else {})
        self.label, self.stem = outer

    def priced(self, value: Any) -> dict[str, Any]:
        """Return shape and price of the charge at work."""
        kind = str(value).strip().lower()
        if kind in _TIERED:
            return self.tiers()
        if kind == "uniform":
            return self.uniform(self.named("flat_rate"))
        if isinstance(value, dict):
            return {"shape": "fixed", "amount": self.value(value)}
        text = self.single(value)
        if (number := parse_number(text)) is not None:
            return {"shape": "fixed", "amount": number_text(number)}
        rate = _rate_per_unit(self.respelled(text))
        if rate in self.fields and not self.is_charge(rate):
            return self.uniform(rate)
        if parse_number(rate) is not None:
            return {"shape": "uniform", "price": rate}
        if rate and rate not in self.fields:
            self.not_stated(rate)
        return {"shape": "formula", "formula": self.formula(text)}

    def uniform(self, rate: str) -> dict[str, Any]:
        """Price every unit at the rate of a field."""
        if rate not in self.fields:
            self.problem(self.label, "is uniform, but the class states no flat_rate")
            return _ZERO
        return {"shape": "uniform", "price": self.value(self.fields[rate])}

    def tiers(self) -> dict[str, Any]:
        names = [self.named(part) for part in ("tier_starts", "tier_prices")]
        is_shared = self.stem != "commodity" and str(self.fields.get("commodity_charge", "")).lower() in _TIERED
        for name in names:
            if not self.fields.get(name) or (is_shared and name in ("tier_starts", "tier_prices")):
                self.problem(self.label, f"has no {name}{' of its own' if is_shared else ''}")
                return _ZERO
        starts, prices = (self.fields[name] for name in names)
        edges, rates = self.value(starts, is_edge=True, wants_list=True), self.value(prices, wants_list=True)
        if differing := _differing_lengths(edges, rates):
            self.problem(self.label, "has {} tier starts and {} tier prices{}".format(*differing))
            return _ZERO
        if isinstance(edges, list) and isinstance(rates, list):
            blocks: Any = [{"from": edge, "price": rate} for edge, rate in zip(edges, rates, strict=True)]
        else:
            blocks = {"from": edges, "price": rates}
        return {"shape": "blocks", "blocks": blocks}

    # Values

    def value(self, node: Any, *, is_edge: bool = False, wants_list: bool = False, is_key: bool = False) -> Any:
        """Convert a number, formula, list or table; an edge is where a tier starts, a key selects rows of a table."""
        if isinstance(node, dict):
            return self.table(node, is_edge=is_edge, wants_list=wants_list, is_key=is_key)
        if wants_list:
            items = [self.single(item) for item in (node if isinstance(node, list) else [node])]
            return self.edges(items) if is_edge else [self.value(item) for item in items]
        text = self.single(node)
        if (number := parse_number(text)) is not None:
            return number_text(number)
        if is_key and self.named(text) not in self.fields:
            return f"'{text}'"
        return self.formula(text)

    def single(self, node: Any) -> str:
        """Return the one text of a value; a list may hold it."""
        node = node[0] if isinstance(node, list) and len(node) == 1 else node
        if isinstance(node, list | dict):
            self.problem(self.label, "holds a list or table where one amount belongs")
            return "0"
        return str(node)

    def table(self, node: dict[str, Any], **options: bool) -> Any:
        values = node.get("values")
        if set(node) != {"depends_on", "values"} or not isinstance(values, dict) or not node["depends_on"]:
            self.problem(self.label, "has a table that is not made of `depends_on` and `values`")
            return ["0"] if options["wants_list"] else "0"
        given = node["depends_on"] if isinstance(node["depends_on"], list) else [node["depends_on"]]
        names = [self.named(str(name).strip()) for name in given]
        rows: list[list[Any]] = []
        for key, value in values.items():
            words = list(_words(key))
            made = self.value([value] if isinstance(value, dict) else value, **options)  # no tables in tables
            if len(names) == 1:  # several words share the row
                rows += [[word, made] for word in words]
            elif len(words) == len(names):
                rows.append([*words, made])
            else:
                self.problem(self.label, f"has the key `{key}`, which does not name one {', one '.join(names)}")
        for name, *words in zip(names, *(row[:-1] for row in rows), strict=True):
            self.select_by(name, words)
        if len({tuple(row[:-1]) for row in rows}) < len(rows):
            self.problem(self.label, f"has a table by {', '.join(names)} that states a key twice")
        by = [self.spelled(name) for name in names]
        return {"by": by, "rows": rows} if len(by) > 1 else {"by": by[0], "rows": dict(rows)}

    def edges(self, starts: list[str]) -> list[str]:
        first = parse_number(starts[0]) if starts else None
        if first is None or first > 1:
            self.problem(self.label, f"starts its tiers at {starts[0] if starts else 'nothing'}, not at 0")
        return ["0", *(self.edge(start) for start in starts[1:])]

    def edge(self, text: str) -> str:
        """Return where a tier begins: after the unit before its first one, or exactly where it is said."""
        number = parse_number(text)
        if number is not None:
            return number_text(number - 1 if number.denominator == 1 and number > 0 else number)
        if text.endswith("%") and (percent := parse_number(text[:-1].strip())) is not None:
            return f"round_half_even({number_text(percent)} * {self.formula('budget')} / 100)"
        return f"round_half_even({self.formula(text)})"

    # Names

    def formula(self, text: str) -> str:
        """Convert a formula and everything it uses."""
        converted = self.respelled(text)
        try:
            expression = parse_formula(converted)
        except FormulaError as error:
            self.problem(self.label, f"holds `{text}`, which is no formula: {error.message}" if text else "is empty")
            return "0"
        for name, word in words_compared(converted):
            self.select_by(name, [word])
        for name in names_in_expression(expression):
            self.need(name)
        return rename(converted, self.spelled)

    def respelled(self, text: str) -> str:
        return rename(from_r(text), self.named)

    def named(self, word: str) -> str:
        """Return the field or input that a word means while the charge at work is converted."""
        for field in (f"{word}_{self.stem}", f"{self.stem}_{word}", word, word.removesuffix("_commodity")):
            if field in self.fields and field != self.label:
                return field
        return NAMES.get(word, word)

    def spelled(self, name: str) -> str:
        return f"own_{name}" if name in self.own else name

    def select_by(self, name: str, words: list[str]) -> None:
        """Note a name that selects, and the words that it selects by."""
        if name in self.fields:
            self.need(name, is_key=True)
        else:
            self.keys[name] = list(dict.fromkeys([*self.keys.get(name, ()), *words]))

    def need(self, name: str, *, is_key: bool = False) -> None:
        """Make sure that a name is worked out before it is used, or is an input."""
        if name in ("usage", "class") or name in self.keys or self.spelled(name) in self.derived:
            return
        if name not in self.fields:
            self.numbers.setdefault(name)
            if _STATED_BY_FILE.intersection(name.split("_")):
                self.not_stated(name)
        elif name in self.open:
            self.problem(self.label, "needs itself" if name == self.label else f"needs {name}, which needs itself")
        elif self.is_charge(name):
            self.used.add(name)
            self.add(name, is_memo=name not in self.on_bill or not self.is_sum)
        else:
            self.derive(name, is_key=is_key)

    def is_charge(self, name: str) -> bool:
        """Say whether a field is worked out with the charges, not before them."""
        return name in self.on_bill or name in self.charges or str(self.fields[name]).lower() in _TIERED

    def derive(self, name: str, *, is_key: bool) -> None:
        """Work a field out before the charges, or as a charge off the bill if it needs one."""
        value, used_before = self.fields[name], len(self.used)
        if "budget" in name.split("_") and isinstance(value, str):  # its parts count in whole units
            value = _BUDGET_PARTS.sub(r"round_half_even(\1)", value)
        self.open.add(name)
        made = self.value(value, is_key=is_key)
        self.open.discard(name)
        if len(self.used) > used_before:
            self.used.add(name)
            self.charges[name] = {
                "charge": name, "shape": "formula", "formula": made, "memo": "true", "rounding": "none"
            }  # fmt: skip
        else:
            self.derived[self.spelled(name)] = made

    def not_stated(self, name: str) -> None:
        self.problem(self.label, f"needs {name}, which the class does not state; it became an input")

    def problem(self, field: str, what: str) -> None:
        sentence = f"{self.name}: {field} {what}."
        if sentence not in self.problems:
            self.problems.append(sentence)


def _fields(source: dict[str, Any] | list[Any]) -> dict[str, Any]:
    """Return the fields of a class; old files list them one by one, some with a table beside its name."""
    fields: dict[str, Any] = {}
    for row in [source] if isinstance(source, dict) else source:
        if isinstance(row, dict) and row:
            name = next(iter(row))
            is_table = row[name] in _EMPTY and set(row) == {name, "depends_on", "values"}
            fields |= {name: {"depends_on": row["depends_on"], "values": row["values"]}} if is_table else row
    return {name: "" if value in _EMPTY else value for name, value in fields.items()}


def _stem(label: str) -> str:
    """
    Return the name that the fields of a charge carry.

    >>> _stem("commodity_charge"), _stem("variable_drought_surcharge")
    ('commodity', 'drought')
    """
    return re.sub(r"^(variable|fixed)_|_(sur)?charge$", "", label)


def _rate_per_unit(text: str) -> str:
    """
    Return the name or number that a formula multiplies the usage by; nothing if it is another sum.

    >>> _rate_per_unit("2.10 * usage"), _rate_per_unit("usage*flat_rate"), _rate_per_unit("usage + 1")
    ('2.1', 'flat_rate', '')
    """
    try:
        expression = parse_formula(text)
    except FormulaError:
        return ""
    match expression:
        case Arithmetic("*", Name("usage"), rate) | Arithmetic("*", rate, Name("usage")):
            return rate.name if isinstance(rate, Name) else number_text(rate.value) if isinstance(rate, Number) else ""
    return ""


def _differing_lengths(edges: Any, rates: Any) -> tuple[int, int, str] | None:
    """
    Return how many tier starts stand against how many prices where they differ, and for which key.

    >>> _differing_lengths(["0", "10"], {"by": "season", "rows": {"Summer": ["2", "3"], "Winter": ["1"]}})
    (2, 1, ' for Winter')
    """
    if isinstance(edges, dict) and isinstance(rates, dict) and edges["by"] != rates["by"]:
        return None  # left to the check of the tariff, which knows every combination
    starts, prices = _lists_by_key(edges), _lists_by_key(rates)
    for key in [key for key in (*starts, *prices) if key] or [""]:
        left, right = (lists.get(key, lists.get("")) for lists in (starts, prices))
        if left is not None and right is not None and len(left) != len(right):
            return len(left), len(right), f" for {key}" if key else ""
    return None


def _lists_by_key(value: Any) -> dict[str, list[str]]:
    if isinstance(value, list):
        return {"": value}
    rows = value["rows"].items() if isinstance(value["rows"], dict) else ((row[:-1], row[-1]) for row in value["rows"])
    return {key if isinstance(key, str) else ", ".join(key): made for key, made in rows}


def _is_sum(expression: Expression, known: dict[str, Any]) -> bool:
    match expression:
        case Arithmetic("+", left, right):
            return _is_sum(left, known) and _is_sum(right, known)
        case Name(name):
            return name in known
    return False


def _words(key: str) -> Iterator[str]:
    """
    Split a key of a table into its words; inches with a fraction are one word, however they are spelled.

    >>> list(_words('1|1/2"|INSIDE')), list(_words('1_1/2"')), list(_words('5/8"|3/4"'))
    (['1 1/2"', 'INSIDE'], ['1 1/2"'], ['5/8"', '3/4"'])
    """
    parts = [part.strip() for part in key.split("|")]
    while parts:
        word = parts.pop(0)
        if parts and word.isdecimal() and re.match(r"\d+/\d+", parts[0]):
            word = f"{word} {parts.pop(0)}"
        yield _INCHES.sub(r"\1 \2", word)
