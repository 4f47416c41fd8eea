"""Screens of simulation: the list, the form, progress and results, the accounts behind each figure, the workbook."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.platform.access import Permission
from hydria.platform.web import exporting
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.forms import handle_form
from hydria.platform.web.listing import show_list
from hydria.platform.web.states import label_of
from hydria.simulation import operations, queries
from hydria.simulation.domain.states import SimulationState
from hydria.simulation.domain.tables import Result
from hydria.simulation.domain.tally import BILL_DIMENSIONS
from hydria.simulation.models import SimulationStateWord
from hydria.simulation.queries import SimulationPage
from hydria.simulation.web import cards, forms, lists
from hydria.simulation.web.cards import Table
from hydria.simulation.web.wording import Names, proposal_name

IMPACT_DIMENSIONS = ("tenth", "units", "category", "social", "sector")
AFFECTED_SHOWN = 10
ONE_DAY = datetime.timedelta(days=1)


@needs(Permission.TARIFF_SIMULATE)
def show_simulations(request: HttpRequest) -> HttpResponseBase:
    """List the simulations."""
    return show_list(
        request,
        listing=lists.SIMULATIONS,
        rows=queries.list_simulations(actor=actor_of(request)),
        title=_("Simulations"),
        template="simulation/simulations.html",
    )


@needs(Permission.TARIFF_SIMULATE)
def start_simulation(request: HttpRequest) -> HttpResponse:
    """Ask for a simulation; `?version=` chooses the version to begin with."""
    actor = actor_of(request)
    asked = request.GET.get("version", "")
    form = forms.SimulationForm(
        request.POST or None,
        actor=actor,
        today=timezone.localdate(),
        version_id=int(asked) if asked.isdecimal() and asked.isascii() else None,
    )

    def act(_data: dict[str, Any]) -> str:
        simulation = operations.start_simulation(actor=actor, wanted=form.to_wanted(), requested_at=timezone.now())
        return reverse("simulation", args=[simulation.pk])

    context = {"title": _("Simulate a tariff"), "submit": _("Simulate"), "cancel": reverse("simulations")}
    return handle_form(request, form=form, act=act, context=context)


@needs(Permission.TARIFF_SIMULATE)
def show_simulation(request: HttpRequest, simulation_id: int) -> HttpResponse:
    """Show a simulation: progress while it is priced, then what it found."""
    actor = actor_of(request)
    page = queries.get_simulation_page(actor=actor, simulation_id=simulation_id)
    if request.headers.get("HX-Target") == "simulation-live" and page.state != SimulationState.RUNNING:
        # The whole page anew: what it found and what can be done with it stand outside the part that is polled.
        return HttpResponse(headers={"HX-Refresh": "true"})
    scenario = _scenario_of(request, page)
    context: dict[str, Any] = {
        "title": page.title,
        "simulation": page,
        "last_date": page.until_date - ONE_DAY,
        "state_label": label_of(SimulationStateWord, page.state),
        "is_running": page.state == SimulationState.RUNNING,
        "is_cancelled": page.state == SimulationState.CANCELLED,
        "is_done": page.result is not None,
        "scenarios": [
            {
                "name": proposal_name(place) if place else "",
                "versions": versions,
                "is_shown": place == scenario,
                "href": f"?proposal={place}",
            }
            for place, versions in enumerate(page.scenarios)
        ],
        "elasticity": [milli / 1000 for milli in page.elasticity_milli],
    }
    if page.result is not None:
        context |= _result_context(page, page.result, scenario=scenario)
        context["affected"] = _affected_rows(request, simulation_id, scenario)[:AFFECTED_SHOWN]
    return render_page(
        request, "simulation/simulation.html", context, fragments={"simulation-live": "simulation/_live.html"}
    )


@needs(Permission.TARIFF_SIMULATE)
def show_accounts(request: HttpRequest, simulation_id: int, scenario: int) -> HttpResponseBase:
    """List the accounts behind a figure, the largest change first."""
    actor = actor_of(request)
    simulation = queries.access_simulation(actor=actor, simulation_id=simulation_id)
    return show_list(
        request,
        listing=lists.ACCOUNTS,
        rows=queries.list_simulated_accounts(actor=actor, simulation_id=simulation_id, scenario=scenario),
        title=_("Accounts under proposal %s") % proposal_name(scenario),
        template="simulation/of_simulation.html",
        context={"simulation_id": simulation_id, "simulation_title": simulation.title},
    )


@needs(Permission.TARIFF_SIMULATE)
def show_set_aside(request: HttpRequest, simulation_id: int) -> HttpResponseBase:
    """List the accounts with bills that are in no sum, with the reason."""
    actor = actor_of(request)
    simulation = queries.access_simulation(actor=actor, simulation_id=simulation_id)
    return show_list(
        request,
        listing=lists.SET_ASIDE,
        rows=queries.list_set_aside(actor=actor, simulation_id=simulation_id),
        title=_("Bills set aside"),
        template="simulation/of_simulation.html",
        context={"simulation_id": simulation_id, "simulation_title": simulation.title},
    )


@needs(Permission.TARIFF_SIMULATE)
def cancel_simulation(request: HttpRequest, simulation_id: int) -> HttpResponse:
    """Stop a simulation."""
    return _act(
        request,
        simulation_id,
        act=lambda: (
            operations.cancel_simulation(
                actor=actor_of(request), simulation_id=simulation_id, cancelled_at=timezone.now()
            ).pk
        ),
        title=_("Cancel the simulation"),
        consequence=_("What is priced so far is kept; the simulation can go on later."),
    )


@needs(Permission.TARIFF_SIMULATE)
def resume_simulation(request: HttpRequest, simulation_id: int) -> HttpResponse:
    """Let a simulation go on."""
    return _act(
        request,
        simulation_id,
        act=lambda: (
            operations.resume_simulation(
                actor=actor_of(request), simulation_id=simulation_id, resumed_at=timezone.now()
            ).pk
        ),
        title=_("Go on"),
        consequence=_("The accounts that are not priced yet are priced; nothing is done twice."),
    )


@needs(Permission.TARIFF_SIMULATE)
def repeat_simulation(request: HttpRequest, simulation_id: int) -> HttpResponse:
    """Do a simulation again."""
    return _act(
        request,
        simulation_id,
        act=lambda: (
            operations.repeat_simulation(
                actor=actor_of(request), simulation_id=simulation_id, requested_at=timezone.now()
            ).pk
        ),
        title=_("Repeat"),
        consequence=_("The same texts and settings are priced on the register as it is now."),
    )


@needs(Permission.TARIFF_SIMULATE)
def export_simulation(request: HttpRequest, simulation_id: int) -> HttpResponseBase:
    """Return every table of a simulation as one workbook."""
    page = queries.get_simulation_page(actor=actor_of(request), simulation_id=simulation_id)
    if page.result is None:
        raise queries.UnableToFindSimulation("simulation_not_done", _("The simulation is not done yet."))
    tables = _tables_of(page, page.result, Names.of(page))
    sheets: list[tuple[str, Sequence[str], exporting.Rows]] = [(_("Settings"), ("", ""), _settings_rows(page))]
    for table in tables:
        cells = [*(row.cells for row in table.rows), table.foot]
        sheets.append((table.sheet[:31], table.heads, [[cell.plain for cell in row] for row in cells]))
    for scenario in range(1, len(page.scenarios)):
        affected = [[cell.plain for cell in row["cells"]] for row in _affected_rows(request, simulation_id, scenario)]
        sheets.append((_("Most affected %s") % proposal_name(scenario), _affected_heads(), affected))
    return exporting.answer_workbook(name=page.code.lower(), sheets=sheets)


def _scenario_of(request: HttpRequest, page: SimulationPage) -> int:
    asked = request.GET.get("proposal", "")
    return int(asked) if asked in {str(place) for place in range(1, len(page.scenarios))} else 1


def _result_context(page: SimulationPage, result: Result, *, scenario: int) -> dict[str, Any]:
    names, impact = Names.of(page), result.impact[scenario - 1]
    return {
        "scenario": scenario,
        "proposal": proposal_name(scenario),
        "total": result.total,
        "total_cells": cards.total_cells(result, scenario=scenario),
        "impact": impact.total,
        "accounts_href": cards.accounts_href(page, scenario=scenario),
        "revenue": cards.revenue_table(page, result, names),
        "tenths": cards.impact_table(page, impact, names, dimension="tenth", scenario=scenario),
        "spread": cards.spread_table(impact, scenario=scenario),
        "breakdowns": [
            cards.breakdown_table(page, result, names, dimension=dimension) for dimension in BILL_DIMENSIONS[1:]
        ],
        "impacts": [
            cards.impact_table(page, impact, names, dimension=dimension, scenario=scenario)
            for dimension in IMPACT_DIMENSIONS[1:]
        ],
        "burden": cards.burden_table(page, result, names) if result.burden else None,
        "set_aside": cards.set_aside_table(page, result) if result.set_aside else None,
        "affected_heads": _affected_heads(),
    }


def _tables_of(page: SimulationPage, result: Result, names: Names) -> Iterator[Table]:
    """Yield all tables of a result in the order of the workbook."""
    yield cards.revenue_table(page, result, names)
    for dimension in BILL_DIMENSIONS[1:]:
        yield cards.breakdown_table(page, result, names, dimension=dimension)
    for scenario, impact in enumerate(result.impact, start=1):
        for dimension in IMPACT_DIMENSIONS:
            yield cards.impact_table(page, impact, names, dimension=dimension, scenario=scenario)
        yield cards.spread_table(impact, scenario=scenario)
    if result.burden:
        yield cards.burden_table(page, result, names)
    yield cards.set_aside_table(page, result)


def _settings_rows(page: SimulationPage) -> list[tuple[Any, ...]]:
    """Return what was simulated, so that the workbook speaks for itself."""
    rows: list[tuple[Any, ...]] = [
        (_("Simulation"), f"{page.code} · {page.title}"),
        (_("Months from"), page.from_date),
        (_("up to"), page.until_date - ONE_DAY),
        (_("Priced as of"), page.prices_date),
        (_("Register of"), page.requested_at),
        (_("Started by"), page.requested_by),
        (_("Sectors"), ", ".join(page.sectors) or _("All")),
        (_("Categories"), ", ".join(page.categories) or _("All")),
        (_("Elasticity"), ", ".join(str(milli / 1000) for milli in page.elasticity_milli) or _("None")),
    ]
    for place, versions in enumerate(page.scenarios):
        name = _("Proposal %s") % proposal_name(place) if place else _("Now")
        rows += [(name, f"{version.tariff_code} {version.sequence}", version.version_hash) for version in versions]
    rows += [(_("Fingerprint of the register"), page.register_hash), (_("Fingerprint of the result"), page.result_hash)]
    return rows


def _affected_heads() -> tuple[str, ...]:
    return (
        _("Account"),
        _("Category"),
        _("Units"),
        _("Quantity"),
        _("Now"),
        _("Proposed"),
        _("Change"),
        "%",
    )


def _affected_rows(request: HttpRequest, simulation_id: int, scenario: int) -> list[dict[str, Any]]:
    accounts = queries.list_most_affected(actor=actor_of(request), simulation_id=simulation_id, scenario=scenario)
    return [
        {"href": reverse("account", args=[account.account_id]), "cells": cards.affected_cells(account)}
        for account in accounts
    ]


def _act(
    request: HttpRequest, simulation_id: int, *, act: Callable[[], int], title: str, consequence: str
) -> HttpResponse:
    """Show what an act will do and do it when it is confirmed."""
    return handle_form(
        request,
        form=django_forms.Form(request.POST if request.method == "POST" else None),
        act=lambda _data: reverse("simulation", args=[act()]),
        template="simulation/act.html",
        context={
            "title": title,
            "submit": title,
            "consequence": consequence,
            "cancel": reverse("simulation", args=[simulation_id]),
        },
    )
