from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from hydria.platform.access import SYSTEM, Permission, UnableToPermit
from hydria.platform.transactions import acting
from hydria.receivables import queries
from hydria.receivables.domain.items import ItemKind, ItemSide
from hydria.receivables.models import Allocation, AllocationRule, Item, OpenItem
from hydria.receivables.operations import (
    NewItem,
    UnableToPostItems,
    UnableToReverseAllocations,
    apply_credits,
    post_items,
    post_items_from_query,
    reverse_settlements,
    settle,
)
from money_factories import TODAY, account, actor_with, chart_of_accounts, household_with_two_overdue_invoices

pytestmark = pytest.mark.django_db


def hold(account_id, amount_minor, *, source_id=1):
    with acting(SYSTEM):
        return post_items(
            items=[
                NewItem(
                    account_id=account_id,
                    side=ItemSide.HELD,
                    kind=ItemKind.PAYMENT,
                    source_id=source_id,
                    amount_minor=amount_minor,
                    effective_date=TODAY,
                    due_date=TODAY,
                )
            ]
        )[0]


def open_amounts(account_id, side=ItemSide.OWED):
    return dict(OpenItem.objects.filter(account_id=account_id, side=side).values_list("item_id", "open_minor"))


@pytest.fixture
def household():
    chart_of_accounts()
    return household_with_two_overdue_invoices()


class TestSettle:
    def test_settles_the_oldest_and_part_of_the_next(self, household):
        account, (first, second) = household
        hold(account.pk, 6_000)

        with acting(SYSTEM):
            settle(account_ids=[account.pk], effective_date=TODAY)

        assert open_amounts(account.pk) == {second: 6_000}
        assert open_amounts(account.pk, ItemSide.HELD) == {}

    def test_settles_only_what_was_chosen(self, household):
        account, (first, second) = household
        held = hold(account.pk, 8_000)

        with acting(SYSTEM):
            settle(account_ids=[account.pk], effective_date=TODAY, owed_item_ids=[second])

        assert open_amounts(account.pk) == {first: 5_000}
        assert open_amounts(account.pk, ItemSide.HELD) == {held: 1_000}

    def test_follows_the_rule_of_the_day(self, household):
        account, (first, second) = household
        with acting(SYSTEM):
            (surcharge,) = post_items(
                items=[
                    NewItem(
                        account_id=account.pk,
                        side=ItemSide.OWED,
                        kind=ItemKind.OPENING,
                        source_id=9,
                        rank=10,
                        amount_minor=400,
                        effective_date=TODAY,
                        due_date=TODAY,
                    )
                ]
            )
        AllocationRule.objects.create(start_date=datetime.date(2026, 3, 1), order=["rank", "due_date"])
        hold(account.pk, 400)

        with acting(SYSTEM):
            settle(account_ids=[account.pk], effective_date=TODAY)

        assert surcharge not in open_amounts(account.pk)

    def test_changes_nothing_when_repeated(self, household):
        account, _items = household
        hold(account.pk, 20_000)

        with acting(SYSTEM):
            settle(account_ids=[account.pk], effective_date=TODAY)
            settle(account_ids=[account.pk], effective_date=TODAY)

        assert Allocation.objects.count() == 2


class TestApplyCredits:
    def test_uses_what_is_held_on_new_items_only_where_both_meet(self, household):
        debtor, _items = household
        stranger = account()
        hold(debtor.pk, 2_000, source_id=1)
        hold(stranger.pk, 3_000, source_id=2)

        with acting(SYSTEM):
            settled_minor = apply_credits(effective_date=TODAY)

        assert settled_minor == 2_000
        assert sum(open_amounts(stranger.pk, ItemSide.HELD).values()) == 3_000

    def test_looks_only_at_the_accounts_named(self, household):
        debtor, _items = household
        hold(debtor.pk, 2_000)

        with acting(SYSTEM):
            assert apply_credits(effective_date=TODAY, account_ids=[debtor.pk + 1]) == 0
            assert apply_credits(effective_date=TODAY, account_ids=[debtor.pk]) == 2_000


class TestReverseSettlements:
    def test_opens_again_exactly_what_was_paid(self, household):
        account, _items = household
        before = open_amounts(account.pk)
        held = hold(account.pk, 6_000)
        with acting(SYSTEM):
            settle(account_ids=[account.pk], effective_date=TODAY)

            undone_minor = reverse_settlements(held_item_id=held, effective_date=TODAY)
            again_minor = reverse_settlements(held_item_id=held, effective_date=TODAY)

        assert (undone_minor, again_minor) == (6_000, 0)
        assert open_amounts(account.pk) == before
        assert open_amounts(account.pk, ItemSide.HELD) == {held: 6_000}

    def test_refuses_an_owed_item(self, household):
        _account, (first, _second) = household

        with pytest.raises(UnableToReverseAllocations), acting(SYSTEM):
            reverse_settlements(held_item_id=first, effective_date=TODAY)


