"""Writes of the ledger: the chart, journals of other contexts, journals by hand, the close of a month."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable, Iterable, Sequence
from importlib import resources

from django.db import connection
from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.kernel.periods import Period, add_months, first_of_month, month_of
from hydria.ledger.domain.journals import Posting, difference_minor, prefixes_of
from hydria.ledger.models import AccountingPeriod, Entry, Journal, LedgerAccount
from hydria.platform.access import Actor, Permission
from hydria.platform.transactions import acting, in_transaction

CONTROL_ROUTES = frozenset({"receivable"})
"""Accounts that a subledger explains item by item; only its operations post to them (ACC-07)."""

ClosingCheck = Callable[[Period], Iterable[str]]
_closing_checks: list[ClosingCheck] = []


class UnableToCreateChart(UnableTo):
    """The chart of accounts cannot be created."""


class UnableToPostJournal(UnableTo):
    """The journal cannot be posted as asked."""


class UnableToReverseJournal(UnableTo):
    """The journal cannot be reversed by hand."""


class UnableToClosePeriod(UnableTo):
    """The accounting month cannot be closed yet."""


def create_chart(*, actor: Actor, language: str) -> int:
    """
    Add the chart of accounts of a water utility, named in `en`, `es` or `el`, and return how many accounts are new.

    Accounts whose code exists already keep the name and the route that the company gave them.

    :raises UnableToPermit: if the actor may not manage settings.
    :raises UnableToCreateChart: with code `language_unknown` if the chart has no names in the language.
    Source: ACC-01; the accounts are in `chart/water_utility.csv`.
    """
    actor.require(Permission.SETTING_MANAGE)
    text = resources.files("hydria.ledger").joinpath("chart/water_utility.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    if f"name_{language}" not in rows[0]:
        raise UnableToCreateChart(
            "language_unknown", _("The chart has no names in “%s”.") % language, language=language
        )
    with acting(actor):
        known = set(LedgerAccount.objects.values_list("code", flat=True))
        accounts = [
            LedgerAccount(code=row["code"], kind=row["kind"], route=row["route"] or None, name=row[f"name_{language}"])
            for row in rows
            if row["code"] not in known
        ]
        LedgerAccount.objects.bulk_create(accounts)
    return len(accounts)


@in_transaction
def post_journal(
    *,
    source_kind: str,
    source_id: int,
    effective_date: datetime.date,
    description: str,
    postings: Sequence[Posting],
    posted_by: str,
) -> Journal | None:
    """
    Post a balanced journal for a source, once.

    A source that has been posted with the same date and entries gives the journal it has. The journal keeps its
    `effective_date`; when that month is closed, it takes the first open accounting month.

    postings  any number; those of zero are left out
    returns   the journal, or None when every posting is zero

    :raises UnableToPostJournal: with code `journal_unbalanced`, `route_unknown`, `ledger_account_unknown` or
        `source_posted_differently`.
    Source: ACC-01, I4.
    """
    postings = [posting for posting in postings if not posting.is_empty]
    if difference := difference_minor(postings):
        raise UnableToPostJournal("journal_unbalanced", _("The journal does not balance."), difference_minor=difference)
    if not postings:
        return None
    account_ids = _resolve(postings)
    period = _open_period_for(effective_date)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_journal (source_kind, source_id, period_id, effective_date, description, posted_by)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (source_kind, source_id) DO NOTHING RETURNING id",
            [source_kind, source_id, period.pk, effective_date, description[:250], posted_by],
        )
        inserted = cursor.fetchone()
    if inserted is None:
        return _same_journal(source_kind, source_id, effective_date, postings, account_ids)
    Entry.objects.bulk_create(
        Entry(
            journal_id=inserted[0],
            ledger_account_id=account_id,
            debit_minor=posting.debit_minor,
            credit_minor=posting.credit_minor,
            description=posting.description[:250],
        )
        for posting, account_id in zip(postings, account_ids, strict=True)
    )
    return Journal.objects.get(pk=inserted[0])


def post_manual_journal(
    *,
    actor: Actor,
    request_id: int,
    effective_date: datetime.date,
    description: str,
    postings: Sequence[Posting],
) -> Journal:
    """
    Post a journal that a person wrote.

    request_id  int63 that the form was given when it was opened; sending the form twice posts once

    :raises UnableToPermit: if the actor may not post, or the amount is above their limit.
    :raises UnableToPostJournal: as `post_journal`, and with code `control_account`, `description_missing` or
        `journal_empty`.
    Source: ACC-02.
    """
    actor.require(Permission.LEDGER_POST, amount_minor=sum(posting.debit_minor for posting in postings))
    if not description.strip():
        raise UnableToPostJournal("description_missing", _("Say what the journal is for."))
    control_codes = set(LedgerAccount.objects.filter(route__in=CONTROL_ROUTES).values_list("code", flat=True))
    for posting in postings:
        if posting.code in control_codes or posting.route in CONTROL_ROUTES:
            raise UnableToPostJournal(
                "control_account",
                _("Account %s follows the customers' items and takes no entries by hand.")
                % (posting.code or posting.route),
                account=posting.code or posting.route,
            )
    with acting(actor, reason=description):
        journal = post_journal(
            source_kind="manual",
            source_id=request_id,
            effective_date=effective_date,
            description=description,
            postings=postings,
            posted_by=actor.name,
        )
    if journal is None:
        raise UnableToPostJournal("journal_empty", _("The journal has no amounts."))
    return journal


def reverse_manual_journal(*, actor: Actor, journal_id: int, reason: str, effective_date: datetime.date) -> Journal:
    """
    Post the mirror of a journal that a person wrote; reversing again gives the same mirror.

    :raises UnableToPermit: if the actor may not post, or the amount is above their limit.
    :raises UnableToReverseJournal: with code `journal_has_a_source` if a document posted it (that document is
        reversed instead), or `reason_missing`.
    Source: ACC-02, I10.
    """
    actor.require(Permission.LEDGER_POST)
    if not reason.strip():
        raise UnableToReverseJournal("reason_missing", _("Say why the journal is reversed."))
    journal = Journal.objects.get(pk=journal_id)
    if journal.source_kind != "manual":
        raise UnableToReverseJournal(
            "journal_has_a_source",
            _("This journal was posted by a document; reverse the document."),
            source_kind=journal.source_kind,
            source_id=journal.source_id,
        )
    if mirror := Journal.objects.filter(source_kind="manual_reversal", source_id=journal_id).first():
        return mirror
    entries = journal.entries.select_related("ledger_account").order_by("id")
    actor.require(Permission.LEDGER_POST, amount_minor=sum(entry.debit_minor for entry in entries))
    with acting(actor, reason=reason):
        mirror = post_journal(
            source_kind="manual_reversal",
            source_id=journal_id,
            effective_date=effective_date,
            description=reason,
            postings=[_posting_of(entry).mirror() for entry in entries],
            posted_by=actor.name,
        )
    assert mirror is not None, "a posted journal has entries, so its mirror has"
    return mirror


def register_closing_check(check: ClosingCheck) -> None:
    """
    Let a context above the ledger hold back the close of a month.

    check  given the month, returns one sentence per reason why it cannot be closed yet
    """
    if check not in _closing_checks:
        _closing_checks.append(check)


def close_period(*, actor: Actor, month: datetime.date, closed_at: datetime.datetime) -> AccountingPeriod:
    """
    Close an accounting month for good and open the next one; closing a closed month changes nothing.

    Months are closed in order and one at a time. From then on, documents dated into the month are posted in the
    first open one.

    :raises UnableToPermit: if the actor may not close.
    :raises UnableToClosePeriod: with code `period_unknown`, `earlier_month_open`, `month_not_over` or
        `closing_check` (the data holds every reason).
    Source: ACC-02, domain.md pitfall 16.
    """
    actor.require(Permission.LEDGER_CLOSE)
    span = month_of(month)
    with acting(actor):
        period = AccountingPeriod.objects.select_for_update().filter(month=span.start_date).first()
        if period is None:
            raise UnableToClosePeriod("period_unknown", _("Nothing has been posted in this month."))
        if period.closed_at is not None:
            return period
        if AccountingPeriod.objects.filter(month__lt=span.start_date, closed_at=None).exists():
            raise UnableToClosePeriod("earlier_month_open", _("An earlier month is still open."))
        if closed_at.date() < span.end_date:
            raise UnableToClosePeriod("month_not_over", _("The month is not over."))
        if reasons := [reason for check in _closing_checks for reason in check(span)]:
            raise UnableToClosePeriod("closing_check", " ".join(reasons), reasons=reasons)
        period.closed_at, period.closed_by = closed_at, actor.name
        period.save(update_fields=["closed_at", "closed_by"])
        _ensure_period(span.end_date)
    return period


def _resolve(postings: Sequence[Posting]) -> list[int]:
    """Return the account of each posting, by code or by the nearest route."""
    wanted = {prefix for posting in postings for prefix in prefixes_of(posting.route)}
    by_route = dict(LedgerAccount.objects.filter(route__in=wanted).values_list("route", "id"))
    by_code = dict(
        LedgerAccount.objects.filter(code__in=[posting.code for posting in postings]).values_list("code", "id")
    )
    account_ids = []
    for posting in postings:
        if posting.code:
            found = by_code.get(posting.code)
        else:
            found = next((by_route[prefix] for prefix in prefixes_of(posting.route) if prefix in by_route), None)
        if found is None:
            raise UnableToPostJournal(
                "ledger_account_unknown" if posting.code else "route_unknown",
                _("The chart of accounts has no account for “%s”.") % (posting.code or posting.route),
                account=posting.code or posting.route,
            )
        account_ids.append(found)
    return account_ids


def _open_period_for(effective_date: datetime.date) -> AccountingPeriod:
    """
    Return the month of a date, or the first open month after the closed ones, locked against being closed.

    Posters share the lock; `close_period` takes it alone, so it waits for them and they then see it closed.
    """
    while True:
        closed = AccountingPeriod.objects.exclude(closed_at=None).order_by("-month").first()
        month = first_of_month(effective_date)
        if closed is not None:
            month = max(month, add_months(closed.month, 1))
        _ensure_period(month)
        locked = AccountingPeriod.objects.raw(
            "SELECT * FROM ledger_accountingperiod WHERE month = %s AND closed_at IS NULL FOR SHARE", [month]
        )
        for period in locked:
            return period


def _ensure_period(month: datetime.date) -> None:
    AccountingPeriod.objects.bulk_create([AccountingPeriod(month=month)], ignore_conflicts=True)


def _same_journal(
    source_kind: str,
    source_id: int,
    effective_date: datetime.date,
    postings: Sequence[Posting],
    account_ids: Sequence[int],
) -> Journal:
    """Return the journal that the source has, if it says the same."""
    journal = Journal.objects.get(source_kind=source_kind, source_id=source_id)
    posted = sorted(journal.entries.values_list("ledger_account_id", "debit_minor", "credit_minor"))
    asked = sorted(
        (account_id, posting.debit_minor, posting.credit_minor)
        for posting, account_id in zip(postings, account_ids, strict=True)
    )
    if posted != asked or journal.effective_date != effective_date:
        raise UnableToPostJournal(
            "source_posted_differently",
            _("This document has been posted already, with other amounts or another date."),
            source_kind=source_kind,
            source_id=source_id,
            journal_id=journal.pk,
        )
    return journal


def _posting_of(entry: Entry) -> Posting:
    return Posting(
        code=entry.ledger_account.code,
        debit_minor=entry.debit_minor,
        credit_minor=entry.credit_minor,
        description=entry.description,
    )
