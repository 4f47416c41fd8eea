"""Screens of metering. The review desk works by one key a decision: a accepts, e estimates, c corrects, s skips."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.metering import _incidents as incidents
from hydria.metering import _observing as observing
from hydria.metering import _walks as walks
from hydria.metering import operations, queries
from hydria.metering._incidents import IncidentCard
from hydria.metering.models import ConsumptionKind, ConsumptionState, Decision
from hydria.metering.operations import NewMeter, UnableToDecide
from hydria.metering.web import cards, forms, lists
from hydria.ownfields.domain.kinds import Subject
from hydria.ownfields.web.fitting import make_card
from hydria.platform.access import Permission
from hydria.platform.web.asking import day_asked, number_asked
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.formats import get_formats
from hydria.platform.web.forms import go_to, handle_form
from hydria.platform.web.listing import show_list
from hydria.platform.web.states import label_of
from hydria.premises import queries as premises

# The review desk


@needs(Permission.READING_VIEW)
def show_incidents(request: HttpRequest) -> HttpResponseBase:
    """List what validation has held or marked."""
    actor = actor_of(request)
    context = {"held_count": queries.count_incidents(), "may_set": actor.may(Permission.SETTING_MANAGE)}
    return show_list(
        request,
        listing=lists.INCIDENTS,
        rows=incidents.list_queue(actor=actor),
        title=_("Incidents"),
        context=context,
        template="metering/incidents.html",
    )


@needs(Permission.READING_VIEW)
def open_next_incident(request: HttpRequest) -> HttpResponse:
    """Go to the next consumption that waits for a decision, or to the list when none does."""
    return go_to(request, _next_address(request, after_id=number_asked(request, "after") or 0))


@needs(Permission.READING_VIEW)
def show_incident(request: HttpRequest, consumption_id: int) -> HttpResponse:
    """Show an incident with everything that a decision needs; a decision leads to the next one."""
    actor = actor_of(request)
    incident = incidents.access_incident(actor=actor, consumption_id=consumption_id, today=timezone.localdate())
    asked = Decision(request.POST["decision"]) if request.POST.get("decision") in Decision.values else None
    decision_forms = _decision_forms(request, incident, asked)

    def act(data: dict[str, Any]) -> str:
        if asked == Decision.CORRECTED:
            operations.correct_reading(actor=actor, consumption_id=consumption_id, decided_at=timezone.now(), **data)
        else:
            row = operations.decide(
                actor=actor,
                consumption_ids=[consumption_id],
                decision=asked or Decision.ACCEPTED,
                decided_at=timezone.now(),
                reason=data["reason"],
            )[0]
            if row.status != "DECIDED":
                raise UnableToDecide(row.status.lower(), _label_of_refusal(row.status))
        messages.success(request, _("Decided: %s") % incident.point_number)
        return _next_address(request, after_id=consumption_id)

    context = {
        "title": incident.point_number,
        "incident": incident,
        "state_label": label_of(ConsumptionState, incident.state),
        "kind_label": label_of(ConsumptionKind, incident.kind),
        "findings": cards.finding_lines(incident),
        "readings": cards.reading_lines(incident.readings),
        "chart": cards.incident_chart(incident),
        "accept_form": decision_forms[Decision.ACCEPTED],
        "estimate_form": decision_forms[Decision.ESTIMATED],
        "correct_form": decision_forms[Decision.CORRECTED],
        "may_decide": actor.may(Permission.READING_DECIDE) and bool(incident.open_findings),
        "may_record": actor.may(Permission.READING_RECORD),
        "held_count": queries.count_incidents(),
    }
    form = decision_forms[asked or Decision.ACCEPTED]
    return handle_form(request, form=form, act=act, template="metering/incident.html", context=context)


def _decision_forms(
    request: HttpRequest, incident: IncidentCard, asked: Decision | None
) -> dict[Decision, forms.DecisionForm | forms.CorrectionForm]:
    """Return a form for each decision, with a plain reason filled in so that one key is enough."""
    reasons = {
        Decision.ACCEPTED: _("Looked at; the reading is plausible"),
        Decision.ESTIMATED: _("Looked at; the reading is not plausible")
        if incident.reading
        else _("Could not be read"),
        Decision.CORRECTED: _("Read or typed wrongly"),
    }
    built: dict[Decision, forms.DecisionForm | forms.CorrectionForm] = {}
    for decision, reason in reasons.items():
        initial = {"reason": reason, "value_milli": cards.likely_milli(incident)}
        data = request.POST if decision == asked else None
        if decision == Decision.CORRECTED:
            dials = [
                (one.register_id, f"{one.serial} {one.channel}") for one in incident.stretches if not one.is_removed
            ]
            built[decision] = forms.CorrectionForm(data, initial=initial, auto_id="corrected_%s", dials=dials)
        else:
            built[decision] = forms.DecisionForm(data, initial=initial, auto_id=f"{decision.lower()}_%s")
    return built


def _label_of_refusal(status: str) -> str:
    return {
        "UNKNOWN": _("This consumption is no longer live."),
        "WITHOUT_FINDING": _("Somebody has decided on this already."),
        "WITHOUT_QUANTITY": _("There is no quantity to accept; estimate or correct it."),
        "WITHOUT_HISTORY": _("There is nothing to estimate from."),
        "ALREADY_FINAL": _("It is final already; only what is held can be estimated."),
    }[status]


def _next_address(request: HttpRequest, *, after_id: int) -> str:
    next_id = incidents.find_next_held(actor=actor_of(request), after_id=after_id)
    return reverse("incident", args=[next_id]) if next_id else reverse("incidents")


# Reading sheets


@needs(Permission.READING_VIEW)
def show_routes(request: HttpRequest) -> HttpResponseBase:
    """List the routes to read."""
    context = {"load_address": _address_of_loads(request)}
    return show_list(
        request,
        listing=lists.ROUTES,
        rows=walks.list_routes(actor=actor_of(request)),
        title=_("Routes"),
        context=context,
        template="metering/routes.html",
    )


def _address_of_loads(request: HttpRequest) -> str:
    """Return where files of readings are loaded, if the reader may."""
    try:
        return reverse("batches") if actor_of(request).may(Permission.INTAKE_LOAD) else ""
    except NoReverseMatch:
        return ""


@needs(Permission.READING_RECORD)
def edit_sheet(request: HttpRequest, route_id: int) -> HttpResponse:
    """Type a route's readings in, in walking order; every row gets its own answer."""
    actor, today = actor_of(request), timezone.localdate()
    read_date = day_asked(request, "day", default=today)
    where = {"route_id": route_id, "read_date": read_date, "from_sequence": number_asked(request, "from") or 0}
    sheet = walks.get_sheet(actor=actor, **where)
    context: dict[str, Any] = {"rows": cards.sheet_rows(sheet)}
    if request.method == "POST":
        typed = cards.read_sheet(request.POST, sheet)
        readings = typed.to_readings(read_date=read_date, reader=actor.name)
        recorded = operations.record_readings(actor=actor, readings=readings, today=today)
        sheet = walks.get_sheet(actor=actor, **where)
        answers = dict(zip(typed.registers, recorded, strict=True))
        foreseen = walks.foresee_findings(actor=actor, register_ids=typed.registers, until_date=read_date)
        rows = cards.sheet_rows(
            sheet, typed=request.POST, misspelled=typed.misspelled, recorded=answers, foreseen=foreseen
        )
        context = {
            "rows": rows,
            "good_count": sum(row.tone in ("good", "wait") for row in rows),
            "review_count": sum(row.tone == "wait" for row in rows),
            "bad_count": sum(row.tone == "bad" for row in rows),
            "is_sent": True,
        }
    names = observing.name_observations(language=get_formats().locale.language, on_date=read_date)
    context |= {
        "title": sheet.route_name,
        "sheet": sheet,
        "observations": [("", _("Read")), *names.items()],
        "today": today,
    }
    return render_page(request, "metering/sheet.html", context)


