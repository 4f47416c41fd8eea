"""Writes of agreements: accounts, who holds them, what is agreed, and every dated change of it (CUS-04..06, CUS-11)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import models as orm
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from hydria.agreements.models import (
    Account,
    AccountParty,
    AccountRole,
    AgreementTerms,
    BillingExclusion,
    DeliveryMode,
    Exemption,
    ServiceAgreement,
    Suspension,
)
from hydria.kernel.errors import UnableTo
from hydria.parties import queries as parties
from hydria.platform import numbering
from hydria.platform.access import Actor, Permission
from hydria.platform.events import EventKind
from hydria.platform.outbox import announce
from hydria.platform.refusals import refusing
from hydria.platform.transactions import acting
from hydria.premises import queries as premises


class UnableToOpenAccount(UnableTo):
    """The account cannot be opened."""


class UnableToChangeHolder(UnableTo):
    """The account cannot go to another holder."""


class UnableToStartService(UnableTo):
    """The service agreement cannot begin."""


class UnableToChangeTerms(UnableTo):
    """The terms of the agreement cannot be changed."""


class UnableToEndService(UnableTo):
    """The service agreement cannot end."""


class UnableToGrantExemption(UnableTo):
    """The exemption cannot be granted."""


class UnableToExcludeFromBilling(UnableTo):
    """The agreement cannot be excluded from billing, or not billed again."""


class UnableToSuspend(UnableTo):
    """The supply cannot be interrupted or resumed as asked."""


def open_account(
    *,
    actor: Actor,
    holder_id: int,
    opened_date: datetime.date,
    number: str = "",
    delivery_mode: DeliveryMode = DeliveryMode.PAPER,
    delivery_address: str = "",
    language: str = "",
) -> Account:
    """
    Open an account for a holder.

    number  our own number for the account; empty takes the next one

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToOpenAccount: with code `holder_unknown` or `number_taken`.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    with acting(actor, reason="open account"):
        if not parties.has_party(party_id=holder_id):
            raise UnableToOpenAccount("holder_unknown", _("There is no such party."), party_id=holder_id)
        if number and Account.objects.filter(number=number).exists():
            raise UnableToOpenAccount("number_taken", _("Another account has this number."), number=number)
        account = Account.objects.create(
            number=number or _next_number(Account, "account", "A-", opened_date),
            delivery_mode=delivery_mode,
            delivery_address=delivery_address,
            language=language,
            opened_date=opened_date,
        )
        AccountParty.objects.create(
            account=account, party_id=holder_id, role=AccountRole.HOLDER, valid_during=DateRange(opened_date, None)
        )
        announce(EventKind.ACCOUNT_OPENED, account.pk, actor=actor, number=account.number, holder_id=holder_id)
    return account


def change_holder(
    *, actor: Actor, account_id: int, holder_id: int, from_date: datetime.date, reason: str
) -> AccountParty:
    """
    Give an account to another holder from a day on; what was agreed and owed stays with the account.

    Naming the holder in force changes nothing.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToChangeHolder: with code `account_unknown`, `holder_unknown`, `reason_missing` or
        `later_change_exists`.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    if not reason.strip():
        raise UnableToChangeHolder("reason_missing", _("Say why the holder changes."))
    with acting(actor, reason=reason):
        account = Account.objects.select_for_update().filter(id=account_id).first()
        if account is None:
            raise UnableToChangeHolder("account_unknown", _("There is no such account."), account_id=account_id)
        if not parties.has_party(party_id=holder_id):
            raise UnableToChangeHolder("holder_unknown", _("There is no such party."), party_id=holder_id)
        holders = AccountParty.objects.filter(account=account, role=AccountRole.HOLDER)
        if holders.filter(valid_during__startswith__gt=from_date).exists():
            raise UnableToChangeHolder("later_change_exists", _("The holder changes again on a later day already."))
        current = holders.filter(valid_during__contains=from_date).first()
        if current is not None and current.party_id == holder_id:
            return current
        _end_on(current, from_date)
        told = {"number": account.number, "holder_id": holder_id, "from_date": from_date}
        announce(EventKind.ACCOUNT_HOLDER_CHANGED, account.pk, actor=actor, **told)
        return AccountParty.objects.create(
            account=account, party_id=holder_id, role=AccountRole.HOLDER, valid_during=DateRange(from_date, None)
        )


def start_service(
    *,
    actor: Actor,
    account_id: int,
    service_point_id: int,
    start_date: datetime.date,
    tariff_code: str,
    category_code: str,
    inputs: Mapping[str, Any] | None = None,
    number: str = "",
) -> ServiceAgreement:
    """
    Agree on a service at a point from a day on, with its first terms.

    inputs  further inputs of the tariff by name
    number  our own number for the agreement; empty takes the next one

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToStartService: with code `account_unknown`, `account_closed`, `service_point_unknown`,
        `category_unknown`, `number_taken` or `service_point_has_one_agreement_at_a_time`.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    with acting(actor, reason="start service"):
        account = Account.objects.select_for_update().filter(id=account_id).first()
        if account is None:
            raise UnableToStartService("account_unknown", _("There is no such account."), account_id=account_id)
        if account.closed_date is not None and account.closed_date <= start_date:
            raise UnableToStartService("account_closed", _("The account is closed by then."))
        if not premises.has_service_point(service_point_id=service_point_id):
            raise UnableToStartService("service_point_unknown", _("There is no such service point."))
        category_id = premises.find_category_id(code=category_code)
        if category_id is None:
            raise UnableToStartService("category_unknown", _("There is no such category."), category=category_code)
        if number and ServiceAgreement.objects.filter(number=number).exists():
            raise UnableToStartService("number_taken", _("Another agreement has this number."), number=number)
        supplied_during = DateRange(start_date, None)
        sentence = _("Another agreement holds the point on that day; end it first.")
        with refusing(UnableToStartService, {"service_point_has_one_agreement_at_a_time": sentence}):
            agreement = ServiceAgreement.objects.create(
                number=number or _next_number(ServiceAgreement, "agreement", "S-", start_date),
                account=account,
                service_point_id=service_point_id,
                valid_during=supplied_during,
            )
        AgreementTerms.objects.create(
            agreement=agreement,
            tariff_code=tariff_code,
            category_id=category_id,
            inputs=dict(inputs or {}),
            valid_during=supplied_during,
        )
        _announce(EventKind.AGREEMENT_STARTED, agreement, actor, from_date=start_date)
    return agreement


