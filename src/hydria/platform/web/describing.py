"""
Describe a list: its columns, its filters, and what its rows are about. `listing` does the rest.

A description is made once, when the program starts; what depends on the day, the reader's language or the company is a
function in it, asked per request.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet, TextChoices
from django.http import QueryDict
from django.utils.functional import Promise

from hydria.platform.people import list_logins
from hydria.platform.web.formats import get_formats, read_micro
from hydria.platform.web.shaping import NO_VALUE

Text = str | Promise


class Kind(StrEnum):
    """What a column holds; it decides alignment, spelling and export."""

    TEXT = "text"
    COUNT = "count"
    AMOUNT = "amount"
    QUANTITY = "quantity"
    DATE = "date"
    INSTANT = "instant"
    STATE = "state"
    PERSON = "person"


NUMERIC = frozenset({Kind.COUNT, Kind.AMOUNT, Kind.QUANTITY})
FIXED = frozenset({Kind.DATE, Kind.INSTANT, Kind.STATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """
    One column of a list.

    value    attribute path ("account.number") or function of the row; the raw value (minor units, thousandths, code)
    link     function of the row giving an address, or None for no link
    drawer   whether the link fills the explanation drawer rather than leaving the page
    sort     ORM path that orders the list by this column; it must never be null
    total    ORM path whose sum over the whole selection is shown at the foot
    group    ORM path by which the list can be grouped, with a row and the totals for each value
    choices  words of a STATE column
    part     function giving the expression that rows get under the name `value` (or, where that is a function,
             `part_` and the name); worked out only where it is shown
    is_extra not shown until the reader chooses it
    """

    name: str
    label: Text
    value: str | Callable[[Any], Any]
    kind: Kind = Kind.TEXT
    link: Callable[[Any], str | None] | None = None
    drawer: bool = False
    sort: str = ""
    total: str = ""
    group: str = ""
    choices: type[TextChoices] | None = None
    part: Callable[[], Any] | None = None
    is_extra: bool = False

    @property
    def part_name(self) -> str:
        """Return the name under which rows get the column's part."""
        return self.value if isinstance(self.value, str) else f"part_{self.name}"

    def value_of(self, row: Any) -> Any:
        """Return the raw value of this column for a row (a model instance, a card or a dictionary)."""
        if callable(self.value):
            return self.value(row)
        for step in self.value.split("."):
            row = row.get(step) if isinstance(row, Mapping) else getattr(row, step, None)
        return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """
    One thing that a list can be narrowed by.

    kind     "text", "choice", "date", "count", "amount" and "number" (typed as people write them, compared in minor units and
             in millionths) or
             "person" (found by name or log-in; its lookup ends in "__in")
    lookup   ORM lookup that gets the typed value ("state", "effective_date__gte", "holder_name__icontains"), or a
             function from the value to the condition
    choices  function giving (value, label) pairs for a choice; asked per request, so that they are in its language
    """

    name: str
    label: Text
    lookup: str | Callable[[Any], Q]
    kind: str = "text"
    choices: Callable[[], Sequence[tuple[str, Text]]] = tuple
    placeholder: Text = ""

    def parse(self, typed: str) -> Any:
        """
        Return the value to filter by.

        :raises ValueError: if a date is no date, a number none, or a choice none of those offered.
        """
        if self.kind == "amount":
            return get_formats().marks.read(typed)
        if self.kind == "number":
            return read_micro(typed)
        if self.kind == "count":
            return int(typed)
        if self.kind == "date":
            return datetime.date.fromisoformat(typed)
        if self.kind == "person":
            return list_logins(typed=typed)
        if self.kind == "choice" and typed not in {str(value) for value, _label in self.choices()}:
            raise ValueError(typed)
        return typed

    def condition(self, typed: str) -> Q:
        """
        Return the condition that what was typed puts on the rows.

        :raises ValueError: as `parse` does.
        """
        value = self.parse(typed)
        return self.lookup(value) if callable(self.lookup) else Q(**{self.lookup: value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """
    Describe a list once; `show_list` does the rest.

    sort          column name that the list starts ordered by, with "-" for descending; "" orders by newest row
    empty         what to say, and `empty_hint` what to do next, when nothing matches
    totals_apart  count and totals come after the page, for lists whose sums take longer than a page may
    sum_up        function giving the totals of a selection by column name, where sums of columns would be too slow
    more          function giving the columns and filters that the company itself has added
    subject       what a row is about ("account", "party", "premise", "service_point", "meter"), so that selections of
                  the list can be kept and acted on; `subject_path` and
                  `subject_label` are the ORM paths to its id and to the number that people know it by
    """

    name: str
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    sort: str = ""
    empty: Text = ""
    empty_hint: Text = ""
    totals_apart: bool = False
    sum_up: Callable[[QuerySet[Any]], Mapping[str, int]] | None = None
    more: Callable[[], tuple[tuple[Column, ...], tuple[Filter, ...]]] | None = None
    subject: str = ""
    subject_path: str = "pk"
    subject_label: str = "number"

    def complete(self) -> Listing:
        """Return the list with what the company has added to it."""
        if self.more is None:
            return self
        columns, filters = self.more()
        return replace(self, columns=(*self.columns, *columns), filters=(*self.filters, *filters), more=None)

    def shown(self, asked: QueryDict) -> tuple[Column, ...]:
        """Return the columns that the address chooses, in its order; all but the extra ones where it chooses none."""
        by_name = {column.name: column for column in self.columns}
        chosen = dict.fromkeys(name for name in asked.getlist("column") if name in by_name)
        return tuple(by_name[name] for name in chosen) or tuple(
            column for column in self.columns if not column.is_extra
        )

    def group_asked(self, asked: QueryDict) -> tuple[Column | None, str]:
        """Return the column by which the address groups the list, if any, and the group that it opens, or ""."""
        group = next((column for column in self.columns if column.group and column.name == asked.get("group")), None)
        within = asked.get("within", "") if group else ""
        if group and group.kind is Kind.DATE and within != NO_VALUE:
            try:
                datetime.date.fromisoformat(within)
            except ValueError:
                within = ""
        return group, within
