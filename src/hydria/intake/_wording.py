"""
Say in sentences what the codes of findings mean: the reason, and the cure.

The domain knows codes and data only; every door (page, command, export) takes its sentences from here, in the
reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hydria.intake._course import Step
from hydria.kernel.issues import Issue, Severity

type_of_wording = tuple[str | Promise, str | Promise]

SENTENCES: Mapping[str, type_of_wording] = {
    # The file
    "file_too_large": (
        _("The file has %(size_bytes)s bytes; at most %(size_bytes_max)s are taken."),
        _("Split it, or have the administrator raise HYDRIA_LOAD_SIZE_MB_MAX."),
    ),
    "file_unpacks_too_large": (
        _("The file unpacks to more than %(size_bytes_max)s bytes."),
        _("Send it unpacked and in parts; such a file may be an attack."),
    ),
    "file_damaged": (
        _("The file is damaged or cut off: %(problem)s."),
        _("Export it again and compare its size with the original."),
    ),
    "file_empty": (_("The file has no header row."), _("Write the names of the columns in its first row.")),
    "file_not_text": (_("The row holds a byte that no text holds."), _("Export the file as CSV or XLSX.")),
    "file_has_too_many_rows": (
        _("The file has more than %(row_count_max)s rows."),
        _("Split it, or have the administrator raise HYDRIA_LOAD_ROWS_MAX."),
    ),
    "file_has_too_many_columns": (
        _("The row has more than %(column_count_max)s columns."),
        _("Check the delimiter; delete the columns that are not needed."),
    ),
    "encoding_unknown": (_("“%(encoding)s” is no encoding."), _("Name one in the mapping, such as utf-8 or cp1252.")),
    "encoding_wrong": (
        _("The byte %(byte)s is not %(encoding)s."),
        _("Name the right encoding in the mapping, such as cp1252 or iso-8859-7."),
    ),
    "sheet_missing": (_("There is no sheet “%(sheet)s”."), _("Name one of: %(present)s.")),
    "sheet_has_a_gap": (
        _("More than %(empty_count_max)s empty rows follow each other."),
        _("Delete the empty rows, or what stands far below the table."),
    ),
    "xml_has_entities": (
        _("The spreadsheet brings definitions of its own."),
        _("Save it again with a spreadsheet program; such a file may be an attack."),
    ),
    "column_missing": (
        _("The mapping needs this column and the file does not have it."),
        _("Correct the header or the mapping; the file has: %(present)s."),
    ),
    "column_repeated": (_("The header names this column %(count)s times."), _("Give each column its own name.")),
    "row_ragged": (
        _("The row has %(found)s cells where %(wanted)s are needed."),
        _("Look for a missing or unquoted delimiter; if it is the last row, the file was cut off."),
    ),
    "row_unreadable": (_("The row cannot be read: %(problem)s."), _("Check the quotation marks of this row.")),
    # The cells
    "control_character": (_("“%(value)s” holds an invisible character."), _("Type the cell again.")),
    "value_missing": (_("The cell is empty and has to be filled."), _("Fill it, or give the mapping a default.")),
    "number_unreadable": (
        _("“%(value)s” is not a number."),
        _("Write digits with a point; for commas say `decimal: comma` in the mapping."),
    ),
    "number_negative": (_("“%(value)s” is negative."), _("Only zero or more is possible here.")),
    "number_impossible": (_("“%(value)s” is not possible here."), _("Give a number from %(low)s to %(high)s.")),
    "number_too_fine": (_("“%(value)s” has more than %(decimals)s decimals."), _("Round it where it was made.")),
    "date_unreadable": (
        _("“%(value)s” is no date of the form %(form)s."),
        _("Correct the day, or name the form in the mapping."),
    ),
    "date_impossible": (_("“%(value)s” is not possible."), _("Give a day of the years %(first)s to %(last)s.")),
    "range_reversed": (
        _("The time ends on %(end)s and starts on %(start)s."),
        _("The end is the first day that no longer counts; it is after the start."),
    ),
    "truth_unreadable": (_("“%(value)s” is neither yes nor no."), _("Write yes or no, or use a code list.")),
    "code_unknown": (_("“%(value)s” is not in the list."), _("Add it to the code list of the mapping: %(known)s.")),
    "text_too_long": (_("The text has more than %(length_max)s characters."), _("Shorten it.")),
    "value_large": (_("“%(value)s” is above %(warn_above)s."), _("Check it: a digit too many is a common slip.")),
    "row_repeated": (
        _("The row says again what row %(first_row)s says (%(identity)s)."),
        _("It is counted once; nothing needs to be done."),
    ),
    "row_differs_from_first": (
        _("Row %(first_row)s says something else about %(identity)s."),
        _("Decide which of the two is right and delete the other."),
    ),
    "findings_too_many": (
        _("The file has %(count)s findings; the first %(shown)s are listed."),
        _("Mend those first: most have the same cause."),
    ),
    # The register
    "reference_unknown": (
        _("“%(value)s” is no known %(kind)s."),
        _("Load it first, or mend the row of this file that should have created it."),
    ),
    "fact_differs": (
        _("A different value is recorded for the same day."),
        _("Correct it at the desk with a reason; loading never overwrites a fact."),
    ),
    "payer_missing": (
        _("The row names neither an account nor a document."),
        _("Name who pays by one of the two; money of unknown payers is taken at the till."),
    ),
    "payer_differs": (
        _("Document “%(value)s” is not of account %(account)s."),
        _("Correct one of the two, or leave the document out."),
    ),
    "document_unknown": (
        _("“%(value)s” is no document of exactly one account."),
        _("Correct the number, or name the account."),
    ),
    "date_in_future": (
        _("%(value)s is after the day on which the file came."),
        _("Correct the day; what a file tells has happened by the day on which it came."),
    ),
    "amount_not_positive": (_("An amount paid is above zero."), _("Correct the amount, or take the row out.")),
    "amount_above_limit": (
        _("The amount is above your limit."),
        _("Have somebody load the file who may take such amounts."),
    ),
    "refused_by_rule": (_("Refused, because %(rule)s."), _("Mend this row or the one that it meets.")),
    "refused_by_rule_and_more": (
        _("Refused, because %(rule)s. More rows are refused and not listed."),
        _("Mend the listed rows first, then check again."),
    ),
    # The mapping
    "mapping_unreadable": (_("The mapping cannot be read: %(problem)s"), _("Correct this line.")),
    "mapping_wants_fields": (_("“%(what)s” holds fields."), _("Write one `name: value` a line, indented.")),
    "mapping_wants_text": (_("“%(what)s” is one text."), _("Write it on one line.")),
    "mapping_wants_one_source": (
        _("“%(field)s” comes either from columns or from a value."),
        _("Give one of `column`, `columns` and `value`."),
    ),
    "mapping_field_unknown": (_("“%(field)s” is not known in %(what)s."), _("Known are: %(known)s.")),
    "mapping_field_missing": (_("“%(field)s” is missing."), _("Every mapping has `mapping`, `scheme` and `records`.")),
    "mapping_value_unknown": (_("“%(value)s” is not possible here."), _("Possible are: %(known)s.")),
    "mapping_kind_unknown": (_("There is no such kind of record."), _("Known are: %(known)s.")),
    "mapping_feeds_no": (_("No column feeds “%(field)s” of the %(kind)s."), _("Name a column or a value for it.")),
}

RULES: Mapping[str, str | Promise] = {
    "service_point_has_one_agreement_at_a_time": _("a service point has one agreement at a time"),
    "service_point_has_one_meter_at_a_time": _("a service point has one meter at a time"),
    "meter_is_at_one_point_at_a_time": _("a meter is at one point at a time"),
    "account_has_one_holder_at_a_time": _("an account has one holder at a time"),
    "agreement_has_one_set_of_terms_at_a_time": _("an agreement has one set of terms at a time"),
    "route_position_belongs_to_one_point": _("a position of a route belongs to one point"),
    "units_of_a_category_are_counted_once_at_a_time": _("units of a category are counted once at a time"),
    "party_holds_a_premise_role_once_at_a_time": _("a party holds a role at a premise once at a time"),
    "official_number_names_one_party": _("an official number names one party"),
    "official_number_is_compact": _("an official number has no spaces, dots or dashes"),
    "serial_names_one_meter_of_a_make": _("a serial number names one meter of a make"),
    "account_closes_after_it_opens": _("an account closes after it opens"),
    "register_shows_one_live_reading_a_day": _("a register shows one reading a day"),
    "missing_reading_says_why": _("a reading without a value says why"),
    "premise_lies_on_the_earth": _("a premise lies on the earth"),
}
"""What the constraints of the database promise, as sentences for the operator."""


KIND_LABELS: Mapping[str, str | Promise] = {
    "service": _("Service"),
    "category": _("Category"),
    "zone": _("Zone"),
    "sector": _("Sector"),
    "cycle": _("Billing cycle"),
    "route": _("Route"),
    "party": _("Person or organization"),
    "identifier": _("Official number"),
    "premise": _("Premise"),
    "premise_party": _("Owner or tenant"),
    "point": _("Service point"),
    "units": _("Units of a point"),
    "account": _("Account"),
    "account_party": _("Party of an account"),
    "agreement": _("Service agreement"),
    "terms": _("Terms of an agreement"),
    "meter": _("Meter"),
    "register": _("Dial of a meter"),
    "installation": _("Installation of a meter"),
    "reading": _("Reading"),
    "consumption": _("Consumption"),
    "opening": _("Opening balance"),
    "payment": _("Payment"),
}


STEP_LABELS: Mapping[Step, str | Promise] = {
    Step.STAGE: _("The rows of the file are read."),
    Step.WRITE: _("The records are written and checked."),
}


def label_of_step(step: Step) -> str:
    """Return the words for what a load is doing."""
    return str(STEP_LABELS[step])


def label_of_kind(kind: str) -> str:
    """Return the word for a kind of record."""
    return str(KIND_LABELS[kind])


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A finding as people read it."""

    row: int
    column: str
    code: str
    severity: Severity
    reason: str
    cure: str

    @property
    def sentence(self) -> str:
        """Return reason and cure."""
        return f"{self.reason} {self.cure}".strip()

    @property
    def sentence_with_row(self) -> str:
        """Return where, why and the cure on one line."""
        where = [gettext("row %(row)s") % {"row": self.row}] if self.row else []
        where += [self.column] if self.column else []
        return f"{', '.join(where)}: {self.sentence}" if where else self.sentence


def explain(issue: Issue) -> Explanation:
    """Put a finding into words, in the language that is active."""
    reason, cure = SENTENCES[issue.code]
    data = dict(issue.data)
    if str(data.get("kind", "")) in KIND_LABELS:
        data["kind"] = label_of_kind(str(data["kind"])).lower()
    if "rule" in data:
        data["rule"] = _rule(str(data["rule"]))
    return Explanation(
        row=issue.row,
        column=issue.field,
        code=issue.code,
        severity=issue.severity,
        reason=str(reason) % data,
        cure=str(cure) % data,
    )


def _rule(constraint: str) -> str:
    """Return the sentence of a constraint; Django names those of unique columns by table and column."""
    if sentence := RULES.get(constraint):
        return str(sentence)
    if constraint.endswith(("_key", "_uniq")):
        return gettext("this number is already taken")
    return constraint.replace("_", " ") or gettext("the value does not fit")
