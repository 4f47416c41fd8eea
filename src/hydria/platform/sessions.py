"""
Who is logged in where: the store of sessions, which keeps beside each one whose it is, and the acts that end them.

What the store shows of a session is written by `web/entrance.py` into the session itself, so it costs no query of its
own: it is read and saved with the session.
"""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet
from django.utils.translation import gettext

from hydria.kernel.errors import UnableTo
from hydria.platform.access import Actor, Permission
from hydria.platform.audit import record_access
from hydria.platform.domain.origins import Origin
from hydria.platform.models import AccessKind, DeskSession, User
from hydria.platform.transactions import acting

ENTRY = "entry"
"""The name in a session under which `web/entrance.py` keeps who came in, from where and when."""


class UnableToEndSession(UnableTo):
    """The session is not there, or not the actor's to end."""


class SessionStore(DatabaseStore):
    """Keep sessions in rows that say whose they are and where they come from."""

    @classmethod
    def get_model_class(cls) -> type[DeskSession]:
        """Return the table."""
        return DeskSession

    def create_model_instance(self, data: dict[str, Any]) -> DeskSession:
        """Return the row of this session."""
        session: DeskSession = super().create_model_instance(data)
        entry = data.get(ENTRY, {})
        session.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        session.handle = entry.get("handle", "")
        session.address, session.device = entry.get("address", ""), entry.get("device", "")
        session.started_at, session.last_seen_at = _instant(entry.get("started")), _instant(entry.get("seen"))
        return session


def _instant(text: str | None) -> datetime.datetime | None:
    return datetime.datetime.fromisoformat(text) if text else None


def list_sessions(*, actor: Actor, at: datetime.datetime, of_everybody: bool = False) -> QuerySet[DeskSession]:
    """
    Return the sessions that are open: the actor's own, or everybody's.

    :raises UnableToPermit: if the actor asks for everybody's and may not manage users.
    """
    open_now = DeskSession.objects.filter(expire_date__gt=at, user__is_active=True).exclude(handle="")
    if of_everybody:
        actor.require(Permission.USER_MANAGE)
        return open_now.select_related("user")
    return open_now.filter(user_id=actor.user_id).select_related("user")


def end_session(*, actor: Actor, handle: str, origin: Origin) -> User:
    """
    End a session of one's own, or as a manager of users anybody's within one's own access; return whose it was.

    :raises UnableToEndSession: with code `session_unknown`, also for another's that is not the actor's to end.
    """
    with acting(actor, reason="end session"):
        session = (
            DeskSession.objects.select_for_update(of=("self",)).select_related("user").filter(handle=handle).first()
        )
        if session is None or session.user is None or not _is_theirs_to_end(actor, session.user):
            raise UnableToEndSession("session_unknown", gettext("This session has ended already."), handle=handle)
        session.delete()
        _record(actor, session.user, count=1, origin=origin)
    return session.user


def end_sessions(*, actor: Actor, user_id: int, origin: Origin, kept_handle: str = "") -> int:
    """
    End all sessions of a user but one, and return how many there were.

    :raises UnableToEndSession: with code `session_unknown` if they are another's and not the actor's to end.
    """
    user = User.objects.filter(id=user_id).first()
    if user is None or not _is_theirs_to_end(actor, user):
        raise UnableToEndSession("session_unknown", gettext("This session has ended already."), user_id=user_id)
    with acting(actor, reason="end sessions"):
        count = drop_sessions(user_id=user_id, kept_handle=kept_handle)
        if count:
            _record(actor, user, count=count, origin=origin)
    return count


def drop_sessions(*, user_id: int, kept_handle: str = "") -> int:
    """Remove the sessions of a user with the current transaction, but for one; return how many there were."""
    doomed = DeskSession.objects.filter(user_id=user_id)
    count, _by_table = (doomed.exclude(handle=kept_handle) if kept_handle else doomed).delete()
    return count


def _is_theirs_to_end(actor: Actor, user: User) -> bool:
    if actor.user_id == user.pk:
        return True
    theirs = user.to_actor()
    return actor.may(Permission.USER_MANAGE) and actor.covers(
        theirs.permissions, amount_limit_minor=theirs.amount_limit_minor
    )


def _record(actor: Actor, user: User, *, count: int, origin: Origin) -> None:
    record_access(
        actor_name=actor.name,
        user_id=actor.user_id,
        what="session",
        refused=False,
        reason=f"{user.username} ({count})",
        kind=AccessKind.SESSION,
        origin=origin,
    )
