"""
The text of a contract: a small, safe part of Markdown with names in double braces.

`# heading`, `## subheading`, `- item`, paragraphs between blank lines, `**bold**`, and `{{holder_name}}` for what is
agreed. Nothing else has a meaning, so no text can do more than be printed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

NAMES = (
    *("company_name", "company_tax_id", "company_address"),
    *("holder_name", "holder_number", "holder_identifiers", "holder_address", "holder_phone", "holder_email"),
    *("account_number", "agreement_number", "start_date", "service", "tariff", "category"),
    *("point_number", "supply_address", "route", "meter_serial", "today"),
)
"""What a text may name; each stands for what is agreed on the day of printing."""

_NAME = re.compile(r"\{\{\s*(\w*)\s*\}\}")
_BOLD = re.compile(r"\*\*(.+?)\*\*")


class FieldUnknown(ValueError):
    """The text names something that no contract knows."""


class Kind(StrEnum):
    """What a block of the text is."""

    HEADING = "heading"
    SUBHEADING = "subheading"
    ITEM = "item"
    PARAGRAPH = "paragraph"


_MARKS = (("## ", Kind.SUBHEADING), ("# ", Kind.HEADING), ("- ", Kind.ITEM))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A piece of text in one weight."""

    text: str
    is_bold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A heading, an item or a paragraph."""

    kind: Kind
    runs: tuple[Run, ...]


def check_text(text: str) -> None:
    """
    Check that a text names only what contracts know.

    :raises FieldUnknown: with the first name that is unknown.
    """
    for found in _NAME.finditer(text):
        if found[1] not in NAMES:
            raise FieldUnknown(found[1])


def lay_out(text: str, values: Mapping[str, str]) -> list[Block]:
    """
    Return the blocks of a text with its names filled in; what is filled in is never read as a mark.

    >>> [run] = lay_out("# Contract of {{holder_name}}", {"holder_name": "**Ana**"})[0].runs
    >>> run.text
    'Contract of **Ana**'
    """
    blocks: list[Block] = []
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        together: list[str] = []
        for line in filter(None, map(str.strip, paragraph.splitlines())):
            mark, kind = next(((mark, kind) for mark, kind in _MARKS if line.startswith(mark)), ("", Kind.PARAGRAPH))
            if kind is Kind.PARAGRAPH:
                together.append(line)
                continue
            _close_paragraph(blocks, together, values)
            blocks.append(Block(kind=kind, runs=_runs(line.removeprefix(mark), values)))
        _close_paragraph(blocks, together, values)
    return blocks


def _close_paragraph(blocks: list[Block], lines: list[str], values: Mapping[str, str]) -> None:
    if lines:
        blocks.append(Block(kind=Kind.PARAGRAPH, runs=_runs(" ".join(lines), values)))
        lines.clear()


def _runs(line: str, values: Mapping[str, str]) -> tuple[Run, ...]:
    """Split a line at its bold parts, then fill the names in: the order keeps people's stars what they are."""
    parts = _BOLD.split(line)
    filled = (_NAME.sub(lambda found: values.get(found[1], ""), part) for part in parts)
    return tuple(Run(text=part, is_bold=index % 2 == 1) for index, part in enumerate(filled) if part)
