"""`hydria user`: make the first log-ins and give them roles."""

from __future__ import annotations

from typing import Annotated

import typer
from django.utils import timezone

from hydria.platform import operations, queries, second_factor
from hydria.platform.access import SYSTEM
from hydria.platform.domain.origins import Origin

user_app = typer.Typer(help="Make users and give them roles.", no_args_is_help=True)


@user_app.command("create")
def create_user(
    username: str,
    full_name: Annotated[str, typer.Option(help="Name as people know it.")],
    role: Annotated[list[str], typer.Option(help="Role code; repeat for several.")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
    language: str = "en",
) -> None:
    """Create a log-in."""
    role_ids = {known.code: known.pk for known in queries.list_roles()}
    if unknown := set(role) - set(role_ids):
        raise operations.UnableToSaveUser("role_unknown", f"There is no role {', '.join(sorted(unknown))}.")
    user = operations.create_user(
        actor=SYSTEM,
        username=username,
        full_name=full_name,
        password=password,
        language=language,
        role_ids=[role_ids[code] for code in role],
        today=timezone.localdate(),
    )
    typer.echo(f"{user.username}: {', '.join(role)}")


@user_app.command("list")
def list_users() -> None:
    """List the log-ins with their roles."""
    for user in queries.list_users():
        roles = ", ".join(role.code for role in user.roles.all())
        typer.echo(f"{user.username}\t{user.full_name}\t{roles}\t{'' if user.is_active else 'inactive'}")


@user_app.command("password")
def set_password(
    username: str,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """Give a user a new password."""
    user = queries.list_users().filter(username=username).first()
    if user is None:
        raise operations.UnableToSaveUser("user_unknown", f"There is no user {username}.", username=username)
    operations.set_password(actor=SYSTEM, user_id=user.pk, password=password)


@user_app.command("reset-second-factor")
def reset_second_factor(
    username: str,
    reason: Annotated[str, typer.Option(help="Why, for the audit.")],
) -> None:
    """Take a user's authenticator app out of use, as for the only administrator who lost the phone."""
    user = queries.list_users().filter(username=username).first()
    if user is None:
        raise operations.UnableToSaveUser("user_unknown", f"There is no user {username}.", username=username)
    second_factor.reset_factor(actor=SYSTEM, user_id=user.pk, reason=reason, origin=Origin())
