"""
Give out gapless numbers: in the last short step of an operation, under the lock of the series.

A series may have several ranges, each with an end and an expiry; a block is taken from the oldest range that is
still valid and may run on into the next.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet

from hydria.kernel.errors import UnableTo
from hydria.platform.models import NumberSeries
from hydria.platform.transactions import in_transaction


class UnableToTakeNumbers(UnableTo):
    """The series has no valid range with enough numbers left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberBlock:
    """Consecutive numbers of one range: `first_number` .. `first_number + count - 1`."""

    series_id: int
    prefix: str
    digits: int
    first_number: int
    count: int

    def code_of(self, number: int) -> str:
        """
        Spell a number as it is printed.

        >>> NumberBlock(series_id=1, prefix="F-", digits=6, first_number=1, count=3).code_of(2)
        'F-000002'
        """
        return f"{self.prefix}{number:0{self.digits}d}"


def open_range(
    *,
    code: str,
    prefix: str = "",
    first_number: int = 1,
    last_number: int | None = None,
    expires_date: datetime.date | None = None,
    digits: int = 8,
) -> NumberSeries:
    """Open a range of a series; opening it again returns it."""
    series, _created = NumberSeries.objects.get_or_create(
        code=code,
        prefix=prefix,
        first_number=first_number,
        defaults={
            "next_number": first_number,
            "last_number": last_number,
            "expires_date": expires_date,
            "digits": digits,
        },
    )
    return series


def list_ranges() -> QuerySet[NumberSeries]:
    """Return the ranges, series by series."""
    return NumberSeries.objects.order_by("code", "prefix", "first_number")


@in_transaction
def take_numbers(*, code: str, count: int, on_date: datetime.date) -> list[NumberBlock]:
    """
    Take `count` consecutive numbers of a series, from as many ranges as it needs.

    Guarantee: gapless and unique, because the range stays locked until the transaction ends and a rollback gives
    the numbers back. Take them last: everybody else who needs a number of this series waits.

    :raises UnableToTakeNumbers: with code `numbers_exhausted` if the valid ranges hold fewer numbers.
    """
    blocks: list[NumberBlock] = []
    left = count
    for series in NumberSeries.objects.select_for_update().filter(code=code).order_by("first_number", "id"):
        if left == 0:
            break
        if series.expires_date is not None and series.expires_date <= on_date:
            continue
        available = left if series.last_number is None else series.last_number - series.next_number + 1
        taken = min(left, available)
        if taken <= 0:
            continue
        blocks.append(
            NumberBlock(
                series_id=series.pk,
                prefix=series.prefix,
                digits=series.digits,
                first_number=series.next_number,
                count=taken,
            )
        )
        series.next_number += taken
        series.save(update_fields=["next_number"])
        left -= taken
    if left:
        raise UnableToTakeNumbers(
            "numbers_exhausted",
            f"The number series {code} lacks {left} numbers; open a new range.",
            series=code,
            missing_count=left,
        )
    return blocks


@in_transaction
def take_free_code(*, code: str, prefix: str, on_date: datetime.date, is_taken: Callable[[str], bool]) -> str:
    """
    Take the next number of a register as it is written, passing over those that were loaded from elsewhere.

    The series is opened when it is first asked for.

    :raises UnableToTakeNumbers: with code `numbers_exhausted` if the series has ended.
    """
    open_range(code=code, prefix=prefix)
    while True:
        (block,) = take_numbers(code=code, count=1, on_date=on_date)
        spelled = block.code_of(block.first_number)
        if not is_taken(spelled):
            return spelled