def change_terms(
    *,
    actor: Actor,
    agreement_id: int,
    from_date: datetime.date,
    tariff_code: str,
    category_code: str,
    inputs: Mapping[str, Any],
    reason: str,
) -> AgreementTerms:
    """
    Change what an agreement is billed by, from a day on; the terms before stay for the days before.

    Asking for the terms in force changes nothing.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToChangeTerms: with code `agreement_unknown`, `category_unknown`, `reason_missing`,
        `date_outside_agreement` or `later_change_exists`.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    if not reason.strip():
        raise UnableToChangeTerms("reason_missing", _("Say why the terms change."))
    with acting(actor, reason=reason):
        agreement = _lock_agreement(agreement_id)
        if agreement is None:
            raise UnableToChangeTerms("agreement_unknown", _("There is no such agreement."), agreement_id=agreement_id)
        category_id = premises.find_category_id(code=category_code)
        if category_id is None:
            raise UnableToChangeTerms("category_unknown", _("There is no such category."), category=category_code)
        if from_date not in agreement.valid_during:
            raise UnableToChangeTerms("date_outside_agreement", _("The agreement is not in force on that day."))
        if agreement.terms.filter(valid_during__startswith__gt=from_date).exists():
            raise UnableToChangeTerms("later_change_exists", _("The terms change again on a later day already."))
        current = agreement.terms.filter(valid_during__contains=from_date).first()
        asked = {"tariff_code": tariff_code, "category_id": category_id, "inputs": dict(inputs)}
        if current is not None and all(getattr(current, name) == value for name, value in asked.items()):
            return current
        _end_on(current, from_date)
        until = agreement.valid_during.upper
        _announce(EventKind.AGREEMENT_TERMS_CHANGED, agreement, actor, from_date=from_date, tariff_code=tariff_code)
        return AgreementTerms.objects.create(agreement=agreement, valid_during=DateRange(from_date, until), **asked)


def end_service(*, actor: Actor, agreement_id: int, end_date: datetime.date, reason: str) -> ServiceAgreement:
    """
    End an agreement: `end_date` is the day after the last one supplied. Ending it again on that day changes nothing.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToEndService: with code `agreement_unknown`, `reason_missing`, `ended_already` or
        `ends_before_it_starts`.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    if not reason.strip():
        raise UnableToEndService("reason_missing", _("Say why the service ends."))
    with acting(actor, reason=reason):
        agreement = _lock_agreement(agreement_id)
        if agreement is None:
            raise UnableToEndService("agreement_unknown", _("There is no such agreement."), agreement_id=agreement_id)
        if agreement.valid_during.upper == end_date:
            return agreement
        if agreement.valid_during.upper is not None:
            raise UnableToEndService("ended_already", _("The agreement has ended on another day."))
        if end_date <= agreement.valid_during.lower:
            raise UnableToEndService("ends_before_it_starts", _("The agreement begins on that day or later."))
        agreement.valid_during = DateRange(agreement.valid_during.lower, end_date)
        agreement.save(update_fields=["valid_during"])
        for dated in (agreement.terms, agreement.exemptions, agreement.suspensions, agreement.billing_exclusions):
            dated.filter(valid_during__startswith__gte=end_date).delete()
            _end_on(dated.filter(valid_during__contains=end_date).first(), end_date)
        _announce(EventKind.AGREEMENT_ENDED, agreement, actor, end_date=end_date)
    return agreement


