"""Stories that the tests of fees share: a price list, its fees, and quotations for a household of the village."""

from __future__ import annotations

import datetime
import itertools

import billing_factories as village
from hydria.agreements.models import ServiceAgreement
from hydria.billing import operations as billing
from hydria.fees import operations
from hydria.fees.domain.states import BillingMode
from hydria.fees.models import Quotation
from hydria.platform.access import SYSTEM
from hydria.platform.operations import set_up_company
from hydria.tariffs.operations import publish_version

TODAY = datetime.date(2026, 1, 20)
NOW = datetime.datetime(2026, 1, 20, 10, 0, tzinfo=datetime.UTC)
_keys = itertools.count(1)

PRICES = """
tariff: fees
title: {en: Fees}
currency: DOP
unit: m
source: Resolution 7-2025
inputs:
  fee: {values: [connection, trench, certificate]}
  usage: {unit: m, text: {en: Length of the trench}}
  vat_free: {values: ["true", "false"], default: "false"}
charges:
  - charge: connection
    shape: fixed
    amount: {2020-01-01: 950.00, 2026-01-01: 1000.00}
    only_if: fee == 'connection'
    text: {en: Connection}
    ledger: revenue.connection
    rank: 60
  - charge: trench
    shape: uniform
    price: 135.55
    only_if: fee == 'trench'
    text: {en: Trench}
    ledger: revenue.connection
    rank: 60
  - charge: certificate
    shape: fixed
    amount: 250.00
    only_if: fee == 'certificate'
    text: {en: Certificate}
    ledger: revenue
    rank: 60
  - charge: vat
    shape: percent
    percent: 18
    of: [connection, trench]
    only_if: not vat_free and fee != 'certificate'
    tax: vat
    ledger: tax
    rank: 30
"""


def price_list() -> None:
    """Publish the prices and put the three fees on the list."""
    publish_version(actor=SYSTEM, text=PRICES, published_at=NOW)
    for code, name, instalments_max in (
        ("connection", "Connection", 6),
        ("trench", "Trench", 12),
        ("certificate", "Certificate", 1),
    ):
        operations.save_fee(
            actor=SYSTEM,
            code=code,
            name=name,
            tariff_code="fees",
            today=TODAY,
            due_days=10,
            instalments_max=instalments_max,
        )


def quoted(
    agreement: ServiceAgreement,
    fee_code: str = "connection",
    *,
    quantity_milli: int = 1000,
    quoted_date: datetime.date = TODAY,
) -> Quotation:
    return operations.quote(
        actor=SYSTEM,
        key=f"q{next(_keys)}",
        account_id=agreement.account_id,
        fee_code=fee_code,
        quantity_milli=quantity_milli,
        quoted_at=NOW,
        quoted_date=quoted_date,
    )


def accepted(quotation: Quotation, *, instalment_count: int = 0, accepted_date: datetime.date = TODAY) -> int | None:
    """Accept a quotation: at once, or in so many instalments."""
    return billing.accept_quotation(
        actor=SYSTEM,
        quotation_id=quotation.pk,
        mode=BillingMode.NEXT_INVOICE if instalment_count else BillingMode.AT_ONCE,
        instalment_count=instalment_count or 1,
        accepted_at=NOW,
        accepted_date=accepted_date,
    )


def cancelled(quotation: Quotation, *, reason: str = "Not wanted") -> list[int]:
    return billing.cancel_quotation(
        actor=SYSTEM, quotation_id=quotation.pk, reason=reason, cancelled_at=NOW, cancelled_date=TODAY
    )


def household_with_prices() -> ServiceAgreement:
    """Set the village up with its price list and one household."""
    set_up_company(actor=SYSTEM, name="Village", currency="DOP", country="DO", language="en")
    village.village()
    price_list()
    return village.household()
