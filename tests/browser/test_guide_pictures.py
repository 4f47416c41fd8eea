"""The pictures of the guide, made from the screens as they are: `build/guide/LANGUAGE/NAME.png`. Never committed."""

from __future__ import annotations

from pathlib import Path

import billing_factories as billing
import metering_factories as metering
from hydria.desk.web.guide_cards import captions
from hydria.metering.models import Consumption, ConsumptionState
from hydria.payments.operations import create_till, open_receipt_series, open_session
from hydria.platform.access import SYSTEM
from hydria.platform.models import User
from hydria.tariffs.models import TariffVersion

PICTURES = Path(__file__).parents[2] / "build" / "guide"


class TestGuide:
    def test_has_its_pictures_in_every_language(self, desk):
        cycle = billing.village()
        agreement = billing.household()
        for number, quantity_m3 in ((1, 10), (2, 15)):
            period = billing.month(cycle, number)
            billing.consume(agreement, period, quantity_m3)
            run = billing.confirmed(period)
        metering.live_through(cycle, metering.dial(9), [20, 41, 60, 82, 101, 1221])
        held = Consumption.objects.filter(state=ConsumptionState.HELD).get()
        open_receipt_series(actor=SYSTEM)
        till = create_till(actor=SYSTEM, code="T1", name="Till 1")
        desk.log_in("administrator")
        actor = User.objects.get().to_actor()
        open_session(actor=actor, till_id=till.pk, float_minor=0, opened_at=billing.NOW)
        screens = {
            "account": f"/accounts/{agreement.account_id}/",
            "till": f"/till/accounts/{agreement.account_id}/",
            "incident": f"/readings/incidents/{held.pk}/",
            "run": f"/billing/runs/{run.pk}/",
            "tariff": f"/tariffs/versions/{TariffVersion.objects.get().pk}/",
        }

        desk.page.set_viewport_size({"width": 1280, "height": 800})
        for language in ("en", "es", "el"):
            User.objects.update(language=language)
            (PICTURES / language).mkdir(parents=True, exist_ok=True)
            for name, path in screens.items():
                desk.open(path)
                desk.page.screenshot(path=PICTURES / language / f"{name}.png")

        assert set(screens) == {name for name, _caption in captions().values()}
        desk.open("/help/payments/")
        assert desk.page.locator(".guide img").evaluate("picture => picture.decode().then(() => picture.naturalWidth)")
