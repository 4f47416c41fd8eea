"""
Turn a queryset and a table of columns into a list: filters, sorting, keyset paging, totals and exports.

The address holds the whole state of a list, so a list can be bookmarked, sent to a colleague and left by the back
button. Paging is by key, not by offset: the thousandth page costs what the first one costs. A list's export has
exactly the rows that its filters left, in its order.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from hydria.platform.access import Permission
from hydria.platform.people import name_person
from hydria.platform.web import exporting
from hydria.platform.web.describing import FIXED, NUMERIC, Column, Filter, Kind, Listing, Text
from hydria.platform.web.doors import actor_of, render_page
from hydria.platform.web.formats import get_currency, get_formats, spell_instant
from hydria.platform.web.shaping import (
    NO_VALUE,
    PLACE_IN_LIST,
    Choice,
    ViewCard,
    kept_fields,
    list_views,
    narrow_to_group,
    sum_groups,
)
from hydria.platform.web.states import label_of, tone_of

ROWS_PER_PAGE = 50


# What templates get


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell as shown."""

    text: str
    kind: Kind
    href: str = ""
    drawer: bool = False
    tone: str = ""
    hint: str = ""

    @property
    def css_class(self) -> str:
        """Return how the cell is set: numbers to the end, days in one piece."""
        return "num" if self.kind in NUMERIC else "fixed" if self.kind in FIXED else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """One column's head; `direction` is the order in force, in ARIA's word."""

    label: str
    is_numeric: bool
    sort_href: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterCard:
    """One filter as shown, with what was typed and why it was not understood."""

    name: str
    label: str
    kind: str
    value: str
    placeholder: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCard:
    """A page of a list, ready to show."""

    name: str
    address: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Cell | None, ...]
    count: int
    filters: tuple[FilterCard, ...]
    sort: str
    first_href: str = ""
    previous_href: str = ""
    next_href: str = ""
    csv_href: str = ""
    xlsx_href: str = ""
    empty: str = ""
    empty_hint: str = ""
    is_filtered: bool = False
    has_totals: bool = False
    totals_href: str = ""
    columns: tuple[Choice, ...] = ()
    groups: tuple[Choice, ...] = ()
    within: str = ""
    ungrouped_href: str = ""
    views: tuple[ViewCard, ...] = ()
    state: str = ""
    kept_by_filters: tuple[tuple[str, str], ...] = ()
    kept_by_columns: tuple[tuple[str, str], ...] = ()
    selection_href: str = ""
    act_href: str = ""


__all__ = [
    "Cell",
    "Column",
    "Filter",
    "FilterCard",
    "Heading",
    "Kind",
    "ListCard",
    "Listing",
    "build_list",
    "select_rows",
    "show_list",
]


def show_list(
    request: HttpRequest,
    *,
    listing: Listing,
    rows: QuerySet[Any],
    title: Text,
    context: Mapping[str, Any] | None = None,
    template: str = "platform/list.html",
) -> HttpResponseBase:
    """Answer with the list as page, as fragment after a filter or a sort, or as file when an export is asked for."""
    listing = listing.complete()
    export = request.GET.get("export", "")
    if export in exporting.WRITERS:
        return _export(export, listing=listing, rows=rows, asked=request.GET)
    if request.GET.get("part") == "totals":
        return render_page(request, "platform/_list_totals.html", _totals_in_words(listing, rows, request.GET))
    card = build_list(request, listing=listing, rows=rows)
    full = {"title": title, "list": card, **(context or {})}
    return render_page(request, template, full, fragments={f"list-{listing.name}": "platform/_list.html"})


def build_list(request: HttpRequest, *, listing: Listing, rows: QuerySet[Any]) -> ListCard:
    """Return the page of a list that the address asks for, to be included in any template."""
    asked, listing = request.GET, listing.complete()
    filtered, filters = _apply_filters(listing, rows, asked)
    group, within = listing.group_asked(asked)
    if group is not None and not within:
        body = _group_page(listing, group, filtered, asked)
    else:
        body = _row_page(listing, group, within, filtered, asked)
    shown = {column.name for column in listing.shown(asked)}
    order = [*listing.shown(asked), *(column for column in listing.columns if column.name not in shown)]
    filter_names = [item.name for item in listing.filters]
    return ListCard(
        name=listing.name,
        address=request.path,
        filters=filters,
        sort=asked.get("sort", ""),
        csv_href=_address(asked, export="csv"),
        xlsx_href=_address(asked, export="xlsx"),
        empty=str(listing.empty or _("Nothing here yet")),
        empty_hint=str(listing.empty_hint),
        is_filtered=any(card.value for card in filters),
        columns=tuple(_choice(column, is_chosen=column.name in shown) for column in order),
        groups=tuple(_choice(column, is_chosen=column is group) for column in listing.columns if column.group),
        views=list_views(request, listing=listing.name),
        state=_address(asked),
        kept_by_filters=kept_fields(asked, without=filter_names),
        kept_by_columns=kept_fields(asked, without=("column", "group", "within")),
        **_selecting(request, listing),
        **body,
    )


