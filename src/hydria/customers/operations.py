"""
Acts of the front office: connect a customer, change the customer of a place, end a supply; papers, notes and alerts.

The first three are made of the contexts' own operations in one transaction (`composing`): whole or not at all.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from hydria.agreements import operations as agreements
from hydria.agreements import queries as agreements_queries
from hydria.agreements.operations import DeliveryMode
from hydria.agreements.queries import AgreementCard
from hydria.customers import queries
from hydria.customers._supply import Dials, UnableToTakeFinalReading, read_for_the_last_time  # noqa: F401  # doors
from hydria.customers.domain.contracts import FieldUnknown, check_text
from hydria.customers.domain.procedures import DebtRule, MarkerKind, Procedure
from hydria.customers.models import (
    Application,
    Attachment,
    ContractTemplate,
    DocumentType,
    FrontOfficePolicy,
    Marker,
    Note,
)
from hydria.customers.queries import About
from hydria.kernel.errors import UnableTo
from hydria.kernel.filetypes import SIZE_BYTES_MAX, sniff
from hydria.metering import operations as metering
from hydria.metering.operations import NewMeter
from hydria.parties import operations as parties
from hydria.parties.operations import Identifier, PartyKind
from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.platform.files import store_file
from hydria.platform.refusals import refusing
from hydria.platform.transactions import acting, composing
from hydria.premises import operations as premises
from hydria.receivables import queries as receivables

_READER = SYSTEM
"""Whoever may do an act may have it know what it is about."""


class UnableToConnect(UnableTo):
    """The customer cannot be connected as asked."""


class UnableToMove(UnableTo):
    """The place cannot go to another customer as asked."""


class UnableToKeepPaper(UnableTo):
    """The note, file or alert cannot be kept as asked."""


class UnableToSetFrontOffice(UnableTo):
    """The front office cannot be set up so."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomer:
    """Somebody who is not registered yet."""

    kind: PartyKind
    name: str
    identifiers: Sequence[Identifier] = ()
    email: str = ""
    phone: str = ""
    address: str = ""
    language: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NewPlace:
    """A place that is not supplied yet: the premise and its service point."""

    address: str
    city: str = ""
    cadastral_code: str = ""
    service_code: str
    route_code: str
    category_code: str
    unit_count: int = 1
    is_metered: bool = True
    is_disconnectable: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FirstMeter:
    """The meter that a new place gets, with what its dial shows."""

    meter: NewMeter
    initial_milli: int = 0
    evidence: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """
    What was seen before somebody became the customer of a place.

    documents_seen, documents_missing  names of documents; those that are missing are to be handed in later
    feasibility                        what the technical check found, and who made it
    """

    documents_seen: Sequence[str] = ()
    documents_missing: Sequence[str] = ()
    feasibility: str = ""


