"""Cursors of lists: where the next page begins, in a form that nobody is tempted to count with."""

from __future__ import annotations

import base64
import re


def write_cursor(last_id: int) -> str:
    """Return the cursor of the page after the row with this id."""
    return base64.urlsafe_b64encode(f"id:{last_id}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> int:
    """
    Return the id that a cursor stands behind.

    >>> read_cursor(write_cursor(1234))
    1234

    :raises ValueError: if it is none of ours.
    """
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except ValueError as error:
        raise ValueError(f"not a cursor: {cursor!r}") from error
    found = re.fullmatch(r"id:([0-9]{1,18})", text)
    if not found:
        raise ValueError(f"not a cursor: {cursor!r}")
    return int(found[1])
