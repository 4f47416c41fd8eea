"""What readers note decides what becomes of a reading (MET-05)."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction

from hydria.kernel.periods import add_months
from hydria.metering import operations
from hydria.metering._observing import UnableToSetObservation, name_observations
from hydria.metering.models import Observation, Reading
from hydria.metering.operations import NewObservation
from hydria.platform.access import SYSTEM
from metering_factories import FIRST_DAY, NOW, consumptions, dial, live_through, read, told, village

pytestmark = pytest.mark.django_db
YEAR = [20, 41, 60, 82, 101]
SIXTH = add_months(FIRST_DAY, 6)


class TestWhatAnObservationDoes:
    @pytest.fixture(autouse=True)
    def setting(self):
        self.cycle = village()
        self.dial = dial()
        live_through(self.cycle, self.dial, YEAR)

    def told_after(self, code: str, shown_m3: int | None) -> tuple:
        assert read(self.dial, SIXTH, shown_m3, observation=code).status == "ACCEPTED"
        operations.compute_consumption(actor=SYSTEM, cycle_id=self.cycle.pk, until_date=SIXTH)
        return told(consumptions(self.dial)[-1])

    @pytest.mark.parametrize(
        ("code", "shown_m3", "outcome"),
        [
            ("FUGA", 125, (24, "MEASURED", "FINAL", ["work_due"])),
            ("DESHABITADO", 125, (24, "MEASURED", "FINAL", [])),
            ("SIN_ACCESO", None, (20, "ESTIMATED", "FINAL", ["reading_missing", "reread_due"])),
            ("ROTO", 125, (20, "ESTIMATED", "FINAL", ["reading_missing", "work_due"])),
            ("OTRO_MEDIDOR", 125, (20, "ESTIMATED", "HELD", ["reading_ignored", "reading_missing", "work_due"])),
        ],
    )
    def test_is_as_the_list_says(self, code, shown_m3, outcome):
        assert self.told_after(code, shown_m3) == outcome

    def test_keeps_the_value_raw_and_measures_on_from_the_one_before(self):
        self.told_after("ROTO", 900)
        read(self.dial, add_months(FIRST_DAY, 7), 141)
        operations.compute_consumption(actor=SYSTEM, cycle_id=self.cycle.pk, until_date=add_months(FIRST_DAY, 7))

        assert sum(told(row)[0] for row in consumptions(self.dial)) == 141
        assert Reading.objects.filter(value_milli=900_000, is_live=True).exists()

    def test_gives_way_to_a_person_who_corrects_the_reading(self):
        self.told_after("OTRO_MEDIDOR", 900)
        held = consumptions(self.dial)[-1]

        operations.correct_reading(
            actor=SYSTEM, consumption_id=held.pk, value_milli=122_000, reason="seen", decided_at=NOW
        )

        assert told(consumptions(self.dial)[-1]) == (21, "MEASURED", "FINAL", [])


class TestList:
    @pytest.fixture(autouse=True)
    def setting(self):
        village()

    def test_refuses_a_code_that_is_not_on_it_row_by_row_and_in_the_database(self):
        register = dial()

        assert read(register, datetime.date(2025, 3, 1), 10, observation="OVNI").status == "UNKNOWN_OBSERVATION"
        with pytest.raises(IntegrityError, match="OVNI"), transaction.atomic():
            Reading.objects.create(
                register=register,
                read_date=FIRST_DAY,
                value_milli=1,
                observation="OVNI",
                source="FILE",
                recorded_by="x",
            )

    def test_names_each_in_the_language_asked_for(self):
        assert name_observations(language="el")["FUGA"] == "Διαρροή"
        assert name_observations(language="el")["NOT_READ"] == "Not read"

    def test_offers_only_what_may_be_chosen_on_the_day(self):
        old = NewObservation(code="OLD", names={"en": "Old"}, effect="KEEP", until_date=datetime.date(2025, 6, 1))
        operations.set_observation(actor=SYSTEM, observation=old, reason="no longer used")

        offered = [name_observations(language="en", on_date=datetime.date(2025, month, 1)) for month in (5, 6)]

        assert ["OLD" in names for names in offered] == [True, False]

    def test_changes_an_entry_and_keeps_the_rest_when_the_usual_are_added_again(self):
        changed = NewObservation(code="FUGA", names={"en": "Drips"}, effect="ESTIMATE")
        operations.set_observation(actor=SYSTEM, observation=changed, reason="drips are read too low")

        operations.add_usual_observations(actor=SYSTEM)

        assert Observation.objects.get(code="FUGA").effect == "ESTIMATE"

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"code": "no good"}, "code_unfit"),
            ({"code": "SET_ASIDE"}, "code_unfit"),
            ({"names": {"en": " "}}, "name_missing"),
            ({"effect": "MAYBE"}, "effect_unfit"),
            ({"from_date": FIRST_DAY, "until_date": FIRST_DAY}, "dates_unfit"),
        ],
    )
    def test_refuses_an_entry_that_cannot_be(self, change, code):
        fit = {"code": "NEW", "names": {"en": "New"}, "effect": "KEEP"}

        with pytest.raises(UnableToSetObservation) as refusal:
            operations.set_observation(actor=SYSTEM, observation=NewObservation(**(fit | change)), reason="test")

        assert refusal.value.code == code
