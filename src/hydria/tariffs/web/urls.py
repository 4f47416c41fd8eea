"""Addresses of tariffs."""

from __future__ import annotations

from django.urls import path

from hydria.tariffs.web import views

urlpatterns = [
    path("tariffs/", views.show_tariffs, name="tariffs"),
    path("tariffs/<str:code>/", views.show_tariff, name="tariff"),
]
