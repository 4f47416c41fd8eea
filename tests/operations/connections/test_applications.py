from __future__ import annotations

import datetime

import pytest

import billing_factories as village
import fee_factories as fees
from hydria.agreements.models import Account
from hydria.billing.models import Invoice
from hydria.connections import operations, queries
from hydria.connections.domain.steps import Step
from hydria.connections.models import Application
from hydria.connections.operations import WishedPlace
from hydria.customers import operations as customers
from hydria.customers.domain.procedures import Procedure
from hydria.customers.operations import FirstMeter, NewCustomer, NewPlace
from hydria.customers.queries import About, list_documents_missing
from hydria.fees.models import Quotation
from hydria.metering.operations import NewMeter
from hydria.parties.models import Party, PartyKind
from hydria.payments import operations as payments
from hydria.platform.access import SYSTEM, Actor, Permission, UnableToPermit
from hydria.receivables.queries import get_balance

pytestmark = pytest.mark.django_db
TODAY, NOW = fees.TODAY, fees.NOW
PLACE = WishedPlace(address="Calle Nueva 1", service_code="WATER", category_code="household")
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


def applied(*, key: str = "a", place: WishedPlace = PLACE) -> Application:
    return operations.apply(
        actor=SYSTEM,
        key=key,
        customer=NewCustomer(kind=PartyKind.PERSON, name="Luisa Mejía"),
        place=place,
        opened_at=NOW,
        today=TODAY,
    )


def company() -> None:
    """Set the village up with its prices, one document that is asked for, and the connection fee of the step."""
    fees.household_with_prices()
    customers.save_document_type(actor=SYSTEM, code="deed", name="Title deed", procedures=[Procedure.CONNECTION])
    operations.save_step(
        actor=SYSTEM, step=Step.FEES, days_allowed=15, is_used=True, fee_codes=["connection", "trench"]
    )


def checked(application: Application, *codes: str, reason: str = "") -> Application:
    return operations.check_documents(
        actor=SYSTEM,
        application_id=application.pk,
        seen_codes=codes,
        missing_reason=reason,
        checked_at=NOW,
        today=TODAY,
    )


def at_fees() -> Application:
    company()
    application = checked(applied(), "deed")
    return operations.find_feasible(
        actor=SYSTEM, application_id=application.pk, feasibility="Main in front; P. L.", found_at=NOW, today=TODAY
    )


def settle(application: Application) -> Application:
    return operations.settle_fees(actor=SYSTEM, application_id=application.pk, settled_at=NOW, today=TODAY)


def paid(application: Application) -> None:
    (quotation,) = Quotation.objects.filter(account=application.account_id)
    fees.accepted(quotation)
    payments.open_receipt_series(actor=SYSTEM)
    payments.take_payment(
        actor=SYSTEM,
        key=f"pay-{application.pk}",
        account_id=application.account_id,
        tenders=[payments.Tendered(kind=payments.TenderKind.TRANSFER, amount_minor=118_000, reference="T1")],
        received_at=NOW,
        effective_date=TODAY,
    )


def connected(application: Application) -> int:
    return operations.connect(
        actor=SYSTEM,
        application_id=application.pk,
        connected_at=NOW,
        customer=application.party_id,
        place=NewPlace(
            address=application.address,
            service_code="WATER",
            route_code="R1",
            category_code="household",
            is_disconnectable=True,
        ),
        first_meter=FirstMeter(meter=NewMeter(serial="N1"), evidence="Order 1"),
        start_date=TODAY,
        tariff_code="village_water",
        category_code="household",
    )


class TestApply:
    def test_registers_who_applies_and_nothing_else(self):
        company()
        accounts = Account.objects.count()

        application = applied()

        assert (application.code, application.step) == ("S-00000001", Step.DOCUMENTS)
        assert application.due_date == TODAY + datetime.timedelta(days=5)
        assert Party.objects.get(pk=application.party_id).name == "Luisa Mejía"
        assert Account.objects.count() == accounts

    def test_opens_one_for_a_key(self):
        company()

        assert applied().pk == applied().pk

    def test_refuses_a_second_one_for_a_point(self):
        company()
        place = WishedPlace(
            address="x", service_code="WATER", category_code="household", service_point_id=village.point().pk
        )
        applied(place=place)

        with pytest.raises(operations.UnableToApply) as refused:
            applied(key="b", place=place)

        assert refused.value.code == "point_has_one_open_application"

    def test_needs_the_permission_and_an_address(self):
        company()
        nobody = Actor(name="x", permissions=frozenset({Permission.REGISTER_VIEW}))

        with pytest.raises(UnableToPermit):
            operations.apply(actor=nobody, key="k", customer=1, place=PLACE, opened_at=NOW, today=TODAY)
        with pytest.raises(operations.UnableToApply) as refused:
            applied(place=WishedPlace(address=" ", service_code="WATER", category_code="household"))

        assert refused.value.code == "address_missing"


class TestCheckDocuments:
    def test_waits_until_all_were_seen(self):
        company()
        application = applied()

        assert checked(application).step == Step.DOCUMENTS
        assert checked(application, "deed").step == Step.FEASIBILITY

    def test_goes_on_with_a_reason_and_remembers_what_is_missing(self):
        company()

        application = checked(applied(), reason="Promised for Friday")

        assert (application.step, application.documents_missing) == (Step.FEASIBILITY, ["Title deed"])

    @pytest.mark.parametrize(("expires", "step"), [(None, Step.FEASIBILITY), (TODAY, Step.DOCUMENTS)])
    def test_counts_a_file_handed_in_before_while_it_counts(self, expires: datetime.date | None, step: Step):
        company()
        application = applied()
        customers.attach_file(
            actor=SYSTEM,
            about=About(party_id=application.party_id),
            content=PNG,
            title="deed.png",
            type_code="deed",
            expires_date=expires,
            added_at=NOW,
        )

        assert checked(application).step == step

    def test_refuses_what_nobody_asks_for_and_a_step_that_is_passed(self):
        company()
        application = applied()

        with pytest.raises(operations.UnableToMoveApplication) as unknown:
            checked(application, "passport")
        checked(application, "deed")
        with pytest.raises(operations.UnableToMoveApplication) as passed:
            checked(application, "deed")

        assert (unknown.value.code, passed.value.code) == ("document_unknown", "step_passed")


