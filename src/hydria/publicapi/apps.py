"""Have the API hear what happens in the contexts below."""

from __future__ import annotations

from django.apps import AppConfig


class PublicApiConfig(AppConfig):
    """The API."""

    name = "hydria.publicapi"

    def ready(self) -> None:
        """Keep the news of the contexts for webhooks."""
        from hydria.platform.outbox import listen
        from hydria.publicapi._listening import LISTENING

        listen(LISTENING)
