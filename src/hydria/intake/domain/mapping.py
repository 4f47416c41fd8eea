"""
Read a mapping: the small text that says which column of a file feeds which field of which kind of record.

    mapping: town-meters
    scheme: old-system                  # the numbers of the file are kept as aliases of this scheme
    source: {format: csv, delimiter: ";"}
    records:
      - kind: meter
        fields:
          key: METER_NO                 # a column, taken as it is
          serial: {column: METER_NO, upper: yes}
          size: {column: DIAM, codes: sizes}
    codes:
      sizes: {"1/2": "15", "3/4": "20"}

Whatever cannot be understood becomes an `Issue` with its line; nothing is guessed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass

from hydria.intake.domain.kinds import KINDS, Field, Kind
from hydria.kernel.issues import Issue
from hydria.tariffs.domain import document
from hydria.tariffs.domain.findings import Findings

FORMATS = ("csv", "xlsx")
STEPS = (
    "empty", "default", "split", "upper", "lower", "strip", "pad", "prefix", "codes", "decimal", "multiply", "date",
    "add_days", "add_months",
)  # fmt: skip
CHECKS = ("warn_above",)
REPEATS = ("refuse", "keep_first")
INPUT_PREFIX = "inputs."


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Say how the file is laid out; an empty text means: find out."""

    format: str = ""
    delimiter: str = ""
    encoding: str = ""
    sheet: str = ""
    header_row: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One transform from the closed list `STEPS`, with its arguments as texts."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Say where a field comes from: a constant, or columns (joined when several) taken through steps."""

    field: Field
    columns: tuple[str, ...] = ()
    constant: str | None = None
    join: str = " "
    steps: tuple[Step, ...] = ()
    warn_above: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRule:
    """
    Feed one kind of record.

    when_column, when_values  only rows whose column holds one of the values; no values: any value at all
    repeats                   what happens to a row that repeats an identity with other content
    """

    kind: Kind
    cells: tuple[tuple[str, Cell], ...]
    when_column: str = ""
    when_values: tuple[str, ...] = ()
    repeats: str = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A mapping that has been read without findings."""

    name: str
    title: str
    scheme: str
    source: Source
    records: tuple[RecordRule, ...]
    codes: Dictionary[str, Dictionary[str, str]]
    hash: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column that the file has to have, in the order of first mention."""
        mentioned = (column for rule in self.records for _, cell in rule.cells for column in cell.columns)
        conditions = (rule.when_column for rule in self.records if rule.when_column)
        return tuple(dict.fromkeys((*mentioned, *conditions)))


def read_mapping(text: str) -> tuple[Mapping | None, list[Issue]]:
    """
    Read a mapping text; without a mapping there is at least one finding, with its line as `row`.

    >>> mapping, issues = read_mapping("mapping: m\\nscheme: s\\nrecords: [{kind: zone, fields: {code: Z, name: Z}}]")
    >>> mapping.columns, issues
    (('Z',), [])
    >>> read_mapping("mapping: m")[1][0].code
    'mapping_field_missing'
    """
    findings = Findings()
    tree = document.read_document(text, findings=findings)
    issues = [
        Issue(code="mapping_unreadable", row=issue.row, data={"problem": issue.message}) for issue in findings.issues
    ]
    if issues:
        return None, issues
    reader = _Reader(issues)
    mapping = reader.mapping(tree, hash_=hashlib.sha256(text.encode()).hexdigest())
    return (None, issues) if issues else (mapping, [])


