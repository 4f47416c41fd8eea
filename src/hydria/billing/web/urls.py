"""Addresses of billing."""

from __future__ import annotations

from django.urls import path

from hydria.billing.web import fees, publishing, views

urlpatterns = [
    path("billing/board/", views.show_board, name="board"),
    path("billing/cycles/", views.show_cycles, name="cycles"),
    path("billing/cycles/open/", views.open_period, name="period_open"),
    path("billing/periods/<int:period_id>/consumption/", views.measure_period, name="period_measure"),
    path("billing/periods/<int:period_id>/readiness/", views.show_readiness, name="period_readiness"),
    path("billing/periods/<int:period_id>/start/", views.start_run, name="run_start"),
    path("billing/periods/<int:period_id>/follow-up/", views.start_follow_up, name="run_follow_up"),
    path("billing/runs/", views.show_runs, name="runs"),
    path("billing/runs/<int:run_id>/", views.show_run, name="run"),
    path("billing/runs/<int:run_id>/exceptions/", views.show_exceptions, name="run_exceptions"),
    path("billing/runs/<int:run_id>/invoices/", views.show_run_invoices, name="run_invoices"),
    path("billing/runs/<int:run_id>/confirm/", views.confirm_run, name="run_confirm"),
    path("billing/runs/<int:run_id>/retry/", views.retry_parked, name="run_retry"),
    path("billing/runs/<int:run_id>/abandon/", views.abandon_run, name="run_abandon"),
    path("billing/invoices/", views.show_invoices, name="invoices"),
    path("billing/invoices/<int:invoice_id>/", views.show_invoice, name="invoice"),
    path("billing/invoices/<int:invoice_id>/pdf/", views.show_invoice_pdf, name="invoice_pdf"),
    path("quotations/<int:quotation_id>/", fees.show_quotation, name="quotation"),
    path("quotations/<int:quotation_id>/accept/", fees.accept_quotation, name="quotation_accept"),
    path("quotations/<int:quotation_id>/cancel/", fees.cancel_quotation, name="quotation_cancel"),
    path("tariffs/versions/<int:version_id>/publish/", publishing.publish_version, name="tariff_publish"),
    path("tariffs/versions/<int:version_id>/rebill/", publishing.propose_rebill, name="tariff_rebill"),
    path("tariffs/versions/<int:version_id>/take-back/", publishing.withdraw_version, name="tariff_take_back"),
    path("billing/lines/<int:line_id>/", views.show_line, name="invoice_line"),
]
