from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, connection, transaction

import billing_factories as village
import fee_factories as given
from hydria.billing import operations as billing
from hydria.billing import queries as billing_queries
from hydria.billing._fees import UnableToBillFee
from hydria.billing.documents.printing import build_cards, print_invoices
from hydria.billing.models import Invoice, InvoiceNumber, Line
from hydria.fees import operations, queries
from hydria.fees.domain.states import BillingMode, QuotationState
from hydria.fees.models import Quotation
from hydria.ledger.models import Entry
from hydria.parties.operations import Identifier, IdentifierKind, add_identifier
from hydria.platform.access import SYSTEM, Actor, Permission, UnableToPermit
from hydria.premises.models import BillingCycle
from hydria.receivables.models import Item
from hydria.receivables.queries import get_balance
from hydria.verification.queries import verify

pytestmark = pytest.mark.django_db


def assert_books_are_right():
    broken = [outcome.invariant for outcome in verify() if outcome.violations]
    assert broken == []


def owed_minor(account_id: int) -> int:
    return get_balance(account_id=account_id, today=given.TODAY).balance_minor


class TestQuote:
    def test_prices_by_the_text_of_the_day(self):
        agreement = given.household_with_prices()

        new = given.quoted(agreement)
        old = given.quoted(agreement, quoted_date=datetime.date(2025, 12, 31))

        assert (new.total_minor, new.tax_minor) == (118_000, 18_000)
        assert (old.total_minor, old.tax_minor) == (112_100, 17_100)
        assert queries.replays(quotation_id=new.pk)
        assert queries.replays(quotation_id=old.pk)

    def test_prices_by_length_and_rounds_once(self):
        agreement = given.household_with_prices()

        quotation = given.quoted(agreement, "trench", quantity_milli=7_250)

        # 7.25 m x 135.55 = 982.7375; 18 % of 982.74 = 176.8932
        assert list(quotation.lines.order_by("id").values_list("amount_minor", flat=True)) == [98_274, 17_689]

    def test_quotes_once_for_a_key(self):
        agreement = given.household_with_prices()
        asked = {
            "actor": SYSTEM,
            "key": "k",
            "account_id": agreement.account_id,
            "quoted_at": given.NOW,
            "quoted_date": given.TODAY,
        }

        first = operations.quote(fee_code="connection", **asked)
        again = operations.quote(fee_code="connection", **asked)

        assert again.pk == first.pk
        with pytest.raises(operations.UnableToQuote) as refused:
            operations.quote(fee_code="certificate", **asked)
        assert refused.value.code == "key_reused"

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"fee_code": "nothing"}, "fee_unknown"),
            ({"account_id": 0}, "account_unknown"),
            ({"quantity_milli": 0}, "quantity_out_of_range"),
            ({"inputs": {"vat_free": "perhaps"}}, "cannot_be_priced"),
            ({"key": ""}, "key_missing"),
        ],
    )
    def test_refuses(self, changed: dict[str, object], code: str):
        agreement = given.household_with_prices()
        asked = {"key": "k", "account_id": agreement.account_id, "fee_code": "connection"} | changed

        with pytest.raises(operations.UnableToQuote) as refused:
            operations.quote(actor=SYSTEM, quoted_at=given.NOW, quoted_date=given.TODAY, **asked)

        assert refused.value.code == code

    def test_keeps_what_it_says(self):
        quotation = given.quoted(given.household_with_prices())

        for statement in (
            "UPDATE fees_quotation SET total_minor = 1",
            "UPDATE fees_quotedline SET amount_minor = 1",
            "DELETE FROM fees_quotation",
        ):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        assert Quotation.objects.get(pk=quotation.pk).total_minor == 118_000


