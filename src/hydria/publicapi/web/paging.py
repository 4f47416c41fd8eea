"""Lists in pages: by id behind a cursor, so that a page costs the same wherever it is and rows never shift."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from ninja import Field, Query, Schema

from hydria.publicapi.domain.cursors import read_cursor, write_cursor
from hydria.publicapi.web.problems import Refused

T = TypeVar("T")
M = TypeVar("M", bound=Model)

PAGE_SIZE_MAX = 500


class PageAsked(Schema):
    """Which page of a list is wanted."""

    cursor: str = Field(
        default="", max_length=60, pattern="^[A-Za-z0-9_-]*$", description="`next_cursor` of the page before"
    )
    limit: int = Field(default=100, ge=1, le=PAGE_SIZE_MAX, description="Rows in the page")


Paging = Annotated[PageAsked, Query()]


class Page(Schema, Generic[T]):
    """Rows of a list; `next_cursor` is null on the last page."""

    items: list[T]
    next_cursor: str | None = Field(default=None, examples=["aWQ6MTIzNA"])


def show_page(
    rows: QuerySet[M], *, asked: PageAsked, card: Callable[[Sequence[M]], Sequence[Any]], newest_first: bool = False
) -> dict[str, Any]:
    """
    Return one page of rows as the cards that the schema describes.

    card  turns the rows of a page into cards at once, so that queries do not grow with the page
    """
    if asked.cursor:
        try:
            last_id = read_cursor(asked.cursor)
        except ValueError as error:
            raise Refused(400, "cursor_invalid", _("Take the cursor from the page before.")) from error
        rows = rows.filter(pk__lt=last_id) if newest_first else rows.filter(pk__gt=last_id)
    found = list(rows.order_by("-pk" if newest_first else "pk")[: asked.limit + 1])
    shown = found[: asked.limit]
    next_cursor = write_cursor(shown[-1].pk) if len(found) > len(shown) else None
    return {"items": card(shown), "next_cursor": next_cursor}
