"""
Bill what was accepted outside a period: on an invoice of its own, or as lines of the account's next invoices.

An invoice of its own is an `Invoice` without a run. It is numbered from the same series, posts its journal and items
in one transaction, and takes credits like any other (ADR 17). A credit note mirrors its lines and rounds nothing.
"""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from django.db import connection
from django.utils.translation import gettext as _

from hydria.agreements import queries as agreements
from hydria.billing._selection import AccountRange
from hydria.billing.models import BillingRun, Invoice, InvoiceNumber, Line
from hydria.fees import operations as fees
from hydria.fees import queries as fees_queries
from hydria.fees.domain.states import BillingMode, QuotationState
from hydria.kernel.errors import UnableTo
from hydria.ledger import operations as ledger
from hydria.ledger.domain.journals import Posting
from hydria.parties import queries as parties
from hydria.platform import numbering
from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.platform.bulk import read_columns
from hydria.platform.transactions import acting, in_transaction
from hydria.receivables import operations as receivables
from hydria.receivables import queries as receivables_queries
from hydria.receivables.domain.items import ItemKind, ItemSide
from hydria.receivables.operations import NewItem

INVOICE_SERIES, CREDIT_NOTE_SERIES, CREDIT_NOTE_PREFIX = "invoice", "credit_note", "NC-"
SOURCE_KIND = "invoice"


class UnableToBillFee(UnableTo):
    """What was accepted cannot be put on an invoice."""


def accept_quotation(
    *,
    actor: Actor,
    quotation_id: int,
    mode: BillingMode,
    accepted_at: datetime.datetime,
    accepted_date: datetime.date,
    instalment_count: int = 1,
) -> int | None:
    """
    Accept a quotation, and issue its invoice if it is billed at once (BIL-13); return that invoice.

    instalment_count  equal parts without interest, one on each of the next invoices; 1 where it is billed at once

    Guarantee: accepted with its invoice, or not at all; accepting it again returns the same invoice.

    :raises UnableToPermit: if the actor may not quote.
    :raises UnableToAcceptQuotation: as `fees.operations.accept` does.
    :raises UnableToBillFee: with code `holder_missing` or `account_closed`.
    """
    with acting(actor, reason="accept quotation"):
        quotation = fees.accept(
            actor=actor,
            quotation_id=quotation_id,
            mode=mode,
            instalment_count=instalment_count,
            accepted_at=accepted_at,
            accepted_date=accepted_date,
        )
        if mode is not BillingMode.AT_ONCE:
            return None
        (instalment_id,) = quotation.instalments.values_list("pk", flat=True)
        line = Line.objects.filter(instalment=instalment_id, mirrors=None).first()
        if line is not None:
            return line.invoice_id
        return _issue(
            account_id=quotation.account_id,
            instalment_id=instalment_id,
            description=f"{quotation.fee.name}, {quotation.code}",
            issue_date=accepted_date,
            due_date=accepted_date + datetime.timedelta(days=quotation.fee.due_days),
            posted_by=actor.name,
        )


def cancel_quotation(
    *,
    actor: Actor,
    quotation_id: int,
    reason: str,
    cancelled_at: datetime.datetime,
    cancelled_date: datetime.date,
) -> list[int]:
    """
    Cancel a quotation: what has not been billed never is, what has been is taken back by credit notes (BIL-06).

    returns  the credit notes, one for each invoice that had lines of it

    Cancelling it again returns the credit notes that it has. A draft that holds lines of it is outdated from now on.

    :raises UnableToPermit: if the actor may neither quote nor cancel fees; where an invoice is to be taken back, if
        not cancel fees of this amount.
    :raises UnableToCancelQuotation: with code `quotation_unknown` or `reason_missing`.
    """
    if not actor.may(Permission.FEE_CANCEL):
        actor.require(Permission.FEE_QUOTE)
    with acting(actor, reason=reason):
        quotation = fees.lock_quotation(quotation_id)
        if quotation is None:
            raise fees.UnableToCancelQuotation("quotation_unknown", _("There is no such quotation."))
        billed = Line.objects.filter(instalment__quotation=quotation, mirrors=None, invoice__number__isnull=False)
        if quotation.state == QuotationState.CANCELLED:
            mirrors = Line.objects.filter(instalment__quotation=quotation, mirrors__isnull=False)
            return sorted(set(mirrors.values_list("invoice_id", flat=True)))
        lines = list(billed.select_related("invoice__number", "charge").order_by("invoice_id", "id"))
        if lines:
            actor.require(Permission.FEE_CANCEL, amount_minor=sum(line.amount_minor for line in lines))
        fees.cancel(actor=actor, quotation=quotation, reason=reason, cancelled_at=cancelled_at)
        by_invoice: dict[int, list[Line]] = {}
        for line in lines:
            by_invoice.setdefault(line.invoice_id, []).append(line)
        return [_credit(lines, issue_date=cancelled_date, posted_by=actor.name) for lines in by_invoice.values()]


# On an invoice of its own


