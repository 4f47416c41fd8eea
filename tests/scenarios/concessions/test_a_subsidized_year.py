"""Months of a village with a social subsidy: billed, ended, lost, renewed; the fund that pays; what runs do about it."""

from __future__ import annotations

import datetime

import pytest

from billing_factories import NOW, TARIFF, account, agree, confirmed, consume, drafted, household, month
from concession_factories import YEAR, fund, granted, program, subsidized_village
from hydria.agreements.models import ServiceAgreement
from hydria.agreements.operations import change_terms, end_service
from hydria.billing import operations as billing
from hydria.billing.models import BillingPeriod, BillingRun, Invoice, Line, RunException, Segment
from hydria.concessions import operations, queries
from hydria.concessions.models import Commitment, Enjoyment, Use
from hydria.platform.access import SYSTEM
from hydria.premises.models import Category
from hydria.receivables.queries import get_balance, list_control_differences
from hydria.tariffs.operations import publish_version
from hydria.verification.queries import verify

pytestmark = pytest.mark.django_db
FEBRUARY, MARCH = datetime.date(2026, 2, 1), datetime.date(2026, 3, 1)
GROSS_MINOR, SUBSIDY_MINOR = 31_800, 10_000  # 15 m3: 100 fixed, 200 water, 18 of tax; half of the water


def used(period: BillingPeriod, *agreements: ServiceAgreement, quantity_m3: int = 15) -> None:
    for agreement in agreements:
        consume(agreement, period, quantity_m3)


def totals(run: BillingRun) -> dict[int, int]:
    return dict(Segment.objects.filter(run=run).values_list("agreement_id", "total_minor"))


def parked(run: BillingRun) -> dict[int, str]:
    return dict(RunException.objects.filter(run=run).values_list("agreement_id", "code"))


def faults() -> list[str]:
    return [outcome.invariant for outcome in verify() if outcome.violations]


def retried(run: BillingRun) -> BillingRun:
    return billing.retry_parked(actor=SYSTEM, run_id=run.pk, now=NOW)


class TestASubsidizedBill:
    def test_shows_gross_subsidy_and_net_as_lines_of_their_own(self):
        cycle = subsidized_village()
        made = program(fund_code=fund().code)
        poor, other = household(), household()
        granted(poor)
        january = month(cycle)
        used(january, poor, other)

        run = confirmed(january)

        lines = Line.objects.filter(segment__agreement=poor).values_list("charge__label", "amount_minor")
        assert dict(lines) == {"fixed": 10_000, "water": 20_000, "vat": 1_800, "social_subsidy": -SUBSIDY_MINOR}
        assert totals(run) == {poor.pk: GROSS_MINOR - SUBSIDY_MINOR, other.pk: GROSS_MINOR}
        assert get_balance(account_id=poor.account_id, today=NOW.date()).owed_minor == GROSS_MINOR - SUBSIDY_MINOR
        assert list_control_differences() == []
        assert Use.objects.get(program=made).amount_minor == SUBSIDY_MINOR
        assert faults() == []

    def test_goes_with_the_category_where_the_program_says_so(self):
        cycle = subsidized_village()
        program(categories=["household"])
        agreement = household()
        january = month(cycle)
        used(january, agreement)

        assert totals(confirmed(january)) == {agreement.pk: GROSS_MINOR - SUBSIDY_MINOR}
        assert faults() == []

    def test_never_goes_on_to_the_next_customer_of_the_place(self):
        cycle = subsidized_village()
        program()
        agreement = household()
        granted(agreement)
        month_one, month_two = month(cycle), month(cycle, 2)
        used(month_one, agreement)
        confirmed(month_one)
        end_service(actor=SYSTEM, agreement_id=agreement.pk, end_date=FEBRUARY, reason="Moved out")
        successor = agree(account=account(), service_point_id=agreement.service_point_id, start_date=FEBRUARY)
        used(month_two, successor)

        run = confirmed(month_two)

        assert totals(run) == {successor.pk: GROSS_MINOR}
        assert parked(run) == {}


