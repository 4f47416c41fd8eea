"""
Turn a tariff in the neutral interchange form into a Hydria tariff, keeping labels, input names and cases.

The neutral form states limits as upper ends and tables as `lookup` with `when` rows; here every edge is a start and
a table is rows of keys and a value. Nothing is computed, so nothing can be lost; what the neutral text leaves open is
in its prose rule, which becomes the notes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hydria.tariffs.domain.document import Plain
from hydria.tariffs.domain.formula import is_name, parse_number
from hydria.tariffs.domain.values import ANY

_HEADER = (
    ("id", "tariff"), ("title", "title"), ("country", "country"), ("region", "region"), ("currency", "currency"),
    ("unit", "unit"), ("billing_period", "billing_period"), ("effective_from", "effective_from"), ("source", "source"),
)  # fmt: skip
_KNOWN = {name for name, _ in _HEADER} | {
    "numbers", "provenance", "structures", "rule", "rounding", "inputs", "parameters", "cases",
}  # fmt: skip
_NOTHING = ("", "null", "~", "None")


class Unconvertible(Exception):
    """A part of the neutral text has no counterpart; `what` and `why` say which."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")
        self.what, self.why = what, why


def is_neutral(plain: Plain) -> bool:
    """Say whether a text is in the neutral form."""
    return isinstance(plain, dict) and "parameters" in plain and "id" in plain


def convert_neutral(plain: dict[str, Any]) -> tuple[dict[str, Plain], list[str]]:
    """
    Convert a neutral text to the fields of a Hydria tariff.

    returns  the tariff, and what could not be expressed, one sentence each
    """
    converter = _Converter(plain)
    return converter.tariff(), converter.problems


