import base64
import itertools
import re
from pathlib import Path

from playwright.sync_api import expect

from billing_factories import confirmed, consume, household, month, village
from docs_tables import read_tables
from hydria.agreements.models import ServiceAgreement
from hydria.payments.models import Payment
from hydria.payments.operations import create_till, open_receipt_series
from hydria.platform.access import SYSTEM
from hydria.platform.models import User

ASSETS = Path(__file__).parents[2] / "src/hydria/platform/assets"
PAGES = (
    "/",
    "/components/",
    "/accounts/",
    "/audit/",
    "/jobs/",
    "/users/",
    "/users/new/",
    "/roles/",
    "/preferences/",
    "/billing/cycles/",
    "/billing/runs/",
    "/billing/invoices/",
    "/till/",
    "/payments/",
    "/ledger/trial-balance/",
    "/ledger/journals/",
    "/ledger/journals/new/",
    "/readings/incidents/",
    "/tariffs/",
    "/loads/",
)


def billed_household() -> ServiceAgreement:
    cycle = village()
    agreement = household()
    for number, quantity_m3 in ((1, 10), (2, 15)):
        period = month(cycle, number)
        consume(agreement, period, quantity_m3)
        confirmed(period)
    return agreement


class TestKeyboard:
    def test_finds_a_customer_without_the_mouse(self, desk):
        agreement = billed_household()
        desk.log_in("agent")

        desk.page.keyboard.press("/")
        desk.page.keyboard.type("perez", delay=20)
        expect(desk.page.get_by_role("option").first).to_be_visible()
        desk.page.keyboard.press("Enter")

        desk.page.wait_for_url(re.compile(rf"/accounts/{agreement.account_id}/$"))
        expect(desk.page.locator("[data-chart][data-drawn]")).to_be_visible()
        desk.look("account")

    def test_goes_to_a_place_by_two_letters(self, desk):
        desk.log_in("agent")

        desk.page.keyboard.press("g")
        desk.page.keyboard.press("a")

        desk.page.wait_for_url(re.compile(r"/accounts/$"))

    def test_shows_the_keys_of_the_page_and_closes_them(self, desk):
        desk.log_in("agent")

        desk.page.keyboard.press("?")
        keys = desk.page.get_by_role("dialog", name="Keys of this page")
        expect(keys).to_contain_text("Accounts")
        desk.page.keyboard.press("Escape")

        expect(keys).to_be_hidden()

    def test_skips_to_the_content(self, desk):
        desk.log_in("agent")

        desk.page.keyboard.press("Tab")

        expect(desk.page.get_by_role("link", name="Skip to the content")).to_be_focused()


class TestParts:
    def test_opens_a_change_in_the_drawer_and_gives_the_focus_back(self, desk):
        desk.log_in("administrator")
        desk.open("/audit/")
        link = desk.page.locator("table a").first

        link.click()
        drawer = desk.page.locator("#drawer")
        expect(drawer).to_be_visible()
        desk.page.keyboard.press("Escape")

        expect(drawer).to_be_hidden()
        expect(link).to_be_focused()

    def test_keeps_a_filter_in_the_address(self, desk):
        desk.log_in("administrator")
        desk.open("/audit/")

        desk.page.get_by_role("combobox", name="What").select_option("INSERT")

        desk.page.wait_for_url(re.compile(r"action=INSERT"))
        expect(desk.page.locator("table").get_by_text("Changed")).to_have_count(0)

    def test_asks_before_it_does_and_stays_when_told_no(self, desk):
        desk.log_in("administrator")
        desk.open("/components/")

        desk.page.get_by_role("button", name="Save").first.click()
        question = desk.page.get_by_role("dialog", name="Confirm 2,941 invoices?")
        expect(question).to_contain_text("only corrected by credit notes")
        desk.page.get_by_role("button", name="No, go back").click()

        expect(question).to_be_hidden()
        assert desk.page.url.endswith("/components/")

    def test_says_when_the_server_is_out_of_reach(self, desk):
        desk.log_in("agent")

        desk.page.context.set_offline(True)

        expect(desk.page.get_by_text("The server cannot be reached.")).to_be_visible()
        desk.page.context.set_offline(False)


