from __future__ import annotations

import datetime

import pytest
from django.test import Client
from django.urls import reverse

import billing_factories as given
from hydria.agreements.models import ServiceAgreement
from hydria.billing.models import BillingRun, Invoice, Line, Segment
from hydria.billing.operations import confirm_run, price_run
from hydria.metering.models import Meter, Register
from hydria.metering.operations import NewReadings, ReadingSource, record_readings
from hydria.platform.access import SYSTEM, Permission
from hydria.platform.models import Role, User
from hydria.platform.operations import set_up_company

pytestmark = pytest.mark.django_db

VIEW, RUN, CONFIRM = Permission.BILLING_VIEW, Permission.BILLING_RUN, Permission.BILLING_CONFIRM


def browser_of(*permissions: Permission) -> Client:
    """Log somebody in who holds the permissions."""
    user = User.objects.create_user(username="luisa", password="x", full_name="Luisa Ureña")
    role = Role.objects.create(code="test", name="Test", permissions=[str(permission) for permission in permissions])
    user.roles.add(role)
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def run() -> BillingRun:
    set_up_company(actor=SYSTEM, name="Aguas", currency="DOP", country="DO", language="es")
    cycle = given.village()
    ana, _unread = given.household(), given.household()
    january = given.month(cycle)
    given.consume(ana, january, 15)
    return given.drafted(january)


def address(name: str, run: BillingRun) -> str:
    ids = {
        "run_start": run.period_id,
        "run_follow_up": run.period_id,
        "invoice": Invoice.objects.get().pk,
        "invoice_pdf": Invoice.objects.get().pk,
        "invoice_line": Line.objects.order_by("id")[0].pk,
    }
    if name == "period_readiness":
        return reverse(name, args=[run.period_id])
    if name in ("board", "cycles", "period_open", "runs", "invoices"):
        return reverse(name)
    return reverse(name, args=[ids.get(name, run.pk)])


class TestPages:
    @pytest.mark.parametrize(
        "name",
        [
            "board",
            "period_readiness",
            "cycles",
            "runs",
            "run",
            "run_exceptions",
            "run_invoices",
            "invoices",
            "invoice",
            "invoice_line",
        ],
    )
    def test_shows_the_page_to_who_may_see_billing(self, run, name):
        answer = browser_of(VIEW).get(address(name, run))

        assert answer.status_code == 200

    @pytest.mark.parametrize(
        ("name", "permission"),
        [
            ("board", VIEW),
            ("period_readiness", VIEW),
            ("cycles", VIEW),
            ("period_open", RUN),
            ("run_start", RUN),
            ("run_follow_up", RUN),
            ("runs", VIEW),
            ("run", VIEW),
            ("run_exceptions", VIEW),
            ("run_invoices", VIEW),
            ("run_confirm", CONFIRM),
            ("run_retry", RUN),
            ("run_abandon", RUN),
            ("invoices", VIEW),
            ("invoice", VIEW),
            ("invoice_pdf", VIEW),
            ("invoice_line", VIEW),
        ],
    )
    def test_refuses_whoever_lacks_the_permission(self, run, name, permission):
        others = [given for given in Permission if given is not permission]

        answer = browser_of(*others).get(address(name, run))

        assert answer.status_code == 403

    def test_shows_each_cycle_where_it_stands_with_what_comes_next(self, run):
        board = browser_of(VIEW, CONFIRM).get(address("board", run)).text

        assert "Village" in board
        assert address("run", run) in board
        assert "Review and confirm" in board
        assert "Start the run" not in board

    def test_sets_a_draft_beside_earlier_billings(self, run):
        page = browser_of(VIEW).get(address("run", run)).text

        assert "By charge" in page
        assert "Fixed charge" in page

    def test_loads_anew_once_the_run_is_priced_so_that_it_can_be_confirmed(self, run):
        headers = {"HX-Request": "true", "HX-Target": "run-live"}

        response = browser_of(Permission.BILLING_VIEW).get(address("run", run), headers=headers)

        assert response.headers["HX-Refresh"] == "true"

    def test_explains_a_line_in_the_drawer(self, run):
        answer = browser_of(VIEW).get(
            address("invoice_line", run), headers={"HX-Request": "true", "HX-Target": "drawer-body"}
        )

        assert b"<html" not in answer.content
        assert b"100.00" in answer.content


