"""Screens of applications: the board, one with its road, and the act of each step."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.agreements import queries as agreements
from hydria.agreements.operations import DeliveryMode
from hydria.connections import operations, queries
from hydria.connections.domain.steps import OPEN, Step
from hydria.connections.queries import ApplicationPage
from hydria.connections.web import cards, forms, lists
from hydria.customers import operations as customers
from hydria.customers.queries import About
from hydria.customers.web import candidates, previews
from hydria.customers.web.guiding import guide
from hydria.platform.access import Permission
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.forms import handle_form
from hydria.platform.web.listing import show_list

Data = dict[str, Any]


@needs(Permission.REGISTER_VIEW)
def show_applications(request: HttpRequest) -> HttpResponseBase:
    """List the applications, under how many are at each step."""
    actor = actor_of(request)
    return show_list(
        request,
        listing=lists.APPLICATIONS,
        rows=queries.list_applications(actor=actor),
        title=_("Applications"),
        template="connections/applications.html",
        context={
            "steps": queries.count_by_step(actor=actor, today=timezone.localdate()),
            "may_apply": actor.may(Permission.AGREEMENT_EDIT),
            "may_set": actor.may(Permission.SETTING_MANAGE),
        },
    )


@needs(Permission.AGREEMENT_EDIT)
def apply(request: HttpRequest) -> HttpResponse:
    """Open an application: who, where, when."""
    form = forms.ApplicationForm(request.POST or None)

    def act(data: Data) -> str:
        application = operations.apply(
            actor=actor_of(request),
            key=data["key"],
            customer=form.customer,
            place=form.place,
            wished_date=data["wished_date"],
            opened_at=timezone.now(),
            today=timezone.localdate(),
        )
        messages.success(request, _("The application is open."))
        return reverse("application", args=[application.pk])

    context = {
        "title": _("New application"),
        "submit": _("Open the application"),
        "subject": _("Applications"),
        "cancel": reverse("applications"),
        **candidates.of_person(request),
        **candidates.of_place(request),
    }
    return handle_form(request, form=form, act=act, template="connections/apply.html", context=context)


@needs(Permission.REGISTER_VIEW)
def show_application(request: HttpRequest, application_id: int) -> HttpResponse:
    """Show an application: its road, what the present step waits for, and what has happened."""
    actor = actor_of(request)
    page = _page(request, application_id)
    context = {
        "title": _("Application %s") % page.code,
        "page": page,
        "stations": cards.stations(page),
        "events": cards.timeline(page),
        "actions": cards.actions(page) if actor.may(Permission.AGREEMENT_EDIT) else [],
        "may_act": actor.may(Permission.AGREEMENT_EDIT) and page.is_open,
        "may_quote": actor.may(Permission.FEE_QUOTE),
        "may_see_money": actor.may(Permission.BILLING_VIEW),
        "may_take_money": actor.may(Permission.PAYMENT_TAKE),
    }
    return render_page(request, "connections/application.html", context)


@needs(Permission.AGREEMENT_EDIT)
def check_documents(request: HttpRequest, application_id: int) -> HttpResponse:
    """Tick off the documents that were seen."""
    page = _page(request, application_id)
    form = forms.DocumentsForm(request.POST or None, rows=page.documents)

    def act(data: Data) -> str:
        done = operations.check_documents(
            actor=actor_of(request),
            application_id=application_id,
            seen_codes=data["documents"],
            missing_reason=data["missing_reason"],
            checked_at=timezone.now(),
            today=timezone.localdate(),
        )
        messages.success(
            request, _("The documents are checked.") if done.step != Step.DOCUMENTS else _("It waits for the others.")
        )
        return reverse("application", args=[application_id])

    return _step(request, page, form=form, act=act, title=_("Check the documents"))


@needs(Permission.AGREEMENT_EDIT)
def attach_document(request: HttpRequest, application_id: int) -> HttpResponse:
    """Keep the file of a document with the applicant, where every later procedure finds it."""
    page = _page(request, application_id)
    form = forms.FileForm(request.POST or None, request.FILES or None)

    def act(data: Data) -> str:
        file = data.pop("file")
        customers.attach_file(
            actor=actor_of(request),
            about=About(party_id=page.party_id),
            content=file.read(),
            title=file.name,
            added_at=timezone.now(),
            **data,
        )
        messages.success(request, _("The file is kept."))
        return reverse("application", args=[application_id])

    return _step(request, page, form=form, act=act, title=_("Attach a file"))


@needs(Permission.AGREEMENT_EDIT)
def find_feasible(request: HttpRequest, application_id: int) -> HttpResponse:
    """Write down what the technical check found."""
    page = _page(request, application_id)

    def act(data: Data) -> str:
        operations.find_feasible(
            actor=actor_of(request),
            application_id=application_id,
            found_at=timezone.now(),
            today=timezone.localdate(),
            **data,
        )
        messages.success(request, _("It can be connected."))
        return reverse("application", args=[application_id])

    form = forms.FeasibilityForm(request.POST or None)
    return _step(request, page, form=form, act=act, title=_("It can be connected"))


@needs(Permission.AGREEMENT_EDIT)
def settle_fees(request: HttpRequest, application_id: int) -> HttpResponse:
    """Go on once the fees are paid."""
    page = _page(request, application_id)

    def act(_data: Data) -> str:
        operations.settle_fees(
            actor=actor_of(request),
            application_id=application_id,
            settled_at=timezone.now(),
            today=timezone.localdate(),
        )
        messages.success(request, _("The connection can be ordered."))
        return reverse("application", args=[application_id])

    form = forms.DeskForm(request.POST if request.method == "POST" else None)
    return _step(request, page, form=form, act=act, title=_("The fees are settled"))


@needs(Permission.AGREEMENT_EDIT)
def assign(request: HttpRequest, application_id: int) -> HttpResponse:
    """Say who sees to the present step, and until when."""
    page = _page(request, application_id)

    def act(data: Data) -> str:
        operations.assign(actor=actor_of(request), application_id=application_id, **data)
        return reverse("application", args=[application_id])

    initial = {"assigned_to": page.assigned_to, "due_date": page.due_date}
    form = forms.AssignForm(request.POST or None, initial=initial)
    return _step(request, page, form=form, act=act, title=_("Who sees to it"))


@needs(Permission.AGREEMENT_EDIT)
def connect(request: HttpRequest, application_id: int) -> HttpResponse:
    """Connect the applicant: the front office's own act, with what the application knows filled in."""
    page = _page(request, application_id)
    if page.step is not Step.ORDER:
        raise Http404
    data = None
    if request.method == "POST":
        data = request.POST.copy()
        data["party_id"] = str(page.party_id)
    form = forms.ConnectForm(data, initial=_known(page))

    def act(agreed: Data) -> str:
        agreement_id = operations.connect(
            actor=actor_of(request),
            application_id=application_id,
            connected_at=timezone.now(),
            customer=page.party_id,
            place=form.place,
            first_meter=form.first_meter,
            start_date=agreed["start_date"],
            tariff_code=agreed["tariff_code"],
            category_code=agreed["category_code"],
            delivery_mode=DeliveryMode(agreed["delivery_mode"]),
        )
        account_id, _agreement = agreements.get_agreement_card(
            actor=actor_of(request), agreement_id=agreement_id, today=timezone.localdate()
        )
        return reverse("account", args=[account_id])

    context = {
        **_around(page, title=_("Connect %s") % page.party_name, submit=_("Connect the customer")),
        **candidates.of_place(request),
    }
    return guide(
        request,
        form=form,
        act=act,
        preview=lambda agreed: previews.of_connection(form, agreed),
        done=_("The customer is connected."),
        context=context,
        template="connections/connect.html",
    )


