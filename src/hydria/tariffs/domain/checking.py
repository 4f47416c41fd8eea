"""
Check that a tariff makes sense: every name is known where it is used, types and units fit, cases can be run.

Types are few: numbers, truths, and words out of a list. A truth counts 1 or 0 as a number; a number is true when it
is not 0. Units are checked where both sides of a sum or comparison declare one: m³ never meets money by accident. A
bare number takes any unit, because it may be a price as well as a limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hydria.kernel.money import Currency
from hydria.tariffs.domain import formula
from hydria.tariffs.domain.findings import Findings, say, suggest
from hydria.tariffs.domain.form import Case, Charge, Input, Kind, Shape, Tariff
from hydria.tariffs.domain.formula import Expression, parse_number
from hydria.tariffs.domain.values import ANY, Dated, Formula, Lookup, Row, Several, Value, canonical_key, names_in

_TABLE_MAX = 1_000_000
_UNITS = {  # spelling -> unit; anything else is not checked
    "m3": "m3", "m³": "m3", "kl": "m3", "l": "l", "litre": "l", "ccf": "ccf", "hcf": "ccf", "kgal": "kgal",
    "gal": "gal", "kWh": "kWh", "day": "days", "days": "days", "month": "months", "months": "months",
    "m2": "m2", "sqft": "sqft",
}  # fmt: skip

Unit = tuple[tuple[str, int], ...]  # (("m3", 1), ("days", -1)); () is a pure number


@dataclass(frozen=True, slots=True)
class Trait:
    """Say what is known about a value before any account is looked at; a unit of None is not known."""

    kind: Kind
    unit: Unit | None = None
    words: tuple[str, ...] = ()  # of a text: everything it can be

    @property
    def is_numeric(self) -> bool:
        return self.kind is not Kind.TEXT or all(parse_number(word) is not None for word in self.words)


_NUMBER, _TRUTH = Trait(Kind.NUMBER), Trait(Kind.TRUTH)


def check_tariff(form: Tariff, *, findings: Findings) -> None:
    """Add a finding for everything in a tariff that does not make sense."""
    inputs = {entry.name: _input_trait(entry) for entry in form.inputs}
    if form.by and form.by not in inputs:
        findings.add(
            "unknown_name", line=1, name=form.by, cure=say("Declare it under `inputs:`; it selects the class.")
        )
    for entry in form.derived:
        if entry.name in inputs:
            findings.add("name_clash", line=entry.line, name=entry.name, other=say("an input"))
    for group in form.groups or (None,):
        _check_group(form, group, inputs, findings)
    _check_labels(form, inputs, findings)
    _check_use(form, findings)
    for case in form.cases:
        _check_case(form, case, findings)
    if not form.cases:
        findings.warn("no_cases", line=1)


def _input_trait(entry: Input) -> Trait:
    unit = _UNITS.get(entry.unit)
    return Trait(entry.kind, ((unit, 1),) if unit else None, entry.values)


def _check_group(form: Tariff, group: str | None, inputs: dict[str, Trait], findings: Findings) -> None:
    traits = dict(inputs)
    labels: dict[str, Trait] = {}
    money = ((form.currency, 1),)
    for entry in form.derived:
        if entry.group in (None, group):
            trait = _Checker(traits, findings).value(entry.value)
            traits.setdefault(entry.name, trait)
    for charge in form.charges:
        if charge.group not in (None, group):
            continue
        checker = _Checker({**labels, **traits}, findings)
        unit = _check_charge(form, charge, checker, labels, findings)
        labels[charge.label] = Trait(Kind.NUMBER, unit if charge.is_memo else money)


def _check_charge(
    form: Tariff, charge: Charge, checker: _Checker, labels: dict[str, Trait], findings: Findings
) -> Unit | None:
    """Check the parts of a charge; return the unit of its amount where a formula tells."""
    units = [checker.number(value).unit for value in (*charge.rates, *charge.bases)]
    quantity = checker.number(charge.quantity).unit if charge.quantity else None
    for value in (*charge.edges, *charge.overs):
        checker.alike(quantity, checker.number(value).unit, value)
    for factor in (charge.times, charge.edges_times, charge.at_least, charge.at_most):
        if factor is not None:
            checker.number(factor)
    if charge.only_if is not None:
        checker.condition(charge.only_if)
    everywhere = {other.label for other in form.charges}
    for label in charge.of:
        if label not in labels and label not in everywhere:
            findings.add("unknown_charge", line=charge.line, name=label, cure=suggest(label, labels))
        elif label not in labels:
            findings.warn("unknown_charge", line=charge.line, name=label, cure=say("It counts 0 here."))
    exponent = Currency.of(form.currency).exponent
    if not charge.is_memo and (charge.rounding is None or charge.rounding.places > exponent):
        findings.warn("finer_than_currency", line=charge.line, name=charge.label, currency=form.currency)
    return units[0] if charge.shape is Shape.FORMULA and units else None


class _Checker:
    """Work out the trait of each value and complain where parts do not fit."""

    def __init__(self, traits: dict[str, Trait], findings: Findings) -> None:
        self.traits = traits
        self.findings = findings
        self.source: Formula | None = None

    def number(self, value: Value) -> Trait:
        """Check a value that has to be a number."""
        trait = self.value(value)
        if not trait.is_numeric:
            self.wrong_type(trait, say("a number"), value.line)
        return trait

    def condition(self, value: Value) -> None:
        trait = self.value(value)
        if trait.kind is Kind.TEXT:
            self.wrong_type(trait, say("a condition"), value.line)

    def value(self, value: Value) -> Trait:
        """Check a value and return what is known of it."""
        match value:
            case Formula(expression, _, _):
                self.source = value
                return self.expression(expression)
            case Lookup():
                return self.lookup(value)
            case Dated(entries, _):
                return self.joined([self.value(entry) for _, entry in entries])
            case Several(items, _):
                return self.joined([self.value(item) for item in items])

    def lookup(self, lookup: Lookup) -> Trait:
        size = 1
        for position, name in enumerate(lookup.by):
            trait = self.name(name, lookup.line)
            known = {canonical_key(word) for word in trait.words}
            keys = {canonical_key(row.keys[position]) for row in lookup.rows if row.keys[position] != ANY}
            size *= len(keys) + 1
            for row in lookup.rows:
                key = row.keys[position]
                if trait.kind is Kind.TEXT and key != ANY and known and canonical_key(key) not in known:
                    self.findings.warn("never_equal", line=row.line, name=name, value=key,
                                       values=", ".join(trait.words[:12]))  # fmt: skip
        if size > _TABLE_MAX:
            self.findings.add("table_too_large", line=lookup.line, size=size, size_max=_TABLE_MAX)
        self.repeated_rows(lookup.rows)
        values = [row.value for row in lookup.rows] + ([lookup.default] if lookup.default is not None else [])
        return self.joined([self.value(value) for value in values])

    def repeated_rows(self, rows: tuple[Row, ...]) -> None:
        first: dict[tuple[str, ...], int] = {}
        for row in rows:
            keys = tuple(canonical_key(key) for key in row.keys)
            if keys in first:
                self.findings.warn("row_unreachable", line=row.line, first=first[keys])
            first.setdefault(keys, row.line)

    def joined(self, traits: list[Trait]) -> Trait:
        """Return what is known of a value that may be any of several."""
        if all(trait.kind is Kind.TEXT for trait in traits):
            return Trait(Kind.TEXT, None, tuple(word for trait in traits for word in trait.words))
        if all(trait.kind is Kind.TRUTH for trait in traits):
            return _TRUTH
        units = {trait.unit for trait in traits}
        return Trait(Kind.NUMBER, units.pop() if len(units) == 1 else None)

    def name(self, name: str, line: int) -> Trait:
        if name not in self.traits:
            self.findings.add("unknown_name", line=line, name=name, cure=suggest(name, self.traits))
            self.traits[name] = _NUMBER
        return self.traits[name]

    # Expressions

    def expression(self, expression: Expression) -> Trait:
        match expression:
            case formula.Number():
                return _NUMBER
            case formula.Text(value):
                return Trait(Kind.TEXT, None, (value,))
            case formula.Truth():
                return _TRUTH
            case formula.Name(name):
                return self.name(name, self.line)
            case formula.Arithmetic(sign, left, right):
                return self.arithmetic(sign, self.operand(left), self.operand(right))
            case formula.Comparison(sign, left, right):
                return self.comparison(sign, left, right)
            case formula.Membership(operand, items):
                for item in items:
                    self.comparison("==", operand, item)
                return _TRUTH
            case formula.Negation(operand):
                self.truth(operand)
                return _TRUTH
            case formula.Logic(_, left, right):
                self.truth(left)
                self.truth(right)
                return _TRUTH
            case formula.Choice(condition, then, otherwise):
                self.truth(condition)
                a, b = self.expression(then), self.expression(otherwise)
                self.fit(a, b)
                if Kind.TEXT in (a.kind, b.kind) and not (a.is_numeric and b.is_numeric) and a.kind is not b.kind:
                    self.wrong_type(a if a.kind is Kind.TEXT else b, say("the same type in both branches"), self.line)
                return self.joined([a, b])
            case formula.Call(function, arguments, _):
                return self.call(function, [self.operand(argument) for argument in arguments])

    @property
    def line(self) -> int:
        return self.source.line if self.source else 0

    def operand(self, expression: Expression) -> Trait:
        trait = self.expression(expression)
        if not trait.is_numeric:
            self.wrong_type(trait, say("a number"), self.line)
            return _NUMBER
        return trait

    def truth(self, expression: Expression) -> None:
        trait = self.expression(expression)
        if trait.kind is Kind.TEXT:
            self.wrong_type(trait, say("a condition"), self.line)

    def arithmetic(self, sign: str, a: Trait, b: Trait) -> Trait:
        if sign in "+-":
            return self.fit(a, b)
        if a.unit is None or b.unit is None:
            return _NUMBER
        return Trait(Kind.NUMBER, _product(a.unit, b.unit, 1 if sign == "*" else -1))

    def comparison(self, sign: str, left: Expression, right: Expression) -> Trait:
        a, b = self.expression(left), self.expression(right)
        if a.is_numeric and b.is_numeric:
            self.fit(a, b)
        elif sign not in ("==", "!="):
            self.wrong_type(a if not a.is_numeric else b, say("a number"), self.line)
        elif a.words and b.words:
            shared = {canonical_key(word) for word in a.words} & {canonical_key(word) for word in b.words}
            if not shared:
                name = getattr(left, "name", None) or getattr(right, "name", None) or "/".join(a.words[:3])
                literal, other = (b, a) if len(b.words) == 1 else (a, b)
                self.findings.warn("never_equal", line=self.line, name=name, value=literal.words[0],
                                   values=", ".join(other.words[:12]))  # fmt: skip
        return _TRUTH

    def call(self, function: str, arguments: list[Trait]) -> Trait:
        trait = arguments[0]
        for other in arguments[1:]:
            trait = self.fit(trait, other)
        return Trait(Kind.NUMBER, trait.unit)

    def fit(self, a: Trait, b: Trait) -> Trait:
        """Check that two values may be added or compared."""
        if a.unit is not None and b.unit is not None and a.unit != b.unit:
            text = self.source.text if self.source else ""
            self.findings.add("wrong_unit", line=self.line, text=text, left=_spell(a.unit), right=_spell(b.unit))
        return Trait(Kind.NUMBER, a.unit if a.unit == b.unit else None)

    def alike(self, quantity: Unit | None, edge: Unit | None, value: Value) -> None:
        if quantity is not None and edge is not None and quantity != edge:
            text = value.text if isinstance(value, Formula) else ""
            self.findings.add("wrong_unit", line=value.line, text=text, left=_spell(quantity), right=_spell(edge))

    def wrong_type(self, trait: Trait, wanted: str, line: int) -> None:
        text = self.source.text if self.source else ""
        found = {Kind.TEXT: say("a word"), Kind.TRUTH: say("a condition"), Kind.NUMBER: say("a number")}[trait.kind]
        cure = say("Its values are {names}.", names=", ".join(trait.words[:8])) if trait.words else ""
        self.findings.add("wrong_type", line=line, text=text, found=found, wanted=wanted, cure=cure)


def _product(a: Unit, b: Unit, sign: int) -> Unit:
    powers = dict(a)
    for name, power in b:
        powers[name] = powers.get(name, 0) + sign * power
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def _spell(unit: Unit) -> str:
    return " ".join(name if power == 1 else f"{name}^{power}" for name, power in unit) or say("a pure number")


def _check_labels(form: Tariff, inputs: dict[str, Trait], findings: Findings) -> None:
    derived = {entry.name for entry in form.derived}
    seen: dict[str, set[str | None]] = {}
    for charge in form.charges:
        groups = seen.setdefault(charge.label, set())
        if charge.group in groups or None in groups:
            findings.warn("repeated_label", line=charge.line, name=charge.label)
        groups.add(charge.group)
        if charge.label in inputs or charge.label in derived:
            other = say("an input") if charge.label in inputs else say("a derived amount")
            findings.warn("shadowed_name", line=charge.line, name=charge.label, other=other)


def _check_use(form: Tariff, findings: Findings) -> None:
    used = set(_used_names(form))
    for entry in form.inputs:
        if entry.name not in used:
            findings.warn("unused_input", line=entry.line, name=entry.name)


def _used_names(form: Tariff) -> Iterator[str]:
    yield form.by
    for value in (entry.value for entry in form.derived):
        yield from (name for name, _ in names_in(value))
    for charge in form.charges:
        for value in charge.values:
            yield from (name for name, _ in names_in(value))


def _check_case(form: Tariff, case: Case, findings: Findings) -> None:
    declared = {entry.name: entry for entry in form.inputs}
    for name, text in case.inputs.items():
        if name not in declared:
            cure = suggest(name, declared)
            findings.add("case_unknown", line=case.line, name=name, kind=say("input"), cure=cure)
        elif declared[name].kind is Kind.NUMBER and parse_number(text) is None:
            findings.add("case_value", line=case.line, name=name, text=text, cure=say("Write a number."))
    labels = {charge.label for charge in form.charges}
    for label in case.lines or {}:
        if label not in labels:
            findings.add("case_unknown", line=case.line, name=label, kind=say("charge"), cure=suggest(label, labels))
