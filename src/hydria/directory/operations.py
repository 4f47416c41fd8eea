"""
Writes of the directory: keep selections, and do an act on every row of one (REP-07).

An act on many rows is asked for, rehearsed row by row by a job, looked at, agreed to, done row by row by a job, and can
be taken back the same way. Every step may be repeated: it checks the state that it finds under a lock, and a row that
has its result keeps it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from hydria.directory import _acts
from hydria.directory.domain.acts import PERMISSIONS, SUBJECTS, ActKind, ActState, RowState, Subject
from hydria.directory.models import ActWord, BulkAct, BulkActRow, Selection
from hydria.kernel.errors import UnableTo
from hydria.platform import jobs, progress
from hydria.platform.access import Actor, Permission
from hydria.platform.queries import get_actor
from hydria.platform.refusals import refusing
from hydria.platform.transactions import acting, composing, rehearsing

JOB = "directory.act"
ROWS_AT_ONCE = 200
"""Rows in one transaction: few enough that nobody waits long for a lock on one of them."""
LABEL_MAX, MESSAGE_MAX = 60, 300


class UnableToKeepSelection(UnableTo):
    """The list cannot be kept as a selection."""


class UnableToActOnMany(UnableTo):
    """The act cannot be done on these rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """
    The rows of a list, as somebody narrowed it.

    rows   a query with the id of each row and the number that people know it by
    query  the filters as the address holds them
    """

    subject: Subject
    listing: str
    query: str
    rows: QuerySet[Any, Any]


def keep_selection(
    *, actor: Actor, name: str, purpose: str, listed: Listed, is_frozen: bool, made_at: datetime.datetime
) -> Selection:
    """
    Keep a list under a name: its filters, or, frozen, who is in it now. The same list again is the same selection.

    :raises UnableToPermit: if the actor may not see the register.
    :raises UnableToKeepSelection: with code `name_missing`, `purpose_missing`, `too_long` or `name_means_one_selection`.
    """
    actor.require(Permission.REGISTER_VIEW)
    name, purpose = name.strip(), purpose.strip()
    if not name:
        raise UnableToKeepSelection("name_missing", _("Give the selection a name."))
    if not purpose:
        raise UnableToKeepSelection("purpose_missing", _("Say what the selection is for."))
    if len(name) > 80 or len(purpose) > 200 or len(listed.query) > 2_000:
        raise UnableToKeepSelection("too_long", _("The name, the purpose or the filters are too long to be kept."))
    sentence = _("Another selection has this name.")
    with acting(actor, reason=purpose), refusing(UnableToKeepSelection, {"name_means_one_selection": sentence}):
        asked = {"subject": listed.subject, "listing": listed.listing, "query": listed.query, "is_frozen": is_frozen}
        kept = Selection.objects.filter(name=name, retired_at=None, made_by=actor.name, **asked).first()
        if kept is not None and not is_frozen:
            return kept
        selection = Selection.objects.create(
            name=name,
            purpose=purpose,
            made_by=actor.name,
            made_at=made_at,
            member_count=0 if is_frozen else None,
            **asked,
        )
        if is_frozen:
            selection.member_count = _copy(
                "directory_selectionmember (selection_id, object_id)",
                "SELECT %s, listed.id",
                [selection.pk],
                listed.rows,
            )
            selection.save(update_fields=["member_count"])
    return selection


def retire_selection(*, actor: Actor, selection_id: int, retired_at: datetime.datetime) -> None:
    """
    Take a selection out of use; what was done with it stays on record. Doing so twice changes nothing.

    :raises UnableToPermit: if the actor may not see the register.
    :raises UnableToKeepSelection: with code `not_yours` if a colleague made it.
    """
    actor.require(Permission.REGISTER_VIEW)
    with acting(actor, reason="retire selection"):
        selection = Selection.objects.select_for_update().filter(pk=selection_id, retired_at=None).first()
        if selection is None:
            return
        if selection.made_by != actor.name and not actor.may(Permission.SETTING_MANAGE):
            raise UnableToKeepSelection("not_yours", _("Only who made a selection retires it, or an administrator."))
        selection.retired_at = retired_at
        selection.save(update_fields=["retired_at"])


