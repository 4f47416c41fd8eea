"""
Read the YAML tree of a tariff into the records of `form`; every field that is odd becomes a finding with its line.

Reading goes on after a finding, so the author sees all of them at once.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from fractions import Fraction

from hydria.kernel.money import Currency
from hydria.kernel.rounding import Mode, Rounding
from hydria.tariffs.domain import document
from hydria.tariffs.domain.document import Node, Scalar, Sequence
from hydria.tariffs.domain.findings import Findings, say, suggest
from hydria.tariffs.domain.form import Case, Charge, Derived, Input, Kind, Shape, Tariff
from hydria.tariffs.domain.formula import FormulaError, parse_formula, parse_number
from hydria.tariffs.domain.history import History, read_history
from hydria.tariffs.domain.values import (
    Dated,
    Formula,
    Lookup,
    Row,
    Several,
    Value,
    constant,
    list_lengths,
    split_list,
)

HEADER_FIELDS = (
    "tariff", "title", "service", "country", "region", "currency", "unit", "billing_period", "effective_from",
    "source", "law", "notes", "rounding", "inputs", "derived", "charges", "classes_by", "classes", "cases",
)  # fmt: skip
INPUT_FIELDS = ("values", "unit", "default", "history", "also", "text")
COMMON_FIELDS = (
    "charge", "shape", "text", "source", "from", "until", "only_if", "times", "at_least", "at_most", "rounding", "memo",
    "tax", "ledger", "rank",
)  # fmt: skip
CHARGE_FIELDS = (
    "charge", "text", "source", "shape", "from", "until", "only_if", "quantity", "unit", "amount", "price", "blocks",
    "bands", "edges_times", "percent", "of", "formula", "times", "at_least", "at_most", "rounding", "memo", "tax",
    "ledger", "rank",
)  # fmt: skip  # in the order in which the formatter writes them
SHAPE_FIELDS: Mapping[Shape, tuple[str, ...]] = {
    Shape.FIXED: ("amount",),
    Shape.UNIFORM: ("quantity", "price", "unit"),
    Shape.BLOCKS: ("quantity", "blocks", "edges_times", "unit"),
    Shape.WHOLE: ("quantity", "bands", "edges_times", "unit"),
    Shape.FLAT: ("quantity", "bands", "edges_times", "unit"),
    Shape.BASE_EXCESS: ("quantity", "bands", "edges_times", "unit"),
    Shape.PERCENT: ("percent", "of"),
    Shape.FORMULA: ("formula",),
}
BAND_FIELDS: Mapping[Shape, tuple[str, ...]] = {
    Shape.BLOCKS: ("from", "price"),
    Shape.WHOLE: ("from", "price"),
    Shape.FLAT: ("from", "amount"),
    Shape.BASE_EXCESS: ("from", "base", "price"),
}
_RATE_FIELD = {Shape.FIXED: "amount", Shape.UNIFORM: "price", Shape.PERCENT: "percent", Shape.FORMULA: "formula"}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NAME = re.compile(r"""^tariff: *(["']?)([\w.-]{1,60})\1 *(#.*)?$""", re.MULTILINE)
_TRUTHS = ({"true", "false"}, {"true"}, {"false"})


def read_tariff(root: Node | None, *, name: str, findings: Findings) -> Tariff | None:
    """Read a tariff; None when the text is not a tariff at all."""
    if not isinstance(root, document.Mapping):
        findings.add("not_a_tariff", line=root.line if root else 1)
        return None
    return _Reader(findings).tariff(root, name)


def name_in(text: str) -> str:
    """
    Return the short name that a text gives itself, however unfinished the rest is; empty when there is none.

    >>> name_in("# draft\\ntariff: village\\ncharges: [")
    'village'
    """
    found = _NAME.search(text)
    return found.group(2) if found else ""


def renamed(text: str, *, name: str) -> str:
    """Return a text under another short name; everything else stays as it is."""
    return _NAME.sub(f"tariff: {name}", text, count=1)


class _Reader:
    """Read one node after the other; each method takes a node and returns a record, or a filler with a finding."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.line_rounding: Rounding | None = Rounding.to_places(2)

    # The whole

    def tariff(self, root: document.Mapping, name: str) -> Tariff:
        self.known_fields(root, HEADER_FIELDS)
        currency = self.text(root, "currency", cure=say("Write the ISO 4217 code, such as DOP.")) or "XXX"
        if not re.fullmatch(r"[A-Z]{3}", currency):
            self.findings.add("not_one_of", line=self.line(root, "currency"), text=currency, field="currency",
                              cure=say("Write three capitals, such as DOP."))  # fmt: skip
            currency = "XXX"
        self.line_rounding = Rounding.to_places(Currency.of(currency).exponent)
        total_rounding, rounding_ledger = self.roundings(root)
        groups = self.mapping(root, "classes")
        charges, derived = self.charges(root, None), self.derived(root, None)
        for group, node in groups.items():
            if isinstance(node, document.Mapping):
                self.known_fields(node, ("derived", "charges"))
                derived += self.derived(node, group)
                charges += self.charges(node, group)
            else:
                self.findings.add("not_a_mapping", line=node.line, field=group)
        if not charges:
            self.findings.add("no_charges", line=root.line)
        return Tariff(
            name=self.text(root, "tariff") or name,
            title=self.texts(root, "title"),
            currency=currency,
            unit=self.text(root, "unit") or "m3",
            service=self.text(root, "service"),
            country=self.text(root, "country"),
            region=self.text(root, "region"),
            billing_period=self.text(root, "billing_period"),
            effective_date=self.date(root, "effective_from"),
            source=self.text(root, "source"),
            law=self.text(root, "law"),
            notes=self.text(root, "notes"),
            line_rounding=self.line_rounding,
            total_rounding=total_rounding,
            rounding_ledger=rounding_ledger,
            by=(self.text(root, "classes_by") or "class") if groups else "",
            groups=tuple(groups),
            inputs=tuple(self.input(key, node) for key, node in self.mapping(root, "inputs").items()),
            derived=tuple(derived),
            charges=tuple(charges),
            cases=tuple(self.case(node, index) for index, node in enumerate(self.list(root, "cases"))),
        )

    def roundings(self, root: document.Mapping) -> tuple[Rounding | None, str]:
        node = root.items.get("rounding")
        if node is None:
            return None, ""
        if not isinstance(node, document.Mapping):
            self.findings.add("not_a_mapping", line=node.line, field="rounding")
            return None, ""
        self.known_fields(node, ("line", "total"))
        if "line" in node.items:
            self.line_rounding = self.rounding(node.items["line"])
        total = node.items.get("total")
        ledger = self.text(total, "ledger") if isinstance(total, document.Mapping) else ""
        return (None if total is None else self.rounding(total)), ledger

    def rounding(self, node: Node) -> Rounding | None:
        if isinstance(node, Scalar) and node.text == "none":
            return None
        if not isinstance(node, document.Mapping):
            self.findings.add("not_a_mapping", line=node.line, field="rounding")
            return None
        self.known_fields(node, ("places", "step", "mode", "ledger"))
        mode = self.one_of(node, "mode", tuple(Mode), default="half_up")
        if "step" in node.items:
            step = self.plain_number(node.items["step"])
            if step > 0:
                return Rounding(step, Mode(mode))
            self.findings.add("not_a_number", line=self.line(node, "step"), text=self.text(node, "step"))
            return None
        return Rounding.to_places(self.whole_number(node, "places", low=-6, high=12, default=2), Mode(mode))

    def input(self, name: str, node: Node) -> Input:
        if isinstance(node, Scalar) and node.text in ("", "number"):
            return Input(name=name, kind=Kind.NUMBER, line=node.line)
        if not isinstance(node, document.Mapping):
            self.findings.add("not_a_mapping", line=node.line, field=name)
            return Input(name=name, kind=Kind.NUMBER, line=node.line)
        self.known_fields(node, INPUT_FIELDS)
        values = tuple(self.scalar(item, "values") for item in self.list(node, "values"))
        kind = Kind.NUMBER if not values else Kind.TRUTH if {v.lower() for v in values} in _TRUTHS else Kind.TEXT
        default = self.text(node, "default") if "default" in node.items else None
        if default is not None and kind is Kind.NUMBER and parse_number(default) is None:
            self.findings.add("not_a_number", line=self.line(node, "default"), text=default)
        return Input(name=name, kind=kind, values=values, unit=self.text(node, "unit"), default=default,
                     history=self.history(node, kind), also=tuple(self.scalar(item, "also") for item in self.list(node, "also")),
                     text=self.texts(node, "text"), line=node.line)  # fmt: skip

    def history(self, node: document.Mapping, kind: Kind) -> History | None:
        if "history" not in node.items:
            return None
        text = self.text(node, "history")
        history = read_history(text) if kind is Kind.NUMBER else None
        if history is None:
            self.findings.add("not_a_history", line=self.line(node, "history"), text=text)
        return history

    def derived(self, parent: document.Mapping, group: str | None) -> list[Derived]:
        entries = self.mapping(parent, "derived")
        return [
            Derived(name=name, value=self.value(node, name), group=group, line=node.line)
            for name, node in entries.items()
        ]

    def case(self, node: Node, index: int) -> Case:
        name = f"case {index + 1}"
        if not isinstance(node, document.Mapping):
            self.findings.add("not_a_mapping", line=node.line, field="cases")
            return Case(name=name, inputs={}, lines=None, total=None, line=node.line)
        self.known_fields(node, ("case", "inputs", "from", "until", "lines", "total"))
        lines = self.mapping(node, "lines")
        return Case(
            name=self.text(node, "case") or name,
            inputs={key: self.scalar(value, key) for key, value in self.mapping(node, "inputs").items()},
            lines={key: self.plain_number(value) for key, value in lines.items()} if "lines" in node.items else None,
            total=self.plain_number(node.items["total"]) if "total" in node.items else None,
            start_date=self.date(node, "from"),
            end_date=self.date(node, "until"),
            line=node.line,
        )

    # Charges

    def charges(self, parent: document.Mapping, group: str | None) -> list[Charge]:
        found = []
        for node in self.list(parent, "charges"):
            if not isinstance(node, document.Mapping):
                self.findings.add("not_a_mapping", line=node.line, field="charges")
                continue
            charge = self.charge(node, group)
            if charge is not None:
                found.append(charge)
        return found

    def charge(self, node: document.Mapping, group: str | None) -> Charge | None:
        label = self.text(node, "charge", cure=say("Name the charge with a short word."))
        word = self.one_of(node, "shape", tuple(Shape), default=None)
        if not word:
            return None
        shape = Shape(word)
        self.known_fields(node, (*COMMON_FIELDS, *SHAPE_FIELDS[shape]))
        edges, rates, bases, overs = self.bands(node, shape)
        if shape in _RATE_FIELD:
            rates = (self.needed_value(node, _RATE_FIELD[shape]),)
        rounding = self.rounding(node.items["rounding"]) if "rounding" in node.items else self.line_rounding
        from_date, until_date = self.date(node, "from"), self.date(node, "until")
        if from_date and until_date and until_date <= from_date:
            self.findings.add("period_reversed", line=self.line(node, "until"))
        return Charge(
            label=label,
            shape=shape,
            group=group,
            quantity=self.quantity(node) if "quantity" in SHAPE_FIELDS[shape] else None,
            rates=rates,
            edges=edges,
            bases=bases,
            overs=overs,
            of=tuple(self.scalar(item, "of") for item in self.list(node, "of", needed=shape is Shape.PERCENT)),
            only_if=self.optional_value(node, "only_if"),
            times=self.optional_value(node, "times"),
            edges_times=self.optional_value(node, "edges_times"),
            at_least=self.optional_value(node, "at_least"),
            at_most=self.optional_value(node, "at_most"),
            rounding=rounding,
            is_memo=self.one_of(node, "memo", ("true", "false"), default="false") == "true",
            from_date=from_date,
            until_date=until_date,
            text=self.texts(node, "text"),
            source=self.text(node, "source"),
            ledger=self.text(node, "ledger"),
            rank=self.whole_number(node, "rank", low=0, high=999, default=100),
            tax=self.text(node, "tax"),
            unit=self.text(node, "unit"),
            line=node.line,
        )

    def quantity(self, node: document.Mapping) -> Value:
        return self.optional_value(node, "quantity") or Formula(parse_formula("usage"), "usage", node.line)

    def bands(self, node: document.Mapping, shape: Shape) -> tuple[tuple[Value, ...], ...]:
        """
        Read edges, rates, bases and overs of a banded charge; four empty tuples for the other shapes.

        Bands are a list of `{from, price}`, or columns `{from: [...], price: [...]}` where a column may be a table.
        """
        if shape not in BAND_FIELDS:
            return (), (), (), ()
        where = "blocks" if shape is Shape.BLOCKS else "bands"
        bands = node.items.get(where)
        if bands is None:
            self.findings.add(
                "missing_field", line=node.line, field=where, cure=say("List the bands, the first from 0.")
            )
            return (), (), (), ()
        wanted = BAND_FIELDS[shape]
        optional = ("over",) if shape is Shape.BASE_EXCESS else ()
        if isinstance(bands, Sequence):
            columns = self.band_rows(bands, wanted, optional)
        elif isinstance(bands, document.Mapping):
            columns = self.band_columns(bands, wanted, optional)
        else:
            self.findings.add("not_a_list", line=bands.line, field=where)
            columns = {}
        edges = columns.get("from", ())
        rates = columns.get(wanted[-1], ())
        self.edges(edges, bands.line)
        return edges, rates, columns.get("base", ()), columns.get("over", edges) if optional else ()

    def band_rows(
        self, bands: Sequence, wanted: tuple[str, ...], optional: tuple[str, ...]
    ) -> dict[str, tuple[Value, ...]]:
        columns: dict[str, list[Value]] = {name: [] for name in (*wanted, *optional)}
        for band in bands.items:
            if not isinstance(band, document.Mapping):
                self.findings.add("not_a_mapping", line=band.line, field="band")
                continue
            self.known_fields(band, (*wanted, *optional))
            for name in wanted:
                columns[name].append(self.needed_value(band, name))
            for name in optional:
                columns[name].append(self.optional_value(band, name) or columns["from"][-1])
        return {name: tuple(values) for name, values in columns.items()}

    def band_columns(
        self, bands: document.Mapping, wanted: tuple[str, ...], optional: tuple[str, ...]
    ) -> dict[str, tuple[Value, ...]]:
        self.known_fields(bands, (*wanted, *optional))
        whole: dict[str, Value] = {}
        for name in wanted:
            if name in bands.items:
                whole[name] = self.value(bands.items[name], name, wants_list=True)
            else:
                self.findings.add("missing_field", line=bands.line, field=name, cure=say("Give one value a band."))
        for name in optional:
            if name in bands.items:
                whole[name] = self.value(bands.items[name], name, wants_list=True)
        for name, other in whole.items():
            if "from" in whole and name != "from":
                self.same_lengths(whole["from"], other, name)
        return {name: split_list(value) for name, value in whole.items() if any(list_lengths(value))}

    def same_lengths(self, edges: Value, other: Value, name: str) -> None:
        """Check that lists which can meet in one account have equally many entries; the first row that fits counts."""
        lists, others = list(list_lengths(edges)), list(list_lengths(other))
        for place, (keys, length, _) in enumerate(lists):
            for other_place, (other_keys, other_length, line) in enumerate(others):
                both = keys | other_keys
                is_reached = both == other_keys | keys and not any(
                    earlier.items() <= both.items() for earlier, *_ in (*lists[:place], *others[:other_place])
                )
                if is_reached and length != other_length:
                    self.findings.add("lengths_differ", line=line, left=length, right=other_length, what=name)
                    return

    def edges(self, edges: tuple[Value, ...], line: int) -> None:
        if not edges:
            self.findings.add("no_bands", line=line)
            return
        numbers = [parse_number(edge.text) if isinstance(edge, Formula) else None for edge in edges]
        if numbers[0] != 0 and not isinstance(edges[0], Lookup | Dated):
            self.findings.add("first_edge", line=edges[0].line)
        for before, edge, value in zip(numbers, numbers[1:], edges[1:], strict=False):
            if before is not None and edge is not None and edge <= before:
                self.findings.warn("edges_fall", line=value.line, edge=edge, before=before)

    # Values

    def needed_value(self, node: document.Mapping, name: str) -> Value:
        if name not in node.items:
            self.findings.add("missing_field", line=node.line, field=name, cure=say("Give a number, formula or table."))
            return constant(0, node.line)
        return self.value(node.items[name], name)

    def optional_value(self, node: document.Mapping, name: str) -> Value | None:
        return self.value(node.items[name], name) if name in node.items else None

    def value(self, node: Node, name: str, *, wants_list: bool = False) -> Value:
        """Read a number, formula, table or dated value (or, where wanted, lists of them)."""
        if isinstance(node, document.Mapping):
            if "by" in node.items:
                return self.lookup(node, name, wants_list)
            if node.items and all(_DATE.fullmatch(key) for key in node.items):
                return self.dated(node, name, wants_list)
            cure = say("Write `by:` with `rows:` for a table, or dates as keys.")
            self.findings.add("unknown_field", line=node.line, field=next(iter(node.items), name), cure=cure)
            return self.filler(node.line, wants_list)
        if isinstance(node, Sequence):
            if wants_list and node.items:
                return Several(tuple(self.value(item, name) for item in node.items), node.line)
            self.findings.add("not_a_text", line=node.line, field=name)
            return self.filler(node.line, wants_list)
        if wants_list:
            self.findings.add("list_needed", line=node.line)
            return self.filler(node.line, wants_list)
        return self.formula(node, name)

    def filler(self, line: int, wants_list: bool) -> Value:
        return Several((constant(0, line),), line) if wants_list else constant(0, line)

    def formula(self, node: Scalar, name: str) -> Formula:
        number = parse_number(node.text.strip())
        if number is not None:
            return Formula(constant(number).expression, node.text.strip(), node.line)
        if not node.text.strip():
            self.findings.add("missing_field", line=node.line, field=name, cure=say("Give a number or a formula."))
            return constant(0, node.line)
        try:
            return Formula(parse_formula(node.text), node.text, node.line)
        except FormulaError as error:
            self.findings.add("bad_formula", line=node.line, formula=node.text[:80], column=error.column,
                              problem=error.message, cure=error.cure)  # fmt: skip
            return constant(0, node.line)

    def dated(self, node: document.Mapping, name: str, wants_list: bool) -> Value:
        entries = []
        for key, entry in node.items.items():
            date = self.to_date(key, node.key_lines[key])
            if date is not None:
                entries.append((date, self.value(entry, name, wants_list=wants_list)))
        entries.sort(key=lambda entry: entry[0])
        return Dated(tuple(entries), node.line) if entries else self.filler(node.line, wants_list)

    def lookup(self, node: document.Mapping, name: str, wants_list: bool) -> Value:
        self.known_fields(node, ("by", "rows", "default"))
        by_node = node.items["by"]
        by = (self.scalar(by_node, "by"),) if isinstance(by_node, Scalar) else tuple(
            self.scalar(item, "by") for item in self.list(node, "by"))  # fmt: skip
        rows = []
        rows_node = node.items.get("rows")
        if isinstance(rows_node, document.Mapping) and len(by) == 1:
            rows = [
                Row((key,), self.value(value, name, wants_list=wants_list), rows_node.key_lines[key])
                for key, value in rows_node.items.items()
            ]
        else:
            for row in self.list(node, "rows", needed=True):
                read = self.row(row, by, name, wants_list)
                rows += [read] if read else []
        default = node.items.get("default")
        value = None if default is None else self.value(default, name, wants_list=wants_list)
        if not rows and value is None:
            return self.filler(node.line, wants_list)
        return Lookup(by, tuple(rows), value, node.line)

    def row(self, row: Node, by: tuple[str, ...], name: str, wants_list: bool) -> Row | None:
        if not isinstance(row, Sequence) or len(row.items) != len(by) + 1:
            found = len(row.items) if isinstance(row, Sequence | document.Mapping) else 1
            self.findings.add("row_length", line=row.line, found=found, wanted=len(by) + 1, keys=", ".join(by))
            return None
        keys = tuple(self.scalar(item, "rows") for item in row.items[:-1])
        return Row(keys, self.value(row.items[-1], name, wants_list=wants_list), row.line)

    # Fields

    def line(self, node: document.Mapping, name: str) -> int:
        return node.key_lines.get(name, node.line)

    def known_fields(self, node: document.Mapping, known: tuple[str, ...]) -> None:
        for name in node.items:
            if name not in known:
                self.findings.add("unknown_field", line=self.line(node, name), field=name, cure=suggest(name, known))

    def scalar(self, node: Node, name: str) -> str:
        if isinstance(node, Scalar):
            return node.text.strip()
        self.findings.add("not_a_text", line=node.line, field=name)
        return ""

    def text(self, node: document.Mapping, name: str, *, cure: str = "") -> str:
        if name in node.items:
            return self.scalar(node.items[name], name)
        if cure:
            self.findings.add("missing_field", line=node.line, field=name, cure=cure)
        return ""

    def texts(self, node: document.Mapping, name: str) -> dict[str, str]:
        """Read a text, or one text per language; "" stands for "every language"."""
        found = node.items.get(name)
        if isinstance(found, document.Mapping):
            return {language: self.scalar(text, name) for language, text in found.items.items()}
        return {} if found is None else {"": self.scalar(found, name)}

    def mapping(self, node: document.Mapping, name: str) -> dict[str, Node]:
        found = node.items.get(name)
        if isinstance(found, document.Mapping):
            return found.items
        if found is not None and not (isinstance(found, Scalar) and not found.text):
            self.findings.add("not_a_mapping", line=found.line, field=name)
        return {}

    def list(self, node: document.Mapping, name: str, *, needed: bool = False) -> tuple[Node, ...]:
        found = node.items.get(name)
        if isinstance(found, Sequence):
            return found.items
        if found is not None:
            self.findings.add("not_a_list", line=found.line, field=name)
        elif needed:
            self.findings.add("missing_field", line=node.line, field=name, cure=say("Write a list."))
        return ()

    def one_of(self, node: document.Mapping, name: str, known: tuple[str, ...], *, default: str | None) -> str:
        if name not in node.items:
            if default is None:
                cure = say("Choose one of {names}.", names=", ".join(known))
                self.findings.add("missing_field", line=node.line, field=name, cure=cure)
            return default or ""
        text = self.text(node, name)
        if text in known:
            return text
        self.findings.add("not_one_of", line=self.line(node, name), text=text, field=name, cure=suggest(text, known))
        return default or ""

    def plain_number(self, node: Node) -> Fraction:
        text = self.scalar(node, "number")
        number = parse_number(text)
        if number is None:
            self.findings.add("not_a_number", line=node.line, text=text)
        return number or Fraction(0)

    def whole_number(self, node: document.Mapping, name: str, *, low: int, high: int, default: int) -> int:
        if name not in node.items:
            return default
        number = parse_number(self.text(node, name))
        if number is None or number.denominator != 1 or not low <= number <= high:
            self.findings.add("not_a_whole_number", line=self.line(node, name), text=self.text(node, name),
                              low=low, high=high)  # fmt: skip
            return default
        return int(number)

    def date(self, node: document.Mapping, name: str) -> datetime.date | None:
        return self.to_date(self.text(node, name), self.line(node, name)) if name in node.items else None

    def to_date(self, text: str, line: int) -> datetime.date | None:
        try:
            return datetime.datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a civil date has no zone
        except ValueError:
            self.findings.add("not_a_date", line=line, text=text)
            return None
