"""`hydria apikey`: make, list and revoke the keys of programs."""

from __future__ import annotations

import datetime
from typing import Annotated

import typer
from django.utils import timezone

from hydria.platform.access import SYSTEM
from hydria.publicapi import operations, queries
from hydria.publicapi.domain.keys import SCOPES

app = typer.Typer(help="Make, list and revoke the keys of programs.", no_args_is_help=True)


@app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="The program that will use the key.")],
    scope: Annotated[list[str], typer.Option(help=f"Repeat for several: {', '.join(SCOPES)}.")],
    amount_limit_minor: Annotated[int | None, typer.Option(help="Largest amount of one act, in minor units.")] = None,
    requests_per_minute: Annotated[int, typer.Option(min=1)] = 600,
    days: Annotated[int | None, typer.Option(min=1, help="Days until the key expires; without, it never does.")] = None,
) -> None:
    """Make a key and print it, this once."""
    expires_at = None if days is None else timezone.now() + datetime.timedelta(days=days)
    _key, token = operations.create_key(
        actor=SYSTEM,
        name=name,
        scopes=scope,
        amount_limit_minor=amount_limit_minor,
        requests_per_minute_count=requests_per_minute,
        expires_at=expires_at,
    )
    typer.echo(str(token))


@app.command("list")
def list_keys() -> None:
    """List the keys with their scopes; the secrets are nowhere."""
    for key in queries.list_keys(actor=SYSTEM):
        state = "revoked" if key.revoked_at else "live"
        typer.echo(f"{key.prefix}\t{key.name}\t{state}\t{key.expires_at or ''}\t{' '.join(key.scopes)}")


@app.command("rotate")
def rotate_key(
    prefix: Annotated[str, typer.Argument(help="The twelve digits after `hyd_`.")],
    grace_hours: Annotated[int, typer.Option(min=0, help="Hours that the old secret still opens.")] = 24,
) -> None:
    """Give a key another secret and print it, this once."""
    _key, token = operations.rotate_key(actor=SYSTEM, prefix=prefix, grace_hours=grace_hours, rotated_at=timezone.now())
    typer.echo(str(token))


@app.command("revoke")
def revoke_key(prefix: Annotated[str, typer.Argument(help="The twelve digits after `hyd_`.")]) -> None:
    """Close a key for good."""
    operations.revoke_key(actor=SYSTEM, prefix=prefix, revoked_at=timezone.now())
    typer.echo(f"{prefix}: revoked")
