"""Addresses of simulation."""

from __future__ import annotations

from django.urls import path

from hydria.simulation.web import views

urlpatterns = [
    path("simulations/", views.show_simulations, name="simulations"),
    path("simulations/new/", views.start_simulation, name="simulation_new"),
    path("simulations/<int:simulation_id>/", views.show_simulation, name="simulation"),
    path("simulations/<int:simulation_id>/cancel/", views.cancel_simulation, name="simulation_cancel"),
    path("simulations/<int:simulation_id>/resume/", views.resume_simulation, name="simulation_resume"),
    path("simulations/<int:simulation_id>/repeat/", views.repeat_simulation, name="simulation_repeat"),
    path("simulations/<int:simulation_id>/workbook/", views.export_simulation, name="simulation_workbook"),
    path("simulations/<int:simulation_id>/set-aside/", views.show_set_aside, name="simulation_set_aside"),
    path("simulations/<int:simulation_id>/accounts/<int:scenario>/", views.show_accounts, name="simulation_accounts"),
]