class TestActs:
    def test_confirms_a_draft(self, run):
        answer = browser_of(VIEW, CONFIRM).post(address("run_confirm", run))

        run.refresh_from_db()
        assert (answer.status_code, run.state) == (302, "CONFIRMED")

    def test_asks_for_a_reason_to_abandon(self, run):
        answer = browser_of(VIEW, RUN).post(address("run_abandon", run), {"reason": ""})

        run.refresh_from_db()
        assert (answer.status_code, run.state) == (422, "DRAFT")

    def test_opens_a_period_and_leads_to_its_run(self, run):
        answer = browser_of(VIEW, RUN).post(
            reverse("period_open"),
            {
                "cycle_id": run.period.cycle_id,
                "start_date": "2026-02-01",
                "last_date": "2026-02-28",
                "issue_date": "2026-03-02",
                "due_date": "2026-03-22",
            },
        )

        assert answer.status_code == 302
        assert answer.headers["Location"].endswith("/start/")


class TestOpenPeriod:
    def test_proposes_the_dates_that_follow(self):
        given.month(given.village(), 1)

        form = browser_of(Permission.BILLING_VIEW, Permission.BILLING_RUN).get(reverse("period_open")).context["form"]

        assert form["start_date"].value() == datetime.date(2026, 2, 1)
        assert form["last_date"].value() == datetime.date(2026, 2, 28)

    def test_shows_odd_dates_once_and_takes_them_when_they_are_meant(self):
        period = given.month(given.village(), 1)
        browser = browser_of(VIEW, RUN)
        odd = {
            "cycle_id": period.cycle_id,
            "start_date": "2026-02-03",
            "last_date": "2026-02-10",
            "issue_date": "2026-02-09",
            "due_date": "2026-03-22",
        }

        shown = browser.post(reverse("period_open"), odd)
        taken = browser.post(reverse("period_open"), {**odd, "accepts_doubts": "on"})

        doubts = shown.context["form"].errors.as_data()["accepts_doubts"]
        assert (shown.status_code, {doubt.code for doubt in doubts}) == (422, {"short", "gap", "issued_early"})
        assert taken.status_code == 302


class TestStartRun:
    def test_tells_what_was_read_route_by_route(self):
        cycle = given.village()
        read, _unread = given.household(), given.household()
        january = given.month(cycle)
        given.consume(read, january, 15)

        (route,) = browser_of(VIEW, RUN).get(reverse("run_start", args=[january.pk])).context["routes"]

        assert (route.due_count, route.ready_count, route.held_count, route.missing_count) == (2, 1, 0, 1)


class TestReadings:
    def read(self, agreement: ServiceAgreement, shown_m3: int) -> None:
        meter = Meter.objects.get(installations__service_point=agreement.service_point_id)
        dial, _is_new = Register.objects.get_or_create(meter=meter, defaults={"digits": 5})
        readings = NewReadings(
            register_ids=[dial.pk],
            read_dates=[datetime.date(2026, 2, 1)],
            values_milli=[shown_m3 * 1000],
            observations=[""],
            source=ReadingSource.DESK,
        )
        record_readings(actor=SYSTEM, readings=readings, today=datetime.date(2026, 2, 2))

    def test_become_the_consumption_that_a_run_and_its_follow_up_bill(self):
        set_up_company(actor=SYSTEM, name="Aguas", currency="DOP", country="DO", language="es")
        cycle = given.village()
        start_date = datetime.date(2026, 1, 1)
        early, late = given.household(start_date=start_date), given.household(start_date=start_date)
        january = given.month(cycle)
        browser = browser_of(VIEW, RUN, CONFIRM)
        self.read(early, 15)

        browser.post(f"/billing/periods/{january.pk}/start/")
        first = BillingRun.objects.get()
        price_run(run_id=first.pk, now=given.NOW)
        confirm_run(actor=SYSTEM, run_id=first.pk, confirmed_at=given.NOW)
        self.read(late, 8)
        browser.post(f"/billing/periods/{january.pk}/follow-up/")
        second = BillingRun.objects.get(sequence=2)
        price_run(run_id=second.pk, now=given.NOW)

        billed = Segment.objects.order_by("id").values_list("run_id", "agreement_id", "quantity_milli")
        assert list(billed) == [(first.pk, early.pk, 15_000), (second.pk, late.pk, 8_000)]
