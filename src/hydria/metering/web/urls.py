"""Addresses of metering."""

from __future__ import annotations

from django.urls import path

from hydria.metering.web import views

urlpatterns = [
    path("readings/incidents/", views.show_incidents, name="incidents"),
    path("readings/incidents/next/", views.open_next_incident, name="incident_next"),
    path("readings/incidents/<int:consumption_id>/", views.show_incident, name="incident"),
    path("readings/routes/", views.show_routes, name="routes"),
    path("readings/routes/<int:route_id>/", views.edit_sheet, name="route_sheet"),
    path("readings/observations/", views.show_observations, name="observations"),
    path("readings/observations/new/", views.edit_observation, name="observation_new"),
    path("readings/observations/<str:code>/", views.edit_observation, name="observation"),
    path("readings/thresholds/", views.show_thresholds, name="thresholds"),
    path("readings/thresholds/new/", views.edit_thresholds, name="thresholds_new"),
    path("meters/<int:meter_id>/", views.show_meter, name="meter"),
    path("points/<int:service_point_id>/exchange/", views.exchange_meter, name="meter_exchange"),
]
