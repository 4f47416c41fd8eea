"""Frozen cards of the platform's pages."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateJob

from hydria.platform.access import Permission
from hydria.platform.models import (
    AuditAction,
    AuditEntry,
    DeskSession,
    JobState,
    Progress,
    ProgressState,
    Role,
    ToxicCombination,
)
from hydria.platform.web.formats import get_formats, spell_instant
from hydria.platform.web.states import label_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One column's old and new value, as text; None where there was none."""

    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCard:
    """One change as shown."""

    entry_id: int
    table: str
    row_id: int | None
    action: str
    action_label: str
    actor: str
    reason: str
    when: str
    changes: tuple[FieldChange, ...]


def audit_card(entry: AuditEntry) -> AuditCard:
    """Return the card of an audit entry."""
    return AuditCard(
        entry_id=entry.pk,
        table=entry.table_name,
        row_id=entry.row_id,
        action=entry.action,
        action_label=label_of(AuditAction, entry.action),
        actor=entry.actor,
        reason=entry.reason,
        when=spell_instant(entry.at),
        changes=field_changes(entry),
    )


def field_changes(entry: AuditEntry) -> tuple[FieldChange, ...]:
    """Return the fields that a change touched, by name; the counter of changes says nothing to a reader."""
    before, after = entry.before or {}, entry.after or {}
    names = sorted({*before, *after} - {"version"})
    return tuple(FieldChange(name=name, old=_spell(before, name), new=_spell(after, name)) for name in names)


def _spell(values: dict[str, object], name: str) -> str | None:
    if values.get(name) is None:
        return None
    value = values[name]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressCard:
    """A piece of long work as shown, with its speed and the time left while it goes on."""

    id: int
    title: str
    state: str
    state_label: str
    is_going: bool
    done_count: int
    total_count: int
    unit: str
    message: str
    requested_by: str
    requested: str
    link: str
    speed: str
    time_left: str