class TestAcceptQuotation:
    def test_issues_a_numbered_posted_invoice_at_once(self):
        agreement = given.household_with_prices()
        quotation = given.quoted(agreement)

        invoice_id = given.accepted(quotation)

        invoice = Invoice.objects.get(pk=invoice_id)
        assert (invoice.run_id, invoice.total_minor, invoice.tax_minor) == (None, 118_000, 18_000)
        assert invoice.number.code == "F-00000001"
        assert invoice.number.due_date == given.TODAY + datetime.timedelta(days=10)
        assert dict(Item.objects.filter(source_id=invoice_id).values_list("rank", "amount_minor")) == {
            30: 18_000,
            60: 100_000,
        }
        entries = Entry.objects.filter(journal__source_kind="invoice", journal__source_id=invoice_id)
        assert dict(entries.filter(credit_minor__gt=0).values_list("ledger_account__route", "credit_minor")) == {
            "revenue.connection": 100_000,
            "tax": 18_000,
        }
        assert_books_are_right()

    def test_names_the_holder_with_the_tax_number(self):
        agreement = given.household_with_prices()
        holder_id = agreement.account.parties.get().party_id
        add_identifier(
            actor=SYSTEM,
            party_id=holder_id,
            identifier=Identifier(kind=IdentifierKind.OTHER, country="DO", value="A-17"),
        )

        invoice = Invoice.objects.get(pk=given.accepted(given.quoted(agreement)))

        assert invoice.holder_tax_id == "A17"
        assert invoice.holder_name.startswith("Ana")
        assert invoice.address.startswith("Calle Real")

    def test_issues_one_invoice_when_called_twice(self):
        quotation = given.quoted(given.household_with_prices())

        assert given.accepted(quotation) == given.accepted(quotation)

        assert InvoiceNumber.objects.count() == 1

    def test_is_shown_and_printed_without_a_period(self):
        invoice_id = given.accepted(given.quoted(given.household_with_prices()))

        page = billing_queries.get_invoice_page(actor=SYSTEM, invoice_id=invoice_id)
        (card,) = build_cards(invoice_ids=[invoice_id])

        assert [line.amount_minor for fee in page.fees for line in fee.lines] == [100_000, 18_000]
        assert (card.period, card.supply, card.total_minor) == (None, None, 118_000)
        assert print_invoices(invoice_ids=[invoice_id]).startswith(b"%PDF")
        told = billing_queries.get_line_explanation(actor=SYSTEM, line_id=page.fees[0].lines[1].line_id)
        assert told.told["of"] == ["connection", "trench"]

    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            ({"accepted_date": given.TODAY + datetime.timedelta(days=30)}, "expired"),
            ({"mode": BillingMode.NEXT_INVOICE, "instalment_count": 7}, "instalments_out_of_range"),
            ({"instalment_count": 2}, "instalments_out_of_range"),
            ({"quotation_id": 0}, "quotation_unknown"),
        ],
    )
    def test_refuses(self, asked: dict[str, object], code: str):
        quotation = given.quoted(given.household_with_prices())
        usual = {"quotation_id": quotation.pk, "mode": BillingMode.AT_ONCE, "accepted_date": given.TODAY}

        with pytest.raises(operations.UnableToAcceptQuotation) as refused:
            billing.accept_quotation(actor=SYSTEM, accepted_at=given.NOW, **usual | asked)

        assert refused.value.code == code

    def test_refuses_another_way_and_what_is_cancelled(self):
        agreement = given.household_with_prices()
        accepted, cancelled = given.quoted(agreement), given.quoted(agreement)
        given.accepted(accepted)
        given.cancelled(cancelled)

        with pytest.raises(operations.UnableToAcceptQuotation, match="another way"):
            given.accepted(accepted, instalment_count=3)
        with pytest.raises(operations.UnableToAcceptQuotation, match="cancelled"):
            given.accepted(cancelled)

    def test_refuses_an_account_that_nobody_holds(self):
        village.village()
        given.price_list()
        from money_factories import account

        agreement = type("Agreement", (), {"account_id": account().pk})
        quotation = given.quoted(agreement)

        with pytest.raises(UnableToBillFee) as refused:
            given.accepted(quotation)

        assert refused.value.code == "holder_missing"
        assert Quotation.objects.get(pk=quotation.pk).state == QuotationState.QUOTED

    def test_needs_the_permission(self):
        quotation = given.quoted(given.household_with_prices())

        with pytest.raises(UnableToPermit):
            billing.accept_quotation(
                actor=Actor(name="x", permissions=frozenset({Permission.BILLING_VIEW})),
                quotation_id=quotation.pk,
                mode=BillingMode.AT_ONCE,
                accepted_at=given.NOW,
                accepted_date=given.TODAY,
            )


