"""
Balance a billing run: everything that went in came out, and every sum of money equals the others.

The figures are counted by `queries.prove_run`, each by a road of its own; here they are only compared.
Source: docs/guide/billing.md; invariants I2, I3, I4, I8.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProof:
    """
    Hold the balance sheet of a run.

    due                 agreements in force in the period, counted in the register when the run started
    quantity_read       thousandths of the unit, summed in metering over the agreements due
    quantity_billed     the same, summed over the segments
    quantity_explained  the same, of excluded and parked agreements
    fees_minor          sum of the lines of fees; `fees_agreed_minor` the same by what the quotations say
    items_minor, journal_minor   None until the run is confirmed
    hash                sha256 over all lines, worked out again from stored inputs and tariff text
    """

    due: int
    billed: int
    excluded: int
    parked: int
    quantity_read: int
    quantity_billed: int
    quantity_explained: int
    lines_minor: int
    invoices_minor: int
    items_minor: int | None
    journal_minor: int | None
    second_engine_checked: int
    second_engine_differences: int
    replay_differences: int
    hash: str
    fees_minor: int = 0
    fees_agreed_minor: int = 0

    @property
    def faults(self) -> tuple[str, ...]:
        """
        Return the code of every equation that does not hold; empty means proved.

        >>> proof = RunProof(
        ...     due=3, billed=2, excluded=0, parked=1, quantity_read=10, quantity_billed=8, quantity_explained=2,
        ...     lines_minor=500, invoices_minor=500, items_minor=None, journal_minor=None, second_engine_checked=2,
        ...     second_engine_differences=0, replay_differences=0, hash="",
        ... )
        >>> proof.faults
        ()
        >>> dataclasses.replace(proof, parked=0, items_minor=499).faults
        ('due_is_not_accounted_for', 'items_differ_from_invoices')
        """
        equations = (
            ("due_is_not_accounted_for", self.due == self.billed + self.excluded + self.parked),
            ("quantity_is_lost", self.quantity_read == self.quantity_billed + self.quantity_explained),
            ("invoices_differ_from_lines", self.invoices_minor == self.lines_minor),
            ("fees_differ_from_quotations", self.fees_minor == self.fees_agreed_minor),
            ("items_differ_from_invoices", self.items_minor in (None, self.invoices_minor)),
            ("journal_differs_from_invoices", self.journal_minor in (None, self.invoices_minor)),
            ("second_engine_differs", self.second_engine_differences == 0),
            ("replay_differs", self.replay_differences == 0),
        )
        return tuple(code for code, holds in equations if not holds)

    def to_json(self) -> dict[str, int | str | None]:
        """Return the figures by name."""
        return dataclasses.asdict(self)
