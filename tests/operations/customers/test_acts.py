from __future__ import annotations

import dataclasses
import datetime

import pytest

import metering_factories as given
from hydria.agreements.models import Account, ServiceAgreement
from hydria.agreements.operations import DeliveryMode, grant_exemption
from hydria.agreements.queries import get_account_card
from hydria.customers import operations
from hydria.customers.domain.procedures import DebtRule
from hydria.customers.models import Application
from hydria.metering.models import Installation, Reading
from hydria.metering.operations import NewMeter
from hydria.parties.models import Party
from hydria.parties.operations import Identifier, IdentifierKind, PartyKind
from hydria.platform.access import SYSTEM, Actor, Permission, UnableToPermit
from hydria.platform.models import AuditEntry
from hydria.platform.transactions import rehearsing
from hydria.premises.models import ServicePoint
from money_factories import chart_of_accounts, post_invoice

pytestmark = pytest.mark.django_db

MARCH, APRIL = datetime.date(2026, 3, 1), datetime.date(2026, 4, 1)
AGENT = Actor(
    name="rosa",
    permissions=frozenset({Permission.REGISTER_VIEW, Permission.REGISTER_EDIT, Permission.AGREEMENT_EDIT}),
)
EVA = operations.NewCustomer(kind=PartyKind.PERSON, name="Eva Luna", phone="809-555-0199")
HOUSE = operations.NewPlace(
    address="Calle Real 45",
    service_code="WATER",
    route_code="R1",
    category_code="household",
    is_disconnectable=True,
)
METER = operations.FirstMeter(meter=NewMeter(serial="H77"), initial_milli=12_000, evidence="Order 17")
SEEN = operations.Checked(documents_seen=["Identity card"], feasibility="Main of 100 mm in front; P. Lantigua")


@pytest.fixture(autouse=True)
def village():
    given.village()


def connect(*, key="k1", **changed):
    asked = {
        "customer": EVA,
        "place": HOUSE,
        "start_date": MARCH,
        "tariff_code": "village_water",
        "category_code": "household",
        "checked": SEEN,
        "first_meter": METER,
        **changed,
    }
    return operations.connect_customer(actor=AGENT, key=key, **asked)


def move(agreement_id, *, key="k2", customer=None, shown=None, **changed):
    dial = given.Register.objects.get(meter__serial="H77")
    asked = {
        "customer": customer or dataclasses.replace(EVA, name="Juan Mora", phone=""),
        "from_date": APRIL,
        "shown_milli": {dial.pk: 20_000} if shown is None else shown,
        "reason": "Sold the house",
        "checked": operations.Checked(),
        "today": APRIL,
        **changed,
    }
    return operations.move_customer(actor=AGENT, key=key, agreement_id=agreement_id, **asked)


def account_of(agreement_id) -> Account:
    return ServiceAgreement.objects.get(pk=agreement_id).account


class TestConnectCustomer:
    def test_registers_person_place_meter_account_and_agreement_in_one_act(self):
        agreement = ServiceAgreement.objects.get(pk=connect())

        assert agreement.account.parties.get().party.name == "Eva Luna"
        assert agreement.service_point.premise.address == "Calle Real 45"
        installed = Installation.objects.get(service_point=agreement.service_point)
        assert (installed.meter.serial, installed.initial_milli) == ("H77", 12_000)
        assert Application.objects.get(agreement=agreement).documents_seen == ["Identity card"]

    def test_is_done_once_however_often_it_is_sent(self):
        assert connect() == connect()

        assert ServiceAgreement.objects.count() == Party.objects.count() == 1

    def test_signs_everything_with_one_actor_and_one_transaction(self):
        connect()

        entries = AuditEntry.objects.filter(reason="connect customer k1")
        assert {entry.actor for entry in entries} == {"rosa"}
        assert entries.values("transaction_id").distinct().count() == 1
        assert {"parties_party", "metering_installation", "agreements_serviceagreement"} <= {
            entry.table_name for entry in entries
        }

    @pytest.mark.parametrize(
        ("changed", "error", "code"),
        [
            ({"checked": operations.Checked()}, "UnableToConnect", "feasibility_missing"),
            ({"first_meter": None}, "UnableToConnect", "meter_missing"),
            ({"place": dataclasses.replace(HOUSE, route_code="R9")}, "UnableToSaveServicePoint", "route_unknown"),
            ({"category_code": "palace"}, "UnableToStartService", "category_unknown"),
            (
                {"first_meter": dataclasses.replace(METER, initial_milli=10**9)},
                "UnableToInstallMeter",
                "value_unfit",
            ),
        ],
    )
    def test_leaves_nothing_behind_when_a_part_is_refused(self, changed, error, code):
        with pytest.raises(operations.UnableTo) as refused:
            connect(**changed)

        assert (type(refused.value).__name__, refused.value.code) == (error, code)
        assert not Party.objects.exists()
        assert not ServicePoint.objects.exists()

    def test_takes_a_party_and_a_place_that_are_registered(self):
        first = ServiceAgreement.objects.get(pk=connect())
        operations.end_supply(
            actor=AGENT,
            agreement_id=first.pk,
            end_date=APRIL,
            shown_milli={given.Register.objects.get().pk: 13_000},
            reason="Away",
            today=APRIL,
        )
        holder_id = first.account.parties.get().party_id

        again = connect(key="k3", customer=holder_id, place=first.service_point_id, start_date=APRIL, first_meter=None)

        assert account_of(again).parties.get().party_id == holder_id

    def test_is_for_those_who_may_edit_agreements(self):
        with pytest.raises(UnableToPermit):
            operations.connect_customer(
                actor=Actor(name="x", permissions=frozenset({Permission.REGISTER_EDIT})),
                key="k",
                customer=EVA,
                place=HOUSE,
                start_date=MARCH,
                tariff_code="t",
                category_code="household",
                checked=SEEN,
            )

    def test_can_be_rehearsed_and_leaves_nothing(self):
        with rehearsing(AGENT):
            connect()
            assert Party.objects.exists()

        assert not Party.objects.exists()
        assert not AuditEntry.objects.filter(reason__startswith="connect").exists()


