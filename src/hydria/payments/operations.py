"""Writes of payments: take money, one by one or in batches, give it back, and keep the tills."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.ledger.domain.journals import Posting
from hydria.ledger.operations import post_journal
from hydria.payments import queries
from hydria.payments._recording import RECEIPT_SERIES, Received, Recorded, postings_of, record
from hydria.payments.domain.tenders import ROUTES, Tendered, TenderKind, batch_hash
from hydria.payments.models import Payment, PaymentBatch, Till, TillSession
from hydria.platform.access import Actor, Permission
from hydria.platform.events import EventKind
from hydria.platform.numbering import open_range
from hydria.platform.outbox import announce, announce_from_query
from hydria.platform.transactions import acting, in_transaction
from hydria.receivables import operations as receivables
from hydria.receivables import queries as receivables_queries
from hydria.receivables.domain.items import ItemKind

BATCH_ROWS_MAX = 20_000
ONE_DAY = datetime.timedelta(days=1)
_REVERSAL_KEYS = "reversal:"
"""How our own keys of reversals begin; a caller's key never does, or it could hold a reversal back."""


_TOLD = """
    SELECT id AS subject_id, jsonb_build_object('account_id', account_id, 'amount_minor', amount_minor,
        'receipt_code', receipt_code) AS data
    FROM payments_payment WHERE id = ANY (%s) ORDER BY id
"""


class UnableToTakePayment(UnableTo):
    """The payment cannot be taken as asked; no money has been recorded."""


class UnableToTakePayments(UnableTo):
    """The batch as a whole cannot be recorded; none of its rows is."""


class UnableToReversePayment(UnableTo):
    """The payment cannot be reversed."""


class UnableToSaveTill(UnableTo):
    """The till cannot be made."""


class UnableToOpenSession(UnableTo):
    """The till session cannot be opened."""


class UnableToCloseSession(UnableTo):
    """The till session cannot be closed."""


class RowStatus(StrEnum):
    """Say what became of one row of a batch."""

    TAKEN = "TAKEN"
    REPEATED = "REPEATED"  # recorded before, with the same content
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRow:
    """
    Describe one payment of a batch.

    key           given by who sends the batch; the same key pays once, in whatever batch it comes
    amount_minor  > 0
    """

    key: str
    account_id: int
    amount_minor: int
    kind: TenderKind
    received_at: datetime.datetime
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """Say what became of one row; `code` names the reason of a refusal."""

    key: str
    status: RowStatus
    code: str = ""
    payment_id: int | None = None
    receipt_code: str = ""


def open_receipt_series(*, actor: Actor, prefix: str = "R-", digits: int = 8) -> None:
    """
    Open the series that receipts are numbered from; opening it again changes nothing.

    :raises UnableToPermit: if the actor may not manage settings.
    """
    actor.require(Permission.SETTING_MANAGE)
    with acting(actor):
        open_range(code=RECEIPT_SERIES, prefix=prefix, digits=digits)


def take_payment(
    *,
    actor: Actor,
    account_id: int,
    tenders: Sequence[Tendered],
    key: str,
    received_at: datetime.datetime,
    effective_date: datetime.date,
    session_id: int | None = None,
    item_ids: Sequence[int] | None = None,
) -> Payment:
    """
    Take money for an account, settle its debts with it, post it and number its receipt.

    Repeating the request under its key gives the payment it made. What exceeds the debts, or the items chosen, stays
    held for the customer and is used on the next invoice.

    tenders   one or more; change is already taken off the cash
    key       1 to 120 characters, made by the caller for this one payment; ours begin with `reversal:`
    item_ids  debts to settle, all of this account; None settles by the company's rule

    Guarantee: recorded when this returns, once, or not at all. Two payments of one account follow one another; one
    that names debts which the other has just settled is refused, so that the cashier can ask the customer.

    :raises UnableToPermit: if the actor may not take payments, or not of this amount.
    :raises UnableToTakePayment: with code `tender_missing`, `amount_not_positive`, `key_missing`, `key_reused`,
        `date_in_future`, `account_unknown`, `session_not_open`, `item_unknown` or `items_settled`.
    :raises UnableToTakeNumbers: if the receipt series is used up.
    Source: PAY-02, PAY-03, PAY-04; docs/safety/idempotency.md, docs/safety/locking.md.
    """
    _check_tenders(tenders, key)
    # One day more, because the company's day may have begun before that of UTC.
    if effective_date > received_at.date() + ONE_DAY:
        raise UnableToTakePayment("date_in_future", _("A payment counts from today on at the latest."))
    received = Received(
        key=key,
        account_id=account_id,
        tenders=tenders,
        received_at=received_at,
        effective_date=effective_date,
        taken_by=actor.name,
        session_id=session_id,
        item_ids=item_ids,
    )
    actor.require(Permission.PAYMENT_TAKE, amount_minor=received.amount_minor)
    with acting(actor):
        _lock_key(key)
        if known := Payment.objects.filter(key=key).first():
            return _same_payment(known, received)
        if session_id is not None:
            _lock_open_session(session_id, actor)
        _lock_account(account_id)
        if item_ids is not None:
            _check_items(account_id, item_ids)
        (recorded,) = record(received=[received])
        receivables.settle(
            account_ids=[account_id],
            effective_date=effective_date,
            held_item_ids=[recorded.item_id],
            owed_item_ids=item_ids,
        )
        post_journal(
            source_kind="payment",
            source_id=recorded.payment_id,
            effective_date=effective_date,
            description=recorded.receipt_code,
            postings=postings_of([received]),
            posted_by=actor.name,
        )
        return _tell_taken(received, recorded, actor)