def _issue(
    *,
    account_id: int,
    instalment_id: int,
    description: str,
    issue_date: datetime.date,
    due_date: datetime.date,
    posted_by: str,
) -> int:
    """Write, number and post an invoice of one instalment; return it."""
    parts = fees_queries.list_billable_lines(instalment_ids=[instalment_id])
    account = agreements.get_account_card(actor=SYSTEM, account_id=account_id, today=issue_date)
    if account.closed_date is not None:
        raise UnableToBillFee("account_closed", _("The account is closed."))
    if account.holder is None:
        raise UnableToBillFee("holder_missing", _("Nobody holds the account."))
    party = parties.get_party_cards(party_ids=[account.holder.party_id])[account.holder.party_id]
    supplied = account.agreements[0].address if account.agreements else ""
    invoice = Invoice.objects.create(
        account_id=account_id,
        holder_id=party.party_id,
        holder_name=party.name,
        holder_tax_id=_tax_id(party),
        address=account.delivery_address or supplied or party.address,
        total_minor=sum(part.amount_minor for part in parts),
        tax_minor=sum(part.amount_minor for part in parts if part.is_tax),
    )
    Line.objects.bulk_create(
        Line(
            invoice=invoice,
            instalment_id=instalment_id,
            charge_id=part.charge_id,
            amount_minor=part.amount_minor,
            explanation=part.explanation,
        )
        for part in parts
    )
    _post(
        invoice,
        series=INVOICE_SERIES,
        due_date=due_date,
        issue_date=issue_date,
        posted_by=posted_by,
        description=description,
    )
    receivables.apply_credits(effective_date=issue_date, account_ids=[account_id])
    return invoice.pk


def _credit(lines: Sequence[Line], *, issue_date: datetime.date, posted_by: str) -> int:
    """Take lines of one invoice back by a credit note that mirrors them, and settle with it what is open of them."""
    original = lines[0].invoice
    code = original.number.code
    note = Invoice.objects.create(
        account_id=original.account_id,
        credits=original,
        holder_id=original.holder_id,
        holder_name=original.holder_name,
        holder_tax_id=original.holder_tax_id,
        address=original.address,
        total_minor=-sum(line.amount_minor for line in lines),
        tax_minor=-sum(line.amount_minor for line in lines if line.charge.is_tax),
    )
    Line.objects.bulk_create(
        Line(
            invoice=note,
            instalment_id=line.instalment_id,
            mirrors=line,
            charge_id=line.charge_id,
            amount_minor=-line.amount_minor,
            explanation={"credits": code},
        )
        for line in lines
    )
    numbering.open_range(code=CREDIT_NOTE_SERIES, prefix=CREDIT_NOTE_PREFIX)
    item_ids = _post(
        note,
        series=CREDIT_NOTE_SERIES,
        due_date=issue_date,
        issue_date=issue_date,
        posted_by=posted_by,
        description=code,
    )
    owed = receivables_queries.list_item_ids(kind=ItemKind.INVOICE, source_ids=[original.pk])[original.pk]
    receivables.settle(
        account_ids=[original.account_id], effective_date=issue_date, held_item_ids=item_ids, owed_item_ids=owed
    )
    receivables.apply_credits(effective_date=issue_date, account_ids=[original.account_id])
    return note.pk


def _post(
    invoice: Invoice,
    *,
    series: str,
    issue_date: datetime.date,
    due_date: datetime.date,
    posted_by: str,
    description: str,
) -> list[int]:
    """Post the journal, then take the number, then post an item for each rank; return the items."""
    by_route: Counter[str] = Counter()
    by_rank: Counter[int] = Counter()
    lines = invoice.lines.values_list("charge__route", "charge__rank", "amount_minor")
    for route, rank, amount_minor in lines:
        by_route[route] += amount_minor
        by_rank[rank] += amount_minor
    ledger.post_journal(
        source_kind=SOURCE_KIND,
        source_id=invoice.pk,
        effective_date=issue_date,
        description=description,
        postings=[
            Posting.of_balance(route="receivable", balance_minor=invoice.total_minor),
            *(Posting.of_balance(route=route, balance_minor=-amount) for route, amount in sorted(by_route.items())),
        ],
        posted_by=posted_by,
    )
    (block,) = numbering.take_numbers(code=series, count=1, on_date=issue_date)
    code = block.code_of(block.first_number)
    InvoiceNumber.objects.create(
        invoice=invoice,
        series_id=block.series_id,
        number=block.first_number,
        code=code,
        issue_date=issue_date,
        due_date=due_date,
    )
    return receivables.post_items(
        items=[
            NewItem(
                account_id=invoice.account_id,
                side=ItemSide.OWED if amount_minor > 0 else ItemSide.HELD,
                kind=ItemKind.INVOICE,
                source_id=invoice.pk,
                document_code=code,
                rank=rank,
                amount_minor=abs(amount_minor),
                effective_date=issue_date,
                due_date=due_date,
            )
            for rank, amount_minor in sorted(by_rank.items())
            if amount_minor
        ]
    )


