"""Addresses of receivables."""

from __future__ import annotations

from django.urls import path

from hydria.receivables.web import views

urlpatterns = [
    path("accounts/<int:account_id>/statement/", views.show_statement, name="statement"),
    path("accounts/<int:account_id>/statement.pdf", views.show_statement_pdf, name="statement_pdf"),
]
