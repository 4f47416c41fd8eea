from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

import billing_factories as given
from hydria.billing import operations, queries
from hydria.billing.models import InvoiceNumber
from hydria.ledger.models import Entry
from hydria.metering.models import Consumption, ConsumptionState
from hydria.platform.access import SYSTEM, Actor, Permission, UnableToPermit
from hydria.platform.models import NumberSeries
from hydria.receivables.models import Item

pytestmark = pytest.mark.django_db


def draft_of_two_households():
    cycle = given.village()
    ana, block = given.household(), given.household(units=4)
    january = given.month(cycle)
    given.consume(ana, january, 15)
    given.consume(block, january, 50)
    return given.drafted(january)


def confirm(run):
    return operations.confirm_run(actor=SYSTEM, run_id=run.pk, confirmed_at=given.NOW)


class TestConfirmRun:
    def test_numbers_posts_and_proves(self):
        run = draft_of_two_households()

        run = confirm(run)

        proof = queries.get_proof(run=run)
        total_minor = 31_800 + 71_800
        assert (proof.lines_minor, proof.invoices_minor, proof.items_minor, proof.journal_minor) == (total_minor,) * 4
        assert proof.faults == ()
        assert list(InvoiceNumber.objects.order_by("number").values_list("code", flat=True)) == [
            "F-00000001",
            "F-00000002",
        ]

    def test_posts_each_route_once_and_the_items_by_rank(self):
        run = confirm(draft_of_two_households())

        entries = Entry.objects.filter(journal__source_kind="billing_run", journal__source_id=run.pk)
        credited = dict(entries.filter(credit_minor__gt=0).values_list("ledger_account__route", "credit_minor"))
        assert credited == {"revenue.fixed": 20_000, "revenue.water": 80_000, "tax": 3_600}
        invoice = run.invoices.order_by("id")[0]
        assert dict(Item.objects.filter(source_id=invoice.pk).values_list("rank", "amount_minor")) == {
            30: 1_800,
            40: 10_000,
            50: 20_000,
        }

    def test_posts_once_when_called_twice(self):
        run = confirm(draft_of_two_households())
        items_before = Item.objects.count()

        confirm(run)

        assert Item.objects.count() == items_before
        assert NumberSeries.objects.get(code="invoice").next_number == 3

    def test_refuses_a_run_that_is_still_being_priced(self):
        cycle = given.village()
        given.household(is_metered=False)
        run = operations.start_run(actor=SYSTEM, period_id=given.month(cycle).pk, requested_at=given.NOW)

        with pytest.raises(operations.UnableToConfirmRun) as refused:
            confirm(run)

        assert refused.value.code == "run_not_draft"

    def test_refuses_somebody_who_may_only_run(self):
        clerk = Actor(name="clerk", permissions=frozenset({Permission.BILLING_RUN}))

        with pytest.raises(UnableToPermit):
            operations.confirm_run(actor=clerk, run_id=0, confirmed_at=given.NOW)

    def test_refuses_a_run_above_the_limit(self):
        run = draft_of_two_households()
        junior = Actor(name="junior", permissions=frozenset({Permission.BILLING_CONFIRM}), amount_limit_minor=1)

        with pytest.raises(UnableToPermit) as refused:
            operations.confirm_run(actor=junior, run_id=run.pk, confirmed_at=given.NOW)

        assert refused.value.code == "amount_above_limit"

    def test_posts_nothing_when_the_proof_fails(self):
        run = draft_of_two_households()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE billing_line SET amount_minor = amount_minor + 1")

        with pytest.raises(operations.UnableToConfirmRun) as refused:
            confirm(run)

        assert refused.value.code == "proof_fails"
        assert not Item.objects.exists()

    def test_refuses_drafts_whose_consumption_was_corrected_since(self):
        run = draft_of_two_households()
        Consumption.objects.filter(quantity_milli=15_000).update(state=ConsumptionState.HELD)

        with pytest.raises(operations.UnableToConfirmRun) as refused:
            confirm(run)

        assert refused.value.code == "drafts_outdated"
        assert operations.retry_parked(actor=SYSTEM, run_id=run.pk, now=given.NOW).exceptions.count() == 1
        assert confirm(run).state == "CONFIRMED"

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE billing_invoice SET total_minor = 0",
            "UPDATE billing_segment SET quantity_milli = 0",
            "UPDATE billing_line SET amount_minor = 0",
            "DELETE FROM billing_line",
            "DELETE FROM billing_invoicenumber",
            "TRUNCATE billing_line",
            """INSERT INTO billing_line (invoice_id, segment_id, charge_id, amount_minor, explanation)
                SELECT invoice_id, segment_id, charge_id, 1, '{}' FROM billing_line LIMIT 1""",
        ],
    )
    def test_leaves_invoices_that_nothing_can_change(self, statement):
        confirm(draft_of_two_households())

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    @pytest.mark.parametrize("table", ["billing_line", "billing_segment"])
    def test_leaves_invoices_that_no_draft_moves_into(self, table):
        cycle = given.village()
        given.household(is_metered=False)
        numbered = given.confirmed(given.month(cycle)).invoices.get()
        draft = given.drafted(given.month(cycle, 2)).invoices.get()

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET invoice_id = %s WHERE invoice_id = %s", [numbered.pk, draft.pk])


class TestStartFollowUp:
    def test_bills_what_the_confirmed_run_left_parked(self):
        cycle = given.village()
        ana, unread = given.household(), given.household()
        january = given.month(cycle)
        given.consume(ana, january, 5)
        given.confirmed(january)
        given.consume(unread, january, 8)

        run = operations.start_follow_up(actor=SYSTEM, period_id=january.pk, requested_at=given.NOW)
        operations.price_run(run_id=run.pk, now=given.NOW)
        run = confirm(run)

        proof = queries.get_proof(run=run)
        assert (proof.due, proof.billed, proof.quantity_billed, proof.faults) == (1, 1, 8_000, ())

    def test_refuses_while_the_run_is_a_draft(self):
        run = draft_of_two_households()

        with pytest.raises(operations.UnableToStartRun) as refused:
            operations.start_follow_up(actor=SYSTEM, period_id=run.period_id, requested_at=given.NOW)

        assert refused.value.code == "run_open"

    def test_finds_nothing_left_to_bill_after_a_complete_run(self):
        run = confirm(draft_of_two_households())

        with pytest.raises(operations.UnableToStartRun) as refused:
            operations.start_follow_up(actor=SYSTEM, period_id=run.period_id, requested_at=given.NOW)

        assert refused.value.code == "nothing_due"


class TestReplayRun:
    def test_works_every_line_out_again_to_the_cent(self):
        run = confirm(draft_of_two_households())

        proof = queries.prove_run(run=run, sample_count=None)

        assert proof.hash == queries.get_proof(run=run).hash
        assert (proof.second_engine_checked, proof.second_engine_differences, proof.replay_differences) == (2, 0, 0)

    def test_counts_a_line_that_was_tampered_with(self):
        run = draft_of_two_households()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE billing_line SET amount_minor = amount_minor + 1 WHERE amount_minor = 20000")

        proof = queries.prove_run(run=run, sample_count=None)

        assert proof.replay_differences == 2
        assert "replay_differs" in proof.faults
