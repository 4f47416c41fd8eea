"""Reads of payments: one payment with all that hangs on it, lists, till sessions, the takings of a day."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import BigIntegerField, Case, Count, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from hydria.agreements.queries import (
    AccountLine,
    access_account,
    find_accounts,
    list_account_lines,
    list_accounts_of_parties,
)
from hydria.billing.searching import find_invoices
from hydria.ledger.queries import find_journal_id
from hydria.parties.queries import find_parties
from hydria.payments._documents import Debt, PaidDocument, group_debts, group_paid
from hydria.payments.domain.tenders import TenderKind
from hydria.payments.models import TENDER_LABELS, Payment, Tender, Till, TillSession
from hydria.platform.access import Actor, Permission
from hydria.platform.people import name_person
from hydria.receivables.domain.items import ItemKind
from hydria.receivables.queries import (
    NOTHING,
    Balance,
    Settlement,
    get_balance,
    get_balance_after,
    get_balances,
    list_item_ids,
    list_open_items,
    list_settlements,
)

PAYERS_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderCard:
    """One form of the money of a payment."""

    kind: str
    kind_label: str
    amount_minor: int
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCard:
    """
    A payment with its tenders, what it settles now and what of it is still held.

    settlements          part by part; `paid` has them by document
    balance_after_minor  what the account owed once it was recorded; negative is in the customer's favor
    reverses_id          the payment that this one gives back, None for money received
    reversed_by_id       the reversal of this one, None while it stands
    """

    payment_id: int
    receipt_code: str
    account: AccountLine
    amount_minor: int
    received_at: datetime.datetime
    effective_date: datetime.date
    taken_by: str
    taken_by_name: str
    till_name: str
    journal_id: int | None
    tenders: tuple[TenderCard, ...]
    settlements: tuple[Settlement, ...]
    paid: tuple[PaidDocument, ...]
    held_minor: int
    balance_after_minor: int
    reason: str
    reverses_id: int | None
    reverses_code: str
    reversed_by_id: int | None
    reversed_by_code: str
    reversal_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCard:
    """A till session; what was expected is told only once it is closed, so that the count is blind."""

    session_id: int
    till_name: str
    cashier_id: int
    cashier_name: str
    opened_at: datetime.datetime
    float_minor: int
    payment_count: int
    closed_at: datetime.datetime | None
    counted_minor: int | None
    expected_minor: int | None
    difference_minor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TillLine:
    """A till, and who has it open since when, if anybody has."""

    code: str
    name: str
    office_name: str
    session_id: int | None = None
    cashier_login: str = ""
    opened_at: datetime.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakingsRow:
    """What a cashier took in one form on a day, less what was given back."""

    taken_by: str
    kind: str
    kind_label: str
    payment_count: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """An account at the till, in one line with its balance."""

    account: AccountLine
    balance: Balance


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerCard:
    """An account at the till with its debts, in the order in which a payment settles them."""

    account: AccountLine
    balance: Balance
    debts: tuple[Debt, ...]


def find_accounts_to_pay(*, typed: str, today: datetime.date) -> list[Payer]:
    """
    Return the accounts that a cashier means: by invoice, by account or agreement number, or by the holder's name.

    An invoice or an account whose whole number was typed comes alone, so that a scan needs no second look.
    """
    text = typed.strip()
    invoices = [line for line in find_invoices(typed=text, count_max=1) if line.code == text.upper()]
    account_ids = [line.account_id for line in invoices] or find_accounts(typed=text, count_max=PAYERS_MAX)
    if not account_ids:
        party_ids = find_parties(typed=text, count_max=PAYERS_MAX)
        account_ids = list_accounts_of_parties(party_ids=party_ids)[:PAYERS_MAX]
    lines = list_account_lines(account_ids=account_ids, today=today)
    if exact := [line for line in lines if line.number.lstrip("0") == text.lstrip("0")]:
        lines = exact
    balances = get_balances(account_ids=[line.account_id for line in lines], today=today)
    return [Payer(account=line, balance=balances.get(line.account_id, NOTHING)) for line in lines]


def get_payer_card(*, actor: Actor, account_id: int, today: datetime.date) -> PayerCard:
    """
    Return an account for the till.

    :raises UnableToPermit: if the actor may not take payments or see the register.
    :raises Account.DoesNotExist: if there is no such account.
    """
    actor.require(Permission.PAYMENT_TAKE)
    access_account(actor=actor, account_id=account_id)
    (account,) = list_account_lines(account_ids=[account_id], today=today)
    return PayerCard(
        account=account,
        balance=get_balance(account_id=account_id, today=today),
        debts=group_debts(items=list_open_items(account_id=account_id, today=today)),
    )


def access_payment(*, actor: Actor, payment_id: int) -> Payment:
    """
    Return a payment that the actor may see.

    :raises UnableToPermit: if the actor may not see payments.
    :raises Payment.DoesNotExist: if there is no such payment.
    """
    actor.require(Permission.PAYMENT_VIEW)
    return Payment.objects.get(pk=payment_id)


def get_payment_card(*, actor: Actor, payment_id: int) -> PaymentCard:
    """
    Return a payment for its page and its receipt.

    :raises UnableToPermit: if the actor may not see payments.
    :raises Payment.DoesNotExist: if there is no such payment.
    """
    access_payment(actor=actor, payment_id=payment_id)
    payment = Payment.objects.select_related("session__till", "reverses", "reversed_by").get(pk=payment_id)
    (account,) = list_account_lines(account_ids=[payment.account_id], today=payment.effective_date)
    mirror = getattr(payment, "reversed_by", None)
    kind = ItemKind.PAYMENT if payment.reverses_id is None else ItemKind.PAYMENT_REVERSAL
    (item_id,) = list_item_ids(kind=kind, source_ids=[payment_id])[payment_id]
    settlements = list_settlements(held_item_ids=[item_id])
    settled_minor = sum(settlement.amount_minor for settlement in settlements)
    standing = tuple(settlement for settlement in settlements if settlement.kind != ItemKind.PAYMENT_REVERSAL)
    return PaymentCard(
        payment_id=payment.pk,
        receipt_code=payment.receipt_code,
        account=account,
        amount_minor=payment.amount_minor,
        received_at=payment.received_at,
        effective_date=payment.effective_date,
        taken_by=payment.taken_by,
        taken_by_name=name_person(payment.taken_by),
        till_name=payment.session.till.name if payment.session else "",
        journal_id=_journal_of(payment),
        tenders=tuple(
            TenderCard(
                kind=tender.kind,
                kind_label=str(TENDER_LABELS[tender.kind]),
                amount_minor=tender.amount_minor,
                reference=tender.reference,
            )
            for tender in payment.tenders.order_by("id")
        ),
        settlements=standing,
        paid=group_paid(items=standing),
        held_minor=payment.amount_minor - settled_minor if payment.reverses_id is None else 0,
        balance_after_minor=get_balance_after(item_id=item_id),
        reason=payment.reason,
        reverses_id=payment.reverses_id,
        reverses_code=payment.reverses.receipt_code if payment.reverses else "",
        reversed_by_id=mirror.pk if mirror else None,
        reversed_by_code=mirror.receipt_code if mirror else "",
        reversal_reason=mirror.reason if mirror else "",
    )


def list_payments(
    *,
    actor: Actor,
    account_id: int | None = None,
    session_id: int | None = None,
    batch_id: int | None = None,
    start_date: datetime.date | None = None,
    end_date: datetime.date | None = None,
) -> QuerySet[Payment]:
    """
    Return payments and reversals with their accounts and amounts (`signed_minor`: negative when given back), of an account, a till session, a batch or the days
    `[start_date, end_date)`.

    :raises UnableToPermit: if the actor may not see payments.
    """
    actor.require(Permission.PAYMENT_VIEW)
    given_back = When(reverses__isnull=False, then=-F("amount_minor"))
    found = Payment.objects.select_related("account").annotate(
        signed_minor=Case(given_back, default=F("amount_minor"), output_field=BigIntegerField())
    )
    if account_id is not None:
        found = found.filter(account_id=account_id)
    if session_id is not None:
        found = found.filter(session_id=session_id)
    if batch_id is not None:
        found = found.filter(batch_id=batch_id)
    if start_date is not None:
        found = found.filter(effective_date__gte=start_date)
    if end_date is not None:
        found = found.filter(effective_date__lt=end_date)
    return found


def list_tills() -> QuerySet[Till]:
    """Return the tills by code."""
    return Till.objects.order_by("code")


def list_till_lines(*, actor: Actor) -> list[TillLine]:
    """
    Return the tills by code, with the session that is open at each.

    :raises UnableToPermit: if the actor may not see payments.
    """
    actor.require(Permission.PAYMENT_VIEW)
    is_open = {session.till_id: session for session in list_sessions(actor=actor).filter(closed_at=None)}
    return [
        TillLine(
            code=till.code,
            name=till.name,
            office_name=till.office.name if till.office else "",
            session_id=session.pk if session else None,
            cashier_login=session.cashier.username if session else "",
            opened_at=session.opened_at if session else None,
        )
        for till in list_tills().select_related("office")
        for session in (is_open.get(till.pk),)
    ]


def list_sessions(*, actor: Actor) -> QuerySet[TillSession]:
    """
    Return the till sessions with till and cashier, and the difference of those that are counted (`difference_minor`).

    :raises UnableToPermit: if the actor may not see payments.
    """
    actor.require(Permission.PAYMENT_VIEW)
    return TillSession.objects.select_related("till", "cashier").annotate(
        difference_minor=F("counted_minor") - F("expected_minor")
    )


def find_open_session(*, user_id: int | None) -> TillSession | None:
    """Return the session that a cashier has open, if any; a program (None) never has one."""
    return TillSession.objects.select_related("till").filter(cashier_id=user_id, closed_at=None).first()


def find_last_till_id(*, user_id: int | None) -> int | None:
    """Return the till that a cashier had last, if any."""
    sessions = TillSession.objects.filter(cashier_id=user_id).order_by("-opened_at")
    return sessions.values_list("till_id", flat=True).first()


def get_session_card(*, actor: Actor, session_id: int) -> SessionCard:
    """
    Return a till session for its page.

    :raises UnableToPermit: if the actor may not see payments.
    :raises TillSession.DoesNotExist: if there is no such session.
    """
    actor.require(Permission.PAYMENT_VIEW)
    session = (
        TillSession.objects.select_related("till", "cashier")
        .annotate(payment_count=Count("payments"))
        .get(pk=session_id)
    )
    return SessionCard(
        session_id=session.pk,
        till_name=session.till.name,
        cashier_id=session.cashier_id,
        cashier_name=session.cashier.full_name,
        opened_at=session.opened_at,
        float_minor=session.float_minor,
        payment_count=session.payment_count,
        closed_at=session.closed_at,
        counted_minor=session.counted_minor,
        expected_minor=session.expected_minor,
        difference_minor=(
            None
            if session.counted_minor is None or session.expected_minor is None
            else session.counted_minor - session.expected_minor
        ),
    )


def sum_expected_cash(*, session: TillSession) -> int:
    """Return the cash that a session's drawer should hold: float, plus cash taken, less cash given back."""
    moved = Tender.objects.filter(payment__session=session, kind=TenderKind.CASH).aggregate(
        amount=Coalesce(Sum(_signed_amount()), 0)
    )
    return int(session.float_minor + moved["amount"])


