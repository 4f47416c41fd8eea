"""The guide inside the desk: its pages, its search, its pictures; it needs no network."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hydria.desk import _guide
from hydria.desk.web import guide_cards
from hydria.platform.web.doors import is_fragment, render_page

TYPED_LENGTH_MAX = 80


@login_required
def show_guide(request: HttpRequest) -> HttpResponse:
    """List the pages of the guide, or what a search finds in them."""
    typed = request.GET.get("words", "").strip()[:TYPED_LENGTH_MAX]
    context = {
        "title": _("Guide"),
        "typed": typed,
        "found": guide_cards.found_links(typed) if typed else [],
        "pages": guide_cards.page_links(),
    }
    return render_page(request, "desk/guide.html", context)


@login_required
def show_guide_page(request: HttpRequest, name: str) -> HttpResponse:
    """Show a page of the guide, or one section of it at the side of the screen it tells about."""
    page = guide_cards.pages().get(name)
    if page is None:
        raise Http404
    is_aside = is_fragment(request, target="drawer-body")
    card = guide_cards.guide_card(page, only=request.GET.get("section", "") if is_aside else "")
    context = {"title": card.title, "guide": card, "pages": guide_cards.page_links(current=name)}
    return render_page(request, "desk/_guide_aside.html" if is_aside else "desk/guide_page.html", context)


@login_required
def show_picture(_request: HttpRequest, name: str) -> HttpResponseBase:
    """Show a picture of a screen, in the reader's language where there is one."""
    path = _guide.picture_path(language=(get_language() or "en").split("-")[0], name=name)
    if path is None:
        raise Http404
    return FileResponse(path.open("rb"), content_type="image/png")
