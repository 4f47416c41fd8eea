"""Settle what is owed with what is held, for many accounts at once. Worked table: docs/algorithms/allocation.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Int64Array: TypeAlias = NDArray[np.int64]


class SortKey(StrEnum):
    """Name a column that an allocation rule may sort owed items by, smallest first."""

    DUE_DATE = "due_date"
    RANK = "rank"


OLDEST_DUE_FIRST = (SortKey.DUE_DATE, SortKey.RANK)
"""The rule of a company that has not stated one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItems:
    """
    Hold open items of one side as columns of the same length.

    item_id     int64[n]  unique
    account_id  int64[n]
    due_day     int64[n]  days since 1970-01-01
    rank        int64[n]  settled earlier than higher ranks
    open_minor  int64[n]  > 0
    """

    item_id: Int64Array
    account_id: Int64Array
    due_day: Int64Array
    rank: Int64Array
    open_minor: Int64Array

    def in_order(self, rule: Sequence[SortKey]) -> OpenItems:
        """Return the items account by account in the order of the rule; the older item (smaller id) breaks ties."""
        columns = {SortKey.DUE_DATE: self.due_day, SortKey.RANK: self.rank}
        keys = [self.account_id, *(columns[key] for key in rule), self.item_id]
        order = np.lexsort(keys[::-1])
        return OpenItems(
            item_id=self.item_id[order],
            account_id=self.account_id[order],
            due_day=self.due_day[order],
            rank=self.rank[order],
            open_minor=self.open_minor[order],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocations:
    """
    Say which part of which held item settles which owed item, as columns of the same length.

    owed_item_id, held_item_id  int64[m]
    amount_minor                int64[m]  > 0
    """

    owed_item_id: Int64Array
    held_item_id: Int64Array
    amount_minor: Int64Array


def allocate(*, owed: OpenItems, held: OpenItems, rule: Sequence[SortKey] = OLDEST_DUE_FIRST) -> Allocations:
    """
    Settle the owed items of each account, in the order of the rule, with its held items, oldest first.

    owed, held  any order, any accounts
    returns     allocations in the order in which they are made, account by account

    Guarantee: within each account the smaller of both totals is settled, no item beyond its amount, no item before
    those that come first in the order. Money never crosses accounts.

    Source: PAY-02, PAY-11, docs/algorithms/allocation.md. Amounts are laid end to end on one ruler, owed above and
    held below, each account at its own place; every stretch that both rows cover is one allocation.
    """
    owed, held = owed.in_order(rule), held.in_order(OLDEST_DUE_FIRST)
    owed_from, held_from = _places_on_ruler(owed, held)
    owed_to, held_to = owed_from + owed.open_minor, held_from + held.open_minor
    edges = np.unique(np.concatenate([owed_from, owed_to, held_from, held_to]))
    starts, lengths = edges[:-1], np.diff(edges)
    above = np.searchsorted(owed_from, starts, side="right") - 1
    below = np.searchsorted(held_from, starts, side="right") - 1
    covered = (above >= 0) & (below >= 0)
    covered[covered] = (starts[covered] < owed_to[above[covered]]) & (starts[covered] < held_to[below[covered]])
    return Allocations(
        owed_item_id=owed.item_id[above[covered]],
        held_item_id=held.item_id[below[covered]],
        amount_minor=lengths[covered],
    )


def _places_on_ruler(owed: OpenItems, held: OpenItems) -> tuple[Int64Array, Int64Array]:
    """Return where each item starts: accounts follow one another, each as long as its larger side."""
    account_ids = np.union1d(owed.account_id, held.account_id)
    owed_account = np.searchsorted(account_ids, owed.account_id)
    held_account = np.searchsorted(account_ids, held.account_id)
    owed_totals = _sum_by(owed_account, owed.open_minor, len(account_ids))
    held_totals = _sum_by(held_account, held.open_minor, len(account_ids))
    account_from = _running_before(np.maximum(owed_totals, held_totals))
    owed_skip = account_from - _running_before(owed_totals)
    held_skip = account_from - _running_before(held_totals)
    return (
        _running_before(owed.open_minor) + owed_skip[owed_account],
        _running_before(held.open_minor) + held_skip[held_account],
    )


def _sum_by(groups: Int64Array, amounts: Int64Array, group_count: int) -> Int64Array:
    totals = np.zeros(group_count, dtype=np.int64)
    np.add.at(totals, groups, amounts)
    return totals


def _running_before(amounts: Int64Array) -> Int64Array:
    """Return the sum of the amounts before each one."""
    return np.cumsum(amounts) - amounts
