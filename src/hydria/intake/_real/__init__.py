"""
Load and bill real data sets of other utilities: the proof that loading, rating and checking survive real life.

Each module knows one data set: its files, its tariff, and the oddities to look for. Nothing here knows a count: what
is odd is found by rule, listed with its reason, and compared with the documented facts by the tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from hydria.tariffs.domain.compile import CompiledTariff, compile_tariff

TARIFFS_DIR = Path(__file__).parent / "tariffs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """One thing that is not as it should be: which record, and why."""

    subject: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetReport:
    """
    Hold what came out of one data set.

    facts      counted or summed figures by name
    oddities   lists by name, every entry with its reason
    unbilled   charges of the source that our engine does not reproduce and that no rule explains
    """

    name: str
    facts: Mapping[str, object]
    oddities: Mapping[str, Sequence[Oddity]] = field(default_factory=dict)

    def to_plain(self) -> dict[str, object]:
        """Return the report as programs read it."""
        return {
            "set": self.name,
            "facts": dict(self.facts),
            "oddities": {
                name: [{"subject": entry.subject, "reason": entry.reason} for entry in entries]
                for name, entries in self.oddities.items()
            },
        }


def read_tariff_text(name: str) -> str:
    """Return the text of a data set's tariff."""
    return (TARIFFS_DIR / f"{name}.yaml").read_text(encoding="utf-8")


def get_tariff(name: str) -> CompiledTariff:
    """Return a data set's tariff, ready to price."""
    return compile_tariff(read_tariff_text(name), name=name)


def read_columns(path: Path) -> pl.DataFrame:
    """Return a (gzipped) CSV file as columns of texts."""
    return pl.read_csv(path, infer_schema=False)


def to_minor(texts: pl.Series) -> pl.Series:
    """Return amounts with at most two decimals as whole cents, exactly."""
    return (texts.cast(pl.Decimal(18, 2)) * 100).cast(pl.Int64)


def list_oddities(frame: pl.DataFrame, *, subject: str, reason: str) -> list[Oddity]:
    """Return one entry per row; both texts are templates over the columns, such as "bill {bill_id}"."""
    return [Oddity(subject=subject.format(**row), reason=reason.format(**row)) for row in frame.iter_rows(named=True)]