def prepare_act(
    *,
    actor: Actor,
    kind: ActKind,
    arguments: Mapping[str, Any],
    reason: str,
    listed: Listed,
    requested_at: datetime.datetime,
) -> BulkAct:
    """
    Ask for an act on every row of a list: the rows are noted down as they are now, and a job rehearses each.

    arguments  what the act is to do, in plain values; days as ISO 8601

    :raises UnableToPermit: if the actor may not do this act, or not on many rows.
    :raises UnableToActOnMany: with code `reason_missing`, `act_does_not_fit`, `person_missing` or `nothing_listed`.
    """
    _require(actor, kind)
    if not reason.strip():
        raise UnableToActOnMany("reason_missing", _("Say why this is done."))
    if listed.subject not in SUBJECTS[kind]:
        raise UnableToActOnMany("act_does_not_fit", _("This cannot be done with what the list is about."))
    with acting(actor, reason=reason):
        act = BulkAct.objects.create(
            kind=kind,
            subject=listed.subject,
            arguments=dict(arguments),
            reason=reason.strip()[:200],
            listing=listed.listing,
            query=listed.query[:2_000],
            requested_by=actor.name,
            requested_by_user_id=actor.user_id,
            requested_at=requested_at,
        )
        act.row_count = _copy(
            "directory_bulkactrow (act_id, object_id, label, state, code, message)",
            f"SELECT %s, listed.id, left(listed.label, {LABEL_MAX}), '{RowState.WAITING}', '', ''",
            [act.pk],
            listed.rows,
        )
        if not act.row_count:
            raise UnableToActOnMany("nothing_listed", _("The list is empty: there is nothing to act on."))
        act.save(update_fields=["row_count"])
        _defer(act)
    _announce(act, actor, at=requested_at)
    return act


def begin_act(*, actor: Actor, act_id: int, at: datetime.datetime) -> None:
    """
    Agree to an act that was rehearsed: a job does it on the rows that can be done. Doing so twice changes nothing.

    :raises UnableToPermit: if the actor may not do this act, or not on many rows.
    :raises UnableToActOnMany: with code `not_ready` if it is still being checked or was left.
    """
    with acting(actor, reason="begin act"):
        act = BulkAct.objects.select_for_update().get(pk=act_id)
        _require(actor, ActKind(act.kind))
        if act.state in (ActState.RUNNING, ActState.DONE):
            return
        if act.state != ActState.READY:
            raise UnableToActOnMany("not_ready", _("This is still being checked, or it was left."))
        act.set_state(ActState.RUNNING)
        # Whoever agrees signs for what is done.
        act.requested_by, act.requested_by_user_id = actor.name, _user_id(actor)
        act.save(update_fields=["state", "requested_by", "requested_by_user_id"])
        _defer(act)
    _announce(act, actor, at=at)


def abandon_act(*, actor: Actor, act_id: int, at: datetime.datetime) -> None:
    """
    Leave an act that nobody has agreed to; nothing was changed by it. Doing so twice changes nothing.

    :raises UnableToPermit: if the actor may not act on many rows.
    :raises UnableToActOnMany: with code `begun` if it is being done or done.
    """
    actor.require(Permission.BULK_ACT)
    with acting(actor, reason="leave act"):
        act = BulkAct.objects.select_for_update().get(pk=act_id)
        if act.state in (ActState.RUNNING, ActState.DONE):
            raise UnableToActOnMany("begun", _("This has begun; it can be taken back when it is done."))
        if act.state != ActState.ABANDONED:
            act.set_state(ActState.ABANDONED)
            act.ended_at = at
            act.save(update_fields=["state", "ended_at"])
    progress.cancel(key=_key(act_id), at=at)


def take_back(*, actor: Actor, act_id: int, reason: str, requested_at: datetime.datetime) -> BulkAct:
    """
    Ask for an act that was done to be taken back, row by row, by the same steps. Asking twice is asking once.

    :raises UnableToPermit: if the actor may not do this act, or not on many rows.
    :raises UnableToActOnMany: with code `reason_missing`, `person_missing`, `not_done` (there is nothing to take
        back) or `undone_already` (an act that takes back is not taken back: do the act again).
    """
    if not reason.strip():
        raise UnableToActOnMany("reason_missing", _("Say why this is taken back."))
    with acting(actor, reason=reason):
        done = BulkAct.objects.select_for_update().get(pk=act_id)
        _require(actor, ActKind(done.kind))
        again = BulkAct.objects.filter(undoes=done).first()
        if again is not None:
            return again
        if done.undoes_id is not None:
            raise UnableToActOnMany("undone_already", _("This takes something back itself; do the act again."))
        rows = done.rows.filter(state=RowState.DONE)
        if done.state != ActState.DONE or not rows.exists():
            raise UnableToActOnMany("not_done", _("Nothing was done that could be taken back."))
        act = BulkAct.objects.create(
            kind=done.kind,
            subject=done.subject,
            arguments=done.arguments,
            reason=reason.strip()[:200],
            listing=done.listing,
            query=done.query,
            undoes=done,
            requested_by=actor.name,
            requested_by_user_id=_user_id(actor),
            requested_at=requested_at,
        )
        noted = rows.order_by("id").values_list("object_id", "label", "detail")
        BulkActRow.objects.bulk_create(
            (
                BulkActRow(act=act, object_id=object_id, label=label, detail=detail)
                for object_id, label, detail in noted.iterator(chunk_size=2_000)
            ),
            batch_size=2_000,
        )
        act.row_count = rows.count()
        act.save(update_fields=["row_count"])
        _defer(act)
    _announce(act, actor, at=requested_at)
    return act