class TestALostConcession:
    def test_parks_the_agreement_until_it_is_renewed(self):
        cycle = subsidized_village()
        program()
        poor, other = household(), household()
        granted(poor, until_date=FEBRUARY)
        january, february = month(cycle), month(cycle, 2)
        used(january, poor, other)
        used(february, poor, other)
        confirmed(january)

        run = drafted(february)
        assert parked(run) == {poor.pk: "concession_lost"}
        assert RunException.objects.get(run=run).owner == "concessions"
        assert [loss.agreement_id for loss in queries.list_losses(actor=SYSTEM, on_date=FEBRUARY)] == [poor.pk]
        granted(poor, from_date=FEBRUARY)
        run = retried(run)

        assert parked(run) == {}
        assert totals(run) == {poor.pk: GROSS_MINOR - SUBSIDY_MINOR, other.pk: GROSS_MINOR}
        assert not queries.list_losses(actor=SYSTEM, on_date=FEBRUARY).exists()

    def test_is_billed_in_full_once_somebody_says_why_it_ended(self):
        cycle = subsidized_village()
        program()
        poor = household()
        granted(poor, until_date=FEBRUARY)
        january, february = month(cycle), month(cycle, 2)
        used(january, poor)
        used(february, poor)
        confirmed(january)
        run = drafted(february)

        operations.end_concession(
            actor=SYSTEM, agreement_id=poor.pk, program_code="social", end_date=FEBRUARY, reason="Did not come"
        )

        assert totals(retried(run)) == {poor.pk: GROSS_MINOR}
        assert faults() == []

    def test_holds_nobody_back_who_was_warned_or_whose_end_was_recorded(self):
        cycle = subsidized_village()
        program()
        warned, ended = household(), household()
        grant = granted(warned, until_date=FEBRUARY)
        granted(ended)
        january, february = month(cycle), month(cycle, 2)
        used(january, warned, ended)
        used(february, warned, ended)
        confirmed(january)
        operations.warn(actor=SYSTEM, grant_ids=[grant.pk], reason="Letter 3")
        operations.end_concession(
            actor=SYSTEM, agreement_id=ended.pk, program_code="social", end_date=FEBRUARY, reason="Income rose"
        )

        run = drafted(february)

        assert parked(run) == {}
        assert totals(run) == {warned.pk: GROSS_MINOR, ended.pk: GROSS_MINOR}

    def test_is_noticed_when_the_category_changes(self):
        cycle = subsidized_village()
        program(categories=["household"])
        agreement = household()
        january, february = month(cycle), month(cycle, 2)
        used(january, agreement)
        used(february, agreement)
        confirmed(january)
        Category.objects.create(code="shop", name="Shop")
        change_terms(
            actor=SYSTEM,
            agreement_id=agreement.pk,
            from_date=FEBRUARY,
            tariff_code="village_water",
            category_code="shop",
            inputs={},
            reason="Opened a shop",
        )

        run = drafted(february)
        assert parked(run) == {agreement.pk: "concession_lost"}
        operations.end_concession(
            actor=SYSTEM, agreement_id=agreement.pk, program_code="social", end_date=FEBRUARY, reason="Shops have none"
        )

        assert totals(retried(run)) == {agreement.pk: GROSS_MINOR}
        assert not Enjoyment.objects.exists()

    def test_is_said_by_a_program_that_ends_for_whole_categories(self):
        cycle = subsidized_village()
        made = program(categories=["household"])
        agreement = household()
        january, february = month(cycle), month(cycle, 2)
        used(january, agreement)
        used(february, agreement)
        confirmed(january)
        operations.end_program(actor=SYSTEM, program_id=made.pk, end_date=FEBRUARY, reason="Decree 4")

        assert totals(drafted(february)) == {agreement.pk: GROSS_MINOR}

    def test_is_noticed_when_the_tariff_no_longer_asks_for_it(self):
        cycle = subsidized_village()
        program()
        poor = household()
        granted(poor)
        january, february = month(cycle), month(cycle, 2)
        used(january, poor)
        used(february, poor)
        confirmed(january)
        publish_version(actor=SYSTEM, text=TARIFF, published_at=NOW, from_date=FEBRUARY)

        assert parked(drafted(february)) == {poor.pk: "concession_lost"}


