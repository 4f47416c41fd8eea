"""Addresses of the API, below `/api/`."""

from __future__ import annotations

from django.urls import path

from hydria.publicapi.web.oauth import issue_token
from hydria.publicapi.web.v1 import api
from hydria.publicapi.web.views import show_reference

urlpatterns = [
    path("v1/docs/", show_reference, name="api_reference"),
    path("v1/oauth/token", issue_token, name="api_token"),
    path("v1/", api.urls),
]
