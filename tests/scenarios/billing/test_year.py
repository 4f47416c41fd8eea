"""A customer's year: what was agreed, used and charged, month after month, until nothing is left to bill."""

from __future__ import annotations

import datetime

import pytest

import billing_factories as given
from hydria.agreements.operations import change_terms, end_service
from hydria.billing import operations, queries
from hydria.billing.models import Invoice, InvoiceNumber, Segment
from hydria.ledger.queries import get_trial_balance
from hydria.platform.access import SYSTEM
from hydria.platform.transactions import acting
from hydria.premises.operations import change_units
from hydria.receivables import operations as receivables
from hydria.receivables.domain.items import ItemKind, ItemSide
from hydria.receivables.operations import NewItem
from hydria.receivables.queries import get_balance_at, list_open_items

pytestmark = pytest.mark.django_db

FIXED_MINOR, NEW_FIXED_MINOR, TAX = 10_000, 12_000, 0.18


class TestYear:
    def test_bills_twelve_months_once_each_through_a_price_change_and_a_move(self):
        cycle = given.village()
        ana = given.household(start_date=datetime.date(2026, 1, 1))
        billed_minor = 0

        for number in range(1, 10):
            period = given.month(cycle, number)
            given.consume(ana, period, 10)
            run = given.confirmed(period)
            fixed_minor = FIXED_MINOR if number < 3 else NEW_FIXED_MINOR
            billed_minor += fixed_minor + 10_000 + round(fixed_minor * TAX)
            assert queries.get_proof(run=run).faults == ()
        october = given.month(cycle, 10)
        moved_date = datetime.date(2026, 10, 16)
        given.consume(ana, october, 4, end_date=moved_date)
        end_service(actor=SYSTEM, agreement_id=ana.pk, end_date=moved_date, reason="Moved away")
        given.confirmed(october)
        billed_minor += NEW_FIXED_MINOR + 4_000 + round(NEW_FIXED_MINOR * TAX)

        assert Segment.objects.filter(agreement=ana).count() == 10
        assert get_balance_at(account_id=ana.account_id, end_date=datetime.date(2027, 1, 1)) == billed_minor
        with pytest.raises(operations.UnableToStartRun):
            operations.start_run(actor=SYSTEM, period_id=given.month(cycle, 11).pk, requested_at=given.NOW)

    def test_carries_a_leap_day_in_the_days_of_february(self):
        cycle = given.village()
        given.household(is_metered=False)

        given.confirmed(given.month(cycle, 2, year=2028))

        segment = Segment.objects.get()
        assert (segment.end_date - segment.start_date).days == 29

    def test_bills_units_and_terms_as_they_were_on_the_last_day_of_each_month(self):
        cycle = given.village()
        house = given.household()
        january, february = given.month(cycle, 1), given.month(cycle, 2)
        given.consume(house, january, 20)
        given.confirmed(january)
        change_units(
            actor=SYSTEM,
            service_point_id=house.service_point_id,
            category_code="household",
            unit_count=2,
            from_date=february.start_date,
            reason="Second flat",
        )
        change_terms(
            actor=SYSTEM,
            agreement_id=house.pk,
            from_date=february.start_date,
            tariff_code="village_water",
            category_code="household",
            inputs={"note": "two flats"},
            reason="Second flat",
        )
        given.consume(house, february, 20)

        given.confirmed(february)

        totals = list(Segment.objects.order_by("start_date").values_list("total_minor", flat=True))
        assert totals == [11_800 + 30_000, 11_800 + 20_000]

    def test_uses_a_credit_on_the_next_invoice(self):
        cycle = given.village()
        ana = given.household(is_metered=False)
        with acting(SYSTEM):
            receivables.post_items(
                items=[
                    NewItem(
                        account_id=ana.account_id,
                        side=ItemSide.HELD,
                        kind=ItemKind.OPENING,
                        source_id=1,
                        document_code="",
                        rank=50,
                        amount_minor=5_000,
                        effective_date=datetime.date(2026, 1, 1),
                        due_date=datetime.date(2026, 1, 1),
                    )
                ]
            )

        given.confirmed(given.month(cycle))

        open_items = list_open_items(account_id=ana.account_id, today=datetime.date(2026, 3, 1))
        assert sum(item.open_minor for item in open_items) == 11_800 - 5_000

    def test_numbers_a_run_after_the_other_without_a_gap(self):
        cycle = given.village()
        for _place in range(3):
            given.household(is_metered=False)

        for number in (1, 2):
            given.confirmed(given.month(cycle, number))

        assert list(InvoiceNumber.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
        balance = get_trial_balance(
            actor=SYSTEM, start_date=datetime.date(2026, 1, 1), end_date=datetime.date(2027, 1, 1)
        )
        assert balance.debit_minor == balance.credit_minor == Invoice.objects.count() * 11_800