class TestRun:
    def test_takes_one_instalment_a_period_to_the_cent(self):
        agreement = given.household_with_prices()
        cycle = BillingCycle.objects.get()
        given.accepted(given.quoted(agreement, "trench", quantity_milli=7_250), instalment_count=3)

        totals = []
        for number in range(1, 5):
            period = village.month(cycle, number)
            village.consume(agreement, period, 15)
            run = village.confirmed(period)
            totals.append(run.invoices.get().total_minor)
            assert billing_queries.get_proof(run=run).faults == ()

        # 982.74 + 176.89 in three parts: 327.58 + 58.97, 327.58 + 58.96, 327.58 + 58.96
        supplied = [31_800, 31_800, 34_160, 34_160]
        assert [total - water for total, water in zip(totals, supplied, strict=True)] == [38_655, 38_654, 38_654, 0]
        assert_books_are_right()

    def test_says_on_the_invoice_which_part_it_is(self):
        agreement = given.household_with_prices()
        given.accepted(given.quoted(agreement), instalment_count=2)
        january = village.month(BillingCycle.objects.get())
        village.consume(agreement, january, 15)
        run = village.confirmed(january)

        page = billing_queries.get_invoice_page(actor=SYSTEM, invoice_id=run.invoices.get().pk)

        assert [(fee.position, fee.instalment_count, fee.total_minor) for fee in page.fees] == [(1, 2, 59_000)]
        assert print_invoices(invoice_ids=[page.invoice_id]).startswith(b"%PDF")

    def test_lets_instalments_wait_while_nothing_else_is_billed(self):
        agreement = given.household_with_prices()
        given.accepted(given.quoted(agreement), instalment_count=2)

        run = village.drafted(village.month(BillingCycle.objects.get()))

        assert not run.invoices.exists()
        assert not Line.objects.exists()

    def test_leaves_what_is_accepted_after_the_invoices_day_to_the_next(self):
        agreement = given.household_with_prices()
        january = village.month(BillingCycle.objects.get())
        village.consume(agreement, january, 15)
        later = january.issue_date + datetime.timedelta(days=1)
        given.accepted(given.quoted(agreement, quoted_date=later), instalment_count=1, accepted_date=later)

        run = village.confirmed(january)

        assert run.invoices.get().total_minor == 31_800

    def test_is_not_confirmed_with_a_fee_that_was_cancelled_meanwhile(self):
        agreement = given.household_with_prices()
        quotation = given.quoted(agreement)
        given.accepted(quotation, instalment_count=2)
        january = village.month(BillingCycle.objects.get())
        village.consume(agreement, january, 15)
        run = village.drafted(january)
        given.cancelled(quotation)

        with pytest.raises(billing.UnableToConfirmRun) as refused:
            billing.confirm_run(actor=SYSTEM, run_id=run.pk, confirmed_at=village.NOW)
        billing.retry_parked(actor=SYSTEM, run_id=run.pk, now=village.NOW)
        run = billing.confirm_run(actor=SYSTEM, run_id=run.pk, confirmed_at=village.NOW)

        assert refused.value.code == "drafts_outdated"
        assert run.invoices.get().total_minor == 31_800
        assert_books_are_right()


class TestCancelQuotation:
    def test_takes_an_invoice_back_by_its_mirror(self):
        agreement = given.household_with_prices()
        quotation = given.quoted(agreement)
        invoice_id = given.accepted(quotation)

        (note_id,) = given.cancelled(quotation)

        note = Invoice.objects.get(pk=note_id)
        assert (note.credits_id, note.total_minor, note.tax_minor) == (invoice_id, -118_000, -18_000)
        assert note.number.code == "NC-00000001"
        assert owed_minor(agreement.account_id) == 0
        assert get_balance(account_id=agreement.account_id, today=given.TODAY).owed_minor == 0
        (card,) = build_cards(invoice_ids=[note_id])
        assert (card.kind, card.credits_number) == ("CREDIT_NOTE", "F-00000001")
        assert print_invoices(invoice_ids=[note_id]).startswith(b"%PDF")
        assert_books_are_right()

    def test_takes_back_the_instalments_that_were_billed_and_bills_no_more(self):
        agreement = given.household_with_prices()
        cycle = BillingCycle.objects.get()
        quotation = given.quoted(agreement)
        given.accepted(quotation, instalment_count=3)
        for number in (1, 2):
            period = village.month(cycle, number)
            village.consume(agreement, period, 15)
            village.confirmed(period)

        notes = given.cancelled(quotation)
        march = village.month(cycle, 3)
        village.consume(agreement, march, 15)
        run = village.confirmed(march)

        assert sorted(Invoice.objects.filter(pk__in=notes).values_list("total_minor", flat=True)) == [-39_334, -39_333]
        assert run.invoices.get().total_minor == 34_160
        assert_books_are_right()

    def test_changes_nothing_when_called_twice(self):
        quotation = given.quoted(given.household_with_prices())
        given.accepted(quotation)

        assert given.cancelled(quotation) == given.cancelled(quotation)

    def test_asks_for_a_reason_and_the_right_to_take_back(self):
        quotation = given.quoted(given.household_with_prices())
        given.accepted(quotation)
        agent = Actor(name="agent", permissions=frozenset({Permission.FEE_QUOTE}))

        with pytest.raises(operations.UnableToCancelQuotation) as refused:
            given.cancelled(quotation, reason=" ")
        with pytest.raises(UnableToPermit):
            billing.cancel_quotation(
                actor=agent,
                quotation_id=quotation.pk,
                reason="Mistake",
                cancelled_at=given.NOW,
                cancelled_date=given.TODAY,
            )

        assert refused.value.code == "reason_missing"
