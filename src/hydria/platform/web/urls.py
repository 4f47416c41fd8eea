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
    path("views/save/", views.save_view, name="view_save"),
    path("views/<int:view_id>/drop/", views.drop_view, name="view_drop"),
    path("audit/", views.show_audit, name="audit"),
    path("audit/<int:entry_id>/", views.show_audit_entry, name="audit_entry"),
    path("jobs/", views.show_jobs, name="jobs"),
    path("jobs/<int:progress_id>/", views.show_job, name="job"),
    path("jobs/queue/", views.show_queue, name="queue"),
    path("jobs/queue/<int:job_id>/", views.show_queued_job, name="queued_job"),
    path("jobs/queue/<int:job_id>/cancel/", views.cancel_job, name="queued_job_cancel"),
    path("jobs/queue/<int:job_id>/retry/", views.retry_job, name="queued_job_retry"),
    path("users/", views.show_users, name="users"),
    path("users/new/", views.add_user, name="user_new"),
    path("users/<int:user_id>/", views.edit_user, name="user"),
    path("company/", views.edit_company, name="company"),
    path("company/logo.svg", views.show_logo, name="company_logo"),
    path("roles/", views.show_roles, name="roles"),
    path("roles/<int:role_id>/", views.edit_role, name="role"),
]
