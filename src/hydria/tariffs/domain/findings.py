"""
Say what is wrong with a tariff text, where, why, and how to mend it; all of it at once.

Each code has one sentence and one cure with named places for its data, so that a door may translate them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hydria.kernel.issues import Issue, Severity

SENTENCES = {
    "file_too_large": (
        "The file has {size} characters.",
        "Keep a tariff under {size_max}; move cases to another file.",
    ),
    "not_utf8": ("The file is not UTF-8 from here on.", "Save it as UTF-8."),
    "control_character": ("The text holds the invisible character {character}.", "Delete it and type the line again."),
    "not_yaml": ("This is not YAML: {problem}.", "Check the indentation, the colons and the quotes of this line."),
    "alias": ("Anchors and aliases (& and *) are not used in tariffs.", "Write the value out where it counts."),
    "tag": ("Tags such as {tag} are not used in tariffs.", "Delete the tag."),
    "too_deep": ("The text is nested more than {depth_max} levels deep.", "Flatten it."),
    "second_document": ("A second document starts here.", "Keep one tariff a file; delete the line of dashes."),
    "duplicate_key": ("`{key}` is already given in line {first}.", "Keep one of the two."),
    "key_not_text": ("A key has to be a plain word.", "Put the list or mapping on the right of the colon."),
    "not_a_tariff": ("A tariff is a mapping of fields.", "Start with `tariff: name`."),
    "unknown_field": ("`{field}` is no field here.", "{cure}"),
    "missing_field": ("`{field}` is missing.", "{cure}"),
    "not_a_mapping": ("`{field}` has to hold fields (`name: value`).", "Write one `name: value` a line, indented."),
    "not_a_list": ("`{field}` has to be a list.", "Start each entry with a dash."),
    "not_a_text": ("`{field}` has to be a text.", "Write it on one line; quote it if it holds a colon."),
    "not_a_number": ("`{text}` is not a number.", "Write digits with a point, such as 18.50."),
    "not_a_whole_number": ("`{text}` is not a whole number from {low} to {high}.", "Write one."),
    "not_a_date": ("`{text}` is not a date.", "Write year-month-day, such as 2026-01-01."),
    "not_one_of": ("`{text}` is not known as {field}.", "{cure}"),
    "bad_formula": ("In the formula `{formula}`, column {column}: {problem}.", "{cure}"),
    "unknown_name": ("`{name}` is neither an input, a derived amount nor an earlier charge.", "{cure}"),
    "name_clash": ("`{name}` already names {other}.", "Choose another name."),
    "shadowed_name": ("The charge `{name}` has the name of {other}.", "A formula that says {name} means {other}."),
    "repeated_label": (
        "The charge `{name}` appears twice.",
        "Percentages of it count both; rename one if that is not meant.",
    ),
    "wrong_type": ("`{text}` is {found}, but {wanted} is needed.", "{cure}"),
    "wrong_unit": ("`{text}` puts {left} and {right} together.", "Convert one of them, or multiply by a price first."),
    "never_equal": ("`{name}` is never `{value}`.", "Its values are {values}."),
    "unknown_charge": ("`{name}` is not a charge above this line.", "{cure}"),
    "no_bands": ("At least one band is needed.", "Start with `from: 0`."),
    "first_edge": ("The first band has to start at 0.", "Write `from: 0`."),
    "edges_fall": (
        "The band from {edge} does not start above the one before ({before}).",
        "It stays empty; check the edges.",
    ),
    "lengths_differ": ("{left} edges stand against {right} {what}.", "Each `from` needs its own value."),
    "row_length": ("The row has {found} entries.", "Write {wanted}: the keys {keys}, then the value."),
    "row_unreachable": ("This row repeats the keys of line {first}.", "The first one counts; delete one."),
    "table_too_large": ("The table has {size} combinations of keys.", "Keep it under {size_max}; split it."),
    "unused_input": ("The input `{name}` is not used.", "Delete it, or use it."),
    "list_needed": ("A list of values is needed.", "Write [a, b, c]."),
    "case_unknown": ("The case names `{name}`, which is no {kind}.", "{cure}"),
    "case_value": ("The case gives {name} as `{text}`.", "{cure}"),
    "no_charges": ("The tariff has no charge.", "Add at least one under `charges:`."),
    "no_cases": ("The tariff has no example.", "Add one worked bill under `cases:`; it protects every later change."),
    "finer_than_currency": (
        "The charge `{name}` keeps decimals that {currency} does not have.",
        "Round it, or mark it `memo: true`.",
    ),
    "period_reversed": ("`until` is not after `from`.", "Write the first day on which it no longer holds."),
    "case_fails": ("Case {case}: {what} should be {expected}, but the {engine} gets {got}.", "{cure}"),
    "not_expressible": ("{what} cannot be expressed: {why}.", "{cure}"),
}


FAULTS = {  # why a row could not be priced
    "missing_input": "{input} is missing",
    "unknown_value": "{input} cannot be {value}",
    "no_row": "no row of the table in line {line} fits {keys}",
    "no_group": "there are no charges for this {input}",
    "no_price_yet": "there is no price yet on {date}",
    "division_by_zero": "a division by zero",
    "text_not_number": "a word out of {words} is needed as a number",
    "period_reversed": "the period ends before it starts",
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
        return f"Did you mean {close[0]}?"
    return f"Known are {', '.join(names[:12])}." if names else "There is none."