def take_payments(
    *, actor: Actor, key: str, rows: Sequence[PaymentRow], effective_date: datetime.date
) -> list[RowOutcome]:
    """
    Take the payments of one day in one transaction, each with its own outcome, and post one journal for them.

    A row that cannot be taken is refused with its reason and stops no other. Sending the batch again, or a row of it
    in another batch, pays nothing twice; a row refused then is refused again (`batch_recorded`): send it in a new one.

    key   of the batch, as the collector's file number
    rows  at most `BATCH_ROWS_MAX`
    returns  one outcome per row, in the same order

    :raises UnableToPermit: if the actor may not take payments.
    :raises UnableToTakePayments: with code `batch_too_large` or `key_reused` (the batch came before, changed).
    :raises UnableToTakeNumbers: if the receipt series is used up.
    Source: PAY-06, SCA-01; docs/safety/idempotency.md.
    """
    actor.require(Permission.PAYMENT_TAKE)
    with acting(actor):
        return record_payments(actor=actor, key=key, rows=rows, effective_date=effective_date)


@in_transaction
def record_payments(
    *, actor: Actor, key: str, rows: Sequence[PaymentRow], effective_date: datetime.date
) -> list[RowOutcome]:
    """
    Take the payments of one day as part of a larger act, as loading a file is; see `take_payments`.

    The caller has asked for the permission, and locks the accounts of all its days before the first.

    :raises UnableToTakePayments: with code `batch_too_large` or `key_reused` (the batch came before, changed).
    :raises UnableToTakeNumbers: if the receipt series is used up.
    """
    if len(rows) > BATCH_ROWS_MAX:
        raise UnableToTakePayments(
            "batch_too_large", _("A batch has at most %d rows; split it.") % BATCH_ROWS_MAX, row_count=len(rows)
        )
    wanted = [_received_of(row, effective_date, actor) for row in rows]
    _lock_key(key)
    batch, is_new = _open_batch(key, wanted, effective_date, actor)
    known_accounts = set(receivables.lock_accounts(account_ids=sorted({row.account_id for row in rows})))
    outcomes = _judge_rows(rows, wanted, known_accounts, actor, is_new=is_new)
    taken = [index for index, outcome in enumerate(outcomes) if outcome.status is RowStatus.TAKEN]
    if taken:
        recorded = _record_batch(batch, [wanted[index] for index in taken], effective_date, actor)
        for index, made in zip(taken, recorded, strict=True):
            outcomes[index] = RowOutcome(
                key=rows[index].key,
                status=RowStatus.TAKEN,
                payment_id=made.payment_id,
                receipt_code=made.receipt_code,
            )
    return outcomes


def reverse_payment(
    *,
    actor: Actor,
    payment_id: int,
    reason: str,
    reversed_at: datetime.datetime,
    effective_date: datetime.date,
    session_id: int | None = None,
) -> Payment:
    """
    Give a payment back by its mirror: what it settled is open again, its journal is undone, both receipts remain.

    Reversing a reversed payment gives the mirror it has.

    session_id  the till that hands the money back, if one does

    :raises UnableToPermit: if the actor may not reverse, or not this amount.
    :raises UnableToReversePayment: with code `reason_missing`, `is_a_reversal` or `session_not_open`.
    :raises Payment.DoesNotExist: if there is no such payment.
    Source: PAY-10, I10, domain.md pitfall 15.
    """
    actor.require(Permission.PAYMENT_REVERSE)
    payment = Payment.objects.get(pk=payment_id)
    if not reason.strip():
        raise UnableToReversePayment("reason_missing", _("Say why the payment is reversed."))
    if payment.reverses_id is not None:
        raise UnableToReversePayment("is_a_reversal", _("A reversal is not reversed; take the payment again."))
    with acting(actor, reason=reason):
        return mirror_payment(
            actor=actor,
            payment_id=payment_id,
            reason=reason,
            reversed_at=reversed_at,
            effective_date=effective_date,
            session_id=session_id,
        )