def list_takings(*, actor: Actor, day: datetime.date) -> list[TakingsRow]:
    """
    Return what was taken on a day by cashier and form (PAY-12).

    :raises UnableToPermit: if the actor may not see payments.
    """
    actor.require(Permission.PAYMENT_VIEW)
    rows = (
        Tender.objects.filter(payment__effective_date=day)
        .values("payment__taken_by", "kind")
        .annotate(amount=Sum(_signed_amount()), payments=Count("payment_id", distinct=True))
        .order_by("payment__taken_by", "kind")
    )
    return [
        TakingsRow(
            taken_by=row["payment__taken_by"],
            kind=row["kind"],
            kind_label=str(TENDER_LABELS[row["kind"]]),
            payment_count=row["payments"],
            amount_minor=int(row["amount"]),
        )
        for row in rows
    ]


def _signed_amount() -> Case:
    """Return a tender's amount: positive when taken, negative when given back."""
    return Case(When(Q(payment__reverses=None), then=F("amount_minor")), default=-F("amount_minor"))


def _journal_of(payment: Payment) -> int | None:
    if payment.batch_id is not None:
        return find_journal_id(source_kind="payment_batch", source_id=payment.batch_id)
    return find_journal_id(
        source_kind="payment" if payment.reverses_id is None else "payment_reversal", source_id=payment.pk
    )
