"""What the search box can do besides finding things: go to a screen, begin an act, act on an account."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from django.urls import resolve, reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from hydria.desk.domain.commands import Match, match_commands, split_command
from hydria.desk.web.navigation import PLACES, Text
from hydria.kernel.spelling import to_search_text
from hydria.platform.access import Actor, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """
    A screen or an act by the name of its URL.

    called  other words for it, separated by commas
    """

    label: Text
    name: str
    icon: str
    called: Text = ""


ALSO_CALLED = {
    "customer_new": _("new customer, connect a customer, sign up"),
    "till": _("cash desk, cashier"),
    "incidents": _("odd readings"),
    "routes": _("record readings, reading sheet"),
    "company": _("letterhead, logo"),
    "users": _("log-ins, staff"),
    "exclusions": _("excluded"),
}
"""What people also call the places of the rail."""

ACTS = (
    Command(label=_("Open a till"), name="till_open", icon="cash-register", called=_("start the session")),
    Command(label=_("Close the till"), name="till_close", icon="cash-register", called=_("count the drawer")),
    Command(label=_("Tills"), name="tills", icon="cash-register", called=_("till sessions")),
    Command(label=_("New till"), name="till_new", icon="cash-register"),
    Command(label=_("Takings of the day"), name="takings", icon="coins"),
    Command(
        label=_("Review readings one by one"), name="incident_next", icon="alert-triangle", called=_("next incident")
    ),
    Command(label=_("Observations"), name="observations", icon="eye"),
    Command(label=_("Thresholds"), name="thresholds", icon="adjustments-horizontal", called=_("limits of readings")),
    Command(label=_("Open a period"), name="period_open", icon="calendar-repeat", called=_("new period")),
    Command(label=_("Concessions that end"), name="concessions_ending", icon="discount"),
    Command(label=_("Concessions that were lost"), name="concessions_lost", icon="discount"),
    Command(label=_("Programs"), name="programs", icon="discount", called=_("subsidies, campaigns")),
    Command(label=_("New program"), name="program_new", icon="discount"),
    Command(label=_("Funds"), name="funds", icon="coins"),
    Command(label=_("New fund"), name="fund_new", icon="coins"),
    Command(label=_("New tariff"), name="tariff_new", icon="stairs-up"),
    Command(label=_("Tariffs on their way"), name="tariff_waiting", icon="stairs-up", called=_("approve a tariff")),
    Command(label=_("Simulate a tariff"), name="simulation_new", icon="calculator", called=_("new simulation")),
    Command(label=_("New journal"), name="journal_new", icon="book-2", called=_("post a journal")),
    Command(label=_("Accounting months"), name="periods", icon="book-2", called=_("close a month")),
    Command(label=_("Load a file"), name="batch_new", icon="table-import", called=_("import, upload")),
    Command(label=_("Queue of jobs"), name="queue", icon="progress"),
    Command(label=_("New user"), name="user_new", icon="user-plus", called=_("new log-in")),
    Command(label=_("Roles"), name="roles", icon="user-cog", called=_("permissions")),
    Command(label=_("Contract templates"), name="contract_templates", icon="files"),
    Command(label=_("Debt at a change of customer"), name="debt_rule", icon="files"),
    Command(label=_("My preferences"), name="preferences", icon="adjustments-horizontal", called=_("language, dark")),
    Command(label=_("My password"), name="password", icon="key", called=_("change password")),
    Command(label=_("Guide"), name="help", icon="book", called=_("help, manual")),
)

ACCOUNT_ACTS = (
    Command(label=_("Take a payment"), name="till_account", icon="cash-register", called=_("pay, collect, cash")),
    Command(label=_("Statement of account"), name="statement", icon="report-money", called=_("balance, debt")),
    Command(label=_("Change…"), name="account_acts", icon="pencil", called=_("change, acts, end, suspend, move")),
    Command(label=_("Hand the account over"), name="holder_change", icon="users", called=_("change holder")),
    Command(
        label=_("Change the particulars"), name="party_change", icon="id", called=_("change phone, change address")
    ),
    Command(label=_("Write a note"), name="note_new", icon="note", called=_("new note")),
    Command(label=_("Attach a file"), name="file_new", icon="paperclip", called=_("new file, scan")),
    Command(label=_("Raise an alert"), name="alert_new", icon="flag", called=_("new alert, fraud")),
    Command(label=_("Give a discount"), name="discount_new", icon="discount"),
    Command(label=_("Concessions and discounts"), name="account_concessions", icon="discount"),
)
"""Acts on an account: their address takes its id."""

OFFERED_MAX = 3
"""Acts that are offered with the only account found, in the order above."""


def find_commands(*, actor: Actor, typed: str) -> list[tuple[Command, Match]]:
    """Return the screens and acts that the actor may use and may mean, best first."""
    known = {command.name: command for command in _all() if _may(actor, command)}
    called = _called(translation.get_language() or "en")
    found = match_commands(typed, {name: called[name] for name in known})
    return [(known[name], match) for name, match in found.items()]


def find_account_act(*, actor: Actor, typed: str) -> tuple[Command, str] | None:
    """Return the act on an account that the first words name, and the words that say which account."""
    known = {command.name: command for command in ACCOUNT_ACTS if _may(actor, command)}
    called = _called(translation.get_language() or "en")
    found = split_command(typed, {name: called[name] for name in known})
    return (known[found[0]], found[1]) if found else None


def account_acts(*, actor: Actor) -> list[Command]:
    """Return what is offered with the only account that was found."""
    return [command for command in ACCOUNT_ACTS if _may(actor, command)][:OFFERED_MAX]


def _all() -> list[Command]:
    places = [place for _label, section in PLACES for place in section]
    return [Command(label=place.label, name=place.name, icon=place.icon) for place in places] + list(ACTS)


@functools.cache
def _called(language: str) -> dict[str, tuple[str, ...]]:
    """Return what each command is called, in the reader's language and in English, as searches spell it."""
    called: dict[str, tuple[str, ...]] = {}
    for command in [*_all(), *ACCOUNT_ACTS]:
        names: list[str] = []
        for spoken in dict.fromkeys((language, "en")):
            with translation.override(spoken):
                words = (str(text) for text in (command.called, ALSO_CALLED.get(command.name, "")) if text)
                names += [str(command.label), *(name for line in words for name in line.split(","))]
        called[command.name] = tuple(dict.fromkeys(to_search_text(name) for name in names))
    return called


def _may(actor: Actor, command: Command) -> bool:
    needed = needed_permission(command.name)
    return needed is None or actor.may(needed)


@functools.cache
def needed_permission(name: str) -> Permission | None:
    """Return the permission that the view behind a command asks for; written there, and there alone."""
    args = [1] if name in {command.name for command in ACCOUNT_ACTS} else []
    address = reverse(name, args=args).removeprefix(reverse("home").rstrip("/"))
    return getattr(resolve(address).func, "permission", None)
