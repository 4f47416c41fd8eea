"""
Lists in pages, or whole: by id behind a cursor, so that a page costs the same wherever it is and rows never shift.

Whoever asks for `Accept: application/x-ndjson` gets all rows that the filters leave, one JSON object a line, streamed:
memory holds one chunk of them on either side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _
from ninja import Field, Query, Schema

from hydria.publicapi.domain.cursors import read_cursor, write_cursor
from hydria.publicapi.web.problems import Refused

T = TypeVar("T")
M = TypeVar("M", bound=Model)

PAGE_SIZE_MAX = 500
NDJSON = "application/x-ndjson"


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
    request: HttpRequest,
    rows: QuerySet[M],
    *,
    asked: PageAsked,
    card: Callable[[Sequence[M]], Sequence[Any]],
    row: type[Schema],
    newest_first: bool = False,
) -> dict[str, Any] | StreamingHttpResponse:
    """
    Return one page of rows as the cards that the schema describes, or all of them as lines.

    card  turns the rows of a page into cards at once, so that queries do not grow with the page
    row   the schema of one row
    """
    last_id = None
    if asked.cursor:
        try:
            last_id = read_cursor(asked.cursor)
        except ValueError as error:
            raise Refused(400, "cursor_invalid", _("Take the cursor from the page before.")) from error
    if NDJSON in request.headers.get("Accept", ""):
        lines = _write_lines(rows, last_id, card=card, row=row, newest_first=newest_first)
        return StreamingHttpResponse(lines, content_type=NDJSON)
    shown, next_id = _take_page(rows, last_id, count=asked.limit, newest_first=newest_first)
    return {"items": card(shown), "next_cursor": None if next_id is None else write_cursor(next_id)}


def _take_page(rows: QuerySet[M], last_id: int | None, *, count: int, newest_first: bool) -> tuple[list[M], int | None]:
    """Return the rows after an id, and the id that the next page comes after, None on the last page."""
    if last_id is not None:
        rows = rows.filter(pk__lt=last_id) if newest_first else rows.filter(pk__gt=last_id)
    found = list(rows.order_by("-pk" if newest_first else "pk")[: count + 1])
    shown = found[:count]
    return shown, shown[-1].pk if len(found) > len(shown) else None


def _write_lines(
    rows: QuerySet[M],
    last_id: int | None,
    *,
    card: Callable[[Sequence[M]], Sequence[Any]],
    row: type[Schema],
    newest_first: bool,
) -> Iterator[str]:
    is_more = True
    while is_more:
        shown, last_id = _take_page(rows, last_id, count=PAGE_SIZE_MAX, newest_first=newest_first)
        yield "".join(f"{row.from_orm(made).model_dump_json()}\n" for made in card(shown))
        is_more = last_id is not None
