"""Each role through its commonest tasks by keyboard alone; the front office and the till have files of their own."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

import billing_factories as billing
import metering_factories as metering
from hydria.ledger.models import Journal
from hydria.metering.models import Consumption, ConsumptionState, Reading
from hydria.platform.access import SYSTEM
from hydria.platform.models import Company, Role, User
from hydria.tariffs import operations as tariffs
from hydria.tariffs.models import TariffVersion

TYPED_SLIP = [20, 41, 60, 82, 101, 1221]
DEARER = billing.TARIFF.replace("price: 10.00", "price: 11.00").replace("200.00", "210.00").replace("318", "328")


class Hands:
    """Two hands on a keyboard."""

    def __init__(self, desk) -> None:
        self.page = desk.page

    def press(self, *keys: str, to: str = "") -> None:
        """Press keys one after the other, and wait for the address that they lead to."""
        for key in keys:
            self.page.keyboard.press(key)
        if to:
            self.page.wait_for_url(re.compile(to))

    def say(self, words: str, *, to: str) -> None:
        """Type into the search box, take the first answer."""
        self.press("ControlOrMeta+k")
        self.page.keyboard.type(words)
        expect(self.page.get_by_role("option").first).to_be_visible()
        self.press("Enter", to=to)

    def goes_back(self, *, to: str) -> None:
        """Go back to an address, as Alt and the left arrow do; the driver cannot press the browser's own keys."""
        while not re.search(to, self.page.url):
            self.page.go_back()

    def fill(self, **typed: str) -> None:
        """Go to fields by their name, as a screen reader does, and type over what is there."""
        for name, text in typed.items():
            field = self.page.locator(f"main [name={name}]").first
            field.focus()
            if field.evaluate("field => field.matches('input, textarea')") and field.get_attribute("type") != "date":
                self.press("ControlOrMeta+a")
            self.page.keyboard.type(text)

    def sees(self, words: str) -> None:
        """Wait until the page says so."""
        expect(self.page.locator("main")).to_contain_text(words)


@pytest.fixture
def hands(desk) -> Callable[[str], Hands]:
    def of(role: str) -> Hands:
        desk.log_in(role)
        return Hands(desk)

    return of


def drafted_run():
    """Draft a run of two households; return what each used to be asked by."""
    cycle = billing.village()
    agreements = [billing.household(), billing.household()]
    period = billing.month(cycle)
    for agreement in agreements:
        billing.consume(agreement, period, 15)
    return agreements[0], billing.drafted(period)


class TestReadingSupervisor:
    def test_decides_records_and_looks_up(self, hands):
        cycle = metering.village()
        for number in (1, 2, 3):
            metering.live_through(cycle, metering.dial(number), TYPED_SLIP)
        supervisor = hands("reading_supervisor")

        supervisor.press("g", "i", to="/readings/incidents/$")
        supervisor.press("n", to=r"/incidents/\d+/$")
        first = supervisor.page.url
        supervisor.press("s")
        supervisor.page.wait_for_url(lambda url: url != first)
        second = supervisor.page.url
        supervisor.press("a")
        supervisor.page.wait_for_url(lambda url: url != second)
        third = supervisor.page.url
        supervisor.press("e")
        supervisor.page.wait_for_url(lambda url: url != third)
        supervisor.press("c")
        supervisor.press("ControlOrMeta+a")
        supervisor.page.keyboard.type("122")
        supervisor.press("Enter", to="/readings/incidents/$")
        supervisor.press("g", "o", to="/readings/routes/$")
        supervisor.press("j", "Enter", to=r"/routes/\d+/$")
        supervisor.page.locator("input[name^=value_]").first.focus()
        supervisor.page.keyboard.type("140")
        supervisor.press("Enter")
        supervisor.sees("1 reading recorded.")
        supervisor.press("g", "2", to="/meters/")
        supervisor.press("j", "Enter", to=r"/meters/\d+/$")
        supervisor.press("x", to="/exchange/$")
        supervisor.press("Escape", "g", "l", to="/loads/$")
        supervisor.press("n", to="/loads/new/$")

        assert not Consumption.objects.filter(state=ConsumptionState.HELD).exists()
        assert Reading.objects.filter(value_milli=140_000).exists()


