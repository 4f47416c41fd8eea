"""
Say what is wrong with a tariff text, where, why, and how to mend it; all of it at once.

Each code has one sentence and one cure with named places for its data, so that a door may translate them.
A sentence inside the data is a `Said`, so that it can be translated as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hydria.kernel.issues import Issue, Severity


class Said(str):
    """Hold an English sentence that still knows its template and its data."""

    __slots__ = ("data", "template")
    template: str
    data: Mapping[str, object]


def say(template: str, **data: Any) -> Said:
    """
    Fill a sentence; doors find the template again to translate it.

    >>> said = say("Did you mean {name}?", name="usage")
    >>> said, said.template
    ('Did you mean usage?', 'Did you mean {name}?')
    """
    said = Said(template.format(**data))
    said.template, said.data = template, data
    return said


def mark(template: str) -> str:
    """Mark a sentence that is filled later, so that the catalogues of messages hold it."""
    return template


SENTENCES = {
    "file_too_large": (
        mark("The file has {size} characters."),
        mark("Keep a tariff under {size_max}; move cases to another file."),
    ),
    "not_utf8": (mark("The file is not UTF-8 from here on."), mark("Save it as UTF-8.")),
    "control_character": (
        mark("The text holds the invisible character {character}."),
        mark("Delete it and type the line again."),
    ),
    "not_yaml": (
        mark("This is not YAML: {problem}."),
        mark("Check the indentation, the colons and the quotes of this line."),
    ),
    "alias": (
        mark("Anchors and aliases (& and *) are not used in tariffs."),
        mark("Write the value out where it counts."),
    ),
    "tag": (mark("Tags such as {tag} are not used in tariffs."), mark("Delete the tag.")),
    "too_deep": (mark("The text is nested more than {depth_max} levels deep."), mark("Flatten it.")),
    "second_document": (
        mark("A second document starts here."),
        mark("Keep one tariff a file; delete the line of dashes."),
    ),
    "duplicate_key": (mark("`{key}` is already given in line {first}."), mark("Keep one of the two.")),
    "key_not_text": (mark("A key has to be a plain word."), mark("Put the list or mapping on the right of the colon.")),
    "not_a_tariff": (mark("A tariff is a mapping of fields."), mark("Start with `tariff: name`.")),
    "unknown_field": (mark("`{field}` is no field here."), "{cure}"),
    "missing_field": (mark("`{field}` is missing."), "{cure}"),
    "not_a_mapping": (
        mark("`{field}` has to hold fields (`name: value`)."),
        mark("Write one `name: value` a line, indented."),
    ),
    "not_a_list": (mark("`{field}` has to be a list."), mark("Start each entry with a dash.")),
    "not_a_text": (mark("`{field}` has to be a text."), mark("Write it on one line; quote it if it holds a colon.")),
    "not_a_history": (
        mark("`{text}` says nothing that can be counted of the past."),
        mark("Write `average of months 12, 1, 2`, `same month last year` or `since month 1`, on a number."),
    ),
    "not_a_number": (mark("`{text}` is not a number."), mark("Write digits with a point, such as 18.50.")),
    "not_a_whole_number": (mark("`{text}` is not a whole number from {low} to {high}."), mark("Write one.")),
    "not_a_date": (mark("`{text}` is not a date."), mark("Write year-month-day, such as 2026-01-01.")),
    "not_one_of": (mark("`{text}` is not known as {field}."), "{cure}"),
    "bad_formula": (mark("In the formula `{formula}`, column {column}: {problem}."), "{cure}"),
    "unknown_name": (mark("`{name}` is neither an input, a derived amount nor an earlier charge."), "{cure}"),
    "name_clash": (mark("`{name}` already names {other}."), mark("Choose another name.")),
    "shadowed_name": (
        mark("The charge `{name}` has the name of {other}."),
        mark("A formula that says {name} means {other}."),
    ),
    "repeated_label": (
        mark("The charge `{name}` appears twice."),
        mark("Percentages of it count both; rename one if that is not meant."),
    ),
    "wrong_type": (mark("`{text}` is {found}, but {wanted} is needed."), "{cure}"),
    "wrong_unit": (
        mark("`{text}` puts {left} and {right} together."),
        mark("Convert one of them, or multiply by a price first."),
    ),
    "never_equal": (mark("`{name}` is never `{value}`."), mark("Its values are {values}.")),
    "unknown_charge": (mark("`{name}` is not a charge above this line."), "{cure}"),
    "no_bands": (mark("At least one band is needed."), mark("Start with `from: 0`.")),
    "first_edge": (mark("The first band has to start at 0."), mark("Write `from: 0`.")),
    "edges_fall": (
        mark("The band from {edge} does not start above the one before ({before})."),
        mark("It stays empty; check the edges."),
    ),
    "lengths_differ": (mark("{left} edges stand against {right} {what}."), mark("Each `from` needs its own value.")),
    "row_length": (mark("The row has {found} entries."), mark("Write {wanted}: the keys {keys}, then the value.")),
    "row_unreachable": (mark("This row repeats the keys of line {first}."), mark("The first one counts; delete one.")),
    "table_too_large": (
        mark("The table has {size} combinations of keys."),
        mark("Keep it under {size_max}; split it."),
    ),
    "unused_input": (mark("The input `{name}` is not used."), mark("Delete it, or use it.")),
    "list_needed": (mark("A list of values is needed."), mark("Write [a, b, c].")),
    "case_unknown": (mark("The case names `{name}`, which is no {kind}."), "{cure}"),
    "case_value": (mark("The case gives {name} as `{text}`."), "{cure}"),
    "no_charges": (mark("The tariff has no charge."), mark("Add at least one under `charges:`.")),
    "no_cases": (
        mark("The tariff has no example."),
        mark("Add one worked bill under `cases:`; it protects every later change."),
    ),
    "finer_than_currency": (
        mark("The charge `{name}` keeps decimals that {currency} does not have."),
        mark("Round it, or mark it `memo: true`."),
    ),
    "period_reversed": (mark("`until` is not after `from`."), mark("Write the first day on which it no longer holds.")),
}


FAULTS = {  # why a row could not be priced
    "missing_input": mark("{input} is missing"),
    "unknown_value": mark("{input} cannot be {value}"),
    "no_row": mark("no row of the table in line {line} fits {keys}"),
    "no_group": mark("there are no charges for this {input}"),
    "no_price_yet": mark("there is no price yet on {date}"),
    "division_by_zero": mark("a division by zero"),
    "text_not_number": mark("a word out of {words} is needed as a number"),
    "period_reversed": mark("the period ends before it starts"),
}


def fault_sentence(code: str, data: Mapping[str, object]) -> str:
    """
    Say why a row could not be priced.

    >>> fault_sentence("missing_input", {"input": "usage"})
    'usage is missing'
    """
    return FAULTS[code].format(**data) if data or "{" not in FAULTS[code] else code.replace("_", " ")


class Findings:
    """Collect the findings about one text."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []

    def add(self, code: str, *, line: int, severity: Severity = Severity.BLOCK, **data: object) -> None:
        """Add a finding; its sentence is filled from the data."""
        sentence, cure = (template.format(**data) for template in SENTENCES[code])
        message = f"{sentence} {cure}".strip()
        issue = Issue(code=code, severity=severity, row=line, message=message, data=data)
        if issue not in self.issues:  # what all classes share is checked once for each of them
            self.issues.append(issue)

    def warn(self, code: str, *, line: int, **data: object) -> None:
        """Add a finding that does not stop the tariff from being used."""
        self.add(code, line=line, severity=Severity.WARN, **data)

    @property
    def block(self) -> bool:
        """Say whether any finding stops the tariff from being used."""
        return any(issue.severity is Severity.BLOCK for issue in self.issues)


def suggest(word: str, known: Iterable[str]) -> str:
    """
    Say which known word was probably meant, or list what there is.

    >>> suggest("uasge", ["usage", "days"])
    'Did you mean usage?'
    """
    from difflib import get_close_matches

    names = [str(name) for name in known]
    if close := get_close_matches(word, names, n=1):
        return say("Did you mean {name}?", name=close[0])
    return say("Known are {names}.", names=", ".join(names[:12])) if names else say("There is none.")
