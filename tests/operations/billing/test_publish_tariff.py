"""Publishing a tariff meets what has been billed: refused with the periods, and what billing again would come to."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction

import billing_factories as given
from hydria.billing import _publishing, operations
from hydria.billing.models import BillingRun, RebillProposal, Segment
from hydria.platform.access import SYSTEM, Actor, Permission, UnableToPermit
from hydria.tariffs import operations as tariffs
from hydria.tariffs.models import TariffVersion

pytestmark = pytest.mark.django_db

MANAGER = Actor(name="manager", user_id=2, permissions=frozenset(Permission))
DEARER = given.TARIFF.replace("price: 10.00", "price: 11.00").replace("200.00", "210.00").replace("318", "328")
JANUARY_1, FEBRUARY_1 = datetime.date(2026, 1, 1), datetime.date(2026, 2, 1)


@pytest.fixture
def january() -> BillingRun:
    """Bill two households for January: 15 m³ and, over four dwellings, 50 m³."""
    cycle = given.village()
    ana, block = given.household(), given.household(units=4)
    period = given.month(cycle)
    given.consume(ana, period, 15)
    given.consume(block, period, 50)
    return given.confirmed(period)


def approved(text: str = DEARER) -> TariffVersion:
    version = tariffs.start_draft(actor=SYSTEM, text=text, written_at=given.NOW)
    tariffs.check_draft(actor=SYSTEM, version_id=version.pk, checked_at=given.NOW)
    tariffs.note_simulation(draft_id=version.pk, simulation_code="S", actor=SYSTEM, at=given.NOW)
    return tariffs.approve_version(actor=MANAGER, version_id=version.pk, approved_at=given.NOW)


def publish(version: TariffVersion, from_date: datetime.date, *, actor: Actor = MANAGER) -> None:
    operations.publish_tariff(actor=actor, version_id=version.pk, from_date=from_date, published_at=given.NOW)


class TestPublishTariff:
    def test_refuses_days_that_have_been_billed_and_names_their_periods(self, january):
        version = approved()

        with pytest.raises(operations.UnableToPublishTariff) as refusal:
            publish(version, datetime.date(2026, 1, 31))

        assert refusal.value.code == "periods_billed"
        (period,) = refusal.value.data["periods"]
        assert (period.cycle, period.start_date, period.invoice_count) == ("Village", JANUARY_1, 2)
        version.refresh_from_db()
        assert version.state == "APPROVED"

    def test_publishes_from_the_first_day_that_has_not_been_billed(self, january):
        version = approved()

        publish(version, FEBRUARY_1)

        version.refresh_from_db()
        assert (version.state, version.from_date) == ("PUBLISHED", FEBRUARY_1)

    def test_prices_each_period_by_the_version_in_force_on_its_last_day(self, january):
        version = approved()
        publish(version, FEBRUARY_1)
        ana = Segment.objects.order_by("id").first().agreement
        february = given.month(january.period.cycle, 2)
        given.consume(ana, february, 15)

        run = given.drafted(february)

        assert {segment.tariff_version_id for segment in Segment.objects.filter(run=run)} == {version.pk}
        assert run.invoices.get().total_minor == 32_800
        assert Segment.objects.filter(run=january).exclude(tariff_version=version).count() == 2

    def test_is_for_publishers(self, january):
        with pytest.raises(UnableToPermit):
            publish(approved(), FEBRUARY_1, actor=Actor(name="x", permissions=frozenset()))


class TestProposeRebill:
    def propose(self, version: TariffVersion, *, from_date: datetime.date = JANUARY_1) -> RebillProposal:
        return operations.propose_rebill(
            actor=MANAGER, version_id=version.pk, from_date=from_date, proposed_at=given.NOW
        )

    def test_says_what_each_charge_would_come_to(self, january):
        proposal = self.propose(approved())

        # One peso more for each of 10 m³ of the one household and 40 m³ of the four dwellings.
        assert (proposal.invoice_count, proposal.segment_count, proposal.unpriced_count) == (2, 2, 0)
        assert (proposal.old_minor, proposal.new_minor) == (103_600, 103_600 + 5_000)
        assert {charge["label"]: charge["new_minor"] - charge["old_minor"] for charge in proposal.charges} == {
            "fixed": 0,
            "water": 5_000,
            "vat": 0,
        }
        assert (proposal.dearer_count, proposal.cheaper_count) == (2, 0)

    def test_touches_no_invoice(self, january):
        totals = list(january.invoices.order_by("id").values_list("total_minor", flat=True))

        self.propose(approved())

        assert list(january.invoices.order_by("id").values_list("total_minor", flat=True)) == totals

    def test_leaves_out_what_the_version_cannot_price(self, january):
        asking = (
            DEARER.replace("  units: {unit: units}", "  units: {unit: units}\n  rooms: {}")
            .replace("edges_times: units", "edges_times: units\n    times: rooms")
            .replace("inputs: {usage: 15, units: 1}", "inputs: {usage: 15, units: 1, rooms: 1}")
        )

        proposal = self.propose(approved(asking))

        assert (proposal.segment_count, proposal.unpriced_count, proposal.old_minor) == (0, 2, 0)

    def test_is_shown_as_it_was_stored(self, january):
        version = approved()
        self.propose(version)

        (card,) = _publishing.list_proposals(actor=MANAGER, version_id=version.pk)

        assert card.difference_minor == 5_000
        assert card.periods[0].last_date == datetime.date(2026, 1, 31)

    def test_is_never_changed(self, january):
        self.propose(approved())

        with pytest.raises(IntegrityError), transaction.atomic():
            RebillProposal.objects.update(new_minor=0)


class TestWithdrawTariff:
    def test_lets_the_version_before_go_on(self, january):
        version = approved()
        publish(version, FEBRUARY_1)

        operations.withdraw_tariff(actor=MANAGER, version_id=version.pk, reason="Injunction", withdrawn_at=given.NOW)

        version.refresh_from_db()
        assert version.state == "WITHDRAWN"

    def test_refuses_a_version_that_has_billed(self, january):
        billed_id = Segment.objects.first().tariff_version_id

        with pytest.raises(operations.UnableToPublishTariff) as refusal:
            operations.withdraw_tariff(actor=MANAGER, version_id=billed_id, reason="Late", withdrawn_at=given.NOW)
        assert refusal.value.code == "version_has_billed"
