"""Reads of accounts and service agreements."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import DateField, Func, OuterRef, Q, QuerySet, Subquery

from hydria.agreements.models import (
    Account,
    AccountParty,
    AccountRole,
    AgreementTerms,
    BillingExclusion,
    Exemption,
    ServiceAgreement,
    Suspension,
)
from hydria.platform.access import Actor, Permission

_DIGITS_MAX = 12
"""More than the numbers of accounts are padded to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """An account in one line, as search results and pickers show it."""

    account_id: int
    number: str
    holder_name: str
    address: str
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPartyCard:
    """A party's role on an account."""

    party_id: int
    name: str
    role: str
    role_label: str
    start_date: datetime.date
    end_date: datetime.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementCard:
    """A service agreement with its place and the terms in force; `end_date` is the day after the last of supply."""

    agreement_id: int
    number: str
    service: str
    unit: str
    service_point_id: int
    point_number: str
    address: str
    route: str
    is_metered: bool
    is_disconnectable: bool
    start_date: datetime.date
    end_date: datetime.date | None
    is_active: bool
    tariff_code: str
    category: str
    category_code: str
    exemptions: tuple[str, ...]
    exclusion_reason: str
    suspension_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCard:
    """An account with its people and its agreements, newest first."""

    account_id: int
    number: str
    delivery_label: str
    delivery_address: str
    opened_date: datetime.date
    closed_date: datetime.date | None
    parties: tuple[AccountPartyCard, ...]
    agreements: tuple[AgreementCard, ...]

    @property
    def holder(self) -> AccountPartyCard | None:
        """Return the party that holds the account now."""
        return next((party for party in self.parties if party.role == AccountRole.HOLDER and not party.end_date), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionCard:
    """A tax or charge that an agreement does not owe; `end_date` is the day after the last."""

    exemption_id: int
    code: str
    evidence: str
    start_date: datetime.date
    end_date: datetime.date | None


def access_account(*, actor: Actor, account_id: int) -> Account:
    """
    Return an account that the actor may see.

    :raises UnableToPermit: if the actor may not see the register.
    :raises Account.DoesNotExist: if there is no such account.
    """
    actor.require(Permission.REGISTER_VIEW)
    return Account.objects.get(pk=account_id)


def get_account_card(*, actor: Actor, account_id: int, today: datetime.date) -> AccountCard:
    """
    Return an account as its page shows it.

    :raises UnableToPermit: if the actor may not see the register.
    :raises Account.DoesNotExist: if there is no such account.
    """
    account = access_account(actor=actor, account_id=account_id)
    parties = AccountParty.objects.filter(account=account).select_related("party").order_by("-valid_during", "role")
    return AccountCard(
        account_id=account.pk,
        number=account.number,
        delivery_label=str(account.get_delivery_mode_display()),
        delivery_address=account.delivery_address,
        opened_date=account.opened_date,
        closed_date=account.closed_date,
        parties=tuple(
            AccountPartyCard(
                party_id=link.party_id,
                name=link.party.name,
                role=link.role,
                role_label=str(link.get_role_display()),
                start_date=link.valid_during.lower,
                end_date=link.valid_during.upper,
            )
            for link in parties
        ),
        agreements=_agreement_cards(ServiceAgreement.objects.filter(account=account), today=today),
    )


def get_agreement_card(*, actor: Actor, agreement_id: int, today: datetime.date) -> tuple[int, AgreementCard]:
    """
    Return the account of an agreement that the actor may see, and the agreement.

    :raises UnableToPermit: if the actor may not see the register.
    :raises ServiceAgreement.DoesNotExist: if there is no such agreement.
    """
    actor.require(Permission.REGISTER_VIEW)
    agreement = ServiceAgreement.objects.get(pk=agreement_id)
    (card,) = _agreement_cards(ServiceAgreement.objects.filter(pk=agreement_id), today=today)
    return agreement.account_id, card


def get_agreement(*, agreement_id: int) -> ServiceAgreement:
    """
    Return an agreement with its terms, for who has just acted on it.

    :raises ServiceAgreement.DoesNotExist: if there is no such agreement.
    """
    return ServiceAgreement.objects.prefetch_related("terms__category").get(pk=agreement_id)


def get_inputs(*, agreement_id: int) -> dict[str, Any]:
    """Return the further inputs of the tariff that were agreed last."""
    terms = AgreementTerms.objects.filter(agreement=agreement_id).order_by("-valid_during").first()
    return dict(terms.inputs) if terms else {}


def list_exemptions(*, agreement_id: int, today: datetime.date) -> list[ExemptionCard]:
    """Return the exemptions of an agreement that are in force or begin later."""
    granted = Exemption.objects.filter(agreement=agreement_id).order_by("code", "valid_during")
    return [
        ExemptionCard(
            exemption_id=exemption.pk,
            code=exemption.code,
            evidence=exemption.evidence,
            start_date=exemption.valid_during.lower,
            end_date=exemption.valid_during.upper,
        )
        for exemption in granted
        if exemption.valid_during.upper is None or exemption.valid_during.upper > today
    ]


def list_exclusions(*, actor: Actor, today: datetime.date) -> QuerySet[BillingExclusion]:
    """
    Return what keeps agreements in force out of billing, today or later, with `start_date`, `end_date` and
    `holder_name` (CUS-11).

    :raises UnableToPermit: if the actor may not see the register.
    """
    actor.require(Permission.REGISTER_VIEW)
    holders = AccountParty.objects.filter(
        account=OuterRef("agreement__account"), role=AccountRole.HOLDER, valid_during__contains=today
    )
    return (
        BillingExclusion.objects.filter(Q(valid_during__endswith=None) | Q(valid_during__endswith__gt=today))
        .select_related("agreement__account", "agreement__service_point__premise")
        .annotate(
            start_date=Func("valid_during", function="lower", output_field=DateField()),
            end_date=Func("valid_during", function="upper", output_field=DateField()),
            holder_name=Subquery(holders.values("party__name")[:1]),
        )
    )


def holder_name_of(account: str, *, on_date: datetime.date) -> Subquery:
    """Return, as a part of a query of rows that lead to an account by this path, who holds it on a day."""
    holders = AccountParty.objects.filter(account=OuterRef(account), role=AccountRole.HOLDER)
    return Subquery(holders.filter(valid_during__contains=on_date).values("party__name")[:1])


def category_code_of(agreement: str, *, on_date: datetime.date) -> Subquery:
    """Return, as a part of a query of rows that lead to an agreement by this path, its category on a day."""
    terms = AgreementTerms.objects.filter(agreement=OuterRef(agreement), valid_during__contains=on_date)
    return Subquery(terms.values("category__code")[:1])


def find_tariff_code(*, agreement_id: int, on_date: datetime.date) -> str | None:
    """Return the tariff that an agreement is billed by on a day."""
    terms = AgreementTerms.objects.filter(agreement=agreement_id, valid_during__contains=on_date)
    return terms.values_list("tariff_code", flat=True).first()


def has_account(*, account_id: int) -> bool:
    """Tell whether there is such an account."""
    return Account.objects.filter(pk=account_id).exists()


def has_agreement(*, agreement_id: int) -> bool:
    """Tell whether there is such an agreement."""
    return ServiceAgreement.objects.filter(pk=agreement_id).exists()


def find_agreement_on(*, agreement_id: int, on_date: datetime.date) -> ServiceAgreement | None:
    """Return an agreement if it is in force on a day."""
    return ServiceAgreement.objects.filter(pk=agreement_id, valid_during__contains=on_date).first()


def list_accounts(*, actor: Actor, today: datetime.date) -> QuerySet[Account]:
    """
    Return the accounts, each with `holder_name` and `address` as of today.

    :raises UnableToPermit: if the actor may not see the register.
    """
    actor.require(Permission.REGISTER_VIEW)
    return _with_holder_and_address(Account.objects.all(), today=today)


def list_agreements(*, actor: Actor) -> QuerySet[ServiceAgreement]:
    """
    Return the service agreements with their terms.

    :raises UnableToPermit: if the actor may not see the register.
    """
    actor.require(Permission.REGISTER_VIEW)
    return ServiceAgreement.objects.prefetch_related("terms__category")


def find_accounts(*, typed: str, count_max: int) -> list[int]:
    """
    Return accounts whose own number, or an agreement's, starts with what was typed (CUS-19).

    The account whose number was typed without its leading zeros comes first.
    """
    text = typed.strip()
    if not any(letter.isdigit() for letter in text):
        return []
    padded = Account.objects.filter(number__in=[text.zfill(digits) for digits in range(len(text) + 1, _DIGITS_MAX + 1)])
    numbered = Account.objects.filter(number__startswith=text).order_by("number").values_list("id", flat=True)
    agreed = ServiceAgreement.objects.filter(number__startswith=text).order_by("number")
    found = [
        *padded.values_list("id", flat=True),
        *numbered[:count_max],
        *agreed.values_list("account_id", flat=True)[:count_max],
    ]
    return list(dict.fromkeys(found))[:count_max]


def list_accounts_of_parties(*, party_ids: Sequence[int]) -> list[int]:
    """Return the accounts on which parties have or had a role, in the order of the parties, those of today first."""
    links = AccountParty.objects.filter(party__in=list(party_ids)).order_by("-valid_during")
    by_party: dict[int, list[int]] = {}
    for party_id, account_id in links.values_list("party_id", "account_id"):
        by_party.setdefault(party_id, []).append(account_id)
    return list(dict.fromkeys(account_id for party_id in party_ids for account_id in by_party.get(party_id, ())))


def list_accounts_of_points(*, service_point_ids: Sequence[int]) -> dict[int, int]:
    """Return the account that each service point was last agreed with."""
    agreed = ServiceAgreement.objects.filter(service_point__in=list(service_point_ids)).order_by("valid_during")
    return dict(agreed.values_list("service_point_id", "account_id"))


def list_holders_of_points(*, service_point_ids: Sequence[int], on_date: datetime.date) -> dict[int, str]:
    """Return who holds each service point on a day or is agreed to later; a point that nobody holds is left out."""
    holders = AccountParty.objects.filter(account=OuterRef("account"), role=AccountRole.HOLDER).order_by(
        "-valid_during"
    )
    agreed = ServiceAgreement.objects.filter(
        Q(valid_during__endswith=None) | Q(valid_during__endswith__gt=on_date),
        service_point__in=list(service_point_ids),
    )
    named = agreed.annotate(holder_name=Subquery(holders.values("party__name")[:1]))
    return {point_id: name or "" for point_id, name in named.values_list("service_point_id", "holder_name")}


def list_account_lines(*, account_ids: Sequence[int], today: datetime.date) -> list[AccountLine]:
    """Return accounts in one line each, in the order asked for."""
    found = _with_holder_and_address(Account.objects.filter(id__in=list(account_ids)), today=today)
    lines = {
        account.pk: AccountLine(
            account_id=account.pk,
            number=account.number,
            holder_name=account.holder_name or "",
            address=account.address or "",
            is_open=account.closed_date is None,
        )
        for account in found
    }
    return [lines[account_id] for account_id in account_ids if account_id in lines]


def _with_holder_and_address(accounts: QuerySet[Account], *, today: datetime.date) -> QuerySet[Account]:
    holders = AccountParty.objects.filter(account=OuterRef("pk"), role=AccountRole.HOLDER, valid_during__contains=today)
    agreed = ServiceAgreement.objects.filter(account=OuterRef("pk")).order_by("-valid_during")
    return accounts.annotate(
        holder_name=Subquery(holders.values("party__name")[:1]),
        address=Subquery(agreed.values("service_point__premise__address")[:1]),
    )


def _agreement_cards(wanted: QuerySet[ServiceAgreement], *, today: datetime.date) -> tuple[AgreementCard, ...]:
    agreements = wanted.select_related(
        "service_point__premise", "service_point__service", "service_point__route"
    ).order_by("-valid_during")
    ids = [agreement.pk for agreement in agreements]
    terms = {
        found.agreement_id: found
        for found in AgreementTerms.objects.filter(agreement__in=ids)
        .select_related("category")
        .order_by("valid_during")
    }
    exclusions = dict(
        BillingExclusion.objects.filter(agreement__in=ids, valid_during__contains=today).values_list(
            "agreement_id", "reason"
        )
    )
    suspensions = dict(
        Suspension.objects.filter(agreement__in=ids, valid_during__contains=today).values_list("agreement_id", "reason")
    )
    exemptions: dict[int, list[str]] = {}
    in_force = Exemption.objects.filter(agreement__in=ids, valid_during__contains=today).order_by("code")
    for agreement_id, code in in_force.values_list("agreement_id", "code"):
        exemptions.setdefault(agreement_id, []).append(code)
    return tuple(
        _agreement_card(
            agreement,
            terms=terms.get(agreement.pk),
            exemptions=tuple(exemptions.get(agreement.pk, ())),
            exclusion_reason=exclusions.get(agreement.pk, ""),
            suspension_reason=suspensions.get(agreement.pk, ""),
            today=today,
        )
        for agreement in agreements
    )


def _agreement_card(
    agreement: ServiceAgreement,
    *,
    terms: AgreementTerms | None,
    exemptions: tuple[str, ...],
    exclusion_reason: str,
    suspension_reason: str,
    today: datetime.date,
) -> AgreementCard:
    point = agreement.service_point
    start_date, end_date = agreement.valid_during.lower, agreement.valid_during.upper
    return AgreementCard(
        agreement_id=agreement.pk,
        number=agreement.number,
        service=point.service.name,
        unit=point.service.unit,
        service_point_id=point.pk,
        point_number=point.number,
        address=point.premise.address,
        route=f"{point.route.code} / {point.route_sequence}",
        is_metered=point.is_metered,
        is_disconnectable=point.is_disconnectable,
        start_date=start_date,
        end_date=end_date,
        is_active=start_date <= today and (end_date is None or today < end_date),
        tariff_code=terms.tariff_code if terms else "",
        category=terms.category.name if terms else "",
        category_code=terms.category.code if terms else "",
        exemptions=exemptions,
        exclusion_reason=exclusion_reason,
        suspension_reason=suspension_reason,
    )