@needs(Permission.AGREEMENT_EDIT)
def refuse(request: HttpRequest, application_id: int) -> HttpResponse:
    """Refuse an application, with the reason."""
    page = _page(request, application_id)

    def act(data: Data) -> str:
        operations.refuse(actor=actor_of(request), application_id=application_id, refused_at=timezone.now(), **data)
        messages.success(request, _("The application is refused."))
        return reverse("application", args=[application_id])

    form = forms.ReasonForm(request.POST or None)
    return _step(request, page, form=form, act=act, title=_("Refuse the application"))


@needs(Permission.AGREEMENT_EDIT)
def withdraw(request: HttpRequest, application_id: int) -> HttpResponse:
    """End an application that the applicant does not go on with."""
    page = _page(request, application_id)

    def act(data: Data) -> str:
        operations.withdraw(actor=actor_of(request), application_id=application_id, withdrawn_at=timezone.now(), **data)
        messages.success(request, _("The application is withdrawn."))
        return reverse("application", args=[application_id])

    form = forms.ReasonForm(request.POST or None)
    return _step(request, page, form=form, act=act, title=_("The applicant withdraws"))


@needs(Permission.SETTING_MANAGE)
def show_steps(request: HttpRequest) -> HttpResponse:
    """Show how the company does the steps of an application."""
    context = {"title": _("Steps of an application"), "steps": list(queries.list_step_rules().values())}
    return render_page(request, "connections/steps.html", context)


@needs(Permission.SETTING_MANAGE)
def edit_step(request: HttpRequest, step: str) -> HttpResponse:
    """Change how the company does a step."""
    rules = queries.list_step_rules()
    if step not in OPEN:
        raise Http404
    rule = rules[Step(step)]

    def act(data: Data) -> str:
        operations.save_step(
            actor=actor_of(request),
            step=rule.step,
            days_allowed=data["days_allowed"],
            is_used=data.get("is_used", True),
            fee_codes=data.get("fee_codes", ()),
        )
        messages.success(request, _("Saved."))
        return reverse("application_steps")

    initial = {"days_allowed": rule.days_allowed, "is_used": rule.is_used, "fee_codes": rule.fee_codes}
    form = forms.StepForm(
        request.POST or None, initial=initial, is_optional=rule.is_optional, has_fees=rule.step is Step.FEES
    )
    context = {"title": rule.label, "cancel": reverse("application_steps")}
    return handle_form(request, form=form, act=act, context=context)


def _page(request: HttpRequest, application_id: int) -> ApplicationPage:
    today: datetime.date = timezone.localdate()
    return queries.get_application_page(actor=actor_of(request), application_id=application_id, today=today)


def _around(page: ApplicationPage, *, title: str, submit: str) -> Data:
    return {
        "title": title,
        "submit": submit,
        "lead": f"{page.code} · {page.party_name} · {page.address}",
        "subject": page.code,
        "cancel": reverse("application", args=[page.application_id]),
    }


def _step(request: HttpRequest, page: ApplicationPage, *, form: Any, act: Any, title: str) -> HttpResponse:
    context = _around(page, title=title, submit=title)
    return handle_form(request, form=form, act=act, template="connections/step.html", context=context)


def _known(page: ApplicationPage) -> Data:
    """Return what the application says of the form of a connection."""
    names = ("party_id", "service_point_id", "address", "city", "cadastral_code", "service_code", "category_code")
    return {
        **{name: getattr(page, name) for name in names},
        "unit_count": page.unit_count,
        "start_date": timezone.localdate(),
        "feasibility": page.feasibility,
    }