class TestADraft:
    def test_is_outdated_when_a_concession_changes_before_it_is_confirmed(self):
        cycle = subsidized_village()
        program()
        poor = household()
        january = month(cycle)
        used(january, poor)
        run = drafted(january)
        granted(poor)

        with pytest.raises(billing.UnableToConfirmRun) as refusal:
            billing.confirm_run(actor=SYSTEM, run_id=run.pk, confirmed_at=NOW)
        run = retried(run)
        billing.confirm_run(actor=SYSTEM, run_id=run.pk, confirmed_at=NOW)

        assert refusal.value.code == "drafts_outdated"
        assert totals(run) == {poor.pk: GROSS_MINOR - SUBSIDY_MINOR}


class TestAFundThatRunsOut:
    def test_pays_for_accounts_in_the_order_of_their_ids(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(billing, "ACCOUNTS_PER_CHUNK", 2)
        cycle = subsidized_village()
        made = fund(budget_minor=2 * SUBSIDY_MINOR + 1)
        program(fund_code="state")
        poor = [household() for _number in range(4)]
        other = household()
        for agreement in poor:
            granted(agreement)
        january = month(cycle)
        used(january, *poor, other)

        run = drafted(january)

        late = sorted(poor, key=lambda agreement: agreement.account_id)[2:]
        assert parked(run) == {agreement.pk: "fund_exhausted" for agreement in late}
        assert run.proof["parked"] == 2
        assert queries.stand(fund_id=made.pk, on_date=YEAR[0]).committed_minor == 2 * SUBSIDY_MINOR
        assert parked(retried(run)) == parked(run)
        assert faults() == []

    def test_pays_for_the_others_when_its_budget_is_raised(self):
        cycle = subsidized_village()
        made = fund(budget_minor=SUBSIDY_MINOR)
        program(fund_code="state")
        poor = [household(), household()]
        for agreement in poor:
            granted(agreement)
        january = month(cycle)
        used(january, *poor)
        run = drafted(january)

        fund(budget_minor=2 * SUBSIDY_MINOR)
        run = retried(run)
        billing.confirm_run(actor=SYSTEM, run_id=run.pk, confirmed_at=NOW)

        assert parked(run) == {}
        standing = queries.stand(fund_id=made.pk, on_date=YEAR[0])
        assert (standing.used_minor, standing.committed_minor, standing.left_minor) == (2 * SUBSIDY_MINOR, 0, 0)
        assert faults() == []

    def test_gets_back_what_an_abandoned_run_had_committed(self):
        cycle = subsidized_village()
        fund()
        program(fund_code="state")
        poor = household()
        granted(poor)
        january = month(cycle)
        used(january, poor)
        run = drafted(january)

        billing.abandon_run(actor=SYSTEM, run_id=run.pk, reason="Too early", abandoned_at=NOW)

        assert not Commitment.objects.exists()
        assert not Invoice.objects.exists()

    def test_parks_everybody_where_no_budget_covers_the_month(self):
        cycle = subsidized_village()
        fund()
        program(fund_code="state")
        poor = household()
        granted(poor)
        operations.end_concession(
            actor=SYSTEM, agreement_id=poor.pk, program_code="social", end_date=MARCH, reason="Mistake"
        )
        december = month(cycle, 12, year=2025)
        used(december, poor)

        assert parked(drafted(december)) == {}
