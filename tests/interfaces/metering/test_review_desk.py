"""The pages of metering: who may open them, what one key does, what a sheet answers row by row."""

from __future__ import annotations

import pytest
from django.urls import reverse

from hydria.metering.models import Consumption, Reading, Register, ThresholdRule
from hydria.platform.access import SYSTEM, Permission
from hydria.platform.models import Role, User
from hydria.platform.operations import set_up_company
from hydria.premises.models import Route
from metering_factories import consumptions, dial, live_through, point_of, told, village

pytestmark = pytest.mark.django_db
YEAR = [20, 41, 60, 82, 101]
ALL = (Permission.READING_VIEW, Permission.READING_RECORD, Permission.READING_DECIDE, Permission.SETTING_MANAGE)


@pytest.fixture
def log_in(client):
    set_up_company(actor=SYSTEM, name="Village", currency="DOP", country="DO", language="en")

    def make(*permissions: Permission):
        role = Role.objects.create(code="tester", name="Tester", permissions=[str(one) for one in permissions])
        user = User.objects.create_user("tester", "a long password", full_name="Tess Ter")
        user.roles.add(role)
        client.force_login(user)
        return client

    return make


@pytest.fixture
def town():
    return village()


@pytest.fixture
def slipped(town):
    """Return a dial whose sixth reading was typed with a digit too many."""
    register = dial()
    live_through(town, register, [*YEAR, 1221])
    return register


class TestIncidents:
    def test_lists_what_is_odd_in_words(self, log_in, slipped):
        page = log_in(*ALL).get(reverse("incidents"))

        assert page.status_code == 200
        assert "Typing slip" in page.content.decode()
        assert "1 is held for review" in page.content.decode()

    def test_narrows_by_what_is_odd(self, log_in, slipped):
        page = log_in(*ALL).get(reverse("incidents"), {"code": "consumption_zero"})

        assert "Nothing matches these filters" in page.content.decode()

    def test_is_a_constant_number_of_queries(self, log_in, town, django_assert_max_num_queries):
        for number in range(1, 6):
            live_through(town, dial(number), [*YEAR, 1221])
        client = log_in(*ALL)

        with django_assert_max_num_queries(12):
            client.get(reverse("incidents"))

    def test_stays_closed_without_the_permission(self, log_in):
        assert log_in(Permission.BILLING_VIEW).get(reverse("incidents")).status_code == 403


class TestIncident:
    def send(self, client, register, **typed):
        return client.post(reverse("incident", args=[consumptions(register)[-1].pk]), typed)

    def test_shows_what_a_decision_needs(self, log_in, slipped):
        page = log_in(*ALL).get(reverse("incident", args=[consumptions(slipped)[-1].pk])).content.decode()

        assert "without one of its digits it would be 121" in page
        assert 'value="121"' in page
        assert "Bill 1,120" in page

    def test_accepts_and_goes_on_to_the_list_when_nothing_is_left(self, log_in, slipped):
        answer = self.send(log_in(*ALL), slipped, decision="ACCEPTED", reason="seen")

        assert (answer.status_code, answer.url) == (302, reverse("incidents"))
        assert told(consumptions(slipped)[-1])[2] == "FINAL"

    def test_goes_on_to_the_next_that_waits(self, log_in, slipped, town):
        other = dial(2)
        live_through(town, other, [*YEAR, 1221])

        answer = self.send(log_in(*ALL), slipped, decision="ESTIMATED", reason="seen")

        assert answer.url == reverse("incident", args=[consumptions(other)[-1].pk])

    def test_corrects_the_reading(self, log_in, slipped):
        self.send(log_in(*ALL), slipped, decision="CORRECTED", reason="slip", value_milli="121")

        assert told(consumptions(slipped)[-1])[:3] == (20, "MEASURED", "FINAL")

    def test_keeps_what_was_typed_when_it_is_refused(self, log_in, slipped):
        answer = self.send(log_in(*ALL), slipped, decision="CORRECTED", reason="my reason", value_milli="9999999")

        assert answer.status_code == 422
        assert "The dial cannot show this value." in answer.content.decode()
        assert "my reason" in answer.content.decode()

    def test_lets_those_look_who_may_not_decide(self, log_in, slipped):
        client = log_in(Permission.READING_VIEW)

        page = client.get(reverse("incident", args=[consumptions(slipped)[-1].pk]))
        answer = self.send(client, slipped, decision="ACCEPTED", reason="seen")

        assert "Your role may look, but not decide." in page.content.decode()
        assert answer.status_code in (403, 422)
        assert Consumption.objects.filter(state="HELD").count() == 1

    def test_answers_404_for_a_consumption_that_is_not_there(self, log_in, town):
        assert log_in(*ALL).get(reverse("incident", args=[1])).status_code == 404


