import pytest
from django.urls import NoReverseMatch, reverse

from billing_factories import household, village
from desk_factories import at_the_desk
from hydria.desk.models import Tour
from hydria.desk.operations import UnableToKeepTour, tick_steps
from hydria.desk.web import tour
from hydria.platform.access import SYSTEM
from hydria.platform.models import Role
from hydria.platform.roles import ROLE_TEMPLATES

pytestmark = pytest.mark.django_db


def done_on(text: str) -> int:
    return text.split('class="tour-steps">')[1].split("</ul>", maxsplit=1)[0].count("#circle-check")


class TestTour:
    @pytest.mark.parametrize("template", ROLE_TEMPLATES, ids=lambda template: template.code)
    def test_every_role_has_steps_that_it_may_begin(self, template):
        client = at_the_desk(template.code)

        text = client.get("/").text
        answers = [
            client.get(reverse(tour.STEPS[code].place)).status_code for code in tour.STEPS_OF_ROLE[template.code]
        ]

        assert text.count("#circle-dashed") == len(tour.STEPS_OF_ROLE[template.code]) + 1
        assert set(answers) <= {200, 302}

    def test_names_only_screens_that_are_there(self):
        for step in tour.STEPS.values():
            for name in (step.place, step.screen):
                with_ids = ([], [1], [1, 1], ["x"])
                assert any(_reverses(name, args) for args in with_ids), name

    def test_is_ticked_off_by_doing_and_stays_so(self):
        client = at_the_desk("agent")
        village()
        agreement = household()

        client.get("/")
        client.get(f"/accounts/{agreement.account_id}/")

        assert done_on(client.get("/").text) == 1
        assert Tour.objects.get().done == ["find_customer"]

    def test_is_not_ticked_off_by_what_was_refused(self):
        client = at_the_desk("administrator")

        client.get("/")
        client.post("/users/new/", {"username": ""})

        assert not Tour.objects.exists()

    def test_is_shown_no_more_when_dismissed_and_again_when_wanted(self):
        client = at_the_desk("agent")

        client.post("/first-steps/")
        dismissed = client.get("/").text
        client.post("/first-steps/", {"show": "yes"})

        assert "First steps" not in dismissed
        assert "First steps" in client.get("/").text

    def test_costs_those_who_see_no_steps_no_query(self, django_assert_max_num_queries):
        client = at_the_desk("agent")
        client.post("/first-steps/")
        client.get("/")
        client.get("/help/desk/")

        with django_assert_max_num_queries(6):
            client.get("/help/desk/")
        assert Tour.objects.get().done == []

    def test_helps_a_role_of_the_companys_own_with_what_it_may(self):
        client = at_the_desk("agent")
        Role.objects.filter(code="agent").update(code="our_own")

        text = client.get("/").text

        assert text.count("#circle-dashed") == 2
        assert "Find a customer" in text

    def test_is_kept_for_people_only(self):
        with pytest.raises(UnableToKeepTour) as refused:
            tick_steps(actor=SYSTEM, steps=["guide"])

        assert refused.value.code == "user_unknown"


def _reverses(name: str, args: list[object]) -> bool:
    try:
        reverse(name, args=args)
    except NoReverseMatch:
        return False
    return True