@in_transaction
def mirror_payment(
    *,
    actor: Actor,
    payment_id: int,
    reason: str,
    reversed_at: datetime.datetime,
    effective_date: datetime.date,
    session_id: int | None = None,
) -> Payment:
    """
    Record the mirror of a payment as part of a larger act, as undoing a load is; see `reverse_payment`.

    :raises UnableToPermit: if the actor may not reverse, or not this amount.
    :raises UnableToReversePayment: with code `session_not_open`.
    """
    payment = Payment.objects.get(pk=payment_id)
    actor.require(Permission.PAYMENT_REVERSE, amount_minor=payment.amount_minor)
    key = f"{_REVERSAL_KEYS}{payment_id}"
    _lock_key(key)
    if mirror := Payment.objects.filter(reverses_id=payment_id).first():
        return mirror
    if session_id is not None:
        _lock_open_session(session_id, actor, refusal=UnableToReversePayment)
    receivables.lock_accounts(account_ids=[payment.account_id])
    (held_item_id,) = receivables_queries.list_item_ids(kind=ItemKind.PAYMENT, source_ids=[payment_id])[payment_id]
    receivables.reverse_settlements(held_item_id=held_item_id, effective_date=effective_date)
    received = Received(
        key=key,
        account_id=payment.account_id,
        tenders=_tenders_of(payment),
        received_at=reversed_at,
        effective_date=effective_date,
        taken_by=actor.name,
        session_id=session_id,
        reverses_id=payment_id,
        reason=reason,
    )
    (recorded,) = record(received=[received])
    # The money held meets the money owed back, so that neither is ever used for anything else.
    receivables.settle(
        account_ids=[payment.account_id],
        effective_date=effective_date,
        held_item_ids=[held_item_id],
        owed_item_ids=[recorded.item_id],
    )
    post_journal(
        source_kind="payment_reversal",
        source_id=recorded.payment_id,
        effective_date=effective_date,
        description=payment.receipt_code,
        postings=[posting.mirror() for posting in postings_of([received])],
        posted_by=actor.name,
    )
    told = {"account_id": payment.account_id, "amount_minor": payment.amount_minor, "reason": reason}
    announce(EventKind.PAYMENT_REVERSED, payment_id, actor=actor, reversal_id=recorded.payment_id, **told)
    return Payment.objects.get(pk=recorded.payment_id)


def create_till(*, actor: Actor, code: str, name: str, office_id: int | None = None) -> Till:
    """
    Make a till.

    :raises UnableToPermit: if the actor may not manage settings.
    :raises UnableToSaveTill: with code `code_taken`.
    """
    actor.require(Permission.SETTING_MANAGE)
    try:
        with acting(actor), transaction.atomic():
            return Till.objects.create(code=code, name=name, office_id=office_id)
    except IntegrityError as error:
        raise UnableToSaveTill("code_taken", _("There is a till %s already.") % code, till_code=code) from error


def open_session(*, actor: Actor, till_id: int, opened_at: datetime.datetime, float_minor: int = 0) -> TillSession:
    """
    Open a cashier's session at a till; opening it again gives the session that is open.

    :raises UnableToPermit: if the actor may not take payments.
    :raises UnableToOpenSession: with code `not_a_person`, `float_negative`, `till_of_another_office`, `till_in_use` or
        `cashier_elsewhere`.
    Source: PAY-01, ADM-01.
    """
    actor.require(Permission.PAYMENT_TAKE)
    if actor.user_id is None:
        raise UnableToOpenSession("not_a_person", _("Only a person opens a till."))
    if float_minor < 0:
        raise UnableToOpenSession("float_negative", _("The opening float is zero or more."))
    with acting(actor):
        till = Till.objects.select_for_update(no_key=True).get(pk=till_id)
        if actor.office_id is not None and till.office_id not in (None, actor.office_id):
            raise UnableToOpenSession(
                "till_of_another_office", _("This till is in an office that you do not work for.")
            )
        if mine := queries.find_open_session(user_id=actor.user_id):
            if mine.till_id == till.pk:
                return mine
            raise UnableToOpenSession(
                "cashier_elsewhere", _("You have a session open at %s; close it first.") % mine.till.name
            )
        if other := till.sessions.filter(closed_at=None).select_related("cashier").first():
            raise UnableToOpenSession(
                "till_in_use", _("%s has this till open.") % other.cashier.full_name, session_id=other.pk
            )
        return TillSession.objects.create(
            till=till, cashier_id=actor.user_id, opened_at=opened_at, float_minor=float_minor
        )


