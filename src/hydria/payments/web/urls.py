"""Addresses of payments."""

from __future__ import annotations

from django.urls import path

from hydria.payments.web import views

urlpatterns = [
    path("till/", views.show_till, name="till"),
    path("till/open/", views.open_session, name="till_open"),
    path("till/close/", views.close_session, name="till_close"),
    path("till/sessions/<int:session_id>/close/", views.close_session_of, name="till_session_close"),
    path("till/accounts/<int:account_id>/", views.take_payment, name="till_account"),
    path("till/sessions/<int:session_id>/", views.show_session, name="till_session"),
    path("payments/", views.show_payments, name="payments"),
    path("payments/tills/", views.show_tills, name="tills"),
    path("payments/tills/new/", views.add_till, name="till_new"),
    path("payments/takings/", views.show_takings, name="takings"),
    path("payments/batches/<int:batch_id>/", views.show_batch, name="payment_batch"),
    path("payments/<int:payment_id>/", views.show_payment, name="payment"),
    path("payments/<int:payment_id>/receipt.pdf", views.show_receipt, name="receipt"),
    path("payments/<int:payment_id>/reverse/", views.reverse_payment, name="payment_reverse"),
]