def grant_exemption(
    *,
    actor: Actor,
    agreement_id: int,
    code: str,
    evidence: str,
    from_date: datetime.date,
    until_date: datetime.date | None = None,
) -> Exemption:
    """
    Free an agreement from a tax or charge for some time, with the evidence. Granting it again changes nothing.

    code  the input of the tariff without its prefix: `itbis` for `exempt_itbis`

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToGrantExemption: with code `agreement_unknown`, `code_missing`, `evidence_missing`,
        `dates_reversed`, `date_outside_agreement` or `exemption_is_granted_once_at_a_time`.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    if not code.strip():
        raise UnableToGrantExemption("code_missing", _("Name the tax or charge."))
    if not evidence.strip():
        raise UnableToGrantExemption("evidence_missing", _("Name the evidence of the exemption."))
    if until_date is not None and until_date <= from_date:
        raise UnableToGrantExemption("dates_reversed", _("The exemption ends before it begins."))
    with acting(actor, reason="grant exemption"):
        _lock_in_force(agreement_id, on_date=from_date, error=UnableToGrantExemption)
        asked = {"code": code, "evidence": evidence, "valid_during": DateRange(from_date, until_date)}
        granted = Exemption.objects.filter(agreement_id=agreement_id, **asked).first()
        if granted is not None:
            return granted
        sentence = _("The exemption is granted for some of these days already.")
        with refusing(UnableToGrantExemption, {"exemption_is_granted_once_at_a_time": sentence}):
            return Exemption.objects.create(agreement_id=agreement_id, **asked)


def end_exemption(*, actor: Actor, exemption_id: int, end_date: datetime.date, reason: str) -> None:
    """
    Let a tax or charge be due again from a day on. Doing so twice changes nothing.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToGrantExemption: with code `reason_missing`.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    if not reason.strip():
        raise UnableToGrantExemption("reason_missing", _("Say why the exemption ends."))
    with acting(actor, reason=reason):
        granted = Exemption.objects.select_for_update().filter(id=exemption_id).first()
        if granted is not None and (granted.valid_during.upper is None or granted.valid_during.upper > end_date):
            _end_on(granted, end_date)


def exclude_from_billing(
    *,
    actor: Actor,
    agreement_id: int,
    reason: str,
    from_date: datetime.date,
    until_date: datetime.date | None = None,
    review_date: datetime.date | None = None,
) -> BillingExclusion:
    """
    Leave an agreement out of billing for some time; each run lists it with the reason. Asking again changes nothing.

    review_date  when somebody looks again whether the reason still holds

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToExcludeFromBilling: with code `agreement_unknown`, `reason_missing`, `dates_reversed`,
        `date_outside_agreement` or `agreement_is_excluded_once_at_a_time`.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    if not reason.strip():
        raise UnableToExcludeFromBilling("reason_missing", _("Say why the agreement is not billed."))
    if until_date is not None and until_date <= from_date:
        raise UnableToExcludeFromBilling("dates_reversed", _("The exclusion ends before it begins."))
    with acting(actor, reason=reason):
        _lock_in_force(agreement_id, on_date=from_date, error=UnableToExcludeFromBilling)
        asked = {"reason": reason, "valid_during": DateRange(from_date, until_date), "review_date": review_date}
        excluded = BillingExclusion.objects.filter(agreement_id=agreement_id, **asked).first()
        if excluded is not None:
            return excluded
        sentence = _("The agreement is excluded on some of these days already.")
        with refusing(UnableToExcludeFromBilling, {"agreement_is_excluded_once_at_a_time": sentence}):
            return BillingExclusion.objects.create(agreement_id=agreement_id, **asked)


def include_in_billing(*, actor: Actor, agreement_id: int, from_date: datetime.date, reason: str) -> None:
    """
    Bill an agreement again from a day on. One that is billed on that day stays as it is.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToExcludeFromBilling: with code `agreement_unknown` or `reason_missing`.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    if not reason.strip():
        raise UnableToExcludeFromBilling("reason_missing", _("Say why the agreement is billed again."))
    with acting(actor, reason=reason):
        agreement = _lock_agreement(agreement_id)
        if agreement is None:
            raise UnableToExcludeFromBilling("agreement_unknown", _("There is no such agreement."))
        _end_on(agreement.billing_exclusions.filter(valid_during__contains=from_date).first(), from_date)


