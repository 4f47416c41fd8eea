"""The register: parties, premises, service points, accounts, agreements, meters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from hydria.agreements import operations as agreements
from hydria.agreements import queries as agreements_queries
from hydria.agreements.operations import DeliveryMode
from hydria.metering import queries as metering_queries
from hydria.ownfields.queries import own_fields_of
from hydria.parties import operations as parties
from hydria.parties import queries as parties_queries
from hydria.parties.operations import Identifier, IdentifierKind, PartyKind
from hydria.platform.access import SYSTEM, Actor, Permission
from hydria.premises import operations as premises
from hydria.premises import queries as premises_queries
from hydria.publicapi.web import schemas
from hydria.publicapi.web.paging import Page, Paging, show_page
from hydria.publicapi.web.problems import STATUSES, Problem
from hydria.publicapi.web.repeats import IdempotencyKey, answer_once
from hydria.publicapi.web.schemas import NO_CONTROL_CHARACTERS, Id
from hydria.publicapi.web.security import actor_of

router = Router(tags=["register"])
T = TypeVar("T", bound=Model)
Filter = Annotated[str, Query(max_length=60, pattern=NO_CONTROL_CHARACTERS)]
VIEW = {"x-scope": Permission.REGISTER_VIEW}
EDIT = {"x-scope": Permission.REGISTER_EDIT}
AGREE = {"x-scope": Permission.AGREEMENT_EDIT}


@router.get("/parties", response={200: Page[schemas.PartyOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_parties(request: HttpRequest, asked: Paging, number: Filter = "") -> Any:
    """List parties, or the one with a number."""
    rows = _with_own(parties_queries.list_parties(actor=actor_of(request)), "party")
    return show_page(
        request, rows.filter(number=number) if number else rows, asked=asked, card=list, row=schemas.PartyOut
    )


@router.post("/parties", response={201: schemas.PartyOut, STATUSES: Problem}, openapi_extra=EDIT)
def register_party(request: HttpRequest, idempotency_key: IdempotencyKey, body: schemas.PartyIn) -> HttpResponse:
    """Register a person or an organization."""
    actor = actor_of(request)
    return answer_once(request, key=idempotency_key, act=lambda: schemas.PartyOut.from_orm(save_party(actor, body)))


def save_party(actor: Actor, body: schemas.PartyIn) -> Any:
    """Register a party from today on."""
    return parties.register_party(
        actor=actor,
        kind=PartyKind(body.kind),
        name=body.name,
        on_date=timezone.localdate(),
        identifiers=[
            Identifier(kind=IdentifierKind(given.kind), country=given.country, value=given.value)
            for given in body.identifiers
        ],
        **body.model_dump(include={"number", "email", "phone", "address", "language"}),
    )


@router.get("/parties/{party_id}", response={200: schemas.PartyOut, STATUSES: Problem}, openapi_extra=VIEW)
def show_party(request: HttpRequest, party_id: Id) -> Any:
    """Show a party."""
    return _with_own(parties_queries.list_parties(actor=actor_of(request)), "party").get(pk=party_id)


@router.get("/premises", response={200: Page[schemas.PremiseOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_premises(
    request: HttpRequest,
    asked: Paging,
    number: Filter = "",
    cadastral_code: Filter = "",
) -> Any:
    """List premises, or those with a number or a cadastral code."""
    rows = _with_own(premises_queries.list_premises(actor=actor_of(request)), "premise")
    wanted = {"number": number, "cadastral_code": cadastral_code}
    return show_page(
        request,
        rows.filter(**{name: value for name, value in wanted.items() if value}),
        asked=asked,
        card=list,
        row=schemas.PremiseOut,
    )


@router.post("/premises", response={201: schemas.PremiseOut, STATUSES: Problem}, openapi_extra=EDIT)
def register_premise(request: HttpRequest, idempotency_key: IdempotencyKey, body: schemas.PremiseIn) -> HttpResponse:
    """Register a place."""
    actor = actor_of(request)
    return answer_once(request, key=idempotency_key, act=lambda: schemas.PremiseOut.from_orm(save_premise(actor, body)))


def save_premise(actor: Actor, body: schemas.PremiseIn) -> Any:
    """Register a place from today on."""
    return premises.register_premise(actor=actor, on_date=timezone.localdate(), **body.model_dump())


@router.get("/premises/{premise_id}", response={200: schemas.PremiseOut, STATUSES: Problem}, openapi_extra=VIEW)
def show_premise(request: HttpRequest, premise_id: Id) -> Any:
    """Show a place."""
    return _with_own(premises_queries.list_premises(actor=actor_of(request)), "premise").get(pk=premise_id)


@router.get("/service-points", response={200: Page[schemas.ServicePointOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_service_points(request: HttpRequest, asked: Paging, number: Filter = "") -> Any:
    """List service points, or the one with a number."""
    rows = _with_own(premises_queries.list_service_points(actor=actor_of(request)), "service_point")
    return show_page(
        request,
        rows.filter(number=number) if number else rows,
        asked=asked,
        card=_point_cards,
        row=schemas.ServicePointOut,
    )


@router.post("/service-points", response={201: schemas.ServicePointOut, STATUSES: Problem}, openapi_extra=EDIT)
def register_service_point(
    request: HttpRequest, idempotency_key: IdempotencyKey, body: schemas.ServicePointIn
) -> HttpResponse:
    """Register where a service is delivered."""
    actor = actor_of(request)
    return answer_once(
        request, key=idempotency_key, act=lambda: schemas.ServicePointOut(**_point_cards([save_point(actor, body)])[0])
    )


def save_point(actor: Actor, body: schemas.ServicePointIn) -> Any:
    """Register a service point from today on."""
    return premises.register_service_point(actor=actor, on_date=timezone.localdate(), **body.model_dump())


@router.get(
    "/service-points/{point_id}", response={200: schemas.ServicePointOut, STATUSES: Problem}, openapi_extra=VIEW
)
def show_service_point(request: HttpRequest, point_id: Id) -> Any:
    """Show a service point."""
    (card,) = _point_cards(
        [_with_own(premises_queries.list_service_points(actor=actor_of(request)), "service_point").get(pk=point_id)]
    )
    return card


@router.get("/accounts", response={200: Page[schemas.AccountOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_accounts(request: HttpRequest, asked: Paging, number: Filter = "") -> Any:
    """List accounts with their holders, or the one with a number."""
    rows = _with_own(agreements_queries.list_accounts(actor=actor_of(request), today=timezone.localdate()), "account")
    return show_page(
        request, rows.filter(number=number) if number else rows, asked=asked, card=list, row=schemas.AccountOut
    )


@router.post("/accounts", response={201: schemas.AccountOut, STATUSES: Problem}, openapi_extra=AGREE)
def open_account(request: HttpRequest, idempotency_key: IdempotencyKey, body: schemas.AccountIn) -> HttpResponse:
    """Open an account for a holder from today on."""
    actor = actor_of(request)
    return answer_once(request, key=idempotency_key, act=lambda: _account_out(save_account(actor, body).pk, actor))


def save_account(actor: Actor, body: schemas.AccountIn) -> Any:
    """Open an account from today on."""
    return agreements.open_account(
        actor=actor,
        opened_date=timezone.localdate(),
        delivery_mode=DeliveryMode(body.delivery_mode),
        **body.model_dump(exclude={"delivery_mode"}),
    )


@router.get("/accounts/{account_id}", response={200: schemas.AccountOut, STATUSES: Problem}, openapi_extra=VIEW)
def show_account(request: HttpRequest, account_id: Id) -> Any:
    """Show an account with its holder."""
    return _account_out(account_id, actor_of(request))


@router.get("/agreements", response={200: Page[schemas.AgreementOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_agreements(
    request: HttpRequest,
    asked: Paging,
    account_id: Annotated[Id | None, Query()] = None,
    service_point_id: Annotated[Id | None, Query()] = None,
) -> Any:
    """List service agreements, of an account or at a point."""
    rows = agreements_queries.list_agreements(actor=actor_of(request))
    wanted = {"account_id": account_id, "service_point_id": service_point_id}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    return show_page(request, rows, asked=asked, card=agreement_cards, row=schemas.AgreementOut)


@router.post("/agreements", response={201: schemas.AgreementOut, STATUSES: Problem}, openapi_extra=AGREE)
def start_service(request: HttpRequest, idempotency_key: IdempotencyKey, body: schemas.AgreementIn) -> HttpResponse:
    """Agree on a service at a point from a day on."""
    actor = actor_of(request)
    return answer_once(
        request,
        key=idempotency_key,
        act=lambda: schemas.AgreementOut(**agreement_cards([save_agreement(actor, body)])[0]),
    )


def save_agreement(actor: Actor, body: schemas.AgreementIn) -> Any:
    """Agree on a service from a day on."""
    return agreements.start_service(actor=actor, **body.model_dump())


@router.get("/agreements/{agreement_id}", response={200: schemas.AgreementOut, STATUSES: Problem}, openapi_extra=VIEW)
def show_agreement(request: HttpRequest, agreement_id: Id) -> Any:
    """Show a service agreement with its terms."""
    (card,) = agreement_cards([agreements_queries.list_agreements(actor=actor_of(request)).get(pk=agreement_id)])
    return card


@router.get("/meters", response={200: Page[schemas.MeterOut], STATUSES: Problem}, openapi_extra=VIEW)
def list_meters(request: HttpRequest, asked: Paging, serial: Filter = "") -> Any:
    """List meters with their dials and places, or those with a serial."""
    rows = _with_own(metering_queries.list_meters(actor=actor_of(request)), "meter")
    return show_page(
        request, rows.filter(serial=serial) if serial else rows, asked=asked, card=_meter_cards, row=schemas.MeterOut
    )


@router.get("/meters/{meter_id}", response={200: schemas.MeterOut, STATUSES: Problem}, openapi_extra=VIEW)
def show_meter(request: HttpRequest, meter_id: Id) -> Any:
    """Show a meter with its dials and places."""
    (card,) = _meter_cards([_with_own(metering_queries.list_meters(actor=actor_of(request)), "meter").get(pk=meter_id)])
    return card


def party_out(party_id: int) -> schemas.PartyOut:
    """Return a party as the API shows it, to whoever may act on it."""
    return schemas.PartyOut.from_orm(_with_own(parties_queries.list_parties(actor=SYSTEM), "party").get(pk=party_id))


def _with_own(rows: QuerySet[T], subject: str) -> QuerySet[T]:
    """Give rows what the company's own fields hold of them."""
    return rows.annotate(own_fields=own_fields_of(subject, "pk"))