def _row_page(
    listing: Listing, group: Column | None, within: str, filtered: QuerySet[Any], asked: QueryDict
) -> dict[str, Any]:
    """Return the part of the card that shows rows, page by page, those of one group where one is opened."""
    columns = listing.shown(asked)
    selected = _narrow(filtered, group, within)
    ordered, order = _apply_order(listing, _with_parts(selected, columns), asked)
    page, has_previous, has_next = _take_page(ordered, asked, descending=order.startswith("-"))
    count, totals = (len(page), ()) if listing.totals_apart else _sum_up(listing, columns, selected)
    return {
        "headings": tuple(_heading(column, asked, order) for column in columns),
        "rows": tuple(tuple(_cell(column, row) for column in columns) for row in page),
        "totals": totals,
        "has_totals": any(totals),
        "count": count,
        "totals_href": _address(asked, part="totals") if listing.totals_apart else "",
        "first_href": _address(asked) if has_previous else "",
        "previous_href": _address(asked, before=_cursor_of(page[0])) if has_previous and page else "",
        "next_href": _address(asked, after=_cursor_of(page[-1])) if has_next and page else "",
        "within": _spell_group(group, within) if group else "",
        "ungrouped_href": _address(asked, within="") if group else "",
    }


def _group_page(listing: Listing, group: Column, filtered: QuerySet[Any], asked: QueryDict) -> dict[str, Any]:
    """Return the part of the card that shows one row a group, each opening its rows, with subtotals and the total."""
    summed = [column for column in listing.columns if column.total]
    rows = []
    for found in _sum_groups(listing, group, filtered):
        within = NO_VALUE if found["value"] in (None, "") else str(found["value"])
        head = Cell(text=_spell_group(group, within), kind=Kind.TEXT, href=_address(asked, within=within))
        count = Cell(text=get_formats().quantity(found["row_count"] * 1000), kind=Kind.COUNT)
        rows.append((head, count, *(_cell(column, None, value=found[column.name] or 0) for column in summed)))
    row_count, totals = _sum_up(listing, tuple(summed), filtered)
    heads = [(group.label, False), (_("Rows"), True), *((column.label, True) for column in summed)]
    foot = Cell(text=get_formats().quantity(row_count * 1000), kind=Kind.COUNT)
    return {
        "headings": tuple(Heading(label=str(label), is_numeric=is_numeric) for label, is_numeric in heads),
        "rows": tuple(rows),
        "totals": (None, foot, *totals),
        "has_totals": True,
        "count": len(rows),
    }


def _sum_groups(listing: Listing, group: Column, filtered: QuerySet[Any]) -> list[dict[str, Any]]:
    summed = [column for column in listing.columns if column.total]
    rows = _with_parts(filtered, [group, *summed])
    return sum_groups(rows, path=group.group, totals={column.name: column.total for column in summed})


def _narrow(rows: QuerySet[Any], group: Column | None, within: str) -> QuerySet[Any]:
    return narrow_to_group(_with_parts(rows, [group]), path=group.group, within=within) if group else rows


def _with_parts(rows: QuerySet[Any], columns: Sequence[Column]) -> QuerySet[Any]:
    """Give the rows what these columns show and is not on the rows already."""
    parts = {column.part_name: column.part() for column in columns if column.part}
    return rows.annotate(**{name: part for name, part in parts.items() if name not in rows.query.annotations})


def _spell_group(group: Column, within: str) -> str:
    if within in ("", NO_VALUE):
        return _("(none)") if within else ""
    if group.kind is Kind.DATE:
        return get_formats().date(datetime.date.fromisoformat(within))
    return _spell(group, within)


def _choice(column: Column, *, is_chosen: bool) -> Choice:
    return Choice(name=column.name, label=str(column.label), is_chosen=is_chosen)


def _sum_up(
    listing: Listing, columns: Sequence[Column], filtered: QuerySet[Any]
) -> tuple[int, tuple[Cell | None, ...]]:
    """Count the whole selection, and sum its columns that have a total, in one query."""
    summed = [column for column in columns if column.total]
    rows = _with_parts(filtered, summed).order_by()
    aggregates = rows.aggregate(
        row_count=Count("pk"), **{f"total_{column.name}": Sum(column.total) for column in summed}
    )
    sums = {column.name: aggregates[f"total_{column.name}"] or 0 for column in summed}
    if listing.sum_up is not None:
        sums |= listing.sum_up(filtered)
    totals = tuple(_cell(column, None, value=sums[column.name]) if column.name in sums else None for column in columns)
    return aggregates["row_count"], totals


