"""The way in by two halves, what stands open half-way (nothing), and where a user is logged in."""

from __future__ import annotations

import datetime
import re

import pytest
from django.conf import settings
from django.test import Client

from desk_factories import PASSWORD, at_the_desk, company, person
from hydria.platform import second_factor
from hydria.platform.domain.second_factor import TRIES_MAX, code_at
from hydria.platform.models import AuditEntry, Company, DeskSession, Role, SecondFactor, User

pytestmark = pytest.mark.django_db
MINUTE = datetime.timedelta(minutes=1)


def app_code(user: User, *, late: datetime.timedelta = 0 * MINUTE) -> str:
    factor = SecondFactor.objects.get(user=user)
    return code_at(key=second_factor._key_of(factor), at=datetime.datetime.now(tz=datetime.UTC) + late)


def enrolled(role: str = "cashier") -> tuple[User, tuple[str, ...]]:
    company()
    user = person(role)
    second_factor.begin_enrollment(actor=user.to_actor())
    # Of the half minute before, so that the test may use the code of this one.
    past = -MINUTE / 2
    codes = second_factor.confirm_enrollment(
        actor=user.to_actor(),
        typed=app_code(user, late=past),
        at=datetime.datetime.now(tz=datetime.UTC) + past,
        kept_handle="",
    )
    return user, codes


