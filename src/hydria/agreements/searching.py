"""
Find accounts, persons and points by what is agreed about them: parts of queries that lists are made of.

A part is an expression for the rows of another context's query, which name the path that leads here.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.utils.translation import gettext_lazy as _

from hydria.agreements.models import (
    AccountParty,
    AccountRole,
    AgreementTerms,
    BillingExclusion,
    ServiceAgreement,
    Suspension,
)
from hydria.agreements.queries import holder_name_of


class SupplyState(TextChoices):
    """How a service point stands on a day; worked out from its agreements, never stored."""

    ACTIVE = "ACTIVE", _("Supplied")
    SUSPENDED = "SUSPENDED", _("Suspended")
    ENDED = "ENDED", _("Without customer")
    NEVER = "NEVER", _("Never supplied")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLink:
    """An account on which a party has a role; `end_date` is the day after the last."""

    account_id: int
    number: str
    role: str
    role_label: str
    start_date: datetime.date
    end_date: datetime.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointCustomer:
    """An agreement at a service point with whose it is; `end_date` is the day after the last of supply."""

    agreement_id: int
    agreement_number: str
    account_id: int
    account_number: str
    holder_name: str
    start_date: datetime.date
    end_date: datetime.date | None


def roles_of(party: str, *, on_date: datetime.date) -> ArraySubquery:
    """Return, as a part of a query of rows that lead to a party by this path, the roles it has on a day."""
    links = AccountParty.objects.filter(party=OuterRef(party), valid_during__contains=on_date)
    return ArraySubquery(links.order_by("role").values_list("role", flat=True).distinct())


def having_role(role: str, *, on_date: datetime.date) -> Exists:
    """Return the condition that a party has a role on an account on a day."""
    return Exists(AccountParty.objects.filter(party=OuterRef("pk"), role=role, valid_during__contains=on_date))


def latest_of(account: str, field: str) -> Subquery:
    """
    Return, as a part of a query of rows that lead to an account by this path, a field of its newest agreement.

    field  ORM path from the agreement: "service_point__route__sector__name"
    """
    return Subquery(
        ServiceAgreement.objects.filter(account=OuterRef(account)).order_by("-valid_during", "id").values(field)[:1]
    )


def latest_terms_of(account: str, field: str) -> Subquery:
    """Return, as a part of a query of rows that lead to an account by this path, a field of its newest terms."""
    terms = AgreementTerms.objects.filter(agreement__account=OuterRef(account))
    return Subquery(terms.order_by("-agreement__valid_during", "-valid_during").values(field)[:1])


def accounts_where(**conditions: Any) -> QuerySet[ServiceAgreement, Any]:
    """Return the ids of the accounts with an agreement of which all this is true, as a part of a query."""
    return ServiceAgreement.objects.filter(**conditions).values("account_id")


def supply_of(point: str, *, on_date: datetime.date) -> Case:
    """Return, as a part of a query of rows that lead to a service point by this path, how it stands on a day."""
    whens = [When(supply_is(state, point=point, on_date=on_date), then=Value(state.value)) for state in SupplyState]
    return Case(*whens, output_field=CharField())


def supply_is(state: SupplyState, *, point: str = "pk", on_date: datetime.date) -> Q:
    """Return the condition that a service point, reached by a path, stands so on a day."""
    agreed = ServiceAgreement.objects.filter(service_point=OuterRef(point))
    in_force = agreed.filter(valid_during__contains=on_date)
    suspended = Suspension.objects.filter(
        agreement__service_point=OuterRef(point),
        agreement__valid_during__contains=on_date,
        valid_during__contains=on_date,
    )
    return {
        SupplyState.ACTIVE: Q(Exists(in_force), ~Exists(suspended)),
        SupplyState.SUSPENDED: Q(Exists(suspended)),
        SupplyState.ENDED: Q(Exists(agreed), ~Exists(in_force)),
        SupplyState.NEVER: Q(~Exists(agreed)),
    }[state]


def customer_of(point: str, field: str, *, on_date: datetime.date) -> Subquery:
    """
    Return, as a part of a query of rows that lead to a service point by this path, a field of its customer on a day.

    field  ORM path from the agreement: "account__number", or "holder_name"
    """
    agreed = ServiceAgreement.objects.filter(service_point=OuterRef(point), valid_during__contains=on_date)
    if field == "holder_name":
        agreed = agreed.annotate(holder_name=holder_name_of("account", on_date=on_date))
    return Subquery(agreed.values(field)[:1])


def list_party_links(*, party_id: int) -> list[PartyLink]:
    """Return the accounts on which a party has or had a role, those of today first."""
    links = AccountParty.objects.filter(party=party_id).select_related("account").order_by("-valid_during", "id")
    return sorted(
        (
            PartyLink(
                account_id=link.account_id,
                number=link.account.number,
                role=link.role,
                role_label=str(link.get_role_display()),
                start_date=link.valid_during.lower,
                end_date=link.valid_during.upper,
            )
            for link in links
        ),
        key=lambda link: link.end_date is not None,
    )


def list_point_customers(*, service_point_id: int) -> list[PointCustomer]:
    """Return who was agreed with at a service point, the newest first, each under the name of the last holder."""
    holders = AccountParty.objects.filter(account=OuterRef("account"), role=AccountRole.HOLDER)
    agreed = (
        ServiceAgreement.objects.filter(service_point=service_point_id)
        .annotate(
            account_number=F("account__number"),
            holder_name=Subquery(holders.order_by("-valid_during").values("party__name")[:1]),
        )
        .order_by("-valid_during")
    )
    return [
        PointCustomer(
            agreement_id=agreement.pk,
            agreement_number=agreement.number,
            account_id=agreement.account_id,
            account_number=agreement.account_number,
            holder_name=agreement.holder_name or "",
            start_date=agreement.valid_during.lower,
            end_date=agreement.valid_during.upper,
        )
        for agreement in agreed
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedNow:
    """An agreement in force on a day with its terms, and why and until when it is not billed."""

    agreement_id: int
    service_point_id: int
    tariff_code: str
    category_code: str
    inputs: dict[str, Any]
    exclusion_reason: str
    exclusion_end_date: datetime.date | None


def list_in_force(
    *, on_date: datetime.date, account_id: int | None = None, service_point_id: int | None = None
) -> list[AgreedNow]:
    """Return what is in force on a day for an account or at a service point."""
    where = {"account_id": account_id} if service_point_id is None else {"service_point_id": service_point_id}
    found = ServiceAgreement.objects.filter(valid_during__contains=on_date, **where).order_by("id")
    terms_of, exclusion_of = (
        {row.agreement_id: row for row in table.filter(agreement__in=found, valid_during__contains=on_date)}
        for table in (AgreementTerms.objects.select_related("category"), BillingExclusion.objects)
    )
    cards = []
    for agreement in found:
        terms, exclusion = terms_of.get(agreement.pk), exclusion_of.get(agreement.pk)
        cards.append(
            AgreedNow(
                agreement_id=agreement.pk,
                service_point_id=agreement.service_point_id,
                tariff_code=terms.tariff_code if terms else "",
                category_code=terms.category.code if terms else "",
                inputs=dict(terms.inputs) if terms else {},
                exclusion_reason=exclusion.reason if exclusion else "",
                exclusion_end_date=exclusion.valid_during.upper if exclusion else None,
            )
        )
    return cards


def account_count_of(party: str, *, on_date: datetime.date) -> Subquery:
    """Return, as a part of a query of rows that lead to a party by this path, on how many accounts it has a role."""
    links = AccountParty.objects.filter(party=OuterRef(party), valid_during__contains=on_date)
    counted = links.order_by().values("party").annotate(account_count=Count("account", distinct=True))
    return Subquery(counted.values("account_count"))


def held_accounts(party: str, *, on_date: datetime.date) -> QuerySet[AccountParty, Any]:
    """Return, as a part of a part of a query of parties, the ids of the accounts that each of them holds on a day."""
    links = AccountParty.objects.filter(party=OuterRef(OuterRef(party)), role=AccountRole.HOLDER)
    return links.filter(valid_during__contains=on_date).values("account_id")
