"""Stories that the tests of the desk share: a company, its persons by role, a browser that is logged in as one."""

from __future__ import annotations

import datetime

from django.test import Client

from hydria.platform import operations
from hydria.platform.access import SYSTEM
from hydria.platform.models import Role, User

PASSWORD = "a long enough password"


def company() -> None:
    operations.set_up_company(
        actor=SYSTEM,
        name="Aguas de Ánfora",
        currency="DOP",
        country="DO",
        language="en",
        timezone="America/Santo_Domingo",
    )


def person(role: str, *, language: str = "en") -> User:
    """Make a log-in with one of the first roles; its name is the role's."""
    return operations.create_user(
        actor=SYSTEM,
        username=role,
        full_name=role.replace("_", " ").title(),
        password=PASSWORD,
        role_ids=[Role.objects.get(code=role).pk],
        language=language,
        today=datetime.date(2026, 1, 1),
    )


def at_the_desk(role: str, *, language: str = "en") -> Client:
    """Return a browser in which a person of this role is logged in."""
    company()
    client = Client()
    client.force_login(person(role, language=language), backend="django.contrib.auth.backends.ModelBackend")
    return client
