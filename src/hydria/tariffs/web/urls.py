"""Addresses of tariffs."""

from __future__ import annotations

from django.urls import path

from hydria.tariffs.web import editing, views

urlpatterns = [
    path("tariffs/", views.show_tariffs, name="tariffs"),
    path("tariffs/new/", editing.start_tariff, name="tariff_new"),
    path("tariffs/waiting/", views.show_waiting, name="tariff_waiting"),
    path("tariffs/check-text/", editing.check_text, name="tariff_check_text"),
    path("tariffs/format-text/", editing.format_text, name="tariff_format_text"),
    path("tariffs/versions/<int:version_id>/", views.show_version, name="tariff_version"),
    path("tariffs/versions/<int:version_id>/copy/", editing.copy_version, name="tariff_copy"),
    path("tariffs/versions/<int:version_id>/edit/", editing.edit_version, name="tariff_edit"),
    path("tariffs/versions/<int:version_id>/check/", editing.check_version, name="tariff_check"),
    path("tariffs/versions/<int:version_id>/try/", views.try_version, name="tariff_try"),
    path("tariffs/versions/<int:version_id>/try/invented/", views.try_invented, name="tariff_try_invented"),
    path("tariffs/versions/<int:version_id>/compare/", views.compare_versions, name="tariff_compare"),
    path("tariffs/versions/<int:version_id>/approve/", views.approve_version, name="tariff_approve"),
    path("tariffs/versions/<int:version_id>/send-back/", views.send_back, name="tariff_send_back"),
    path("tariffs/versions/<int:version_id>/withdraw/", editing.withdraw_version, name="tariff_withdraw"),
    path("tariffs/<str:code>/", views.show_tariff, name="tariff"),
]
