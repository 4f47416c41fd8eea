"""Addresses of own fields."""

from __future__ import annotations

from django.urls import path

from hydria.ownfields.web import views

urlpatterns = [
    path("own-fields/", views.show_fields, name="own_fields"),
    path("own-fields/new/", views.edit_field, name="own_field_new"),
    path("own-fields/<int:field_id>/", views.edit_field, name="own_field"),
]