def _totals_in_words(listing: Listing, rows: QuerySet[Any], asked: QueryDict) -> dict[str, Any]:
    """Return count and totals with their labels, for a list whose page came without them."""
    filtered, _filters = _apply_filters(listing, rows, asked)
    columns = listing.shown(asked)
    group, within = listing.group_asked(asked)
    count, cells = _sum_up(listing, columns, _narrow(filtered, group, within))
    labeled = zip(columns, cells, strict=True)
    return {"count": count, "totals": [(str(column.label), cell.text) for column, cell in labeled if cell]}


def select_rows(listing: Listing, rows: QuerySet[Any], asked: QueryDict) -> tuple[QuerySet[Any, Any], str]:
    """
    Return what the address leaves of a list as ids and numbers of what its rows are about, and the address.

    The address has only what was understood: a filter that nobody knows today must not come to mean something later.
    """
    listing, understood = listing.complete(), QueryDict(mutable=True)
    for item in listing.filters:
        if typed := asked.get(item.name, "").strip():
            try:
                rows = rows.filter(item.condition(typed))
            except (ValueError, OverflowError):
                continue
            understood[item.name] = typed
    group, within = listing.group_asked(asked)
    if group is not None and within:
        rows = _narrow(rows, group, within)
        understood["group"], understood["within"] = group.name, within
    return rows.order_by().values_list(listing.subject_path, listing.subject_label), understood.urlencode()


def _selecting(request: HttpRequest, listing: Listing) -> dict[str, str]:
    """Return where the rows of a list are kept as a selection, and where something is done with all of them."""
    if not listing.subject:
        return {}
    query = urlencode({"listing": listing.name, "query": _address(request.GET, sort="").lstrip("?")})
    act_href = f"{reverse('act_new')}?{query}" if actor_of(request).may(Permission.BULK_ACT) else ""
    return {"selection_href": f"{reverse('selection_new')}?{query}", "act_href": act_href}


def _apply_filters(
    listing: Listing, rows: QuerySet[Any], asked: QueryDict
) -> tuple[QuerySet[Any], tuple[FilterCard, ...]]:
    cards = []
    for item in listing.filters:
        typed, error = asked.get(item.name, "").strip(), ""
        if typed:
            try:
                rows = rows.filter(item.condition(typed))
            except (ValueError, OverflowError):
                error = _("Not understood, so not used: %(typed)s") % {"typed": typed}
        choices = tuple((str(value), str(label)) for value, label in item.choices())
        cards.append(
            FilterCard(
                name=item.name,
                label=str(item.label),
                kind=item.kind,
                value=typed,
                choices=choices,
                error=error,
                placeholder=str(item.placeholder),
            )
        )
    return rows, tuple(cards)


def _apply_order(listing: Listing, rows: QuerySet[Any], asked: QueryDict) -> tuple[QuerySet[Any], str]:
    """Order by the asked column, then by key, and keep both with each row for the next page's start."""
    sortable = {column.name: column.sort for column in listing.columns if column.sort}
    order = asked.get("sort", "") if asked.get("sort", "").lstrip("-") in sortable else listing.sort or "-"
    path = sortable.get(order.lstrip("-"), "pk")
    sign = "-" if order.startswith("-") else ""
    return rows.annotate(sort_value=F(path), sort_key=F("pk")).order_by(f"{sign}{path}", f"{sign}pk"), order


def _take_page(rows: QuerySet[Any], asked: QueryDict, *, descending: bool) -> tuple[list[Any], bool, bool]:
    """Return the rows of the asked page, and whether there are rows before and after it."""
    cursor = _read_cursor(asked.get("before") or asked.get("after") or "")
    backwards = cursor is not None and "before" in asked
    try:
        found = _rows_from(rows, cursor, descending=descending, backwards=backwards)
    except (ValueError, TypeError, ValidationError):
        # A cursor that somebody edited by hand: start over.
        cursor, backwards = None, False
        found = _rows_from(rows, None, descending=descending, backwards=False)
    more, page = len(found) > ROWS_PER_PAGE, found[:ROWS_PER_PAGE]
    if backwards:
        return page[::-1], more, True
    return page, cursor is not None, more


