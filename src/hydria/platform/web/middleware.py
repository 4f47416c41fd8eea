"""Give each request its reader's language, the company's formats and time zone, and refusals their page."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.core.exceptions import BadRequest, ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from hydria.kernel.errors import UnableTo
from hydria.platform import queries
from hydria.platform.access import UnableToPermit
from hydria.platform.models import User
from hydria.platform.people import forget_names
from hydria.platform.web import entrance
from hydria.platform.web.formats import set_company_formats


class ReaderMiddleware:
    """Let the request in; activate the language of the user and the time zone, currency and country of the company."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request in the reader's language; one with a NUL, which no text of the database holds, not."""
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("NUL in the address")
        company = queries.get_company()
        request.company = company  # type: ignore[attr-defined]  # shown at the head of every page
        forget_names()
        set_company_formats(currency=company.currency, country=company.country)
        timezone.activate(zoneinfo.ZoneInfo(company.timezone))
        entrance.admit(request, idle_minutes=company.idle_minutes, now=timezone.now())
        reader = entrance.halfway_of(request) or request.user
        if isinstance(reader, User):
            translation.activate(reader.language)
            request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        entrance.record_answer(request, response)
        if isinstance(reader, User):
            # On a counter's computer the next person finds no customer behind the back button.
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Show a refusal for want of permission as such, and what is not there, or refuses to be shown, as not found."""
        if isinstance(exception, UnableToPermit):
            entrance.note_refusal(request, exception.message)
            card = {"reason": exception.message, "permission": exception.data.get("permission", "")}
            return render(request, "403.html", card, status=403)
        if isinstance(exception, ObjectDoesNotExist | UnableTo):
            return render(request, "404.html", {"reason": _("Nothing here has this number.")}, status=404)
        return None
