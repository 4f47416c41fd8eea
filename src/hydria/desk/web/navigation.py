"""The rail of the desk: every place that a role can go to, with its key."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hydria.desk.web.guide_cards import guide_place
from hydria.platform.access import Actor, Permission
from hydria.platform.web.doors import actor_of

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place of the desk: its address by URL name, who may go there, and the keys that lead to it."""

    label: Text
    name: str
    icon: str
    permission: Permission | None = None
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A place as the rail shows it."""

    label: str
    href: str
    icon: str
    key: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Links that belong together."""

    label: str
    links: tuple[Link, ...]


PLACES: tuple[tuple[Text, tuple[Place, ...]], ...] = (
    ("", (Place(label=_("Home"), name="home", icon="home", key="g h"),)),
    (
        _("Customers"),
        (
            Place(label=_("Accounts"), name="accounts", icon="users", permission=Permission.REGISTER_VIEW, key="g a"),
            Place(label=_("People"), name="people", icon="id", permission=Permission.REGISTER_VIEW, key="g e"),
            Place(
                label=_("Service points"),
                name="points",
                icon="map-pin",
                permission=Permission.REGISTER_VIEW,
                key="g v",
            ),
            Place(
                label=_("Premises"), name="premises", icon="building", permission=Permission.REGISTER_VIEW, key="g q"
            ),
            Place(
                label=_("New connection"),
                name="customer_new",
                icon="user-plus",
                permission=Permission.AGREEMENT_EDIT,
                key="g n",
            ),
            Place(
                label=_("Applications"),
                name="applications",
                icon="clipboard-list",
                permission=Permission.REGISTER_VIEW,
                key="g 8",
            ),
            Place(label=_("Till"), name="till", icon="cash-register", permission=Permission.PAYMENT_TAKE, key="g t"),
            Place(label=_("Payments"), name="payments", icon="coins", permission=Permission.PAYMENT_VIEW, key="g p"),
            Place(
                label=_("Selections"),
                name="selections",
                icon="list-check",
                permission=Permission.REGISTER_VIEW,
                key="g 3",
            ),
            Place(label=_("Acts on many"), name="acts", icon="checks", permission=Permission.BULK_ACT, key="g 4"),
            Place(
                label=_("Debtors"), name="debtors", icon="file-alert", permission=Permission.RECEIVABLE_VIEW, key="g z"
            ),
            Place(label=_("Balances"), name="balances", icon="scale", permission=Permission.RECEIVABLE_VIEW, key="g 1"),
        ),
    ),
    (
        _("Readings"),
        (
            Place(
                label=_("Incidents"),
                name="incidents",
                icon="alert-triangle",
                permission=Permission.READING_VIEW,
                key="g i",
            ),
            Place(label=_("Routes"), name="routes", icon="route", permission=Permission.READING_VIEW, key="g o"),
            Place(label=_("Meters"), name="meters", icon="gauge", permission=Permission.REGISTER_VIEW, key="g 2"),
        ),
    ),
    (
        _("Billing"),
        (
            Place(
                label=_("Cycle board"),
                name="board",
                icon="layout-kanban",
                permission=Permission.BILLING_VIEW,
                key="g 7",
            ),
            Place(
                label=_("Cycles"), name="cycles", icon="calendar-repeat", permission=Permission.BILLING_VIEW, key="g c"
            ),
            Place(label=_("Runs"), name="runs", icon="player-play", permission=Permission.BILLING_VIEW, key="g r"),
            Place(
                label=_("Invoices"), name="invoices", icon="file-invoice", permission=Permission.BILLING_VIEW, key="g f"
            ),
            Place(
                label=_("Left out of billing"),
                name="exclusions",
                icon="file-off",
                permission=Permission.REGISTER_VIEW,
                key="g x",
            ),
            Place(
                label=_("Concessions"),
                name="concessions",
                icon="discount",
                permission=Permission.CONCESSION_VIEW,
                key="g k",
            ),
            Place(
                label=_("Quotations"),
                name="quotations",
                icon="receipt",
                permission=Permission.BILLING_VIEW,
                key="g 9",
            ),
            Place(label=_("Tariffs"), name="tariffs", icon="stairs-up", permission=Permission.TARIFF_VIEW, key="g y"),
            Place(
                label=_("Simulations"),
                name="simulations",
                icon="calculator",
                permission=Permission.TARIFF_SIMULATE,
                key="g m",
            ),
        ),
    ),
    (
        _("Ledger"),
        (
            Place(
                label=_("Trial balance"),
                name="trial_balance",
                icon="scale",
                permission=Permission.LEDGER_VIEW,
                key="g b",
            ),
            Place(label=_("Journals"), name="journals", icon="book-2", permission=Permission.LEDGER_VIEW, key="g j"),
        ),
    ),
    (
        _("Administration"),
        (
            Place(label=_("Loads"), name="batches", icon="table-import", permission=Permission.INTAKE_LOAD, key="g l"),
            Place(label=_("Jobs"), name="jobs", icon="progress", permission=Permission.JOB_VIEW, key="g w"),
            Place(label=_("Audit"), name="audit", icon="history", permission=Permission.AUDIT_VIEW, key="g u"),
            Place(
                label=_("Access log"), name="accesses", icon="door-enter", permission=Permission.AUDIT_VIEW, key="g 5"
            ),
            Place(
                label=_("Health"),
                name="health_page",
                icon="heartbeat",
                permission=Permission.SETTING_MANAGE,
                key="g 6",
            ),
            Place(
                label=_("Documents"),
                name="document_types",
                icon="files",
                permission=Permission.SETTING_MANAGE,
                key="g d",
            ),
            Place(
                label=_("Own fields"),
                name="own_fields",
                icon="forms",
                permission=Permission.SETTING_MANAGE,
                key="g g",
            ),
            Place(label=_("Company"), name="company", icon="building", permission=Permission.SETTING_MANAGE, key="g 0"),
            Place(label=_("Users"), name="users", icon="user-cog", permission=Permission.USER_MANAGE, key="g s"),
            Place(label=_("API and webhooks"), name="api_keys", icon="shield", permission=Permission.API_MANAGE),
        ),
    ),
)


def show_navigation(request: HttpRequest) -> dict[str, object]:
    """Give every page the rail that its reader may use, and where the guide tells about it."""
    if not request.user.is_authenticated:
        return {"navigation": []}
    actor = actor_of(request)
    sections = []
    for label, places in PLACES:
        links = tuple(_link(place, request.path) for place in reachable(places, actor))
        if links:
            sections.append(Section(label=str(label), links=links))
    return {"navigation": sections, "guide_place": guide_place(request.resolver_match)}


def reachable(places: tuple[Place, ...], actor: Actor) -> list[Place]:
    """Return the places that the actor may go to."""
    return [place for place in places if place.permission is None or actor.may(place.permission)]


def _link(place: Place, path: str) -> Link:
    href = reverse(place.name)
    is_current = path == href if place.name == "home" else path.startswith(href)
    return Link(label=str(place.label), href=href, icon=place.icon, key=place.key, is_current=is_current)
