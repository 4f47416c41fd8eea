"""
Seal the audit in a hash chain and search it.

Each seal hashes all entries of the transactions that have ended since the seal before, together with that seal's
hash: whoever changes or removes an entry later breaks the chain from there on, and `find_broken_seals` says where.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from hydria.platform.access import Actor, Permission
from hydria.platform.domain.origins import Origin
from hydria.platform.models import AccessKind, AuditAction, AuditEntry, AuditSeal, StateChange
from hydria.platform.transactions import in_transaction

GENESIS_HASH = "0" * 64

# Every entry is hashed by itself first, so that a seal over millions of entries stays a small aggregate. A row as text
# quotes its fields and tells nothing from an empty text, so no two entries spell alike.
_HASH_SQL = """
SELECT count(*), encode(sha256(convert_to(%(previous_hash)s, 'UTF8') || coalesce(string_agg(
    sha256(convert_to(ROW(id, table_name, row_id, action, before, after, actor, actor_user_id, reason,
        transaction_id, extract(epoch FROM at))::text, 'UTF8')), ''::bytea ORDER BY id), ''::bytea)), 'hex')
FROM platform_auditentry
WHERE transaction_id >= %(from_id)s AND transaction_id < %(until_id)s
"""


@in_transaction
def seal_audit() -> AuditSeal | None:
    """
    Seal the entries of all transactions that have ended; return the new seal, or None when there is nothing new.

    Guarantee: no entry is sealed twice or left out, because a transaction older than every running one can no
    longer add entries.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE platform_auditseal IN EXCLUSIVE MODE")
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (until_id,) = cursor.fetchone()
        last = AuditSeal.objects.order_by("-until_transaction_id").first()
        from_id = last.until_transaction_id if last else 0
        if until_id <= from_id:
            return None
        previous_hash = last.hash if last else GENESIS_HASH
        entry_count, seal_hash = _hash_entries(previous_hash=previous_hash, from_id=from_id, until_id=until_id)
    if not entry_count:
        return None
    return AuditSeal.objects.create(
        from_transaction_id=from_id,
        until_transaction_id=until_id,
        entry_count=entry_count,
        previous_hash=previous_hash,
        hash=seal_hash,
    )


def find_broken_seals() -> tuple[int, list[int]]:
    """
    Work every seal out again.

    returns  how many seals were checked, and the ids of those that no longer match their entries or the seal before
    """
    broken: list[int] = []
    previous_hash, from_id, checked = GENESIS_HASH, 0, 0
    for seal in AuditSeal.objects.order_by("from_transaction_id"):
        counted, worked_out = _hash_entries(
            previous_hash=previous_hash, from_id=seal.from_transaction_id, until_id=seal.until_transaction_id
        )
        is_linked = seal.previous_hash == previous_hash and seal.from_transaction_id == from_id
        if not is_linked or worked_out != seal.hash or counted != seal.entry_count:
            broken.append(seal.pk)
        previous_hash, from_id, checked = seal.hash, seal.until_transaction_id, checked + 1
    return checked, broken


def _hash_entries(*, previous_hash: str, from_id: int, until_id: int) -> tuple[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(_HASH_SQL, {"previous_hash": previous_hash, "from_id": from_id, "until_id": until_id})
        entry_count, seal_hash = cursor.fetchone()
    return entry_count, seal_hash


def record_access(
    *,
    actor_name: str,
    user_id: int | None,
    what: str,
    refused: bool,
    reason: str = "",
    kind: AccessKind | None = None,
    origin: Origin | None = None,
) -> None:
    """
    Write that somebody got in, looked at something sensitive, or was refused.

    what    what they asked for: an address, or the name of the act
    kind    None says that it was denied, if it was refused
    origin  where they came from, where it is known
    """
    kind = kind or (AccessKind.DENIED if refused else None)
    origin = origin or Origin()
    told = {"kind": kind, "address": origin.address, "device": origin.device}
    # One transaction, so that the entry bears its own number: under an older one it would miss its seal.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (transaction_id,) = cursor.fetchone()
        AuditEntry.objects.create(
            table_name=what[:63],
            action=AuditAction.REFUSED if refused else AuditAction.ACCESS,
            after={name: value for name, value in told.items() if value} or None,
            actor=actor_name[:150],
            actor_user_id=user_id,
            reason=reason,
            transaction_id=transaction_id,
        )


@in_transaction
def record_move(
    *,
    object_kind: str,
    object_id: int,
    from_state: str,
    to_state: str,
    actor: Actor,
    at: datetime.datetime,
    reason: str = "",
) -> None:
    """Write that an object moved from state to state: who, when, why."""
    StateChange.objects.create(
        object_kind=object_kind,
        object_id=object_id,
        from_state=from_state,
        to_state=to_state,
        actor=actor.name,
        reason=reason,
        at=at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A move of an object from state to state."""

    from_state: str
    to_state: str
    actor: str
    reason: str
    at: datetime.datetime


def list_moves(*, object_kind: str, object_id: int) -> list[Move]:
    """Return the moves of an object, oldest first."""
    found = StateChange.objects.filter(object_kind=object_kind, object_id=object_id).order_by("id")
    return [
        Move(from_state=row.from_state, to_state=row.to_state, actor=row.actor, reason=row.reason, at=row.at)
        for row in found
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """What to look for; an empty field does not narrow."""

    table_name: str = ""
    row_id: int | None = None
    actor: str = ""
    action: str = ""
    text: str = ""
    from_at: datetime.datetime | None = None
    until_at: datetime.datetime | None = None


def list_audit_entries(*, actor: Actor, wanted: AuditFilter) -> QuerySet[AuditEntry]:
    """
    Return the entries that match, newest first.

    :raises UnableToPermit: if the actor may not see the audit.
    """
    actor.require(Permission.AUDIT_VIEW)
    entries = AuditEntry.objects.order_by("-id")
    if wanted.table_name:
        entries = entries.filter(table_name=wanted.table_name)
    if wanted.row_id is not None:
        entries = entries.filter(row_id=wanted.row_id)
    if wanted.actor:
        entries = entries.filter(actor=wanted.actor)
    if wanted.action:
        entries = entries.filter(action=wanted.action)
    if wanted.from_at:
        entries = entries.filter(at__gte=wanted.from_at)
    if wanted.until_at:
        entries = entries.filter(at__lt=wanted.until_at)
    if wanted.text:
        entries = entries.filter(
            Q(reason__icontains=wanted.text) | Q(before__icontains=wanted.text) | Q(after__icontains=wanted.text)
        )
    return entries


def list_accesses(*, actor: Actor) -> QuerySet[AuditEntry]:
    """
    Return the acts on access: who came in, who was refused, what was taken out.

    :raises UnableToPermit: if the actor may not see the audit.
    """
    actor.require(Permission.AUDIT_VIEW)
    return AuditEntry.objects.filter(action__in=[AuditAction.ACCESS, AuditAction.REFUSED])