class TestLook:
    def test_shows_every_component_without_barriers_in_each_language_and_light(self, desk):
        desk.log_in("administrator")

        barriers = []
        for language, scheme in itertools.product(("en", "es", "el"), ("light", "dark")):
            User.objects.update(language=language)
            desk.page.emulate_media(color_scheme=scheme)
            desk.open("/components/")
            desk.look(f"components-{language}-{scheme}")
            barriers += desk.find_barriers()

        assert barriers == []

    def test_fits_narrow_windows_in_the_longest_language(self, desk):
        agreement = billed_household()
        desk.log_in("administrator", language="el")

        wide = []
        for width, path in itertools.product((1024, 390, 320), (*PAGES, f"/accounts/{agreement.account_id}/")):
            desk.page.set_viewport_size({"width": width, "height": 800})
            desk.open(path)
            wide += [(width, path)] * desk.is_wider_than_window()

        assert wide == []

    def test_has_no_barriers_on_any_page(self, desk):
        agreement = billed_household()
        desk.log_in("administrator")

        barriers = {}
        for path in (*PAGES, f"/accounts/{agreement.account_id}/"):
            desk.open(path)
            barriers[path] = desk.find_barriers()

        assert {path: found for path, found in barriers.items() if found} == {}


class TestAmounts:
    def test_the_script_reads_the_worked_examples_as_the_server_does(self, browser):
        (rows,) = read_tables("algorithms/amounts.md")
        script = base64.b64encode((ASSETS / "amounts.js").read_bytes()).decode()
        page = browser.new_page()

        read = page.evaluate(
            """async ([script, rows]) => {
                const { readAmount } = await import(`data:text/javascript;base64,${script}`);
                return rows.map(({ typed, group, decimal, decimals }) =>
                    readAmount(typed, { group, decimal, exponent: Number(decimals) }));
            }""",
            [script, rows],
        )

        page.close()
        assert read == [int(row["read"]) if row["read"].isdecimal() else None for row in rows]


class TestTill:
    def test_takes_money_and_mends_an_amount_by_keyboard_alone(self, desk):
        agreement = billed_household()
        open_receipt_series(actor=SYSTEM)
        create_till(actor=SYSTEM, code="T1", name="Till 1")
        desk.log_in("cashier")
        keys = desk.page.keyboard

        for key in ("g", "t"):
            keys.press(key)
        desk.page.wait_for_url(re.compile(r"/till/open/$"))
        keys.press("Enter")
        desk.page.wait_for_url(re.compile(r"/till/$"))
        keys.type(agreement.account.number)
        keys.press("Enter")
        desk.page.wait_for_url(re.compile(rf"/till/accounts/{agreement.account_id}/$"))
        keys.type("9999,5")
        keys.press("Enter")
        refused = desk.page.get_by_label("Cash")
        expect(refused).to_have_attribute("aria-invalid", "true")
        expect(refused).to_be_focused()
        desk.complaints.clear()  # the browser notes every answer of 422
        keys.type("9999.50")
        keys.press("Enter")

        expect(desk.page.get_by_text("The payment is recorded")).to_be_visible()
        keys.press("n")
        desk.page.wait_for_url(re.compile(r"/till/$"))

    def test_pays_once_when_sent_twice_gone_back_or_cut_off(self, desk):
        agreement = billed_household()
        open_receipt_series(actor=SYSTEM)
        create_till(actor=SYSTEM, code="T1", name="Till 1")
        desk.log_in("cashier")
        keys, payer = desk.page.keyboard, f"/till/accounts/{agreement.account_id}/"
        desk.open("/till/open/")
        keys.press("Enter")
        desk.page.wait_for_url(re.compile(r"/till/$"))

        desk.open(payer)
        desk.page.route("**/till/accounts/**", lambda route: route.abort())
        with desk.page.expect_event("requestfailed"):
            keys.press("Enter")
        desk.page.unroute("**/till/accounts/**")
        desk.complaints.clear()  # the browser notes what was cut off
        assert not Payment.objects.exists()

        desk.open(payer)
        keys.press("Enter")
        keys.press("Enter")
        expect(desk.page.get_by_text("The payment is recorded")).to_be_visible()
        desk.page.go_back()
        expect(desk.page.get_by_label("To pay")).to_have_value("")
        keys.press("Enter")
        expect(desk.page.get_by_label("To pay")).to_have_attribute("aria-invalid", "true")
        desk.complaints.clear()  # the browser notes every answer of 422

        assert Payment.objects.count() == 1
