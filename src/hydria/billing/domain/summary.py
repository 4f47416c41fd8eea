"""
Sum up a billing and set it beside earlier ones (BIL-11).

A billing is all the runs of one period. Everything is a sum, so billings add up; what is an average or a share is
worked out from sums when it is shown, and rounded only then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """
    What one charge, category or service has of a billing.

    count            lines of a charge, agreements of a category or service
    quantity_milli   thousandths of the service's unit; 0 for charges
    estimated_count  agreements whose consumption was estimated
    unused_count     metered agreements that used nothing
    """

    code: str
    names: tuple[tuple[str, str], ...]
    count: int
    amount_minor: int
    quantity_milli: int = 0
    estimated_count: int = 0
    unused_count: int = 0

    def plus(self, other: Share) -> Share:
        """Return both together under this one's name."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in _SUMMED}
        return Share(code=self.code, names=self.names, **sums)


_SUMMED = tuple(field.name for field in fields(Share) if field.name not in ("code", "names"))


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingSummary:
    """A billing in figures; charges stand in the order of calculation."""

    invoice_count: int
    total_minor: int
    charges: tuple[Share, ...]
    categories: tuple[Share, ...]
    services: tuple[Share, ...]

    @property
    def average_minor(self) -> Fraction | None:
        """Return the amount of an average invoice."""
        return Fraction(self.total_minor, self.invoice_count) if self.invoice_count else None

    def to_json(self) -> dict[str, Any]:
        """Return the summary as it is stored with its run."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read a stored summary."""

        def shares(name: str) -> tuple[Share, ...]:
            return tuple(
                Share(**{**row, "names": tuple((language, text) for language, text in row["names"])})
                for row in stored[name]
            )

        return cls(
            invoice_count=stored["invoice_count"],
            total_minor=stored["total_minor"],
            charges=shares("charges"),
            categories=shares("categories"),
            services=shares("services"),
        )


def add_up(summaries: Sequence[BillingSummary]) -> BillingSummary | None:
    """
    Return the summary of a period from those of its runs; None when there is none.

    >>> run = BillingSummary(invoice_count=2, total_minor=300, charges=(), categories=(), services=())
    >>> add_up([run, run]).total_minor, add_up([])
    (600, None)
    """
    if not summaries:
        return None
    return BillingSummary(
        invoice_count=sum(summary.invoice_count for summary in summaries),
        total_minor=sum(summary.total_minor for summary in summaries),
        charges=_merged(share for summary in summaries for share in summary.charges),
        categories=_merged(share for summary in summaries for share in summary.categories),
        services=_merged(share for summary in summaries for share in summary.services),
    )


def _merged(shares: Iterable[Share]) -> tuple[Share, ...]:
    merged: dict[str, Share] = {}
    for share in shares:
        merged[share.code] = merged[share.code].plus(share) if share.code in merged else share
    return tuple(merged.values())


def match(here: Sequence[Share], there: Sequence[Share]) -> tuple[tuple[Share | None, Share | None], ...]:
    """
    Pair the shares of two billings by code: those of `here` in their order, then those that only `there` has.

    >>> old, new = Share(code="a", names=(), count=1, amount_minor=1), Share(code="b", names=(), count=1, amount_minor=2)
    >>> [(a and a.code, b and b.code) for a, b in match([new], [old])]
    [('b', None), (None, 'a')]
    """
    earlier = {share.code: share for share in there}
    gone = [share for share in there if share.code not in {share.code for share in here}]
    return (*((share, earlier.get(share.code)) for share in here), *((None, share) for share in gone))


def change_percent(now: Fraction | int | None, before: Fraction | int | None) -> Fraction | None:
    """
    Return by how many percent a figure changed; None where there was nothing to change from.

    >>> change_percent(110, 100), change_percent(5, 0), change_percent(5, None)
    (Fraction(10, 1), None, None)
    """
    if now is None or not before:
        return None
    return (Fraction(now) - before) * 100 / abs(Fraction(before))
