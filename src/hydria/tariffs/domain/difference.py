"""
Say what changes for whom between two versions of a tariff.

Values are compared by what they come to: for every combination of keys that a table of either version names, and
between any two days on which something changes. So a price that becomes a table, or a table that is merely written
otherwise, is told as the prices that differ, or not at all.
"""

from __future__ import annotations

import datetime
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import reduce
from itertools import product
from math import prod
from typing import TypeVar

from hydria.tariffs.domain.cases import Bill, vector_bills
from hydria.tariffs.domain.compile import CompiledTariff
from hydria.tariffs.domain.evaluation import Fault
from hydria.tariffs.domain.findings import Said, mark, say
from hydria.tariffs.domain.form import Charge, Input, Shape, Tariff, number_text
from hydria.tariffs.domain.formula import parse_number
from hydria.tariffs.domain.rounding_text import rounding_text
from hydria.tariffs.domain.values import ANY, Dated, Formula, Lookup, Value, canonical_key, constant_of, dates_in

SENTENCES = {
    "added": mark("{where} is new{place}."),
    "removed": mark("{where} is gone."),
    "moved": mark("{where} has moved{place}."),
    "field_changed": mark("{where}: `{what}` was {old} and is now {new}."),
    "value_changed": mark("{where}: {what} was {old} and is now {new}{when}{whom}."),
    "value_raised": mark("{where}: {what} rises from {old} to {new}{percent}{when}{whom}."),
    "value_lowered": mark("{where}: {what} falls from {old} to {new}{percent}{when}{whom}."),
    "not_compared": mark("{where}: {what} has tables with too many keys to compare; look at both."),
}
NOTHING = say("none")
_OTHER = say("any other")  # stands for every key that no table names
_COMBINATIONS_MAX = 4_000  # the work grows with its square
_EDGE = say("the start")
_RATES = {
    Shape.FIXED: say("the amount"),
    Shape.FLAT: say("the amount"),
    Shape.PERCENT: say("the percentage"),
    Shape.FORMULA: say("the formula"),
}
_OR, _AND = mark("{before} or {after}"), mark("{before} and {after}")
_COMMA, _SEMICOLON = mark("{before}, {after}"), mark("{before}; {after}")
_INSIDE = {  # how what has changed is called inside a sentence
    "Input `{name}`": mark("input `{name}`"),
    "Derived amount `{name}`{of_class}": mark("derived amount `{name}`{of_class}"),
    "Charge `{name}`{of_class}": mark("charge `{name}`{of_class}"),
}
_VALUE_FIELDS = ("quantity", "only_if", "times", "edges_times", "at_least", "at_most")
_Key = TypeVar("_Key", bound=Hashable)
_Part = Sequence[Mapping[str, Value]]  # the bands of a charge; a single value is one band
_Vocabulary = dict[str, list[str]]  # the keys that tables name, by what they are looked up
_Change = tuple[str, str, str, datetime.date, datetime.date | None]  # what, old, new, from, until


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Hold one thing that differs; `data` fills the sentence of the code."""

    code: str
    where: Said
    data: Mapping[str, str]

    @property
    def sentence(self) -> Said:
        return say(SENTENCES[self.code], where=self.where, **self.data)

    @property
    def charge(self) -> str:
        """Return the charge that differs, as `label` or `label (class)`; empty where it is no charge."""
        if not self.where.template.startswith("Charge"):
            return ""
        group = getattr(self.where.data["of_class"], "data", {}).get("group")
        return f"{self.where.data['name']} ({group})" if group else str(self.where.data["name"])


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTotals:
    """Hold what a worked bill comes to under both versions; a fault where it cannot be priced."""

    case: str
    old: Bill | Fault
    new: Bill | Fault


def difference(old: CompiledTariff, new: CompiledTariff) -> tuple[Change, ...]:
    """Return all that differs in what two tariffs say, in the order of their text; cases do not count."""
    if old.version_hash == new.version_hash:
        return ()
    return (
        *_fields(say("The tariff"), _header(old.form), _header(new.form)),
        *_inputs(old.form, new.form),
        *_derived(old.form, new.form),
        *_charges(old.form, new.form),
    )


def case_totals(old: CompiledTariff, new: CompiledTariff) -> tuple[CaseTotals, ...]:
    """Price the cases of both tariffs under both; one that both hold appears once."""
    cases = {
        (case.name, tuple(sorted(case.inputs.items())), case.start_date, case.end_date): case
        for case in (*old.form.cases, *new.form.cases)
    }
    bills = (vector_bills(tariff, tuple(cases.values())) for tariff in (old, new))
    return tuple(
        CaseTotals(case=case.name, old=before, new=after)
        for case, before, after in zip(cases.values(), *bills, strict=True)
    )


# Fields that hold one text


def _header(form: Tariff) -> dict[str, str]:
    names = ("currency", "unit", "service", "country", "region", "billing_period", "source", "law", "notes")
    return {name: getattr(form, name) for name in names} | {
        "tariff": form.name,
        "title": _texts(form.title),
        "effective_from": str(form.effective_date or ""),
        "rounding.line": rounding_text(form.line_rounding),
        "rounding.total": rounding_text(form.total_rounding),
        "rounding.total.ledger": form.rounding_ledger,
        "classes_by": form.by,
    }


def _charge_fields(form: Tariff, charge: Charge) -> dict[str, str]:
    is_usual = charge.rounding == form.line_rounding
    return {name: getattr(charge, name) for name in ("source", "ledger", "tax", "unit")} | {
        "shape": charge.shape.value,
        "text": _texts(charge.text),
        "of": ", ".join(charge.of),
        "rounding": say("as all lines") if is_usual else rounding_text(charge.rounding),
        "memo": str(charge.is_memo).lower(),
        "from": str(charge.from_date or ""),
        "until": str(charge.until_date or ""),
        "rank": str(charge.rank),
    }


def _texts(texts: Mapping[str, str]) -> str:
    return "; ".join(f"{language}: {text}" if language else text for language, text in texts.items())


def _fields(where: Said, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for what in old:
        if old[what] != new[what]:
            data = {"what": what, "old": _prose(old[what]), "new": _prose(new[what])}
            yield Change(code="field_changed", where=where, data=data)


def _prose(text: str) -> str:
    return " ".join(text.split()).removesuffix(".") or NOTHING


# What was added, removed or moved


def _inputs(old: Tariff, new: Tariff) -> Iterator[Change]:
    before, after = ({entry.name: entry for entry in form.inputs} for form in (old, new))
    names = {name: say("Input `{name}`", name=name) for name in before | after}
    yield from _set_changes(names, list(before), [name for name in before | after if name in after])  # in any order
    for name in before:
        if name in after:
            yield from _fields(names[name], _input_fields(before[name]), _input_fields(after[name]))


def _input_fields(entry: Input) -> dict[str, str]:
    return {
        "kind": entry.kind.value,
        "values": ", ".join(entry.values),
        "unit": entry.unit,
        "default": entry.default or "",
        "history": entry.history.text if entry.history else "",
        "also": ", ".join(entry.also),
        "text": _texts(entry.text),
    }


def _derived(old: Tariff, new: Tariff) -> Iterator[Change]:
    before, after = ({(entry.group, entry.name): entry for entry in form.derived} for form in (old, new))
    names = {
        key: say("Derived amount `{name}`{of_class}", name=key[1], of_class=_class(key[0])) for key in before | after
    }
    declared = _declared(new)
    yield from _set_changes(names, list(before), list(after))
    for key in before:
        if key in after:
            yield from _fields(names[key], {"unit": before[key].unit}, {"unit": after[key].unit})
            what = say("the value")
            parts: list[_Part] = [[{what: entry.value}] for entry in (before[key], after[key])]
            yield from _value_changes(names[key], what, *parts, declared=declared)


def _charges(old: Tariff, new: Tariff) -> Iterator[Change]:
    before, after = _by_key(old.charges), _by_key(new.charges)
    names = {key: say("Charge `{name}`{of_class}", name=key[1], of_class=_class(key[0])) for key in before | after}
    declared = _declared(new)
    yield from _set_changes(names, list(before), list(after))
    for key in before:
        if key in after:
            yield from _fields(names[key], _charge_fields(old, before[key]), _charge_fields(new, after[key]))
            parts_before, parts_after = _parts(before[key]), _parts(after[key])
            for what in parts_before:
                yield from _value_changes(names[key], what, parts_before[what], parts_after[what], declared=declared)


def _by_key(charges: Iterable[Charge]) -> dict[tuple[str | None, str, int], Charge]:
    """Return charges by class, label, and how many of that label stand above."""
    found: dict[tuple[str | None, str, int], Charge] = {}
    for charge in charges:
        count = sum((group, label) == (charge.group, charge.label) for group, label, _ in found)
        found[charge.group, charge.label, count] = charge
    return found


def _declared(form: Tariff) -> _Vocabulary:
    return {entry.name: [canonical_key(key) for key in entry.values] for entry in form.inputs if entry.values}


def _class(group: str | None) -> str:
    return "" if group is None else say(" of class {group}", group=group)


def _set_changes(names: Mapping[_Key, Said], old: list[_Key], new: list[_Key]) -> Iterator[Change]:
    for key in old:
        if key not in new:
            yield Change(code="removed", where=names[key], data={})
    kept_before, kept_after = [key for key in old if key in new], [key for key in new if key in old]
    blocks = SequenceMatcher(None, kept_before, kept_after, autojunk=False).get_matching_blocks()
    unmoved = {key for block in blocks for key in kept_after[block.b : block.b + block.size]}
    for place, key in enumerate(new):
        if key not in unmoved:
            place_text = say(", after {what}", what=_inside(names[new[place - 1]])) if place else say(", first of all")
            yield Change(code="moved" if key in old else "added", where=names[key], data={"place": place_text})


def _inside(where: Said) -> Said:
    return say(_INSIDE[where.template], **where.data)


# Values: formulas, tables, dates, bands


def _parts(charge: Charge) -> dict[str, _Part]:
    """Return what a charge works with as bands of named values; what it does not have is empty."""
    rates = {_RATES.get(charge.shape, say("the price")): charge.rates}
    columns = (
        {_EDGE: charge.edges} | rates | {say("the base"): charge.bases, say("the start of the excess"): charge.overs}
    )
    parts: dict[str, _Part] = {
        say("the price list"): [
            {name: column[i] for name, column in columns.items() if column} for i in range(len(charge.rates))
        ]
    }
    for name in _VALUE_FIELDS:
        value = getattr(charge, name)
        parts[name] = [] if value is None else [{name: value}]
    return parts


def _value_changes(where: Said, what: str, old: _Part, new: _Part, *, declared: _Vocabulary) -> Iterator[Change]:
    """Compare two values everywhere; equal changes are told once, for all whom they concern."""
    values = [value for part in (old, new) for band in part for value in band.values()]
    vocabulary = _vocabulary(values, declared)
    dates = sorted({datetime.date.min}.union(*(dates_in(value) for value in values)))
    if len(dates) * prod(len(keys) for keys in vocabulary.values()) > _COMBINATIONS_MAX:
        yield Change(code="not_compared", where=where, data={"what": what})
        return
    concerned: dict[_Change, list[tuple[str, ...]]] = {}
    for keys in product(*vocabulary.values()):
        given = dict(zip(vocabulary, keys, strict=True))
        for change in _over_time(old, new, given, dates):
            concerned.setdefault(change, []).append(keys)
    for (name, before, after, since, until), whom in concerned.items():
        code, percent = _direction(before, after)
        data = {"what": name, "old": before, "new": after, "percent": percent}
        data |= {"when": _when(since, until), "whom": _whom(vocabulary, whom)}
        yield Change(code=code, where=where, data=data)


def _vocabulary(values: Iterable[Value], declared: _Vocabulary) -> _Vocabulary:
    """Collect the keys that tables name, and what stands for the rest of them."""
    named: dict[str, dict[str, None]] = {}
    todo = list(values)
    while todo:
        match todo.pop():
            case Lookup(by, rows, default, _):
                for place, name in enumerate(by):
                    keys = (row.keys[place] for row in rows)
                    named.setdefault(name, {}).update((canonical_key(key), None) for key in keys if key != ANY)
                todo += [row.value for row in rows] + ([] if default is None else [default])
            case Dated(entries, _):
                todo += [value for _, value in entries]
    found: _Vocabulary = {}
    for name, known in named.items():
        rest = [key for key in declared.get(name, [_OTHER]) if key not in known]
        found[name] = [*known, *(rest if len(rest) <= 1 else [_OTHER])]
    return found


def _over_time(old: _Part, new: _Part, given: Mapping[str, str], dates: Sequence[datetime.date]) -> Iterator[_Change]:
    """Walk over what differs for one combination of keys, each with the days between which it does."""
    open_changes: dict[tuple[str, str, str], datetime.date] = {}
    for date in dates:
        now = dict.fromkeys(_compare(_bands(old, given, date), _bands(new, given, date)))
        for ended in [change for change in open_changes if change not in now]:
            yield (*ended, open_changes.pop(ended), date)
        for change in now:
            open_changes.setdefault(change, date)
    for change, since in open_changes.items():
        yield (*change, since, None)


def _bands(part: _Part, given: Mapping[str, str], date: datetime.date) -> list[dict[str, str]]:
    """Return the bands as texts; one without a price, or that repeats the band before, is left out."""
    bands = [{name: _resolve(value, given, date) for name, value in band.items()} for band in part]
    priced = [band for band in bands if any(text != NOTHING for name, text in band.items() if name != _EDGE)]
    return [band for place, band in enumerate(priced) if place == 0 or band != priced[place - 1]]


def _resolve(value: Value | None, given: Mapping[str, str], date: datetime.date) -> str:
    match value:
        case Lookup(by, rows, default, _):
            fits = (
                row.value
                for row in rows
                if all(key in (ANY, given[name]) or canonical_key(key) == given[name]
                       for name, key in zip(by, row.keys, strict=True))
            )  # fmt: skip
            return _resolve(next(fits, default), given, date)
        case Dated():
            entry = value.entry(date)
            return _resolve(entry[1] if entry else None, given, date)
        case Formula(_, text, _):
            number = constant_of(value)
            return " ".join(text.split()) if number is None else number_text(number)
    return NOTHING


def _compare(old: list[dict[str, str]], new: list[dict[str, str]]) -> Iterator[tuple[str, str, str]]:
    if len(old) != len(new):
        names = [name for name in (old or new)[0] if name != _EDGE]
        what = names[0] if len(old) + len(new) == 1 else say("the price list")
        yield what, _ladder(old), _ladder(new)
        return
    for place, (before, after) in enumerate(zip(old, new, strict=True), start=1):
        for name in before | after:
            left, right = before.get(name, NOTHING), after.get(name, NOTHING)
            if left != right:
                yield _of_band(name, place, after) if len(new) > 1 else name, left, right


def _of_band(name: str, place: int, band: dict[str, str]) -> Said:
    if name == _EDGE:
        return say("{name} of band {place}", name=name, place=place)
    return say("{name} above {edge}", name=name, edge=band[_EDGE])


def _ladder(bands: list[dict[str, str]]) -> str:
    """Write bands as one text, such as `12.9 above 0, 18.5 above 10`."""
    return _chain(_COMMA, map(_band, bands)) or NOTHING


def _band(band: dict[str, str]) -> str:
    prices = [name for name in band if name != _EDGE]
    words = [say("{name} {value}", name=name, value=band[name]) if len(prices) > 1 else band[name] for name in prices]
    price = _chain(_AND, words)
    return say("{value} above {edge}", value=price, edge=band[_EDGE]) if _EDGE in band else price


def _chain(template: str, parts: Iterable[str]) -> str:
    """Join parts two by two, so that each can be translated; empty without any."""
    found = list(parts)
    return reduce(lambda before, after: say(template, before=before, after=after), found) if found else ""


def _direction(old: str, new: str) -> tuple[str, str]:
    before, after = parse_number(old), parse_number(new)
    if before is None or after is None:
        return "value_changed", ""
    percent = f" ({float((after - before) / before * 100):+.1f} %)" if before else ""
    return "value_raised" if after > before else "value_lowered", percent


def _when(since: datetime.date, until: datetime.date | None) -> str:
    begins = say(" since {date}", date=since) if since > datetime.date.min else ""
    ends = say(" until {date}", date=until) if until else ""
    return say("{begins}{ends}", begins=begins, ends=ends)


def _whom(vocabulary: _Vocabulary, concerned: list[tuple[str, ...]]) -> str:
    """Name the keys concerned, by name where they are all combinations of some keys of each, else one by one."""
    chosen = [dict.fromkeys(column) for column in zip(*concerned, strict=True)]
    if prod(len(keys) for keys in chosen) != len(concerned):
        one_by_one = [_all_of(zip(vocabulary, ([key] for key in keys), strict=True)) for keys in concerned]
        return say(" for {whom}", whom=_chain(_SEMICOLON, one_by_one))
    narrowed = [
        (name, list(keys))
        for (name, known), keys in zip(vocabulary.items(), chosen, strict=True)
        if len(keys) < len(known)
    ]
    return say(" for {whom}", whom=_all_of(narrowed)) if narrowed else ""


def _all_of(keys_by_name: Iterable[tuple[str, list[str]]]) -> str:
    return _chain(
        _COMMA,
        [say("{name} {value}", name=name, value=_chain(_OR, map(_shown, keys))) for name, keys in keys_by_name],
    )


def _shown(key: str) -> str:
    return key if isinstance(key, Said) else key.removeprefix("#")
