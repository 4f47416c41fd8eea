"""Addresses of the ledger."""

from __future__ import annotations

from django.urls import path

from hydria.ledger.web import views

urlpatterns = [
    path("ledger/trial-balance/", views.show_trial_balance, name="trial_balance"),
    path("ledger/accounts/<int:ledger_account_id>/", views.show_ledger_account, name="ledger_account"),
    path("ledger/journals/", views.show_journals, name="journals"),
    path("ledger/journals/new/", views.post_journal, name="journal_new"),
    path("ledger/journals/<int:journal_id>/", views.show_journal, name="journal"),
    path("ledger/journals/<int:journal_id>/reverse/", views.reverse_journal, name="journal_reverse"),
    path("ledger/months/", views.show_periods, name="periods"),
    path("ledger/months/<int:year>/<int:month>/close/", views.close_period, name="period_close"),
]
