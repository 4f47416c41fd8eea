"""Walk over every address of the product, so that a page cannot be added without its guard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from desk_factories import at_the_desk
from hydria.platform.roles import ROLE_TEMPLATES

OPEN_TO_ALL = {"login", "logout", "health", "set_language"}
FOR_EVERYBODY = {
    *("home", "search", "components", "preferences", "password", "view_save", "view_drop", "company_logo"),
    *("help", "help_page", "help_picture", "tour"),
    *("login_code", "second_factor", "second_factor_app", "second_factor_codes", "second_factor_remove"),
    *("sessions", "sessions_end", "session_end"),  # one's own; the operation asks for more where it is another's
}


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not route.startswith("api/"):
                yield from patterns(pattern, route)
        else:
            yield route, pattern


def address_of(route: str) -> str:
    parts = ["1" if part.startswith("<int:") else "x" if part.startswith("<") else part for part in route.split("/")]
    return "/" + "/".join(parts)


PAGES = [(address_of(route), pattern) for route, pattern in patterns(get_resolver()) if pattern.name not in OPEN_TO_ALL]


@pytest.mark.django_db
class TestEveryPage:
    @pytest.mark.parametrize(("address", "pattern"), PAGES, ids=[address for address, _pattern in PAGES])
    def test_asks_a_stranger_to_log_in(self, address: str, pattern: URLPattern):
        answer = Client().get(address)

        assert answer.status_code == 302, address
        assert answer.headers["Location"].startswith("/log-in/")

    @pytest.mark.parametrize("role", [template.code for template in ROLE_TEMPLATES])
    def test_is_refused_to_roles_without_its_permission(self, role: str):
        client = at_the_desk(role)
        held = set(next(template.permissions for template in ROLE_TEMPLATES if template.code == role))
        guarded = [(address, pattern) for address, pattern in PAGES if pattern.name not in FOR_EVERYBODY]

        opened = [
            address
            for address, pattern in guarded
            if (needed := getattr(pattern.callback, "permission", None)) is None
            or (needed not in held and client.get(address).status_code != 403)
        ]

        assert opened == []

    def test_is_sent_with_a_policy_that_allows_no_inline_script(self):
        policy = Client().get("/log-in/").headers["Content-Security-Policy"]

        assert "script-src 'self'" in policy
        assert "unsafe" not in policy

    def test_refuses_a_form_from_elsewhere(self):
        client = Client(enforce_csrf_checks=True)

        answer = client.post("/log-in/", {"username": "x", "password": "y"})

        assert answer.status_code == 403
        assert "open too long" in answer.text
