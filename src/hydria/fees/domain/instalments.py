"""
Split what was quoted over invoices, to the cent and without interest.

Every line is split by itself, so that each invoice carries its part of each charge and of each tax.
Source: BIL-05, BIL-13, docs/algorithms/fees.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from hydria.kernel.allotment import split_evenly


def split_lines(*, lines_minor: Sequence[int], count: int) -> list[list[int]]:
    """
    Return the part of each line on each of `count` invoices: the parts of a line sum to the line.

    lines_minor  int[m]         the quoted lines, rounded
    returns      int[count][m]  larger parts first

    >>> split_lines(lines_minor=[1_000_00, 180_00], count=3)
    [[33334, 6000], [33333, 6000], [33333, 6000]]
    """
    columns = [split_evenly(amount=line_minor, count=count) for line_minor in lines_minor]
    return [[column[position] for column in columns] for position in range(count)]
