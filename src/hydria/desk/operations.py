"""Open a company, with what has to be there before its first customer; keep how far people are in the first steps."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext

from hydria.desk.models import Tour
from hydria.kernel.errors import UnableTo
from hydria.ledger import operations as ledger
from hydria.metering import operations as metering
from hydria.payments import operations as payments
from hydria.platform import numbering
from hydria.platform import operations as platform
from hydria.platform.access import Actor
from hydria.platform.transactions import acting

INVOICE_SERIES = "invoice"


class UnableToKeepTour(UnableTo):
    """Whether somebody has done the first steps cannot be kept."""


def open_company(
    *,
    actor: Actor,
    name: str,
    currency: str,
    country: str,
    language: str,
    invoice_prefix: str = "F-",
    **particulars: str,
) -> None:
    """
    Set the company up with its roles, chart of accounts, series of invoices and receipts, and readers' observations.

    particulars  tax_id, legal_name, address, phone, email, website, timezone

    Guarantee: doing it again changes the particulars and adds only what is missing.

    :raises UnableToPermit: if the actor may not manage settings.
    :raises UnableToSetUpCompany: with code `currency_in_use` if amounts already exist in another currency.
    :raises UnableToCreateChart: with code `language_unknown` if the chart has no names in the language.
    """
    platform.set_up_company(
        actor=actor, name=name, currency=currency, country=country, language=language, **particulars
    )
    ledger.create_chart(actor=actor, language=language)
    payments.open_receipt_series(actor=actor)
    metering.add_usual_observations(actor=actor)
    with acting(actor, reason="open the series of invoices"):
        numbering.open_range(code=INVOICE_SERIES, prefix=invoice_prefix)


def tick_steps(*, actor: Actor, steps: Collection[str]) -> None:
    """
    Note that a person has done some of the first steps; one that is noted already stays so.

    :raises UnableToKeepTour: with code `user_unknown` if the actor is not a person.
    """
    with acting(actor, reason="first steps"):
        tour = _lock_tour(actor)
        tour.done = sorted({*tour.done, *steps})
        tour.save(update_fields=["done"])


def show_tour(*, actor: Actor, is_wanted: bool) -> None:
    """
    Keep whether a person wants to see the first steps.

    :raises UnableToKeepTour: with code `user_unknown` if the actor is not a person.
    """
    with acting(actor, reason="first steps"):
        tour = _lock_tour(actor)
        tour.is_dismissed = not is_wanted
        tour.save(update_fields=["is_dismissed"])


def _lock_tour(actor: Actor) -> Tour:
    if actor.user_id is None:
        raise UnableToKeepTour("user_unknown", gettext("There is no such user."))
    Tour.objects.bulk_create([Tour(user_id=actor.user_id)], ignore_conflicts=True)
    return Tour.objects.select_for_update().get(pk=actor.user_id)
