"""Screens of tariffs: the list, a tariff with its text and charges, publishing a text."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hydria.platform.access import Permission
from hydria.platform.web.doors import actor_of, needs, render_page
from hydria.tariffs import queries


@needs(Permission.TARIFF_VIEW)
def show_tariffs(request: HttpRequest) -> HttpResponse:
    """List the tariffs with the version in force."""
    actor = actor_of(request)
    context = {
        "title": _("Tariffs"),
        "tariffs": queries.list_tariffs(actor=actor),
    }
    return render_page(request, "tariffs/tariffs.html", context)


@needs(Permission.TARIFF_VIEW)
def show_tariff(request: HttpRequest, code: str) -> HttpResponse:
    """Show a tariff: its versions, and the charges and the text of the one in force."""
    tariff = queries.get_tariff_page(actor=actor_of(request), code=code, language=(get_language() or "en")[:2])
    return render_page(request, "tariffs/tariff.html", {"title": tariff.title, "tariff": tariff})
