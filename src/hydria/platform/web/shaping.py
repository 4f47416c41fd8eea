"""
How a reader shapes a list: which columns in which order, by what it is grouped, and the views that keep this.

All of it stands in the address (`column=…&column=…`, `group=…`, `within=…`), so a shaped list is bookmarked, sent and
exported like any other; a saved view is a name for such an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, QueryDict

from hydria.platform import queries
from hydria.platform.models import User

GROUPS_MAX = 500
NO_VALUE = "-"
PLACE_IN_LIST = ("after", "before", "export", "part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A column that can be shown, or by which a list can be grouped."""

    name: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewCard:
    """A saved view in the menu of a list."""

    id: int
    name: str
    href: str
    is_mine: bool
    owner: str


def kept_fields(asked: QueryDict, *, without: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return what a form of the list has to send along so that nothing else of its shape is lost."""
    left_out = {*without, *PLACE_IN_LIST}
    return tuple((name, value) for name, values in asked.lists() if name not in left_out for value in values if value)


def narrow_to_group(rows: QuerySet[Any], *, path: str, within: str) -> QuerySet[Any]:
    """Return the rows of one group, or all of them where nobody asked for one or it cannot be read."""
    if not path or not within:
        return rows
    try:
        return rows.filter(**({f"{path}__isnull": True} if within == NO_VALUE else {path: within}))
    except (ValueError, ValidationError):
        return rows


def sum_groups(rows: QuerySet[Any], *, path: str, totals: dict[str, str]) -> list[dict[str, Any]]:
    """
    Return a row for each value of `path` over the whole selection: `value`, `row_count` and the sums asked for.

    totals  name -> ORM path to sum
    """
    sums = {name: Sum(total) for name, total in totals.items()}
    grouped = rows.order_by().values(path).annotate(row_count=Count("pk", distinct=True), **sums).order_by(path)
    return [{**row, "value": row[path]} for row in grouped[:GROUPS_MAX]]


def list_views(request: HttpRequest, *, listing: str) -> tuple[ViewCard, ...]:
    """Return the reader's own views of a list, and those that colleagues share."""
    if not isinstance(request.user, User):
        return ()
    return tuple(
        ViewCard(
            id=view.pk,
            name=view.name,
            href=f"?{view.query}",
            is_mine=view.owner_id == request.user.pk,
            owner=view.owner.full_name,
        )
        for view in queries.list_saved_views(user_id=request.user.pk, listing=listing)
    )