def connect_customer(
    *,
    actor: Actor,
    key: str,
    customer: NewCustomer | int,
    place: NewPlace | int,
    start_date: datetime.date,
    tariff_code: str,
    category_code: str,
    checked: Checked,
    first_meter: FirstMeter | None = None,
    delivery_mode: DeliveryMode = DeliveryMode.PAPER,
    delivery_address: str = "",
    account_id: int | None = None,
) -> int:
    """
    Make somebody the customer of a place that nobody holds, and return the agreement (CUS-07).

    key         made by the caller for this one act; sent again it returns the same agreement
    customer    a party by id, or somebody to register
    place       a service point by id, or a place to register
    account_id  an account that was opened for it, such as for its fees; None opens one

    :raises UnableToPermit: if the actor may not edit the register and agreements.
    :raises UnableToConnect: with code `feasibility_missing` or `meter_missing` (a new metered place has none).
    :raises UnableToSaveParty, UnableToSavePremise, UnableToSaveServicePoint, UnableToInstallMeter,
        UnableToOpenAccount, UnableToStartService: as their operations do.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    if not checked.feasibility.strip():
        raise UnableToConnect("feasibility_missing", _("Say what the technical check found, and who made it."))
    if isinstance(place, NewPlace) and place.is_metered and first_meter is None:
        raise UnableToConnect("meter_missing", _("A metered place needs its first meter."))
    with composing(actor, reason=f"connect customer {key}"):
        if done := _find_done(key):
            return done
        party_id = _party(actor, customer, on_date=start_date)
        point_id = place if isinstance(place, int) else _service_point(actor, place, on_date=start_date)
        if first_meter is not None:
            metering.install_meter(
                actor=_with_readings(actor),
                service_point_id=point_id,
                installed_date=start_date,
                meter=first_meter.meter,
                initial_milli=first_meter.initial_milli,
                evidence=first_meter.evidence,
            )
        agreement_id = _agree(
            actor,
            party_id=party_id,
            point_id=point_id,
            start_date=start_date,
            terms={"tariff_code": tariff_code, "category_code": category_code, "inputs": {}},
            delivery={"delivery_mode": delivery_mode, "delivery_address": delivery_address},
            account_id=account_id,
        )
        _record_application(Procedure.CONNECTION, key=key, agreement_id=agreement_id, checked=checked)
    return agreement_id


def move_customer(
    *,
    actor: Actor,
    key: str,
    agreement_id: int,
    customer: NewCustomer | int,
    from_date: datetime.date,
    shown_milli: Dials,
    reason: str,
    checked: Checked,
    today: datetime.date,
) -> int:
    """
    Give a place to another customer from a day on, and return the new agreement (CUS-08).

    shown_milli  what each dial shows on that day, in thousandths, by register id

    The debt stays with the account of the one who leaves. Tariff, category and units go on; delivery, exemptions and
    credits do not: the new customer starts with an account of their own.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToMove: with code `debt_open` (the company's rule is to refuse), `same_customer` or `not_in_force`.
    :raises UnableToTakeFinalReading: if the readings do not fit.
    :raises UnableToSaveParty, UnableToEndService, UnableToOpenAccount, UnableToStartService: as their operations do.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    with composing(actor, reason=reason):
        if done := _find_done(key):
            return done
        account_id, old = agreements_queries.get_agreement_card(
            actor=_READER, agreement_id=agreement_id, today=from_date
        )
        if old.end_date is not None or not old.is_active:
            raise UnableToMove("not_in_force", _("The agreement is not in force on that day, or its end is agreed."))
        holder = agreements_queries.get_account_card(actor=_READER, account_id=account_id, today=today).holder
        party_id = _party(actor, customer, on_date=from_date)
        if holder is not None and holder.party_id == party_id:
            raise UnableToMove("same_customer", _("This customer holds the place already."))
        owed_minor = receivables.get_balance(account_id=account_id, today=today).owed_minor
        if owed_minor > 0 and queries.get_debt_rule() is DebtRule.REFUSE:
            raise UnableToMove(
                "debt_open", _("The customer who leaves owes money, which is paid first."), owed_minor=owed_minor
            )
        inputs = agreements_queries.get_inputs(agreement_id=agreement_id)
        _end(actor, old, end_date=from_date, shown_milli=shown_milli, reason=reason, today=today)
        new_id = _agree(
            actor,
            party_id=party_id,
            point_id=old.service_point_id,
            start_date=from_date,
            terms={"tariff_code": old.tariff_code, "category_code": old.category_code, "inputs": inputs},
        )
        _record_application(Procedure.MOVE, key=key, agreement_id=new_id, checked=checked)
    return new_id


def hand_account_over(
    *, actor: Actor, account_id: int, customer: NewCustomer | int, from_date: datetime.date, reason: str
) -> None:
    """
    Give an account to an heir or a successor, who takes it over with all that is agreed and owed (CUS-08).

    Naming the holder in force since that day, registered or by name, changes nothing.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToSaveParty, UnableToChangeHolder: as their operations do.
    """
    with composing(actor, reason=reason):
        holder = agreements_queries.get_account_card(actor=_READER, account_id=account_id, today=from_date).holder
        if (
            isinstance(customer, NewCustomer)
            and holder
            and (holder.start_date, holder.name)
            == (
                from_date,
                customer.name,
            )
        ):
            return
        agreements.change_holder(
            actor=actor,
            account_id=account_id,
            holder_id=_party(actor, customer, on_date=from_date),
            from_date=from_date,
            reason=reason,
        )


def end_supply(
    *,
    actor: Actor,
    agreement_id: int,
    end_date: datetime.date,
    shown_milli: Dials,
    reason: str,
    today: datetime.date,
) -> None:
    """
    End an agreement with what its meter shows: `end_date` is the day after the last one supplied (CUS-07).

    shown_milli  what each dial shows on that day, in thousandths, by register id

    Doing so twice changes nothing.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToTakeFinalReading: if the readings do not fit.
    :raises UnableToEndService: as `agreements.operations.end_service` does.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    with composing(actor, reason=reason):
        _account_id, card = agreements_queries.get_agreement_card(actor=_READER, agreement_id=agreement_id, today=today)
        if card.end_date != end_date:
            _end(actor, card, end_date=end_date, shown_milli=shown_milli, reason=reason, today=today)


def _end(
    actor: Actor,
    agreement: AgreementCard,
    *,
    end_date: datetime.date,
    shown_milli: Dials,
    reason: str,
    today: datetime.date,
) -> None:
    agreements.end_service(actor=actor, agreement_id=agreement.agreement_id, end_date=end_date, reason=reason)
    if agreement.is_metered:
        read_for_the_last_time(
            actor=actor,
            service_point_id=agreement.service_point_id,
            on_date=end_date,
            shown_milli=shown_milli,
            today=today,
        )


def _find_done(key: str) -> int | None:
    """Return the agreement that came of a key; whoever sends the same key at the same time waits here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"application:{key}"])
    return queries.find_agreement_applied_for(key=key)