def _tax_id(party: parties.PartyCard) -> str:
    """Return the number that invoices show: the tax number, else the first one."""
    numbers = sorted(party.identifiers, key=lambda number: number.kind != "TAX")
    return numbers[0].value if numbers else ""


# On the next invoices of the account

# The lowest instalment that no invoice has taken; no more than one of a quotation in a period, whatever its runs.
_DUE = """
    SELECT DISTINCT ON (quotation.id) quotation.account_id, instalment.id, instalment.position,
           quotation.instalment_count
    FROM fees_quotation quotation
    JOIN fees_instalment instalment ON instalment.quotation_id = quotation.id
    WHERE quotation.state = 'ACCEPTED' AND quotation.mode = 'NEXT_INVOICE'
      AND quotation.accepted_date <= %(issue_date)s AND {accounts}
      AND NOT EXISTS (SELECT FROM billing_line taken WHERE taken.instalment_id = instalment.id)
      AND NOT EXISTS (
          SELECT FROM fees_instalment other
          JOIN billing_line line ON line.instalment_id = other.id
          JOIN billing_invoice invoice ON invoice.id = line.invoice_id
          JOIN billing_billingrun run ON run.id = invoice.run_id
          WHERE other.quotation_id = quotation.id AND run.period_id = %(period_id)s)
    ORDER BY quotation.id, instalment.position
"""
_DUE_COLUMNS = {"account_id": pl.Int64, "instalment_id": pl.Int64, "position": pl.Int64, "count": pl.Int64}


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFees:
    """
    What the invoices of some accounts have to take.

    lines  account_id, instalment_id, charge_id, amount_minor, tax_minor, explanation; one row a line, in order
    """

    lines: pl.DataFrame

    def sums(self) -> pl.DataFrame:
        """Return what each account is charged: account_id, fees_minor, fees_tax_minor."""
        return self.lines.group_by("account_id").agg(
            fees_minor=pl.col("amount_minor").sum(), fees_tax_minor=pl.col("tax_minor").sum()
        )


@in_transaction
def load_due(*, run: BillingRun, accounts: AccountRange | Sequence[int]) -> DueFees:
    """Return the instalments that the next invoices of accounts take, as lines."""
    if isinstance(accounts, AccountRange):
        condition = "quotation.account_id >= %(first_id)s AND quotation.account_id < %(end_id)s"
        chosen: dict[str, object] = {"first_id": accounts.first_id, "end_id": accounts.end_id}
    else:
        condition, chosen = "quotation.account_id = ANY(%(account_ids)s)", {"account_ids": list(accounts)}
    parameters = {"issue_date": run.period.issue_date, "period_id": run.period_id, **chosen}
    due = read_columns(_DUE.format(accounts=condition), parameters, schema=_DUE_COLUMNS)
    parts = fees_queries.list_billable_lines(instalment_ids=due["instalment_id"].to_list())
    account_of = dict(zip(due["instalment_id"].to_list(), due["account_id"].to_list(), strict=True))
    return DueFees(
        lines=pl.DataFrame(
            {
                "account_id": [account_of[part.instalment_id] for part in parts],
                "instalment_id": [part.instalment_id for part in parts],
                "charge_id": [part.charge_id for part in parts],
                "amount_minor": [part.amount_minor for part in parts],
                "tax_minor": [part.amount_minor if part.is_tax else 0 for part in parts],
                "explanation": [json.dumps(part.explanation, ensure_ascii=False) for part in parts],
            },
            schema={
                "account_id": pl.Int64,
                "instalment_id": pl.Int64,
                "charge_id": pl.Int64,
                "amount_minor": pl.Int64,
                "tax_minor": pl.Int64,
                "explanation": pl.String,
            },
        ).sort("account_id", "instalment_id", maintain_order=True)
    )


def sum_agreed(*, run: BillingRun) -> int:
    """Sum what the quotations say of the instalments that a run has taken, without looking at its lines' amounts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(instalment.amount_minor), 0)::bigint FROM fees_instalment instalment"
            " JOIN fees_quotation quotation ON quotation.id = instalment.quotation_id"
            " WHERE quotation.state = 'ACCEPTED' AND instalment.id IN (SELECT line.instalment_id FROM billing_line line"
            " JOIN billing_invoice invoice ON invoice.id = line.invoice_id"
            " WHERE invoice.run_id = %s AND line.instalment_id IS NOT NULL)",
            [run.pk],
        )
        return int(cursor.fetchone()[0])


@in_transaction
def share_quotations(*, run: BillingRun) -> None:
    """Keep the quotations that a run bills from being cancelled until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quotation.id FROM fees_quotation quotation WHERE quotation.id IN ("
            " SELECT instalment.quotation_id FROM billing_invoice invoice"
            " JOIN billing_line line ON line.invoice_id = invoice.id"
            " JOIN fees_instalment instalment ON instalment.id = line.instalment_id WHERE invoice.run_id = %s)"
            " ORDER BY quotation.id FOR SHARE OF quotation",
            [run.pk],
        )
