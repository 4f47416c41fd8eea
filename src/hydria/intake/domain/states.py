"""The life of a batch: from a received file to rows in the register, and back."""

from __future__ import annotations

from collections.abc import Mapping

MOVES: Mapping[str, Mapping[str, str]] = {
    "RECEIVED": {
        "CHECKED": "every row can be loaded",
        "REFUSED": "the file or some row cannot be loaded",
        "APPLIED": "loaded in one go",
    },
    "CHECKED": {
        "CHECKED": "checked again",
        "REFUSED": "checked again after the register had changed",
        "APPLIED": "a person has seen the preview",
    },
    "REFUSED": {
        "CHECKED": "checked again after the register was mended",
        "REFUSED": "checked again",
        "APPLIED": "loaded after the register was mended",
    },
    "APPLIED": {"REVERSED": "a person undid it, with a reason"},
    "REVERSED": {},
}
"""From state to state, and what the move means; a move that is not here is refused."""