def _with_readings(actor: Actor) -> Actor:
    """Return the actor with the right to the readings that belong to an act they may do."""
    return dataclasses.replace(actor, permissions=actor.permissions | {Permission.READING_RECORD})


def register_customer(*, actor: Actor, customer: NewCustomer, on_date: datetime.date) -> int:
    """
    Register somebody who is not registered yet, and return the party.

    :raises UnableToPermit: if the actor may not edit the register.
    :raises UnableToSaveParty: as `parties.operations.register_party` does.
    """
    given = {field.name: getattr(customer, field.name) for field in dataclasses.fields(customer)}
    return int(parties.register_party(actor=actor, on_date=on_date, **given).pk)


def _party(actor: Actor, customer: NewCustomer | int, *, on_date: datetime.date) -> int:
    if isinstance(customer, int):
        return customer
    return register_customer(actor=actor, customer=customer, on_date=on_date)


def _service_point(actor: Actor, place: NewPlace, *, on_date: datetime.date) -> int:
    given = {field.name: getattr(place, field.name) for field in dataclasses.fields(place)}
    where = {name: given.pop(name) for name in ("address", "city", "cadastral_code")}
    premise = premises.register_premise(actor=actor, on_date=on_date, **where)
    return premises.register_service_point(actor=actor, premise_id=premise.pk, on_date=on_date, **given).pk


def _agree(
    actor: Actor,
    *,
    party_id: int,
    point_id: int,
    start_date: datetime.date,
    terms: Mapping[str, Any],
    delivery: Mapping[str, Any] | None = None,
    account_id: int | None = None,
) -> int:
    """Open an account for a party, unless it has been opened, and agree on the service at a point."""
    if account_id is None:
        opened = agreements.open_account(actor=actor, holder_id=party_id, opened_date=start_date, **(delivery or {}))
        account_id = opened.pk
    agreement = agreements.start_service(
        actor=actor, account_id=account_id, service_point_id=point_id, start_date=start_date, **terms
    )
    return agreement.pk


def _record_application(procedure: Procedure, *, key: str, agreement_id: int, checked: Checked) -> None:
    Application.objects.create(
        procedure=procedure,
        key=key,
        agreement_id=agreement_id,
        documents_seen=list(checked.documents_seen),
        documents_missing=list(checked.documents_missing),
        feasibility=checked.feasibility,
    )


# Papers, notes and alerts


