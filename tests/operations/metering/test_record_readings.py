"""A batch of readings: each row its own answer, the raw value kept for ever."""

from __future__ import annotations

import datetime

import pytest

from hydria.metering import operations
from hydria.metering.models import Reading
from hydria.metering.operations import NewReadings, ReadingSource
from hydria.platform.access import SYSTEM, Actor, Permission, UnableToPermit
from metering_factories import TODAY, dial, read, village

pytestmark = pytest.mark.django_db
MARCH = datetime.date(2025, 3, 1)


class TestRecordReadings:
    @pytest.fixture(autouse=True)
    def setting(self):
        village()
        self.dial = dial(digits=4)

    def test_answers_every_row_and_stops_at_none(self):
        ids = [self.dial.pk] * 7 + [999_999_999]
        days = [MARCH, MARCH, MARCH, TODAY + datetime.timedelta(days=1), datetime.date(2024, 1, 1)]
        days += [datetime.date(2025, 4, 1), datetime.date(2025, 5, 1), MARCH]
        values = [10_000, 10_000, 11_000, 12_000, 1_000, 10_000_000, None, 5_000]

        rows = operations.record_readings(
            actor=SYSTEM,
            readings=NewReadings(
                register_ids=ids,
                read_dates=days,
                values_milli=values,
                observations=[""] * len(ids),
                source=ReadingSource.FILE,
            ),
            today=TODAY,
        )

        assert [row.status for row in rows] == [
            "ACCEPTED",
            "REPEATED",
            "CONFLICT",
            "DATE_IN_FUTURE",
            "NOT_INSTALLED",
            "BEYOND_DIAL",
            "WITHOUT_VALUE",
            "UNKNOWN_REGISTER",
        ]
        assert list(Reading.objects.values_list("id", "value_milli")) == [(rows[0].reading_id, 10_000)]

    def test_takes_the_same_reading_again_as_done(self):
        read(self.dial, MARCH, 10)

        assert [read(self.dial, MARCH, 10).status, read(self.dial, MARCH, 11).status] == ["REPEATED", "CONFLICT"]
        assert Reading.objects.count() == 1

    def test_keeps_why_a_dial_could_not_be_read(self):
        assert read(self.dial, MARCH, None, observation="PERRO").status == "ACCEPTED"
        assert Reading.objects.get().observation == "PERRO"

    def test_refuses_who_may_not_record(self):
        nobody = Actor(name="ana", permissions=frozenset({Permission.READING_VIEW}))

        with pytest.raises(UnableToPermit):
            operations.record_readings(
                actor=nobody,
                readings=NewReadings(
                    register_ids=[], read_dates=[], values_milli=[], observations=[], source=ReadingSource.API
                ),
                today=TODAY,
            )