def password_given(user: User) -> Client:
    client = Client(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/128.0"})
    client.post("/log-in/", {"username": user.username, "password": PASSWORD})
    return client


def ask_for_a_factor(role: str) -> None:
    Role.objects.filter(code=role).update(asks_second_factor=True)


class TestHalfway:
    @pytest.mark.parametrize("address", ["/", "/accounts/", "/till/", "/preferences/", "/company/logo.svg", "/search/"])
    def test_is_nowhere(self, address: str):
        user, _codes = enrolled()

        answer = password_given(user).get(address)

        assert answer.headers["Location"].startswith("/log-in/")

    def test_neither_changes_the_password_nor_the_app(self):
        user, _codes = enrolled()
        client = password_given(user)

        client.post("/preferences/password/", {"current": PASSWORD, "password": "of the thief alone"})
        client.post("/preferences/second-factor/app/", {"begin": "1"})
        client.post("/preferences/second-factor/remove/", {"current": PASSWORD, "code": "000000"})

        assert User.objects.get().check_password(PASSWORD)
        assert second_factor.get_factor(user_id=user.pk) is not None

    def test_is_led_to_the_other_half_and_on_to_where_it_wanted(self):
        user, _codes = enrolled()
        client = password_given(user)

        asked = client.get("/?x", follow=True)
        answer = client.post("/log-in/code/", {"code": app_code(user), "next": "/accounts/"})

        assert "The second half" in asked.text
        assert answer.headers["Location"] == "/accounts/"
        assert client.get("/accounts/").status_code == 200

    def test_is_led_nowhere_else(self):
        user, _codes = enrolled()

        answer = password_given(user).post("/log-in/code/", {"code": app_code(user), "next": "//evil.example"})

        assert answer.headers["Location"] == "/"

    def test_lasts_ten_minutes(self):
        user, _codes = enrolled()
        client = password_given(user)
        session = client.session
        session["entry"]["seen"] = (datetime.datetime.now(tz=datetime.UTC) - 11 * MINUTE).isoformat()
        session.save()

        assert client.post("/log-in/code/", {"code": app_code(user)}).headers["Location"] == "/log-in/"
        assert DeskSession.objects.count() == 0

    def test_ends_with_a_guesser(self):
        user, _codes = enrolled()
        client = password_given(user)
        for number in range(TRIES_MAX):
            assert client.post("/log-in/code/", {"code": f"{number:06d}x"}).status_code == 422

        answer = client.post("/log-in/code/", {"code": app_code(user)})

        assert answer.status_code == 429
        assert client.get("/accounts/").status_code == 302
        # Nor does a new log-in, from wherever, start the count again.
        assert password_given(user).post("/log-in/code/", {"code": app_code(user)}).status_code == 429

    def test_does_not_accept_a_code_overlooked_by_another(self):
        user, _codes = enrolled()
        typed = app_code(user)
        password_given(user).post("/log-in/code/", {"code": typed})

        thief = password_given(user)

        assert thief.post("/log-in/code/", {"code": typed}).status_code == 422
        assert thief.get("/accounts/").status_code == 302

    def test_goes_on_under_a_new_key(self):
        user, _codes = enrolled()
        client = password_given(user)
        planted = client.cookies[settings.SESSION_COOKIE_NAME].value

        client.post("/log-in/code/", {"code": app_code(user)})

        assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted
        other = Client()
        other.cookies[settings.SESSION_COOKIE_NAME] = planted
        assert other.get("/accounts/").status_code == 302

    def test_is_opened_by_a_recovery_code_once(self):
        user, codes = enrolled()
        client = password_given(user)
        client.post("/log-in/code/", {"code": codes[0]})

        assert client.get("/accounts/").status_code == 200
        assert password_given(user).post("/log-in/code/", {"code": codes[0]}).status_code == 422


class TestRequiredFactor:
    def test_keeps_everything_closed_until_it_is_set_up(self):
        company()
        user = person("cashier")
        ask_for_a_factor("cashier")
        client = password_given(user)

        assert client.get("/till/").headers["Location"].startswith("/log-in/")
        shown = client.get("/", follow=True)
        client.post("/preferences/second-factor/app/", {"begin": "1"})
        picture = client.get("/preferences/second-factor/app/").text
        done = client.post("/preferences/second-factor/app/", {"code": app_code(user)})

        assert "Your role asks for a second factor" in shown.text
        assert "data:image/svg+xml;base64," in picture
        assert len(re.findall(r"<code>(\w{4}(?:-\w{4}){3})</code>", done.text)) == 10
        assert client.get("/accounts/").status_code == 200

    def test_closes_the_desk_that_is_open_when_the_policy_comes(self):
        client = at_the_desk("cashier")
        assert client.get("/accounts/").status_code == 200

        ask_for_a_factor("cashier")

        assert client.get("/accounts/").status_code == 302

    def test_is_not_enrolled_by_a_form_from_elsewhere(self):
        company()
        user = person("cashier")
        ask_for_a_factor("cashier")
        client = password_given(user)
        client.handler.enforce_csrf_checks = True

        assert client.post("/preferences/second-factor/app/", {"begin": "1"}).status_code == 403
        assert SecondFactor.objects.count() == 0


class TestApp:
    def test_is_not_set_up_by_who_found_the_desk_open(self):
        client = at_the_desk("cashier")
        client.post("/preferences/second-factor/app/", {"begin": "1"})

        answer = client.post(
            "/preferences/second-factor/app/", {"current": "a guess", "code": app_code(User.objects.get())}
        )

        assert answer.status_code == 422
        assert second_factor.get_factor(user_id=User.objects.get().pk) is None

    def test_ends_the_sessions_elsewhere(self):
        client = at_the_desk("cashier")
        user = User.objects.get()
        elsewhere = password_given(user)
        client.post("/preferences/second-factor/app/", {"begin": "1"})

        client.post("/preferences/second-factor/app/", {"current": PASSWORD, "code": app_code(user)})

        assert client.get("/preferences/second-factor/").text.count("in use") == 1
        assert elsewhere.get("/").status_code == 302

    def test_is_taken_out_of_use_by_both_halves(self):
        user, codes = enrolled()
        client = password_given(user)
        client.post("/log-in/code/", {"code": codes[0]})

        wrong = client.post("/preferences/second-factor/remove/", {"current": PASSWORD, "code": "000000"})
        client.post("/preferences/second-factor/remove/", {"current": PASSWORD, "code": codes[1]})

        assert wrong.status_code == 422
        assert second_factor.get_factor(user_id=user.pk) is None
        assert client.get("/").status_code == 200

    def test_gives_new_recovery_codes(self):
        user, codes = enrolled()
        client = password_given(user)
        client.post("/log-in/code/", {"code": codes[0]})

        answer = client.post("/preferences/second-factor/codes/", {"current": PASSWORD, "code": codes[1]})

        assert "Your recovery codes" in answer.text
        assert codes[2] not in answer.text

    def test_is_taken_away_by_an_administrator(self):
        cashier, codes = enrolled()
        lost = password_given(cashier)
        lost.post("/log-in/code/", {"code": codes[0]})
        client = password_given(person("administrator"))

        assert "in use" in client.get(f"/users/{cashier.pk}/second-factor/").text
        client.post(f"/users/{cashier.pk}/second-factor/", {"reason": "Phone lost"})

        assert lost.get("/").status_code == 302
        assert password_given(cashier).get("/").status_code == 200


class TestSession:
    def test_is_shown_with_device_and_address_and_without_its_key(self):
        company()
        client = password_given(person("cashier"))

        page = client.get("/preferences/sessions/").text

        assert "Firefox, Windows" in page
        assert "127.0.0.1" in page
        assert client.cookies[settings.SESSION_COOKIE_NAME].value not in page

    def test_is_ended_from_another(self):
        company()
        user = person("cashier")
        here, there = password_given(user), password_given(user)
        handle = there.session["entry"]["handle"]

        asked = here.get(f"/sessions/{handle}/end/")
        here.post(f"/sessions/{handle}/end/")

        assert asked.status_code == 200
        assert there.get("/").status_code == 302
        assert here.get("/").status_code == 200

    def test_is_the_only_one_left(self):
        company()
        user = person("cashier")
        here, there = password_given(user), password_given(user)

        here.post("/preferences/sessions/end/")

        assert there.get("/").status_code == 302
        assert here.get("/").status_code == 200

    def test_of_a_neighbor_is_not_ones_own_to_end(self):
        company()
        cashier, agent = password_given(person("cashier")), password_given(person("agent"))

        cashier.post(f"/sessions/{agent.session['entry']['handle']}/end/")

        assert agent.get("/").status_code == 200

    def test_of_anybody_is_ended_by_an_administrator(self):
        company()
        cashier, admin = password_given(person("cashier")), password_given(person("administrator"))
        assert "Cashier" in admin.get("/sessions/").text

        admin.post(f"/sessions/{cashier.session['entry']['handle']}/end/")

        assert cashier.get("/").status_code == 302

    def test_ends_when_nobody_uses_it(self):
        client = at_the_desk("cashier")
        Company.objects.update(idle_minutes=20)
        client.get("/")
        session = client.session
        session["entry"]["seen"] = (datetime.datetime.now(tz=datetime.UTC) - 21 * MINUTE).isoformat()
        session.save()

        answer = client.get("/accounts/", follow=True)

        assert "Nobody used this desk for 20 minutes" in answer.text
        assert AuditEntry.objects.filter(after__kind="IDLE", actor="cashier").exists()

    def test_stays_while_it_is_used_but_no_longer_than_a_working_day(self):
        client = at_the_desk("cashier")
        client.get("/")
        until = client.session.get_expiry_date()
        session = client.session
        session["entry"]["seen"] = (datetime.datetime.now(tz=datetime.UTC) - 5 * MINUTE).isoformat()
        session.save()

        client.get("/")

        assert datetime.datetime.now(tz=datetime.UTC) - DeskSession.objects.get().last_seen_at < MINUTE
        assert client.session.get_expiry_date() == until

    @pytest.mark.parametrize("changes", [{"is_active": ""}, {"password": "quite another password"}])
    def test_ends_with_the_password_or_the_log_in(self, changes: dict[str, str]):
        company()
        user = person("cashier")
        cashier, admin = password_given(user), password_given(person("administrator"))
        typed = {"version": 1, "full_name": "x", "role_ids": Role.objects.get(code="cashier").pk, "reason": "left"}

        admin.post(f"/users/{user.pk}/", {**typed, "is_active": "on", **changes})

        assert cashier.get("/").status_code == 302
        assert not DeskSession.objects.filter(user=user).exists()


class TestAccessLog:
    def test_tells_who_came_who_failed_and_who_was_denied(self):
        company()
        user = person("cashier")
        Client().post("/log-in/", {"username": "CASHIER", "password": "wrong"})
        client = password_given(user)
        client.get("/users/")
        client.post("/log-out/")

        told = AuditEntry.objects.filter(actor="cashier", after__address="127.0.0.1").order_by("id")

        kinds = [entry.after["kind"] for entry in told]
        assert kinds == ["LOG_IN_FAILED", "LOG_IN", "DENIED", "LOG_OUT"]

    def test_tells_the_second_half(self):
        user, codes = enrolled()
        client = password_given(user)
        client.post("/log-in/code/", {"code": "000000"})
        client.post("/log-in/code/", {"code": codes[0]})

        told = AuditEntry.objects.filter(actor="cashier", after__kind__isnull=False).order_by("id")

        assert [(entry.after["kind"], entry.action) for entry in told] == [
            ("SECOND_FACTOR", "REFUSED"),
            ("LOG_IN", "ACCESS"),
        ]

    def test_keeps_no_name_that_is_nobodys_because_it_may_be_a_password(self):
        company()

        Client().post("/log-in/", {"username": "my secret password", "password": ""})
        Client().post("/log-in/", {"username": "my secret password", "password": "x"})

        assert AuditEntry.objects.filter(after__kind="LOG_IN_FAILED").count() == 2
        assert not AuditEntry.objects.filter(actor__contains="secret").exists()

    def test_tells_of_closed_doors(self):
        company(), person("cashier")
        for _try in range(6):
            Client().post("/log-in/", {"username": "cashier", "password": "wrong"})

        assert AuditEntry.objects.filter(after__kind="CLOSED_DOOR", actor="cashier").count() >= 1

    def test_tells_what_was_taken_out(self):
        client = at_the_desk("administrator")

        client.get("/users/", {"export": "csv"})

        entry = AuditEntry.objects.get(after__kind="FILE")
        assert (entry.actor, entry.table_name, entry.reason) == ("administrator", "/users/", "export=csv")

    def test_is_searched_and_filtered(self):
        client = at_the_desk("administrator")
        Client().post("/log-in/", {"username": "administrator", "password": "wrong"})

        page = client.get("/access/", {"kind": "LOG_IN_FAILED", "address": "127.0.0.1"}).text

        assert "Log-in failed" in page
        assert "127.0.0.1" in page
        assert client.get("/access/", {"kind": "LOG_OUT"}).text.count("Log-in failed") == 1  # only among the choices
