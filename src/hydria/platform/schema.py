"""Empty the database of a trial; a company that has gone live is refused."""

from __future__ import annotations

from django.db import connection

from hydria.kernel.errors import UnableTo
from hydria.platform.models import Company

DEMO_EMAIL_DOMAIN = "@acueducto.example.org"


class UnableToEmptyDatabase(UnableTo):
    """The database is not a demo."""


def empty_database() -> None:
    """
    Drop everything that Hydria made, so that migrating starts from nothing.

    :raises UnableToEmptyDatabase: with code `company_is_real` if the company is not the demo's.
    """
    with connection.cursor() as cursor:
        if "platform_company" in connection.introspection.table_names(cursor):
            company = Company.objects.values("name", "email").first()  # columns of an older database may be missing
            if company is not None and not company["email"].endswith(DEMO_EMAIL_DOMAIN):
                raise UnableToEmptyDatabase(
                    "company_is_real", f"This database belongs to {company['name']}; it is not emptied."
                )
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