def write_note(*, actor: Actor, about: About, text: str, written_at: datetime.datetime) -> Note:
    """
    Write something down about a customer; it is never changed. The same words of the same minute are one note.

    :raises UnableToPermit: if the actor may not edit the register.
    :raises UnableToKeepPaper: with code `text_missing`.
    """
    actor.require(Permission.REGISTER_EDIT)
    text = text.strip()
    if not text:
        raise UnableToKeepPaper("text_missing", _("Write something down."))
    with acting(actor, reason="write note"):
        just_now = written_at - datetime.timedelta(minutes=1)
        same = Note.objects.filter(**about.columns, text=text, written_by=actor.name, written_at__gte=just_now).first()
        return same or Note.objects.create(**about.columns, text=text, written_by=actor.name, written_at=written_at)


def attach_file(
    *,
    actor: Actor,
    about: About,
    content: bytes,
    title: str,
    type_code: str = "",
    expires_date: datetime.date | None = None,
    added_at: datetime.datetime,
) -> Attachment:
    """
    Keep a file with a customer, under the hash of its content (CUS-13). Adding the same file again changes nothing.

    :raises UnableToPermit: if the actor may not edit the register.
    :raises UnableToKeepPaper: with code `file_too_large`, `file_kind_unknown` or `type_unknown`.
    """
    actor.require(Permission.REGISTER_EDIT)
    if len(content) > SIZE_BYTES_MAX:
        raise UnableToKeepPaper("file_too_large", _("The file is larger than 10 MB."), size_bytes=len(content))
    media_type = sniff(content)
    if media_type is None:
        raise UnableToKeepPaper("file_kind_unknown", _("Only PDF files and pictures (PNG, JPEG, WebP) are kept."))
    with acting(actor, reason="attach file"):
        document_type = DocumentType.objects.filter(code=type_code).first()
        if type_code and document_type is None:
            raise UnableToKeepPaper("type_unknown", _("There is no such type of document."), type_code=type_code)
        return _keep(
            actor,
            about,
            content=content,
            media_type=media_type,
            title=title,
            document_type=document_type,
            expires_date=expires_date,
            added_at=added_at,
        )


def _keep(
    actor: Actor,
    about: About,
    *,
    content: bytes,
    media_type: str,
    title: str,
    added_at: datetime.datetime,
    document_type: DocumentType | None = None,
    expires_date: datetime.date | None = None,
) -> Attachment:
    stored = store_file(content=content, name=title, media_type=media_type)
    kept = Attachment.objects.filter(**about.columns, file=stored, withdrawn_reason="").first()
    return kept or Attachment.objects.create(
        **about.columns,
        file=stored,
        document_type=document_type,
        title=title[:200],
        expires_date=expires_date,
        added_by=actor.name,
        added_at=added_at,
    )


def withdraw_attachment(*, actor: Actor, attachment_id: int, reason: str) -> None:
    """
    Take a file that was added by mistake out of sight; the file and the reason stay on record.

    :raises UnableToPermit: if the actor may not edit the register.
    :raises UnableToKeepPaper: with code `reason_missing`.
    """
    actor.require(Permission.REGISTER_EDIT)
    if not reason.strip():
        raise UnableToKeepPaper("reason_missing", _("Say why the file is withdrawn."))
    with acting(actor, reason=reason):
        Attachment.objects.filter(id=attachment_id, withdrawn_reason="").update(withdrawn_reason=reason)


def raise_marker(
    *,
    actor: Actor,
    about: About,
    kind: MarkerKind,
    reason: str,
    from_date: datetime.date,
    until_date: datetime.date | None = None,
) -> Marker:
    """
    Raise an alert that everybody sees who opens the account (CUS-12). Raising it again changes nothing.

    :raises UnableToPermit: if the actor may not edit the register.
    :raises UnableToKeepPaper: with code `reason_missing`, `dates_reversed`,
        `account_has_one_alert_of_a_kind_at_a_time` or `party_has_one_alert_of_a_kind_at_a_time`.
    """
    actor.require(Permission.REGISTER_EDIT)
    if not reason.strip():
        raise UnableToKeepPaper("reason_missing", _("Say why the alert is raised."))
    if until_date is not None and until_date <= from_date:
        raise UnableToKeepPaper("dates_reversed", _("The alert ends before it begins."))
    with acting(actor, reason=reason):
        asked = {**about.columns, "kind": kind, "valid_during": DateRange(from_date, until_date)}
        raised = Marker.objects.filter(**asked, reason=reason).first()
        if raised is not None:
            return raised
        sentence = _("This alert is in force on some of these days already.")
        names = ("account_has_one_alert_of_a_kind_at_a_time", "party_has_one_alert_of_a_kind_at_a_time")
        with refusing(UnableToKeepPaper, dict.fromkeys(names, sentence)):
            return Marker.objects.create(**asked, reason=reason)


