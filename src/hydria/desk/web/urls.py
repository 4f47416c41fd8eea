"""Every page of the desk: its own, the platform's, and those of each context."""

from __future__ import annotations

from django.urls import include, path

from hydria.desk.web import guide_views, views

CONTEXTS = (
    "metering",
    "concessions",
    "fees",
    "billing",
    "payments",
    "receivables",
    "ledger",
    "tariffs",
    "simulation",
    "intake",
    "customers",
    "directory",
    "connections",
    "ownfields",
)

urlpatterns = [
    path("", views.show_home, name="home"),
    path("search/", views.show_search, name="search"),
    path("accounts/<int:account_id>/", views.show_account, name="account"),
    path("components/", views.show_components, name="components"),
    path("first-steps/", views.keep_tour, name="tour"),
    path("help/", guide_views.show_guide, name="help"),
    path("help/pictures/<slug:name>/", guide_views.show_picture, name="help_picture"),
    path("help/<path:name>/", guide_views.show_guide_page, name="help_page"),
    path("", include("hydria.platform.web.urls")),
    *(path("", include(f"hydria.{context}.web.urls")) for context in CONTEXTS),
]
