"""Addresses of the directory."""

from __future__ import annotations

from django.urls import path

from hydria.directory.web import views

urlpatterns = [
    path("accounts/", views.show_accounts, name="accounts"),
    path("people/", views.show_people, name="people"),
    path("people/<int:party_id>/", views.show_person, name="person"),
    path("premises/", views.show_premises, name="premises"),
    path("premises/<int:premise_id>/", views.show_premise, name="premise"),
    path("points/", views.show_points, name="points"),
    path("points/<int:service_point_id>/", views.show_point, name="point"),
    path("meters/", views.show_meters, name="meters"),
    path("debtors/", views.show_debtors, name="debtors"),
    path("balances/", views.show_balances, name="balances"),
]
