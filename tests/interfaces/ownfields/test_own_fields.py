"""Own fields on the desk: added by the administrator, then in forms, pages, lists, files and the API at once."""

from __future__ import annotations

import pytest

from api_factories import Program
from billing_factories import household, village
from desk_factories import at_the_desk, company
from hydria.ownfields.domain.kinds import MICRO, OwnKind, Subject
from hydria.ownfields.models import OwnField
from hydria.ownfields.operations import save_field, save_values
from hydria.platform.access import SYSTEM

pytestmark = pytest.mark.django_db

FIELDS = {
    "PUMP": (OwnKind.YES_NO, {}, True, "own_pump=yes", "own_pump=no", "Yes"),
    "KEY": (OwnKind.TEXT, {}, "=cmd|x", "own_key=CMD", "own_key=q", "=cmd|x"),
    "TANK": (OwnKind.DECIMAL, {}, 2_500_000, "own_tank_least=2.5", "own_tank_most=2.4", "2.5"),
    "FLOORS": (OwnKind.WHOLE, {}, 3 * MICRO, "own_floors_least=3", "own_floors_least=4", "3"),
    "ROOF": (OwnKind.CHOICE, {"options": [("T", "Tiles"), ("M", "Metal")]}, "T", "own_roof=T", "own_roof=M", "Tiles"),
    "USES": (
        OwnKind.MULTIPLE,
        {"options": [("G", "Garden"), ("P", "Pool")]},
        ("G", "P"),
        "own_uses=P",
        "own_uses=x&own_roof=M",
        "Garden, Pool",
    ),
}


def add_all(subject: Subject) -> None:
    for code, (kind, more, *_rest) in FIELDS.items():
        save_field(actor=SYSTEM, subject=subject, code=code, kind=kind, labels={"en": code.title()}, **more)


class TestAdministrator:
    def test_adds_a_field_and_cannot_change_what_it_holds(self):
        client = at_the_desk("administrator")
        typed = {
            "subject": "party",
            "code": "GUILD",
            "kind": "CHOICE",
            "options": "FISH = Fishers\nFARM = Farmers",
            "position": "1",
            "label_en": "Guild",
            "label_es": "Gremio",
        }

        client.post("/own-fields/new/", typed)
        field = OwnField.objects.get()
        client.post(f"/own-fields/{field.pk}/", {**typed, "kind": "TEXT", "label_en": "Corporation"})
        field.refresh_from_db()

        assert (field.kind, field.labels["en"], len(field.options)) == ("CHOICE", "Corporation", 2)
        assert "Corporation" in client.get("/people/").text

    def test_is_told_why_a_field_is_refused(self):
        client = at_the_desk("administrator")

        answer = client.post("/own-fields/new/", {"subject": "party", "code": "x y", "kind": "TEXT", "position": "1"})

        assert answer.status_code == 422


class TestPage:
    def test_shows_what_was_filled_in_and_says_what_does_not_fit(self):
        client = at_the_desk("agent")
        village()
        party = household().account.parties.get().party
        limit = {"high_micro": 9 * MICRO}
        save_field(
            actor=SYSTEM, subject=Subject.PARTY, code="HEADS", kind=OwnKind.WHOLE, labels={"en": "Heads"}, **limit
        )
        address = f"/own/party/{party.pk}/"

        refused = client.post(address, {"own_HEADS": "10", "reason": "Asked"})
        client.post(address, {"own_HEADS": "7", "reason": "Asked"})

        assert refused.status_code == 422
        assert "above the most" in refused.text
        page = client.get(f"/people/{party.pk}/").text
        assert "Heads" in page
        assert "<dd>7</dd>" in page

    @pytest.mark.parametrize("address", ["/own/party/999999/", "/own/x/1/", "/own/agreement/1/"])
    def test_is_for_what_there_is(self, address):
        assert at_the_desk("agent").get(address).status_code == 404

    def test_of_every_subject_has_them(self):
        client = at_the_desk("administrator")
        village()
        home = household()
        party, meter = home.account.parties.get().party, home.service_point.installations.get().meter
        pages = {
            Subject.ACCOUNT: f"/accounts/{home.account_id}/",
            Subject.PARTY: f"/people/{party.pk}/",
            Subject.PREMISE: f"/premises/{home.service_point.premise_id}/",
            Subject.SERVICE_POINT: f"/points/{home.service_point_id}/",
            Subject.METER: f"/meters/{meter.pk}/",
        }
        for subject, page in pages.items():
            kind, label = OwnKind.TEXT, f"Mark of {subject}"
            save_field(actor=SYSTEM, subject=subject, code="MARK", kind=kind, labels={"en": label})

            assert label in client.get(page).text, subject


class TestList:
    @pytest.mark.parametrize("code", FIELDS)
    def test_shows_exports_and_finds_by_each_kind(self, code: str):
        client = at_the_desk("agent")
        village()
        place = household().service_point.premise
        household()
        add_all(Subject.PREMISE)
        _kind, _more, value, finds, misses, shown = FIELDS[code]
        save_values(
            actor=SYSTEM,
            subject=Subject.PREMISE,
            object_id=place.pk,
            values={code: value},
            on_date=place.recorded_at.date(),
            reason="Survey",
        )
        columns = f"column=number&column=own_{code.lower()}"

        page = client.get(f"/premises/?{columns}").text
        file = client.get(f"/premises/?{columns}&{finds}&export=csv").getvalue().decode()
        missed = client.get(f"/premises/?{columns}&{misses}&export=csv").getvalue().decode()

        assert f">{shown}</td>" in page
        assert place.number in file
        assert len(file.splitlines()) == 2
        assert place.number not in missed
        assert "\n=cmd" not in file
        assert ",=cmd" not in file


class TestApi:
    def test_has_all_that_is_held_by_code(self):
        company()
        village()
        place = household().service_point.premise
        add_all(Subject.PREMISE)
        save_values(
            actor=SYSTEM,
            subject=Subject.PREMISE,
            object_id=place.pk,
            values={code: field[2] for code, field in FIELDS.items()},
            on_date=place.recorded_at.date(),
            reason="Survey",
        )
        program = Program("register.view")

        one = program.get(f"/premises/{place.pk}").json()
        (listed,) = program.get("/premises").json()["items"]

        assert one["own_fields"] == listed["own_fields"]
        assert one["own_fields"] == {
            "PUMP": True,
            "KEY": "=cmd|x",
            "TANK": 2.5,
            "FLOORS": 3,
            "ROOF": "T",
            "USES": ["G", "P"],
        }

    def test_has_an_empty_object_where_nothing_is_held(self):
        company()
        village()
        home = household()
        program = Program("register.view")

        for path in ("parties", "premises", "service-points", "accounts", "meters"):
            assert program.get(f"/{path}").json()["items"][0]["own_fields"] == {}, path
        assert program.get(f"/service-points/{home.service_point_id}").json()["own_fields"] == {}
