"""Payments come in by file once, settle as at the till, and are given back by their mirrors."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from hydria.intake import operations
from hydria.intake.models import LoadBatch, LoadState
from hydria.intake.operations import UnableToReverseLoad
from hydria.ledger.models import Journal
from hydria.payments.models import Payment
from hydria.payments.operations import open_receipt_series, reverse_payment
from hydria.platform.access import SYSTEM, Actor, Permission, UnableToPermit
from hydria.receivables.queries import get_balance
from hydria.verification.queries import verify
from money_factories import NOW, TODAY, account, chart_of_accounts, post_invoice

pytestmark = pytest.mark.django_db

MAPPING = """mapping: collector
scheme: own
records:
- kind: payment
  fields: {key: line, account: account, document: invoice, amount: paid, date: day, tender: how, reference: slip}
"""
HEADER = "line,account,invoice,paid,day,how,slip\n"


@pytest.fixture(autouse=True)
def company(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    chart_of_accounts()
    open_receipt_series(actor=SYSTEM)


@pytest.fixture
def owing():
    """An account that owes 100.00 by the invoice F-000900 and 50.00 by F-000901."""
    found = account()
    post_invoice(found.pk, 10_000, due_date=datetime.date(2026, 1, 20), source_id=900)
    post_invoice(found.pk, 5_000, due_date=datetime.date(2026, 2, 20), source_id=901)
    return found


def receive(rows: str, *, actor: Actor = SYSTEM) -> LoadBatch:
    return operations.receive_file(
        actor=actor, content=(HEADER + rows).encode(), file_name="paid.csv", mapping_text=MAPPING, received_at=NOW
    )


def check(rows: str) -> LoadBatch:
    return operations.check_load(actor=SYSTEM, batch_id=receive(rows).pk, checked_at=NOW)


def apply(rows: str) -> LoadBatch:
    return operations.apply_load(actor=SYSTEM, batch_id=receive(rows).pk, applied_at=NOW)


def undo(batch: LoadBatch, *, actor: Actor = SYSTEM) -> LoadBatch:
    return operations.reverse_load(actor=actor, batch_id=batch.pk, reason="wrong file", reversed_at=NOW)


def findings_of(batch: LoadBatch) -> list[tuple[int, str, str]]:
    return list(batch.findings.order_by("row_number", "id").values_list("row_number", "column", "code"))


def balance_of(found) -> int:
    return get_balance(account_id=found.pk, today=TODAY).balance_minor


def broken_invariants() -> list[str]:
    return [outcome.invariant for outcome in verify() if outcome.violations]


class TestLoadPayments:
    def test_settles_the_oldest_debt_as_at_the_till(self, owing):
        batch = apply(f"1,{owing.number},,120.00,2026-03-02,CASH,\n2,,F-000901,30.00,2026-03-03,,OP-7\n")

        assert (batch.counts["payment"]["created"], balance_of(owing)) == (2, 0)
        assert list(Payment.objects.order_by("id").values_list("effective_date", "amount_minor")) == [
            (datetime.date(2026, 3, 2), 12_000),
            (datetime.date(2026, 3, 3), 3_000),
        ]
        assert list(Payment.objects.order_by("id").values_list("tenders__kind", "tenders__reference")) == [
            ("CASH", ""),
            ("TRANSFER", "OP-7"),
        ]
        assert Journal.objects.filter(source_kind="payment_batch").count() == 2
        assert broken_invariants() == []

    def test_previews_without_taking_anything(self, owing):
        batch = check(f"1,{owing.number},,120.00,2026-03-02,CASH,\n")

        assert (batch.state, batch.counts["payment"]["created"]) == (LoadState.CHECKED, 1)
        assert (Payment.objects.count(), balance_of(owing)) == (0, 15_000)

    def test_pays_once_in_whatever_file_it_comes(self, owing):
        row = f"1,{owing.number},,120.00,2026-03-02,CASH,\n"
        apply(row)

        again = apply(row + f"2,{owing.number},,10.00,2026-03-02,CASH,\n")

        assert again.counts["payment"] == {"created": 1, "changed": 0, "unchanged": 1, "refused": 0}
        assert balance_of(owing) == 2_000

    def test_takes_two_equal_lines_for_two_payments(self, owing):
        apply("".join(f"{line},{owing.number},,10.00,2026-03-02,CASH,\n" for line in (1, 2)))

        assert balance_of(owing) == 13_000

    def test_names_every_row_that_it_cannot_take(self, owing):
        other = account()
        apply(f"1,{owing.number},,1.00,2026-03-02,,\n")

        batch = check(
            f"1,{owing.number},,2.00,2026-03-02,,\n"
            "2,nobody,,1.00,2026-03-02,,\n"
            "3,,,1.00,2026-03-02,,\n"
            "4,,F-777777,1.00,2026-03-02,,\n"
            f"5,{other.number},F-000900,1.00,2026-03-02,,\n"
            f"6,{owing.number},,0.00,2026-03-02,,\n"
            f"7,{owing.number},,1.00,2026-03-11,,\n"
            f"8,{owing.number},,-1.00,2026-03-02,,\n"
            f"9,{owing.number},,1.00,2026-03-02,BEADS,\n"
        )

        assert batch.state == LoadState.REFUSED
        assert sorted(findings_of(batch)) == [
            (2, "payment", "fact_differs"),
            (3, "account", "reference_unknown"),
            (4, "account", "payer_missing"),
            (5, "document", "document_unknown"),
            (6, "document", "payer_differs"),
            (7, "payment", "amount_not_positive"),
            (8, "date", "date_in_future"),
            (9, "paid", "number_negative"),
            (10, "how", "code_unknown"),
        ]

    def test_keeps_to_the_limit_of_whoever_loads(self, owing):
        batch = receive(f"1,{owing.number},,120.00,2026-03-02,CASH,\n")
        collector = dataclasses.replace(SYSTEM, name="collector", amount_limit_minor=11_999)

        checked = operations.check_load(actor=collector, batch_id=batch.pk, checked_at=NOW)

        assert findings_of(checked) == [(2, "payment", "amount_above_limit")]

    def test_needs_the_permission_to_take_payments(self):
        loader = Actor(name="loader", permissions=frozenset({Permission.INTAKE_LOAD}))

        with pytest.raises(UnableToPermit) as refusal:
            receive("", actor=loader)

        assert refusal.value.data["permission"] == Permission.PAYMENT_TAKE


class TestUndoALoadOfPayments:
    def test_gives_every_payment_back_by_its_mirror(self, owing):
        batch = apply(f"1,{owing.number},,120.00,2026-03-02,CASH,\n2,{owing.number},,5.00,2026-03-03,,\n")

        undone = undo(batch)

        assert (undone.state, balance_of(owing)) == (LoadState.REVERSED, 15_000)
        assert Payment.objects.filter(reverses__isnull=False).count() == 2
        assert broken_invariants() == []

    def test_leaves_alone_what_the_till_gave_back_already(self, owing):
        batch = apply(f"1,{owing.number},,120.00,2026-03-02,CASH,\n")
        reverse_payment(
            actor=SYSTEM,
            payment_id=Payment.objects.get().pk,
            reason="not theirs",
            reversed_at=NOW,
            effective_date=TODAY,
        )

        undo(batch)

        assert (Payment.objects.count(), balance_of(owing)) == (2, 15_000)

    def test_lets_the_corrected_file_be_loaded_under_the_same_keys(self, owing):
        undo(apply(f"1,{owing.number},,120.00,2026-03-02,CASH,\n"))
        corrected = f"1,{owing.number},,20.00,2026-03-02,CASH,\n"
        apply(corrected)

        again = apply(corrected)

        assert (again.counts["payment"]["unchanged"], balance_of(owing)) == (1, 13_000)

    def test_needs_the_permission_to_reverse(self, owing):
        batch = apply(f"1,{owing.number},,120.00,2026-03-02,CASH,\n")
        loader = Actor(name="loader", permissions=frozenset({Permission.INTAKE_LOAD}))

        with pytest.raises(UnableToPermit):
            undo(batch, actor=loader)

        assert balance_of(owing) == 3_000

    def test_needs_a_reason(self, owing):
        batch = apply(f"1,{owing.number},,1.00,2026-03-02,CASH,\n")

        with pytest.raises(UnableToReverseLoad):
            operations.reverse_load(actor=SYSTEM, batch_id=batch.pk, reason=" ", reversed_at=NOW)
