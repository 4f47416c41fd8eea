"""What was billed is summed up with its run and set beside earlier billings (BIL-11); the board shows every cycle (BIL-02)."""

from __future__ import annotations

import datetime

import pytest

from billing_factories import NOW, confirmed, consume, drafted, household, month, village
from hydria.billing import operations
from hydria.billing._board import Stage, get_summary_page, list_board
from hydria.billing.domain.summary import BillingSummary
from hydria.billing.models import BillingRun
from hydria.metering.models import ConsumptionKind
from hydria.platform.access import SYSTEM

pytestmark = pytest.mark.django_db


def summary_of(run: BillingRun) -> BillingSummary:
    run.refresh_from_db()
    return BillingSummary.from_json(run.summary)


class TestSummaryOfARun:
    def test_adds_up_charges_categories_and_services(self):
        cycle = village()
        customers = [household(), household(), household(is_metered=False)]
        january = month(cycle)
        consume(customers[0], january, 15)
        estimated = consume(customers[1], january, 0)
        estimated.kind = ConsumptionKind.ESTIMATED
        estimated.save()

        summary = summary_of(drafted(january))

        # 15 m³: 10 × 10.00 + 5 × 20.00 = 200.00; fixed 100.00 and 18 % of it for each of the three.
        assert [(share.code, share.count, share.amount_minor) for share in summary.charges] == [
            ("fixed", 3, 30_000),
            ("water", 3, 20_000),
            ("vat", 3, 5_400),
        ]
        assert (summary.invoice_count, summary.total_minor) == (3, 55_400)
        (water,) = summary.services
        assert (water.quantity_milli, water.estimated_count, water.unused_count) == (15_000, 1, 1)
        assert [(share.code, share.amount_minor) for share in summary.categories] == [("household", 55_400)]

    def test_stands_beside_the_billing_before_and_the_one_of_a_year_ago(self):
        cycle = village()
        customer = household()
        for year, number, used_m3 in ((2025, 1, 5), (2025, 12, 10)):
            period = month(cycle, number, year=year)
            consume(customer, period, used_m3)
            confirmed(period)
        january = month(cycle, 1, year=2026)
        consume(customer, january, 15)
        run = drafted(january)

        page = get_summary_page(actor=SYSTEM, run_id=run.pk)

        assert page is not None and page.before is not None and page.year_ago is not None
        assert [billing.total_minor for billing in (page.this, page.before, page.year_ago)] == [31_800, 21_800, 16_800]
        assert (page.before_date, page.year_ago_date) == (datetime.date(2025, 12, 1), datetime.date(2025, 1, 1))

    def test_of_a_follow_up_includes_what_was_billed_before(self):
        cycle = village()
        customers = [household(), household()]
        january = month(cycle)
        consume(customers[0], january, 5)
        confirmed(january)
        consume(customers[1], january, 5)
        run = operations.start_follow_up(actor=SYSTEM, period_id=january.pk, requested_at=NOW)
        operations.price_run(run_id=run.pk, now=NOW)

        page = get_summary_page(actor=SYSTEM, run_id=run.pk)

        assert page is not None
        assert (page.this.invoice_count, page.this.total_minor) == (2, 33_600)


class TestBoard:
    def test_shows_each_period_where_it_stands(self):
        cycle = village()
        customers = [household(), household()]
        january, february, march = (month(cycle, number) for number in (1, 2, 3))
        for customer in customers:
            consume(customer, january, 5)
        consume(customers[0], february, 5)
        confirmed(january)
        drafted(february)

        board = {card.period_id: card for card in list_board(actor=SYSTEM)}

        assert [board[period.pk].stage for period in (january, february, march)] == [
            Stage.CONFIRMED,
            Stage.REVIEW,
            Stage.READING,
        ]
        assert (board[january.pk].total_minor, board[february.pk].parked_count) == (33_600, 1)

    def test_keeps_only_the_last_confirmed_period_of_a_cycle(self):
        cycle = village()
        customer = household()
        for number in (1, 2):
            period = month(cycle, number)
            consume(customer, period, 5)
            confirmed(period)

        assert [card.start_date for card in list_board(actor=SYSTEM)] == [datetime.date(2026, 2, 1)]
