"""
Make a tariff out of its text, or say everything that is wrong with it.

`compile_tariff` reads the text, checks that names, types, units, edges and cases make sense together, and prepares
what the engine needs. A tariff that compiles can price any row, or give that row a fault; it cannot fail as a whole.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hydria.kernel.errors import UnableTo
from hydria.kernel.issues import Issue, Severity
from hydria.tariffs.domain.checking import check_tariff
from hydria.tariffs.domain.document import Plain, read_document, to_plain
from hydria.tariffs.domain.evaluation import Column, Words
from hydria.tariffs.domain.findings import Findings
from hydria.tariffs.domain.form import Charge, Derived, Input, Tariff
from hydria.tariffs.domain.reading import read_tariff
from hydria.tariffs.domain.values import Value, canonical_key, dates_in, names_in


class UnableToCompileTariff(UnableTo):
    """The text is not a tariff that can price; `issues` holds every finding with its line."""

    def __init__(self, name: str, issues: tuple[Issue, ...]) -> None:
        first = next(issue for issue in issues if issue.severity is Severity.BLOCK)
        sentence = f"{name}:{first.row}: {first.message} ({len(issues)} findings)"
        super().__init__("tariff_text_wrong", sentence, name=name)
        self.issues = issues


@dataclass(frozen=True)
class CompiledTariff:
    """
    Hold a tariff that is ready to price.

    version_hash  names the text: sha256 of its content, whatever its layout and comments
    issues        findings that do not stop it
    plain         the text as dictionaries, lists and texts, for the second engine
    changes       for each charge the days on which its price or its existence changes
    """

    name: str
    form: Tariff
    plain: dict[str, Plain]
    version_hash: str
    issues: tuple[Issue, ...]
    changes: dict[tuple[int, str], tuple[datetime.date, ...]]

    @property
    def inputs(self) -> tuple[Input, ...]:
        return self.form.inputs

    @property
    def charges(self) -> tuple[Charge, ...]:
        return self.form.charges

    def derived_for(self, group: str | None) -> dict[str, Value]:
        """Return the derived amounts that the charges of a group may use."""
        return {entry.name: entry.value for entry in self.form.derived if entry.group in (None, group)}

    def group_places(self, column: Column) -> Any:
        """Return for each row the place of its group among the tariff's groups; -1 for none."""
        places = {canonical_key(group): place for place, group in enumerate(self.form.groups)}
        if isinstance(column.values, Words):
            vocabulary = [places.get(canonical_key(word), -1) for word in column.values.vocabulary]
            return np.array(vocabulary, dtype=np.intp)[column.values.codes]
        truths = np.array([places.get("false", -1), places.get("true", -1)], dtype=np.intp)
        return truths[np.asarray(column.values).astype(np.intp)]


def compile_tariff(text: str, *, name: str) -> CompiledTariff:
    """
    Compile a tariff text.

    :raises UnableToCompileTariff: with every finding, if any of them stops the tariff.
    """
    tariff, issues = try_compile(text, name=name)
    if tariff is None:
        raise UnableToCompileTariff(name, issues)
    return tariff


def try_compile(text: str, *, name: str) -> tuple[CompiledTariff | None, tuple[Issue, ...]]:
    """Compile a tariff text; return it (None if it cannot be used) with all findings in the order of their lines."""
    findings = Findings()
    root = read_document(text, findings=findings)
    form = read_tariff(root, name=name, findings=findings) if root is not None or not findings.issues else None
    if form is not None:
        check_tariff(form, findings=findings)
    issues = tuple(sorted(findings.issues, key=lambda issue: issue.row))
    if form is None or findings.block:
        return None, issues
    plain = to_plain(root)
    assert isinstance(plain, dict)
    canonical = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    changes = {(charge.line, charge.label): _changes(form, charge) for charge in form.charges}
    version_hash = hashlib.sha256(canonical.encode()).hexdigest()
    return CompiledTariff(form.name, form, plain, version_hash, issues, changes), issues


def _changes(form: Tariff, charge: Charge) -> tuple[datetime.date, ...]:
    """Return the days on which a charge changes, directly or through the derived amounts it uses."""
    derived = {entry.name: entry for entry in form.derived if entry.group in (None, charge.group)}
    own = {date for date in (charge.from_date, charge.until_date) if date}
    return tuple(sorted(own | _dates(charge.values, derived)))


def _dates(values: Iterable[Value], derived: dict[str, Derived]) -> set[datetime.date]:
    dates: set[datetime.date] = set()
    seen: set[str] = set()
    todo = list(values)
    while todo:
        value = todo.pop()
        dates.update(dates_in(value))
        for name, _ in names_in(value):
            if name in derived and name not in seen:
                seen.add(name)
                todo.append(derived[name].value)
    return dates
