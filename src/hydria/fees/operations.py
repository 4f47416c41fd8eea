"""
Writes of fees: the list of fees, quotations, and the moves that billing makes with them.

`accept` and `cancel` run inside billing's transaction, because a quotation that is accepted or cancelled takes its
invoice or its credit note with it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from hydria.agreements import queries as agreements
from hydria.fees import _pricing
from hydria.fees.domain.instalments import split_lines
from hydria.fees.domain.states import BillingMode, QuotationState
from hydria.fees.models import Fee, Instalment, Quotation, QuotedLine
from hydria.kernel.errors import UnableTo
from hydria.platform import numbering
from hydria.platform.access import Actor, Permission
from hydria.platform.audit import record_move
from hydria.platform.transactions import acting, in_transaction
from hydria.tariffs.documents.findings import fault_text

OBJECT_KIND = "quotation"
SERIES, PREFIX = "quotation", "Q-"
QUANTITY_MILLI_MAX = 10**12


class UnableToSaveFee(UnableTo):
    """The fee cannot be kept so."""


class UnableToQuote(UnableTo):
    """The fee cannot be quoted as asked."""


class UnableToAcceptQuotation(UnableTo):
    """The quotation cannot be accepted."""


class UnableToCancelQuotation(UnableTo):
    """The quotation cannot be cancelled."""


def save_fee(
    *,
    actor: Actor,
    code: str,
    name: str,
    tariff_code: str,
    today: datetime.date,
    valid_days: int = 30,
    due_days: int = 0,
    instalments_max: int = 1,
    is_active: bool = True,
) -> Fee:
    """
    Put a fee on the list, or change it; what has been quoted stays as it was quoted.

    :raises UnableToPermit: if the actor may not manage fees.
    :raises UnableToSaveFee: with code `name_missing`, `tariff_unpublished` or `instalments_out_of_range`.
    """
    actor.require(Permission.FEE_MANAGE)
    if not name.strip():
        raise UnableToSaveFee("name_missing", _("Give the fee a name."))
    if _pricing.find_version(tariff_code=tariff_code, on_date=today) is None:
        raise UnableToSaveFee(
            "tariff_unpublished", _("No version of this tariff is in force today."), tariff=tariff_code
        )
    if not 1 <= instalments_max <= 60 or valid_days < 1:
        raise UnableToSaveFee("instalments_out_of_range", _("A fee is paid in 1 to 60 instalments, and holds a day."))
    given = {
        "name": name.strip(),
        "tariff_code": tariff_code,
        "valid_days": valid_days,
        "due_days": due_days,
        "instalments_max": instalments_max,
        "is_active": is_active,
    }
    with acting(actor, reason="save fee"):
        fee, _created = Fee.objects.update_or_create(code=code, defaults=given)
    return fee


def quote(
    *,
    actor: Actor,
    key: str,
    account_id: int,
    fee_code: str,
    quoted_at: datetime.datetime,
    quoted_date: datetime.date,
    quantity_milli: int = 1000,
    inputs: Mapping[str, Any] | None = None,
    note: str = "",
) -> Quotation:
    """
    Work out what a fee costs an account at the prices of a day, and keep it (BIL-13).

    key             made by the caller for this one quotation; sent again it returns the same
    quantity_milli  thousandths of the tariff's unit, for texts that ask for `usage`
    inputs          the other inputs of the text by name; `fee` is the code of the fee

    Guarantee: whatever prices become, this quotation keeps its own until the day it no longer holds.

    :raises UnableToPermit: if the actor may not quote.
    :raises UnableToQuote: with code `key_missing`, `key_reused`, `fee_unknown`, `quantity_out_of_range`,
        `account_unknown`, `tariff_unpublished`, `cannot_be_priced` or `nothing_to_pay`.
    """
    actor.require(Permission.FEE_QUOTE)
    if not 0 < len(key) <= 64:
        raise UnableToQuote("key_missing", _("A quotation needs a key of 1 to 64 characters."))
    if not 0 < quantity_milli <= QUANTITY_MILLI_MAX:
        raise UnableToQuote("quantity_out_of_range", _("Say how much or how many, above zero."))
    with acting(actor, reason=note or "quote"):
        _lock_key(key)
        known = Quotation.objects.select_related("fee").filter(key=key).first()
        if known is not None:
            if (known.account_id, known.fee.code, known.quantity_milli) != (account_id, fee_code, quantity_milli):
                raise UnableToQuote("key_reused", _("This request was used for another quotation."))
            return known
        fee = Fee.objects.filter(code=fee_code, is_active=True).first()
        if fee is None:
            raise UnableToQuote("fee_unknown", _("There is no such fee."), fee=fee_code)
        if not agreements.has_account(account_id=account_id):
            raise UnableToQuote("account_unknown", _("There is no such account."), account_id=account_id)
        given = {**(inputs or {}), "fee": fee.code}
        version_id, priced = _price(fee, on_date=quoted_date, quantity_milli=quantity_milli, inputs=given)
        quotation = Quotation.objects.create(
            key=key,
            code=_next_code(quoted_date),
            account_id=account_id,
            fee=fee,
            tariff_version_id=version_id,
            quoted_date=quoted_date,
            until_date=quoted_date + datetime.timedelta(days=fee.valid_days),
            quantity_milli=quantity_milli,
            inputs=given,
            note=note,
            total_minor=priced.total_minor,
            tax_minor=priced.tax_minor,
            quoted_by=actor.name,
            quoted_at=quoted_at,
        )
        _write_lines(quotation, priced)
        _record(quotation, "", actor=actor, at=quoted_at)
    return quotation


def _price(
    fee: Fee, *, on_date: datetime.date, quantity_milli: int, inputs: Mapping[str, Any]
) -> tuple[int, _pricing.PricedFee]:
    """Return the version in force and what the fee comes to by it, or refuse."""
    version = _pricing.find_version(tariff_code=fee.tariff_code, on_date=on_date)
    if version is None:
        raise UnableToQuote("tariff_unpublished", _("The fee has no price on this day."), tariff=fee.tariff_code)
    priced = _pricing.price_fee(version, on_date=on_date, quantity_milli=quantity_milli, inputs=inputs)
    if priced.fault is not None:
        raise UnableToQuote("cannot_be_priced", fault_text(priced.fault), fault=priced.fault.code)
    if priced.total_minor <= 0:
        raise UnableToQuote("nothing_to_pay", _("The fee comes to nothing; there is nothing to quote."))
    return version.id, priced


def _write_lines(quotation: Quotation, priced: _pricing.PricedFee) -> None:
    QuotedLine.objects.bulk_create(
        QuotedLine(
            quotation=quotation,
            charge_id=line.charge.id,
            amount_minor=line.amount_minor,
            explanation=line.explanation,
        )
        for line in priced.lines
    )


@in_transaction
def accept(
    *,
    actor: Actor,
    quotation_id: int,
    mode: BillingMode,
    instalment_count: int,
    accepted_at: datetime.datetime,
    accepted_date: datetime.date,
) -> Quotation:
    """
    Accept a quotation with how it is billed, and split it into its instalments; the row stays locked.

    Accepting it again in the same way changes nothing.

    :raises UnableToPermit: if the actor may not quote.
    :raises UnableToAcceptQuotation: with code `quotation_unknown`, `accepted_differently`, `cancelled`, `expired` or
        `instalments_out_of_range`.
    """
    actor.require(Permission.FEE_QUOTE)
    quotation = lock_quotation(quotation_id)
    if quotation is None:
        raise UnableToAcceptQuotation("quotation_unknown", _("There is no such quotation."))
    if quotation.state == QuotationState.ACCEPTED:
        if (quotation.mode, quotation.instalment_count) != (mode, instalment_count):
            raise UnableToAcceptQuotation("accepted_differently", _("It has been accepted already, in another way."))
        return quotation
    if quotation.state == QuotationState.CANCELLED:
        raise UnableToAcceptQuotation("cancelled", _("The quotation is cancelled; quote anew."))
    if accepted_date >= quotation.until_date:
        raise UnableToAcceptQuotation("expired", _("The quotation no longer holds; quote anew."))
    count_max = quotation.fee.instalments_max if mode is BillingMode.NEXT_INVOICE else 1
    if not 1 <= instalment_count <= count_max:
        raise UnableToAcceptQuotation(
            "instalments_out_of_range",
            _("This fee is paid in %d instalments at most.") % count_max,
            instalments_max=count_max,
        )
    lines_minor = list(quotation.lines.order_by("id").values_list("amount_minor", flat=True))
    Instalment.objects.bulk_create(
        Instalment(quotation=quotation, position=position, amount_minor=sum(parts))
        for position, parts in enumerate(split_lines(lines_minor=lines_minor, count=instalment_count), start=1)
    )
    quotation.mode, quotation.instalment_count, quotation.accepted_date = mode, instalment_count, accepted_date
    _move(quotation, QuotationState.ACCEPTED, actor=actor, at=accepted_at)
    return quotation


@in_transaction
def cancel(*, actor: Actor, quotation: Quotation, reason: str, cancelled_at: datetime.datetime) -> None:
    """
    Cancel a quotation that its caller holds locked; what an invoice has billed of it is the caller's to take back.

    :raises UnableToCancelQuotation: with code `reason_missing`.
    """
    if not reason.strip():
        raise UnableToCancelQuotation("reason_missing", _("Say why the fee is cancelled."))
    _move(quotation, QuotationState.CANCELLED, actor=actor, at=cancelled_at, reason=reason)


@in_transaction
def lock_quotation(quotation_id: int) -> Quotation | None:
    """Return a quotation with its fee, locked until the transaction ends; None where there is no such one."""
    return Quotation.objects.select_for_update(of=("self",)).select_related("fee").filter(pk=quotation_id).first()


def _move(
    quotation: Quotation, to_state: QuotationState, *, actor: Actor, at: datetime.datetime, reason: str = ""
) -> None:
    from_state = quotation.state
    quotation.set_state(to_state)
    quotation.save(update_fields=["state", "mode", "instalment_count", "accepted_date"])
    _record(quotation, from_state, actor=actor, at=at, reason=reason)


def _record(quotation: Quotation, from_state: str, *, actor: Actor, at: datetime.datetime, reason: str = "") -> None:
    record_move(
        object_kind=OBJECT_KIND,
        object_id=quotation.pk,
        from_state=from_state,
        to_state=quotation.state,
        actor=actor,
        at=at,
        reason=reason,
    )


def _next_code(on_date: datetime.date) -> str:
    return numbering.take_free_code(
        code=SERIES,
        prefix=PREFIX,
        on_date=on_date,
        is_taken=lambda code: Quotation.objects.filter(code=code).exists(),
    )


def _lock_key(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"quotation:{key}"])
