"""Reads of the ledger: trial balance, an account with its running balance, journals with their source."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet, Sum, Window
from django.db.models.functions import Coalesce

from hydria.ledger.models import AccountingPeriod, Entry, Journal, LedgerAccount, LedgerKind
from hydria.platform.access import Actor, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBalanceRow:
    """
    One account of the chart over a range of days.

    opening_minor, closing_minor  debit balances are positive, credit balances negative
    """

    ledger_account_id: int
    code: str
    name: str
    kind_label: str
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBalance:
    """
    Every account that was ever posted to, for the days `[start_date, end_date)`.

    Guarantee: debits equal credits, and openings and closings each sum to zero, because every journal balances.
    """

    start_date: datetime.date
    end_date: datetime.date
    rows: tuple[TrialBalanceRow, ...]
    debit_minor: int
    credit_minor: int

    @property
    def is_balanced(self) -> bool:
        """Tell whether the books balance, as they always should."""
        return self.debit_minor == self.credit_minor and sum(row.closing_minor for row in self.rows) == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCard:
    """One entry, with its journal or with the running balance of its account."""

    journal_id: int
    effective_date: datetime.date
    description: str
    account_code: str
    account_name: str
    ledger_account_id: int
    debit_minor: int
    credit_minor: int
    balance_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerAccountCard:
    """One account over a range of days; a page of its entries and the sums of all of them."""

    ledger_account_id: int
    code: str
    name: str
    kind_label: str
    start_date: datetime.date
    end_date: datetime.date
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int
    entry_count: int
    entries: tuple[EntryCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalCard:
    """A journal with its entries and the document that posted it."""

    journal_id: int
    source_kind: str
    source_id: int
    effective_date: datetime.date
    month: datetime.date
    description: str
    posted_by: str
    recorded_at: datetime.datetime
    amount_minor: int
    entries: tuple[EntryCard, ...]

    @property
    def is_late(self) -> bool:
        """Tell whether the journal stands in a later month than its day."""
        return self.month != self.effective_date.replace(day=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodCard:
    """An accounting month."""

    month: datetime.date
    journal_count: int
    closed_at: datetime.datetime | None
    closed_by: str


def get_trial_balance(*, actor: Actor, start_date: datetime.date, end_date: datetime.date) -> TrialBalance:
    """
    Return the trial balance for the days `[start_date, end_date)`.

    :raises UnableToPermit: if the actor may not see the ledger.
    Source: ACC-02.
    """
    actor.require(Permission.LEDGER_VIEW)
    before = Q(entries__journal__effective_date__lt=start_date)
    within = Q(entries__journal__effective_date__gte=start_date)
    accounts = (
        LedgerAccount.objects.filter(entries__journal__effective_date__lt=end_date)
        .annotate(
            opening=Coalesce(Sum(F("entries__debit_minor") - F("entries__credit_minor"), filter=before), 0),
            debit=Coalesce(Sum("entries__debit_minor", filter=within), 0),
            credit=Coalesce(Sum("entries__credit_minor", filter=within), 0),
        )
        .order_by("code")
    )
    rows = tuple(
        TrialBalanceRow(
            ledger_account_id=account.pk,
            code=account.code,
            name=account.name,
            kind_label=str(LedgerKind(account.kind).label),
            opening_minor=int(account.opening),
            debit_minor=int(account.debit),
            credit_minor=int(account.credit),
            closing_minor=int(account.opening + account.debit - account.credit),
        )
        for account in accounts
    )
    return TrialBalance(
        start_date=start_date,
        end_date=end_date,
        rows=rows,
        debit_minor=sum(row.debit_minor for row in rows),
        credit_minor=sum(row.credit_minor for row in rows),
    )


def get_ledger_account_card(
    *,
    actor: Actor,
    ledger_account_id: int,
    start_date: datetime.date,
    end_date: datetime.date,
    offset: int = 0,
    limit: int = 200,
) -> LedgerAccountCard:
    """
    Return an account with a page of its entries and their running balance, for the days `[start_date, end_date)`.

    :raises UnableToPermit: if the actor may not see the ledger.
    :raises LedgerAccount.DoesNotExist: if there is no such account.
    """
    actor.require(Permission.LEDGER_VIEW)
    account = LedgerAccount.objects.get(pk=ledger_account_id)
    opening_minor = get_ledger_balance(ledger_account_id=account.pk, end_date=start_date)
    within = Entry.objects.filter(
        ledger_account=account, journal__effective_date__gte=start_date, journal__effective_date__lt=end_date
    )
    sums = within.aggregate(debit=Coalesce(Sum("debit_minor"), 0), credit=Coalesce(Sum("credit_minor"), 0))
    entries = (
        within.select_related("journal")
        .annotate(
            running=Window(Sum(F("debit_minor") - F("credit_minor")), order_by=[F("journal__effective_date"), F("id")])
        )
        .order_by("journal__effective_date", "id")
    )
    return LedgerAccountCard(
        ledger_account_id=account.pk,
        code=account.code,
        name=account.name,
        kind_label=str(LedgerKind(account.kind).label),
        start_date=start_date,
        end_date=end_date,
        opening_minor=opening_minor,
        debit_minor=int(sums["debit"]),
        credit_minor=int(sums["credit"]),
        closing_minor=int(opening_minor + sums["debit"] - sums["credit"]),
        entry_count=within.count(),
        entries=tuple(
            EntryCard(
                journal_id=entry.journal_id,
                effective_date=entry.journal.effective_date,
                description=entry.description or entry.journal.purpose,
                account_code=account.code,
                account_name=account.name,
                ledger_account_id=account.pk,
                debit_minor=entry.debit_minor,
                credit_minor=entry.credit_minor,
                balance_minor=int(opening_minor + entry.running),
            )
            for entry in entries[offset : offset + limit]
        ),
    )


def get_ledger_balance(*, ledger_account_id: int, end_date: datetime.date) -> int:
    """Return the balance of an account before a day; debit balances are positive."""
    sums = Entry.objects.filter(ledger_account_id=ledger_account_id, journal__effective_date__lt=end_date).aggregate(
        balance=Coalesce(Sum(F("debit_minor") - F("credit_minor")), 0)
    )
    return int(sums["balance"])


def list_ledger_accounts() -> QuerySet[LedgerAccount]:
    """Return the chart of accounts by code."""
    return LedgerAccount.objects.order_by("code")


def list_journals(
    *,
    actor: Actor,
    start_date: datetime.date | None = None,
    end_date: datetime.date | None = None,
    source_kind: str = "",
) -> QuerySet[Journal]:
    """
    Return journals of the days `[start_date, end_date)` with their amount (`amount_minor`, the sum of the debits).

    :raises UnableToPermit: if the actor may not see the ledger.
    """
    actor.require(Permission.LEDGER_VIEW)
    found = Journal.objects.annotate(amount_minor=Coalesce(Sum("entries__debit_minor"), 0))
    if start_date is not None:
        found = found.filter(effective_date__gte=start_date)
    if end_date is not None:
        found = found.filter(effective_date__lt=end_date)
    if source_kind:
        found = found.filter(source_kind=source_kind)
    return found


def get_journal_card(*, actor: Actor, journal_id: int) -> JournalCard:
    """
    Return a journal for its page.

    :raises UnableToPermit: if the actor may not see the ledger.
    :raises Journal.DoesNotExist: if there is no such journal.
    """
    actor.require(Permission.LEDGER_VIEW)
    journal = Journal.objects.select_related("period").get(pk=journal_id)
    entries = tuple(
        EntryCard(
            journal_id=journal.pk,
            effective_date=journal.effective_date,
            description=entry.description,
            account_code=entry.ledger_account.code,
            account_name=entry.ledger_account.name,
            ledger_account_id=entry.ledger_account_id,
            debit_minor=entry.debit_minor,
            credit_minor=entry.credit_minor,
        )
        for entry in journal.entries.select_related("ledger_account").order_by("id")
    )
    return JournalCard(
        journal_id=journal.pk,
        source_kind=journal.source_kind,
        source_id=journal.source_id,
        effective_date=journal.effective_date,
        month=journal.period.month,
        description=journal.purpose,
        posted_by=journal.posted_by,
        recorded_at=journal.recorded_at,
        amount_minor=sum(entry.debit_minor for entry in entries),
        entries=entries,
    )


def find_journal_id(*, source_kind: str, source_id: int) -> int | None:
    """Return the journal that a document posted, if it has."""
    return Journal.objects.filter(source_kind=source_kind, source_id=source_id).values_list("id", flat=True).first()


def list_periods(*, actor: Actor) -> list[PeriodCard]:
    """
    Return the accounting months, newest first.

    :raises UnableToPermit: if the actor may not see the ledger.
    """
    actor.require(Permission.LEDGER_VIEW)
    periods = AccountingPeriod.objects.annotate(journal_count=Count("journals")).order_by("-month")
    return [
        PeriodCard(
            month=period.month,
            journal_count=period.journal_count,
            closed_at=period.closed_at,
            closed_by=period.closed_by,
        )
        for period in periods
    ]
