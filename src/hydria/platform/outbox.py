"""
News of the contexts for whoever stands above them: what happened to which object, told inside the act's transaction.

A context announces; it does not know who listens. Listeners register when the product starts (as the API does, which
keeps the news for webhooks) and write in the same transaction: an act that is undone, or rehearsed, was never news.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hydria.platform.access import Actor
from hydria.platform.events import EventKind
from hydria.platform.transactions import in_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What happened to one object; `data` is what a listener should not have to ask for, ids and plain values."""

    kind: EventKind
    subject_id: int
    data: Mapping[str, Any] = field(default_factory=dict)


class Listener(Protocol):
    """What hears the news, inside the transaction that makes it."""

    def hear(self, *, actor_name: str, news: Sequence[News]) -> None:
        """Take note of some news, in order."""

    def hear_from_query(self, *, actor_name: str, kind: EventKind, select: str, parameters: Sequence[Any]) -> None:
        """Take note of the news that a query lists; whoever does not want them does not run it."""


_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have a listener hear all that is announced from now on; registering it again changes nothing."""
    if listener not in _listeners:
        _listeners.append(listener)


@in_transaction
def announce(kind: EventKind, subject_id: int, *, actor: Actor, **data: Any) -> None:
    """
    Tell what happened to an object, with the transaction in which it happened.

    data  ids, codes, amounts and days; days are told as ISO dates

    Call it when the object is locked and written: news of one object are told in the order of its locks.
    """
    announce_all([News(kind=kind, subject_id=subject_id, data=data)], actor=actor)


@in_transaction
def announce_all(news: Sequence[News], *, actor: Actor) -> None:
    """Tell several news at once, in order."""
    for listener in _listeners if news else ():
        listener.hear(actor_name=actor.name, news=news)


@in_transaction
def announce_from_query(kind: EventKind, *, actor: Actor, select: str, parameters: Sequence[Any] = ()) -> None:
    """
    Tell what happened to many objects, as a query lists them, without reading them here.

    select  gives `subject_id` and `data` (jsonb); it runs only when somebody wants news of this kind
    """
    for listener in _listeners:
        listener.hear_from_query(actor_name=actor.name, kind=kind, select=select, parameters=parameters)
