"""Addresses of applications for a connection."""

from __future__ import annotations

from django.urls import path

from hydria.connections.web import views

ONE = "applications/<int:application_id>"

urlpatterns = [
    path("applications/", views.show_applications, name="applications"),
    path("applications/new/", views.apply, name="application_new"),
    path("applications/steps/", views.show_steps, name="application_steps"),
    path("applications/steps/<str:step>/", views.edit_step, name="application_step"),
    path(f"{ONE}/", views.show_application, name="application"),
    path(f"{ONE}/documents/", views.check_documents, name="application_documents"),
    path(f"{ONE}/documents/file/", views.attach_document, name="application_file"),
    path(f"{ONE}/feasibility/", views.find_feasible, name="application_feasibility"),
    path(f"{ONE}/fees/", views.settle_fees, name="application_fees"),
    path(f"{ONE}/assign/", views.assign, name="application_assign"),
    path(f"{ONE}/connect/", views.connect, name="application_connect"),
    path(f"{ONE}/refuse/", views.refuse, name="application_refuse"),
    path(f"{ONE}/withdraw/", views.withdraw, name="application_withdraw"),
]
