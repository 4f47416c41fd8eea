"""Screens of loading: upload, findings, preview, apply, undo."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hydria.intake import operations, queries
from hydria.intake.models import LoadBatch, LoadState
from hydria.intake.web import forms, lists
from hydria.platform.access import Permission
from hydria.platform.progress import find_progress
from hydria.platform.web.cards import progress_card
from hydria.platform.web.doors import actor_of, is_fragment, needs, render_page
from hydria.platform.web.forms import go_to, handle_form
from hydria.platform.web.listing import show_list


def _get_load(request: HttpRequest, batch_id: int) -> queries.LoadCard:
    try:
        return queries.get_load(actor=actor_of(request), batch_id=batch_id)
    except LoadBatch.DoesNotExist as error:
        raise Http404 from error


@needs(Permission.INTAKE_LOAD)
def show_loads(request: HttpRequest) -> HttpResponseBase:
    """List the loads, newest first."""
    rows = queries.access_loads(actor=actor_of(request))
    return show_list(request, listing=lists.LOADS, rows=rows, title=_("Loads"), template="intake/loads.html")


@needs(Permission.INTAKE_LOAD)
def receive_file(request: HttpRequest) -> HttpResponseBase:
    """Take a file and its mapping in and have them checked."""

    def act(data: dict[str, Any]) -> str:
        batch = operations.receive_file(
            actor=actor_of(request),
            content=data["file"].read(),
            file_name=data["file"].name,
            mapping_text=data["mapping_text"],
            received_at=timezone.now(),
        )
        return _request(request, batch.pk, operations.CHECK_JOB, _("Check %s") % batch.file_name)

    context = {"title": _("Load a file"), "submit": _("Check the file"), "cancel": reverse("batches")}
    form = forms.ReceiveForm(request.POST or None, request.FILES or None)
    return handle_form(request, form=form, act=act, context=context)


@needs(Permission.INTAKE_LOAD)
def show_load(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """Show what a file holds: findings, preview, and what can be done with it now; poll while a worker is at it."""
    load = _get_load(request, batch_id)
    progress = find_progress(key=operations.progress_key(batch_id))
    work = progress_card(progress, now=timezone.now()) if progress else None
    is_waiting = work is not None and work.is_going
    if is_fragment(request, target="load"):
        if is_waiting:
            return render_page(request, "intake/_load.html", {"work": work})
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {
        "load": load,
        "work": work if is_waiting else None,
        "failure": work.message if work and work.state == "FAILED" else "",
        "may_apply": load.state == LoadState.CHECKED and not is_waiting,
        "may_check": load.state in (LoadState.RECEIVED, LoadState.REFUSED, LoadState.CHECKED) and not is_waiting,
        "may_reverse": load.state == LoadState.APPLIED,
    }
    return show_list(
        request,
        listing=lists.FINDINGS,
        rows=queries.list_findings(actor=actor_of(request), batch_id=batch_id),
        title=load.file_name,
        context=context,
        template="intake/load.html",
    )


@needs(Permission.INTAKE_LOAD)
@require_POST
def check_load(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Have a load checked again, after the register was mended."""
    load = _get_load(request, batch_id)
    return go_to(request, _request(request, batch_id, operations.CHECK_JOB, _("Check %s") % load.file_name))


@needs(Permission.INTAKE_LOAD)
@require_POST
def apply_load(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Have a checked load applied."""
    load = _get_load(request, batch_id)
    return go_to(request, _request(request, batch_id, operations.APPLY_JOB, _("Load %s") % load.file_name))


@needs(Permission.INTAKE_LOAD)
def reverse_load(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Undo an applied load, with a reason."""
    load = _get_load(request, batch_id)

    def act(data: dict[str, Any]) -> str:
        operations.reverse_load(
            actor=actor_of(request), batch_id=batch_id, reason=data["reason"], reversed_at=timezone.now()
        )
        messages.success(request, _("The load is undone."))
        return reverse("batch", args=[batch_id])

    context = {"title": _("Undo %s") % load.file_name, "load": load}
    form = forms.ReverseForm(request.POST or None)
    return handle_form(request, form=form, act=act, template="intake/reverse.html", context=context)


def _request(request: HttpRequest, batch_id: int, job_name: str, title: str) -> str:
    address = reverse("batch", args=[batch_id])
    operations.request_work(
        actor=actor_of(request),
        batch_id=batch_id,
        job_name=job_name,
        link=address,
        title=title,
        requested_at=timezone.now(),
    )
    return address
