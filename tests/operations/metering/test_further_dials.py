"""Meters with several dials: each is read and measured, and what counts adds up (docs/algorithms/consumption.md)."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction

from hydria.kernel.periods import add_months
from hydria.metering import operations
from hydria.metering.models import FurtherDial, Installation, Register
from hydria.metering.operations import Decision, NewMeter
from hydria.platform.access import SYSTEM
from metering_factories import FIRST_DAY, NOW, TODAY, consumptions, dial, live_through, point_of, read, told, village

pytestmark = pytest.mark.django_db
MAIN, LOW = [20, 41, 60, 82, 101], [3, 5, 9, 11, 15]


class TestMeterWithTwoDials:
    @pytest.fixture(autouse=True)
    def setting(self):
        self.cycle = village()
        self.main = dial()
        self.low = Register.objects.create(meter=self.main.meter, channel="LOW")
        for month, (main_m3, low_m3) in enumerate(zip(MAIN, LOW, strict=True), start=1):
            self.walk(month, main_m3, low_m3)

    def walk(self, month: int, main_m3: int | None, low_m3: int | None) -> None:
        day = add_months(FIRST_DAY, month)
        read(self.main, day, main_m3)
        read(self.low, day, low_m3)
        self.compute(day)

    def compute(self, day: datetime.date) -> None:
        operations.compute_consumption(actor=SYSTEM, cycle_id=self.cycle.pk, until_date=day)

    def quantities(self) -> list[int | None]:
        return [told(row)[0] for row in consumptions(self.main)]

    def test_counts_what_both_went_forward(self):
        assert self.quantities() == [20 + 3, 21 + 2, 19 + 4, 22 + 2, 19 + 4]
        parts = consumptions(self.main)[0].detail["stretches"]
        assert [(part["register_id"], part["quantity_milli"]) for part in parts] == [
            (self.main.pk, 20_000),
            (self.low.pk, 3_000),
        ]

    def test_does_not_count_a_dial_for_checking(self):
        total = Register.objects.create(meter=self.main.meter, channel="TOTAL", is_counted=False)
        read(total, datetime.date(2025, 7, 1), 900)
        self.walk(6, 120, 18)

        assert self.quantities()[-1] == 19 + 3

    def test_estimates_the_whole_when_one_was_not_read_and_settles_it_later(self):
        self.walk(6, 121, None)
        self.walk(7, 141, 21)

        estimated, settled = consumptions(self.main)[-2:]
        assert told(estimated) == (23, "ESTIMATED", "FINAL", ["reading_missing"])
        assert told(settled)[1:3] == ("MEASURED", "FINAL")
        assert sum(self.quantities()) == 141 + 21

    def test_tells_of_the_dial_that_ran_backward_and_corrects_that_one(self):
        self.walk(6, 121, 14)

        held = consumptions(self.main)[-1]
        assert told(held)[2:] == ("HELD", ["reading_backward"])
        assert held.findings.get().data["closing_milli"] == 14_000
        operations.correct_reading(
            actor=SYSTEM, consumption_id=held.pk, register_id=self.low.pk, value_milli=19_000, reason="slip",
            decided_at=NOW,
        )  # fmt: skip
        assert told(consumptions(self.main)[-1]) == (20 + 4, "MEASURED", "FINAL", [])

    def test_sets_every_dial_aside_when_a_person_believes_none(self):
        self.walk(6, 121, 14)
        held = consumptions(self.main)[-1]
        operations.decide(
            actor=SYSTEM, consumption_ids=[held.pk], decision=Decision.ESTIMATED, reason="odd", decided_at=NOW
        )
        self.walk(7, 141, 22)

        assert sum(self.quantities()) == 141 + 22

    def test_exchanges_both_dials(self):
        installation = operations.exchange_meter(
            actor=SYSTEM,
            service_point_id=point_of(self.main),
            exchanged_date=datetime.date(2025, 6, 15),
            final_milli=112_000,
            further_final_milli={"LOW": 17_000},
            meter=NewMeter(serial="NEW", further_milli={"LOW": 1_000}),
            initial_milli=3_000,
            evidence="Order 17",
            today=TODAY,
        )
        new = {register.channel: register for register in installation.meter.registers.all()}
        read(new["MAIN"], datetime.date(2025, 7, 1), 13)
        read(new["LOW"], datetime.date(2025, 7, 1), 2)
        self.compute(datetime.date(2025, 7, 1))

        last = consumptions(self.main, installation.service_point_id)[-1]
        assert told(last)[0] == (112 - 101) + (17 - 15) + (13 - 3) + (2 - 1)

    def test_holds_the_period_when_a_dial_of_the_old_meter_was_not_read(self):
        installation = operations.exchange_meter(
            actor=SYSTEM,
            service_point_id=point_of(self.main),
            exchanged_date=datetime.date(2025, 6, 15),
            final_milli=112_000,
            meter=NewMeter(serial="NEW"),
            initial_milli=3_000,
            evidence="Order 17",
            today=TODAY,
        )
        read(installation.meter.registers.get(), datetime.date(2025, 7, 1), 13)
        self.compute(datetime.date(2025, 7, 1))

        last = consumptions(self.main, installation.service_point_id)[-1]
        assert told(last)[2:] == ("HELD", ["final_reading_missing"])


class TestRegister:
    def test_never_adds_litres_to_cubic_metres(self):
        village()
        main = dial()

        with pytest.raises(IntegrityError, match="different units"), transaction.atomic():
            Register.objects.create(meter=main.meter, channel="LOW", unit="L")
        assert Register.objects.create(meter=main.meter, channel="CHECK", unit="L", is_counted=False).pk

    def test_starts_a_further_dial_where_it_stood_when_installed(self):
        cycle = village()
        main = dial()
        low = Register.objects.create(meter=main.meter, channel="LOW")
        installation = Installation.objects.get(meter=main.meter)
        FurtherDial.objects.create(installation=installation, register=low, initial_milli=700_000)
        read(low, datetime.date(2025, 2, 1), 703)
        live_through(cycle, main, [20])

        assert told(consumptions(main)[0])[0] == 20 + 3