def close_session(
    *,
    actor: Actor,
    session_id: int,
    counted_minor: int,
    closed_at: datetime.datetime,
    effective_date: datetime.date,
) -> TillSession:
    """
    Close a session with the cash that was counted, blind, and post the difference to what was expected.

    Closing a closed session with the same count changes nothing.

    counted_minor  >= 0, with the opening float

    :raises UnableToPermit: if the actor may not take payments.
    :raises UnableToCloseSession: with code `session_of_another` (supervisors, who may reverse payments, close any),
        `count_negative` or `closed_differently`.
    Source: PAY-01.
    """
    actor.require(Permission.PAYMENT_TAKE)
    if counted_minor < 0:
        raise UnableToCloseSession("count_negative", _("The cash counted is zero or more."))
    with acting(actor):
        session = TillSession.objects.select_for_update().select_related("till").get(pk=session_id)
        if session.cashier_id != actor.user_id and not actor.may(Permission.PAYMENT_REVERSE):
            raise UnableToCloseSession("session_of_another", _("This session is another cashier's."))
        if session.closed_at is not None:
            if session.counted_minor != counted_minor:
                raise UnableToCloseSession("closed_differently", _("This session is closed, with another count."))
            return session
        session.expected_minor = queries.sum_expected_cash(session=session)
        session.counted_minor, session.closed_at = counted_minor, closed_at
        session.save(update_fields=["expected_minor", "counted_minor", "closed_at"])
        difference_minor = counted_minor - session.expected_minor
        post_journal(
            source_kind="till_session",
            source_id=session.pk,
            effective_date=effective_date,
            description=session.till.name,
            postings=[
                Posting.of_balance(route=ROUTES[TenderKind.CASH], balance_minor=difference_minor),
                Posting.of_balance(route="till_difference", balance_minor=-difference_minor),
            ],
            posted_by=actor.name,
        )
        return session


def _check_tenders(tenders: Sequence[Tendered], key: str) -> None:
    if not _is_callers_key(key):
        raise UnableToTakePayment("key_missing", _("A payment needs a key of 1 to 120 characters."))
    if not tenders:
        raise UnableToTakePayment("tender_missing", _("Say how the money was given."))
    if any(tender.amount_minor <= 0 for tender in tenders):
        raise UnableToTakePayment("amount_not_positive", _("An amount paid is above zero."))


def _is_callers_key(key: str) -> bool:
    return 0 < len(key) <= 120 and not key.startswith(_REVERSAL_KEYS)


@in_transaction
def _lock_key(key: str) -> None:
    """Let the second of two requests with one key wait for the first, and then find what it made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"payment:{key}"])


def _tell_taken(received: Received, recorded: Recorded, actor: Actor) -> Payment:
    """Announce a payment that is recorded, and return it."""
    told = {"account_id": received.account_id, "amount_minor": received.amount_minor}
    announce(EventKind.PAYMENT_TAKEN, recorded.payment_id, actor=actor, receipt_code=recorded.receipt_code, **told)
    return Payment.objects.get(pk=recorded.payment_id)


def _same_payment(known: Payment, received: Received) -> Payment:
    if known.content_hash != received.content_hash:
        raise UnableToTakePayment(
            "key_reused",
            _("This request was used for payment %s, with other content.") % known.receipt_code,
            payment_id=known.pk,
            receipt_code=known.receipt_code,
        )
    return known


def _tenders_of(payment: Payment) -> list[Tendered]:
    return [
        Tendered(kind=TenderKind(tender.kind), amount_minor=tender.amount_minor, reference=tender.reference)
        for tender in payment.tenders.order_by("id")
    ]


def _lock_open_session(session_id: int, actor: Actor, *, refusal: type[UnableTo] = UnableToTakePayment) -> None:
    """Hold the session open until the payment is in it, so that its count includes it."""
    session = TillSession.objects.select_for_update().filter(pk=session_id).first()
    if session is None or session.closed_at is not None or session.cashier_id != actor.user_id:
        raise refusal("session_not_open", _("You have no such till session open."), session_id=session_id)


def _lock_account(account_id: int) -> None:
    if not receivables.lock_accounts(account_ids=[account_id]):
        raise UnableToTakePayment("account_unknown", _("There is no such account."), account_id=account_id)


def _check_items(account_id: int, item_ids: Sequence[int]) -> None:
    """Refuse chosen debts that are settled already or are not this account's."""
    standing = receivables_queries.get_open_amounts(account_id=account_id, item_ids=item_ids)
    if unknown := sorted(set(item_ids) - set(standing)):
        raise UnableToTakePayment("item_unknown", _("A debt that was chosen is not of this account."), item_ids=unknown)
    if settled := [standing[item_id] for item_id in item_ids if standing[item_id].open_minor == 0]:
        codes = sorted({item.document_code for item in settled})
        raise UnableToTakePayment(
            "items_settled",
            _("Already settled: %s. Look at the account again.") % ", ".join(codes),
            document_codes=codes,
            settled_by=sorted({code for item in settled for code in item.settled_by}),
        )


