"""Acts on customers and agreements: connect, change the customer, terms, units, exemptions, suspensions, notes."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Router, Schema

from hydria.agreements import operations as agreements
from hydria.agreements import queries as agreements_queries
from hydria.agreements.operations import DeliveryMode
from hydria.customers import operations as customers
from hydria.customers import queries as customers_queries
from hydria.customers.operations import Checked, FirstMeter, NewCustomer, NewPlace
from hydria.customers.queries import About
from hydria.metering.operations import NewMeter
from hydria.parties import operations as parties
from hydria.parties.operations import Identifier, IdentifierKind, PartyKind
from hydria.platform.access import Actor, Permission
from hydria.premises import operations as premises
from hydria.publicapi.web.paging import Page, Paging, show_page
from hydria.publicapi.web.problems import STATUSES, Problem
from hydria.publicapi.web.register import AGREE, EDIT, VIEW, agreement_cards, party_out
from hydria.publicapi.web.repeats import IdempotencyKey, IfMatch, Unless, answer_once, key_of
from hydria.publicapi.web.schemas import (
    AgreementOut,
    Code,
    Id,
    IdentifierIn,
    Line,
    LongLine,
    PartyIn,
    PartyOut,
    QuantityMilli,
    Reason,
    text,
)
from hydria.publicapi.web.security import actor_of

router = Router(tags=["acts on customers"])
Day = Annotated[datetime.date, Field(ge=datetime.date(1900, 1, 1), le=datetime.date(2199, 12, 31))]
FromDate = Annotated[Day, Field(description="The day from which it counts", examples=["2026-11-01"])]
UntilDate = Annotated[
    Day | None, Field(description="The day after the last one; until further notice when left out", examples=[None])
]


class NewPartyIn(PartyIn):
    """Somebody to register."""

    number: Literal[""] = ""


class PlaceIn(Schema):
    """A place to register: the premise and its service point."""

    address: Annotated[str, text(300, length_min=1, examples=["Calle del Sol 45"])]
    city: Annotated[str, text(100)] = ""
    cadastral_code: Annotated[str, text(60)] = ""
    service_code: Annotated[Code, Field(examples=["WATER"])]
    route_code: Annotated[Code, Field(examples=["R0001"])]
    unit_count: Annotated[int, Field(ge=1, le=100_000)] = 1
    is_disconnectable: bool


class FirstMeterIn(Schema):
    """The meter of a new place."""

    serial: Annotated[str, text(40, length_min=1, examples=["H0012345"])]
    make: Annotated[str, text(60)] = ""
    size: Annotated[str, text(20)] = ""
    digits: Annotated[int, Field(ge=3, le=9)] = 5
    initial_milli: QuantityMilli = 0
    evidence: Annotated[str, text(250, length_min=1, examples=["Order 17"])]


class ConnectionIn(Schema):
    """A customer to connect: a registered party or a new one, at a registered point or a new one."""

    party_id: Id | None = None
    party: NewPartyIn | None = None
    service_point_id: Id | None = None
    place: PlaceIn | None = None
    meter: FirstMeterIn | None = None
    start_date: FromDate
    tariff_code: Annotated[Code, Field(examples=["agua_urbana"])]
    category_code: Annotated[Code, Field(examples=["household"])]
    delivery_mode: Literal["PAPER", "EMAIL"] = "PAPER"
    feasibility: Annotated[str, text(250, length_min=1, examples=["Main in front; P. Lantigua"])]
    documents_seen: Annotated[list[Line], Field(max_length=20)] = []
    documents_missing: Annotated[list[Line], Field(max_length=20)] = []


class CustomerOut(Schema):
    """The account and the agreement that came of it."""

    account_id: int
    agreement_id: int


class DialIn(Schema):
    """What a dial shows."""

    register_id: Id
    value_milli: QuantityMilli


class MoveIn(Schema):
    """Another customer for a place; the debt stays with the one who leaves."""

    party_id: Id | None = None
    party: NewPartyIn | None = None
    from_date: FromDate
    readings: Annotated[list[DialIn], Field(max_length=10, examples=[[]])] = []
    reason: Reason


class EndIn(Schema):
    """How a supply ends."""

    end_date: Annotated[Day, Field(description="The day after the last one supplied", examples=["2026-12-01"])]
    readings: Annotated[list[DialIn], Field(max_length=10, examples=[[]])] = []
    reason: Reason


class HolderIn(Schema):
    """Who takes an account over with all it owes."""

    holder_id: Id
    from_date: FromDate
    reason: Reason


class TermsIn(Schema):
    """What an agreement is billed by."""

    from_date: FromDate
    tariff_code: Annotated[Code, Field(examples=["agua_urbana"])]
    category_code: Annotated[Code, Field(examples=["household"])]
    reason: Reason


class UnitsIn(Schema):
    """How many units of a category a point serves; 0 ends the category."""

    from_date: FromDate
    category_code: Annotated[Code, Field(examples=["household"])]
    unit_count: Annotated[int, Field(ge=0, le=100_000)]
    reason: Reason


class ExemptionIn(Schema):
    """A tax or charge that is not owed."""

    code: Annotated[Code, Field(description="The tariff's input without `exempt_`", examples=["itbis"])]
    evidence: Annotated[str, text(200, length_min=1, examples=["Certificate 2026-118"])]
    from_date: FromDate
    until_date: UntilDate = None


class ExclusionIn(Schema):
    """Why an agreement is not billed."""

    from_date: FromDate
    until_date: UntilDate = None
    review_date: Annotated[Day | None, Field(examples=["2027-01-01"])] = None
    reason: Annotated[str, text(200, length_min=1)]


class SuspensionIn(Schema):
    """A time without supply."""

    from_date: FromDate
    until_date: UntilDate = None
    is_billed: Annotated[bool, Field(description="Whether the tariff goes on being due")]
    reason: Annotated[str, text(200, length_min=1)]


class FromIn(Schema):
    """A day and a reason."""

    from_date: FromDate
    reason: Annotated[str, text(200, length_min=1)]


class ParticularsIn(Schema):
    """How a party is called and reached."""

    name: Annotated[str, text(200, length_min=1, examples=["María Núñez"])]
    email: Annotated[str, text(254)] = ""
    phone: Annotated[str, text(50)] = ""
    address: LongLine = ""
    language: Literal["", "es", "en", "el"] = ""
    reason: Reason


class NoteIn(Schema):
    """Something to remember."""

    text: Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"^[^\x00]*$", examples=["Called twice"])]


class NoteOut(Schema):
    """What somebody wrote down."""

    id: int
    text: str
    written_by: str
    written_at: datetime.datetime


@router.post("/customers", response={201: CustomerOut, STATUSES: Problem}, openapi_extra=AGREE)
def connect_customer(request: HttpRequest, idempotency_key: IdempotencyKey, body: ConnectionIn) -> HttpResponse:
    """Connect a customer in one act: party, place, meter, account and agreement; also needs `register.edit`."""
    actor, key = actor_of(request), key_of(request, idempotency_key)
    return answer_once(request, key=idempotency_key, act=lambda: _customer_out(connect(actor, key, body)))


def connect(actor: Actor, key: str, body: ConnectionIn) -> int:
    """Connect a customer under a key and return the agreement."""
    meter = body.meter
    return customers.connect_customer(
        actor=actor,
        key=key,
        customer=_customer(body.party_id, body.party),
        place=_place(body),
        start_date=body.start_date,
        tariff_code=body.tariff_code,
        category_code=body.category_code,
        checked=Checked(**body.model_dump(include={"documents_seen", "documents_missing", "feasibility"})),
        first_meter=None
        if meter is None
        else FirstMeter(
            meter=NewMeter(serial=meter.serial, make=meter.make, size=meter.size, digits=meter.digits),
            initial_milli=meter.initial_milli,
            evidence=meter.evidence,
        ),
        delivery_mode=DeliveryMode(body.delivery_mode),
    )


@router.post("/agreements/{agreement_id}/customer", response={201: CustomerOut, STATUSES: Problem}, openapi_extra=AGREE)
def move_customer(
    request: HttpRequest, agreement_id: Id, idempotency_key: IdempotencyKey, body: MoveIn
) -> HttpResponse:
    """Give a place to another customer, with the final reading of the one who leaves."""

    def act() -> CustomerOut:
        new_id = customers.move_customer(
            actor=actor_of(request),
            key=key_of(request, idempotency_key),
            agreement_id=agreement_id,
            customer=_customer(body.party_id, body.party),
            from_date=body.from_date,
            shown_milli=_shown(body.readings),
            reason=body.reason,
            checked=Checked(),
            today=timezone.localdate(),
        )
        return _customer_out(new_id)

    return answer_once(request, key=idempotency_key, act=act)


@router.post("/agreements/{agreement_id}/end", response={200: AgreementOut, STATUSES: Problem}, openapi_extra=AGREE)
def end_supply(
    request: HttpRequest, agreement_id: Id, idempotency_key: IdempotencyKey, body: EndIn, if_match: IfMatch = ""
) -> HttpResponse:
    """End a supply with what its dials show on the day."""
    return _act_on_agreement(
        request,
        agreement_id,
        idempotency_key,
        if_match,
        lambda: customers.end_supply(
            actor=actor_of(request),
            agreement_id=agreement_id,
            end_date=body.end_date,
            shown_milli=_shown(body.readings),
            reason=body.reason,
            today=timezone.localdate(),
        ),
    )


@router.post("/agreements/{agreement_id}/terms", response={200: AgreementOut, STATUSES: Problem}, openapi_extra=AGREE)
def change_terms(
    request: HttpRequest, agreement_id: Id, idempotency_key: IdempotencyKey, body: TermsIn, if_match: IfMatch = ""
) -> HttpResponse:
    """Change the tariff or the category of an agreement from a day on."""
    return _act_on_agreement(
        request,
        agreement_id,
        idempotency_key,
        if_match,
        lambda: agreements.change_terms(
            actor=actor_of(request),
            agreement_id=agreement_id,
            inputs=agreements_queries.get_inputs(agreement_id=agreement_id),
            **body.model_dump(),
        ),
    )


@router.post(
    "/agreements/{agreement_id}/exemptions", response={200: AgreementOut, STATUSES: Problem}, openapi_extra=AGREE
)
def grant_exemption(
    request: HttpRequest, agreement_id: Id, idempotency_key: IdempotencyKey, body: ExemptionIn, if_match: IfMatch = ""
) -> HttpResponse:
    """Free an agreement from a tax or charge, with the evidence."""
    return _act_on_agreement(
        request,
        agreement_id,
        idempotency_key,
        if_match,
        lambda: agreements.grant_exemption(actor=actor_of(request), agreement_id=agreement_id, **body.model_dump()),
    )


@router.post(
    "/agreements/{agreement_id}/exclusions", response={200: AgreementOut, STATUSES: Problem}, openapi_extra=AGREE
)
def exclude_from_billing(
    request: HttpRequest, agreement_id: Id, idempotency_key: IdempotencyKey, body: ExclusionIn, if_match: IfMatch = ""
) -> HttpResponse:
    """Leave an agreement out of billing, with the reason and the day to look again."""
    return _act_on_agreement(
        request,
        agreement_id,
        idempotency_key,
        if_match,
        lambda: agreements.exclude_from_billing(
            actor=actor_of(request), agreement_id=agreement_id, **body.model_dump()
        ),
    )


@router.post(
    "/agreements/{agreement_id}/inclusion", response={200: AgreementOut, STATUSES: Problem}, openapi_extra=AGREE
)
def include_in_billing(
    request: HttpRequest, agreement_id: Id, idempotency_key: IdempotencyKey, body: FromIn, if_match: IfMatch = ""
) -> HttpResponse:
    """Bill an agreement again from a day on."""
    return _act_on_agreement(
        request,
        agreement_id,
        idempotency_key,
        if_match,
        lambda: agreements.include_in_billing(actor=actor_of(request), agreement_id=agreement_id, **body.model_dump()),
    )


@router.post(
    "/agreements/{agreement_id}/suspensions", response={200: AgreementOut, STATUSES: Problem}, openapi_extra=AGREE
)
def suspend_service(
    request: HttpRequest, agreement_id: Id, idempotency_key: IdempotencyKey, body: SuspensionIn, if_match: IfMatch = ""
) -> HttpResponse:
    """Interrupt a supply; the agreement stays."""
    return _act_on_agreement(
        request,
        agreement_id,
        idempotency_key,
        if_match,
        lambda: agreements.suspend_service(actor=actor_of(request), agreement_id=agreement_id, **body.model_dump()),
    )


@router.post(
    "/agreements/{agreement_id}/resumption", response={200: AgreementOut, STATUSES: Problem}, openapi_extra=AGREE
)
def resume_service(
    request: HttpRequest, agreement_id: Id, idempotency_key: IdempotencyKey, body: FromIn, if_match: IfMatch = ""
) -> HttpResponse:
    """Supply again from a day on."""
    return _act_on_agreement(
        request,
        agreement_id,
        idempotency_key,
        if_match,
        lambda: agreements.resume_service(actor=actor_of(request), agreement_id=agreement_id, **body.model_dump()),
    )


@router.post("/service-points/{point_id}/units", response={204: None, STATUSES: Problem}, openapi_extra=EDIT)
def change_units(request: HttpRequest, point_id: Id, idempotency_key: IdempotencyKey, body: UnitsIn) -> HttpResponse:
    """Change how many units of a category a point serves; asking for the count in force changes nothing."""
    premises.change_units(actor=actor_of(request), service_point_id=point_id, **body.model_dump())
    return HttpResponse(status=204)


@router.post("/accounts/{account_id}/holder", response={204: None, STATUSES: Problem}, openapi_extra=AGREE)
def change_holder(
    request: HttpRequest, account_id: Id, idempotency_key: IdempotencyKey, body: HolderIn
) -> HttpResponse:
    """Hand an account over with all that is agreed and owed; naming the holder in force changes nothing."""
    agreements.change_holder(actor=actor_of(request), account_id=account_id, **body.model_dump())
    return HttpResponse(status=204)


@router.post("/parties/{party_id}/particulars", response={200: PartyOut, STATUSES: Problem}, openapi_extra=EDIT)
def change_party(
    request: HttpRequest, party_id: Id, idempotency_key: IdempotencyKey, body: ParticularsIn, if_match: IfMatch = ""
) -> HttpResponse:
    """Change how a party is called and reached."""

    def act() -> PartyOut:
        parties.change_party(actor=actor_of(request), party_id=party_id, **body.model_dump())
        return party_out(party_id)

    unless = Unless(if_match=if_match, kind="party", object_id=party_id, shown=lambda: party_out(party_id))
    return answer_once(request, key=idempotency_key, act=act, status=200, unless=unless)


@router.post("/parties/{party_id}/identifiers", response={204: None, STATUSES: Problem}, openapi_extra=EDIT)
def add_identifier(
    request: HttpRequest, party_id: Id, idempotency_key: IdempotencyKey, body: IdentifierIn
) -> HttpResponse:
    """Add an official number to a party; adding the one it has changes nothing."""
    number = Identifier(kind=IdentifierKind(body.kind), country=body.country, value=body.value)
    parties.add_identifier(actor=actor_of(request), party_id=party_id, identifier=number)
    return HttpResponse(status=204)


@router.get("/accounts/{account_id}/notes", response={200: Page[NoteOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_notes(request: HttpRequest, account_id: Id, asked: Paging) -> Any:
    """List the notes of an account, newest first."""
    actor = actor_of(request)
    agreements_queries.access_account(actor=actor, account_id=account_id)
    rows = customers_queries.list_notes(actor=actor, account_id=account_id)
    return show_page(request, rows, asked=asked, card=list, row=NoteOut, newest_first=True)


@router.post("/accounts/{account_id}/notes", response={201: NoteOut, STATUSES: Problem}, openapi_extra=EDIT)
def write_note(request: HttpRequest, account_id: Id, idempotency_key: IdempotencyKey, body: NoteIn) -> HttpResponse:
    """Write something down about an account; also needs `register.view`."""

    def act() -> NoteOut:
        actor = actor_of(request)
        actor.require(Permission.REGISTER_EDIT)
        agreements_queries.access_account(actor=actor, account_id=account_id)
        about = About(account_id=account_id)
        note = customers.write_note(actor=actor, about=about, text=body.text, written_at=timezone.now())
        return NoteOut.from_orm(note)

    return answer_once(request, key=idempotency_key, act=act)


def _act_on_agreement(
    request: HttpRequest, agreement_id: int, key: str, if_match: str, operation: Callable[[], object]
) -> HttpResponse:
    """Do something to an agreement once, and answer with how it stands then."""

    def act() -> AgreementOut:
        operation()
        return shown()

    def shown() -> AgreementOut:
        return AgreementOut(**agreement_cards([agreements_queries.get_agreement(agreement_id=agreement_id)])[0])

    unless = Unless(if_match=if_match, kind="agreement", object_id=agreement_id, shown=shown)
    return answer_once(request, key=key, act=act, status=200, unless=unless)


def _customer(party_id: int | None, party: NewPartyIn | None) -> NewCustomer | int:
    if party_id is not None or party is None:
        return party_id or 0  # nobody: the operation says that there is no such party
    return NewCustomer(
        kind=PartyKind(party.kind),
        identifiers=[
            Identifier(kind=IdentifierKind(given.kind), country=given.country, value=given.value)
            for given in party.identifiers
        ],
        **party.model_dump(include={"name", "email", "phone", "address", "language"}),
    )


def _place(body: ConnectionIn) -> NewPlace | int:
    if body.service_point_id is not None or body.place is None:
        return body.service_point_id or 0  # nowhere: the operation says that there is no such point
    return NewPlace(category_code=body.category_code, is_metered=body.meter is not None, **body.place.model_dump())


def _shown(readings: list[DialIn]) -> dict[int, int]:
    return {dial.register_id: dial.value_milli for dial in readings}


def _customer_out(agreement_id: int) -> CustomerOut:
    agreement = agreements_queries.get_agreement(agreement_id=agreement_id)
    return CustomerOut(account_id=agreement.account_id, agreement_id=agreement.pk)
