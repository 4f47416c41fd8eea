"""
Record the staged payments of one record rule through the operation of payments, in the transaction of the load.

Each day is a batch of its own, with its journal; receipts are numbered and debts settled as at the till. What the
operation refuses becomes a finding of its row. A payment that was recorded before, by this file or another, stays
as it is; one that was reversed since may be loaded again.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from hydria.intake._writing import RuleCounts, lookup, remember_created
from hydria.intake.domain.kinds import KINDS
from hydria.kernel.issues import Issue
from hydria.payments.domain.tenders import TenderKind
from hydria.payments.operations import BATCH_ROWS_MAX, PaymentRow, RowStatus, mirror_payment, record_payments
from hydria.platform.access import Actor
from hydria.platform.queries import get_company
from hydria.platform.transactions import in_transaction
from hydria.receivables.operations import lock_accounts

KIND = KINDS["payment"]
_NOON = datetime.time(12)
_ISSUES: Mapping[str, str] = {"key_reused": "fact_differs"}
"""Refusals of the operation that findings call otherwise."""

# A document means an account when only one account has it. `{account}` finds the account that a row names.
_STAGED = """
WITH staged AS (
    SELECT s.row_number, s.fields->>'key' AS key, s.fields->>'account' AS account, s.fields->>'document' AS document,
        (s.fields->>'amount')::bigint AS amount_minor, (s.fields->>'date')::date AS day,
        coalesce(s.fields->>'tender', 'TRANSFER') AS tender, coalesce(s.fields->>'reference', '') AS reference,
        %(prefix)s || (s.fields->>'key') AS payment_key
    FROM intake_stagedrow s WHERE s.batch_id = %(batch_id)s AND s.rule = %(rule)s
), documents AS (
    SELECT document_code, min(account_id) AS account_id FROM receivables_item
    WHERE kind IN ('INVOICE', 'OPENING') AND document_code IN (SELECT document FROM staged)
    GROUP BY document_code HAVING min(account_id) = max(account_id)
)
SELECT row_number, payment_key || CASE undone.times WHEN 0 THEN '' ELSE '~' || undone.times END,
    amount_minor, day, tender, reference, account, document, named.id, documents.account_id
