"""From readings to judged consumptions, as PostgreSQL has them."""

from __future__ import annotations

import datetime
import itertools

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from hydria.kernel.periods import add_months
from hydria.metering import operations
from hydria.metering.models import Consumption, Installation
from hydria.metering.operations import NewMeter
from hydria.platform.access import SYSTEM
from metering_factories import FIRST_DAY, TODAY, consumptions, dial, live_through, point_of, read, told, village

pytestmark = pytest.mark.django_db

YEAR = [20, 41, 60, 82, 101]
"""Five plain months of about 20 m3."""


class TestComputeConsumption:
    @pytest.fixture(autouse=True)
    def setting(self):
        self.cycle = village()
        self.dial = dial()

    def compute(self, day: datetime.date) -> operations.Measured:
        return operations.compute_consumption(actor=SYSTEM, cycle_id=self.cycle.pk, until_date=day)

    def test_chains_without_gap_or_overlap(self):
        live_through(self.cycle, self.dial, YEAR)

        rows = consumptions(self.dial)
        assert [told(row)[0] for row in rows] == [20, 21, 19, 22, 19]
        assert rows[0].start_date == FIRST_DAY
        assert all(row.end_date == following.start_date for row, following in itertools.pairwise(rows))

    def test_writes_nothing_when_run_again(self):
        live_through(self.cycle, self.dial, YEAR)

        again = self.compute(add_months(FIRST_DAY, 5))

        assert again.consumption_count == 0
        assert Consumption.objects.count() == 5

    def test_counts_a_reading_that_came_late_in_its_period(self):
        read(self.dial, datetime.date(2025, 3, 1), 41)
        read(self.dial, datetime.date(2025, 2, 1), 20)

        self.compute(datetime.date(2025, 3, 1))

        assert [told(row)[0] for row in consumptions(self.dial)] == [41]

    def test_estimates_and_settles_at_the_next_reading(self):
        live_through(self.cycle, self.dial, [*YEAR, None, 150])

        estimated, settled = consumptions(self.dial)[-2:]
        assert told(estimated) == (20, "ESTIMATED", "FINAL", ["reading_missing"])
        assert told(settled) == (29, "MEASURED", "FINAL", [])
        assert sum(told(row)[0] for row in consumptions(self.dial)) == 150

    def test_carries_an_estimate_that_was_too_high_until_it_is_used_up(self):
        live_through(self.cycle, self.dial, [*YEAR, None, 105, 125, 145])

        assert [told(row) for row in consumptions(self.dial)[-4:]] == [
            (20, "ESTIMATED", "FINAL", ["reading_missing"]),
            (0, "MEASURED", "FINAL", ["estimate_exceeds_reading"]),
            (4, "MEASURED", "FINAL", []),
            (20, "MEASURED", "FINAL", []),
        ]
        assert sum(told(row)[0] for row in consumptions(self.dial)) == 145

    def test_never_feeds_an_estimate_with_an_estimate(self):
        live_through(self.cycle, self.dial, [*YEAR, None, None, 400, None])

        kinds = [(row.kind, told(row)[0]) for row in consumptions(self.dial)[-4:]]
        assert kinds[0] == ("ESTIMATED", 20)
        assert kinds[1] == ("ESTIMATED", 20)
        assert kinds[3] == ("ESTIMATED", 20), "the settlement of 260 m3 is no history"

    def test_escalates_the_fourth_estimate_in_a_row(self):
        live_through(self.cycle, self.dial, [*YEAR, None, None, None, None])

        assert told(consumptions(self.dial)[-1])[3] == ["estimated_too_often", "reading_missing"]

    def test_holds_what_is_far_too_high(self):
        live_through(self.cycle, self.dial, [*YEAR, 300])

        assert told(consumptions(self.dial)[-1]) == (199, "MEASURED", "HELD", ["consumption_high"])

    def test_proposes_the_reading_without_the_digit_too_many(self):
        live_through(self.cycle, self.dial, [*YEAR, 1221])

        held = consumptions(self.dial)[-1]
        assert told(held) == (1120, "MEASURED", "HELD", ["typing_slip"])
        assert held.findings.get().data["likely_milli"] == 121_000

    def test_holds_a_fall_far_from_the_end_as_an_exchange(self):
        live_through(self.cycle, self.dial, [*YEAR, 5])

        assert told(consumptions(self.dial)[-1]) == (20, "ESTIMATED", "HELD", ["suspected_exchange"])

    def test_calls_a_meter_stopped_at_the_third_zero(self):
        live_through(self.cycle, self.dial, [*YEAR, 101, 101, 101])

        codes = [told(row)[3] for row in consumptions(self.dial)[-3:]]
        assert codes == [["consumption_zero"], ["consumption_zero"], ["meter_stopped"]]

    def test_judges_a_new_point_by_its_peers(self):
        for number in range(2, 8):
            live_through(self.cycle, dial(number), [20])
        newcomer = dial(9)
        live_through(self.cycle, newcomer, [231])

        assert told(consumptions(newcomer)[0])[2:] == ("HELD", ["typing_slip"])
        assert consumptions(newcomer)[0].findings.get().data["likely_milli"] == 21_000

    def test_estimates_a_new_point_by_its_peers(self):
        for number in range(2, 8):
            live_through(self.cycle, dial(number), [31])
        newcomer = dial(9)
        live_through(self.cycle, newcomer, [None])

        row = consumptions(newcomer)[0]
        assert told(row) == (31, "ESTIMATED", "FINAL", ["reading_missing"])
        assert row.detail["estimated_by"] == "PEERS"

    def test_holds_a_point_of_which_nothing_is_known(self):
        live_through(self.cycle, self.dial, [None])

        assert told(consumptions(self.dial)[0]) == (
            None,
            "ESTIMATED",
            "HELD",
            ["history_missing", "reading_missing"],
        )


