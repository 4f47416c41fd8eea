"""Addresses of the directory."""

from __future__ import annotations

from django.urls import path

from hydria.directory.web import selections, views

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
    path("own/<str:subject>/<int:object_id>/", views.edit_own_values, name="own_values"),
    # Selections, and acts on every row of a list
    path("selections/", selections.show_selections, name="selections"),
    path("selections/new/", selections.keep_selection, name="selection_new"),
    path("selections/<int:selection_id>/", selections.show_selection, name="selection"),
    path("selections/<int:selection_id>/retire/", selections.retire_selection, name="selection_retire"),
    path("acts/", selections.show_acts, name="acts"),
    path("acts/new/", selections.choose_act, name="act_new"),
    path("acts/new/<str:kind>/", selections.prepare_act, name="act_form"),
    path("acts/<int:act_id>/", selections.show_act, name="act"),
    path("acts/<int:act_id>/begin/", selections.begin_act, name="act_begin"),
    path("acts/<int:act_id>/abandon/", selections.abandon_act, name="act_abandon"),
    path("acts/<int:act_id>/take-back/", selections.take_back, name="act_take_back"),
]
