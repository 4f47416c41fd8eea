"""
Invent accounts for a tariff from what it asks for, and compare its two engines on them.

The accounts sit where mistakes hide: on every edge of the text and a litre beside it, at nothing and far above, with
every word that an input may be, and over the days on which prices change. The same seed invents the same accounts.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

import numpy as np

from hydria.tariffs.domain.cases import Bill, second_bill, vector_bills
from hydria.tariffs.domain.compile import CompiledTariff
from hydria.tariffs.domain.evaluation import Fault
from hydria.tariffs.domain.form import Case, Input, Kind, number_text
from hydria.tariffs.domain.values import constant_of, leaves

_LITRE = Fraction(1, 1000)
_LENGTHS = (1, 28, 30, 31, 45, 62)
_ANY_DAY = datetime.date(2026, 1, 1)
_BEFORE, _AFTER = datetime.timedelta(days=20), datetime.timedelta(days=70)  # the first and the last change
_Choice = TypeVar("_Choice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Hold one invented account with what both engines make of it; None stands for a bill that cannot be priced."""

    account: Case
    bill: Bill | Fault
    second: Bill | None

    @property
    def agrees(self) -> bool:
        """Say whether both engines find the same bill, to the last line, or both none."""
        return (self.bill if isinstance(self.bill, Bill) else None) == self.second


def try_engines(tariff: CompiledTariff, *, count: int, seed: int) -> list[Trial]:
    """Price invented accounts in both engines."""
    accounts = invent_accounts(tariff, count=count, seed=seed)
    found: list[Trial] = []
    for account, bill in zip(accounts, vector_bills(tariff, accounts), strict=True):
        second = second_bill(tariff, account)
        found.append(Trial(account=account, bill=bill, second=second if isinstance(second, Bill) else None))
    return found


def invent_accounts(tariff: CompiledTariff, *, count: int, seed: int) -> tuple[Case, ...]:
    """Return accounts with an entry for every input, each with its days supplied."""
    rng = np.random.default_rng(seed)
    numbers = _numbers(tariff)
    first, last = _span(tariff)
    accounts = []
    for place in range(count):
        start_date = first + datetime.timedelta(days=int(rng.integers(0, (last - first).days + 1)))
        end_date = start_date + datetime.timedelta(days=_pick(rng, _LENGTHS))
        inputs = {entry.name: _entry(rng, entry, numbers) for entry in tariff.inputs}
        if "days" in inputs:
            inputs["days"] = str((end_date - start_date).days)
        accounts.append(
            Case(name=str(place + 1), inputs=inputs, lines=None, total=None, start_date=start_date, end_date=end_date)
        )
    return tuple(accounts)


def _numbers(tariff: CompiledTariff) -> list[Fraction]:
    """Return the numbers where the tariff turns, and their neighbors."""
    edges = {Fraction(0), *_edges(tariff)}
    beside = {edge + step for edge in edges for step in (-_LITRE, Fraction(0), _LITRE, Fraction(37, 10))}
    return sorted(number for number in beside if number >= 0)


def _edges(tariff: CompiledTariff) -> Iterator[Fraction]:
    for charge in tariff.charges:
        for edge in (*charge.edges, *charge.overs):
            yield from (number for leaf in leaves(edge) if (number := constant_of(leaf)) is not None)


def _span(tariff: CompiledTariff) -> tuple[datetime.date, datetime.date]:
    """Return the days among which periods start, so that every change falls into some."""
    changes = sorted({date for dates in tariff.changes.values() for date in dates}) or [_ANY_DAY]
    return changes[0] - _BEFORE, changes[-1] + _AFTER


def _entry(rng: np.random.Generator, entry: Input, numbers: list[Fraction]) -> str:
    if entry.kind is Kind.TRUTH:
        return _pick(rng, ("true", "false"))
    if entry.kind is Kind.TEXT:
        return _pick(rng, entry.values)
    if entry.name.startswith("units"):
        return str(int(rng.integers(1, 6)))
    if rng.random() < 0.5:
        return number_text(_pick(rng, numbers))
    return number_text(Fraction(int(rng.integers(0, int(numbers[-1] * 2500) + 30_000)), 1000))


def _pick(rng: np.random.Generator, choices: Sequence[_Choice]) -> _Choice:
    return choices[int(rng.integers(0, len(choices)))]
