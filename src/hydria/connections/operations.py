"""
Writes of applications: open one, do its steps one after the other, connect, refuse or withdraw it (CUS-07).

Every act checks the step it finds under the lock of the application, so doing it twice changes nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from hydria.agreements import operations as agreements
from hydria.billing import operations as billing
from hydria.connections import queries
from hydria.connections.domain.steps import OPEN, OPTIONAL, Step, first_step, next_step
from hydria.connections.models import Application, SeenDocument, StepRule
from hydria.customers import operations as customers
from hydria.customers import queries as customers_queries
from hydria.customers.domain.procedures import Procedure
from hydria.customers.operations import Checked, NewCustomer
from hydria.fees import operations as fees
from hydria.fees import queries as fees_queries
from hydria.kernel.errors import UnableTo
from hydria.platform import numbering
from hydria.platform.access import Actor, Permission
from hydria.platform.audit import record_move
from hydria.platform.refusals import refusing
from hydria.platform.transactions import acting, composing

OBJECT_KIND = "connection_application"
SERIES, PREFIX = "application", "S-"


class UnableToApply(UnableTo):
    """The application cannot be opened as asked."""


class UnableToMoveApplication(UnableTo):
    """The application cannot go on, or end, as asked."""


class UnableToSaveStep(UnableTo):
    """The step cannot be set up so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedPlace:
    """Where somebody wants to be connected: a registered point by id, or a new place."""

    address: str
    service_code: str
    category_code: str
    service_point_id: int | None = None
    city: str = ""
    cadastral_code: str = ""
    unit_count: int = 1


def apply(
    *,
    actor: Actor,
    key: str,
    customer: NewCustomer | int,
    place: WishedPlace,
    opened_at: datetime.datetime,
    today: datetime.date,
    wished_date: datetime.date | None = None,
) -> Application:
    """
    Open an application; who applies is registered, and nothing else yet.

    key  made by the caller for this one application; sent again it returns the same

    :raises UnableToPermit: if the actor may not edit agreements and the register.
    :raises UnableToApply: with code `key_missing`, `address_missing` or `point_has_one_open_application`.
    :raises UnableToSaveParty: as its operation does.
    """
    actor.require(Permission.AGREEMENT_EDIT)
    if not 0 < len(key) <= 64:
        raise UnableToApply("key_missing", _("An application needs a key of 1 to 64 characters."))
    if not place.address.strip():
        raise UnableToApply("address_missing", _("Say where the connection is wished."))
    with composing(actor, reason=f"apply {key}"):
        _lock_key(key)
        if known := Application.objects.filter(key=key).first():
            return known
        rules = queries.list_step_rules()
        step = first_step(left_out=queries.steps_left_out(rules))
        taken = _("There is an open application for this point.")
        with refusing(UnableToApply, {"point_has_one_open_application": taken}):
            application = Application.objects.create(
                key=key,
                code=_next_code(today),
                party_id=_party(actor, customer, on_date=today),
                service_point_id=place.service_point_id,
                address=place.address,
                city=place.city,
                cadastral_code=place.cadastral_code,
                service_code=place.service_code,
                category_code=place.category_code,
                unit_count=place.unit_count,
                wished_date=wished_date,
                step=step,
                due_date=today + datetime.timedelta(days=rules[step].days_allowed),
                opened_by=actor.name,
                opened_at=opened_at,
            )
        _record(application, "", actor=actor, at=opened_at)
    return application


def check_documents(
    *,
    actor: Actor,
    application_id: int,
    seen_codes: Collection[str],
    checked_at: datetime.datetime,
    today: datetime.date,
    missing_reason: str = "",
) -> Application:
    """
    Write down which documents were seen; the next step begins when none is missing, or with the reason why one may.

    Files that the applicant has handed in before and that still count need no ticking.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToMoveApplication: with code `application_unknown`, `step_passed` or `document_unknown`.
    """
    with composing(_allowed(actor), reason=missing_reason or "check documents"):
        application = _lock(application_id, Step.DOCUMENTS)
        required = customers_queries.list_required_documents(
            procedure=Procedure.CONNECTION, party_id=application.party_id, today=today
        )
        if unknown := set(seen_codes) - {document.code for document in required}:
            raise UnableToMoveApplication("document_unknown", _("There is no such type of document."), codes=unknown)
        known = set(application.documents.values_list("type_code", flat=True))
        SeenDocument.objects.bulk_create(
            SeenDocument(
                application=application,
                type_code=document.code,
                name=document.name,
                attachment_id=document.attachment_id,
                seen_by=actor.name,
                seen_at=checked_at,
            )
            for document in required
            if document.code not in known and (document.code in seen_codes or document.attachment_id)
        )
        known = set(application.documents.values_list("type_code", flat=True))
        missing = [document.name for document in required if document.code not in known]
        if not missing or missing_reason.strip():
            application.documents_missing = missing
            _go_on(application, actor=actor, at=checked_at, today=today, reason=missing_reason)
    return application


