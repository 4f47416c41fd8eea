"""People, premises, service points and meters as lists: what each shows and can be narrowed by."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hydria.agreements import searching as agreements
from hydria.agreements.searching import AccountRole, SupplyState
from hydria.kernel.spelling import to_search_text
from hydria.metering import searching as metering
from hydria.metering.searching import MeterState
from hydria.parties.operations import PartyKind
from hydria.platform.web.listing import Column, Filter, Kind, Listing
from hydria.premises import queries as premises
from hydria.receivables import searching as receivables

Choices = list[tuple[str, str | Promise]]


def today() -> datetime.date:
    """Return today where the company is; lists ask per request."""
    return timezone.localdate()


def link(page: str, value: str) -> Callable[[Any], str | None]:
    """Return the link of a column to the page of what the row calls by this name, where there is any."""

    def href(row: Any) -> str | None:
        key = getattr(row, value, None)
        return reverse(page, args=[key]) if key else None

    return href


def sectors() -> Choices:
    """Return the sectors to choose from."""
    return [(row.code, row.name) for row in premises.list_sectors()]


def categories() -> Choices:
    """Return the tariff categories to choose from."""
    return [(row.code, row.name) for row in premises.list_categories()]


def routes() -> Choices:
    """Return the routes to choose from."""
    return [(row.code, f"{row.code} {row.name}") for row in premises.list_routes()]


def cycles() -> Choices:
    """Return the billing cycles to choose from."""
    return [(row.code, row.name) for row in premises.list_cycles()]


def services() -> Choices:
    """Return the services to choose from."""
    return list(premises.list_services())


def _name_is_like(typed: str) -> Q:
    """Return the condition that every typed word stands in a name, without accents and in any script."""
    condition = Q()
    for word in to_search_text(typed).split():
        condition &= Q(search_name__contains=word)
    return condition


def _address_is_like(typed: str) -> Q:
    condition = Q()
    for word in to_search_text(typed).split():
        condition &= Q(search_address__contains=word)
    return condition


def _identifiers(row: Any) -> str:
    return ", ".join(identifier.value for identifier in row.identifiers.all())


def _roles(row: Any) -> str:
    return ", ".join(str(AccountRole(role).label) for role in row.role_codes)


PEOPLE = Listing(
    name="people",
    subject="party",
    columns=(
        Column(
            name="number",
            label=_("Customer no."),
            value="number",
            sort="number",
            link=lambda row: reverse("person", args=[row.pk]),
        ),
        Column(name="name", label=_("Name"), value="name", sort="name"),
        Column(
            name="roles",
            label=_("Roles"),
            value=_roles,
        ),
        Column(name="identifiers", label=_("Official numbers"), value=_identifiers),
        Column(name="phone", label=_("Phone"), value="phone"),
        Column(name="email", label=_("E-mail"), value="email"),
        Column(
            name="accounts",
            label=_("Accounts"),
            value="account_count",
            kind=Kind.COUNT,
            part=lambda: agreements.account_count_of("pk", on_date=today()),
        ),
        Column(name="kind", label=_("Kind"), value=lambda row: row.get_kind_display(), is_extra=True),
        Column(name="address", label=_("Postal address"), value="address", is_extra=True),
    ),
    filters=(
        Filter(name="name", label=_("Name"), lookup=_name_is_like),
        Filter(name="number", label=_("Customer no."), lookup="number__startswith"),
        Filter(
            name="role",
            label=_("Role"),
            lookup=lambda role: Q(agreements.having_role(role, on_date=today())),
            kind="choice",
            choices=lambda: AccountRole.choices,
        ),
        Filter(name="kind", label=_("Kind"), lookup="kind", kind="choice", choices=lambda: PartyKind.choices),
        Filter(
            name="reach",
            label=_("Can be reached by"),
            lookup=lambda way: ~Q(**{way: ""}),
            kind="choice",
            choices=lambda: [("phone", _("Phone")), ("email", _("E-mail"))],
        ),
        Filter(
            name="protected",
            label=_("Protected"),
            lookup=lambda answer: Q(is_protected=answer == "yes"),
            kind="choice",
            choices=lambda: [("yes", _("Yes")), ("no", _("No"))],
        ),
    ),
    sort="name",
    empty=_("Nobody is registered yet"),
    empty_hint=_("Load the register from a file, or take the first customer in."),
)

BALANCE = Column(
    name="balance",
    label=_("Balance"),
    value="balance_minor",
    kind=Kind.AMOUNT,
    part=lambda: receivables.balance_of(agreements.held_accounts("pk", on_date=today())),
)

PREMISES = Listing(
    name="premises",
    subject="premise",
    columns=(
        Column(
            name="number",
            label=_("Premise"),
            value="number",
            sort="number",
            link=lambda row: reverse("premise", args=[row.pk]),
        ),
        Column(name="address", label=_("Address"), value="address", sort="address"),
        Column(name="city", label=_("City"), value="city", group="city"),
        Column(name="cadastral", label=_("Cadastral code"), value="cadastral_code"),
        Column(
            name="points",
            label=_("Service points"),
            value="point_count",
            kind=Kind.COUNT,
            part=lambda: premises.point_count_of("pk"),
        ),
    ),
    filters=(
        Filter(name="address", label=_("Address"), lookup=_address_is_like),
        Filter(name="number", label=_("Premise"), lookup="number__startswith"),
        Filter(name="cadastral", label=_("Cadastral code"), lookup="cadastral_code__startswith"),
        Filter(
            name="sector",
            label=_("Sector"),
            lookup=lambda code: Q(pk__in=premises.premises_where(route__sector__code=code)),
            kind="choice",
            choices=sectors,
        ),
        Filter(
            name="missing",
            label=_("Without"),
            lookup=lambda what: Q(**{f"{what}__isnull": True}),
            kind="choice",
            choices=lambda: [("cadastral_code", _("Cadastral code")), ("longitude", _("Coordinates"))],
        ),
    ),
    sort="number",
    empty=_("No premises yet"),
    empty_hint=_("Load the register from a file, or connect the first customer."),
)

POINTS = Listing(
    name="points",
    subject="service_point",
    columns=(
        Column(
            name="number",
            label=_("Service point"),
            value="number",
            sort="number",
            link=lambda row: reverse("point", args=[row.pk]),
        ),
        Column(name="address", label=_("Address"), value="premise.address", link=link("premise", "premise_id")),
        Column(
            name="supply",
            label=_("State of supply"),
            value="supply_state",
            kind=Kind.STATE,
            choices=SupplyState,
            part=lambda: agreements.supply_of("pk", on_date=today()),
            group="supply_state",
        ),
        Column(
            name="holder",
            label=_("Customer"),
            value="customer_name",
            part=lambda: agreements.customer_of("pk", "holder_name", on_date=today()),
        ),
        Column(
            name="meter",
            label=_("Meter"),
            value="meter_serial",
            part=lambda: metering.meter_at("pk", "meter__serial", on_date=today()),
        ),
        Column(name="route", label=_("Route"), value="route.code", group="route__code"),
        Column(name="sequence", label=_("Place on the route"), value="route_sequence", kind=Kind.COUNT),
        Column(name="service", label=_("Service"), value="service.name", group="service__name", is_extra=True),
        Column(name="sector", label=_("Sector"), value="route.sector.name", group="route__sector__name", is_extra=True),
        Column(
            name="zone",
            label=_("Zone"),
            value="route.sector.zone.name",
            group="route__sector__zone__name",
            is_extra=True,
        ),
        Column(
            name="metered",
            label=_("Measured"),
            value=lambda row: str(_("Yes") if row.is_metered else _("No")),
            is_extra=True,
        ),
    ),
    filters=(
        Filter(name="number", label=_("Service point"), lookup="number__startswith"),
        Filter(
            name="supply",
            label=_("State of supply"),
            lookup=lambda state: agreements.supply_is(SupplyState(state), on_date=today()),
            kind="choice",
            choices=lambda: SupplyState.choices,
        ),
        Filter(name="sector", label=_("Sector"), lookup="route__sector__code", kind="choice", choices=sectors),
        Filter(name="route", label=_("Route"), lookup="route__code", kind="choice", choices=routes),
        Filter(name="cycle", label=_("Cycle"), lookup="route__cycle__code", kind="choice", choices=cycles),
        Filter(name="service", label=_("Service"), lookup="service__code", kind="choice", choices=services),
        Filter(
            name="metered",
            label=_("Measured"),
            lookup=lambda answer: Q(is_metered=answer == "yes"),
            kind="choice",
            choices=lambda: [("yes", _("Yes")), ("no", _("No"))],
        ),
    ),
    sort="number",
    empty=_("No service points yet"),
    empty_hint=_("Load the register from a file, or connect the first customer."),
)


def _age_years(row: Any) -> int | None:
    return (today() - row.manufactured_date).days // 365 if row.manufactured_date else None


def _years_ago(years: int) -> datetime.date:
    """Return the day so many years ago; far more years than anybody has lived are as good as any."""
    return today() - datetime.timedelta(days=round(min(max(years, 0), 200) * 365.2425))


METERS = Listing(
    name="meters",
    subject="meter",
    subject_label="serial",
    columns=(
        Column(
            name="serial",
            label=_("Meter"),
            value="serial",
            sort="serial",
            link=lambda row: reverse("meter", args=[row.pk]),
        ),
        Column(name="make", label=_("Make"), value="make", group="make"),
        Column(name="model", label=_("Model"), value="model", group="model"),
        Column(name="size", label=_("Size"), value="size", group="size"),
        Column(name="age", label=_("Age in years"), value=_age_years, kind=Kind.COUNT),
        Column(
            name="state",
            label=_("State"),
            value="place_state",
            kind=Kind.STATE,
            choices=MeterState,
            part=lambda: metering.meter_state_on(today()),
            group="place_state",
        ),
        Column(
            name="point",
            label=_("Service point"),
            value="point_number",
            part=lambda: metering.place_of("pk", "service_point__number"),
        ),
        Column(
            name="address",
            label=_("Address"),
            value="point_address",
            part=lambda: metering.place_of("pk", "service_point__premise__address"),
        ),
        Column(name="made", label=_("Made"), value="manufactured_date", kind=Kind.DATE, is_extra=True),
    ),
    filters=(
        Filter(name="serial", label=_("Meter"), lookup="serial__startswith"),
        Filter(
            name="state",
            label=_("State"),
            lookup=lambda state: metering.meter_is(MeterState(state), on_date=today()),
            kind="choice",
            choices=lambda: MeterState.choices,
        ),
        Filter(name="make", label=_("Make"), lookup="make__istartswith"),
        Filter(name="size", label=_("Size"), lookup="size"),
        Filter(
            name="age",
            label=_("Years old, at least"),
            lookup=lambda years: Q(manufactured_date__lte=_years_ago(years)),
            kind="count",
        ),
    ),
    sort="serial",
    empty=_("No meters yet"),
    empty_hint=_("Load the register from a file, or install the first meter."),
)
