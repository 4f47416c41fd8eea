"""
How an operation writes: one durable transaction, with the actor and the reason told to the database.

Operations that doors call open `acting(...)`. Operations that other operations call are marked `@in_transaction`
and refuse to run outside one. An act that is made of several door operations opens `composing(...)`, in which they
share one transaction; `rehearsing(...)` does the same and undoes it, which is how a screen previews what an act would
do or be refused for. The audit triggers read actor and reason from the transaction's settings, so that SQL bulk
writes are signed as well.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

from hydria.platform.access import Actor

P = ParamSpec("P")
R = TypeVar("R")
_is_composing: ContextVar[bool] = ContextVar("is_composing", default=False)


class _Undo(Exception):
    """Leave a rehearsal with nothing written."""


@contextmanager
def acting(actor: Actor, *, reason: str = "") -> Iterator[None]:
    """
    Open the one transaction of an operation and sign it with the actor and the reason.

    Guarantee: all or nothing; committed when the block ends, never part of a larger transaction
    (Django's test cases, which wrap each test, excepted), unless that one was opened by `composing`, whose actor and
    reason then sign the whole.
    """
    if _is_composing.get():
        with transaction.atomic():
            yield
        return
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('hydria.actor', %s, true), set_config('hydria.actor_id', %s, true),"
                " set_config('hydria.reason', %s, true)",
                [actor.name, str(actor.user_id or ""), reason],
            )
        yield


@contextmanager
def composing(actor: Actor, *, reason: str) -> Iterator[None]:
    """
    Open the one transaction of an act that other operations do together, signed with its actor and its reason.

    Guarantee: all of the operations or, when one of them refuses, none.
    """
    with acting(actor, reason=reason):
        before = _is_composing.set(True)
        try:
            yield
        finally:
            _is_composing.reset(before)


@contextmanager
def rehearsing(actor: Actor) -> Iterator[None]:
    """Let operations do their work and take all of it back; what they refuse is raised as ever."""
    try:
        with composing(actor, reason="rehearsal"):
            yield
            raise _Undo
    except _Undo:
        return


def in_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Mark an operation that other operations call; it refuses to run outside their transaction."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not connection.in_atomic_block:
            raise RuntimeError(f"{function.__qualname__} runs inside the transaction of another operation")
        return function(*args, **kwargs)

    return guarded