def _received_of(row: PaymentRow, effective_date: datetime.date, actor: Actor) -> Received:
    tenders = [Tendered(kind=row.kind, amount_minor=row.amount_minor, reference=row.reference)]
    return Received(
        key=row.key,
        account_id=row.account_id,
        tenders=tenders,
        received_at=row.received_at,
        effective_date=effective_date,
        taken_by=actor.name,
    )


def _open_batch(
    key: str, wanted: Sequence[Received], effective_date: datetime.date, actor: Actor
) -> tuple[PaymentBatch, bool]:
    hashed = batch_hash(
        keys=[received.key for received in wanted], content_hashes=[received.content_hash for received in wanted]
    )
    batch, is_new = PaymentBatch.objects.get_or_create(
        key=key, defaults={"content_hash": hashed, "effective_date": effective_date, "taken_by": actor.name}
    )
    if batch.content_hash != hashed:
        raise UnableToTakePayments("key_reused", _("Batch %s came before, with other rows.") % key, batch_id=batch.pk)
    return batch, is_new


def _judge_rows(
    rows: Sequence[PaymentRow], wanted: Sequence[Received], known_accounts: set[int], actor: Actor, *, is_new: bool
) -> list[RowOutcome]:
    """Say of each row whether it will be taken; accounts are locked, so no other payment of theirs is on its way."""
    seen: dict[str, tuple[str, int | None, str]] = {
        payment.key: (payment.content_hash, payment.pk, payment.receipt_code)
        for payment in Payment.objects.filter(key__in=[row.key for row in rows])
    }
    limit_minor = actor.amount_limit_minor
    outcomes = []
    for row, received in zip(rows, wanted, strict=True):
        known_hash, payment_id, receipt_code = seen.get(row.key, ("", None, ""))
        code = ""
        if known_hash and known_hash != received.content_hash:
            code = "key_reused"
        elif not _is_callers_key(row.key):
            code = "key_missing"
        elif row.amount_minor <= 0:
            code = "amount_not_positive"
        elif row.account_id not in known_accounts:
            code = "account_unknown"
        elif limit_minor is not None and row.amount_minor > limit_minor:
            code = "amount_above_limit"
        elif not known_hash and not is_new:
            code = "batch_recorded"
        if code:
            outcomes.append(RowOutcome(key=row.key, status=RowStatus.REFUSED, code=code))
        elif known_hash:
            outcomes.append(
                RowOutcome(key=row.key, status=RowStatus.REPEATED, payment_id=payment_id, receipt_code=receipt_code)
            )
        else:
            seen[row.key] = (received.content_hash, None, "")
            outcomes.append(RowOutcome(key=row.key, status=RowStatus.TAKEN))
    return outcomes


def _record_batch(
    batch: PaymentBatch, received: Sequence[Received], effective_date: datetime.date, actor: Actor
) -> list[Recorded]:
    recorded = record(received=[replace(payment, batch_id=batch.pk) for payment in received])
    receivables.settle(
        account_ids=sorted({payment.account_id for payment in received}),
        effective_date=effective_date,
        held_item_ids=[made.item_id for made in recorded],
    )
    post_journal(
        source_kind="payment_batch",
        source_id=batch.pk,
        effective_date=effective_date,
        description=batch.key,
        postings=postings_of(received),
        posted_by=actor.name,
    )
    ids = [made.payment_id for made in recorded]
    announce_from_query(EventKind.PAYMENT_TAKEN, actor=actor, select=_TOLD, parameters=[ids])
    return recorded
