"""What the search box shows: hits by kind, and the screens whose name was typed."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from hydria.desk.queries import Hit, HitKind
from hydria.desk.web.navigation import PLACES, Place, reachable
from hydria.kernel.spelling import to_search_text
from hydria.platform.access import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class HitLink:
    """One hit as a link."""

    href: str
    icon: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HitGroup:
    """The hits of one kind."""

    label: str
    links: tuple[HitLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """How hits of a kind are shown, and which page shows one."""

    label: str
    page: str
    icon: str


def find_places(*, actor: Actor, typed: str) -> list[Place]:
    """Return the screens whose name has a word that starts as typed."""
    wanted = to_search_text(typed)
    if not wanted:
        return []
    places = [place for _label, section in PLACES for place in reachable(section, actor)]
    return [place for place in places if f" {wanted}" in f" {to_search_text(str(place.label))}"]


def group_hits(hits: list[Hit], *, places: list[Place]) -> list[HitGroup]:
    """Return the hits by kind as links."""
    kinds = {
        HitKind.ACCOUNT: _Look(label=_("Accounts"), page="account", icon="user"),
        HitKind.METER: _Look(label=_("Meters"), page="account", icon="gauge"),
        HitKind.INVOICE: _Look(label=_("Invoices"), page="invoice", icon="file-invoice"),
        HitKind.RECEIPT: _Look(label=_("Receipts"), page="payment", icon="receipt"),
    }
    groups = []
    for kind, look in kinds.items():
        links = tuple(
            HitLink(href=reverse(look.page, args=[hit.object_id]), icon=look.icon, name=hit.name, detail=hit.detail)
            for hit in hits
            if hit.kind == kind
        )
        if links:
            groups.append(HitGroup(label=look.label, links=links))
    screens = tuple(
        HitLink(href=reverse(place.name), icon=place.icon, name=str(place.label), detail="") for place in places
    )
    return [*groups, HitGroup(label=_("Screens"), links=screens)] if screens else groups
