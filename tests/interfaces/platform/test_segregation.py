import datetime

import pytest

from desk_factories import PASSWORD, at_the_desk
from hydria.platform.models import Exemption, Role, User

pytestmark = pytest.mark.django_db
TOXIC = {"permissions": ["payment.take", "payment.reverse"], "amount_limit_minor": "100", "reason": "new post"}


class TestRoles:
    def test_ask_for_leave_only_when_it_is_needed(self):
        client = at_the_desk("administrator")

        shown = client.get("/roles/new/").text
        refused = client.post("/roles/new/", {"name": "Both", **TOXIC})

        assert '<input type="hidden" name="leave_reason"' in shown
        assert refused.status_code == 422
        assert "These rights are kept apart here: Takes payments and reverses them." in refused.text
        assert '<input type="date" name="leave_until"' in refused.text

    def test_are_made_with_leave_that_is_shown_and_ended(self):
        client = at_the_desk("administrator")
        leave = {"leave_reason": "Two people only", "leave_until": "2199-01-01"}
        too_long = client.post("/roles/new/", {"name": "Both", **TOXIC, **leave})
        leave["leave_until"] = _in_a_month()
        client.post("/roles/new/", {"name": "Both", **TOXIC, **leave})
        exemption = Exemption.objects.get(role__name="Both")

        page = client.get("/segregation/").text
        client.post(f"/segregation/exemptions/{exemption.pk}/end/", {"reason": "hired a third"})

        assert "An exemption ends within a year" in too_long.text
        assert "Two people only" in page
        assert "without leave" in client.get("/segregation/").text

    def test_are_shown_with_second_factor_and_users(self):
        page = at_the_desk("administrator").get("/roles/").text

        assert "Asks for a second factor" in page
        assert "New role" in page


class TestUsers:
    def test_are_refused_two_roles_that_are_kept_apart(self):
        client = at_the_desk("administrator")
        roles = [Role.objects.get(code=code).pk for code in ("tariff_manager", "manager")]
        typed = {"username": "eva", "full_name": "Eva", "password": PASSWORD, "role_ids": roles, "language": "es"}

        answer = client.post("/users/new/", typed)

        assert answer.status_code == 422
        assert "Writes tariffs and approves or publishes them" in answer.text
        assert not User.objects.filter(username="eva").exists()


class TestRules:
    def test_are_written_on_the_screen(self):
        client = at_the_desk("administrator")
        rule = {"name": "Ours", "permissions": "reading.record", "conflicting": "reading.decide", "is_active": "on"}

        client.post("/segregation/new/", {**rule, "reason": "audit asked"})

        assert "Ours" in client.get("/segregation/").text
        assert "Reading supervisor" in client.get("/segregation/").text  # who holds it already is shown


def _in_a_month() -> str:
    return str(datetime.datetime.now(tz=datetime.UTC).date() + datetime.timedelta(days=30))