class _Converter:
    def __init__(self, plain: dict[str, Any]) -> None:
        self.plain = plain
        self.problems: list[str] = []
        self.names: set[str] = set()

    def tariff(self) -> dict[str, Plain]:
        plain = self.plain
        made: dict[str, Any] = {ours: plain[theirs] for theirs, ours in _HEADER if plain.get(theirs)}
        for name in plain:
            if name not in _KNOWN:
                self.problems.append(f"The field `{name}` has no counterpart.")
        made["notes"] = self.notes()
        made["rounding"] = plain.get("rounding") or {"line": {"places": "2", "mode": "half_up"}}
        made["inputs"] = {name: self.input(entry) for name, entry in (plain.get("inputs") or {}).items()}
        parameters = plain["parameters"] or {}
        classes = parameters.get("classes") or {}
        if classes:
            made["inputs"].setdefault("class", {"values": list(classes)})
        self.names = set(made["inputs"])
        for part in (parameters, *classes.values()):
            self.names |= {str(entry.get("name")) for entry in part.get("derived") or []}
        made |= self.part(parameters)
        if classes:
            made["classes_by"] = "class"
            made["classes"] = {name: self.part(part) for name, part in classes.items()}
        made["cases"] = [self.case(case) for case in plain.get("cases") or []]
        return made

    def notes(self) -> str:
        parts = [self.plain.get("rule", "").strip()]
        for name in ("numbers", "provenance"):
            if self.plain.get(name):
                parts.append(f"{name.capitalize()}: {self.plain[name].strip()}")
        return "\n".join(part for part in parts if part) + "\n"

    def input(self, entry: Any) -> Plain:
        if not isinstance(entry, dict):
            return {}
        made: dict[str, Any] = {}
        if entry.get("values"):
            made["values"] = entry["values"]
        elif entry.get("type") in ("boolean", "bool"):
            made["values"] = ["true", "false"]
        return made | {name: entry[name] for name in ("unit", "default") if entry.get(name) not in (None, "")}

    def part(self, part: dict[str, Any]) -> dict[str, Plain]:
        made: dict[str, Any] = {}
        if part.get("derived"):
            made["derived"] = {
                entry["name"]: self.value(entry.get("formula", entry.get("value")), quotes_words=True)
                for entry in part["derived"]
            }
        labels: list[str] = []
        if part.get("lines"):
            made["charges"] = []
            for line in part["lines"]:
                try:
                    made["charges"].append(self.charge(line, labels))
                except Unconvertible as problem:
                    self.problems.append(f"{problem.what} cannot be expressed: {problem.why}.")
                labels.append(str(line.get("label")))
        return made

    # Charges

    def charge(self, line: dict[str, Any], labels: list[str]) -> dict[str, Any]:
        label = str(line.get("label"))
        kind = line.get("type")
        convert = _SHAPES.get(str(kind))
        if convert is None:
            raise Unconvertible(f"The charge `{label}`", f"its type `{kind}` is not known")
        made = {"charge": label, **convert(self, line)}
        if kind == "percent":
            made["of"] = [name for name in line.get("of") or [] if name in labels]
        for theirs, ours in (("limits_times", "edges_times"), ("times", "times"), ("only_if", "only_if")):
            if line.get(theirs) not in (None, *_NOTHING):
                made[ours] = self.value(line[theirs])
        if line.get("round") not in (None, ""):
            made["rounding"] = line["round"] if isinstance(line["round"], dict) else "none"
        if line.get("memo") == "true":
            made["memo"] = "true"
        return made

    def fixed(self, line: dict[str, Any]) -> dict[str, Any]:
        return {"shape": "fixed", "amount": self.value(line["amount"])}

    def unit_price(self, line: dict[str, Any]) -> dict[str, Any]:
        return {"shape": "uniform", **self.quantity(line), "price": self.value(line["price"])}

    def percent(self, line: dict[str, Any]) -> dict[str, Any]:
        return {"shape": "percent", "percent": self.value(line["percent"])}

    def formula(self, line: dict[str, Any]) -> dict[str, Any]:
        return {"shape": "formula", "formula": self.value(line["formula"])}

    def blocks(self, line: dict[str, Any]) -> dict[str, Any]:
        return {"shape": "blocks", **self.quantity(line), "blocks": self.bands(line, "prices", "price")}

    def whole(self, line: dict[str, Any]) -> dict[str, Any]:
        return {"shape": "whole", **self.quantity(line), "bands": self.bands(line, "prices", "price")}

    def flat(self, line: dict[str, Any]) -> dict[str, Any]:
        return {"shape": "flat", **self.quantity(line), "bands": self.bands(line, "amounts", "amount")}

    def base_excess(self, line: dict[str, Any]) -> dict[str, Any]:
        """Take each band's floor from the end of the one before; `over` stays where the excess counts from elsewhere."""
        made = {"shape": "base_excess", **self.quantity(line)}
        bands = line["bands"]
        if isinstance(bands, list):
            made["bands"] = self.band_rows(bands)
        else:
            made["bands"] = {
                "from": self.value(bands, leaf=_floors),
                "base": self.value(bands, leaf=lambda rows: [row["base"] for row in rows]),
                "price": self.value(bands, leaf=lambda rows: [row["excess_price"] for row in rows]),
                "over": self.value(bands, leaf=lambda rows: [row["over"] for row in rows]),
            }
        return made

    def band_rows(self, bands: list[Any]) -> list[Any]:
        rows = []
        for floor, band in zip(_floors(bands), bands, strict=True):
            row = {"from": self.value(floor), "base": self.value(band["base"])}
            row["price"] = self.value(band["excess_price"])
            if band.get("over") not in (None, floor):
                row["over"] = self.value(band["over"])
            rows.append(row)
        return rows

    def quantity(self, line: dict[str, Any]) -> dict[str, Any]:
        quantity = line.get("quantity")
        return {"quantity": self.value(quantity)} if quantity not in (None, "", "usage") else {}

    def bands(self, line: dict[str, Any], theirs: str, ours: str) -> Any:
        """Return rows of bands where both lists are plain, else columns that may be tables."""
        limits, rates = line.get("limits"), line[theirs]
        limits = [] if limits in (None, *_NOTHING) else [limits] if isinstance(limits, str) else limits
        rates = [rates] if isinstance(rates, str) else rates
        if isinstance(limits, list) and isinstance(rates, list) and len(rates) == len(limits) + 1:
            return [
                {"from": self.value(floor), ours: self.value(rate)}
                for floor, rate in zip(["0", *limits], rates, strict=True)
            ]
        return {"from": self.value(limits, leaf=lambda items: ["0", *items]), ours: self.value(rates, leaf=list)}

    # Values

    def value(self, node: Any, *, leaf: Callable[[list[Any]], Any] | None = None, quotes_words: bool = False) -> Any:
        """
        Convert a number, a formula, a list or a table; `leaf` is applied to each list that stands in it.

        A bare word in a derived table can only be a text, so it gets its quotes.
        """
        if isinstance(node, dict):
            if "lookup" in node:
                return self.table(node, leaf, quotes_words)
            raise Unconvertible("A value", f"it holds {', '.join(node)} where a number, formula or lookup is expected")
        if isinstance(node, list):
            return [self.value(item) for item in (leaf(node) if leaf else node)]
        if node is None:
            raise Unconvertible("A value", "it is missing")
        if leaf is not None:
            return [self.value(item) for item in leaf([node])]
        text = str(node)
        if quotes_words and is_name(text) and parse_number(text) is None and text not in self.names:
            return f"'{text}'"
        return text

    def table(self, node: dict[str, Any], leaf: Callable[[list[Any]], Any] | None, quotes_words: bool) -> Any:
        names = node["lookup"] if isinstance(node["lookup"], list) else [node["lookup"]]
        by = list(dict.fromkeys([*names, *(name for row in node.get("rows") or [] for name in row.get("when") or {})]))
        rows = []
        for row in node.get("rows") or []:
            value = self.value(row.get("value"), leaf=leaf, quotes_words=quotes_words)
            rows.append([*(str((row.get("when") or {}).get(name, ANY)) for name in by), value])
        made: dict[str, Any] = {"by": by[0] if len(by) == 1 else by}
        keys = [row[0] for row in rows]
        is_simple = len(by) == 1 and len(set(keys)) == len(keys) and ANY not in keys
        made["rows"] = {row[0]: row[1] for row in rows} if is_simple else rows
        if node.get("default") is not None:
            made["default"] = self.value(node["default"], leaf=leaf, quotes_words=quotes_words)
        return made

    def case(self, case: dict[str, Any]) -> dict[str, Any]:
        given = case.get("inputs") or {}
        made: dict[str, Any] = {"case": case["id"]}
        made["inputs"] = {name: text for name, text in given.items() if name in self.names and text not in _NOTHING}
        if "expected_lines" in case:
            made["lines"] = case["expected_lines"]
        if case.get("expected_total") not in (None, ""):
            made["total"] = case["expected_total"]
        return made


def _floors(bands: list[Any]) -> list[str]:
    return ["0", *(str(band["upto"]) for band in bands[:-1])]


_SHAPES: dict[str, Callable[[_Converter, dict[str, Any]], dict[str, Any]]] = {
    "fixed": _Converter.fixed,
    "unit_price": _Converter.unit_price,
    "blocks": _Converter.blocks,
    "whole_band": _Converter.whole,
    "band_amount": _Converter.flat,
    "base_plus_excess": _Converter.base_excess,
    "percent": _Converter.percent,
    "formula": _Converter.formula,
}
