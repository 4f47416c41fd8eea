"""Price one fee by the text of its tariff, by both engines: the one that bills and the one that checks it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from hydria.kernel.exact import Exact
from hydria.kernel.money import Currency
from hydria.kernel.rounding import Rounding
from hydria.tariffs import queries as tariffs
from hydria.tariffs.domain import oracle
from hydria.tariffs.domain.evaluation import Fault
from hydria.tariffs.domain.rating import RatedBatch, rate
from hydria.tariffs.queries import ROUNDING_LABEL, ChargeCard, VersionCard


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """One charge of a fee, rounded once."""

    charge: ChargeCard
    amount_minor: int
    explanation: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedFee:
    """
    What a fee comes to.

    fault  why it cannot be priced; then there are no lines
    """

    lines: tuple[PricedLine, ...] = ()
    fault: Fault | None = None

    @property
    def total_minor(self) -> int:
        """Sum the lines."""
        return sum(line.amount_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        """Sum the taxes."""
        return sum(line.amount_minor for line in self.lines if line.charge.is_tax)


def price_fee(
    version: VersionCard, *, on_date: datetime.date, quantity_milli: int, inputs: Mapping[str, Any]
) -> PricedFee:
    """
    Price a fee at the prices of a day.

    quantity_milli  thousandths of the tariff's unit: the input `usage`, if the text asks for it
    inputs          the other inputs by name; those that the text does not ask for are left out

    Guarantee: the second engine finds the same amounts; text and inputs alone give the same lines on any day (I8).
    """
    asked = {declared.name for declared in version.compiled.inputs}
    given: dict[str, Any] = {name: [value] for name, value in inputs.items() if name in asked}
    if "usage" in asked:
        given["usage"] = Exact.of_integers(np.array([quantity_milli], dtype=np.int64), denominator=1000)
    batch = rate(version.compiled, inputs=given, as_of=on_date)
    fault = batch.fault_of(0)
    if fault is not None:
        return PricedFee(fault=fault)
    lines = tuple(_lines(batch, version))
    exact = dict(inputs) | {"usage": Fraction(quantity_milli, 1000)}
    plain = {name: value for name, value in exact.items() if name in asked}
    assert _second_opinion(version, plain, on_date) == _sums(lines)
    return PricedFee(lines=lines)


def _lines(batch: RatedBatch, version: VersionCard) -> list[PricedLine]:
    lines = [
        PricedLine(
            charge=version.charges[index],
            amount_minor=int(line.amount_minor[0]),
            explanation=json.loads(batch.explanations(index)[0]),
        )
        for index, line in enumerate(batch.lines)
        if line.applies[0] and not line.charge.is_memo
    ]
    if rounding_minor := int(batch.rounding_minor[0]):
        charge = next(card for card in version.charges if card.label == ROUNDING_LABEL)
        lines.append(PricedLine(charge=charge, amount_minor=rounding_minor, explanation={}))
    return lines


def _sums(lines: tuple[PricedLine, ...]) -> dict[str, int]:
    return {line.charge.label: line.amount_minor for line in lines if line.amount_minor}


def _second_opinion(version: VersionCard, inputs: Mapping[str, Any], on_date: datetime.date) -> dict[str, int]:
    """Return the amounts that the second engine finds, by label, those of zero left out."""
    bill = oracle.bill(version.compiled.plain, inputs, as_of=on_date)
    currency = Currency.of(version.compiled.form.currency)
    cents = Rounding.to_places(currency.exponent)
    amounts = {label: int(cents.apply(amount) * currency.minor_per_major) for label, amount in bill.lines.items()}
    amounts[ROUNDING_LABEL] = int(cents.apply(bill.total) * currency.minor_per_major) - sum(amounts.values())
    return {label: amount_minor for label, amount_minor in amounts.items() if amount_minor}


def find_version(*, tariff_code: str, on_date: datetime.date) -> VersionCard | None:
    """Return the version of a tariff that is in force on a day, None where there is none."""
    version_id = tariffs.find_version_in_force(code=tariff_code, on_date=on_date)
    return None if version_id is None else tariffs.get_version(version_id=version_id)