class TestSheet:
    @pytest.fixture(autouse=True)
    def setting(self, town):
        self.first, self.second, self.third = dial(1), dial(2), dial(3)
        self.address = reverse("route_sheet", args=[Route.objects.get().pk])

    def test_answers_each_row_and_keeps_what_was_refused(self, log_in):
        typed = {
            "day": "2025-02-01",
            f"value_{self.first.pk}": "20",
            f"value_{self.second.pk}": "123456789",
            f"value_{self.third.pk}": "twenty",
        }

        page = log_in(*ALL).post(self.address, typed).content.decode()

        assert "1 reading recorded." in page
        assert "2 rows need a look." in page
        assert 'value="123456789"' in page
        assert 'value="twenty"' in page
        assert list(Reading.objects.values_list("register_id", "value_milli")) == [(self.first.pk, 20_000)]

    def test_records_once_when_sent_twice(self, log_in):
        client = log_in(*ALL)
        for _again in range(2):
            client.post(self.address, {"day": "2025-02-01", f"value_{self.first.pk}": "20"})

        assert Reading.objects.count() == 1

    def test_records_why_a_dial_could_not_be_read(self, log_in):
        log_in(*ALL).post(self.address, {"day": "2025-02-01", f"observation_{self.first.pk}": "PERRO"})

        assert Reading.objects.values_list("value_milli", "observation").get() == (None, "PERRO")

    def test_says_at_once_what_goes_to_review_and_why(self, log_in, town):
        live_through(town, self.first, YEAR)

        page = log_in(*ALL).post(self.address, {"day": "2025-07-01", f"value_{self.first.pk}": "90"}).content.decode()

        assert "Recorded; goes to review" in page
        assert "The dial shows 90, less than the 101 it showed before." in page
        assert "1 goes to review before it is billed." in page

    def test_has_a_row_for_every_dial(self, log_in):
        low = Register.objects.create(meter=self.first.meter, channel="LOW")
        client = log_in(*ALL)
        client.post(self.address, {"day": "2025-02-01", f"value_{self.first.pk}": "20", f"value_{low.pk}": "3"})

        assert set(Reading.objects.values_list("register_id", "value_milli")) == {
            (self.first.pk, 20_000),
            (low.pk, 3_000),
        }

    def test_needs_the_permission_to_record(self, log_in):
        assert log_in(Permission.READING_VIEW).get(self.address).status_code == 403


class TestMeter:
    def test_shows_the_whole_life_and_the_exchange(self, log_in, slipped):
        client = log_in(*ALL)
        typed = {"exchanged_date": "2025-07-10", "final_milli": "1230", "serial": "N-7", "digits": "5"}
        typed |= {"initial_milli": "0", "evidence": "Order 17"}

        answer = client.post(reverse("meter_exchange", args=[point_of(slipped)]), typed)
        old = client.get(reverse("meter", args=[slipped.meter_id])).content.decode()

        assert answer.status_code == 302
        assert "N-7" in client.get(answer.url).content.decode()
        assert "1,230" in old

    def test_refuses_an_exchange_on_a_day_to_come(self, log_in, slipped):
        typed = {"exchanged_date": "2199-01-01", "final_milli": "1230", "serial": "N-7", "digits": "5"}
        typed |= {"initial_milli": "0", "evidence": "Order 17"}

        answer = log_in(*ALL).post(reverse("meter_exchange", args=[point_of(slipped)]), typed)

        assert answer.status_code == 422
        assert "The day lies in the future" in answer.content.decode()

    def test_lists_routes_with_their_meters(self, log_in, slipped):
        assert "R1" in log_in(*ALL).get(reverse("routes")).content.decode()


class TestThresholds:
    def test_changes_one_from_a_day_on_and_lists_what_held(self, log_in, town):
        client = log_in(*ALL)
        typed = {"from_date": "2025-06-01", "high_percent": "250", "reason": "drought"}
        season = {"first_month": "6", "last_month": "9", "low_percent": "10"}

        typed |= {"high_milli_min": "32.5", "opening_ppm_min": "95"}

        first = client.post(reverse("thresholds_new"), typed)
        second = client.post(reverse("thresholds_new"), typed | season | {"from_date": "2025-07-01"})

        page = client.get(reverse("thresholds")).content.decode()
        assert (first.status_code, second.status_code) == (302, 302)
        assert "High above this percentage of the usual quantity: 250" in page
        assert "June–September" in page
        assert "never below this quantity: 32.5," in page
        assert "percentage of its capacity: 95" in page
        assert ThresholdRule.objects.filter(thresholds__high_milli_min=32_500, thresholds__opening_ppm_min=950_000)

    def test_refuses_half_a_season_and_keeps_what_was_typed(self, log_in, town):
        typed = {"from_date": "2025-06-01", "first_month": "6", "high_percent": "250", "reason": "drought"}

        answer = log_in(*ALL).post(reverse("thresholds_new"), typed)

        assert answer.status_code == 422
        assert "A season has a first and a last month." in answer.content.decode()

    def test_needs_the_permission_to_set(self, log_in):
        client = log_in(Permission.READING_DECIDE)

        assert [client.get(reverse(name)).status_code for name in ("thresholds", "thresholds_new")] == [403, 403]


class TestObservations:
    def test_adds_one_that_sheets_then_offer(self, log_in, town):
        dial()
        client = log_in(*ALL)
        typed = {"code": "OVNI", "name_en": "Saucer on it", "effect": "IGNORE", "follow_up": "REREAD", "reason": "seen"}

        answer = client.post(reverse("observation_new"), typed)

        assert answer.status_code == 302
        assert "Saucer on it" in client.get(reverse("observations")).content.decode()
        assert "Saucer on it" in client.get(reverse("route_sheet", args=[Route.objects.get().pk])).content.decode()

    def test_changes_one(self, log_in, town):
        client = log_in(*ALL)
        typed = {"name_en": "Drips", "effect": "KEEP", "follow_up": "NONE", "reason": "shorter"}

        assert "Fuga" in client.get(reverse("observation", args=["FUGA"])).content.decode()
        assert client.post(reverse("observation", args=["FUGA"]), typed).status_code == 302
        assert "Drips" in client.get(reverse("observations")).content.decode()

    def test_needs_the_permission_to_set(self, log_in, town):
        assert log_in(Permission.READING_DECIDE).get(reverse("observations")).status_code == 403
