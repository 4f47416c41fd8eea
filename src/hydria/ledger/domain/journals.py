"""A journal before it is posted: postings, their mirror, and whether they balance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """
    Ask for one entry on the account that a route or a code names.

    route         the word that tariffs and operations post by, "revenue.water"; its account is that of the route
                  itself or of the nearest word above it ("revenue")
    code          instead of a route, the account's code in the chart, as people type it
    debit_minor   >= 0
    credit_minor  >= 0, and 0 when there is a debit

    >>> Posting.of_balance(route="receivable", balance_minor=-250)
    Posting(route='receivable', code='', debit_minor=0, credit_minor=250, description='')
    """

    route: str = ""
    code: str = ""
    debit_minor: int = 0
    credit_minor: int = 0
    description: str = ""

    def __post_init__(self) -> None:
        if bool(self.route) == bool(self.code):
            raise ValueError("a posting names its account by route or by code")
        if min(self.debit_minor, self.credit_minor) < 0 or (self.debit_minor and self.credit_minor):
            raise ValueError("a posting is a debit or a credit")

    @classmethod
    def of_balance(cls, *, route: str, balance_minor: int, description: str = "") -> Posting:
        """Return the posting of a signed amount: positive is a debit, negative a credit."""
        return cls(
            route=route,
            debit_minor=max(balance_minor, 0),
            credit_minor=max(-balance_minor, 0),
            description=description,
        )

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to post."""
        return self.debit_minor == self.credit_minor == 0

    def mirror(self) -> Posting:
        """Return the posting that undoes this one."""
        return replace(self, debit_minor=self.credit_minor, credit_minor=self.debit_minor)


def difference_minor(postings: Iterable[Posting]) -> int:
    """
    Return by how much the debits exceed the credits; a journal that may be posted has 0.

    >>> difference_minor([Posting(route="cash", debit_minor=5), Posting(route="receivable", credit_minor=7)])
    -2
    """
    return sum(posting.debit_minor - posting.credit_minor for posting in postings)


def prefixes_of(route: str) -> list[str]:
    """
    Return the route and the words above it, nearest first.

    >>> prefixes_of("revenue.water.industrial")
    ['revenue.water.industrial', 'revenue.water', 'revenue']
    """
    words = route.split(".")
    return [".".join(words[:count]) for count in range(len(words), 0, -1)]