class TestFees:
    def test_are_quoted_on_an_account_of_the_applicant(self):
        application = at_fees()

        # The trench asks for its length, so it is quoted by hand.
        (quotation,) = Quotation.objects.filter(account=application.account_id)
        assert (application.step, quotation.total_minor, quotation.note) == (Step.FEES, 118_000, application.code)

    def test_unlock_the_order_when_they_are_paid(self):
        application = at_fees()

        with pytest.raises(operations.UnableToMoveApplication) as waiting:
            settle(application)
        (quotation,) = Quotation.objects.filter(account=application.account_id)
        fees.accepted(quotation)
        with pytest.raises(operations.UnableToMoveApplication) as unpaid:
            settle(application)
        paid(application)

        assert (waiting.value.code, unpaid.value.code) == ("quotation_open", "fees_unpaid")
        assert settle(application).step == Step.ORDER

    def test_may_be_paid_with_the_next_invoices(self):
        application = at_fees()
        (quotation,) = Quotation.objects.filter(account=application.account_id)
        fees.accepted(quotation, instalment_count=6)

        assert settle(application).step == Step.ORDER


class TestConnect:
    def test_ends_with_the_customer_on_the_account_of_the_fees(self):
        application = at_fees()
        paid(application)
        settle(application)

        agreement_id = connected(application)

        application.refresh_from_db()
        assert (application.step, application.agreement_id) == (Step.CONNECTED, agreement_id)
        assert application.agreement.account_id == application.account_id
        assert get_balance(account_id=application.account_id, today=TODAY).balance_minor == 0
        assert list_documents_missing(agreement_ids=[agreement_id]) == ()
        assert connected(application) == agreement_id
        page = queries.get_application_page(actor=SYSTEM, application_id=application.pk, today=TODAY)
        assert [move.to_state for move in page.moves] == ["DOCUMENTS", "FEASIBILITY", "FEES", "ORDER", "CONNECTED"]

    def test_is_refused_before_its_step(self):
        application = at_fees()

        with pytest.raises(operations.UnableToMoveApplication) as refused:
            connected(application)

        assert refused.value.code == "step_passed"


class TestEnd:
    def test_says_why_and_cancels_what_waits(self):
        application = at_fees()

        with pytest.raises(operations.UnableToMoveApplication) as silent:
            operations.refuse(actor=SYSTEM, application_id=application.pk, reason="", refused_at=NOW)
        ended = operations.refuse(actor=SYSTEM, application_id=application.pk, reason="No main", refused_at=NOW)

        assert silent.value.code == "reason_missing"
        assert (ended.step, ended.due_date, ended.reason) == (Step.REFUSED, None, "No main")
        assert Quotation.objects.get().state == "CANCELLED"
        assert not Invoice.objects.filter(account=application.account_id).exists()

    def test_changes_nothing_when_repeated_and_is_final(self):
        company()
        application = applied()
        operations.withdraw(actor=SYSTEM, application_id=application.pk, reason="Moved away", withdrawn_at=NOW)
        operations.withdraw(actor=SYSTEM, application_id=application.pk, reason="Again", withdrawn_at=NOW)

        with pytest.raises(operations.UnableToMoveApplication):
            operations.refuse(actor=SYSTEM, application_id=application.pk, reason="No main", refused_at=NOW)

        assert Application.objects.get(pk=application.pk).reason == "Moved away"


class TestSteps:
    def test_can_be_left_out(self):
        company()
        for step in (Step.FEASIBILITY, Step.FEES):
            operations.save_step(actor=SYSTEM, step=step, days_allowed=3, is_used=False)

        assert checked(applied(), "deed").step == Step.ORDER

    def test_give_their_days(self):
        company()
        operations.save_step(actor=SYSTEM, step=Step.DOCUMENTS, days_allowed=2, is_used=True)

        assert applied().due_date == TODAY + datetime.timedelta(days=2)

    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            ({"step": Step.ORDER, "is_used": False}, "step_needed"),
            ({"days_allowed": 0}, "days_out_of_range"),
            ({"fee_codes": ["nothing"]}, "fee_unknown"),
        ],
    )
    def test_refuse(self, asked: dict[str, object], code: str):
        company()
        usual = {"step": Step.FEES, "days_allowed": 5, "is_used": True}

        with pytest.raises(operations.UnableToSaveStep) as refused:
            operations.save_step(actor=SYSTEM, **usual | asked)

        assert refused.value.code == code


class TestAssign:
    def test_says_who_and_until_when(self):
        company()
        application = applied()
        day = TODAY + datetime.timedelta(days=1)

        operations.assign(actor=SYSTEM, application_id=application.pk, assigned_to="pedro", due_date=day)

        page = queries.get_application_page(actor=SYSTEM, application_id=application.pk, today=TODAY)
        assert (page.assigned_to, page.due_date, page.is_late) == ("pedro", day, False)
        counts = queries.count_by_step(actor=SYSTEM, today=day + datetime.timedelta(days=1))
        assert [(row.count, row.late_count) for row in counts] == [(1, 1), (0, 0), (0, 0), (0, 0)]
