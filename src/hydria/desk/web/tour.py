"""The first steps of each role: what to try on the first day, ticked off by doing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hydria.desk import operations, queries
from hydria.desk.web.commands import needed_permission
from hydria.desk.web.navigation import Text
from hydria.platform.access import Actor
from hydria.platform.web.doors import actor_of

SESSION_KEY = "first_steps"
STEPS_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    One thing to try.

    place    the URL name of the screen where it begins
    screen   the URL name of the screen that is asked for when it is done
    is_sent  whether it is done by sending that screen's form, and not by looking
    """

    label: Text
    place: str
    screen: str
    is_sent: bool = False


STEPS = {
    "find_customer": Step(
        label=_("Find a customer: press / and type part of a name or an address."), place="accounts", screen="account"
    ),
    "read_why": Step(
        label=_("Open an invoice and click an amount to see how it came about."),
        place="invoices",
        screen="invoice_line",
    ),
    "write_note": Step(
        label=_("Write a note: open an account, press e, then n."), place="accounts", screen="note_new", is_sent=True
    ),
    "connect": Step(
        label=_("Begin a new connection and look at the preview; nothing is done before you confirm."),
        place="customer_new",
        screen="customer_new",
        is_sent=True,
    ),
    "statement": Step(label=_("Open an account and press s for its statement."), place="accounts", screen="statement"),
    "open_till": Step(
        label=_("Open your till with the cash in the drawer."), place="till_open", screen="till_open", is_sent=True
    ),
    "take_payment": Step(
        label=_("Take a payment: find the payer, type what you are given, Enter."),
        place="till",
        screen="till_account",
        is_sent=True,
    ),
    "receipt": Step(label=_("Print the receipt of a payment."), place="payments", screen="receipt"),
    "close_till": Step(
        label=_("Count the drawer and close the till."), place="till_close", screen="till_close", is_sent=True
    ),
    "takings": Step(label=_("See what each cashier has taken today."), place="takings", screen="takings"),
    "reverse": Step(
        label=_("Give a payment back, with a reason."), place="payments", screen="payment_reverse", is_sent=True
    ),
    "incident": Step(
        label=_("Decide on a held reading: a accepts, c corrects, e estimates."),
        place="incident_next",
        screen="incident",
        is_sent=True,
    ),
    "sheet": Step(label=_("Fill in the sheet of a route."), place="routes", screen="route_sheet", is_sent=True),
    "meter": Step(label=_("Look at the life of a meter."), place="incidents", screen="meter"),
    "load": Step(
        label=_("Check a file; checking writes nothing."), place="batch_new", screen="batch_new", is_sent=True
    ),
    "cycles": Step(label=_("See where each cycle stands."), place="cycles", screen="cycles"),
    "run": Step(label=_("Open the last run and read its proof."), place="runs", screen="run"),
    "exclusions": Step(label=_("See who is left out of billing, and why."), place="exclusions", screen="exclusions"),
    "ending": Step(label=_("See which concessions end soon."), place="concessions_ending", screen="concessions_ending"),
    "tariff": Step(
        label=_("Read a tariff: its text, its picture, its cases."), place="tariffs", screen="tariff_version"
    ),
    "try_tariff": Step(label=_("Try a tariff on a use of your choice."), place="tariffs", screen="tariff_try"),
    "compare": Step(label=_("Compare two versions of a tariff."), place="tariffs", screen="tariff_compare"),
    "write_tariff": Step(
        label=_("Write a small tariff of your own; it stays a draft."),
        place="tariff_new",
        screen="tariff_new",
        is_sent=True,
    ),
    "simulate": Step(
        label=_("Simulate a proposal over the whole register."),
        place="simulation_new",
        screen="simulation_new",
        is_sent=True,
    ),
    "balance": Step(label=_("Look at the trial balance."), place="trial_balance", screen="trial_balance"),
    "drill": Step(label=_("Follow an amount down to its journal."), place="trial_balance", screen="journal"),
    "journal": Step(label=_("Post a journal by hand."), place="journal_new", screen="journal_new", is_sent=True),
    "months": Step(label=_("See which months are open."), place="periods", screen="periods"),
    "simulation": Step(
        label=_("Read a simulation: who would pay more, who less."), place="simulations", screen="simulation"
    ),
    "approve": Step(
        label=_("Look at the tariffs that wait to be approved."), place="tariff_waiting", screen="tariff_waiting"
    ),
    "audit": Step(label=_("See who changed what."), place="audit", screen="audit"),
    "company": Step(label=_("Check what documents say of the company."), place="company", screen="company"),
    "user": Step(label=_("Make a log-in for a colleague."), place="user_new", screen="user_new", is_sent=True),
    "roles": Step(label=_("See which role may do what."), place="roles", screen="roles"),
    "jobs": Step(label=_("See the work that goes on in the background."), place="jobs", screen="jobs"),
    "guide": Step(
        label=_("Open the guide to a screen by the question mark at the top."), place="help", screen="help_page"
    ),
}