# Meters


@needs(Permission.READING_VIEW)
def show_meter(request: HttpRequest, meter_id: int) -> HttpResponse:
    """Show a meter's whole life."""
    actor = actor_of(request)
    meter = walks.access_meter(actor=actor, meter_id=meter_id)
    context = {
        "title": meter.serial,
        "meter": meter,
        "readings": cards.reading_lines(meter.readings),
        "own": make_card(subject=Subject.METER, object_id=meter_id, may_edit=actor.may(Permission.REGISTER_EDIT)),
        "may_record": actor.may(Permission.READING_RECORD) and meter.service_point_id is not None,
    }
    return render_page(request, "metering/meter.html", context)


@needs(Permission.READING_RECORD)
def exchange_meter(request: HttpRequest, service_point_id: int) -> HttpResponse:
    """Record that a meter was taken out and another one put in."""
    installed = queries.list_installations(service_point_ids=[service_point_id])

    today = timezone.localdate()

    def act(data: dict[str, Any]) -> str:
        meter = NewMeter(serial=data["serial"], make=data["make"], size=data["size"], digits=data["digits"])
        installation = operations.exchange_meter(
            actor=actor_of(request),
            service_point_id=service_point_id,
            exchanged_date=data["exchanged_date"],
            final_milli=data["final_milli"],
            meter=meter,
            initial_milli=data["initial_milli"],
            evidence=data["evidence"],
            today=today,
        )
        messages.success(request, _("The exchange is recorded."))
        return reverse("meter", args=[installation.meter_id])

    initial = {"exchanged_date": today, "size": installed[0].size if installed else ""}
    context = {
        "title": _("Exchange meter %s") % (installed[0].serial if installed else ""),
        "submit": _("Record the exchange"),
        "cancel": reverse("meter", args=[installed[0].meter_id]) if installed else reverse("routes"),
    }
    form = forms.ExchangeForm(request.POST or None, initial=initial, today=today)
    return handle_form(request, form=form, act=act, context=context)


