"""Reads of fees: the list, quotations with how they came about, and what an invoice has to take of them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language

from hydria.fees import _pricing
from hydria.fees.domain.instalments import split_lines
from hydria.fees.domain.states import QuotationState
from hydria.fees.models import MODE_LABELS, Fee, Instalment, Quotation, QuotationStateWord
from hydria.platform.access import Actor, Permission
from hydria.tariffs import queries as tariffs
from hydria.tariffs.domain.form import Input
from hydria.tariffs.queries import VersionCard


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeCard:
    """A fee of the list."""

    code: str
    name: str
    tariff_code: str
    valid_days: int
    due_days: int
    instalments_max: int
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedInput:
    """Something that the price of a fee depends on; `values` are the words to choose from, empty for a number."""

    name: str
    label: str
    values: tuple[str, ...]
    unit: str
    default: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedLineCard:
    """One charge of a quotation, with what explains it."""

    charge_id: int
    name: str
    is_tax: bool
    amount_minor: int
    source: str
    told: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentCard:
    """What one invoice takes of a quotation."""

    instalment_id: int
    position: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotationCard:
    """A quotation with its lines and instalments; `expires_date` is the last day on which it holds."""

    quotation_id: int
    code: str
    account_id: int
    account_number: str
    fee_code: str
    fee_name: str
    instalments_max: int
    due_days: int
    tariff_code: str
    quoted_date: datetime.date
    until_date: datetime.date
    quantity_milli: int
    inputs: tuple[tuple[str, str], ...]
    note: str
    total_minor: int
    tax_minor: int
    state: QuotationState
    mode: str
    instalment_count: int
    accepted_date: datetime.date | None
    quoted_by: str
    quoted_at: datetime.datetime
    lines: tuple[QuotedLineCard, ...]
    instalments: tuple[InstalmentCard, ...]
    names_by_label: dict[str, str]

    @property
    def state_label(self) -> str:
        """Return the state in words."""
        return str(QuotationStateWord(self.state).label)

    @property
    def mode_label(self) -> str:
        """Return in words how it is billed; empty before it is accepted."""
        return str(MODE_LABELS.get(self.mode, ""))

    @property
    def expires_date(self) -> datetime.date:
        """Return the last day on which it can be accepted."""
        return self.until_date - datetime.timedelta(days=1)

    def is_open(self, today: datetime.date) -> bool:
        """Tell whether it can still be accepted."""
        return self.state is QuotationState.QUOTED and today < self.until_date


def list_fees() -> QuerySet[Fee]:
    """Return every fee of the list."""
    return Fee.objects.all()


def list_fee_cards() -> list[FeeCard]:
    """Return the fees in use, by name."""
    return [get_fee_card(fee) for fee in Fee.objects.filter(is_active=True).order_by("name")]


def get_fee_card(fee: Fee) -> FeeCard:
    """Return a fee for a page."""
    return FeeCard(
        code=fee.code,
        name=fee.name,
        tariff_code=fee.tariff_code,
        valid_days=fee.valid_days,
        due_days=fee.due_days,
        instalments_max=fee.instalments_max,
        is_active=fee.is_active,
    )


def list_asked_inputs(*, fee_code: str, on_date: datetime.date) -> list[AskedInput] | None:
    """
    Return what the price of a fee depends on, besides the fee itself; None where it has no price on the day.

    An input is left out when it changes nothing while the others are as by default: a price list asks for the length
    of a branch, a certificate does not.
    """
    fee = Fee.objects.filter(code=fee_code, is_active=True).first()
    version = fee and _pricing.find_version(tariff_code=fee.tariff_code, on_date=on_date)
    if version is None:
        return None
    language = (get_language() or "en").split("-")[0]
    return [
        AskedInput(
            name=declared.name,
            label=declared.text.get(language) or declared.text.get("en") or declared.name,
            values=declared.values,
            unit=declared.unit,
            default=declared.default or "",
        )
        for declared in version.compiled.inputs
        if declared.name != "fee" and _matters(version, declared, fee_code=fee_code, on_date=on_date)
    ]


def _matters(version: VersionCard, declared: Input, *, fee_code: str, on_date: datetime.date) -> bool:
    """Tell whether an input changes what a fee comes to, or whether it comes to anything."""
    if declared.name == "usage":
        tries: list[tuple[int, dict[str, str]]] = [(1_000, {}), (2_000, {})]
    else:
        tries = [(1_000, {declared.name: value}) for value in declared.values]
    prices = [
        _pricing.price_fee(version, on_date=on_date, quantity_milli=quantity, inputs={"fee": fee_code, **inputs})
        for quantity, inputs in tries
    ]
    return not prices or any(priced.fault for priced in prices) or len({priced.total_minor for priced in prices}) > 1


def list_quotations(*, actor: Actor) -> QuerySet[Quotation]:
    """
    Return the quotations of all accounts.

    :raises UnableToPermit: if the actor may not see invoices.
    """
    actor.require(Permission.BILLING_VIEW)
    return Quotation.objects.select_related("account", "fee")


def list_cards_of_account(*, actor: Actor, account_id: int, count_max: int) -> list[QuotationCard]:
    """
    Return the last quotations of an account, newest first.

    :raises UnableToPermit: if the actor may not see invoices.
    """
    found = list_quotations(actor=actor).filter(account=account_id).order_by("-quoted_at", "-id")[:count_max]
    return [_card(quotation) for quotation in found]


def has_quotation(*, quotation_id: int) -> bool:
    """Tell whether there is such a quotation."""
    return Quotation.objects.filter(pk=quotation_id).exists()


def get_quotation_card(*, actor: Actor, quotation_id: int) -> QuotationCard:
    """
    Return a quotation for its page.

    :raises UnableToPermit: if the actor may not see invoices.
    :raises Quotation.DoesNotExist: if there is no such quotation.
    """
    return _card(list_quotations(actor=actor).get(pk=quotation_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class BillableLine:
    """What one invoice takes of one charge; `explanation` as lines of invoices store it."""

    instalment_id: int
    charge_id: int
    is_tax: bool
    amount_minor: int
    explanation: dict[str, Any]


def list_billable_lines(*, instalment_ids: Iterable[int]) -> list[BillableLine]:
    """
    Return what instalments take of each charge, in the order of instalments and charges; nothing is not a line.

    An instalment that is one of several says so in its explanation: its position, their number, and the whole.
    """
    wanted = Instalment.objects.filter(pk__in=list(instalment_ids)).select_related("quotation").order_by("id")
    found = []
    for instalment in wanted.prefetch_related("quotation__lines__charge"):
        quotation, count = instalment.quotation, instalment.quotation.instalment_count
        lines = sorted(quotation.lines.all(), key=lambda line: line.pk)
        parts = split_lines(lines_minor=[line.amount_minor for line in lines], count=count)
        for line, amount_minor in zip(lines, parts[instalment.position - 1], strict=True):
            part = {"position": instalment.position, "count": count, "whole_minor": line.amount_minor}
            if amount_minor:
                found.append(
                    BillableLine(
                        instalment_id=instalment.pk,
                        charge_id=line.charge_id,
                        is_tax=line.charge.is_tax,
                        amount_minor=amount_minor,
                        explanation=line.explanation | ({"part": part} if count > 1 else {}),
                    )
                )
    return found


def replays(*, quotation_id: int) -> bool:
    """Tell whether the text and the stored inputs give the stored lines again (I8)."""
    quotation = Quotation.objects.get(pk=quotation_id)
    priced = _pricing.price_fee(
        tariffs.get_version(version_id=quotation.tariff_version_id),
        on_date=quotation.quoted_date,
        quantity_milli=quotation.quantity_milli,
        inputs=quotation.inputs,
    )
    stored = set(quotation.lines.values_list("charge_id", "amount_minor"))
    return {(line.charge.id, line.amount_minor) for line in priced.lines} == stored


def _card(quotation: Quotation) -> QuotationCard:
    version = tariffs.get_version(version_id=quotation.tariff_version_id)
    language = (get_language() or "en").split("-")[0]
    charges = {charge.id: charge for charge in version.charges}
    return QuotationCard(
        quotation_id=quotation.pk,
        code=quotation.code,
        account_id=quotation.account_id,
        account_number=quotation.account.number,
        fee_code=quotation.fee.code,
        fee_name=quotation.fee.name,
        instalments_max=quotation.fee.instalments_max,
        due_days=quotation.fee.due_days,
        tariff_code=version.code,
        quoted_date=quotation.quoted_date,
        until_date=quotation.until_date,
        quantity_milli=quotation.quantity_milli,
        inputs=tuple((name, str(value)) for name, value in quotation.inputs.items() if name != "fee"),
        note=quotation.note,
        total_minor=quotation.total_minor,
        tax_minor=quotation.tax_minor,
        state=QuotationState(quotation.state),
        mode=quotation.mode,
        instalment_count=quotation.instalment_count,
        accepted_date=quotation.accepted_date,
        quoted_by=quotation.quoted_by,
        quoted_at=quotation.quoted_at,
        lines=tuple(
            QuotedLineCard(
                charge_id=line.charge_id,
                name=charges[line.charge_id].name_in(language),
                is_tax=charges[line.charge_id].is_tax,
                amount_minor=line.amount_minor,
                source=charges[line.charge_id].source or version.compiled.form.source,
                told=line.explanation,
            )
            for line in quotation.lines.order_by("id")
        ),
        instalments=tuple(
            InstalmentCard(
                instalment_id=instalment.pk, position=instalment.position, amount_minor=instalment.amount_minor
            )
            for instalment in quotation.instalments.order_by("position")
        ),
        names_by_label={charge.label: charge.name_in(language) for charge in version.charges},
    )