def progress_card(progress: Progress, *, now: datetime.datetime) -> ProgressCard:
    """Return the card of a piece of long work as it stands at `now`."""
    is_going = progress.state in (ProgressState.WAITING, ProgressState.RUNNING)
    speed = time_left = ""
    if progress.started_at and progress.done_count:
        seconds = max(((progress.ended_at or now) - progress.started_at).total_seconds(), 0.001)
        per_second = progress.done_count / seconds
        speed = _("%(count)s a second") % {"count": get_formats().quantity(round(per_second) * 1000)}
        if is_going:
            left = datetime.timedelta(seconds=(progress.total_count - progress.done_count) / per_second)
            time_left = _("about %(time)s left") % {"time": timeuntil(now + left, now)}
    return ProgressCard(
        id=progress.pk,
        title=progress.title,
        state=progress.state,
        state_label=label_of(ProgressState, progress.state),
        is_going=is_going,
        done_count=progress.done_count,
        total_count=progress.total_count,
        unit=progress.unit,
        message=progress.message,
        requested_by=progress.requested_by,
        requested=spell_instant(progress.requested_at),
        link=progress.link,
        speed=speed,
        time_left=time_left,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedJobCard:
    """A job of the queue."""

    id: int
    task: str
    key: str
    state: str
    state_label: str
    attempts: int
    may_cancel: bool
    may_retry: bool


def queued_job_card(job: ProcrastinateJob) -> QueuedJobCard:
    """Return the card of a job, with what can be done with it by those who manage jobs."""
    return QueuedJobCard(
        id=job.id,
        task=job.task_name,
        key=job.lock or "",
        state=job.status,
        state_label=label_of(JobState, job.status),
        attempts=job.attempts,
        may_cancel=job.status == JobState.TODO,
        may_retry=job.status in (JobState.FAILED, JobState.CANCELED),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCard:
    """A browser that is logged in."""

    handle: str
    login: str
    device: str
    address: str
    since: str
    seen: str
    is_this_one: bool


def session_card(session: DeskSession, *, here: str) -> SessionCard:
    """Return the card of a session; `here` is the handle of the one that asks."""
    return SessionCard(
        handle=session.handle,
        login=session.user.username if session.user else "",
        device=session.device or _("unknown device"),
        address=session.address,
        since=spell_instant(session.started_at) if session.started_at else "",
        seen=spell_instant(session.last_seen_at) if session.last_seen_at else "",
        is_this_one=session.handle == here,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleColumn:
    """A role at the head of the matrix."""

    id: int
    name: str
    limit: str
    asks_second_factor: bool
    user_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionRow:
    """A permission and, role by role, who holds it."""

    code: str
    label: str
    held: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinationCard:
    """A rule of what is kept apart, in words."""

    id: int
    name: str
    permissions: tuple[str, ...]
    conflicting: tuple[str, ...]
    is_active: bool


def combination_card(combination: ToxicCombination) -> CombinationCard:
    """Return the card of a rule."""
    words = dict(permission_labels())
    return CombinationCard(
        id=combination.pk,
        name=combination.title,
        permissions=tuple(words.get(code, code) for code in combination.permissions),
        conflicting=tuple(words.get(code, code) for code in combination.conflicting),
        is_active=combination.is_active,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionMatrix:
    """Which role may do what."""

    roles: tuple[RoleColumn, ...]
    rows: tuple[PermissionRow, ...]


def permission_matrix(roles: Iterable[Role]) -> PermissionMatrix:
    """Return the matrix of all roles and all permissions."""
    found = list(roles)
    limits = [role.amount_limit_minor for role in found]
    return PermissionMatrix(
        roles=tuple(
            RoleColumn(
                id=role.pk,
                name=role.title,
                limit=_("no limit") if limit is None else get_formats().money(limit),
                asks_second_factor=role.asks_second_factor,
                user_count=getattr(role, "user_count", 0),
            )
            for role, limit in zip(found, limits, strict=True)
        ),
        rows=tuple(
            PermissionRow(code=code, label=label, held=tuple(code in role.permissions for role in found))
            for code, label in permission_labels()
        ),
    )


def permission_labels() -> list[tuple[str, str]]:
    """Return every permission with its words, in the order of the enumeration."""
    words = {
        Permission.REGISTER_VIEW: _("See customers, premises and meters"),
        Permission.REGISTER_EDIT: _("Change customers, premises and meters"),
        Permission.AGREEMENT_EDIT: _("Start, change and end agreements"),
        Permission.INTAKE_LOAD: _("Load files into the register"),
        Permission.READING_VIEW: _("See readings"),
        Permission.READING_RECORD: _("Record readings"),
        Permission.READING_DECIDE: _("Decide on reading incidents"),
        Permission.TARIFF_VIEW: _("See tariffs"),
        Permission.TARIFF_EDIT: _("Write tariffs"),
        Permission.TARIFF_SIMULATE: _("Simulate tariffs"),
        Permission.TARIFF_APPROVE: _("Approve tariffs"),
        Permission.TARIFF_PUBLISH: _("Publish tariffs"),
        Permission.CONCESSION_VIEW: _("See concessions and funds"),
        Permission.CONCESSION_GRANT: _("Grant and end concessions"),
        Permission.CONCESSION_DISCOUNT: _("Give discounts on debts"),
        Permission.CONCESSION_MANAGE: _("Manage programs and funds"),
        Permission.FEE_QUOTE: _("Quote fees and bill what was accepted"),
        Permission.FEE_CANCEL: _("Cancel fees by a credit note"),
        Permission.FEE_MANAGE: _("Manage the list of fees"),
        Permission.BILLING_VIEW: _("See runs and invoices"),
        Permission.BILLING_RUN: _("Start billing runs"),
        Permission.BILLING_CONFIRM: _("Confirm billing runs"),
        Permission.RECEIVABLE_VIEW: _("See balances and statements"),
        Permission.PAYMENT_VIEW: _("See payments"),
        Permission.PAYMENT_TAKE: _("Take payments at a till"),
        Permission.PAYMENT_REVERSE: _("Reverse payments"),
        Permission.LEDGER_VIEW: _("See the ledger"),
        Permission.LEDGER_POST: _("Post journals by hand"),
        Permission.LEDGER_CLOSE: _("Close accounting periods"),
        Permission.AUDIT_VIEW: _("See the audit"),
        Permission.USER_MANAGE: _("Manage users and roles"),
        Permission.SETTING_MANAGE: _("Change the company's settings"),
        Permission.BULK_ACT: _("Act on all rows of a list at once"),
        Permission.JOB_VIEW: _("See background jobs"),
        Permission.JOB_MANAGE: _("Cancel and retry background jobs"),
        Permission.API_MANAGE: _("Manage keys of the API"),
    }
    return [(str(permission), words.get(permission, str(permission))) for permission in Permission]