def suspend_service(
    *,
    actor: Actor,
    agreement_id: int,
    reason: str,
    from_date: datetime.date,
    until_date: datetime.date | None = None,
    is_billed: bool,
) -> Suspension:
    """
    Interrupt the supply for some time; the agreement stays. Asking for the suspension in force changes nothing.

    is_billed  True: the tariff goes on being due; False: the agreement is left out of billing for as long

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToSuspend: with code `agreement_unknown`, `reason_missing`, `dates_reversed`,
        `date_outside_agreement`, `agreement_is_suspended_once_at_a_time` or `agreement_is_excluded_once_at_a_time`.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    if not reason.strip():
        raise UnableToSuspend("reason_missing", _("Say why the service is suspended."))
    if until_date is not None and until_date <= from_date:
        raise UnableToSuspend("dates_reversed", _("The suspension ends before it begins."))
    with acting(actor, reason=reason):
        agreement = _lock_in_force(agreement_id, on_date=from_date, error=UnableToSuspend)
        asked = {"reason": reason, "valid_during": DateRange(from_date, until_date)}
        suspended = agreement.suspensions.filter(**asked).first()
        if suspended is not None:
            return suspended
        sentences = {
            "agreement_is_suspended_once_at_a_time": _("The service is suspended on some of these days already."),
            "agreement_is_excluded_once_at_a_time": _("The agreement is excluded on some of these days already."),
        }
        with refusing(UnableToSuspend, sentences):
            exclusion = None if is_billed else BillingExclusion.objects.create(agreement=agreement, **asked)
            _announce(EventKind.AGREEMENT_SUSPENDED, agreement, actor, from_date=from_date, until_date=until_date)
            return Suspension.objects.create(agreement=agreement, exclusion=exclusion, **asked)


def resume_service(*, actor: Actor, agreement_id: int, from_date: datetime.date, reason: str) -> None:
    """
    Supply again from a day on, and bill again if the suspension had stopped that. Doing so twice changes nothing.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToSuspend: with code `agreement_unknown`, `reason_missing` or `not_suspended`.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    if not reason.strip():
        raise UnableToSuspend("reason_missing", _("Say why the service is resumed."))
    with acting(actor, reason=reason):
        agreement = _lock_agreement(agreement_id)
        if agreement is None:
            raise UnableToSuspend("agreement_unknown", _("There is no such agreement."), agreement_id=agreement_id)
        if agreement.suspensions.filter(valid_during__endswith=from_date).exists():
            return
        suspension = agreement.suspensions.filter(valid_during__contains=from_date).first()
        if suspension is None:
            raise UnableToSuspend("not_suspended", _("The service is not suspended on that day."))
        exclusion = suspension.exclusion
        _end_on(suspension, from_date)
        _end_on(exclusion, from_date)
        _announce(EventKind.AGREEMENT_RESUMED, agreement, actor, from_date=from_date)


def _announce(kind: EventKind, agreement: ServiceAgreement, actor: Actor, **told: Any) -> None:
    whose = {"number": agreement.number, "account_id": agreement.account_id}
    announce(kind, agreement.pk, actor=actor, **whose, service_point_id=agreement.service_point_id, **told)


def _lock_agreement(agreement_id: int) -> ServiceAgreement | None:
    return ServiceAgreement.objects.select_for_update().filter(id=agreement_id).first()


def _lock_in_force(agreement_id: int, *, on_date: datetime.date, error: type[UnableTo]) -> ServiceAgreement:
    """Lock an agreement that something dated begins in; refuse by the operation's own error."""
    agreement = _lock_agreement(agreement_id)
    if agreement is None:
        raise error("agreement_unknown", _("There is no such agreement."), agreement_id=agreement_id)
    if on_date not in agreement.valid_during:
        raise error("date_outside_agreement", _("The agreement is not in force on that day."))
    return agreement


def _end_on(dated: orm.Model | None, end_date: datetime.date) -> None:
    """End a dated row on a day; one that would hold no day at all goes away."""
    if dated is None:
        return
    if dated.valid_during.lower >= end_date:
        dated.delete()
    else:
        dated.valid_during = DateRange(dated.valid_during.lower, end_date)
        dated.save(update_fields=["valid_during"])


def _next_number(model: type[Account | ServiceAgreement], series: str, prefix: str, on_date: datetime.date) -> str:
    return numbering.take_free_code(
        code=series,
        prefix=prefix,
        on_date=on_date,
        is_taken=lambda number: model.objects.filter(number=number).exists(),
    )
