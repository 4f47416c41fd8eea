"""`hydria company`: set up the company of this deployment."""

from __future__ import annotations

import zoneinfo
from typing import Annotated

import typer

from hydria.desk import operations
from hydria.kernel.money import Currency
from hydria.platform.access import SYSTEM

app = typer.Typer(add_completion=False)


def _zone(name: str) -> str:
    try:
        return zoneinfo.ZoneInfo(name).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise typer.BadParameter(f"{name} is no time zone; say one like America/Santo_Domingo") from error


def _currency(code: str) -> str:
    try:
        return Currency.of(code).code
    except ValueError as error:
        raise typer.BadParameter(f"{code} is no ISO 4217 code; say one like DOP or EUR") from error


@app.command()
def company(
    name: Annotated[str, typer.Argument(help="Name as it is printed on invoices.")],
    currency: Annotated[str, typer.Option(callback=_currency, help="ISO 4217 code; never changes afterwards.")],
    country: Annotated[str, typer.Option(help="Two letters, such as DO or GR.")],
    language: Annotated[str, typer.Option(help="es, en or el: of the chart and the first roles.")] = "en",
    timezone: Annotated[str, typer.Option(callback=_zone, help="Of the company's business days.")] = "UTC",
    tax_id: Annotated[str, typer.Option(help="Tax number of the company.")] = "",
    address: str = "",
    phone: str = "",
    email: str = "",
    website: str = "",
) -> None:
    """Set the company up, or change its particulars: roles, chart of accounts, invoice and receipt numbers."""
    operations.open_company(
        actor=SYSTEM,
        name=name,
        currency=currency,
        country=country.upper(),
        language=language,
        timezone=timezone,
        tax_id=tax_id,
        address=address,
        phone=phone,
        email=email,
        website=website,
    )
    typer.echo(f"{name} is set up. Make the first log-in: hydria user create NAME --role administrator")
