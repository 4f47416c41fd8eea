"""The platform's own pages: log-in, preferences, users and roles, audit, long work."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hydria.kernel.errors import UnableTo
from hydria.platform import audit, operations, queries
from hydria.platform.access import Permission
from hydria.platform.web import cards, lists
from hydria.platform.web.doors import actor_of, is_fragment, needs, person_of, render_page, within_this_desk
from hydria.platform.web.entrance_forms import PasswordForm
from hydria.platform.web.forms import go_to, handle_form
from hydria.platform.web.listing import build_list, show_list
from hydria.platform.web.user_forms import (
    CompanyForm,
    PreferencesForm,
)

COMPANY_CHANGES_SHOWN = 20


@login_required
def edit_preferences(request: HttpRequest) -> HttpResponseBase:
    """Let readers choose their language and theme."""
    actor = actor_of(request)
    user = person_of(request)
    form = PreferencesForm(
        request.POST or None, initial={"language": user.language, "theme": user.theme, "density": user.density}
    )

    def act(data: dict[str, Any]) -> str:
        operations.set_preferences(actor=actor, **data)
        with translation.override(data["language"]):
            messages.success(request, _("Your preferences are kept."))
        return reverse("preferences")

    return handle_form(
        request, form=form, act=act, template="platform/preferences.html", context={"title": _("My preferences")}
    )


@login_required
def change_password(request: HttpRequest) -> HttpResponseBase:
    """Let readers choose a new password for themselves."""
    user = person_of(request)
    form = PasswordForm(request.POST or None, user=user)

    def act(data: dict[str, Any]) -> str:
        operations.set_password(actor=actor_of(request), user_id=user.pk, password=data["password"])
        user.refresh_from_db()
        # Other devices are logged out; this one stays.
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is changed; other devices are logged out."))
        return reverse("preferences")

    context = {"title": _("My password"), "cancel": reverse("preferences")}
    return handle_form(request, form=form, act=act, context=context)


# Views of lists


@login_required
@require_POST
def save_view(request: HttpRequest) -> HttpResponseBase:
    """Keep the shape of a list under a name and go back to it."""
    address, query = request.POST.get("address", "/"), request.POST.get("query", "").lstrip("?")
    try:
        view = operations.save_view(
            actor=actor_of(request),
            listing=request.POST.get("listing", "")[:40],
            name=request.POST.get("name", ""),
            query=query,
            is_shared="is_shared" in request.POST,
        )
    except UnableTo as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The view “%s” is kept.") % view.name)
    return go_to(request, within_this_desk(f"{address}?{query}"))


@login_required
@require_POST
def drop_view(request: HttpRequest, view_id: int) -> HttpResponseBase:
    """Forget a view of one's own."""
    operations.drop_view(actor=actor_of(request), view_id=view_id)
    return go_to(request, within_this_desk(request.POST.get("address", "/")))


# The company


@needs(Permission.SETTING_MANAGE)
def edit_company(request: HttpRequest) -> HttpResponseBase:
    """Change what documents say of the company, and show what it said before."""
    actor = actor_of(request)
    form = CompanyForm(request.POST or None, request.FILES or None, initial=queries.get_company_particulars())

    def act(data: dict[str, Any]) -> str:
        logo = data.pop("logo")
        operations.change_company(actor=actor, logo=logo.read() if logo else None, **data)
        messages.success(request, _("Saved. Documents printed from now on show it."))
        return reverse("company")

    history = (
        audit.list_audit_entries(actor=actor, wanted=audit.AuditFilter(table_name="platform_company"))
        if actor.may(Permission.AUDIT_VIEW)
        else ()
    )
    context = {
        "title": _("Company"),
        "has_logo": bool(queries.get_logo()),
        "history": [cards.audit_card(entry) for entry in history[:COMPANY_CHANGES_SHOWN]],
    }
    return handle_form(request, form=form, act=act, template="platform/company.html", context=context)


@login_required
def show_logo(_request: HttpRequest) -> HttpResponse:
    """Show the company's logo as documents print it."""
    drawing = queries.get_logo()
    if not drawing:
        raise Http404
    headers = {"Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"}
    return HttpResponse(drawing, content_type="image/svg+xml", headers=headers)


