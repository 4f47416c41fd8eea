"""Reads of the demo: whether it came to its end, and the proof of its last run."""

from __future__ import annotations

from hydria.billing import queries as billing
from hydria.kernel.errors import UnableTo
from hydria.payments import queries as payments
from hydria.platform.access import SYSTEM


class UnableToFindProof(UnableTo):
    """No run has been confirmed here."""


def is_finished(*, months: int) -> bool:
    """
    Tell whether the build came to its end: every month is billed, and a month has payments on its day of issue.

    Only the last month of a build is paid on that day, as its very last act; runs and payments that people add
    afterwards change nothing.
    """
    issue_dates = billing.list_runs().filter(state="CONFIRMED").values_list("period__issue_date", flat=True)
    return len(issue_dates) >= months and any(payments.list_takings(actor=SYSTEM, day=day) for day in issue_dates)


def get_last_proof() -> dict[str, object]:
    """
    Return the proof of the newest confirmed run.

    :raises UnableToFindProof: with code `no_confirmed_run`.
    """
    run = billing.list_runs().filter(state="CONFIRMED").order_by("-confirmed_at", "-id").first()
    if run is None or run.proof is None:
        raise UnableToFindProof("no_confirmed_run", "No run has been confirmed in this database.")
    return dict(run.proof)
