"""
Write a tariff in its canonical layout: fields in order, two spaces, short things on one line, comments kept.

What a text means never changes by formatting (its `version_hash` stays), and formatting twice changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from hydria.tariffs.domain.document import Mapping, Node, Plain, Scalar, Sequence
from hydria.tariffs.domain.reading import CHARGE_FIELDS, HEADER_FIELDS

WIDTH = 110
_PLAIN = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=~][^\n\t]*|-?\.?\d[^\n\t]*")
_UNSAFE = re.compile(r":(\s|$)|\s#|^\s|\s$")
_UNSAFE_IN_FLOW = re.compile(r"[,\[\]{}]|:")
_SPACED = frozenset({"rounding", "inputs", "derived", "charges", "classes_by", "classes", "cases"})
_HEADER_ORDER = {name: index for index, name in enumerate(HEADER_FIELDS)}
_CHARGE_ORDER = {name: index for index, name in enumerate(CHARGE_FIELDS)}


@dataclass(frozen=True, slots=True)
class Comments:
    """Hold the comments of a text by the line that they belong to: whole lines above it, and the rest of it."""

    top: tuple[str, ...] = ()
    above: dict[int, tuple[str, ...]] = field(default_factory=dict)
    beside: dict[int, str] = field(default_factory=dict)
    below: tuple[str, ...] = ()


def format_text(text: str, root: Node) -> str:
    """Return the canonical layout of a readable text."""
    return _Writer(_comments(text)).document(root)


def write_plain(plain: Plain) -> str:
    """
    Write a tariff made of dictionaries, lists and texts.

    >>> print(write_plain({"tariff": "demo", "charges": [{"charge": "water", "of": ["a", "b: c"]}]}), end="")
    tariff: demo
    <BLANKLINE>
    charges:
      - charge: water
        of: [a, 'b: c']
    """
    return _Writer(Comments()).document(_node(plain))


def _node(plain: Plain) -> Node:
    if isinstance(plain, dict):
        return Mapping({key: _node(value) for key, value in plain.items()}, 0, {})
    if isinstance(plain, list):
        return Sequence(tuple(_node(item) for item in plain), 0)
    return Scalar(plain, 0)


def _comments(text: str) -> Comments:
    """Find comments with YAML's own scanner: whatever is not in a token and starts with # is one."""
    covered: dict[int, int] = {}
    skipped: set[int] = set()
    for token in yaml.scan(text, Loader=yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
        start, end = token.start_mark, token.end_mark
        if isinstance(token, yaml.ScalarToken):
            skipped.update(range(start.line + 1, end.line))
            if token.style in ("|", ">") and end.column == 0:
                covered.setdefault(end.line, 0)
        covered[end.line] = max(covered.get(end.line, 0), end.column)
    above: dict[int, tuple[str, ...]] = {}
    beside: dict[int, str] = {}
    waiting: list[str] = []
    first = 0  # the first line that is not a comment; what stands above it is about the whole file
    for index, line in enumerate(text.splitlines()):
        if index in skipped:
            continue
        stripped = line.strip()
        if stripped.startswith("#") and covered.get(index, 0) == 0:
            waiting.append(stripped)
        elif stripped:
            if waiting:
                above[index + 1] = tuple(waiting)
                waiting = []
            first = first or index + 1
            rest = line[covered.get(index, len(line)) :].strip()
            if rest.startswith("#"):
                beside[index + 1] = rest
    return Comments(above.pop(first, ()), above, beside, tuple(waiting))


class _Writer:
    def __init__(self, comments: Comments) -> None:
        self.comments = comments
        self.written: set[int] = set()
        self.lines: list[str] = []

    def document(self, root: Node) -> str:
        self.lines += self.comments.top
        if isinstance(root, Mapping):
            self.entries(root, 0, is_top=True)
        else:
            self.lines.append(self.flow(root))
        self.lines += self.comments.below
        return "\n".join(self.lines) + "\n"

    def entries(self, node: Mapping, indent: int, *, first_prefix: str = "", is_top: bool = False) -> None:
        """Write a mapping one entry a line; `first_prefix` replaces the indentation of the first line."""
        for index, (key, value) in enumerate(self.ordered(node)):
            if is_top and key in _SPACED and self.lines:
                self.lines.append("")
            line = node.key_lines.get(key, 0)
            prefix = first_prefix if index == 0 and first_prefix else " " * indent
            self.above(line, indent if index or not first_prefix else len(first_prefix) - 2)
            self.entry(f"{prefix}{_quoted(key, in_flow=True)}:", value, indent, line)

    def ordered(self, node: Mapping) -> list[tuple[str, Node]]:
        """Return the entries in the order of the form, where the form has one."""
        order = _CHARGE_ORDER if "charge" in node.items else _HEADER_ORDER if "tariff" in node.items else {}
        return sorted(node.items.items(), key=lambda entry: order.get(entry[0], len(order)))

    def entry(self, head: str, value: Node, indent: int, line: int) -> None:
        if isinstance(value, Scalar) and _is_paragraph(value.text):
            self.block_text(f"{head} |", value.text, indent + 2, line)
            return
        flow = _quoted(value.text, in_flow=False) if isinstance(value, Scalar) else self.flow(value)
        is_whole = isinstance(value, Scalar) or not value.items
        if is_whole or (len(head) + 1 + len(flow) <= WIDTH and self.is_short(value, line)):
            self.lines.append(f"{head} {flow}{self.beside(line)}".rstrip())
            return
        self.lines.append(f"{head}{self.beside(line)}")
        if isinstance(value, Mapping):
            self.entries(value, indent + 2)
            return
        assert isinstance(value, Sequence)
        for item in value.items:
            self.item(item, indent + 2)

    def item(self, item: Node, indent: int) -> None:
        dash = " " * indent + "- "
        flow = self.flow(item)
        line = item.line
        self.above(line, indent)
        if isinstance(item, Mapping) and item.items and not self.is_row(item, dash, flow):
            self.entries(item, indent + 2, first_prefix=dash)
            return
        self.lines.append(f"{dash}{flow}{self.beside(line)}")

    def is_row(self, item: Mapping, dash: str, flow: str) -> bool:
        """Say whether a mapping in a list is written as one row: bands and cases are, charges are not."""
        return "charge" not in item.items and ("case" in item.items or len(dash) + len(flow) <= WIDTH)

    def is_short(self, value: Node, line: int) -> bool:
        """Say whether a list or mapping may stand on one line: no deep nesting, no comment inside."""
        if isinstance(value, Sequence) and any(isinstance(item, Mapping) for item in value.items):
            return False
        inner = _lines_of(value) - {line}
        commented = inner & (self.comments.above.keys() | self.comments.beside.keys())
        return _depth(value) <= 2 and not commented and not _holds_charges(value)

    def block_text(self, head: str, text: str, indent: int, line: int) -> None:
        self.lines.append(f"{head}{self.beside(line)}")
        self.lines += [(" " * indent + row).rstrip() for row in text.rstrip("\n").split("\n")]

    def flow(self, node: Node) -> str:
        if isinstance(node, Mapping):
            parts = [f"{_quoted(key, in_flow=True)}: {self.flow(value)}" for key, value in node.items.items()]
            return "{" + ", ".join(parts) + "}"
        if isinstance(node, Sequence):
            return "[" + ", ".join(self.flow(item) for item in node.items) + "]"
        return _quoted(node.text, in_flow=True)

    def above(self, line: int, indent: int) -> None:
        if line in self.comments.above and line not in self.written:
            self.written.add(line)
            self.lines += [" " * indent + comment for comment in self.comments.above[line]]

    def beside(self, line: int) -> str:
        if line in self.comments.beside and -line not in self.written:
            self.written.add(-line)
            return f"  {self.comments.beside[line]}"
        return ""


def _quoted(text: str, *, in_flow: bool) -> str:
    """Write a scalar without quotes where YAML allows it."""
    plain = _PLAIN.fullmatch(text) and not _UNSAFE.search(text) and not text.startswith(("- ", "--- ", "..."))
    if plain and not (in_flow and _UNSAFE_IN_FLOW.search(text)):
        return text
    if "\n" in text or not text.isprintable():
        escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'
    return "'" + text.replace("'", "''") + "'"


def _is_paragraph(text: str) -> bool:
    """Say whether a text may stand as indented lines and be read back unchanged."""
    lines = text.split("\n")
    return len(lines) > 1 and not lines.pop() and all(
        line.isprintable() and line == line.rstrip() and (line or 0 < index < len(lines) - 1)
        for index, line in enumerate(lines)
    ) and not text[0].isspace()  # fmt: skip


def _lines_of(node: Node) -> set[int]:
    if isinstance(node, Mapping):
        return {node.line, *node.key_lines.values()}.union(*(_lines_of(value) for value in node.items.values()))
    if isinstance(node, Sequence):
        return {node.line}.union(*(_lines_of(item) for item in node.items))
    return {node.line}


def _depth(node: Node) -> int:
    if isinstance(node, Scalar):
        return 0
    children = tuple(node.items.values()) if isinstance(node, Mapping) else node.items
    return 1 + max((_depth(child) for child in children), default=0)


def _holds_charges(node: Node) -> bool:
    return isinstance(node, Mapping) and bool({"charges", "derived"} & node.items.keys())
