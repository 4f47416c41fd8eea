"""The desk's own pages."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from hydria.desk.web import showcase
from hydria.platform.web.doors import render_page


@login_required
def show_home(request: HttpRequest) -> HttpResponse:
    """Show what waits for the reader."""
    return render_page(request, "desk/home.html", {"title": _("Home")})


@login_required
def show_search(request: HttpRequest) -> HttpResponse:
    """Answer the search box."""
    return render_page(request, "desk/search.html", {"title": _("Search")})


@login_required
def show_components(request: HttpRequest) -> HttpResponse:
    """Show every part of the design system with its variants."""
    return render_page(request, "desk/components.html", {"title": _("Components"), **showcase.parts(request)})