def work_on(*, act_id: int, now: datetime.datetime) -> None:
    """
    Rehearse an act or do it, some rows at a time, then say so; what the person behind it may no longer do is refused.

    Guarantee: a row and its result are written together, so a job that is tried again goes on where it stopped.
    """
    act = BulkAct.objects.get(pk=act_id)
    if act.state not in (ActState.CHECKING, ActState.RUNNING):
        return
    actor = get_actor(user_id=act.requested_by_user_id)
    is_rehearsal = act.state == ActState.CHECKING
    left = act.rows.filter(state=RowState.WAITING if is_rehearsal else RowState.READY).order_by("id")
    total_count = act.row_count if is_rehearsal else act.rows.filter(state__in=["READY", "DONE", "REFUSED"]).count()
    with translation.override(_language_of(act)):
        while rows := list(left[:ROWS_AT_ONCE]):
            _work_on_some(act, rows, actor=actor, is_rehearsal=is_rehearsal)
            progress.advance(key=_key(act_id), done_count=max(total_count - left.count(), 0), at=now)
    _conclude(act_id, actor=actor, is_rehearsal=is_rehearsal, at=now)
    progress.end(key=_key(act_id), is_done=True, message="", at=now)


def _work_on_some(act: BulkAct, rows: list[BulkActRow], *, actor: Actor, is_rehearsal: bool) -> None:
    """Do some rows and note what became of each: after a rehearsal of all of them, or with the act in one."""
    if is_rehearsal:
        with rehearsing(actor):
            _do_each(act, rows, actor=actor, done=RowState.READY)
        BulkActRow.objects.bulk_update(rows, ["state", "code", "message"])
        return
    with composing(actor, reason=act.reason):
        _do_each(act, rows, actor=actor, done=RowState.DONE)
        BulkActRow.objects.bulk_update(rows, ["state", "code", "message", "detail"])


def _do_each(act: BulkAct, rows: list[BulkActRow], *, actor: Actor, done: RowState) -> None:
    kind = ActKind(act.kind)
    for row in rows:
        scene = _acts.Row(
            actor=actor,
            subject=Subject(act.subject),
            object_id=row.object_id,
            arguments=act.arguments,
            reason=act.reason,
            not_in_force=_not_in_force,
        )
        try:
            # Its own savepoint, so that a row with several parts is done whole or not at all.
            with transaction.atomic():
                actor.require(Permission.BULK_ACT)
                detail = _acts.do(kind, scene) if act.undoes_id is None else _acts.undo(kind, scene, row.detail or {})
        except UnableTo as refusal:
            row.state, row.code, row.message = RowState.REFUSED, refusal.code, refusal.message[:MESSAGE_MAX]
        else:
            row.state = RowState.UNCHANGED if detail is None else done
            row.detail = detail if done is RowState.DONE else row.detail


def _not_in_force() -> UnableTo:
    return UnableToActOnMany("not_in_force", _("Nothing is agreed here on that day."))


def _conclude(act_id: int, *, actor: Actor, is_rehearsal: bool, at: datetime.datetime) -> None:
    with acting(actor, reason="conclude act"):
        act = BulkAct.objects.select_for_update().get(pk=act_id)
        before, after = (ActState.CHECKING, ActState.READY) if is_rehearsal else (ActState.RUNNING, ActState.DONE)
        if act.state != before:
            return
        act.set_state(after)
        act.ended_at = at if after is ActState.DONE else None
        act.save(update_fields=["state", "ended_at"])


def _require(actor: Actor, kind: ActKind) -> None:
    actor.require(Permission.BULK_ACT)
    actor.require(PERMISSIONS[kind])
    _user_id(actor)


def _user_id(actor: Actor) -> int:
    if actor.user_id is None:
        raise UnableToActOnMany("person_missing", _("A person asks for this, who signs for each row."))
    return actor.user_id


def _language_of(act: BulkAct) -> str:
    languages = get_user_model().objects.filter(pk=act.requested_by_user_id).values_list("language", flat=True)
    return languages.first() or "en"


def _copy(table: str, select: str, parameters: list[Any], rows: QuerySet[Any, Any]) -> int:
    """Write the rows of a list into a table by one statement, and return how many there were."""
    sql, given = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} {select} FROM ({sql}) AS listed (id, label) ORDER BY listed.label, listed.id",
            [*parameters, *given],
        )
        return cursor.rowcount


def _key(act_id: int) -> str:
    return f"act:{act_id}"


def _defer(act: BulkAct) -> None:
    jobs.defer(JOB, key=f"{_key(act.pk)}:{act.state}", act_id=act.pk)


def _announce(act: BulkAct, actor: Actor, *, at: datetime.datetime) -> None:
    progress.announce(
        key=_key(act.pk),
        title=str(ActWord(act.kind).label),
        total_count=act.row_count,
        unit="",
        link=reverse("act", args=[act.pk]),
        actor=actor,
        requested_at=at,
    )
