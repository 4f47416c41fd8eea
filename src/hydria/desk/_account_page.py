"""Everything about an account on one page: each part comes from its context, and only if the actor may see it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum

from hydria.agreements import queries as agreements
from hydria.agreements.queries import AccountCard
from hydria.billing import queries as billing
from hydria.billing.queries import BilledInvoice
from hydria.concessions import queries as concessions
from hydria.concessions.queries import GrantCard, LossCard
from hydria.connections import queries as connections
from hydria.customers import queries as customers
from hydria.customers.queries import Dossier
from hydria.desk.domain.changes import Bill, Change, explain_change
from hydria.metering import queries as metering
from hydria.metering.queries import ConsumptionCard, InstallationCard
from hydria.parties import queries as parties
from hydria.parties.queries import PartyCard
from hydria.payments import queries as payments
from hydria.platform.access import Actor, Permission
from hydria.receivables import queries as receivables
from hydria.receivables.queries import Balance, OpenItemCard

INVOICES_SHOWN = 6
PAYMENTS_SHOWN = 12
MONTHS_SHOWN = 24
NOTES_SHOWN = 50
MEASURED, HELD = "MEASURED", "HELD"


class Alert(StrEnum):
    """What whoever opens the account has to know first."""

    OVERDUE = "overdue"
    PROTECTED = "protected"
    NOT_DISCONNECTABLE = "not_disconnectable"
    HELD_READING = "held_reading"
    CONCESSION_LOST = "concession_lost"
    SUSPENDED = "suspended"
    EXCLUDED = "excluded"
    DOCUMENTS_MISSING = "documents_missing"
    NO_ACTIVE_AGREEMENT = "no_active_agreement"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceEntry:
    """An invoice with how it differs from the one before; None where it bills no period."""

    invoice: BilledInvoice
    change: Change | None
    is_estimated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEntry:
    """Money received, or given back."""

    payment_id: int
    receipt_code: str
    received_at: datetime.datetime
    amount_minor: int
    is_reversal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """The page of an account; a part is None where the actor may not see it."""

    account: AccountCard
    holder: PartyCard | None
    alerts: tuple[Alert, ...]
    balance: Balance | None
    open_items: tuple[OpenItemCard, ...]
    invoices: tuple[InvoiceEntry, ...] | None
    payments: tuple[PaymentEntry, ...] | None
    used: tuple[ConsumptionCard, ...] | None
    meters: tuple[InstallationCard, ...]
    concessions: tuple[GrantCard, ...] | None
    losses: tuple[LossCard, ...]
    dossier: Dossier
    documents_missing: tuple[str, ...]
    application: tuple[int, str, datetime.datetime] | None


def get_account_page(*, actor: Actor, account_id: int, today: datetime.date) -> AccountPage:
    """
    Gather the page of an account in a fixed number of queries.

    :raises UnableToPermit: if the actor may not see the register.
    :raises Account.DoesNotExist: if there is no such account.
    """
    account = agreements.get_account_card(actor=actor, account_id=account_id, today=today)
    point_ids = [agreement.service_point_id for agreement in account.agreements]
    holder_id = account.holder.party_id if account.holder else 0
    holder = parties.get_party_cards(party_ids=[holder_id]).get(holder_id)
    balance, open_items = _money(actor, account_id, today)
    used = _used(actor, point_ids, today)
    agreement_ids = [agreement.agreement_id for agreement in account.agreements]
    documents_missing = customers.list_documents_missing(agreement_ids=agreement_ids)
    granted, losses = _concessions(actor, agreement_ids, today)
    return AccountPage(
        account=account,
        holder=holder,
        alerts=_alerts(account, holder, balance, used or (), documents_missing, losses),
        balance=balance,
        open_items=open_items,
        invoices=_invoices(actor, account_id, used or ()),
        payments=_payments(actor, account_id),
        used=used,
        meters=tuple(metering.list_installations(service_point_ids=point_ids)),
        concessions=granted,
        losses=losses,
        dossier=customers.get_dossier(
            account_id=account_id, party_id=holder_id or None, today=today, notes_max=NOTES_SHOWN
        ),
        documents_missing=documents_missing,
        application=connections.find_application_of_account(account_id=account_id),
    )


def _money(actor: Actor, account_id: int, today: datetime.date) -> tuple[Balance | None, tuple[OpenItemCard, ...]]:
    if not actor.may(Permission.RECEIVABLE_VIEW):
        return None, ()
    balance = receivables.get_balance(account_id=account_id, today=today)
    return balance, tuple(receivables.list_open_items(account_id=account_id, today=today))


def _concessions(
    actor: Actor, agreement_ids: list[int], today: datetime.date
) -> tuple[tuple[GrantCard, ...] | None, tuple[LossCard, ...]]:
    """Return what is granted and has not ended, and what was lost without a word."""
    if not actor.may(Permission.CONCESSION_VIEW):
        return None, ()
    granted = concessions.get_grant_cards(actor=actor, agreement_ids=agreement_ids, today=today)
    losses = concessions.list_loss_cards(actor=actor, agreement_ids=agreement_ids, on_date=today)
    return tuple(grant for grant in granted if grant.end_date > today), tuple(losses)


def _used(actor: Actor, point_ids: list[int], today: datetime.date) -> tuple[ConsumptionCard, ...] | None:
    if not actor.may(Permission.READING_VIEW):
        return None
    since_date = today.replace(day=1) - datetime.timedelta(days=round(MONTHS_SHOWN * 30.44))
    by_point = metering.list_consumptions(service_point_ids=point_ids, from_date=since_date)
    used = [consumption for consumptions in by_point.values() for consumption in consumptions]
    return tuple(sorted(used, key=lambda consumption: consumption.start_date))


def _invoices(actor: Actor, account_id: int, used: tuple[ConsumptionCard, ...]) -> tuple[InvoiceEntry, ...] | None:
    if not actor.may(Permission.BILLING_VIEW):
        return None
    found = billing.list_last_invoices(actor=actor, account_id=account_id, count_max=INVOICES_SHOWN + 1)
    not_measured = {consumption.id for consumption in used if consumption.kind != MEASURED}
    entries: list[InvoiceEntry] = []
    previous: Bill | None = None
    for invoice in reversed(found):
        if not invoice.days:  # it bills fees alone, or takes some back; the next one is compared with the one before it
            entries.append(InvoiceEntry(invoice=invoice, change=None, is_estimated=False))
            continue
        bill = Bill(
            total_minor=invoice.total_minor - invoice.fees_minor,
            quantity_milli=invoice.quantity_milli,
            days=invoice.days,
            is_estimated=not not_measured.isdisjoint(invoice.consumption_ids),
        )
        change = explain_change(previous=previous, current=bill)
        entries.append(InvoiceEntry(invoice=invoice, change=change, is_estimated=bill.is_estimated))
        previous = bill
    return tuple(entries[::-1][:INVOICES_SHOWN])


def _payments(actor: Actor, account_id: int) -> tuple[PaymentEntry, ...] | None:
    if not actor.may(Permission.PAYMENT_VIEW):
        return None
    found = payments.list_payments(actor=actor, account_id=account_id).order_by("-received_at", "-id")
    return tuple(
        PaymentEntry(
            payment_id=payment.pk,
            receipt_code=payment.receipt_code,
            received_at=payment.received_at,
            amount_minor=payment.amount_minor,
            is_reversal=payment.reverses_id is not None,
        )
        for payment in found[:PAYMENTS_SHOWN]
    )


def _alerts(
    account: AccountCard,
    holder: PartyCard | None,
    balance: Balance | None,
    used: tuple[ConsumptionCard, ...],
    documents_missing: tuple[str, ...],
    losses: tuple[LossCard, ...],
) -> tuple[Alert, ...]:
    active = [agreement for agreement in account.agreements if agreement.is_active]
    conditions = {
        Alert.CLOSED: account.closed_date is not None,
        Alert.OVERDUE: balance is not None and balance.overdue_minor > 0,
        Alert.HELD_READING: any(consumption.state == HELD for consumption in used),
        Alert.CONCESSION_LOST: bool(losses),
        Alert.NO_ACTIVE_AGREEMENT: not active and account.closed_date is None,
        Alert.SUSPENDED: any(agreement.suspension_reason for agreement in active),
        Alert.DOCUMENTS_MISSING: bool(documents_missing),
        Alert.EXCLUDED: any(agreement.exclusion_reason for agreement in active),
        Alert.PROTECTED: holder is not None and holder.is_protected,
        Alert.NOT_DISCONNECTABLE: any(not agreement.is_disconnectable for agreement in active),
    }
    return tuple(alert for alert, holds in conditions.items() if holds)
