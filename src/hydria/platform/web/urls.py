"""The platform's own pages."""

from __future__ import annotations

from django.urls import path

from hydria.platform.web import entrance_views, health_views, people_views, views

urlpatterns = [
    path("log-in/", entrance_views.LogIn.as_view(), name="login"),
    path("log-in/code/", entrance_views.prove, name="login_code"),
    path("log-out/", entrance_views.LogOut.as_view(), name="logout"),
    path("preferences/", views.edit_preferences, name="preferences"),
    path("preferences/password/", views.change_password, name="password"),
    path("preferences/second-factor/", entrance_views.show_factor, name="second_factor"),
    path("preferences/second-factor/app/", entrance_views.set_up_app, name="second_factor_app"),
    path("preferences/second-factor/codes/", entrance_views.renew_codes, name="second_factor_codes"),
    path("preferences/second-factor/remove/", entrance_views.remove_factor, name="second_factor_remove"),
    path("preferences/sessions/", entrance_views.show_sessions, name="sessions"),
    path("preferences/sessions/end/", entrance_views.end_others, name="sessions_end"),
    path("sessions/", entrance_views.show_everybody, name="sessions_all"),
    path("sessions/<slug:handle>/end/", entrance_views.end_session, name="session_end"),
    path("users/<int:user_id>/second-factor/", entrance_views.reset_factor, name="user_factor"),
    path("views/save/", views.save_view, name="view_save"),
    path("views/<int:view_id>/drop/", views.drop_view, name="view_drop"),
    path("audit/", views.show_audit, name="audit"),
    path("audit/<int:entry_id>/", views.show_audit_entry, name="audit_entry"),
    path("access/", views.show_accesses, name="accesses"),
    path("health/", health_views.show_health, name="health_page"),
    path("health/numbers/", health_views.show_series, name="number_series"),
    path("health/unused-desks/", health_views.edit_security, name="security"),
    path("offices/", health_views.show_offices, name="offices"),
    path("offices/new/", health_views.edit_office, name="office_new"),
    path("offices/<int:office_id>/", health_views.edit_office, name="office"),
    path("jobs/", views.show_jobs, name="jobs"),
    path("jobs/<int:progress_id>/", views.show_job, name="job"),
    path("jobs/queue/", views.show_queue, name="queue"),
    path("jobs/queue/<int:job_id>/", views.show_queued_job, name="queued_job"),
    path("jobs/queue/<int:job_id>/cancel/", views.cancel_job, name="queued_job_cancel"),
    path("jobs/queue/<int:job_id>/retry/", views.retry_job, name="queued_job_retry"),
    path("users/", people_views.show_users, name="users"),
    path("users/new/", people_views.add_user, name="user_new"),
    path("users/<int:user_id>/", people_views.edit_user, name="user"),
    path("company/", views.edit_company, name="company"),
    path("company/logo.svg", views.show_logo, name="company_logo"),
    path("roles/", people_views.show_roles, name="roles"),
    path("roles/new/", people_views.add_role, name="role_new"),
    path("segregation/", people_views.show_segregation, name="segregation"),
    path("segregation/new/", people_views.edit_combination, name="combination_new"),
    path("segregation/<int:combination_id>/", people_views.edit_combination, name="combination"),
    path("segregation/exemptions/<int:exemption_id>/end/", people_views.end_exemption, name="exemption_end"),
    path("roles/<int:role_id>/", people_views.edit_role, name="role"),
]
