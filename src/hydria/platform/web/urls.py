"""The platform's own pages."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from hydria.platform.web import views

urlpatterns = [
    path("log-in/", views.LogIn.as_view(), name="login"),
    path("log-out/", LogoutView.as_view(), name="logout"),
    path("preferences/", views.edit_preferences, name="preferences"),
    path("preferences/password/", views.change_password, name="password"),
    path("audit/", views.show_audit, name="audit"),
    path("audit/<int:entry_id>/", views.show_audit_entry, name="audit_entry"),
    path("jobs/", views.show_jobs, name="jobs"),
    path("jobs/<int:progress_id>/", views.show_job, name="job"),
    path("users/", views.show_users, name="users"),
    path("users/new/", views.add_user, name="user_new"),
    path("users/<int:user_id>/", views.edit_user, name="user"),
    path("company/", views.edit_company, name="company"),
    path("company/logo.svg", views.show_logo, name="company_logo"),
    path("roles/", views.show_roles, name="roles"),
    path("roles/<int:role_id>/", views.edit_role, name="role"),
]
