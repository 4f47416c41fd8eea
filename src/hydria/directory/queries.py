"""Reads of the directory: the pages of a person, a premise and a service point; selections and acts on many rows."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from hydria.agreements import queries as agreements
from hydria.agreements import searching as agreed
from hydria.agreements.searching import PartyLink, PointCustomer, SupplyState
from hydria.directory.domain.acts import ActKind, ActState
from hydria.directory.models import BulkAct, BulkActRow, Selection, SelectionMember
from hydria.metering import queries as metering
from hydria.metering.queries import ConsumptionCard, InstallationCard
from hydria.parties import queries as parties
from hydria.parties.queries import PartyCard
from hydria.platform.access import Actor, Permission
from hydria.premises import queries as premises
from hydria.premises.queries import PointLine, PremisePartyCard, UnitsCard
from hydria.receivables import queries as receivables
from hydria.receivables.queries import NOTHING, Balance

MONTHS_SHOWN = 24
MONEY_LISTS = ("debtors", "balances")
"""Lists whose filters tell who owes; selections of them are for those who may see receivables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOfPerson:
    """An account on which somebody has a role; the balance is None where the reader may not see it."""

    link: PartyLink
    address: str
    balance: Balance | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPage:
    """A person with every account, whether as holder or not, and what all that they hold owe together."""

    party: PartyCard
    notes: str
    accounts: tuple[AccountOfPerson, ...]
    premises: tuple[PremisePartyCard, ...]
    balance: Balance | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PremisePage:
    """A premise with its service points, its owners and its tenants."""

    premise_id: int
    number: str
    address: str
    city: str
    cadastral_code: str
    coordinates: str
    points: tuple[PointLine, ...]
    parties: tuple[PremisePartyCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointPage:
    """A service point with its place, who was and is its customer, its meters and what was used; the newest first."""

    service_point_id: int
    number: str
    premise_id: int
    address: str
    service: str
    unit: str
    route: str
    sector: str
    zone: str
    supply: SupplyState
    is_metered: bool
    is_disconnectable: bool
    units: tuple[UnitsCard, ...]
    customers: tuple[PointCustomer, ...]
    meters: tuple[InstallationCard, ...]
    used: tuple[ConsumptionCard, ...] | None


def get_person_page(*, actor: Actor, party_id: int, today: datetime.date) -> PersonPage:
    """
    Gather the page of a person in a fixed number of queries.

    :raises UnableToPermit: if the actor may not see the register.
    :raises Party.DoesNotExist: if there is no such party.
    """
    party = parties.access_party(actor=actor, party_id=party_id)
    links = agreed.list_party_links(party_id=party_id)
    account_ids = list(dict.fromkeys(link.account_id for link in links))
    lines = {line.account_id: line for line in agreements.list_account_lines(account_ids=account_ids, today=today)}
    balances = None
    if actor.may(Permission.RECEIVABLE_VIEW):
        balances = receivables.get_balances(account_ids=account_ids, today=today)
    held = {link.account_id for link in links if link.role == "HOLDER" and _is_in_force(link, today)}
    return PersonPage(
        party=parties.get_party_cards(party_ids=[party_id])[party_id],
        notes=party.notes,
        accounts=tuple(
            AccountOfPerson(
                link=link,
                address=lines[link.account_id].address,
                balance=None if balances is None else balances.get(link.account_id, NOTHING),
            )
            for link in links
        ),
        premises=tuple(premises.list_premise_parties(party=party_id)),
        balance=None if balances is None else _add_up([balances[key] for key in held if key in balances]),
    )


def _is_in_force(link: PartyLink, today: datetime.date) -> bool:
    return link.start_date <= today and (link.end_date is None or today < link.end_date)


def _add_up(balances: list[Balance]) -> Balance:
    return Balance(
        owed_minor=sum(balance.owed_minor for balance in balances),
        overdue_minor=sum(balance.overdue_minor for balance in balances),
        held_minor=sum(balance.held_minor for balance in balances),
        oldest_due_date=min((day for balance in balances if (day := balance.oldest_due_date)), default=None),
    )


def get_premise_page(*, actor: Actor, premise_id: int) -> PremisePage:
    """
    Gather the page of a premise in a fixed number of queries.

    :raises UnableToPermit: if the actor may not see the register.
    :raises Premise.DoesNotExist: if there is no such premise.
    """
    premise = premises.access_premise(actor=actor, premise_id=premise_id)
    point_ids = premises.list_service_points(actor=actor).filter(premise=premise_id).order_by("number")
    coordinates = "" if premise.latitude is None else f"{premise.latitude}, {premise.longitude}"
    return PremisePage(
        premise_id=premise.pk,
        number=premise.number,
        address=premise.address,
        city=premise.city,
        cadastral_code=premise.cadastral_code or "",
        coordinates=coordinates,
        points=tuple(premises.list_point_lines(service_point_ids=list(point_ids.values_list("id", flat=True)))),
        parties=tuple(premises.list_premise_parties(premise=premise_id)),
    )


def get_point_page(*, actor: Actor, service_point_id: int, today: datetime.date) -> PointPage:
    """
    Gather the page of a service point in a fixed number of queries.

    :raises UnableToPermit: if the actor may not see the register.
    :raises ServicePoint.DoesNotExist: if there is no such point.
    """
    point = premises.access_service_point(actor=actor, service_point_id=service_point_id)
    stands = premises.list_service_points(actor=actor).filter(pk=service_point_id)
    supply = stands.annotate(state=agreed.supply_of("pk", on_date=today)).values_list("state", flat=True).get()
    used = None
    if actor.may(Permission.READING_VIEW):
        since_date = today.replace(day=1) - datetime.timedelta(days=round(MONTHS_SHOWN * 30.44))
        found = metering.list_consumptions(service_point_ids=[service_point_id], from_date=since_date)
        used = tuple(reversed(found[service_point_id]))
    return PointPage(
        service_point_id=point.pk,
        number=point.number,
        premise_id=point.premise_id,
        address=point.premise.address,
        service=point.service.name,
        unit=point.service.unit,
        route=f"{point.route.code} / {point.route_sequence}",
        sector=point.route.sector.name,
        zone=point.route.sector.zone.name,
        supply=SupplyState(supply),
        is_metered=point.is_metered,
        is_disconnectable=point.is_disconnectable,
        units=tuple(premises.list_units(service_point_id=service_point_id, on_date=today)),
        customers=tuple(agreed.list_point_customers(service_point_id=service_point_id)),
        meters=tuple(metering.list_installations(service_point_ids=[service_point_id])),
        used=used,
    )


# Selections and acts on many rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionCard:
    """A selection as shown; `member_count` is None for one that finds its members anew each time."""

    id: int
    name: str
    subject: str
    subject_label: str
    listing: str
    query: str
    is_frozen: bool
    member_count: int | None
    purpose: str
    made_by: str
    made_at: datetime.datetime
    is_retired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ActCard:
    """An act on many rows as shown, with how many rows are in each state."""

    id: int
    kind: ActKind
    label: str
    subject: str
    state: ActState
    state_label: str
    reason: str
    listing: str
    query: str
    row_count: int
    counts: dict[str, int]
    requested_by: str
    requested_at: datetime.datetime
    undoes_id: int | None
    undone_by_id: int | None


def list_selections(*, actor: Actor) -> QuerySet[Selection]:
    """
    Return the selections in use.

    :raises UnableToPermit: if the actor may not see the register.
    """
    actor.require(Permission.REGISTER_VIEW)
    found = Selection.objects.filter(retired_at=None)
    return found if actor.may(Permission.RECEIVABLE_VIEW) else found.exclude(listing__in=MONEY_LISTS)


def list_usable_selections(*, actor: Actor, subject: str) -> list[SelectionCard]:
    """Return the selections of a subject by name, for who may see the register; none for others."""
    if not actor.may(Permission.REGISTER_VIEW):
        return []
    return [_selection_card(found) for found in list_selections(actor=actor).filter(subject=subject).order_by("name")]


def access_selection(*, actor: Actor, selection_id: int) -> SelectionCard:
    """
    Return a selection that the actor may see, retired or not.

    :raises UnableToPermit: if the actor may not see the register, or not the list that it was kept of.
    :raises Selection.DoesNotExist: if there is no such selection.
    """
    actor.require(Permission.REGISTER_VIEW)
    found = Selection.objects.get(pk=selection_id)
    if found.listing in MONEY_LISTS:
        actor.require(Permission.RECEIVABLE_VIEW)
    return _selection_card(found)


def list_member_ids(*, selection_id: int) -> QuerySet[SelectionMember, Any]:
    """Return the ids of the members of a frozen selection, as a part of a query."""
    return SelectionMember.objects.filter(selection=selection_id).values("object_id")


def _selection_card(found: Selection) -> SelectionCard:
    return SelectionCard(
        id=found.pk,
        name=found.name,
        subject=found.subject,
        subject_label=str(found.get_subject_display()),
        listing=found.listing,
        query=found.query,
        is_frozen=found.is_frozen,
        member_count=found.member_count,
        purpose=found.purpose,
        made_by=found.made_by,
        made_at=found.made_at,
        is_retired=found.retired_at is not None,
    )


def list_acts(*, actor: Actor) -> QuerySet[BulkAct]:
    """
    Return the acts on many rows.

    :raises UnableToPermit: if the actor may not act on many rows.
    """
    actor.require(Permission.BULK_ACT)
    return BulkAct.objects.all()


def get_act_card(*, actor: Actor, act_id: int) -> ActCard:
    """
    Return an act on many rows with what becomes of them.

    :raises UnableToPermit: if the actor may not act on many rows.
    :raises BulkAct.DoesNotExist: if there is no such act.
    """
    act = list_acts(actor=actor).get(pk=act_id)
    counted = act.rows.order_by().values("state").annotate(row_count=Count("pk"))
    return ActCard(
        id=act.pk,
        kind=ActKind(act.kind),
        label=str(act.get_kind_display()),
        subject=act.subject,
        state=ActState(act.state),
        state_label=str(act.get_state_display()),
        reason=act.reason,
        listing=act.listing,
        query=act.query,
        row_count=act.row_count,
        counts={row["state"]: row["row_count"] for row in counted},
        requested_by=act.requested_by,
        requested_at=act.requested_at,
        undoes_id=act.undoes_id,
        undone_by_id=BulkAct.objects.filter(undoes=act).values_list("id", flat=True).first(),
    )


def list_act_rows(*, act_id: int) -> QuerySet[BulkActRow]:
    """Return the rows of an act with their results, for who may see the act."""
    return BulkActRow.objects.filter(act=act_id)
