"""Tell the contexts below what billing has to say."""

from __future__ import annotations

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """The billing context."""

    name = "hydria.billing"

    def ready(self) -> None:
        """Hold back the close of a month in which something was to be billed and is not."""
        from hydria.billing._closing import list_reasons_to_wait
        from hydria.ledger.operations import register_closing_check

        register_closing_check(list_reasons_to_wait)
