"""The kinds of programs, what may happen to a grant, and what uses a fund."""

from __future__ import annotations

from enum import StrEnum


class ProgramKind(StrEnum):
    """Say what a program is for."""

    SUBSIDY = "SUBSIDY"  # somebody is entitled to it
    DISCOUNT = "DISCOUNT"  # the company is generous
    CAMPAIGN = "CAMPAIGN"  # for a while, to everybody who does something


class EventKind(StrEnum):
    """Say what happened to a concession that an agreement has."""

    WARNED = "WARNED"  # the holder was told that it runs out
    ENDED = "ENDED"  # it ended on a day, for a reason


class UseKind(StrEnum):
    """Say what used a fund; the source is named by its id."""

    RUN = "billing_run"
    DISCOUNT = "discount"


INPUT_PREFIX = "concession_"
"""How the inputs of tariffs begin that this context answers: `concession_social` for the program `social`."""

ROUTE = "discount"
"""Under which ledger route the charges of programs stand: `discount.social` for the program `social`."""
