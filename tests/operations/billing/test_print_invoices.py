"""The paper tells what was measured, dial by dial."""

from __future__ import annotations

import datetime

import pytest

from billing_factories import NOW, TARIFF, account, agree, confirmed, month
from hydria.billing.documents.printing import build_cards
from hydria.billing.models import Invoice
from hydria.desk.operations import open_company
from hydria.metering import operations as metering
from hydria.metering.models import Register
from hydria.metering.operations import NewMeter
from hydria.platform.access import SYSTEM
from hydria.tariffs.operations import publish_version
from metering_factories import FIRST_DAY, TODAY, dial, point_of, read, village

pytestmark = pytest.mark.django_db
MONTH_END = datetime.date(2025, 2, 1)


class TestMetersOfAnInvoice:
    @pytest.fixture(autouse=True)
    def setting(self):
        open_company(actor=SYSTEM, name="Village", currency="DOP", country="DO", language="en")
        self.cycle = village()
        publish_version(actor=SYSTEM, text=TARIFF, published_at=NOW)
        self.main = dial(initial_m3=100)
        agree(account=account(), service_point_id=point_of(self.main), start_date=FIRST_DAY)

    def printed(self) -> list[tuple[str, str, str, int]]:
        """Measure and bill the month; return each dial with both readings and what it came to, in m³."""
        metering.compute_consumption(actor=SYSTEM, cycle_id=self.cycle.pk, until_date=MONTH_END)
        run = confirmed(month(self.cycle, 1, year=2025))
        (card,) = build_cards(invoice_ids=list(Invoice.objects.filter(run=run).values_list("id", flat=True)))
        return [
            (
                row.serial,
                f"{row.previous_date:%d/%m} {(row.previous_milli or 0) // 1000}",
                f"{row.current_date:%d/%m} {(row.current_milli or 0) // 1000}",
                row.volume_l // 1000,
            )
            for row in card.meters
        ]

    def test_shows_the_meter_with_both_readings(self):
        read(self.main, FIRST_DAY, 100)
        read(self.main, MONTH_END, 115)

        assert self.printed() == [("M1", "01/01 100", "01/02 115", 15)]

    def test_shows_every_dial_that_counts(self):
        low = Register.objects.create(meter=self.main.meter, channel="LOW")
        read(self.main, MONTH_END, 115)
        read(low, MONTH_END, 4)

        assert self.printed() == [("M1", "01/01 100", "01/02 115", 15), ("M1 LOW", "01/01 0", "01/02 4", 4)]

    def test_shows_both_meters_of_an_exchange(self):
        metering.exchange_meter(
            actor=SYSTEM,
            service_point_id=point_of(self.main),
            exchanged_date=datetime.date(2025, 1, 11),
            final_milli=108_000,
            meter=NewMeter(serial="M2", make=""),
            initial_milli=2_000,
            evidence="photo",
            today=TODAY,
        )
        new = Register.objects.get(meter__serial="M2")
        read(new, MONTH_END, 9)

        assert self.printed() == [("M1", "01/01 100", "11/01 108", 8), ("M2", "11/01 2", "01/02 9", 7)]
