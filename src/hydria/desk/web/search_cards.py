"""What the search box shows: things by kind, acts on the account that is meant, screens and acts by name."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from hydria.desk import queries
from hydria.desk.domain.commands import Match
from hydria.desk.queries import Hit, HitKind
from hydria.desk.web import commands
from hydria.desk.web.commands import Command
from hydria.platform.access import Actor, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class HitLink:
    """One hit as a link."""

    href: str
    icon: str
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HitGroup:
    """The hits of one kind."""

    label: str
    links: tuple[HitLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found, and where Enter leads to when there is no doubt."""

    groups: tuple[HitGroup, ...]
    straight_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """How hits of a kind are shown, and which page shows one."""

    label: str
    page: str
    icon: str


def answer(*, actor: Actor, typed: str, today: datetime.date) -> Answer:
    """
    Return what the typed or scanned words mean to somebody of this role.

    A command typed in full comes first; then things, as the role looks for them, with acts on the only account meant;
    then commands that begin as typed. Where no thing has the words, an act and whom it is for may be meant ("pay
    Peña"), or a mistake was made in typing.
    """
    found = commands.find_commands(actor=actor, typed=typed)
    hits = queries.search(actor=actor, typed=typed, today=today, with_alike=False)
    if not hits and (meant := _account_act(actor=actor, typed=typed, today=today)):
        return _answer([meant], straight=meant.links)
    if not hits and not found:
        hits = queries.search(actor=actor, typed=typed, today=today)
    whole = [_command_link(command) for command, match in found if match is Match.WHOLE]
    further = [_command_link(command) for command, match in found if match is not Match.WHOLE]
    things = _group_hits(_in_order_of_role(hits, actor=actor))
    acts = _acts_on_the_only_account(hits, actor=actor)
    if acts and queries.is_scanned(typed) and actor.may(Permission.PAYMENT_TAKE):
        # Whoever scans a slip at a till is about to take its money.
        return _answer([acts, *things], straight=acts.links[:1])
    groups = [_screens(whole), *things, acts, _screens(further)]
    only = [link for group in (_screens(whole), *things) if group for link in group.links]
    return _answer(groups, straight=only or further)


def _answer(groups: list[HitGroup | None], *, straight: tuple[HitLink, ...] | list[HitLink]) -> Answer:
    shown = tuple(group for group in groups if group)
    return Answer(groups=shown, straight_href=straight[0].href if len(straight) == 1 else "")


def _account_act(*, actor: Actor, typed: str, today: datetime.date) -> HitGroup | None:
    """Return an act on the accounts that the further words mean."""
    meant = commands.find_account_act(actor=actor, typed=typed)
    if meant is None:
        return None
    command, whom = meant
    hits = queries.find_accounts(actor=actor, typed=whom, today=today)
    links = tuple(_act_link(command, hit) for hit in hits)
    return HitGroup(label=str(command.label), links=links) if links else None


def _acts_on_the_only_account(hits: list[Hit], *, actor: Actor) -> HitGroup | None:
    if len({hit.account_id for hit in hits}) != 1:
        return None
    links = tuple(_act_link(command, hits[0]) for command in commands.account_acts(actor=actor))
    return HitGroup(label=_("Acts"), links=links) if links else None


def _act_link(command: Command, hit: Hit) -> HitLink:
    href = reverse(command.name, args=[hit.account_id])
    return HitLink(href=href, icon=command.icon, name=str(command.label), detail=f"{hit.name}, {hit.detail}")


def _command_link(command: Command) -> HitLink:
    return HitLink(href=reverse(command.name), icon=command.icon, name=str(command.label))


def _screens(links: list[HitLink]) -> HitGroup | None:
    return HitGroup(label=_("Screens and acts"), links=tuple(links)) if links else None


def _in_order_of_role(hits: list[Hit], *, actor: Actor) -> list[Hit]:
    """Return the hits in the order in which a role looks for things; the front office looks for people first."""
    orders = {
        Permission.REGISTER_EDIT: [HitKind.ACCOUNT, HitKind.METER, HitKind.INVOICE, HitKind.RECEIPT],
        Permission.PAYMENT_TAKE: [HitKind.ACCOUNT, HitKind.INVOICE, HitKind.RECEIPT, HitKind.METER],
        Permission.BILLING_RUN: [HitKind.INVOICE, HitKind.ACCOUNT, HitKind.METER, HitKind.RECEIPT],
        Permission.READING_DECIDE: [HitKind.METER, HitKind.ACCOUNT, HitKind.INVOICE, HitKind.RECEIPT],
        Permission.LEDGER_VIEW: [HitKind.INVOICE, HitKind.RECEIPT, HitKind.ACCOUNT, HitKind.METER],
    }
    order = next((order for permission, order in orders.items() if actor.may(permission)), list(HitKind))
    return sorted(hits, key=lambda hit: order.index(hit.kind))


def _group_hits(hits: list[Hit]) -> list[HitGroup]:
    """Return the hits by kind as links, in the order in which the kinds come."""
    looks = {
        HitKind.ACCOUNT: _Look(label=_("Accounts"), page="account", icon="user"),
        HitKind.METER: _Look(label=_("Meters"), page="account", icon="gauge"),
        HitKind.INVOICE: _Look(label=_("Invoices"), page="invoice", icon="file-invoice"),
        HitKind.RECEIPT: _Look(label=_("Receipts"), page="payment", icon="receipt"),
    }
    groups = []
    for kind in dict.fromkeys(hit.kind for hit in hits):
        look = looks[kind]
        links = tuple(
            HitLink(href=reverse(look.page, args=[hit.object_id]), icon=look.icon, name=hit.name, detail=hit.detail)
            for hit in hits
            if hit.kind == kind
        )
        groups.append(HitGroup(label=look.label, links=links))
    return groups
