"""Findings about the rows of a batch: what is the matter, how serious it is, and where."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Say what a finding does: a `BLOCK` holds the row back, a `WARN` lets it pass with a mark."""

    BLOCK = "BLOCK"
    WARN = "WARN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """
    Describe one finding about one row of a batch, a file or a text.

    `code` is a stable word in snake_case that doors translate into a sentence; `data` fills that sentence.
    `row` counts from 1 as people count lines of a file; it is 0 when the finding is about the whole.

    >>> Issue(code="negative_consumption", severity=Severity.BLOCK, row=3, data={"volume_l": -2000}).code
    'negative_consumption'
    """

    code: str
    severity: Severity = Severity.BLOCK
    row: int = 0
    field: str = ""
    message: str = ""
    data: Mapping[str, object] = dataclasses.field(default_factory=dict)