class _Reader:
    """Walk the tree of a mapping and collect what is wrong with it."""

    def __init__(self, issues: list[Issue]) -> None:
        self.issues = issues
        self.codes: dict[str, dict[str, str]] = {}

    def refuse(self, code: str, node: document.Node | None, **data: object) -> None:
        self.issues.append(Issue(code=code, row=node.line if node else 1, data=data))

    def entries(self, node: document.Node | None, known: tuple[str, ...], *, what: str) -> dict[str, document.Node]:
        if not isinstance(node, document.Mapping):
            self.refuse("mapping_wants_fields", node, what=what)
            return {}
        for key, value in node.items.items():
            if known and key not in known:
                self.refuse("mapping_field_unknown", value, field=key, what=what, known=", ".join(known))
        return node.items

    def text(self, node: document.Node | None, *, what: str) -> str:
        if isinstance(node, document.Scalar):
            return node.text
        if node is not None:
            self.refuse("mapping_wants_text", node, what=what)
        return ""

    def texts(self, node: document.Node | None, *, what: str) -> tuple[str, ...]:
        nodes = node.items if isinstance(node, document.Sequence) else (node,)
        return tuple(self.text(item, what=what) for item in nodes)

    def mapping(self, tree: document.Node | None, *, hash_: str) -> Mapping:
        known = ("mapping", "title", "scheme", "source", "records", "codes")
        top = self.entries(tree, known, what="mapping")
        for needed in ("mapping", "scheme", "records"):
            if needed not in top:
                self.refuse("mapping_field_missing", tree, field=needed)
        self.codes = {
            name: {key: self.text(value, what=name) for key, value in self.entries(node, (), what=name).items()}
            for name, node in (self.entries(top["codes"], (), what="codes") if "codes" in top else {}).items()
        }
        rules = top.get("records")
        return Mapping(
            name=self.text(top.get("mapping"), what="mapping"),
            title=self.text(top.get("title"), what="title") or self.text(top.get("mapping"), what="mapping"),
            scheme=self.text(top.get("scheme"), what="scheme"),
            source=self.source(top.get("source")),
            records=tuple(
                rule
                for node in (rules.items if isinstance(rules, document.Sequence) else ())
                if (rule := self.record(node)) is not None
            ),
            codes=self.codes,
            hash=hash_,
        )

    def source(self, node: document.Node | None) -> Source:
        if node is None:
            return Source()
        known = ("format", "delimiter", "encoding", "sheet", "header_row")
        values = {key: self.text(value, what=key) for key, value in self.entries(node, known, what="source").items()}
        if values.get("format", "csv") not in FORMATS:
            self.refuse("mapping_value_unknown", node, value=values["format"], known=", ".join(FORMATS))
        header_row = values.pop("header_row", "1")
        if not re.fullmatch(r"[1-9]\d{0,3}", header_row):
            self.refuse("mapping_value_unknown", node, value=header_row, known="1, 2, 3 ...")
            header_row = "1"
        if len(values.get("delimiter", ",")) != 1:
            self.refuse("mapping_value_unknown", node, value=values["delimiter"], known="one character")
        return Source(header_row=int(header_row), **{key: values[key] for key in values if key in known})

    def record(self, node: document.Node) -> RecordRule | None:
        entries = self.entries(node, ("kind", "fields", "when", "repeats"), what="records")
        kind = KINDS.get(self.text(entries.get("kind"), what="kind"))
        if kind is None:
            self.refuse("mapping_kind_unknown", entries.get("kind", node), known=", ".join(KINDS))
            return None
        cells = {}
        for name, cell_node in self.entries(entries.get("fields"), (), what="fields").items():
            field = kind.field("inputs" if name.startswith(INPUT_PREFIX) else name)
            if field is None:
                known = ", ".join(field.name for field in kind.fields)
                self.refuse("mapping_field_unknown", cell_node, field=name, what=kind.name, known=known)
            elif (cell := self.cell(cell_node, field)) is not None:
                cells[name] = cell
        for field in kind.fields:
            if field.required and field.name not in cells:
                self.refuse("mapping_feeds_no", node, field=field.name, kind=kind.name)
        repeats = self.text(entries.get("repeats"), what="repeats") or "refuse"
        if repeats not in REPEATS:
            self.refuse("mapping_value_unknown", entries["repeats"], value=repeats, known=", ".join(REPEATS))
        column, values = self.condition(entries.get("when"))
        return RecordRule(
            kind=kind, cells=tuple(cells.items()), when_column=column, when_values=values, repeats=repeats
        )

    def condition(self, node: document.Node | None) -> tuple[str, tuple[str, ...]]:
        if node is None or isinstance(node, document.Scalar):
            return self.text(node, what="when"), ()
        entries = self.entries(node, ("column", "in"), what="when")
        values = self.texts(entries["in"], what="in") if "in" in entries else ()
        return self.text(entries.get("column"), what="column"), values

    def cell(self, node: document.Node, field: Field) -> Cell | None:
        if isinstance(node, document.Scalar):
            return Cell(field=field, columns=(node.text,))
        known = ("column", "columns", "join", "value", *STEPS, *CHECKS)
        entries = self.entries(node, known, what=field.name)
        columns = self.texts(entries[key], what=key) if (key := "columns") in entries else ()
        if "column" in entries:
            columns = (self.text(entries["column"], what="column"), *columns)
        constant = self.text(entries["value"], what="value") if "value" in entries else None
        if bool(columns) == (constant is not None):
            self.refuse("mapping_wants_one_source", node, field=field.name)
            return None
        steps = tuple(self.step(name, entries[name]) for name in entries if name in STEPS)
        return Cell(
            field=field,
            columns=columns,
            constant=constant,
            join=self.text(entries["join"], what="join") if "join" in entries else " ",
            steps=steps,
            warn_above=self.number(entries.get("warn_above")),
        )

    def number(self, node: document.Node | None) -> str:
        text = self.text(node, what="number")
        if text and not re.fullmatch(r"\d{1,12}(\.\d{1,12})?", text):
            self.refuse("mapping_value_unknown", node, value=text, known="2.5")
            return ""
        return text

    def step(self, name: str, node: document.Node) -> Step:
        if name == "split":
            entries = self.entries(node, ("by", "part"), what=name)
            by, part = (self.text(entries.get(key), what=key) for key in ("by", "part"))
            if not by or not re.fullmatch(r"[1-9]\d?", part):
                self.refuse("mapping_value_unknown", node, value=part, known="{by: '-', part: 1}")
            return Step(name, (by, part))
        arguments = self.texts(node, what=name)
        allowed = {"decimal": ("comma", "point"), "codes": tuple(self.codes)}.get(name)
        if allowed is not None and arguments[0] not in allowed:
            self.refuse("mapping_value_unknown", node, value=arguments[0], known=", ".join(allowed))
        if name == "pad" and not re.fullmatch(r"[1-9]\d?", arguments[0]):
            self.refuse("mapping_value_unknown", node, value=arguments[0], known="8")
        if name in ("add_days", "add_months") and not re.fullmatch(r"-?\d{1,4}", arguments[0]):
            self.refuse("mapping_value_unknown", node, value=arguments[0], known="1")
        if name == "multiply":
            self.number(node)
        return Step(name, arguments)