STEPS_OF_ROLE = {
    "agent": ("find_customer", "read_why", "write_note", "connect", "statement"),
    "cashier": ("open_till", "take_payment", "receipt", "close_till"),
    "head_cashier": ("takings", "find_customer", "statement", "reverse"),
    "reading_supervisor": ("incident", "sheet", "meter", "load"),
    "billing_manager": ("cycles", "run", "read_why", "exclusions", "ending"),
    "tariff_manager": ("tariff", "try_tariff", "compare", "write_tariff", "simulate"),
    "accountant": ("balance", "drill", "statement", "journal", "months"),
    "manager": ("simulation", "approve", "balance", "audit"),
    "administrator": ("company", "user", "roles", "jobs", "audit"),
}
FOR_EVERYBODY = ("find_customer", "guide")

_BY_SCREEN = {(step.screen, step.is_sent): code for code, step in STEPS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCard:
    """A step as the home page shows it."""

    label: str
    href: str
    is_done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TourCard:
    """The first steps of a reader."""

    steps: tuple[StepCard, ...]
    done_count: int

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing is left to try."""
        return self.done_count == len(self.steps)


def tour_card(request: HttpRequest, *, roles: Iterable[str]) -> TourCard | None:
    """Return the first steps of the reader, unless they want to see them no more; what is left is remembered."""
    actor = actor_of(request)
    progress = queries.get_tour(user_id=actor.user_id)
    codes = [] if progress.is_dismissed else _steps_for(actor, roles=roles)
    waiting = [code for code in codes if code not in progress.done]
    if request.session.get(SESSION_KEY, []) != waiting:
        request.session[SESSION_KEY] = waiting
    if not codes:
        return None
    steps = tuple(
        StepCard(label=str(STEPS[code].label), href=reverse(STEPS[code].place), is_done=code not in waiting)
        for code in codes
    )
    return TourCard(steps=steps, done_count=len(codes) - len(waiting))


def _steps_for(actor: Actor, *, roles: Iterable[str]) -> list[str]:
    wanted = [code for role in sorted(roles) for code in STEPS_OF_ROLE.get(role, ())]
    codes = list(dict.fromkeys([*wanted[: STEPS_MAX - 1], *FOR_EVERYBODY[1 if wanted else 0 :]]))
    return [code for code in codes if _may(actor, STEPS[code])]


def _may(actor: Actor, step: Step) -> bool:
    needed = needed_permission(step.place)
    return needed is None or actor.may(needed)


class TourMiddleware:
    """Tick off a first step when it has been done; people who see no steps are not slowed down by it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, and note the step that the answer completes."""
        response = self.get_response(request)
        match = request.resolver_match
        code = _BY_SCREEN.get((match.url_name or "", request.method == "POST")) if match else None
        if code and response.status_code < 400 and code in request.session.get(SESSION_KEY, []):
            operations.tick_steps(actor=actor_of(request), steps=[code])
            request.session[SESSION_KEY] = [other for other in request.session[SESSION_KEY] if other != code]
        return response