class TestMeterChangeInMidPeriod:
    @pytest.fixture(autouse=True)
    def setting(self):
        self.cycle = village()
        self.dial = dial()
        live_through(self.cycle, self.dial, YEAR)
        self.point_id = point_of(self.dial)

    def exchange(self, *, final_m3: int = 112, initial_m3: int = 3):
        return operations.exchange_meter(
            actor=SYSTEM,
            service_point_id=self.point_id,
            exchanged_date=datetime.date(2025, 6, 15),
            final_milli=final_m3 * 1000,
            meter=NewMeter(serial="NEW"),
            initial_milli=initial_m3 * 1000,
            evidence="Order 17",
            today=TODAY,
        )

    def compute(self, day: datetime.date) -> None:
        operations.compute_consumption(actor=SYSTEM, cycle_id=self.cycle.pk, until_date=day)

    def test_adds_both_meters(self):
        new = self.exchange().meter.registers.get()
        read(new, datetime.date(2025, 7, 1), 13)

        self.compute(datetime.date(2025, 7, 1))

        assert told(consumptions(self.dial, self.point_id)[-1]) == (21, "MEASURED", "FINAL", [])

    def test_counts_once_what_was_estimated_because_the_new_meter_was_not_read(self):
        new = self.exchange().meter.registers.get()
        read(new, datetime.date(2025, 7, 1), None)
        self.compute(datetime.date(2025, 7, 1))
        read(new, datetime.date(2025, 8, 1), 33)
        self.compute(datetime.date(2025, 8, 1))

        estimated, settled = consumptions(self.dial, self.point_id)[-2:]
        assert told(estimated) == (20, "ESTIMATED", "FINAL", ["reading_missing"])
        assert told(settled)[0] == (112 - 101) + (33 - 3) - 20

    def test_holds_the_period_when_nobody_wrote_the_final_reading_down(self):
        new = self.exchange().meter.registers.get()
        Installation.objects.filter(final_milli__isnull=False).update(final_milli=None)
        read(new, datetime.date(2025, 7, 1), 13)

        self.compute(datetime.date(2025, 7, 1))

        assert told(consumptions(self.dial, self.point_id)[-1])[2:] == ("HELD", ["final_reading_missing"])

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"evidence": " "}, "evidence_missing"),
            ({"exchanged_date": TODAY + datetime.timedelta(days=1)}, "date_in_future"),
            ({"exchanged_date": datetime.date(2025, 5, 15)}, "date_unfit"),
            ({"final_milli": -1}, "value_unfit"),
            ({"service_point_id": 0}, "no_meter"),
        ],
    )
    def test_refuses_an_exchange_that_cannot_be(self, change, code):
        asked = {
            "service_point_id": self.point_id,
            "exchanged_date": datetime.date(2025, 6, 15),
            "final_milli": 112_000,
            "meter": NewMeter(serial="NEW"),
            "initial_milli": 0,
            "evidence": "Order 17",
            "today": TODAY,
        }

        with pytest.raises(operations.UnableToExchangeMeter) as refusal:
            operations.exchange_meter(actor=SYSTEM, **(asked | change))

        assert refusal.value.code == code

    def test_refuses_a_meter_that_hangs_elsewhere(self):
        other = dial(2)

        with pytest.raises(operations.UnableToExchangeMeter) as refusal:
            operations.exchange_meter(
                actor=SYSTEM,
                service_point_id=self.point_id,
                exchanged_date=datetime.date(2025, 6, 15),
                final_milli=112_000,
                meter=NewMeter(serial=other.meter.serial),
                initial_milli=0,
                evidence="Order 17",
                today=TODAY,
            )

        assert refusal.value.code == "meter_elsewhere"
        assert Installation.objects.get(service_point_id=self.point_id).valid_during == DateRange(FIRST_DAY, None)