class TestPostItems:
    def test_refuses_an_amount_of_zero(self):
        with pytest.raises(UnableToPostItems) as refusal:
            hold(account().pk, 0)

        assert refusal.value.code == "amount_not_positive"

    def test_refuses_a_source_posted_before(self):
        household = account()
        hold(household.pk, 10)

        with pytest.raises(IntegrityError, match="source_has_one_item_of_a_rank"):
            hold(household.pk, 10)


class TestPostItemsFromQuery:
    SELECT = (
        "SELECT account.id, 'OWED', 'INVOICE', account.id, 'F-' || account.number, 50, 125, DATE '2026-03-01',"
        " DATE '2026-03-20' FROM agreements_account account WHERE account.id = ANY(%s)"
    )

    def test_posts_an_item_a_row(self):
        accounts = [account().pk for _ in range(3)]

        with acting(SYSTEM):
            posted = post_items_from_query(select=self.SELECT, parameters=[accounts])

        assert posted == 3
        assert sum(open_amounts(accounts[0]).values()) == 125

    def test_refuses_items_of_no_account(self):
        select = "SELECT 424242, 'OWED', 'INVOICE', 1, '', 50, 1, DATE '2026-03-01', DATE '2026-03-20'"

        with pytest.raises(UnableToPostItems) as refusal, acting(SYSTEM):
            post_items_from_query(select=select)

        assert refusal.value.code == "account_unknown"


class TestDatabase:
    def test_refuses_to_settle_an_item_beyond_its_amount(self, household):
        account, (first, _second) = household
        held = hold(account.pk, 9_000)

        with pytest.raises(IntegrityError, match="item_is_never_settled_beyond_its_amount"), transaction.atomic():
            Allocation.objects.create(owed_item_id=first, held_item_id=held, amount_minor=5_001, effective_date=TODAY)

    def test_refuses_to_settle_a_settled_item_again(self, household):
        account, (first, _second) = household
        held = hold(account.pk, 9_000)
        pay = {"owed_item_id": first, "held_item_id": held, "effective_date": TODAY}
        Allocation.objects.create(amount_minor=5_000, **pay)

        with pytest.raises(IntegrityError, match="item_is_never_settled_beyond_its_amount"), transaction.atomic():
            Allocation.objects.create(amount_minor=1, **pay)

    @pytest.mark.parametrize("statement", ["UPDATE {} SET amount_minor = 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    @pytest.mark.parametrize("table", ["receivables_item", "receivables_allocation"])
    def test_refuses_to_change_what_is_posted(self, household, table, statement):
        account, _items = household
        hold(account.pk, 6_000)
        with acting(SYSTEM):
            settle(account_ids=[account.pk], effective_date=TODAY)
        connection.check_constraints()

        with pytest.raises(IntegrityError, match="is never changed"), connection.cursor() as cursor:
            cursor.execute(statement.format(table))


class TestGetBalance:
    def test_tells_owed_overdue_and_held_apart(self, household):
        account, _items = household
        hold(account.pk, 300)

        balance = queries.get_balance(account_id=account.pk, today=datetime.date(2026, 2, 1))

        assert (balance.owed_minor, balance.overdue_minor, balance.held_minor) == (12_000, 5_000, 300)
        assert balance.balance_minor == 11_700
        assert balance.oldest_due_date == datetime.date(2026, 1, 20)

    def test_is_nothing_for_a_new_account(self):
        assert queries.get_balance(account_id=account().pk, today=TODAY) == queries.NOTHING


class TestGetStatement:
    def test_runs_from_opening_to_closing(self, household):
        account, _items = household
        hold(account.pk, 5_000)

        statement = queries.get_statement(
            actor=SYSTEM,
            account_id=account.pk,
            start_date=datetime.date(2026, 1, 15),
            end_date=datetime.date(2026, 4, 1),
        )

        assert statement.opening_minor == 5_000
        assert [line.balance_minor for line in statement.lines] == [12_000, 7_000]
        assert statement.closing_minor == 7_000
        assert queries.get_balance_at(account_id=account.pk, end_date=datetime.date(2026, 4, 1)) == 7_000

    def test_needs_the_permission(self, household):
        account, _items = household

        with pytest.raises(UnableToPermit):
            queries.get_statement(
                actor=actor_with(Permission.BILLING_VIEW), account_id=account.pk, start_date=TODAY, end_date=TODAY
            )


class TestListOpenItems:
    def test_shows_them_in_the_order_they_are_settled(self, household):
        account, (first, second) = household

        cards = queries.list_open_items(account_id=account.pk, today=TODAY)

        assert [(card.item_id, card.open_minor, card.is_overdue) for card in cards] == [
            (first, 5_000, True),
            (second, 7_000, True),
        ]


class TestListControlDifferences:
    def test_finds_the_day_on_which_an_item_has_no_journal(self, household):
        account, _items = household
        assert queries.list_control_differences() == []

        hold(account.pk, 300)

        (difference,) = queries.list_control_differences()
        assert (difference.day, difference.items_minor, difference.ledger_minor) == (TODAY, -300, 0)
        assert Item.objects.count() == 3
