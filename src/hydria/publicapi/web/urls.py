"""Addresses of the administrator's pages."""

from __future__ import annotations

from django.urls import path

from hydria.publicapi.web import screens

urlpatterns = [
    path("integrations/", screens.show_keys, name="api_keys"),
    path("integrations/new/", screens.add_key, name="api_key_new"),
    path("integrations/webhooks/", screens.show_webhooks, name="webhooks"),
    path("integrations/webhooks/new/", screens.add_webhook, name="webhook_new"),
    path("integrations/webhooks/<int:webhook_id>/", screens.show_webhook, name="webhook"),
    path("integrations/webhooks/<int:webhook_id>/edit/", screens.edit_webhook, name="webhook_edit"),
    path("integrations/webhooks/<int:webhook_id>/secret/", screens.rotate_webhook, name="webhook_rotate"),
    path("integrations/webhooks/<int:webhook_id>/replay/", screens.replay_events, name="webhook_replay"),
    path("integrations/webhooks/<int:webhook_id>/test/", screens.test_webhook, name="webhook_test"),
    path("integrations/webhooks/<int:webhook_id>/drop/", screens.drop_webhook, name="webhook_drop"),
    path("integrations/webhooks/<int:webhook_id>/<int:delivery_id>/", screens.show_delivery, name="delivery"),
    path(
        "integrations/webhooks/<int:webhook_id>/<int:delivery_id>/replay/",
        screens.replay_delivery,
        name="delivery_replay",
    ),
    path("integrations/<str:prefix>/", screens.show_key, name="api_key"),
    path("integrations/<str:prefix>/secret/", screens.rotate_key, name="api_key_rotate"),
    path("integrations/<str:prefix>/revoke/", screens.revoke_key, name="api_key_revoke"),
]
