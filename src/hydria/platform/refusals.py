"""Turn a promise that the database kept into the refusal of an operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import IntegrityError
from django.utils.functional import Promise

from hydria.kernel.errors import UnableTo


@contextmanager
def refusing(error: type[UnableTo], sentences: Mapping[str, str | Promise]) -> Iterator[None]:
    """
    Raise an operation's own error when a named constraint refuses what is written inside the block.

    sentences  constraint name -> what to tell the person; the name is the error's code. Other constraints pass through
    """
    try:
        yield
    except IntegrityError as refused:
        name = getattr(getattr(refused.__cause__, "diag", None), "constraint_name", None)
        if name not in sentences:
            raise
        raise error(name, str(sentences[name])) from refused
