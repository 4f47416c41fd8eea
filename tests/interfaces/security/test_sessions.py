"""Who is let in, for how long, and what a browser may be led to do meanwhile."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from desk_factories import PASSWORD, at_the_desk, company, person
from hydria.platform.models import User

pytestmark = pytest.mark.django_db


def try_log_in(client: Client, username: str, password: str = "wrong", **headers: str) -> int:
    return client.post("/log-in/", {"username": username, "password": password}, headers=headers).status_code


class TestThrottle:
    @pytest.mark.parametrize("spelled", ["cashier", " cashier ", "ｃａｓｈｉｅｒ"])
    def test_is_not_got_round_by_a_forged_address_or_another_spelling(self, spelled: str):
        company(), person("cashier")
        client = Client()
        for attempt in range(5):
            try_log_in(client, spelled, **{"X-Forwarded-For": f"10.0.0.{attempt}", "X-Real-IP": f"10.0.1.{attempt}"})

        assert try_log_in(client, "cashier", PASSWORD) == 429


class TestLogIn:
    @pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
    def test_leads_nowhere_else(self, place: str):
        company(), person("cashier")

        answer = Client().post(f"/log-in/?next={place}", {"username": "cashier", "password": PASSWORD})

        assert answer.headers["Location"] == "/"

    def test_gives_the_session_a_new_name(self):
        company(), person("cashier")
        client = Client()
        client.get("/log-in/")
        client.cookies["sessionid"] = "planted"

        try_log_in(client, "cashier", PASSWORD)

        assert client.cookies["sessionid"].value != "planted"


class TestLanguage:
    def test_leads_nowhere_else(self):
        company()

        answer = Client().post("/i18n/setlang/", {"language": "es", "next": "https://evil.example/"})

        assert "evil" not in answer.headers["Location"]


class TestSession:
    def test_ends_with_the_password(self):
        client = at_the_desk("cashier")
        User.objects.update(password=make_password("another long password"))

        assert client.get("/").status_code == 302

    def test_loses_its_rights_with_the_role(self):
        client = at_the_desk("cashier")
        User.objects.get().roles.clear()

        assert client.get("/accounts/").status_code == 403


class TestForm:
    def test_refuses_a_post_of_htmx_from_elsewhere(self):
        client = at_the_desk("cashier")
        client.handler.enforce_csrf_checks = True

        answer = client.post("/preferences/", {"language": "el"}, headers={"HX-Request": "true"})

        assert answer.status_code == 403


class TestPage:
    def test_is_neither_kept_nor_framed_nor_guessed(self):
        answer = at_the_desk("cashier").get("/accounts/")

        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