# Observations


@needs(Permission.SETTING_MANAGE)
def show_observations(request: HttpRequest) -> HttpResponseBase:
    """List what readers may note and what it does."""
    return show_list(
        request,
        listing=lists.OBSERVATIONS,
        rows=observing.list_observations(),
        title=_("Observations"),
        template="metering/observations.html",
    )


@needs(Permission.SETTING_MANAGE)
def edit_observation(request: HttpRequest, code: str = "") -> HttpResponse:
    """Add an observation to the list, or change one."""
    row = get_object_or_404(observing.list_observations(), code=code) if code else None
    initial: dict[str, Any] = {}
    if row is not None:
        initial = {"code": code, "effect": row.effect, "follow_up": row.follow_up}
        initial |= {"from_date": row.valid_during.lower, "until_date": row.valid_during.upper}
        initial |= {f"name_{language}": name for language, name in row.names.items()}

    def act(data: dict[str, Any]) -> str:
        fields = ("code", "names", "effect", "follow_up", "from_date", "until_date")
        observation = operations.NewObservation(**{name: data[name] for name in fields})
        operations.set_observation(actor=actor_of(request), observation=observation, reason=data["reason"])
        messages.success(request, _("The list of observations is changed."))
        return reverse("observations")

    form = forms.ObservationForm(request.POST or None, initial=initial, is_new=row is None)
    context = {"title": code or _("New observation"), "cancel": reverse("observations")}
    return handle_form(request, form=form, act=act, context=context)


# Thresholds


@needs(Permission.SETTING_MANAGE)
def show_thresholds(request: HttpRequest) -> HttpResponseBase:
    """List the thresholds of validation: whom they hold for, from when to when, and why."""
    return show_list(
        request,
        listing=lists.THRESHOLDS,
        rows=queries.list_rules(),
        title=_("Thresholds"),
        template="metering/thresholds.html",
    )


@needs(Permission.SETTING_MANAGE)
def edit_thresholds(request: HttpRequest) -> HttpResponse:
    """Set thresholds for all or for some from a day on; a rule that is changed fills the form."""
    today = timezone.localdate()
    changed = queries.list_rules().filter(id=number_asked(request, "rule") or 0).first()
    initial: dict[str, Any] = {"from_date": today}
    if changed is not None:
        initial |= changed.thresholds | {"first_method": next(iter(changed.thresholds.get("methods", ())), "")}
        initial |= {"category_id": changed.category_id, "service_id": changed.service_id}
        if changed.months:
            initial |= {"first_month": changed.months.lower, "last_month": changed.months.upper - 1}

    def act(data: dict[str, Any]) -> str:
        names = ("applies_to", "thresholds", "from_date", "reason")
        operations.set_thresholds(actor=actor_of(request), **{name: data[name] for name in names})
        messages.success(request, _("The thresholds hold from the day you named."))
        return reverse("thresholds")

    form = forms.ThresholdsForm(
        request.POST or None,
        initial=initial,
        categories=list(premises.list_categories().values_list("id", "name")),
        services=premises.list_service_ids(),
        general=queries.get_policy(on_date=today),
    )
    context = {"title": _("Thresholds"), "cancel": reverse("thresholds")}
    return handle_form(request, form=form, act=act, context=context)
