"""Open a company: what has to be there before the first customer, from several contexts in one act."""

from __future__ import annotations

from hydria.ledger import operations as ledger
from hydria.metering import operations as metering
from hydria.payments import operations as payments
from hydria.platform import numbering
from hydria.platform import operations as platform
from hydria.platform.access import Actor
from hydria.platform.transactions import acting

INVOICE_SERIES = "invoice"


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