class TestMoveCustomer:
    def test_gives_the_place_to_a_new_account_and_reads_the_meter(self):
        old_id = connect()

        new = ServiceAgreement.objects.get(pk=move(old_id))

        old = ServiceAgreement.objects.get(pk=old_id)
        assert (old.valid_during.upper, new.valid_during.lower) == (APRIL, APRIL)
        assert new.service_point_id == old.service_point_id
        assert new.account_id != old.account_id
        assert new.terms.get().tariff_code == "village_water"
        assert Reading.objects.get().value_milli == 20_000

    def test_lets_nothing_of_the_one_before_go_on(self):
        old_id = connect(delivery_mode=DeliveryMode.EMAIL, delivery_address="eva@example.org")
        grant_exemption(actor=AGENT, agreement_id=old_id, code="vat", evidence="Law 1", from_date=MARCH)

        new = ServiceAgreement.objects.get(pk=move(old_id))

        assert not new.exemptions.exists()
        assert new.account.delivery_address == ""

    def test_leaves_the_debt_where_it_was_made(self):
        chart_of_accounts()
        old_id = connect()
        post_invoice(account_of(old_id).pk, 5_000)

        new_id = move(old_id)

        assert operations.receivables.get_balance(account_id=account_of(old_id).pk, today=APRIL).owed_minor == 5_000
        assert operations.receivables.get_balance(account_id=account_of(new_id).pk, today=APRIL).owed_minor == 0

    def test_is_refused_with_open_debt_where_the_company_says_so(self):
        chart_of_accounts()
        old_id = connect()
        post_invoice(account_of(old_id).pk, 5_000)
        operations.set_debt_rule(actor=SYSTEM, debt_rule=DebtRule.REFUSE, reason="Board of March")

        with pytest.raises(operations.UnableToMove) as refused:
            move(old_id)

        assert (refused.value.code, refused.value.data["owed_minor"]) == ("debt_open", 5_000)

    def test_is_done_once_however_often_it_is_sent(self):
        old_id = connect()

        assert move(old_id) == move(old_id)

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"shown": {}}, "reading_missing"),
            ({"from_date": APRIL + datetime.timedelta(days=1)}, "date_in_future"),
            ({"from_date": datetime.date(2026, 2, 1)}, "not_in_force"),
            ({"reason": " "}, "reason_missing"),
        ],
    )
    def test_is_refused_when_something_does_not_fit(self, changed, code):
        old_id = connect()

        with pytest.raises(operations.UnableTo) as refused:
            move(old_id, **changed)

        assert refused.value.code == code
        assert ServiceAgreement.objects.get().valid_during.upper is None

    def test_is_refused_inside_a_consumption_that_is_computed(self):
        old_id = connect()
        point_id = ServiceAgreement.objects.get().service_point_id
        given.Consumption.objects.create(
            service_point_id=point_id,
            start_date=MARCH,
            end_date=APRIL + datetime.timedelta(days=15),
            quantity_milli=1_000,
            kind="MEASURED",
            state="FINAL",
        )

        with pytest.raises(operations.UnableToTakeFinalReading) as refused:
            move(old_id)

        assert refused.value.code == "consumption_computed"

    def test_is_refused_to_the_customer_who_is_there_already(self):
        old_id = connect()

        with pytest.raises(operations.UnableToMove) as refused:
            move(old_id, customer=account_of(old_id).parties.get().party_id)

        assert refused.value.code == "same_customer"


class TestEndSupply:
    def end(self, agreement_id, **changed):
        dial = given.Register.objects.get()
        asked = {"end_date": APRIL, "shown_milli": {dial.pk: 15_000}, "reason": "Gone", "today": APRIL, **changed}
        operations.end_supply(actor=AGENT, agreement_id=agreement_id, **asked)

    def test_ends_the_agreement_with_what_the_meter_shows(self):
        agreement_id = connect()

        self.end(agreement_id)
        self.end(agreement_id)

        card = get_account_card(actor=AGENT, account_id=account_of(agreement_id).pk, today=APRIL)
        assert [agreement.end_date for agreement in card.agreements] == [APRIL]
        assert Reading.objects.get().read_date == APRIL

    def test_says_so_when_another_value_was_read_on_that_day(self):
        agreement_id = connect()
        given.read(given.Register.objects.get(), APRIL, 14)

        with pytest.raises(operations.UnableToTakeFinalReading) as refused:
            self.end(agreement_id)

        assert refused.value.code == "conflict"


class TestIdentifiers:
    @pytest.mark.parametrize(
        ("kind", "country", "value"),
        [
            (IdentifierKind.NATIONAL, "DO", "402-0000001-1"),
            (IdentifierKind.TAX, "DO", "1-01-12345-6"),
            (IdentifierKind.TAX, "MX", "GODE 569931 XX9"),
            (IdentifierKind.NATIONAL, "MX", "BOXW310820HNERXN00"),
            (IdentifierKind.TAX, "AR", "20-05536168-9"),
            (IdentifierKind.TAX, "GR", "023456789"),
        ],
    )
    def test_that_fail_the_check_of_their_country_stop_the_act(self, kind, country, value):
        wrong = Identifier(kind=kind, country=country, value=value)

        with pytest.raises(operations.UnableTo) as refused:
            connect(customer=dataclasses.replace(EVA, identifiers=[wrong]))

        assert refused.value.code == "identifier_invalid"
