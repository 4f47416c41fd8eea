"""
How an operation writes: one durable transaction, with the actor and the reason told to the database.

Operations that doors call open `acting(...)`. Operations that other operations call are marked `@in_transaction`
and refuse to run outside one. The audit triggers read actor and reason from the transaction's settings, so that
SQL bulk writes are signed as well.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

from hydria.platform.access import Actor

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def acting(actor: Actor, *, reason: str = "") -> Iterator[None]:
    """
    Open the one transaction of an operation and sign it with the actor and the reason.

    Guarantee: all or nothing; committed when the block ends, never part of a larger transaction
    (Django's test cases, which wrap each test, excepted).
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('hydria.actor', %s, true), set_config('hydria.actor_id', %s, true),"
                " set_config('hydria.reason', %s, true)",
                [actor.name, str(actor.user_id or ""), reason],
            )
        yield


def in_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Mark an operation that other operations call; it refuses to run outside their transaction."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not connection.in_atomic_block:
            raise RuntimeError(f"{function.__qualname__} runs inside the transaction of another operation")
        return function(*args, **kwargs)

    return guarded
