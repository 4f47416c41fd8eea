"""How the deployment is, its series of numbers, its offices, and when an unused desk closes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hydria.platform import health, numbering, operations, queries
from hydria.platform.access import Permission
from hydria.platform.web import lists
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.platform.web.forms import handle_form
from hydria.platform.web.health_cards import series_card, sign_cards
from hydria.platform.web.listing import show_list
from hydria.platform.web.user_forms import OfficeForm, SecurityForm


@needs(Permission.SETTING_MANAGE)
def show_health(request: HttpRequest) -> HttpResponseBase:
    """Show how the deployment is, what is worth worrying about first."""
    vitals = health.measure(actor=actor_of(request), at=timezone.now(), folder=settings.MEDIA_ROOT)
    return render_page(request, "platform/health.html", {"title": _("Health"), "signs": sign_cards(vitals)})


@needs(Permission.SETTING_MANAGE)
def show_series(request: HttpRequest) -> HttpResponseBase:
    """Show every series of numbers: what was given out, what is left, what was never used and why."""
    today = timezone.localdate()
    ranges = numbering.list_ranges()
    context = {"title": _("Number series"), "ranges": [series_card(found, today=today) for found in ranges]}
    return render_page(request, "platform/number_series.html", context)


@needs(Permission.SETTING_MANAGE)
def show_offices(request: HttpRequest) -> HttpResponseBase:
    """List the offices."""
    rows = queries.list_offices()
    return show_list(request, listing=lists.OFFICES, rows=rows, title=_("Offices"), template="platform/offices.html")


@needs(Permission.SETTING_MANAGE)
def edit_office(request: HttpRequest, office_id: int | None = None) -> HttpResponseBase:
    """Open an office, or change one."""
    office = queries.list_offices().get(id=office_id) if office_id else None
    initial = {"code": office.code, "name": office.name} if office else {}
    form = OfficeForm(request.POST or None, initial=initial)

    def act(data: dict[str, Any]) -> str:
        operations.save_office(actor=actor_of(request), office_id=office_id, **data)
        messages.success(request, _("Saved."))
        return reverse("offices")

    context = {"title": office.name if office else _("New office"), "cancel": reverse("offices")}
    return handle_form(request, form=form, act=act, context=context)


@needs(Permission.SETTING_MANAGE)
def edit_security(request: HttpRequest) -> HttpResponseBase:
    """Say after how many minutes a desk that nobody uses is closed."""
    form = SecurityForm(request.POST or None, initial={"idle_minutes": queries.get_company().idle_minutes})

    def act(data: dict[str, Any]) -> str:
        operations.change_idle_minutes(actor=actor_of(request), **data)
        messages.success(request, _("Saved."))
        return reverse("health_page")

    context = {"title": _("Unused desks"), "cancel": reverse("health_page")}
    return handle_form(request, form=form, act=act, context=context)
