"""Addresses of fees; what is done with a quotation is billing's."""

from __future__ import annotations

from django.urls import path

from hydria.fees.web import views

urlpatterns = [
    path("fees/", views.show_fees, name="fees"),
    path("fees/new/", views.edit_fee, name="fee_new"),
    path("fees/<slug:code>/", views.edit_fee, name="fee"),
    path("quotations/", views.show_quotations, name="quotations"),
    path("quotations/<int:quotation_id>/pdf/", views.show_pdf, name="quotation_pdf"),
    path("accounts/<int:account_id>/fees/", views.choose_fee, name="fee_choose"),
    path("accounts/<int:account_id>/fees/<slug:code>/", views.quote, name="quotation_new"),
]
