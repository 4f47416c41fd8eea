"""Read what people spelled as their country writes it: the way back from `formats`."""

from __future__ import annotations

import re
from dataclasses import dataclass


class NotAnAmount(ValueError):
    """What was typed is no amount; `meant_minor` is what it would be with the marks exchanged, None if nothing."""

    def __init__(self, typed: str, *, meant_minor: int | None) -> None:
        super().__init__(typed)
        self.meant_minor = meant_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The two marks that a locale writes in numbers, and how many decimals an amount may have."""

    group: str
    decimal: str
    exponent: int

    def read(self, typed: str) -> int:
        """
        Return an amount in minor units.

        >>> Marks(group=",", decimal=".", exponent=2).read("1,234.5")
        123450

        :raises NotAnAmount: if it is none, or one only where the marks are exchanged.

        Source: docs/algorithms/amounts.md, which the till's script follows too.
        """
        dense = re.sub(r"\s", "", typed)
        amount_minor = self._read(dense, group=self.group, decimal=self.decimal)
        if amount_minor is None:
            meant_minor = self._read(dense, group=self.decimal, decimal=self.group)
            raise NotAnAmount(typed, meant_minor=meant_minor)
        return amount_minor

    def _read(self, dense: str, *, group: str, decimal: str) -> int | None:
        pattern = rf"([0-9]{{1,3}}(?:{re.escape(group)}[0-9]{{3}})+|[0-9]*)(?:{re.escape(decimal)}([0-9]*))?"
        found = re.fullmatch(pattern, dense)
        if found is None:
            return None
        whole, decimals = found[1].replace(group, ""), found[2] or ""
        if not whole + decimals or len(decimals) > self.exponent:
            return None
        return int((whole or "0") + decimals.ljust(self.exponent, "0"))
