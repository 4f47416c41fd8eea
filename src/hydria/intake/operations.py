"""Receive, check, apply and reverse loads (MIG-01). A load happens as a whole or not at all."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable, Iterable

import polars as pl
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.intake import _paying, _writing
from hydria.intake._course import Course, Step, Tell, keep_silent
from hydria.intake._wording import explain, label_of_kind
from hydria.intake.domain.kinds import KINDS
from hydria.intake.domain.mapping import Mapping, RecordRule, read_mapping
from hydria.intake.domain.records import Records, build_records
from hydria.intake.domain.states import MOVES
from hydria.intake.domain.tables import Limits, read_table
from hydria.intake.models import LoadBatch, LoadFinding, LoadState, StagedRow
from hydria.kernel.errors import UnableTo
from hydria.kernel.issues import Issue, Severity
from hydria.kernel.spelling import to_search_text
from hydria.platform import bulk
from hydria.platform.access import Actor, Permission
from hydria.platform.audit import record_move
from hydria.platform.files import read_file, store_file
from hydria.platform.jobs import defer
from hydria.platform.progress import announce
from hydria.platform.queries import get_company
from hydria.platform.transactions import acting

CHECK_JOB = "intake.check_load"
APPLY_JOB = "intake.apply_load"
_ONE_LOAD_AT_A_TIME = 7_203_114
"""Key of the advisory lock under which loads are written: two take-overs at once would refer to each other."""
STAGED_AT_ONCE = 50_000


class UnableToReceiveFile(UnableTo):
    """The file or its mapping cannot be taken in."""


class UnableToCheckLoad(UnableTo):
    """The batch cannot be checked in the state it is in."""


class UnableToApplyLoad(UnableTo):
    """The batch cannot be applied; nothing of it has been loaded."""


class UnableToReverseLoad(UnableTo):
    """The batch cannot be undone; everything of it is still there."""


def receive_file(
    *, actor: Actor, content: bytes, file_name: str, mapping_text: str, received_at: datetime.datetime
) -> LoadBatch:
    """
    Keep a file with its mapping as a new batch; nothing is read yet.

    :raises UnableToPermit: if the actor may not load files, or not post while the mapping feeds amounts.
    :raises UnableToReceiveFile: with code `mapping_invalid` or `file_too_large`.
    """
    actor.require(Permission.INTAKE_LOAD)
    mapping, issues = read_mapping(mapping_text)
    if mapping is None:
        sentences = "\n".join(explain(issue).sentence_with_row for issue in issues)
        raise UnableToReceiveFile("mapping_invalid", sentences, findings=len(issues))
    _require_posting(actor, mapping)
    limits = get_limits()
    if len(content) > limits.size_bytes_max:
        issue = Issue(code="file_too_large", data={"size_bytes": len(content), "size_bytes_max": limits.size_bytes_max})
        raise UnableToReceiveFile(issue.code, explain(issue).sentence_with_row, **issue.data)
    with acting(actor, reason=f"load {file_name}"):
        stored = store_file(content=content, name=file_name, media_type="application/octet-stream")
        return LoadBatch.objects.create(
            file=stored,
            file_name=file_name[:255],
            mapping_name=mapping.name[:200],
            mapping_text=mapping_text,
            mapping_hash=mapping.hash,
            scheme=mapping.scheme,
            received_by=actor.name,
            received_at=received_at,
        )


def get_limits() -> Limits:
    """Return what one file may claim in this deployment."""
    return Limits(
        size_bytes_max=settings.ENVIRONMENT.load_size_mb_max * 1024**2,
        row_count_max=settings.ENVIRONMENT.load_rows_max,
    )


def request_work(
    *, actor: Actor, batch_id: int, job_name: str, link: str, title: str, requested_at: datetime.datetime
) -> None:
    """
    Have a worker check or apply a batch; asking again while it waits changes nothing.

    :raises UnableToPermit: if the actor may not load files, or not post while the batch holds amounts.
    """
    actor.require(Permission.INTAKE_LOAD)
    _require_posting(actor, _mapping_of(LoadBatch.objects.get(id=batch_id)))
    key = progress_key(batch_id)
    announce(key=key, title=title, total_count=1, unit="", link=link, actor=actor, requested_at=requested_at)
    with acting(actor, reason=title):
        defer(
            job_name,
            key=key,
            batch_id=batch_id,
            actor_name=actor.name,
            actor_user_id=actor.user_id,
            amount_limit_minor=actor.amount_limit_minor,
        )


def _require_posting(actor: Actor, mapping: Mapping) -> None:
    """Refuse amounts to those who may load files and not post them: they would give and forgive debts."""
    for rule in mapping.records:
        if rule.kind.is_posted:
            actor.require(Permission.PAYMENT_TAKE if rule.kind is _paying.KIND else Permission.LEDGER_POST)


def progress_key(batch_id: int) -> str:
    """Return the key under which the work on a batch is announced."""
    return f"load-{batch_id}"


def check_load(*, actor: Actor, batch_id: int, checked_at: datetime.datetime, tell: Tell = keep_silent) -> LoadBatch:
    """
    Check a batch as a whole: list every finding, and count what applying it would create and change.

    The register is really written and then rolled back, so the preview is exactly what applying does.

    tell  is told how far it has come, from inside the transaction

    :raises UnableToPermit: if the actor may not load files.
    :raises UnableToCheckLoad: with code `state_forbids` once the batch has been applied.
    """
    actor.require(Permission.INTAKE_LOAD)
    batch = LoadBatch.objects.get(id=batch_id)
    if LoadState.CHECKED not in MOVES[batch.state]:
        raise UnableToCheckLoad("state_forbids", _state_sentence(batch), state=batch.state)
    course = Course(tell)
    _stage(batch, actor=actor, course=course)
    counts: dict[str, dict[str, int]] = {}
    issues: list[Issue] = []
    if batch.rows.exists():
        with acting(actor, reason=f"check load {batch.pk}"):
            counts, issues = _write_records(batch, actor=actor, course=course)
            transaction.set_rollback(True)
    _keep_outcome(batch, actor=actor, counts=counts, issues=issues, at=checked_at)
    return batch


def apply_load(*, actor: Actor, batch_id: int, applied_at: datetime.datetime, tell: Tell = keep_silent) -> LoadBatch:
    """
    Apply a batch in one transaction. Applying an applied batch changes nothing, so a retried job is harmless.

    tell  is told how far it has come, from inside the transaction

    :raises UnableToPermit: if the actor may not load files.
    :raises UnableToApplyLoad: with code `findings_block` when a row cannot be loaded, or `state_forbids`.
    """
    actor.require(Permission.INTAKE_LOAD)
    course = Course(tell)
    _stage(LoadBatch.objects.get(id=batch_id), actor=actor, course=course)
    with acting(actor, reason=f"load {batch_id}"):
        batch = LoadBatch.objects.select_for_update().get(id=batch_id)
        if batch.state == LoadState.APPLIED:
            return batch
        if batch.state == LoadState.REVERSED:
            raise UnableToApplyLoad("state_forbids", _state_sentence(batch), state=batch.state)
        counts: dict[str, dict[str, int]] = {}
        issues: list[Issue] = []
        if not _has_file_findings(batch):
            with transaction.atomic():
                counts, issues = _write_records(batch, actor=actor, course=course)
                if _blocks(issues):
                    transaction.set_rollback(True)
        is_refused = _blocks(issues) or _has_file_findings(batch)
        if not is_refused:
            _set_applied(batch, actor=actor, counts=counts, issues=issues, at=applied_at)
    if is_refused:
        _keep_outcome(batch, actor=actor, counts=counts, issues=issues, at=applied_at)
        count = batch.findings.filter(severity=Severity.BLOCK).count()
        raise UnableToApplyLoad(
            "findings_block",
            _("Findings that stop %(file)s: %(count)s.") % {"file": batch.file_name, "count": count},
            findings=count,
        )
    return batch


def reverse_load(*, actor: Actor, batch_id: int, reason: str, reversed_at: datetime.datetime) -> LoadBatch:
    """
    Undo an applied batch: delete what it created and restore what it changed, in one transaction.

    Payments are given back by their mirrors. Reversing a reversed batch changes nothing.

    :raises UnableToPermit: if the actor may not load files, or not reverse one of its payments.
    :raises UnableToReverseLoad: with code `reason_missing`, `state_forbids`, `posted` when the batch holds opening
        balances, `still_in_use` when something else
        refers to a row that the batch created, or `changed_since` when somebody changed one of its rows.
    """
    actor.require(Permission.INTAKE_LOAD)
    if not reason.strip():
        raise UnableToReverseLoad("reason_missing", _("Say why the load is undone."))
    with acting(actor, reason=reason):
        batch = LoadBatch.objects.select_for_update().get(id=batch_id)
        if batch.state == LoadState.REVERSED:
            return batch
        if batch.state != LoadState.APPLIED:
            raise UnableToReverseLoad("state_forbids", _state_sentence(batch), state=batch.state)
        _lock_loads()
        kinds = [KINDS[name] for name in reversed(KINDS) if batch.effects.filter(kind=name).exists()]
        if posted := [label_of_kind(kind.name) for kind in kinds if kind.is_posted and not kind.is_mirrored]:
            sentence = _("%(kind)s: what is posted is never deleted; correct it by a reversal.") % {"kind": posted[0]}
            raise UnableToReverseLoad("posted", sentence, kind=posted[0])
        _refuse_if_changed_since(batch)
        if _paying.KIND in kinds:
            kinds.remove(_paying.KIND)
            _paying.mirror_payments(
                batch_id=batch.pk,
                actor=actor,
                reason=reason,
                reversed_at=reversed_at,
                effective_date=timezone.localdate(reversed_at),
            )
        for kind in kinds:
            for table, count in _writing.count_dependents(batch_id=batch.pk, kind=kind):
                words = {"count": count, "table": table, "kind": label_of_kind(kind.name)}
                sentence = _("%(kind)s: %(count)s rows (%(table)s) depend on what this load created.") % words
                raise UnableToReverseLoad("still_in_use", sentence, kind=kind.name, table=str(table), count=count)
        for kind in kinds:
            _writing.restore_changed(batch_id=batch.pk, kind=kind)
            _writing.delete_created(batch_id=batch.pk, kind=kind)
        _move(batch, to_state=LoadState.REVERSED, actor=actor, at=reversed_at, reason=reason)
        batch.reversed_by, batch.reversed_at, batch.reason = actor.name, reversed_at, reason[:250]
        batch.save()
    return batch


# Staging


def _stage(batch: LoadBatch, *, actor: Actor, course: Course) -> None:
    """Read the file into staged rows and findings, once."""
    if batch.is_staged:
        return
    mapping = _mapping_of(batch)
    table, issues = read_table(read_file(batch.file), source=mapping.source, limits=get_limits())
    records: list[Records] = []
    if table is not None:
        exponent = get_company().currency.exponent
        records, issues = build_records(table=table, mapping=mapping, money_exponent=exponent)
    with acting(actor, reason=f"stage load {batch.pk}"):
        locked = LoadBatch.objects.select_for_update().get(id=batch.pk)
        if not locked.is_staged:
            record_count = sum(len(of_rule.fields) for of_rule in records)
            course.expect(2 * record_count)
            for position, of_rule in enumerate(records):
                _copy_staged(batch_id=batch.pk, rule=position, records=of_rule, course=course)
            course.total_count -= record_count  # counted again when they are written
            _keep_findings(batch, issues=issues)
            locked.is_staged, locked.row_count = True, len(table.cells) if table is not None else 0
            locked.save(update_fields=["is_staged", "row_count"])
        batch.is_staged, batch.row_count = True, locked.row_count
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE intake_stagedrow")


def _copy_staged(*, batch_id: int, rule: int, records: Records, course: Course) -> None:
    fields = records.fields
    folded = {"party": "name", "premise": "address"}.get(records.kind.name)
    if folded in fields.columns:
        spellings = {text: to_search_text(text) for text in fields[folded].drop_nulls().unique()}
        fields = fields.with_columns(fields[folded].replace(spellings).alias("folded"))
    names = [name for name in fields.columns if name != "row"]
    for part in fields.iter_slices(STAGED_AT_ONCE):
        bulk.copy_columns(
            StagedRow,
            {
                "batch_id": pl.repeat(batch_id, len(part), eager=True),
                "rule": pl.repeat(rule, len(part), eager=True),
                "row_number": part["row"],
                "fields": part.select(pl.struct(names).struct.json_encode()).to_series(),
            },
        )
        course.advance(Step.STAGE, len(part))


def _mapping_of(batch: LoadBatch) -> Mapping:
    mapping, issues = read_mapping(batch.mapping_text)
    assert mapping is not None, issues  # checked when the file was received
    return mapping


def _has_file_findings(batch: LoadBatch) -> bool:
    """Tell whether the file itself, before the register is asked, has findings that stop it."""
    return batch.findings.filter(severity=Severity.BLOCK, data__stage="file").exists()


def _keep_findings(batch: LoadBatch, *, issues: Iterable[Issue], stage: str = "file") -> None:
    LoadFinding.objects.bulk_create(
        [
            LoadFinding(
                batch=batch,
                row_number=issue.row,
                column=issue.field[:400],
                code=issue.code,
                severity=issue.severity,
                data={**issue.data, "stage": stage},
            )
            for issue in issues
        ],
        batch_size=2_000,
    )


# Writing


def _lock_loads() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_LOAD_AT_A_TIME])


def _write_records(batch: LoadBatch, *, actor: Actor, course: Course) -> tuple[dict[str, dict[str, int]], list[Issue]]:
    """
    Write every rule in the order of kinds; return the counts by kind and what the register refused.

    A row that already has a finding of the file is not blamed again for what follows from it.
    """
    _lock_loads()
    told = set(batch.findings.filter(severity=Severity.BLOCK, data__stage="file").values_list("row_number", flat=True))
    mapping = _mapping_of(batch)
    rules = sorted(mapping.records, key=lambda rule: list(KINDS).index(rule.kind.name))
    counts: dict[str, dict[str, int]] = {}
    issues: list[Issue] = []
    staged = dict(batch.rows.values_list("rule").annotate(Count("id")))
    course.expect(sum(staged.values()))
    done_count = course.done_count
    for position, rule in enumerate(rules):
        advance = functools.partial(course.advance, Step.WRITE)
        written, refused = _write_rule(
            batch, rule, position=position, scheme=mapping.scheme, actor=actor, advance=advance
        )
        done_count += staged.get(position, 0)
        course.reach(Step.WRITE, done_count)
        of_kind = counts.setdefault(rule.kind.name, {"created": 0, "changed": 0, "unchanged": 0, "refused": 0})
        for name in of_kind:
            of_kind[name] += getattr(written, name)
        issues.extend(issue for issue in refused if issue.row not in told)
    _writing.check_deferred()
    return counts, sorted(issues, key=lambda issue: issue.row)


def _write_rule(
    batch: LoadBatch, rule: RecordRule, *, position: int, scheme: str, actor: Actor, advance: Callable[[int], None]
) -> tuple[_writing.RuleCounts, list[Issue]]:
    received_date = timezone.localdate(batch.received_at)
    if rule.kind is _paying.KIND:
        return _paying.write_payments(
            batch_id=batch.pk,
            rule=position,
            scheme=scheme,
            actor=actor,
            received_date=received_date,
            advance=advance,
        )
    fed = frozenset(name.partition(".")[0] for name, _cell in rule.cells)
    return _writing.write_rule(
        batch_id=batch.pk,
        rule=position,
        kind=rule.kind,
        fed=fed,
        scheme=scheme,
        actor=actor,
        received_date=received_date,
        advance=advance,
    )


def _blocks(issues: Iterable[Issue]) -> bool:
    return any(issue.severity is Severity.BLOCK for issue in issues)


def _keep_outcome(
    batch: LoadBatch, *, actor: Actor, counts: dict[str, dict[str, int]], issues: list[Issue], at: datetime.datetime
) -> None:
    """Keep what a check, or an attempt to apply, found out."""
    with acting(actor, reason=f"check load {batch.pk}"):
        batch.findings.filter(data__stage="register").delete()
        _keep_findings(batch, issues=issues, stage="register")
        is_refused = _blocks(issues) or _has_file_findings(batch)
        _move(batch, to_state=LoadState.REFUSED if is_refused else LoadState.CHECKED, actor=actor, at=at)
        batch.counts = counts
        batch.save(update_fields=["state", "counts"])


def _set_applied(
    batch: LoadBatch, *, actor: Actor, counts: dict[str, dict[str, int]], issues: list[Issue], at: datetime.datetime
) -> None:
    batch.findings.filter(data__stage="register").delete()
    _keep_findings(batch, issues=issues, stage="register")
    StagedRow.objects.filter(batch=batch).delete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        (batch.applied_transaction_id,) = cursor.fetchone()
    _move(batch, to_state=LoadState.APPLIED, actor=actor, at=at)
    batch.applied_by, batch.applied_at, batch.counts = actor.name, at, counts
    batch.save()


def _move(batch: LoadBatch, *, to_state: LoadState, actor: Actor, at: datetime.datetime, reason: str = "") -> None:
    assert to_state in MOVES[batch.state] or to_state == batch.state
    record_move(
        object_kind="intake.loadbatch",
        object_id=batch.pk,
        from_state=batch.state,
        to_state=to_state,
        actor=actor,
        reason=reason,
        at=at,
    )
    batch.state = to_state


def _state_sentence(batch: LoadBatch) -> str:
    return _("The load is in the state “%(state)s”.") % {"state": batch.get_state_display()}


def _refuse_if_changed_since(batch: LoadBatch) -> None:
    """Refuse to undo rows that somebody has changed since the batch wrote them; the audit knows."""
    for kind in KINDS.values():
        table = _writing.get_model(kind)._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(DISTINCT a.row_id) FROM intake_loadeffect e JOIN platform_auditentry a"
                " ON a.table_name = %s AND a.row_id BETWEEN e.first_id AND e.last_id AND a.action = 'UPDATE'"
                " AND a.transaction_id > %s WHERE e.batch_id = %s AND e.kind = %s",
                [table, batch.applied_transaction_id, batch.pk, kind.name],
            )
            (count,) = cursor.fetchone()
        if count:
            words = {"count": count, "kind": label_of_kind(kind.name)}
            sentence = _("%(kind)s: %(count)s rows were changed after this load.") % words
            raise UnableToReverseLoad("changed_since", sentence, kind=kind.name, count=count)
