"""Discounts on debts: who may give how much, what it posts, how it is taken back."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from concession_factories import fund, program
from desk_factories import company, person
from hydria.concessions import operations, queries
from hydria.concessions.domain.kinds import ProgramKind
from hydria.concessions.models import Discount, Use
from hydria.concessions.operations import UnableToDiscount
from hydria.ledger.models import Entry
from hydria.platform.access import SYSTEM, Actor, UnableToPermit
from hydria.receivables.queries import get_balance, get_statement, list_control_differences
from money_factories import NOW, TODAY, account, chart_of_accounts, post_invoice

pytestmark = pytest.mark.django_db
LATER = TODAY + datetime.timedelta(days=3)


def campaign(**terms: object) -> None:
    program(
        "amnesty",
        names={"en": "Pay this month"},
        kind=ProgramKind.CAMPAIGN,
        from_date=datetime.date(2026, 3, 1),
        until_date=datetime.date(2026, 4, 1),
        **{"percent_milli": 10_000, "discount_max_minor": 50_000, **terms},
    )


def give(account_id: int, item_ids: list[int], *, actor: Actor = SYSTEM, **asked: object) -> Discount:
    given: dict[str, object] = {
        "program_code": "amnesty",
        "amount_minor": None,
        "reason": "Campaign of March",
        "key": "k-1",
        "given_at": NOW,
        "effective_date": TODAY,
        **asked,
    }
    return operations.give_discount(actor=actor, account_id=account_id, item_ids=item_ids, **given)  # type: ignore[arg-type]


def owed(account_id: int) -> int:
    return get_balance(account_id=account_id, today=TODAY).owed_minor


def ledger_minor(route: str) -> int:
    entries = Entry.objects.filter(ledger_account__route=route).values_list("debit_minor", "credit_minor")
    return sum(debit - credit for debit, credit in entries)


def taken_back(discount: Discount) -> Discount:
    return operations.reverse_discount(
        actor=SYSTEM, discount_id=discount.pk, reason="Not paid in time", reversed_at=NOW, effective_date=LATER
    )


class TestGiveDiscount:
    def test_settles_part_of_the_debt_and_posts_it(self):
        chart_of_accounts(), campaign()
        debtor = account()
        item_id = post_invoice(debtor.pk, 12_345)

        discount = give(debtor.pk, [item_id])

        assert discount.amount_minor == 1_235
        assert owed(debtor.pk) == 11_110
        assert ledger_minor("discount") == 1_235
        assert list_control_differences() == []

    def test_is_on_the_statement(self):
        chart_of_accounts(), campaign()
        debtor = account()
        give(debtor.pk, [post_invoice(debtor.pk, 10_000)])

        statement = get_statement(actor=SYSTEM, account_id=debtor.pk, start_date=TODAY, end_date=LATER)

        assert [(line.kind_label, line.credit_minor) for line in statement.lines] == [("Discount", 1_000)]

    def test_is_given_once_under_its_key(self):
        chart_of_accounts(), campaign()
        debtor = account()
        item_id = post_invoice(debtor.pk, 10_000)

        first, second = give(debtor.pk, [item_id]), give(debtor.pk, [item_id])

        assert first == second
        assert owed(debtor.pk) == 9_000
        with pytest.raises(UnableToDiscount) as refusal:
            give(debtor.pk, [item_id], amount_minor=5)
        assert refusal.value.code == "key_reused"

    def test_takes_it_from_the_fund_and_never_overdraws_it(self):
        chart_of_accounts()
        made = fund(budget_minor=1_500)
        campaign(fund_code="state")
        debtor = account()
        items = [post_invoice(debtor.pk, 10_000), post_invoice(debtor.pk, 10_000)]

        give(debtor.pk, items[:1])
        with pytest.raises(UnableToDiscount) as refusal:
            give(debtor.pk, items[1:], key="k-2")

        assert refusal.value.code == "fund_exhausted"
        assert queries.stand(fund_id=made.pk, on_date=TODAY).used_minor == 1_000

    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            ({"key": ""}, "key_missing"),
            ({"key": "reversal:1"}, "key_missing"),
            ({"reason": " "}, "reason_missing"),
            ({"program_code": "unknown"}, "program_unknown"),
            ({"effective_date": datetime.date(2026, 4, 1)}, "program_not_in_force"),
            ({"amount_minor": 1_001}, "amount_above_percentage"),
            ({"amount_minor": 0}, "amount_missing"),
        ],
    )
    def test_is_refused(self, asked: dict, code: str):
        chart_of_accounts(), campaign()
        debtor = account()
        item_id = post_invoice(debtor.pk, 10_000)

        with pytest.raises(UnableToDiscount) as refusal:
            give(debtor.pk, [item_id], **asked)

        assert refusal.value.code == code
        assert owed(debtor.pk) == 10_000

    @pytest.mark.parametrize(
        ("terms", "asked", "code"),
        [
            ({"discount_max_minor": None}, {}, "not_for_the_till"),
            ({"percent_milli": None}, {"amount_minor": 10_001}, "amount_above_debt"),
            ({"percent_milli": None}, {}, "amount_missing"),
            ({"ranks": [20]}, {}, "rank_not_meant"),
        ],
    )
    def test_keeps_to_its_program(self, terms: dict, asked: dict, code: str):
        chart_of_accounts(), campaign(**terms)
        debtor = account()
        item_id = post_invoice(debtor.pk, 10_000)

        with pytest.raises(UnableToDiscount) as refusal:
            give(debtor.pk, [item_id], **asked)

        assert refusal.value.code == code

    def test_is_for_open_debts_of_the_account(self):
        chart_of_accounts(), campaign(percent_milli=100_000)
        debtor, other = account(), account()
        item_id = post_invoice(debtor.pk, 10_000)
        give(debtor.pk, [item_id])

        with pytest.raises(UnableToDiscount) as settled:
            give(debtor.pk, [item_id], key="k-2")
        with pytest.raises(UnableToDiscount) as unknown:
            give(other.pk, [item_id], key="k-3")
        with pytest.raises(UnableToDiscount) as nobody:
            give(0, [item_id], key="k-4")

        assert settled.value.code == "items_settled"
        assert unknown.value.code == "item_unknown"
        assert nobody.value.code == "account_unknown"

    def test_stays_within_the_limit_of_the_role(self):
        chart_of_accounts(), company()
        campaign(rules={"cashier": (0, 500)})
        debtor = account()
        item_id = post_invoice(debtor.pk, 10_000)
        cashier = person("cashier").to_actor()

        with pytest.raises(UnableToDiscount) as refusal:
            give(debtor.pk, [item_id], actor=cashier)
        discount = give(debtor.pk, [item_id], actor=cashier, amount_minor=500)

        assert refusal.value.code == "amount_above_limit"
        assert discount.given_by == "cashier"

    def test_asks_for_the_permission(self):
        with pytest.raises(UnableToPermit):
            give(1, [1], actor=replace(SYSTEM, permissions=frozenset()))

    def test_is_never_changed(self):
        chart_of_accounts(), campaign()
        debtor = account()
        give(debtor.pk, [post_invoice(debtor.pk, 10_000)])

        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            Discount.objects.update(amount_minor=1)


class TestReverseDiscount:
    def test_owes_again_what_it_settled_and_gives_the_fund_its_money_back(self):
        chart_of_accounts()
        made = fund()
        campaign(fund_code="state")
        debtor = account()
        discount = give(debtor.pk, [post_invoice(debtor.pk, 10_000)])

        mirror = taken_back(discount)

        assert owed(debtor.pk) == 10_000
        assert get_balance(account_id=debtor.pk, today=TODAY).held_minor == 0
        assert ledger_minor("discount") == 0
        assert queries.stand(fund_id=made.pk, on_date=TODAY).used_minor == 0
        assert sorted(Use.objects.values_list("amount_minor", flat=True)) == [-1_000, 1_000]
        assert mirror.reverses_id == discount.pk
        assert list_control_differences() == []

    def test_gives_the_same_mirror_when_asked_twice(self):
        chart_of_accounts(), campaign()
        debtor = account()
        discount = give(debtor.pk, [post_invoice(debtor.pk, 10_000)])

        assert taken_back(discount) == taken_back(discount)

    def test_is_refused_without_a_reason_and_for_a_mirror(self):
        chart_of_accounts(), campaign()
        debtor = account()
        discount = give(debtor.pk, [post_invoice(debtor.pk, 10_000)])
        mirror = taken_back(discount)

        with pytest.raises(UnableToDiscount) as unsaid:
            operations.reverse_discount(
                actor=SYSTEM, discount_id=discount.pk, reason=" ", reversed_at=NOW, effective_date=LATER
            )
        with pytest.raises(UnableToDiscount) as twice:
            taken_back(mirror)

        assert unsaid.value.code == "reason_missing"
        assert twice.value.code == "is_a_reversal"
