"""Addresses of concessions."""

from __future__ import annotations

from django.urls import path

from hydria.concessions.web import views

urlpatterns = [
    path("concessions/", views.show_grants, name="concessions"),
    path("concessions/ending/", views.show_ending, name="concessions_ending"),
    path("concessions/ending/told/", views.warn_ending, name="concessions_warn"),
    path("concessions/lost/", views.show_losses, name="concessions_lost"),
    path("concessions/<int:grant_id>/evidence/", views.show_evidence, name="concession_evidence"),
    path("programs/", views.show_programs, name="programs"),
    path("programs/new/", views.create_program, name="program_new"),
    path("programs/<int:program_id>/", views.show_program, name="program"),
    path("programs/<int:program_id>/change/", views.change_program, name="program_change"),
    path("programs/<int:program_id>/rules/", views.change_rules, name="program_rules"),
    path("programs/<int:program_id>/end/", views.end_program, name="program_end"),
    path("funds/", views.show_funds, name="funds"),
    path("funds/new/", views.create_fund, name="fund_new"),
    path("funds/<int:fund_id>/", views.show_fund, name="fund"),
    path("funds/<int:fund_id>/budget/", views.set_budget, name="fund_budget"),
    path("accounts/<int:account_id>/concessions/", views.show_account, name="account_concessions"),
    path("agreements/<int:agreement_id>/concessions/new/", views.grant, name="concession_grant"),
    path("agreements/<int:agreement_id>/concessions/<slug:code>/end/", views.end_concession, name="concession_end"),
    path("accounts/<int:account_id>/discount/", views.give_discount, name="discount_new"),
    path("discounts/<int:discount_id>/reverse/", views.reverse_discount, name="discount_reverse"),
]