def find_feasible(
    *, actor: Actor, application_id: int, feasibility: str, found_at: datetime.datetime, today: datetime.date
) -> Application:
    """
    Keep what the technical check found, and begin the next step.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToMoveApplication: with code `application_unknown`, `step_passed` or `feasibility_missing`.
    """
    if not feasibility.strip():
        raise UnableToMoveApplication("feasibility_missing", _("Say what the technical check found, and who made it."))
    with composing(_allowed(actor), reason=feasibility[:200]):
        application = _lock(application_id, Step.FEASIBILITY)
        application.feasibility = feasibility.strip()
        _go_on(application, actor=actor, at=found_at, today=today, reason=feasibility)
    return application


def settle_fees(
    *, actor: Actor, application_id: int, settled_at: datetime.datetime, today: datetime.date
) -> Application:
    """
    Begin the next step once every fee is decided on and every invoice of the application is paid.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToMoveApplication: with code `application_unknown`, `step_passed`, `quotation_open` or `fees_unpaid`.
    """
    with composing(_allowed(actor), reason="fees settled"):
        application = _lock(application_id, Step.FEES)
        standing = queries.get_fee_standing(application=application, today=today)
        if standing.open_count:
            raise UnableToMoveApplication(
                "quotation_open", _("A quotation is neither accepted nor cancelled."), count=standing.open_count
            )
        if standing.owed_minor:
            raise UnableToMoveApplication(
                "fees_unpaid", _("The fees are not paid yet."), owed_minor=standing.owed_minor
            )
        _go_on(application, actor=actor, at=settled_at, today=today)
    return application


def assign(*, actor: Actor, application_id: int, assigned_to: str, due_date: datetime.date) -> Application:
    """
    Say who sees to the step that an application is at, and until when.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToMoveApplication: with code `application_unknown` or `step_passed`.
    """
    with acting(_allowed(actor), reason="assign application"):
        application = _lock(application_id)
        application.assigned_to, application.due_date = assigned_to, due_date
        application.save(update_fields=["assigned_to", "due_date"])
    return application


def connect(*, actor: Actor, application_id: int, connected_at: datetime.datetime, **agreed: Any) -> int:
    """
    Connect the applicant by the front office's own act, and end the application with the agreement that came of it.

    agreed  as `customers.operations.connect_customer` takes it, besides the key, the account and what was checked

    :raises UnableToPermit: if the actor may not edit the register and agreements.
    :raises UnableToMoveApplication: with code `application_unknown` or `step_passed`.
    :raises UnableToConnect, UnableToSavePremise, UnableToSaveServicePoint, UnableToInstallMeter, UnableToStartService:
        as `connect_customer` does.
    """
    with composing(_allowed(actor), reason="connect applicant"):
        application = _find(application_id)
        if application.agreement_id is not None:
            return int(application.agreement_id)
        application = _lock(application_id, Step.ORDER)
        checked = Checked(
            documents_seen=list(application.documents.order_by("name").values_list("name", flat=True)),
            documents_missing=application.documents_missing,
            feasibility=application.feasibility or _("No technical check is asked for."),
        )
        agreement_id = customers.connect_customer(
            actor=actor,
            key=f"application:{application.pk}",
            account_id=application.account_id,
            checked=checked,
            **agreed,
        )
        application.agreement_id = agreement_id
        _move(application, Step.CONNECTED, actor=actor, at=connected_at)
    return agreement_id


def refuse(*, actor: Actor, application_id: int, reason: str, refused_at: datetime.datetime) -> Application:
    """
    Refuse an application, with the reason that the applicant is told; quotations that wait are cancelled.

    Refusing it again changes nothing.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToMoveApplication: with code `application_unknown`, `step_passed` or `reason_missing`.
    """
    return _end(Step.REFUSED, actor=actor, application_id=application_id, reason=reason, at=refused_at)


def withdraw(*, actor: Actor, application_id: int, reason: str, withdrawn_at: datetime.datetime) -> Application:
    """
    End an application that the applicant does not go on with; quotations that wait are cancelled.

    Withdrawing it again changes nothing.

    :raises UnableToPermit: if the actor may not edit agreements.
    :raises UnableToMoveApplication: with code `application_unknown`, `step_passed` or `reason_missing`.
    """
    return _end(Step.WITHDRAWN, actor=actor, application_id=application_id, reason=reason, at=withdrawn_at)


