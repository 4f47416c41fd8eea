"""Give a discount on debts once, at the desk or the till, and take it back by its mirror."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext as _

from hydria.concessions import queries
from hydria.concessions._using import lock_standings
from hydria.concessions.domain.discounts import discount_minor
from hydria.concessions.domain.kinds import ROUTE, UseKind
from hydria.concessions.models import Discount, Program, Use
from hydria.kernel.errors import UnableTo
from hydria.ledger.domain.journals import Posting
from hydria.ledger.operations import post_journal
from hydria.platform import numbering
from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.platform.transactions import acting
from hydria.receivables import operations as receivables
from hydria.receivables import queries as receivables_queries
from hydria.receivables.domain.items import ItemKind, ItemSide

SERIES, PREFIX = "discount", "D-"
_REVERSAL_KEYS = "reversal:"


class UnableToDiscount(UnableTo):
    """The discount cannot be given or taken back."""


def give_discount(
    *,
    actor: Actor,
    account_id: int,
    program_code: str,
    item_ids: Sequence[int],
    amount_minor: int | None,
    reason: str,
    key: str,
    given_at: datetime.datetime,
    effective_date: datetime.date,
) -> Discount:
    """
    Take an amount off chosen debts of an account once: an item held for the customer settles them, a journal posts it.

    Repeating the request under its key gives the discount that it made.

    item_ids      one debt or more, all of this account and open
    amount_minor  None takes the program's percentage of what is open of them
    key           1 to 100 characters, made by the caller for this one discount; ours begin with `reversal:`

    Guarantee: given when this returns, once, or not at all; the fund that pays is never overdrawn.

    :raises UnableToPermit: if the actor may not give discounts, or not of this amount.
    :raises UnableToDiscount: with code `key_missing`, `key_reused`, `reason_missing`, `program_unknown`,
        `program_not_in_force`, `not_for_the_till`, `account_unknown`, `item_unknown`, `items_settled`,
        `rank_not_meant`, `amount_missing`, `amount_above_debt`, `amount_above_percentage`, `amount_above_limit` or
        `fund_exhausted`.
    Source: TAR-07; docs/safety/locking.md, docs/safety/idempotency.md.
    """
    actor.require(Permission.CONCESSION_DISCOUNT)
    if not 0 < len(key) <= 100 or key.startswith(_REVERSAL_KEYS):
        raise UnableToDiscount("key_missing", _("A discount needs a key of 1 to 100 characters."))
    if not reason.strip():
        raise UnableToDiscount("reason_missing", _("Say why the discount is given."))
    with acting(actor, reason=reason):
        _lock_key(key)
        asked = {"account_id": account_id, "program__code": program_code, "item_ids": sorted(item_ids)}
        if Discount.objects.filter(key=key).exists():
            known = Discount.objects.filter(key=key, **asked).first()
            if known is None or (amount_minor is not None and known.amount_minor != amount_minor):
                raise UnableToDiscount("key_reused", _("This request was used for another discount."))
            return known
        program = _find_program(program_code, effective_date)
        funds = lock_standings(program_codes=[program.code], on_date=effective_date)
        if not receivables.lock_accounts(account_ids=[account_id]):
            raise UnableToDiscount("account_unknown", _("There is no such account."), account_id=account_id)
        open_minor = _open_minor(program, account_id, item_ids, effective_date)
        amount_minor = _judge_amount(actor, program, amount_minor, open_minor)
        if funds and amount_minor > funds[0].left_minor:
            raise UnableToDiscount("fund_exhausted", _("The fund that pays for it does not have that much left."))
        return _post(
            Discount(
                key=key,
                account_id=account_id,
                program=program,
                amount_minor=amount_minor,
                item_ids=sorted(item_ids),
                effective_date=effective_date,
                reason=reason,
                given_by=actor.name,
                given_at=given_at,
            )
        )


def reverse_discount(
    *, actor: Actor, discount_id: int, reason: str, reversed_at: datetime.datetime, effective_date: datetime.date
) -> Discount:
    """
    Take a discount back by its mirror: what it settled is owed again, its journal is undone, its fund gets it back.

    Taking it back again gives the mirror that it has.

    :raises UnableToPermit: if the actor may not give discounts, or not of this amount.
    :raises UnableToDiscount: with code `reason_missing` or `is_a_reversal`.
    :raises Discount.DoesNotExist: if there is no such discount.
    """
    actor.require(Permission.CONCESSION_DISCOUNT)
    given = Discount.objects.select_related("program").get(pk=discount_id)
    actor.require(Permission.CONCESSION_DISCOUNT, amount_minor=given.amount_minor)
    if not reason.strip():
        raise UnableToDiscount("reason_missing", _("Say why the discount is taken back."))
    if given.reverses_id is not None:
        raise UnableToDiscount("is_a_reversal", _("What was taken back is not taken back again; give a new one."))
    key = f"{_REVERSAL_KEYS}{discount_id}"
    with acting(actor, reason=reason):
        _lock_key(key)
        if mirror := Discount.objects.filter(reverses=discount_id).first():
            return mirror
        lock_standings(program_codes=[given.program.code], on_date=given.effective_date)
        receivables.lock_accounts(account_ids=[given.account_id])
        return _post(
            Discount(
                key=key,
                account_id=given.account_id,
                program=given.program,
                amount_minor=given.amount_minor,
                item_ids=given.item_ids,
                effective_date=effective_date,
                reason=reason,
                given_by=actor.name,
                given_at=reversed_at,
                reverses=given,
            )
        )


def _lock_key(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"discount:{key}"])


def _find_program(code: str, on_date: datetime.date) -> Program:
    program = Program.objects.filter(code=code).first()
    if program is None:
        raise UnableToDiscount("program_unknown", _("There is no such program."), program=code)
    if on_date not in program.valid_during:
        raise UnableToDiscount("program_not_in_force", _("The program does not hold on this day."))
    return program


def _open_minor(program: Program, account_id: int, item_ids: Sequence[int], today: datetime.date) -> int:
    """Return what is open of the chosen debts, or refuse one that the program is not for."""
    standing = receivables_queries.get_open_amounts(account_id=account_id, item_ids=item_ids)
    if not item_ids or set(item_ids) - set(standing):
        raise UnableToDiscount("item_unknown", _("Choose debts of this account."))
    if any(item.open_minor == 0 for item in standing.values()):
        raise UnableToDiscount("items_settled", _("One of the debts is settled already. Look at the account again."))
    if program.ranks:
        open_items = receivables_queries.list_open_items(account_id=account_id, today=today)
        ranks = {item.item_id: item.rank for item in open_items}
        if any(ranks[item_id] not in program.ranks for item_id in item_ids):
            raise UnableToDiscount("rank_not_meant", _("The program is not for all of the chosen debts."))
    return sum(item.open_minor for item in standing.values())


def _judge_amount(actor: Actor, program: Program, amount_minor: int | None, open_minor: int) -> int:
    """Return the amount, or refuse one that exceeds the debts, the program's percentage or the actor's limit."""
    _months_max, limit_minor = queries.limits_of(actor=actor, program=program)
    if limit_minor == 0:
        raise UnableToDiscount("not_for_the_till", _("You may not give this program as a discount."))
    if program.percent_milli is not None:
        most_minor = discount_minor(open_minor=open_minor, percent_milli=program.percent_milli)
        amount_minor = most_minor if amount_minor is None else amount_minor
        if amount_minor > most_minor:
            raise UnableToDiscount("amount_above_percentage", _("The program does not give that much of these debts."))
    if not amount_minor or amount_minor < 0:
        raise UnableToDiscount("amount_missing", _("Say how much is taken off."))
    if amount_minor > open_minor:
        raise UnableToDiscount("amount_above_debt", _("That is more than the chosen debts."))
    actor.require(Permission.CONCESSION_DISCOUNT, amount_minor=amount_minor)
    if actor is not SYSTEM and amount_minor > limit_minor:
        raise UnableToDiscount("amount_above_limit", _("That is above your limit for this program."))
    return amount_minor


def _post(discount: Discount) -> Discount:
    """Give a discount or its mirror its number; post its item, what that settles, its journal and its use."""
    given = discount.reverses
    discount.code = numbering.take_free_code(
        code=SERIES,
        prefix=PREFIX,
        on_date=discount.effective_date,
        is_taken=lambda code: Discount.objects.filter(code=code).exists(),
    )
    discount.save(force_insert=True)
    (item_id,) = receivables.post_items(
        items=[
            receivables.NewItem(
                account_id=discount.account_id,
                side=ItemSide.OWED if given else ItemSide.HELD,
                kind=ItemKind.DISCOUNT_REVERSAL if given else ItemKind.DISCOUNT,
                source_id=discount.pk,
                document_code=discount.code,
                amount_minor=discount.amount_minor,
                effective_date=discount.effective_date,
                due_date=discount.effective_date,
            )
        ]
    )
    held_ids, owed_ids = [item_id], discount.item_ids
    if given:
        held_ids, owed_ids = _held_item_ids(given), [item_id]
        receivables.reverse_settlements(held_item_id=held_ids[0], effective_date=discount.effective_date)
    receivables.settle(
        account_ids=[discount.account_id],
        effective_date=discount.effective_date,
        held_item_ids=held_ids,
        owed_item_ids=owed_ids,
    )
    _post_journal(discount)
    amount_minor = -discount.amount_minor if given else discount.amount_minor
    Use.objects.create(
        source_kind=UseKind.DISCOUNT,
        source_id=discount.pk,
        program=discount.program,
        fund_id=discount.program.fund_id,
        on_date=given.effective_date if given else discount.effective_date,
        amount_minor=amount_minor,
    )
    return discount


def _held_item_ids(given: Discount) -> list[int]:
    return receivables_queries.list_item_ids(kind=ItemKind.DISCOUNT, source_ids=[given.pk])[given.pk]


def _post_journal(discount: Discount) -> None:
    postings = [
        Posting(route=f"{ROUTE}.{discount.program.code}", debit_minor=discount.amount_minor),
        Posting(route="receivable", credit_minor=discount.amount_minor),
    ]
    post_journal(
        source_kind="discount_reversal" if discount.reverses_id else "discount",
        source_id=discount.pk,
        effective_date=discount.effective_date,
        description=discount.code,
        postings=[posting.mirror() for posting in postings] if discount.reverses_id else postings,
        posted_by=discount.given_by,
    )
