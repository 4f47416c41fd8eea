"""How far a load has come, in records: each is staged once and written once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """What is being done with the records at the moment."""

    STAGE = "STAGE"
    WRITE = "WRITE"


Tell = Callable[[Step, int, int], None]
"""Takes the step, how many records are done and how many there are; doors show it."""


def keep_silent(step: Step, done_count: int, total_count: int) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Course:
    """Counts the records of a load as they are done."""

    tell: Tell
    total_count: int = 0
    done_count: int = 0

    def expect(self, count: int) -> None:
        """Say that there are so many more records to do."""
        self.total_count += count

    def advance(self, step: Step, count: int) -> None:
        """Say that so many more records are done."""
        self.reach(step, self.done_count + count)

    def reach(self, step: Step, done_count: int) -> None:
        """Say that so many records are done by now."""
        self.done_count = min(done_count, self.total_count)
        self.tell(step, self.done_count, self.total_count)