FROM staged
LEFT JOIN LATERAL ({account}) named ON true
LEFT JOIN documents ON documents.document_code = staged.document
CROSS JOIN LATERAL (
    SELECT count(*) AS times FROM payments_payment p JOIN payments_payment mirror ON mirror.reverses_id = p.id
    WHERE p.key = payment_key OR (p.key >= payment_key || '~' AND p.key < payment_key || '~:')
) undone
ORDER BY day, row_number
"""


def write_payments(
    *,
    batch_id: int,
    rule: int,
    scheme: str,
    actor: Actor,
    received_date: datetime.date,
    advance: Callable[[int], None],
) -> tuple[RuleCounts, list[Issue]]:
    """
    Record the staged payments of one rule; call inside a transaction.

    received_date  the day on which the file came: no payment counts from a later one
    advance        is told of rows as they are recorded
    """
    rows: list[tuple[int, PaymentRow, datetime.date]] = []
    issues: list[Issue] = []
    staged = _load_staged(batch_id=batch_id, rule=rule, scheme=scheme)
    zone = ZoneInfo(get_company().timezone)
    for number, key, amount_minor, day, tender, reference, account, document, named_id, documents_id in staged:
        issue = _judge_payer(number, account=account, document=document, named_id=named_id, documents_id=documents_id)
        if issue is None and day > received_date:
            issue = Issue(code="date_in_future", row=number, field="date", data={"value": day.isoformat()})
        if issue is not None:
            issues.append(issue)
            continue
        row = PaymentRow(
            key=key,
            account_id=named_id or documents_id,
            amount_minor=amount_minor,
            kind=TenderKind(tender),
            received_at=datetime.datetime.combine(day, _NOON, tzinfo=zone),
            reference=reference or document or "",
        )
        rows.append((number, row, day))
    # Once and in order, so that a till that waits for one of these accounts holds nothing that we need.
    lock_accounts(account_ids=sorted({row.account_id for _number, row, _day in rows}))
    created: list[int] = []
    for part, (day, of_day) in enumerate(_by_day(rows)):
        batch_key = f"load:{batch_id}:{rule}:{part}"
        outcomes = record_payments(
            actor=actor, key=batch_key, rows=[row for _number, row in of_day], effective_date=day
        )
        for (number, _row), outcome in zip(of_day, outcomes, strict=True):
            if outcome.status is RowStatus.REFUSED:
                code = _ISSUES.get(outcome.code, outcome.code)
                issues.append(Issue(code=code, row=number, field=KIND.name, data={"kind": KIND.name}))
            elif outcome.status is RowStatus.TAKEN and outcome.payment_id is not None:
                created.append(outcome.payment_id)
        advance(len(of_day))
    remember_created(
        ids="SELECT unnest(%(ids)s::bigint[]) AS target_id",
        parameters={"batch_id": batch_id, "rule": rule, "kind": KIND.name, "ids": created},
    )
    unchanged = len(staged) - len(created) - len(issues)
    return RuleCounts(created=len(created), changed=0, unchanged=unchanged, refused=len(issues)), issues


@in_transaction
def mirror_payments(
    *, batch_id: int, actor: Actor, reason: str, reversed_at: datetime.datetime, effective_date: datetime.date
) -> None:
    """
    Give back every payment that a batch recorded, each by its mirror.

    :raises UnableToPermit: if the actor may not reverse, or not one of the amounts.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, p.account_id FROM intake_loadeffect e"
            " JOIN payments_payment p ON p.id BETWEEN e.first_id AND e.last_id"
            " WHERE e.batch_id = %s AND e.kind = %s ORDER BY p.id",
            [batch_id, KIND.name],
        )
        found = cursor.fetchall()
    lock_accounts(account_ids=sorted({account_id for _payment_id, account_id in found}))
    for payment_id, _account_id in found:
        mirror_payment(
            actor=actor, payment_id=payment_id, reason=reason, reversed_at=reversed_at, effective_date=effective_date
        )


def _load_staged(*, batch_id: int, rule: int, scheme: str) -> list[tuple[Any, ...]]:
    account = lookup(KINDS["account"], "staged.account", scheme=scheme)
    with connection.cursor() as cursor:
        cursor.execute(
            _STAGED.replace("{account}", account),
            {"batch_id": batch_id, "rule": rule, "scheme": scheme, "prefix": f"load:{scheme}:"},
        )
        staged: list[tuple[Any, ...]] = cursor.fetchall()
    return staged


def _judge_payer(
    number: int, *, account: str | None, document: str | None, named_id: int | None, documents_id: int | None
) -> Issue | None:
    """Say what is wrong with how a row names who pays, if anything is."""
    if account and named_id is None:
        return Issue(code="reference_unknown", row=number, field="account", data={"kind": "account", "value": account})
    if named_id is not None and documents_id is not None and named_id != documents_id:
        return Issue(code="payer_differs", row=number, field="document", data={"value": document, "account": account})
    if named_id is None and documents_id is None:
        if document:
            return Issue(code="document_unknown", row=number, field="document", data={"value": document})
        return Issue(code="payer_missing", row=number, field="account")
    return None


def _by_day(
    rows: Sequence[tuple[int, PaymentRow, datetime.date]],
) -> Iterator[tuple[datetime.date, list[tuple[int, PaymentRow]]]]:
    """Yield the rows of each day, in batches that the operation takes."""
    for day, of_day in itertools.groupby(rows, key=lambda row: row[2]):
        numbered = [(number, row) for number, row, _day in of_day]
        for start in range(0, len(numbered), BATCH_ROWS_MAX):
            yield day, numbered[start : start + BATCH_ROWS_MAX]