def lift_marker(*, actor: Actor, marker_id: int, end_date: datetime.date, reason: str) -> None:
    """
    End an alert on a day. Doing so twice changes nothing.

    :raises UnableToPermit: if the actor may not edit the register.
    :raises UnableToKeepPaper: with code `reason_missing`.
    """
    actor.require(Permission.REGISTER_EDIT)
    if not reason.strip():
        raise UnableToKeepPaper("reason_missing", _("Say why the alert is lifted."))
    with acting(actor, reason=reason):
        raised = Marker.objects.select_for_update().filter(id=marker_id, valid_during__contains=end_date).first()
        if raised is not None and raised.valid_during.lower == end_date:
            raised.delete()
        elif raised is not None:
            raised.valid_during = DateRange(raised.valid_during.lower, end_date)
            raised.save(update_fields=["valid_during"])


def archive_contract(
    *, actor: Actor, account_id: int, content: bytes, title: str, added_at: datetime.datetime
) -> Attachment:
    """
    Keep a printed contract with the account, under the hash of its content (CUS-09).

    :raises UnableToPermit: if the actor may not edit agreements.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    with acting(actor, reason="archive contract"):
        about = About(account_id=account_id)
        return _keep(actor, about, content=content, media_type="application/pdf", title=title, added_at=added_at)


# What the administrator sets


def set_debt_rule(*, actor: Actor, debt_rule: DebtRule, reason: str) -> None:
    """
    Say what open debt means for a change of customer.

    :raises UnableToPermit: if the actor may not manage settings.
    :raises UnableToSetFrontOffice: with code `reason_missing`.
    """
    actor.require(Permission.SETTING_MANAGE)
    if not reason.strip():
        raise UnableToSetFrontOffice("reason_missing", _("Say why the rule changes."))
    with acting(actor, reason=reason):
        FrontOfficePolicy.objects.update_or_create(id=1, defaults={"debt_rule": debt_rule})


def save_document_type(
    *, actor: Actor, code: str, name: str, procedures: Sequence[Procedure], is_active: bool = True
) -> DocumentType:
    """
    Add a type of document that customers hand in, or change the one with this code.

    :raises UnableToPermit: if the actor may not manage settings.
    :raises UnableToSetFrontOffice: with code `name_missing`.
    """
    actor.require(Permission.SETTING_MANAGE)
    if not (code.strip() and name.strip()):
        raise UnableToSetFrontOffice("name_missing", _("A type of document has a code and a name."))
    with acting(actor, reason="save document type"):
        given = {"name": name, "procedures": [str(procedure) for procedure in procedures], "is_active": is_active}
        saved, _created = DocumentType.objects.update_or_create(code=code, defaults=given)
    return saved


def save_contract_template(*, actor: Actor, name: str, language: str, text: str) -> ContractTemplate:
    """
    Add the text of a contract, or change the one with this name (CUS-09). Contracts printed before stay as they are.

    :raises UnableToPermit: if the actor may not manage settings.
    :raises UnableToSetFrontOffice: with code `text_missing` or `field_unknown` (with its name).
    """
    actor.require(Permission.SETTING_MANAGE)
    if not (name.strip() and text.strip()):
        raise UnableToSetFrontOffice("text_missing", _("A contract has a name and a text."))
    try:
        check_text(text)
    except FieldUnknown as unknown:
        sentence = _("No contract knows “%(name)s”.") % {"name": unknown.args[0]}
        raise UnableToSetFrontOffice("field_unknown", sentence, name=unknown.args[0]) from unknown
    with acting(actor, reason="save contract template"):
        saved, _created = ContractTemplate.objects.update_or_create(
            name=name, defaults={"language": language, "text": text}
        )
    return saved