class TestBillingManager:
    def test_bills_a_period_and_explains_an_invoice(self, hands):
        agreement, run = drafted_run()
        manager = hands("billing_manager")

        manager.press("g", "c", to="/billing/cycles/$")
        manager.press("n", to="/billing/cycles/open/$")
        manager.press("Escape", "g", "r", to="/billing/runs/$")
        manager.press("j", "Enter", to=rf"/runs/{run.pk}/$")
        manager.press("c", to="/confirm/$")
        manager.page.get_by_role("button", name=re.compile("Confirm|Number")).first.focus()
        manager.press("Enter", to=rf"/runs/{run.pk}/$")
        manager.press("g", "f", to="/billing/invoices/$")
        manager.press("j", "Enter", to=r"/invoices/\d+/$")
        manager.page.locator("a.explains").first.focus()
        manager.press("Enter")
        expect(manager.page.locator("#drawer")).to_be_visible()
        manager.press("Escape")
        manager.say(agreement.account.number, to=r"/accounts/\d+/$")
        manager.press("g", "x", to="/agreements/excluded/$")
        manager.press("g", "k", to="/concessions/$")
        manager.say("new program", to="/programs/new/$")
        manager.say("concessions that end", to="/concessions/ending/$")
        manager.press("g", "w", to="/jobs/$")
        manager.press("g", "g")
        expect(manager.page.locator("#drawer")).to_be_visible()

        run.refresh_from_db()
        assert run.state == "CONFIRMED"


class TestTariffManager:
    def test_writes_tries_compares_and_simulates(self, hands):
        billing.village()
        version = tariffs.start_draft(actor=SYSTEM, text=DEARER, written_at=billing.NOW)
        manager = hands("tariff_manager")

        manager.press("g", "y", to="/tariffs/$")
        manager.press("j", "Enter", to="/tariffs/village_water/$")
        manager.say("tariffs on their way", to="/tariffs/waiting/$")
        manager.page.goto(manager.page.url.replace("waiting/", f"versions/{version.pk}/"))
        manager.press("t", to="/try/$")
        manager.fill(**{"input-usage": "15"})
        manager.press("Enter", to="input-usage=15")
        manager.sees("210.00")
        manager.goes_back(to=rf"/versions/{version.pk}/$")
        manager.press("d", to="/compare/$")
        manager.goes_back(to=rf"/versions/{version.pk}/$")
        manager.press("e", to="/edit/$")
        manager.fill(reason="A trial")
        manager.press("Enter", to=rf"/versions/{version.pk}/$")
        manager.say("new tariff", to="/tariffs/new/$")
        manager.say("simulate a tariff", to="/simulations/new/$")
        manager.fill(title="Dearer water")

        assert TariffVersion.objects.count() == 2


class TestAccountant:
    def test_reads_the_books_and_posts_by_hand(self, hands):
        agreement, run = drafted_run()
        billing.operations.confirm_run(actor=SYSTEM, run_id=run.pk, confirmed_at=billing.NOW)
        accountant = hands("accountant")

        accountant.press("g", "b", to="/ledger/trial-balance/")
        accountant.press("j", "Enter", to=r"/ledger/accounts/\d+/")
        accountant.press("g", "j", to="/ledger/journals/$")
        accountant.press("j", "Enter", to=r"/ledger/journals/\d+/$")
        accountant.press("g", "j", to="/ledger/journals/$")
        accountant.press("n", to="/ledger/journals/new/$")
        accountant.fill(effective_date=f"{datetime.date.today():%m%d%Y}", description="Bank charges")  # noqa: DTZ011
        for place, name in enumerate(("Bank", "Water")):
            accountant.page.locator(".ts-control input").nth(place).focus()
            accountant.page.keyboard.type(name)
            accountant.page.locator(".ts-dropdown .option.active", has_text=name).locator("visible=true").wait_for()
            accountant.press("Enter")
            accountant.page.locator(".ts-control .item", has_text=name).wait_for()
        accountant.page.get_by_label("Debit", exact=True).nth(0).focus()
        accountant.page.keyboard.type("12.50")
        accountant.page.get_by_label("Credit", exact=True).nth(1).focus()
        accountant.page.keyboard.type("12.50")
        accountant.press("Enter", to=r"/ledger/journals/\d+/$")
        accountant.sees("Bank charges")
        accountant.say("accounting months", to="/ledger/months/$")
        accountant.say(f"statement {agreement.account.number}", to="/statement/$")
        accountant.press("g", "f", to="/billing/invoices/$")
        accountant.press("j", "Enter", to=r"/invoices/\d+/$")
        accountant.press("g", "p", to="/payments/$")
        accountant.press("g", "z", to="/debtors/")
        accountant.press("g", "1", to="/balances/")

        assert Journal.objects.filter(description="Bank charges").count() == 1


