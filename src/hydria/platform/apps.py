"""What the platform needs before the first request."""

from __future__ import annotations

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    """Begin every session where it is logged in."""

    name = "hydria.platform"

    def ready(self) -> None:
        """Let the way in hear of log-ins."""
        from django.contrib.auth.signals import user_logged_in

        from hydria.platform.web import entrance  # it needs the models

        user_logged_in.connect(entrance.note_log_in)
