import pytest
from django.test import Client

from desk_factories import PASSWORD, at_the_desk, company, person
from hydria.platform import operations
from hydria.platform.models import AuditEntry, Role, User

pytestmark = pytest.mark.django_db


def log_in(client: Client, password: str):
    return client.post("/log-in/", {"username": "cashier", "password": password})


class TestLogIn:
    def test_lets_a_person_in(self):
        company()
        person("cashier")

        assert log_in(Client(), PASSWORD).headers["Location"] == "/"

    def test_says_nothing_about_which_half_was_wrong(self):
        company()
        person("cashier")

        answer = log_in(Client(), "wrong")

        assert answer.status_code == 200
        assert "Not let in" in answer.text

    def test_closes_the_door_after_five_wrong_passwords(self):
        company()
        person("cashier")
        client = Client()
        for _attempt in range(5):
            answer = log_in(client, "wrong")

        assert answer.status_code == 429
        assert log_in(client, PASSWORD).status_code == 429

    def test_shuts_out_who_may_no_longer_log_in(self):
        company()
        person("cashier")
        User.objects.update(is_active=False)

        assert log_in(Client(), PASSWORD).status_code == 200


class TestPreferences:
    def test_changes_the_language_at_once(self):
        client = at_the_desk("cashier")

        answer = client.post("/preferences/", {"language": "el", "theme": "dark", "density": "dense"}, follow=True)

        assert 'lang="el"' in answer.text
        assert 'data-bs-theme="dark"' in answer.text
        assert 'data-density="dense"' in answer.text

    def test_keeps_what_was_typed_when_it_is_refused(self):
        client = at_the_desk("cashier")

        answer = client.post("/preferences/", {"language": "tlh", "theme": "dark"})

        assert answer.status_code == 422
        assert '<option value="dark" selected' in answer.text

    def test_changes_the_password_and_stays_logged_in(self):
        client = at_the_desk("cashier")

        client.post("/preferences/password/", {"current": PASSWORD, "password": "quite another password"})

        assert client.get("/").status_code == 200
        assert User.objects.get().check_password("quite another password")

    def test_changes_no_password_without_the_old_one(self):
        client = at_the_desk("cashier")

        answer = client.post("/preferences/password/", {"current": "guess", "password": "quite another password"})

        assert answer.status_code == 422
        assert User.objects.get().check_password(PASSWORD)


class TestUsers:
    def test_are_made_with_roles(self):
        client = at_the_desk("administrator")
        role = Role.objects.get(code="cashier")
        typed = {"username": "caja2", "full_name": "Carla", "password": PASSWORD, "role_ids": role.pk, "language": "es"}

        client.post("/users/new/", typed)

        assert list(User.objects.get(username="caja2").roles.all()) == [role]

    def test_show_a_refusal_above_the_form_with_everything_typed(self):
        client = at_the_desk("administrator")
        role = Role.objects.get(code="cashier")
        typed = {
            "username": "administrator",
            "full_name": "Carla",
            "password": PASSWORD,
            "role_ids": role.pk,
            "language": "es",
        }

        answer = client.post("/users/new/", typed)

        assert answer.status_code == 422
        assert "Another user has this name" in answer.text
        assert 'value="Carla"' in answer.text

    def test_leave_a_trace_of_every_changed_field(self):
        client = at_the_desk("administrator")
        cashier = person("cashier")
        role = Role.objects.get(code="cashier")
        typed = {"version": 1, "full_name": "Nadia", "role_ids": role.pk, "is_active": "on", "reason": "Married"}

        client.post(f"/users/{cashier.pk}/", typed)
        audit = client.get("/audit/", {"table": "platform_user", "action": "UPDATE"}).text

        assert "full_name: Cashier → Nadia" in audit
        assert "Married" in audit


class TestRefusal:
    def test_is_explained_and_leaves_a_trace(self):
        client = at_the_desk("cashier")

        answer = client.get("/users/")

        assert answer.status_code == 403
        assert "user.manage" in answer.text
        assert AuditEntry.objects.filter(action="REFUSED", actor="cashier", table_name="/users/").count() == 1


class TestNames:
    def test_stand_where_records_keep_log_ins(self):
        client = at_the_desk("administrator")
        User.objects.filter(username="administrator").update(full_name="Ramón Suero")
        operations.set_preferences(
            actor=User.objects.get(username="administrator").to_actor(), language="en", theme="dark"
        )

        page = client.get("/audit/").text

        assert '<td title="administrator">Ramón Suero</td>' in page
        assert "<td>The system</td>" in page or '<td title="system">The system</td>' in page

    @pytest.mark.parametrize("typed", ["ramon", "RAMÓN", "administrator"])
    def test_are_found_by_name_or_log_in(self, typed):
        client = at_the_desk("administrator")
        User.objects.filter(username="administrator").update(full_name="Ramón Suero")
        operations.set_preferences(
            actor=User.objects.get(username="administrator").to_actor(), language="en", theme="dark"
        )

        page = client.get("/audit/", {"actor": typed}).text

        assert "The system</td>" not in page
        assert "Ramón Suero</td>" in page


class TestRoles:
    def test_are_offered_in_the_language_of_the_reader(self):
        client = at_the_desk("administrator", language="es")

        offered = [label for _value, label in client.get("/users/new/").context["form"].fields["role_ids"].choices]

        assert "Jefe de caja" in offered
