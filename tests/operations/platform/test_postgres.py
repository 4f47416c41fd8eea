"""The embedded server: shared, stopped by the last user, healed after a kill."""

from __future__ import annotations

from hydria.platform.postgres import EmbeddedServer


def test_answers_on_a_database_of_the_worker(db: None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT lower('ΑΘΉΝΑ')")

        assert cursor.fetchone() == ("αθήνα",)
