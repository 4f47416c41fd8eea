from __future__ import annotations

import datetime

import pytest

import billing_factories as given
from hydria.agreements.operations import end_service, exclude_from_billing, grant_exemption
from hydria.billing import operations, queries
from hydria.billing.models import Invoice, Line, RunException, Segment
from hydria.metering.models import ConsumptionState
from hydria.platform.access import SYSTEM, Actor, UnableToPermit

pytestmark = pytest.mark.django_db


def amounts_of(agreement_id: int) -> dict[str, int]:
    lines = Line.objects.filter(segment__agreement_id=agreement_id).select_related("charge")
    return {line.charge.label: line.amount_minor for line in lines}


class TestPriceRun:
    def test_bills_each_agreement_by_its_tariff(self):
        cycle = given.village()
        ana, block = given.household(), given.household(units=4)
        january = given.month(cycle)
        given.consume(ana, january, 15)
        given.consume(block, january, 50)

        run = given.drafted(january)

        assert amounts_of(ana.pk) == {"fixed": 10_000, "water": 20_000, "vat": 1_800}
        assert amounts_of(block.pk) == {"fixed": 10_000, "water": 40 * 1000 + 10 * 2000, "vat": 1_800}
        assert run.state == "DRAFT"
        assert queries.get_proof(run=run).faults == ()

    def test_bills_a_point_without_meter_for_no_quantity(self):
        cycle = given.village()
        unmetered = given.household(is_metered=False)

        given.drafted(given.month(cycle))

        assert amounts_of(unmetered.pk) == {"fixed": 10_000, "water": 0, "vat": 1_800}

    def test_sums_the_agreements_of_an_account_on_one_invoice(self):
        cycle = given.village()
        home = given.household()
        garden = given.agree(account=home.account, service_point_id=given.point(is_metered=False).pk)
        january = given.month(cycle)
        given.consume(home, january, 1)

        given.drafted(january)

        invoice = Invoice.objects.get(account=home.account)
        assert {segment.agreement_id for segment in invoice.segments.all()} == {home.pk, garden.pk}
        assert invoice.total_minor == 11_800 + 11_800 + 1_000

    def test_parks_what_lacks_something_and_bills_the_others(self):
        cycle = given.village()
        billed, unread, held = given.household(), given.household(), given.household()
        january = given.month(cycle)
        given.consume(billed, january, 5)
        given.consume(held, january, 900, state=ConsumptionState.HELD)

        run = given.drafted(january)

        parked = {exception.agreement_id: exception for exception in run.exceptions.all()}
        assert parked[unread.pk].code == "consumption_missing"
        assert parked[held.pk].code == "consumption_held"
        assert parked[held.pk].owner == "readings"
        assert parked[held.pk].quantity_milli == 900_000
        assert Segment.objects.get().agreement_id == billed.pk
        proof = queries.get_proof(run=run)
        assert (proof.due, proof.billed, proof.parked, proof.faults) == (3, 1, 2, ())

    def test_excludes_with_the_reason_somebody_gave(self):
        cycle = given.village()
        own_use = given.household()
        exclude_from_billing(
            actor=SYSTEM, agreement_id=own_use.pk, reason="Own pumping station", from_date=given.FIRST_DAY
        )
        january = given.month(cycle)
        given.consume(own_use, january, 5)

        run = given.drafted(january)

        exception = run.exceptions.get()
        assert (exception.kind, exception.data) == ("EXCLUDED", {"reason": "Own pumping station"})

    def test_leaves_out_a_tax_that_the_agreement_is_exempt_from(self):
        cycle = given.village()
        church = given.household()
        grant_exemption(actor=SYSTEM, agreement_id=church.pk, code="vat", evidence="Law 1", from_date=given.FIRST_DAY)
        january = given.month(cycle)
        given.consume(church, january, 0)

        given.drafted(january)

        assert amounts_of(church.pk) == {"fixed": 10_000, "water": 0}

    def test_weighs_two_prices_by_the_days_supplied_at_each(self):
        cycle = given.village()
        ana = given.household()
        march = operations.open_period(
            actor=SYSTEM,
            cycle_id=cycle.pk,
            start_date=datetime.date(2026, 2, 19),
            end_date=datetime.date(2026, 3, 21),
            issue_date=datetime.date(2026, 3, 22),
            due_date=datetime.date(2026, 4, 12),
        )
        given.consume(ana, march, 0)

        given.drafted(march)

        # 10 days at 100.00 and 20 at 120.00
        assert amounts_of(ana.pk)["fixed"] == 11_333

    def test_bills_the_days_that_an_agreement_was_in_force(self):
        cycle = given.village()
        leaving = given.household()
        january = given.month(cycle)
        moved_date = datetime.date(2026, 1, 11)
        given.consume(leaving, january, 3, end_date=moved_date)
        end_service(actor=SYSTEM, agreement_id=leaving.pk, end_date=moved_date, reason="Moved")

        given.drafted(january)

        segment = Segment.objects.get()
        assert (segment.start_date, segment.end_date) == (january.start_date, moved_date)

    def test_never_bills_a_customer_for_what_the_one_before_used(self):
        cycle = given.village()
        leaving = given.household()
        january = given.month(cycle)
        moved_date = datetime.date(2026, 1, 11)
        given.consume(leaving, january, 3, end_date=moved_date)
        end_service(actor=SYSTEM, agreement_id=leaving.pk, end_date=moved_date, reason="Moved")
        newcomer = given.agree(
            account=given.account(), service_point_id=leaving.service_point_id, start_date=moved_date
        )
        given.consume(newcomer, january, 7, start_date=moved_date)

        given.drafted(january)

        quantities = dict(Segment.objects.values_list("agreement_id", "quantity_milli"))
        assert quantities[leaving.pk] == 3_000
        assert quantities[newcomer.pk] == 7_000

    def test_changes_nothing_when_a_chunk_is_priced_again(self):
        cycle = given.village()
        given.household(is_metered=False)
        run = given.drafted(given.month(cycle))

        operations.price_chunk(run_id=run.pk, position=0, now=given.NOW)

        assert Invoice.objects.count() == 1

    def test_parks_an_amount_far_above_the_agreements_own_history(self):
        cycle = given.village()
        ana = given.household()
        for number in (1, 2, 3):
            given.consume(ana, given.month(cycle, number), 10)
            given.confirmed(given.month(cycle, number))
        given.consume(ana, given.month(cycle, 4), 5_000)

        run = given.drafted(given.month(cycle, 4))

        assert run.exceptions.get().code == "amount_out_of_line"


