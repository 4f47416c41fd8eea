"""The acts that papers are asked for, and the kinds of alert."""

from __future__ import annotations

from enum import StrEnum


class Procedure(StrEnum):
    """An act for which the company lists the documents it wants to see."""

    CONNECTION = "CONNECTION"
    MOVE = "MOVE"


class MarkerKind(StrEnum):
    """What everybody who opens an account has to know."""

    FRAUD = "FRAUD"
    LEGAL = "LEGAL"
    DEBT = "DEBT"
    PROTECTED = "PROTECTED"


class DebtRule(StrEnum):
    """What open debt of the customer who leaves means for the act."""

    REFUSE = "REFUSE"
    WARN = "WARN"