# Audit


@needs(Permission.AUDIT_VIEW)
def show_audit(request: HttpRequest) -> HttpResponseBase:
    """Search every change: who, when, old and new, why."""
    entries = audit.list_audit_entries(actor=actor_of(request), wanted=audit.AuditFilter())
    return show_list(request, listing=lists.AUDIT, rows=entries, title=_("Audit"))


@needs(Permission.AUDIT_VIEW)
def show_audit_entry(request: HttpRequest, entry_id: int) -> HttpResponseBase:
    """Show one change field by field, with the changes made together with it."""
    entries = audit.list_audit_entries(actor=actor_of(request), wanted=audit.AuditFilter())
    entry = entries.get(id=entry_id)
    together = entries.filter(transaction_id=entry.transaction_id).exclude(id=entry.pk)[:20]
    context = {"entry": cards.audit_card(entry), "together": [cards.audit_card(other) for other in together]}
    template = (
        "platform/_audit_entry.html" if is_fragment(request, target="drawer-body") else "platform/audit_entry.html"
    )
    return render_page(request, template, {"title": _("Change"), **context})


@needs(Permission.AUDIT_VIEW)
def show_accesses(request: HttpRequest) -> HttpResponseBase:
    """Search who came in, who was refused and what was taken out."""
    rows = audit.list_accesses(actor=actor_of(request))
    return show_list(request, listing=lists.ACCESSES, rows=rows, title=_("Access log"))


# Long work


@needs(Permission.JOB_VIEW)
def show_jobs(request: HttpRequest) -> HttpResponseBase:
    """Show the work that is going on, what came before it, and how the queue stands."""
    now = timezone.now()
    going = [cards.progress_card(progress, now=now) for progress in queries.list_progress_going()]
    context = {
        "title": _("Jobs"),
        "going": going,
        "queue": queries.count_queue(),
        "list": build_list(request, listing=lists.JOBS, rows=queries.list_progress()),
    }
    fragments = {"list-jobs": "platform/_list.html"}
    return render_page(request, "platform/jobs.html", context, fragments=fragments)


@needs(Permission.JOB_VIEW)
def show_job(request: HttpRequest, progress_id: int) -> HttpResponseBase:
    """Show one piece of long work; the page asks again while it goes on."""
    card = cards.progress_card(queries.list_progress().get(id=progress_id), now=timezone.now())
    is_poll = request.headers.get("HX-Request") == "true"
    template = "platform/_progress.html" if is_poll else "platform/job.html"
    return render_page(request, template, {"title": card.title, "card": card})


@needs(Permission.JOB_VIEW)
def show_queue(request: HttpRequest) -> HttpResponseBase:
    """List the jobs that wait, run, failed or were canceled."""
    return show_list(request, listing=lists.QUEUE, rows=queries.list_queue(), title=_("Queue"))


@needs(Permission.JOB_VIEW)
def show_queued_job(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """Show one job of the queue, with what can be done with it."""
    job = queries.list_queue().filter(id=job_id).first()
    if job is None:
        raise Http404
    may_manage = actor_of(request).may(Permission.JOB_MANAGE)
    context = {"title": _("Job %s") % job.id, "job": cards.queued_job_card(job), "may_manage": may_manage}
    return render_page(request, "platform/queued_job.html", context)


@needs(Permission.JOB_MANAGE)
@require_POST
def cancel_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Take a waiting job out of the queue."""
    act = functools.partial(operations.cancel_job, job_id=job_id, canceled_at=timezone.now())
    return _manage_job(request, job_id, act)


@needs(Permission.JOB_MANAGE)
@require_POST
def retry_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Put a failed or canceled job back into the queue."""
    act = functools.partial(operations.retry_job, job_id=job_id, retried_at=timezone.now())
    return _manage_job(request, job_id, act)


def _manage_job(request: HttpRequest, job_id: int, act: Callable[..., None]) -> HttpResponse:
    try:
        act(actor=actor_of(request))
    except operations.UnableToManageJob as refusal:
        messages.error(request, refusal.message)
        return go_to(request, reverse("queue"))
    return go_to(request, reverse("queued_job", args=[job_id]))