class TestStartRun:
    def test_gives_the_same_run_to_whoever_starts_it_again(self):
        cycle = given.village()
        given.household(is_metered=False)
        period = given.month(cycle)

        first = operations.start_run(actor=SYSTEM, period_id=period.pk, requested_at=given.NOW)
        second = operations.start_run(actor=SYSTEM, period_id=period.pk, requested_at=given.NOW)

        assert first == second

    def test_refuses_a_period_in_which_nothing_is_due(self):
        period = given.month(given.village())

        with pytest.raises(operations.UnableToStartRun) as refused:
            operations.start_run(actor=SYSTEM, period_id=period.pk, requested_at=given.NOW)

        assert refused.value.code == "nothing_due"

    def test_refuses_an_unknown_period(self):
        with pytest.raises(operations.UnableToStartRun) as refused:
            operations.start_run(actor=SYSTEM, period_id=0, requested_at=given.NOW)

        assert refused.value.code == "period_unknown"

    def test_refuses_somebody_without_the_permission(self):
        with pytest.raises(UnableToPermit):
            operations.start_run(actor=Actor(name="x", permissions=frozenset()), period_id=0, requested_at=given.NOW)


class TestRetryParked:
    def test_bills_what_has_been_put_right(self):
        cycle = given.village()
        ana, unread = given.household(), given.household()
        january = given.month(cycle)
        given.consume(ana, january, 5)
        run = given.drafted(january)
        given.consume(unread, january, 8)

        run = operations.retry_parked(actor=SYSTEM, run_id=run.pk, now=given.NOW)

        assert not RunException.objects.exists()
        assert queries.get_proof(run=run).billed == 2
        assert queries.get_proof(run=run).faults == ()

    def test_bills_an_amount_that_a_person_found_right(self):
        cycle = given.village()
        ana = given.household()
        for number in (1, 2, 3):
            given.consume(ana, given.month(cycle, number), 10)
            given.confirmed(given.month(cycle, number))
        given.consume(ana, given.month(cycle, 4), 5_000)
        run = given.drafted(given.month(cycle, 4))

        operations.retry_parked(
            actor=SYSTEM, run_id=run.pk, now=given.NOW, accepted_agreement_ids=[ana.pk], reason="Burst pipe, seen"
        )

        assert not run.exceptions.exists()

    def test_asks_for_a_reason_to_accept_an_amount(self):
        with pytest.raises(operations.UnableToRetryParked) as refused:
            operations.retry_parked(actor=SYSTEM, run_id=0, now=given.NOW, accepted_agreement_ids=[1])

        assert refused.value.code == "reason_missing"


class TestAbandonRun:
    def test_deletes_the_drafts_so_that_the_period_can_be_run_anew(self):
        cycle = given.village()
        given.household(is_metered=False)
        run = given.drafted(given.month(cycle))

        operations.abandon_run(actor=SYSTEM, run_id=run.pk, reason="Wrong tariff", abandoned_at=given.NOW)

        assert not Invoice.objects.exists()
        assert not Line.objects.exists()
        assert given.drafted(given.month(cycle)) != run

    def test_refuses_a_confirmed_run(self):
        cycle = given.village()
        given.household(is_metered=False)
        run = given.confirmed(given.month(cycle))

        with pytest.raises(operations.UnableToAbandonRun) as refused:
            operations.abandon_run(actor=SYSTEM, run_id=run.pk, reason="Too late", abandoned_at=given.NOW)

        assert refused.value.code == "run_confirmed"