def _account_out(account_id: int, actor: Actor) -> schemas.AccountOut:
    accounts = _with_own(agreements_queries.list_accounts(actor=actor, today=timezone.localdate()), "account")
    return schemas.AccountOut.from_orm(accounts.get(pk=account_id))


def _point_cards(points: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": point.pk,
            "number": point.number,
            "premise_id": point.premise_id,
            "service": point.service.code,
            "route": point.route.code,
            "route_sequence": point.route_sequence,
            "is_metered": point.is_metered,
            "is_disconnectable": point.is_disconnectable,
            "own_fields": getattr(point, "own_fields", {}),
            "units": [
                {"category": units.category.code, "unit_count": units.unit_count, **_days(units.valid_during)}
                for units in point.units.all()
            ],
        }
        for point in points
    ]


def agreement_cards(agreements: Sequence[Any]) -> list[dict[str, Any]]:
    """Return agreements with their terms as the API shows them."""
    return [
        {
            "id": agreement.pk,
            "number": agreement.number,
            "account_id": agreement.account_id,
            "service_point_id": agreement.service_point_id,
            **_days(agreement.valid_during),
            "terms": [
                {
                    "tariff_code": terms.tariff_code,
                    "category": terms.category.code,
                    "inputs": terms.inputs,
                    **_days(terms.valid_during),
                }
                for terms in agreement.terms.all()
            ],
        }
        for agreement in agreements
    ]


def _meter_cards(meters: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": meter.pk,
            "serial": meter.serial,
            "make": meter.make,
            "model": meter.model,
            "size": meter.size,
            "own_fields": getattr(meter, "own_fields", {}),
            "registers": list(meter.registers.all()),
            "installations": [
                {
                    "service_point_id": installation.service_point_id,
                    "initial_milli": installation.initial_milli,
                    "final_milli": installation.final_milli,
                    **_days(installation.valid_during),
                }
                for installation in meter.installations.all()
            ],
        }
        for meter in meters
    ]


def _days(valid_during: Any) -> dict[str, Any]:  # psycopg's range, or a pair before it was stored
    start_date, end_date = valid_during if isinstance(valid_during, tuple) else (valid_during.lower, valid_during.upper)
    return {"start_date": start_date, "end_date": end_date}