class TestManager:
    def test_decides_on_a_tariff_and_looks_at_the_company(self, hands):
        billing.village()
        version = tariffs.start_draft(actor=SYSTEM, text=DEARER, written_at=billing.NOW)
        tariffs.check_draft(actor=SYSTEM, version_id=version.pk, checked_at=billing.NOW)
        tariffs.note_simulation(draft_id=version.pk, simulation_code="S", actor=SYSTEM, at=billing.NOW)
        manager = hands("manager")

        manager.say("approve a tariff", to="/tariffs/waiting/$")
        manager.page.get_by_role("link", name="Water of the village, 2").focus()
        manager.press("Enter", to=rf"/versions/{version.pk}/$")
        manager.press("a", to="/approve/$")
        manager.fill(reason="Council, item 4")
        manager.press("Enter", to=rf"/versions/{version.pk}/$")
        manager.press("p", to="/publish/$")
        manager.say("audit", to="/audit/$")
        manager.press("j", "Enter")
        expect(manager.page.locator("#drawer")).to_be_visible()
        manager.press("Escape")
        manager.press("g", "b", to="/ledger/trial-balance/")
        manager.press("g", "r", to="/billing/runs/$")
        manager.press("g", "m", to="/simulations/$")
        manager.press("g", "p", to="/payments/$")
        manager.press("g", "w", to="/jobs/$")
        manager.press("?")
        expect(manager.page.get_by_role("dialog", name="Keys of this page")).to_be_visible()

        version.refresh_from_db()
        assert version.state == "APPROVED"


class TestAdministrator:
    def test_looks_after_people_company_and_jobs(self, hands):
        administrator = hands("administrator")

        administrator.press("g", "s", to="/users/$")
        administrator.press("n", to="/users/new/$")
        administrator.fill(full_name="Eva Luna", username="eva", password="una clave bien larga")
        administrator.page.get_by_role("checkbox", name="Cashier", exact=True).focus()
        administrator.press("Space")
        administrator.fill(username="eva")
        administrator.press("Enter", to="/users/$")
        administrator.sees("Eva Luna can log in now.")
        administrator.say("roles", to="/roles/$")
        administrator.page.get_by_role("link", name="Cashier", exact=True).focus()
        administrator.press("Enter", to=r"/roles/\d+/$")
        administrator.fill(amount_limit_minor="1000", reason="Small till")
        administrator.press("Enter", to="/roles/$")
        administrator.press("g", "0", to="/company/$")
        administrator.fill(phone="809 555 0101", reason="New line")
        administrator.press("Enter")
        administrator.sees("Documents printed from now on show it.")
        administrator.say("my preferences", to="/preferences/$")
        administrator.say("jobs", to="/jobs/$")
        administrator.press("g", "u", to="/audit/$")
        administrator.press("g", "d", to="/documents/types/$")
        administrator.press("n", to="/documents/types/new/$")
        administrator.say("load a file", to="/loads/new/$")
        administrator.say("thresholds", to="/readings/thresholds/$")
        administrator.say("help", to="/help/$")

        assert User.objects.get(username="eva").roles.get().code == "cashier"
        assert Role.objects.get(code="cashier").amount_limit_minor == 100_000
        assert Company.objects.get().phone == "809 555 0101"