def save_step(*, actor: Actor, step: Step, days_allowed: int, is_used: bool, fee_codes: Sequence[str] = ()) -> StepRule:
    """
    Say how the company does a step; applications that are at it keep their due dates.

    :raises UnableToPermit: if the actor may not change settings.
    :raises UnableToSaveStep: with code `step_needed`, `days_out_of_range` or `fee_unknown`.
    """
    actor.require(Permission.SETTING_MANAGE)
    if not is_used and step not in OPTIONAL:
        raise UnableToSaveStep("step_needed", _("This step cannot be left out."))
    if not 1 <= days_allowed <= 365:
        raise UnableToSaveStep("days_out_of_range", _("A step takes 1 to 365 days."))
    if unknown := set(fee_codes) - {fee.code for fee in fees_queries.list_fee_cards()}:
        raise UnableToSaveStep("fee_unknown", _("There is no such fee."), codes=unknown)
    given = {"days_allowed": days_allowed, "is_used": is_used, "fee_codes": list(fee_codes)}
    with acting(actor, reason="set step up"):
        rule, _created = StepRule.objects.update_or_create(step=step, defaults=given)
    return rule


def _end(to_step: Step, *, actor: Actor, application_id: int, reason: str, at: datetime.datetime) -> Application:
    if not reason.strip():
        raise UnableToMoveApplication("reason_missing", _("Say why the application ends."))
    with composing(_allowed(actor), reason=reason):
        application = _find(application_id)
        if application.step == to_step:
            return application
        application = _lock(application_id)
        for quotation_id in queries.list_waiting_quotations(application=application):
            billing.cancel_quotation(
                actor=actor,
                quotation_id=quotation_id,
                reason=reason,
                cancelled_at=at,
                cancelled_date=at.date(),
            )
        application.reason = reason.strip()
        _move(application, to_step, actor=actor, at=at, reason=reason)
    return application


def _go_on(
    application: Application, *, actor: Actor, at: datetime.datetime, today: datetime.date, reason: str = ""
) -> None:
    """Begin the step that follows, with its due date; where it is fees, with an account and its quotations."""
    rules = queries.list_step_rules()
    step = next_step(Step(application.step), left_out=queries.steps_left_out(rules))
    application.due_date = today + datetime.timedelta(days=rules[step].days_allowed)
    application.assigned_to = ""
    if step is Step.FEES:
        _quote_fees(application, rules[step].fee_codes, actor=actor, at=at, today=today)
    _move(application, step, actor=actor, at=at, reason=reason)


def _quote_fees(
    application: Application, fee_codes: Sequence[str], *, actor: Actor, at: datetime.datetime, today: datetime.date
) -> None:
    """Open the applicant's account and quote what the step asks for, as far as its price depends on nothing else."""
    if application.account_id is None:
        opened = agreements.open_account(actor=actor, holder_id=application.party_id, opened_date=today)
        application.account_id = opened.pk
    for code in fee_codes:
        asked = fees_queries.list_asked_inputs(fee_code=code, on_date=today)
        if asked is None or any(not entry.default for entry in asked):
            continue  # it has no price today, or depends on a length or a size: it is quoted by hand
        fees.quote(
            actor=actor,
            key=f"application:{application.pk}:{code}"[:64],
            account_id=application.account_id,
            fee_code=code,
            quoted_at=at,
            quoted_date=today,
            note=application.code,
        )


def _allowed(actor: Actor) -> Actor:
    actor.require(Permission.AGREEMENT_EDIT)
    return actor


def _find(application_id: int) -> Application:
    found = Application.objects.select_for_update().filter(pk=application_id).first()
    if found is None:
        raise UnableToMoveApplication("application_unknown", _("There is no such application."))
    return found


def _lock(application_id: int, step: Step | None = None) -> Application:
    """Return an open application, locked; refuse one that is not at the step any more."""
    application = _find(application_id)
    if application.step not in OPEN or (step is not None and application.step != step):
        raise UnableToMoveApplication(
            "step_passed", _("The application is at another step now. Look at it again."), step=application.step
        )
    return application


def _move(application: Application, to_step: Step, *, actor: Actor, at: datetime.datetime, reason: str = "") -> None:
    from_step = application.step
    application.set_step(to_step)
    if to_step not in OPEN:
        application.due_date = None
    application.save()
    _record(application, from_step, actor=actor, at=at, reason=reason)


def _record(application: Application, from_step: str, *, actor: Actor, at: datetime.datetime, reason: str = "") -> None:
    record_move(
        object_kind=OBJECT_KIND,
        object_id=application.pk,
        from_state=from_step,
        to_state=application.step,
        actor=actor,
        at=at,
        reason=reason[:200],
    )


def _party(actor: Actor, customer: NewCustomer | int, *, on_date: datetime.date) -> int:
    if isinstance(customer, int):
        return customer
    return customers.register_customer(actor=actor, customer=customer, on_date=on_date)


def _next_code(on_date: datetime.date) -> str:
    return numbering.take_free_code(
        code=SERIES,
        prefix=PREFIX,
        on_date=on_date,
        is_taken=lambda code: Application.objects.filter(code=code).exists(),
    )


def _lock_key(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"connection:{key}"])
