"""What the demo company charges outside its periods: a price list, and quotations at each stage of their life."""

from __future__ import annotations

import datetime

from hydria.agreements import queries as agreements
from hydria.billing import operations as billing
from hydria.demo._tariffs import get_text
from hydria.fees import operations as fees
from hydria.fees.domain.states import BillingMode
from hydria.platform.access import Actor
from hydria.tariffs import operations as tariffs

PRICE_LIST = "cargos"
FIRST_ACCOUNT = 41
FEES = (
    ("contrato", "Derecho de contrato", 1),
    ("conexion", "Derecho de conexión", 6),
    ("acometida", "Acometida", 12),
    ("reconexion", "Reconexión", 1),
    ("certificado", "Certificado", 1),
    ("prueba", "Prueba del medidor", 1),
)


def open_price_list(*, installer: Actor, manager: Actor, published_at: datetime.datetime) -> None:
    """Publish the prices and put the fees on the list."""
    tariffs.publish_version(actor=installer, text=get_text(PRICE_LIST), published_at=published_at)
    for code, name, instalments_max in FEES:
        fees.save_fee(
            actor=manager,
            code=code,
            name=name,
            tariff_code=PRICE_LIST,
            today=published_at.date(),
            due_days=10,
            instalments_max=instalments_max,
        )


def bill_in_parts(*, agent: Actor, on_date: datetime.date) -> None:
    """Let two customers pay works in parts, before the last months are billed: their invoices bear some of them."""
    for offset, code, parts in ((0, "acometida", 6), (1, "conexion", 3)):
        quotation_id = _quote(agent, offset, code, on_date=on_date, quantity_milli=7_250)
        _accept(agent, quotation_id, mode=BillingMode.NEXT_INVOICE, parts=parts, on_date=on_date)


def charge_at_the_counter(*, agent: Actor, manager: Actor, today: datetime.date) -> None:
    """Leave a quotation that waits, an invoice of its own, and one that was taken back."""
    _quote(agent, 2, "acometida", on_date=today, quantity_milli=12_000)
    for offset, code in ((3, "prueba"), (4, "certificado")):
        quotation_id = _quote(agent, offset, code, on_date=today)
        _accept(agent, quotation_id, mode=BillingMode.AT_ONCE, parts=1, on_date=today)
    billing.cancel_quotation(
        actor=manager,
        quotation_id=quotation_id,
        reason="El certificado no hizo falta",
        cancelled_at=_at(today),
        cancelled_date=today,
    )


def _quote(agent: Actor, offset: int, code: str, *, on_date: datetime.date, quantity_milli: int = 1000) -> int:
    (account_id,) = agreements.find_accounts(typed=f"{FIRST_ACCOUNT + offset:08d}", count_max=1)
    quotation = fees.quote(
        actor=agent,
        key=f"demo-{offset}-{code}",
        account_id=account_id,
        fee_code=code,
        quoted_at=_at(on_date),
        quoted_date=on_date,
        quantity_milli=quantity_milli,
    )
    return int(quotation.pk)


def _accept(agent: Actor, quotation_id: int, *, mode: BillingMode, parts: int, on_date: datetime.date) -> None:
    billing.accept_quotation(
        actor=agent,
        quotation_id=quotation_id,
        mode=mode,
        instalment_count=parts,
        accepted_at=_at(on_date),
        accepted_date=on_date,
    )


def _at(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(13), tzinfo=datetime.UTC)
