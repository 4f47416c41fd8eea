"""Addresses of loading."""

from __future__ import annotations

from django.urls import path

from hydria.intake.web import views

urlpatterns = [
    path("loads/", views.show_loads, name="batches"),
    path("loads/new/", views.receive_file, name="batch_new"),
    path("loads/<int:batch_id>/", views.show_load, name="batch"),
    path("loads/<int:batch_id>/check/", views.check_load, name="batch_check"),
    path("loads/<int:batch_id>/apply/", views.apply_load, name="batch_apply"),
    path("loads/<int:batch_id>/reverse/", views.reverse_load, name="batch_reverse"),
]
