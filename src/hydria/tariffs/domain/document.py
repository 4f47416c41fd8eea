"""
Read a tariff text (YAML) into a tree that remembers its lines and keeps every scalar as the text it was.

Only mappings, lists and texts exist here: no floats, no dates, no anchors, no tags, no merge keys, no second
document. Size and depth are bounded, so a hostile file gets a message and not the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from hydria.tariffs.domain.findings import Findings

SIZE_MAX = 4 * 1024 * 1024
DEPTH_MAX = 24
SHARED_MAX = 200_000  # nodes of a text once its aliases are written out
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """Hold a text as it was written."""

    text: str
    line: int
    is_plain: bool = True  # written without quotes


@dataclass(frozen=True, slots=True)
class Sequence:
    """Hold a list."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Hold fields by name, with the line of each name."""

    items: dict[str, Node]
    line: int
    key_lines: dict[str, int]


Node = Scalar | Sequence | Mapping
Plain = str | list["Plain"] | dict[str, "Plain"]


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet."""

    line: int
    is_mapping: bool
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Node] = field(default_factory=dict)
    key_lines: dict[str, int] = field(default_factory=dict)
    key: str | None = None
    anchor: str | None = None
    size: int = 1


def read_document(text: str, *, findings: Findings, may_share: bool = False) -> Node | None:
    """
    Read the one document of a text; None (and findings) when it is not readable at all.

    may_share  allow aliases (`*name`) of what was read before, as programs write them; tariffs write values out

    >>> found = Findings()
    >>> to_plain(read_document("price: {2025-01-01: 18.50}", findings=found))
    {'price': {'2025-01-01': '18.50'}}
    """
    if len(text) > SIZE_MAX:
        findings.add("file_too_large", line=1, size=len(text), size_max=SIZE_MAX)
        return None
    if control := _CONTROL.search(text.replace("\r\n", "\n")):
        line = text.count("\n", 0, control.start()) + 1
        findings.add("control_character", line=line, character=f"U+{ord(control.group()):04X}")
        return None
    try:
        return _compose(yaml.parse(text, Loader=_LOADER), findings, may_share=may_share)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        is_tab = any("\t" in written.partition("#")[0] for written in text.split("\n")[line - 1 : line])
        problem = "a tab stands where only spaces may" if is_tab else error.problem or error.context or ""
        findings.add("not_yaml", line=line, problem=problem)
    except yaml.YAMLError as error:
        findings.add("not_yaml", line=1, problem=str(error))
    return None


def to_plain(node: Node | None) -> Plain:
    """Return the tree as dictionaries, lists and texts, without lines."""
    if isinstance(node, Mapping):
        return {key: to_plain(value) for key, value in node.items.items()}
    if isinstance(node, Sequence):
        return [to_plain(item) for item in node.items]
    return node.text if node is not None else {}


def _compose(events: Iterator[yaml.Event], findings: Findings, *, may_share: bool) -> Node | None:
    """Build the tree without recursion; stop at the first thing that is no tariff text at all."""
    stack: list[_Open] = []
    shared: dict[str, tuple[Node, int]] = {}  # what aliases may stand for, and how many nodes it has
    root: Node | None = None
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 0
        anchor, size = getattr(event, "anchor", None), 1
        if anchor and not may_share:
            findings.add("alias", line=line)
            return None
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            findings.add("tag", line=line, tag=tag)
            return None
        node: Node
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(stack) >= DEPTH_MAX:
                findings.add("too_deep", line=line, depth_max=DEPTH_MAX)
                return None
            stack.append(_Open(line, isinstance(event, yaml.MappingStartEvent), anchor=anchor))
            continue
        if isinstance(event, yaml.AliasEvent):
            if anchor not in shared:
                findings.add("alias", line=line)
                return None
            node, size = shared[anchor]
        elif isinstance(event, yaml.ScalarEvent):
            if not event.value.isprintable() and (control := _CONTROL.search(event.value)):
                findings.add("control_character", line=line, character=f"U+{ord(control.group()):04X}")
                return None
            node = Scalar(event.value, line, not event.style)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            done = stack.pop()
            anchor, size = done.anchor, done.size
            if done.is_mapping:
                node = Mapping(done.entries, done.line, done.key_lines)
            else:
                node = Sequence(tuple(done.items), done.line)
        elif isinstance(event, yaml.DocumentStartEvent) and root is not None:
            findings.add("second_document", line=line)
            return None
        else:
            continue
        if anchor:
            shared[anchor] = node, size
        if stack:
            stack[-1].size += size
            if stack[-1].size > SHARED_MAX and shared:
                findings.add("alias", line=line)
                return None
            _attach(stack[-1], node, findings)
        else:
            root = node
    return root


def _attach(parent: _Open, node: Node, findings: Findings) -> None:
    if not parent.is_mapping:
        parent.items.append(node)
    elif parent.key is None:
        if isinstance(node, Scalar):
            parent.key = node.text
            if node.text in parent.entries:
                findings.add("duplicate_key", line=node.line, key=node.text, first=parent.key_lines[node.text])
            parent.key_lines.setdefault(node.text, node.line)
        else:
            findings.add("key_not_text", line=node.line)
            parent.key = f"line {node.line}"
    else:
        parent.entries.setdefault(parent.key, node)
        parent.key = None
