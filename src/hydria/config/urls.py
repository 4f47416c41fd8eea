"""The top of the URL tree: health, languages, the public API, and the desk with everything else."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def show_health(request: HttpRequest) -> HttpResponse:
    """Answer a load balancer: 200 when this process reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("healthz", show_health, name="health"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/", include("hydria.publicapi.urls")),
    path("", include("hydria.publicapi.web.urls")),
    path("", include("hydria.desk.web.urls")),
]