def _rows_from(rows: QuerySet[Any], cursor: tuple[Any, int] | None, *, descending: bool, backwards: bool) -> list[Any]:
    """Return a page of rows, and one more if there is one, from behind a cursor on."""
    page_rows = rows.reverse() if backwards else rows
    if cursor is not None:
        value, key = cursor
        side = "lt" if descending != backwards else "gt"
        # The first condition alone lets PostgreSQL start in the index; the second drops the ties already shown.
        page_rows = page_rows.filter(
            Q(**{f"sort_value__{side}e": value})
            & (Q(**{f"sort_value__{side}": value}) | Q(**{f"sort_key__{side}": key}))
        )
    return list(page_rows[: ROWS_PER_PAGE + 1])


def _cursor_of(row: Any) -> str:
    value, key = (row["sort_value"], row["sort_key"]) if isinstance(row, Mapping) else (row.sort_value, row.sort_key)
    if isinstance(value, datetime.date):
        value = value.isoformat()
    elif not isinstance(value, int | str):
        value = str(value)
    return base64.urlsafe_b64encode(json.dumps([value, key]).encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[Any, int] | None:
    try:
        value, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return (value.replace("\0", "") if isinstance(value, str) else value), int(key)
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError):
        return None


def _address(asked: QueryDict, **changes: str) -> str:
    """Return the query string of this list with changes; another order or page starts from its own place."""
    query = asked.copy()
    for name in PLACE_IN_LIST:
        query.pop(name, None)
    for name, value in changes.items():
        if value:
            query[name] = value
        else:
            query.pop(name, None)
    return f"?{query.urlencode()}"


def _heading(column: Column, asked: QueryDict, order: str) -> Heading:
    is_ordered = order.lstrip("-") == column.name
    flipped = f"-{column.name}" if is_ordered and not order.startswith("-") else column.name
    return Heading(
        label=str(column.label),
        is_numeric=column.kind in NUMERIC,
        sort_href=_address(asked, sort=flipped) if column.sort else "",
        direction=("descending" if order.startswith("-") else "ascending") if is_ordered else "",
    )


def _cell(column: Column, row: Any, *, value: Any = None) -> Cell:
    raw = column.value_of(row) if row is not None else value
    href = (column.link(row) or "") if column.link and row is not None else ""
    tone = tone_of(str(raw)) if column.kind is Kind.STATE and raw else ""
    text = _spell(column, raw)
    hint = str(raw) if column.kind is Kind.PERSON and text != raw else ""
    return Cell(text=text, kind=column.kind, href=href, drawer=column.drawer, tone=tone, hint=hint)


def _spell(column: Column, raw: Any) -> str:
    if raw is None or raw == "":
        return ""
    formats = get_formats()
    match column.kind:
        case Kind.AMOUNT:
            return formats.amount(raw)
        case Kind.QUANTITY:
            return formats.quantity(raw)
        case Kind.COUNT:
            return formats.quantity(raw * 1000)
        case Kind.DATE:
            return formats.date(raw)
        case Kind.INSTANT:
            return spell_instant(raw)
        case Kind.PERSON:
            return name_person(raw)
        case Kind.STATE if column.choices:
            return label_of(column.choices, raw)
    return str(raw)


def _export(kind: str, *, listing: Listing, rows: QuerySet[Any], asked: QueryDict) -> HttpResponseBase:
    """Return what the list shows as a file: its columns in its order, or its groups, over the whole selection."""
    filtered, _filters = _apply_filters(listing, rows, asked)
    columns, (group, within) = listing.shown(asked), listing.group_asked(asked)
    if group is not None and not within:
        summed = [column for column in listing.columns if column.total]
        heads = [str(group.label), _("Rows"), *(str(column.label) for column in summed)]
        found = _sum_groups(listing, group, filtered)
        sums = ([_plain(column, row[column.name] or 0) for column in summed] for row in found)
        lines = ([_plain(group, row["value"]), row["row_count"], *line] for row, line in zip(found, sums, strict=True))
        return exporting.answer(kind, name=listing.name, heads=heads, rows=lines)
    selected = _with_parts(_narrow(filtered, group, within), columns)
    ordered, _order = _apply_order(listing, selected, asked)
    heads = [str(column.label) for column in columns]
    plain = ([_plain(column, column.value_of(row)) for column in columns] for row in ordered.iterator(chunk_size=2_000))
    return exporting.answer(kind, name=listing.name, heads=heads, rows=plain)


def _plain(column: Column, raw: Any) -> Any:
    """Return a plain value: numbers in whole units, days and instants as such, states and persons as words."""
    if raw is None or raw == "":
        return raw
    match column.kind:
        case Kind.AMOUNT:
            return get_currency().to_decimal(raw)
        case Kind.QUANTITY:
            return raw / 1000
        case Kind.PERSON:
            return name_person(raw)
        case Kind.STATE if column.choices:
            return label_of(column.choices, raw)
    return raw
