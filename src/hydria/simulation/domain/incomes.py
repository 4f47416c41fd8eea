"""
Read the incomes that people were told to weigh bills against: a table of what a household has in a month.

One line a group, a code and an amount: `DOM 24500` or `3; 18000.50`. The groups are tenths of consumption or
categories. Nothing is guessed: an account whose group has no income is not weighed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from hydria.kernel.issues import Issue
from hydria.kernel.money import Currency

_LINE = re.compile(r"^\s*(?P<key>[^\s;,]+)\s*[;,\s]\s*(?P<amount>[0-9.]+)\s*$")
ROWS_MAX = 1_000


class IncomeGroup(StrEnum):
    """Say what a table of incomes has a row for."""

    TENTH = "tenth"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomes:
    """Hold monthly incomes of a dwelling by group; no rows mean that affordability is not asked for."""

    group: IncomeGroup
    income_minor: dict[str, int]


def read_incomes(text: str, *, group: IncomeGroup, currency: Currency) -> tuple[Incomes, list[Issue]]:
    """
    Read a table of incomes, and say of each line that is not one what is wrong with it.

    >>> read_incomes("DOM 24500", group=IncomeGroup.CATEGORY, currency=Currency.of("DOP"))[0].income_minor
    {'DOM': 2450000}
    """
    found: dict[str, int] = {}
    issues: list[Issue] = []
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > ROWS_MAX:
        return Incomes(group=group, income_minor={}), [Issue(code="incomes_too_many", data={"rows_max": ROWS_MAX})]
    for number, line in lines:
        matched = _LINE.match(line)
        code = "income_line_unclear" if matched is None else ""
        if matched is not None:
            key, income_minor = matched["key"], _minor(matched["amount"], currency)
            if not income_minor:
                code = "income_no_amount"
            elif key in found:
                code = "income_given_twice"
            elif group is IncomeGroup.TENTH and key not in {str(tenth) for tenth in range(1, 11)}:
                code = "income_no_tenth"
            else:
                found[key] = income_minor
        if code:
            issues.append(Issue(code=code, row=number, data={"line": line.strip()[:80]}))
    return Incomes(group=group, income_minor=found), issues


def _minor(text: str, currency: Currency) -> int:
    """Return minor units above zero, or 0 where the text is no such amount."""
    try:
        return max(currency.to_minor(text), 0)
    except ValueError:
        return 0
